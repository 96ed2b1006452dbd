"""What is written back into a CRM: what ought to stand there, how it differs from what stands, what became of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import date

    from connectors.base import Remark

Value = str | float | bool | None
"""What stands in a field; days are written as text, 2026-03-31. None: the field is empty."""


class Form(StrEnum):
    """What kind of value a measure is: decides which fields can take it."""

    NUMBER = "number"
    SHARE = "share"
    """A number of which 1 is the whole; a field that counts in percent gets 100."""
    MONEY = "money"
    TEXT = "text"
    DATE = "date"
    FLAG = "flag"


@dataclass(frozen=True, slots=True)
class AccountValues:
    """What is known of one account."""

    account_id: str
    """As the CRM names it."""
    name: str
    values: Mapping[str, str | float | bool | date | None]
    """By the name of the measure; None: unknown."""
    currency: str | None = None
    """Of its money; None: unknown, or none."""


@dataclass(frozen=True, slots=True)
class Todo:
    """A thing that somebody has taken on: to stand in the CRM once, and never to be written over."""

    key: str
    """Names it for ever: the id of the alert."""
    account_id: str
    account: str
    """Name of the account."""
    owner_id: str | None
    """The CRM's id of the person who has it; None: nobody whom the CRM knows."""
    words: Mapping[str, str]
    """What the subject in the settings may name."""
    description: str


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field: what stands there, and what will."""

    field: str
    old: Value
    new: Value


@dataclass(frozen=True, slots=True)
class RowChange:
    """One record that is to be changed, or made."""

    object: str
    """`Account` or `Task`."""
    key: str
    """Id of the account, or key of the todo."""
    account_id: str
    account: str
    fields: tuple[FieldChange, ...]


@dataclass(frozen=True, slots=True)
class RowRefusal:
    """A record, or some fields of one, that cannot be written: why, and what it was."""

    object: str
    key: str
    account_id: str
    account: str
    code: str
    """The CRM's own, or one of ours, like NOT_FOUND."""
    message: str
    fields: tuple[str, ...] = ()
    """The fields that are to blame, where that is known."""


@dataclass(frozen=True, slots=True)
class Differences:
    """Everything that would be written."""

    source: str
    changes: tuple[RowChange, ...] = ()
    unchanged: int = 0
    """Records that stand as they ought to."""
    refused: tuple[RowRefusal, ...] = ()
    """What cannot be written, as was seen before trying."""
    had: tuple[Todo, ...] = ()
    """Todos that stand there already, or did until somebody deleted them; they count as unchanged."""
    ids: Mapping[str, str] = field(default_factory=dict)
    """The CRM's ids of those of them that stand there, by their keys."""


@dataclass(frozen=True, slots=True)
class Written:
    """What became of it: every change is in exactly one of `done`, `refused` and `left`."""

    source: str
    done: tuple[RowChange, ...] = ()
    refused: tuple[RowRefusal, ...] = ()
    """With those that were refused before trying."""
    left: tuple[RowChange, ...] = ()
    """Not written, or nobody knows: writing broke off. To be tried again, which does no harm."""
    problem: str | None = None
    """Why it broke off."""
    ids: Mapping[str, str] = field(default_factory=dict)
    """The CRM's ids of the todos that were written, by their keys, where it told them."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a writer is set to write: measures by name, and whether todos."""

    measures: Mapping[str, str] = field(default_factory=dict)
    """Measures by the field that they go into."""
    todos: bool = False
    applies: bool = False
    """Whether the settings say to write, and not only to show."""


class CrmWriter(Protocol):
    """A CRM that values and todos can be written back into."""

    @property
    def name(self) -> str:
        """Name of the source in the settings."""

    @property
    def wanted(self) -> Wanted:
        """What the settings want written."""

    def check(self) -> Iterator[Remark]:
        """Look whether the CRM can take what the settings want; yield every fault. Raises SourceError."""

    def differences(self, accounts: Sequence[AccountValues], todos: Sequence[Todo]) -> Differences:
        """Read what stands there and return what would be written; writes nothing.

        Raises SourceSettingsError with every field that cannot take its measure, SourceError where the CRM cannot
        be read.
        """

    def write(self, differences: Differences) -> Written:
        """Write what differs; never raises SourceError: what stands in the way is told."""

    def calls(self) -> str | None:
        """Tell what it has cost since the last look at the differences."""
