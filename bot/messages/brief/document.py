"""A brief as a document before it is anybody's format. All texts are plain: each format escapes for itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date

    from bot.messages.message import Chart, Meters


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that is known, or is not: a label and its value."""

    label: str
    text: str
    known: bool = True
    """Whether the value is; where not, `text` says so."""
    url: str | None = None
    """The record that it comes from."""
    as_of: date | None = None
    """The day that it is true of; None: nobody says."""


@dataclass(frozen=True, slots=True)
class Point:
    """One item of a list."""

    text: str
    url: str | None = None
    """The record that the text is about."""
    more: str = ""
    """What is to be said beside it: the reasoning, the countermeasure."""
    urgent: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """Figures in rows. The first cell of a row names what it is about."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    urls: tuple[str | None, ...]
    """The record of each row."""


@dataclass(frozen=True, slots=True)
class Section:
    """One part of a brief."""

    key: str
    """Names it for programs: `terms`, `health`."""
    title: str
    facts: tuple[Fact, ...] = ()
    points: tuple[Point, ...] = ()
    table: Table | None = None
    meters: Meters | None = None
    """The table as bars, where a format has no room for tables."""
    chart: Chart | None = None
    text: str = ""
    """What is said before everything else."""

    @property
    def empty(self) -> bool:
        """Return whether there is nothing in it."""
        return not (self.facts or self.points or self.table or self.text or self.chart)


@dataclass(frozen=True, slots=True)
class Document:
    """A whole brief."""

    title: str
    account: str
    url: str | None
    verdict: str
    """What matters most, in a sentence or two."""
    dated: str
    """What day it is true of, in words."""
    glance: tuple[Fact, ...]
    """The essentials."""
    sections: tuple[Section, ...]
    gaps: tuple[str, ...]
    """What is not known, each with where it was looked for."""
    language: str = "en"
    gaps_title: str = "What is not known"
    """The heading of the gaps, in the document's language."""
    no_gaps: str = "Nothing that this brief looks for is missing."

    def section(self, key: str) -> Section:
        """Return a section. Raises KeyError where there is none of this name."""
        found = next((one for one in self.sections if one.key == key), None)
        if found is None:
            raise KeyError(key)
        return found
