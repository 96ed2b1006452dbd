"""Rules as text: `config/rules.yaml` becomes checked `Rule` values, or every fault in it at once."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from bot.core.contradictions import witnesses
from bot.core.located import Fault, FaultyTextError, Mark, load
from bot.core.rule_fields import Draft, read_rule
from bot.core.yaml_places import Places, refuse_hostile

if TYPE_CHECKING:
    from bot.core.located import Document
    from bot.core.verdicts import Rule

_MOST_RULES: Final = 500
_BARE_CHANNEL: Final = re.compile(r"(?<=[\[,])\s*#|(?<=- )#")


def parse_rules(text: str, file: str) -> tuple[Rule, ...]:
    """Read the rules of a YAML text, in their order; `file` is the name that faults are told under.

    Raises FaultyTextError with every fault: its file, line and column (inside of a condition, too), what is wrong and,
    for a misspelt word, the nearest one that is known. Whether a template exists is for the messages to say.
    """
    refuse_hostile(text, file)
    document = _load(text, file)
    if not isinstance(document.data, list):
        raise FaultyTextError([Fault(Mark(file, 1, 1), "not a list of rules, each of which begins with `- name: ...`")])
    if len(document.data) > _MOST_RULES:
        raise FaultyTextError([Fault(Mark(file, 1, 1), f"{len(document.data):,} rules; at most {_MOST_RULES}")])
    faults: list[Fault] = []
    places = Places(text, file)
    drafts = [read_rule(document, places, index, faults) for index in range(len(document.data))]
    faults += _twins(drafts)
    faults += _contradictions(drafts)
    if faults:
        raise FaultyTextError(sorted(faults, key=_position))
    return tuple(draft.rule for draft in drafts if draft.rule is not None)


def _load(text: str, file: str) -> Document:
    try:
        return load(text, file)
    except FaultyTextError as error:
        hints = [_channel_hint(text, file, found.start()) for found in _BARE_CHANNEL.finditer(text)]
        raise FaultyTextError([*error.faults, *hints]) from error


def _channel_hint(text: str, file: str, index: int) -> Fault:
    line = text.count("\n", 0, index) + 1
    column = text.index("#", index) - (text.rfind("\n", 0, index) + 1) + 1
    return Fault(Mark(file, line, column), 'a bare # begins a comment; write a channel in quotes: "#cs-risk"')


def _twins(drafts: list[Draft]) -> list[Fault]:
    first: dict[str, Mark] = {}
    faults: list[Fault] = []
    for draft in drafts:
        if draft.name is None:
            continue
        mark = first.setdefault(draft.name, draft.name_mark)
        if mark is not draft.name_mark:
            faults.append(Fault(draft.name_mark, f"a rule '{draft.name}' already stands in line {mark.line}"))
    return faults


def _contradictions(drafts: list[Draft]) -> list[Fault]:
    pairs = [(draft.when, draft.clear) if draft.when and draft.clear else None for draft in drafts]
    if not any(pairs):
        return []
    found = witnesses(pairs, [draft.scope for draft in drafts])
    return [_contradiction(draft, values) for draft, values in zip(drafts, found, strict=True) if values is not None]


def _contradiction(draft: Draft, values: dict[str, str]) -> Fault:
    seen = ", ".join(f"{name} = {value}" for name, value in values.items())
    text = f"`clear` of rule '{draft.name}' contradicts `when`: with {seen} both hold"
    return Fault(draft.clear_mark, f"{text}; `clear` should hold only where `when` does not")


def _position(fault: Fault) -> tuple[int, int]:
    return fault.mark.line or 0, fault.mark.column or 0
