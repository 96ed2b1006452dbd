"""Whether the org can take what the settings want written: every field looked at, every fault told at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from connectors.salesforce.describing import MissingFieldError
from connectors.salesforce.writing.values import DAYS, NUMBERS, PERCENT, TEXTS, Target
from connectors.settings import did_you_mean
from connectors.writeback import Form

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from connectors.salesforce.describing import Describer
    from connectors.salesforce.writing.settings import TaskSettings, Writeback

ACCOUNT: Final = "Account"
TASK: Final = "Task"
CURRENCY: Final = "CurrencyIsoCode"
KEY_LENGTH: Final = 36
"""Characters of an alert's id."""
_TASK_FIELDS: Final = ("Subject", "WhatId", "OwnerId", "Description")

_FITTING: Final[Mapping[Form, frozenset[str]]] = {
    Form.NUMBER: NUMBERS,
    Form.SHARE: NUMBERS,
    Form.MONEY: NUMBERS,
    Form.TEXT: TEXTS,
    Form.DATE: DAYS,
    Form.FLAG: frozenset({"boolean"}),
}
_WANTED: Final[Mapping[Form, str]] = {
    Form.NUMBER: "a Number field",
    Form.SHARE: "a Percent field, or a Number field with decimals",
    Form.MONEY: "a Number or Currency field",
    Form.TEXT: "a Text field",
    Form.DATE: "a Date field",
    Form.FLAG: "a Checkbox",
}


@dataclass(frozen=True, slots=True)
class TaskTarget:
    """What is known of Task: its external id, and how long its texts may be."""

    external_id: str
    lengths: Mapping[str, int]
    constants: Mapping[str, str | float | bool]
    """By the org's spelling."""


@dataclass(frozen=True, slots=True)
class Targets:
    """Where everything goes."""

    accounts: tuple[Target, ...] = ()
    task: TaskTarget | None = None
    currencies: bool = False
    """Whether the org has several currencies: an account's money is in its own."""


def find_targets(describer: Describer, writeback: Writeback, forms: Mapping[str, Form]) -> tuple[Targets, list[str]]:
    """Fit what the settings want to the org; return where it goes, and every fault.

    `forms` tells what kind of value each measure is. Raises SourceError where the org cannot be asked.
    """
    faults: list[str] = []
    account = _described(describer, ACCOUNT, faults) if writeback.account_fields else None
    task = _described(describer, TASK, faults) if writeback.task else None
    accounts = _account_targets(account, writeback.account_fields, forms, faults) if account else ()
    fitted = _task_target(task, writeback.task, faults) if task and writeback.task else None
    currencies = account is not None and any(entry["name"] == CURRENCY for entry in account["fields"])
    return Targets(accounts, fitted, currencies), faults


def _described(describer: Describer, name: str, faults: list[str]) -> dict[str, Any] | None:
    try:
        return describer.describe(name)
    except MissingFieldError as error:
        faults.append(f"writeback: {error}")
        return None


def _account_targets(
    described: Mapping[str, Any], wanted: Mapping[str, str], forms: Mapping[str, Form], faults: list[str]
) -> tuple[Target, ...]:
    targets = []
    for name, measure in wanted.items():
        place = f"writeback.account_fields.{name}"
        field, form = _field(described, name, place, faults), forms.get(measure)
        if form is None:
            faults.append(f"{place}: unknown metric '{measure}'{did_you_mean(measure, forms)}")
        if field is None or form is None:
            continue
        if misfits := [f"{place}: {problem}" for problem in _misfits(field, measure, form)]:
            faults += misfits
        else:
            targets.append(_target(field, measure, form))
    return tuple(targets)


def _field(described: Mapping[str, Any], name: str, place: str, faults: list[str]) -> dict[str, Any] | None:
    fields: dict[str, dict[str, Any]] = {entry["name"].casefold(): entry for entry in described["fields"]}
    found = fields.get(name.casefold())
    if found is None:
        near = did_you_mean(name, [entry["name"] for entry in fields.values()])
        faults.append(f"{place}: {described['name']} has no field '{name}', or the user may not see it{near}")
    return found


def _misfits(field: Mapping[str, Any], measure: str, form: Form) -> Iterator[str]:
    name, kind = field["name"], field.get("type", "string")
    if field.get("calculated"):
        yield f"{name} is a formula; nothing can be written into it"
    elif not field.get("updateable", True):
        yield f"{name} is not updateable for this user; give it Edit under Field Permissions"
    if kind not in _FITTING[form]:
        yield f"{name} is of type '{kind}'; {measure} is a {form} and wants {_WANTED[form]}"
    elif form is Form.SHARE and kind != PERCENT and not field.get("scale"):
        yield f"{name} keeps no decimals, and {measure} is a share, 0.41 for 41 %; make it {_WANTED[form]}"
    elif field.get("htmlFormatted"):
        yield f"{name} is a Rich Text Area, which keeps texts otherwise than they are written; make it {_WANTED[form]}"


def _target(field: Mapping[str, Any], measure: str, form: Form) -> Target:
    return Target(
        name=field["name"],
        type=field["type"],
        measure=measure,
        form=form,
        scale=int(field.get("scale") or 0),
        length=int(field.get("length") or 0) if field["type"] in TEXTS else 0,
        nillable=bool(field.get("nillable", True)),
    )


def _task_target(described: Mapping[str, Any], wanted: TaskSettings, faults: list[str]) -> TaskTarget | None:
    before = len(faults)
    own = {name: _creatable(described, name, "writeback.task", faults) for name in _TASK_FIELDS}
    others = {name: _creatable(described, name, f"writeback.task.fields.{name}", faults) for name in wanted.fields}
    place = "writeback.task.external_id"
    key = _creatable(described, wanted.external_id, place, faults)
    if key is not None:
        faults += [f"{place}: {problem}" for problem in _key_misfits(key)]
    if len(faults) > before or key is None:
        return None
    lengths = {name: int(field.get("length") or 0) for name, field in own.items() if field is not None}
    constants = {field["name"]: wanted.fields[name] for name, field in others.items() if field is not None}
    return TaskTarget(key["name"], lengths, constants)


def _creatable(described: Mapping[str, Any], name: str, place: str, faults: list[str]) -> dict[str, Any] | None:
    field = _field(described, name, place, faults)
    if field is not None and not field.get("createable", True):
        faults.append(f"{place}: {field['name']} cannot be filled by this user; give it Edit under Field Permissions")
    return field


def _key_misfits(field: Mapping[str, Any]) -> Iterator[str]:
    name = field["name"]
    if not field.get("externalId"):
        yield f"{name} is no external id; tick 'External ID' in the field's definition, or a task would come twice"
    if field.get("type") != "string" or int(field.get("length") or 0) < KEY_LENGTH:
        yield f"{name} is no text of at least {KEY_LENGTH} characters, which an alert's id has"
