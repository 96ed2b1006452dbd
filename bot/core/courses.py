"""How the use of a contract line went day by day, and which chart tells it best."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Final, Literal

import numpy as np

from bot.core.chart import Point, Trend, Utilization
from bot.core.trends.weekly import DAYS_OF_WEEK, weekly_sums

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import numpy.typing as npt

    from bot.core.chart import Ahead, Spec

    Floats = npt.NDArray[np.float64]

Direction = Literal["falling", "rising", "flat"]

_BY_DAY_MOST: Final = 70
"""Days that are shown one by one; a longer time is shown by the week."""
_LEAST_KNOWN: Final = 5
"""Known days that make a week known."""
_COVERED: Final = 0.8
"""Share of a month's days that must be known: its sum is scaled then."""
_WEEKS_MOST: Final = 53
_LEAST_POINTS: Final = 2


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Course:
    """One contract line in force and its daily use, as the analysis of a day saw it."""

    account_id: str
    line_id: str
    product: str
    kind: str
    meter: str
    unit: str
    aggregation: str
    """sum, unique_users or max."""
    cadence: str
    """How often the source tells: day, month or rare."""
    as_of: date
    """The day of the analysis: the last column of `counts`."""
    known_to: date | None
    """The last day that use is known of; None: there is none."""
    contracted: float | None
    used: float | None
    utilization: float | None
    start: date
    end: date | None
    """Of the period or term that `contracted` is for; None: no end."""
    counts: Floats
    """[days] use of each day; NaN is unknown, 0 is measured."""
    active: tuple[Point, ...] = ()
    """Of seats: users of the last 28 days, week by week."""
    ahead: tuple[Ahead, ...] = ()
    run_out: date | None = None
    run_out_earliest: date | None = None
    run_out_latest: date | None = None
    direction: Direction | None = None
    size: float | None = None
    change: date | None = None

    @property
    def first_day(self) -> date:
        """The first column of `counts`."""
        return self.as_of - timedelta(days=len(self.counts) - 1)

    def until_known(self) -> Floats:
        """Return the counts up to the last known day."""
        if self.known_to is None:
            return self.counts[:0]
        return self.counts[: max(len(self.counts) - (self.as_of - self.known_to).days, 0)]


def told(course: Course, kind: str, account: str) -> Spec | None:
    """Return the chart that says most of a line under an alert of a kind; None: too little is known to draw any.

    A fall is seen best week by week; how much is left, against what was contracted.
    """
    falls = kind == "churn_risk" and course.direction == "falling"
    views = (trend_of, utilization_of) if falls else (utilization_of, trend_of)
    return next((spec for view in views if (spec := view(course, account)) is not None), None)


def most_telling(courses: Iterable[Course], kind: str) -> list[Course]:
    """Sort lines by how much they say under an alert of a kind, the one that says most first."""
    return sorted(courses, key=_at_risk if kind == "churn_risk" else _tight)


def _at_risk(course: Course) -> tuple[object, ...]:
    falls = course.direction == "falling"
    size = course.size or 0.0
    share = course.utilization
    return not falls, size if falls else 0.0, share is None, share or 0.0, course.line_id


def _tight(course: Course) -> tuple[object, ...]:
    ends = course.end or date.max
    runs_out = course.run_out is not None and course.run_out <= ends
    share = course.utilization
    return not runs_out, course.run_out if runs_out else date.max, share is None, -(share or 0.0), course.line_id


def utilization_of(course: Course, account: str) -> Utilization | None:
    """Lay use out against what was contracted; None where less than two points of it are known."""
    used = course.active if course.kind == "seats" else _to_date(course)
    if course.known_to is None or sum(point.value is not None for point in used) < _LEAST_POINTS:
        return None
    seats = course.kind == "seats"
    return Utilization(
        account=account,
        product=course.product,
        unit=course.unit,
        kind=course.kind,
        as_of=course.known_to,
        start=used[0].day if seats else course.start,
        end=None if seats else course.end,
        contracted=course.contracted,
        used=used,
        ahead=course.ahead,
        run_out=course.run_out,
        earliest=course.run_out_earliest,
        latest=course.run_out_latest,
    )


