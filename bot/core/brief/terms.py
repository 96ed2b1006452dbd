"""The coming term of a contract line, and the periods in it."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final, Protocol

from bot.core.brief.demand import Span

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.core.verdicts import Value

MONTHS: Final = {"month": 1, "quarter": 3, "year": 12}
_LONGEST_YEARS: Final = 5


class Line(Protocol):
    """A contract line in force, as the state store keeps it."""

    @property
    def product(self) -> str:
        """Return what was bought."""

    @property
    def kind(self) -> str | None:
        """Return seats, allowance, commit or service; None: nobody says."""

    @property
    def contracted(self) -> float:
        """Return how much, in units of the meter."""

    @property
    def used(self) -> float | None:
        """Return how much of it was used."""

    @property
    def utilization(self) -> float | None:
        """Return used / contracted."""

    @property
    def unit(self) -> str:
        """Return what is counted, in the plural."""

    @property
    def start(self) -> date:
        """Return the first day in force."""

    @property
    def end(self) -> date:
        """Return the last day in force."""

    @property
    def metrics(self) -> Mapping[str, Value | date]:
        """Return what else is known, by name of `bot.core.metrics.LINE_METRICS`."""


@dataclass(frozen=True, slots=True)
class Term:
    """A term: both days included."""

    first: date
    last: date

    def span(self, as_of: date) -> Span:
        """Return its days counted from as-of. Raises ValueError where it began already."""
        return Span((self.first - as_of).days, (self.last - as_of).days)

    def periods(self, period: str, as_of: date) -> tuple[Span, ...]:
        """Return the periods in it, the last one cut at its end. Raises ValueError for a period nobody knows."""
        if period == "term":
            return (self.span(as_of),)
        if period not in MONTHS:
            raise ValueError(f"period '{period}'; wanted month, quarter, year or term")
        edges = []
        for number in range(_LONGEST_YEARS * 12):
            first = months_after(self.first, number * MONTHS[period])
            if first > self.last:
                break
            edges.append(first)
        lasts = [*(first - timedelta(days=1) for first in edges[1:]), self.last]
        return tuple(Term(first, last).span(as_of) for first, last in zip(edges, lasts, strict=True))


def coming_term(line: Line) -> Term | None:
    """Return the term that follows this one, as long as it is; None where it has no end, or ends too early.

    A line that the same contract continues, like a step of a ramp, ends with the last that follows it without a gap.
    """
    if line.metrics.get("evergreen"):
        return None
    runs_to = line.metrics.get("runs_to")
    end = runs_to if isinstance(runs_to, date) else line.end
    if end < line.start:
        return None
    months = _whole_months(line.start, end)
    first = end + timedelta(days=1)
    if months is None:
        return Term(first, first + (end - line.start))
    return Term(first, months_after(first, months) - timedelta(days=1))


def months_after(day: date, months: int) -> date:
    """Return the same day so many months later, or that month's last day where it has none such."""
    number = day.year * 12 + day.month - 1 + months
    year, month = divmod(number, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def _whole_months(start: date, end: date) -> int | None:
    """Return how many months a term has; None where they are not whole."""
    after = end + timedelta(days=1)
    months = (after.year - start.year) * 12 + after.month - start.month
    return months if months > 0 and months_after(start, months) == after else None
