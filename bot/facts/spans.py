"""Spans of covered days, and the arithmetic that merges a new reading of a window into what was known before."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

import pyarrow as pa

from connectors.schema import COVERAGE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from connectors.base import Window

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Span:
    """Days, both ends included, for which a source is complete; None names every meter or every customer."""

    meter: str | None
    customer: str | None
    first: date
    last: date

    def key(self) -> tuple[bool, str, bool, str]:
        """Order and identity of what is covered, whatever the days; None sorts first."""
        return (self.meter is not None, self.meter or "", self.customer is not None, self.customer or "")

    def reaches(self, other: Span) -> bool:
        """Whether this span says at least as much as the other one."""
        wide = self.meter in {None, other.meter} and self.customer in {None, other.customer}
        return wide and self.first <= other.first and other.last <= self.last


def from_rows(rows: pa.Table) -> list[Span]:
    """Read rows of the coverage table."""
    return [Span(row["meter"], row["customer"], row["first_day"], row["last_day"]) for row in rows.to_pylist()]


def to_rows(spans: Iterable[Span]) -> pa.Table:
    """Write spans as rows of the coverage table."""
    rows = [{"meter": s.meter, "customer": s.customer, "first_day": s.first, "last_day": s.last} for s in spans]
    return pa.Table.from_pylist(rows, schema=COVERAGE)


def merged(spans: Iterable[Span]) -> list[Span]:
    """Join spans of the same meter and customer that touch or overlap; sorted."""
    joined: list[Span] = []
    for span in sorted(spans, key=lambda s: (s.key(), s.first, s.last)):
        before = joined[-1] if joined else None
        if before is not None and before.key() == span.key() and span.first <= before.last + _DAY:
            joined[-1] = replace(before, last=max(before.last, span.last))
        else:
            joined.append(span)
    return joined


def inside(spans: Iterable[Span], window: Window) -> Iterator[Span]:
    """Clip spans to the window."""
    for span in spans:
        first = span.first if window.since is None else max(span.first, window.since)
        last = min(span.last, window.until)
        if first <= last:
            yield replace(span, first=first, last=last)


def outside(spans: Iterable[Span], window: Window) -> Iterator[Span]:
    """Return what the spans cover before and after the window."""
    for span in spans:
        if window.since is not None and span.first < window.since:
            yield replace(span, last=min(span.last, window.since - _DAY))
        if span.last > window.until:
            yield replace(span, first=max(span.first, window.until + _DAY))


def still_promised(old: Iterable[Span], new: Iterable[Span], window: Window) -> bool:
    """Whether everything that was covered within the window is covered by the new reading as well."""
    joined = merged(inside(new, window))
    by_key: dict[tuple[bool, str, bool, str], list[Span]] = {}
    for span in joined:
        by_key.setdefault(span.key(), []).append(span)
    everything = by_key.get((False, "", False, ""), [])
    return all(
        any(span.reaches(part) for span in (*everything, *by_key.get(part.key(), []))) for part in inside(old, window)
    )