def _to_date(course: Course) -> tuple[Point, ...]:
    """Add up use since the period's start, so that it ends with what the analysis says was used."""
    counts = course.until_known()
    if course.used is None or course.known_to is None or course.aggregation != "sum":
        return ()
    first = (course.start - course.first_day).days
    inside = counts[max(first, 0) :]
    known = np.isfinite(inside)
    if not known.any():
        return ()
    sums = np.cumsum(np.where(known, inside, 0.0))
    if first >= 0 and sums[-1] > 0:
        # Days that nobody knows of were estimated by the analysis: the known ones are to add up to its figure.
        sums *= course.used / sums[-1]
    else:
        sums += max(course.used - float(sums[-1]), 0.0)
    day = course.known_to - timedelta(days=len(inside) - 1)
    return tuple(_thinned([day + timedelta(days=at) for at in range(len(inside))], sums, known))


def _thinned(days: Sequence[date], values: Floats, known: npt.NDArray[np.bool_]) -> Iterable[Point]:
    """Show a long time by the week: a week of which too little is known is a gap."""
    if len(days) <= _BY_DAY_MOST:
        yield from (Point(day, float(values[at]) if known[at] else None) for at, day in enumerate(days))
        return
    for at in range((len(days) - 1) % DAYS_OF_WEEK, len(days), DAYS_OF_WEEK):
        week = known[max(at - DAYS_OF_WEEK + 1, 0) : at + 1]
        enough = week.sum() >= min(_LEAST_KNOWN, len(week))
        yield Point(days[at], float(values[at]) if enough else None)


def trend_of(course: Course, account: str) -> Trend | None:
    """Lay use out by the week, or by the month where the source tells of months; None where too little is known."""
    if course.known_to is None or course.cadence == "rare":
        return None
    points = tuple(_by_month(course) if course.cadence == "month" else _by_week(course))
    if sum(point.value is not None for point in points) < _LEAST_POINTS:
        return None
    return Trend(
        account=account,
        product=course.product,
        unit=course.unit,
        measure="sum" if course.aggregation == "sum" else "mean",
        grain="month" if course.cadence == "month" else "week",
        as_of=course.known_to,
        points=points,
        change=course.change,
        direction=course.direction,
        size=course.size,
    )


def _by_week(course: Course) -> Iterable[Point]:
    assert course.known_to is not None, "looked at before"
    counts = course.until_known()
    sums = weekly_sums(counts[None, :])[0][-_WEEKS_MOST:]
    known = np.flatnonzero(np.isfinite(sums))
    # What lies before the first known week is no gap: nobody looked at it yet.
    sums = sums[known[0] :] if len(known) else sums[:0]
    divisor = 1 if course.aggregation == "sum" else DAYS_OF_WEEK
    first = course.known_to - timedelta(days=DAYS_OF_WEEK * len(sums) - 1)
    for week, total in enumerate(sums):
        yield Point(first + timedelta(weeks=week), float(total) / divisor if np.isfinite(total) else None)


def _by_month(course: Course) -> Iterable[Point]:
    """Sum up whole months; one of which too little is known is a gap."""
    assert course.known_to is not None, "looked at before"
    counts, begun = course.until_known(), False
    edges = [at for at in range(len(counts) + 1) if (course.first_day + timedelta(days=at)).day == 1]
    for begin, after in pairwise(edges):
        month = counts[begin:after]
        known = np.isfinite(month)
        begun = begun or bool(known.any())
        if not begun:
            continue
        share = float(known.mean())
        total = float(np.nansum(month)) / share if share >= _COVERED else None
        if total is not None and course.aggregation != "sum":
            total /= len(month)
        yield Point(course.first_day + timedelta(days=begin), total)
