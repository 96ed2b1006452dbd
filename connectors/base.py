"""What every source has in common: the window it is asked for, the batches it yields, the rows it refuses.

A source is anything with a `name` and a `read`. CRM and analytics differ only in which tables they deliver;
one source may deliver all of them.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from datetime import date
    from pathlib import Path

    import pyarrow as pa

    from connectors.schema import Table


class SourceError(Exception):
    """A source could not be read: says what, where and what to do. Nothing that it delivered before is lost.

    `SourceError`
      └─ `SourceSettingsError`: the settings of the source are wrong; asking again will not help.
    """

    def __init__(self, source: str, problem: str) -> None:
        super().__init__(f"{source}: {problem}")
        self.source = source
        self.problem = problem


class SourceSettingsError(SourceError):
    """The settings of a source do not fit what it finds: asking again will not help."""


class UnfitError(ValueError):
    """A value, or a whole row, that says nothing usable: a stable reason to count by, and what is wrong in words."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Places:
    """Folders of a source."""

    settings: Path
    """What relative paths in the settings are relative to."""
    keep: Path
    """Its own, for what saves reading again; it may be dropped at any time, and need not exist yet."""

    @classmethod
    def within(cls, folder: Path) -> Places:
        """Return the places of a source that has one folder for everything."""
        return cls(folder, folder / "kept")


@dataclass(frozen=True, slots=True)
class Window:
    """Days for which usage is wanted, both ends included, and the day on which contracts are looked at.

    `since` is None for everything that there is; otherwise the first day of a month.
    """

    since: date | None
    until: date


@dataclass(frozen=True, slots=True)
class Batch:
    """Some rows of one table. Columns and types are those of `connectors.schema.SCHEMAS[table]`.

    `day` is the day of the snapshot for accounts, people and lines: all batches of one table and day together
    are the whole table as it stood on that day. For usage and coverage it has no meaning but the day of reading.
    """

    table: Table
    day: date
    rows: pa.Table


@dataclass(frozen=True, slots=True)
class Reject:
    """A row that could not be read: where it stood, why, and the row itself."""

    place: str
    """File and line, or object and id."""
    reason: str
    """One of a few stable words that counts are kept by, like "date-unreadable"."""
    detail: str
    """What is wrong, for people."""
    raw: str
    """The row as it came, as JSON."""


@dataclass(slots=True)
class Rejects:
    """Counts what was read and keeps what was refused: read + rejected = total, always."""

    read: int = 0
    rows: list[Reject] = field(default_factory=list)

    def add(self, reject: Reject) -> None:
        """Keep a refused row."""
        self.rows.append(reject)

    def count(self, read: int) -> None:
        """Note that so many more rows were read well."""
        self.read += read

    @property
    def rejected(self) -> int:
        """Number of refused rows."""
        return len(self.rows)

    @property
    def total(self) -> int:
        """Number of rows that the source held."""
        return self.read + self.rejected

    def by_reason(self) -> dict[str, int]:
        """Refused rows by reason, most frequent first."""
        return dict(Counter(row.reason for row in self.rows).most_common())


@dataclass(frozen=True, slots=True)
class Remark:
    """Something that looking at a source before reading it has shown."""

    text: str
    wrong: bool = False
    """Whether it keeps the source from being read; otherwise it is worth knowing."""


@runtime_checkable
class Checkable(Protocol):
    """A source that can be looked at before anything is read."""

    def check(self) -> Iterator[Remark]:
        """Yield everything that is wrong, and what is worth knowing. Raises SourceError where it cannot be asked."""


class Source(Protocol):
    """Anything that delivers records: a CRM, an analytics product, a folder of files."""

    @property
    def name(self) -> str:
        """Name in the settings; partitions and messages carry it."""

    def read(self, window: Window, rejects: Rejects) -> Iterator[Batch]:
        """Yield everything in the window; count each row in `rejects` as read or refused.

        Raises SourceError when the source cannot be read to the end: the caller then keeps what it had.
        """

    def calls(self) -> str | None:
        """Tell what reading has cost, like "37 of 15,000 API calls of the day", or None if nothing is counted."""


@dataclass(frozen=True, slots=True)
class Readable:
    """Which accounts a person may read in the CRM."""

    account_ids: frozenset[str] = frozenset()
    """As they were asked for."""
    closed: str | None = None
    """Why nothing is shown, for people: it could not be found out what the person may read."""


class AccountAccess(Protocol):
    """Who may read which accounts, as the CRM says. In doubt nobody may."""

    def readable(self, email: str, account_ids: Collection[str]) -> Readable:
        """Return which of the accounts the person with this address may read; never raises SourceError."""

    def kept(self, email: str, account_ids: Collection[str]) -> Readable | None:
        """Return the same from memory, asking nobody; None where it is not known of each of the accounts."""
