"""The `writeback` part of a Salesforce source: off unless it is there, and showing only unless `apply` is true."""

from __future__ import annotations

import re
from collections.abc import Mapping
from string import Formatter
from typing import Annotated, Final, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator, model_validator

from connectors.settings import did_you_mean

_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9]*(?:_{1,2}[A-Za-z0-9]+)*")
SUBJECT_WORDS: Final = ("account", "alert", "severity", "at_stake", "claimed_by", "as_of")
"""What the subject of a task may name in braces."""
_OURS: Final = ("Id", "Subject", "WhatId", "OwnerId", "Description")
"""Fields of a task that are filled from the alert."""


def _field_name(text: str) -> str:
    if not _NAME.fullmatch(text):
        raise ValueError(f"'{text}' is no API name of a field; write it like Utilization__c")
    return text


def _subject(text: str) -> str:
    try:
        named = [part[1:] for part in Formatter().parse(text) if part[1] is not None]
    except ValueError as error:
        raise ValueError(f"'{text}': {error}; write a brace that is meant as one twice") from error
    known = ", ".join(f"{{{word}}}" for word in SUBJECT_WORDS)
    unknown = [name or "" for name, spec, conversion in named if name not in SUBJECT_WORDS or spec or conversion]
    if unknown:
        told = "; ".join(f"'{{{name}}}'{did_you_mean(name, SUBJECT_WORDS)}" for name in unknown)
        raise ValueError(f"the subject cannot name {told}; it knows {known}")
    if not text.strip():
        raise ValueError("a task needs a subject")
    return text


FieldName = Annotated[str, AfterValidator(_field_name)]
"""API name of a field of the object itself: no path. Nothing else can reach a request as a name."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class TaskSettings(_Strict):
    """A Task for every alert that somebody claims."""

    external_id: FieldName = Field(description="a text field of Task, marked as External ID, like Headroom_Id__c")
    subject: Annotated[str, AfterValidator(_subject)] = "{alert}: {account}"
    fields: Mapping[FieldName, bool | int | float | str] = Field(
        default_factory=dict, description="what else a new task gets, like {Status: Not Started}"
    )

    @model_validator(mode="after")
    def _leaves_ours(self) -> Self:
        ours = {name.casefold() for name in (*_OURS, self.external_id)}
        if taken := [name for name in self.fields if name.casefold() in ours]:
            raise ValueError(f"fields: {', '.join(taken)}: filled from the alert; take it out of 'fields'")
        return self


class Writeback(_Strict):
    """What is written into the org."""

    apply: bool = False
    account_fields: Mapping[FieldName, str] = Field(
        default_factory=dict, description="metrics by field of Account, like {Health__c: health}"
    )
    task: TaskSettings | None = None
    clear_unknown: bool = False

    @field_validator("account_fields")
    @classmethod
    def _once(cls, given: Mapping[str, str]) -> Mapping[str, str]:
        folded = [name.casefold() for name in given]
        if twice := sorted({name for name in given if folded.count(name.casefold()) > 1}):
            raise ValueError(f"{' and '.join(twice)} are one field: Salesforce's names know no case")
        if "id" in folded:
            raise ValueError("Id names the account; it cannot be written")
        return given

    @model_validator(mode="after")
    def _something(self) -> Self:
        if not self.account_fields and self.task is None:
            raise ValueError("names nothing to write; give account_fields, or task")
        return self
