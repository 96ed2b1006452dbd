"""Dates of a renewal that contradict each other: shown, and never decided in silence."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from bot.core.brief.terms import Line
    from bot.core.verdicts import Value


class Clash(StrEnum):
    """How two dates contradict each other."""

    NOTICE_AFTER_END = "notice after end"
    """Somebody could give notice of a contract that is over."""
    CLOSE_AFTER_END = "opportunity closes after the end"
    ENDS_BEFORE_START = "end before start"
    SEVERAL_ENDS = "several ends"
    """Lines end on different days: what is renewed when?"""
    AUTO_RENEW_DIFFERS = "auto-renew differs"
    """Lines that end on the same day disagree on whether they renew by themselves."""


@dataclass(frozen=True, slots=True)
class Contradiction:
    """Two dates, or statements, that cannot both be right or want a decision."""

    clash: Clash
    of: str
    """The product; empty: the account."""
    one: date | None
    other: date | None


def contradictions(lines: Sequence[Line], opportunity: Mapping[str, Value | date]) -> tuple[Contradiction, ...]:
    """Return what does not fit together, of the lines in force and the open renewal opportunity."""
    return (*_of_lines(lines), *_of_ends(lines), *_of_close(lines, opportunity))


def _of_lines(lines: Sequence[Line]) -> Iterator[Contradiction]:
    for line in lines:
        notice = line.metrics.get("notice_date")
        if line.end < line.start:
            yield Contradiction(Clash.ENDS_BEFORE_START, line.product, line.start, line.end)
        if isinstance(notice, date) and notice > line.end:
            yield Contradiction(Clash.NOTICE_AFTER_END, line.product, notice, line.end)


def _of_ends(lines: Sequence[Line]) -> Iterator[Contradiction]:
    ends = sorted({_runs_to(line) for line in lines if not line.metrics.get("evergreen")})
    if len(ends) > 1:
        yield Contradiction(Clash.SEVERAL_ENDS, "", ends[0], ends[-1])
    for end in ends:
        said = {line.metrics.get("auto_renew") for line in lines if _runs_to(line) == end}
        if {True, False} <= said:
            yield Contradiction(Clash.AUTO_RENEW_DIFFERS, "", end, end)


def _of_close(lines: Sequence[Line], opportunity: Mapping[str, Value | date]) -> Iterator[Contradiction]:
    close = opportunity.get("close")
    ends = [_runs_to(line) for line in lines if not line.metrics.get("evergreen")]
    if isinstance(close, date) and ends and close > min(ends):
        yield Contradiction(Clash.CLOSE_AFTER_END, "", close, min(ends))


def _runs_to(line: Line) -> date:
    runs_to = line.metrics.get("runs_to")
    return runs_to if isinstance(runs_to, date) else line.end
