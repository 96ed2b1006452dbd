"""Lays the use of contract lines out by day, as the analysis does: which days are known, and what each line drew."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa

from bot.core.chart import Ahead, Point
from bot.core.courses import Course
from bot.core.forecasting.draws import Draws
from bot.core.forecasting.path import path

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    import numpy.typing as npt

    from bot.core.forecasting.path import Path

    Floats = npt.NDArray[np.float64]
    Row = dict[str, Any]

DAYS: Final = 756
"""Days that are laid out: as many as the forecast looks at."""
ACTIVE_DAYS: Final = 28
"""Length of the window for active users."""
_WEEKS: Final = 27
"""Half a year of weeks for which active users are counted anew: each takes four weeks of rows."""
WANTED_DAYS: Final = ACTIVE_DAYS + 7 * (_WEEKS + 1)
"""Days whose users are read for that."""
_COVERED: Final = 0.8
"""A window with a smaller share of covered days is unknown, as in the analysis."""

_COLUMNS: Final[dict[str, pa.DataType]] = {
    "row": pa.int64(),
    "source": pa.string(),
    "customer": pa.string(),
    "meter": pa.string(),
    "line_id": pa.string(),
    "by_line": pa.bool_(),
    "first_of_source": pa.bool_(),
    "aggregation": pa.string(),
    "kind": pa.string(),
}
_WANTED: Final = pa.schema(_COLUMNS)


def week_ends(known: npt.NDArray[np.bool_], complete_to: date | None, as_of: date) -> Iterator[tuple[date, bool]]:
    """Yield the ends of weeks up to the last known day, and whether enough of the 28 days before each is known."""
    if complete_to is None:
        return
    last = len(known) - 1 - (as_of - complete_to).days
    ends = [last - 7 * week for week in range(_WEEKS - 1, -1, -1) if last - 7 * week >= ACTIVE_DAYS - 1]
    begun = False
    for end in ends:
        enough = bool(known[end - ACTIVE_DAYS + 1 : end + 1].mean() >= _COVERED)
        begun = begun or enough
        if begun:
            yield as_of - timedelta(days=len(known) - 1 - end), enough


def by_line(feeds: pa.Table) -> dict[str, list[Row]]:
    """Return the rows of `course_feeds` by the line that they tell of."""
    found: dict[str, list[Row]] = {}
    for row in feeds.to_pylist():
        found.setdefault(row["line_id"], []).append(row)
    return found


def wanted_rows(rows: Sequence[Row], feeds: Mapping[str, Sequence[Row]]) -> pa.Table:
    """Return what is to be read for lines: one row a line, by its place in `rows`, and feed."""
    wanted = []
    for at, row in enumerate(rows):
        seen: set[str] = set()
        for feed in feeds[row["line_id"]]:
            first = feed["source"] not in seen
            seen.add(feed["source"])
            wanted.append({**feed, "row": at, "kind": row["kind"], "first_of_source": first})
    return pa.Table.from_pylist(wanted, schema=_WANTED)


def known_days(coverage: pa.Table, lines: Iterable[Sequence[Row]], as_of: date) -> npt.NDArray[np.bool_]:
    """[lines, days] whether every feed of a line is covered: a day that one of them lacks is unknown."""
    spans = coverage.to_pylist()
    laid: dict[tuple[str, str, str | None], npt.NDArray[np.bool_]] = {}
    known = []
    for feeds in lines:
        of_line = np.ones(DAYS, dtype=np.bool_)
        for feed in feeds:
            key = feed["source"], feed["meter"], feed["covered_customer"]
            if key not in laid:
                laid[key] = _covered(spans, key, as_of)
            of_line &= laid[key]
        complete_to = feeds[0]["complete_to"]
        if complete_to is not None and complete_to < as_of:
            of_line[DAYS - (as_of - complete_to).days :] = False
        known.append(of_line)
    return np.asarray(known, dtype=np.bool_)


def _covered(spans: Iterable[Row], key: tuple[str, str, str | None], as_of: date) -> npt.NDArray[np.bool_]:
    source, meter, customer = key
    covered = np.zeros(DAYS, dtype=np.bool_)
    for span in spans:
        if span["source"] != source or (span["meter"] or meter) != meter or span["customer"] not in {None, customer}:
            continue
        first, last = (DAYS - 1 - (as_of - span[end]).days for end in ("first_day", "last_day"))
        covered[max(first, 0) : max(last + 1, 0)] = True
    return covered


def course_of(
    row: Row, feed: Row, counts: Floats, active: tuple[Point, ...], ahead: tuple[Ahead, ...], as_of: date
) -> Course:
    """Put a line of the analysis, a feed that tells of it, its [days] counts and what is expected together."""
    by_period = row["period_start"] is not None
    end = row["period_end"] if by_period else row["end"]
    return Course(
        account_id=row["account_id"],
        line_id=row["line_id"],
        product=row["product"] or "unnamed product",
        kind=row["kind"],
        meter=row["meter"],
        unit=row["unit"] or "units",
        aggregation=feed["aggregation"],
        cadence=feed["cadence"],
        as_of=as_of,
        known_to=feed["complete_to"],
        contracted=row["contracted"],
        used=row["used"],
        utilization=row["utilization"],
        start=row["period_start"] if by_period else row["start"],
        end=None if row["evergreen"] and not by_period else end,
        counts=counts * feed["share"],
        active=_shared(active, row),
        ahead=ahead,
        run_out=row["run_out_date"],
        run_out_earliest=row["run_out_earliest"],
        run_out_latest=row["run_out_latest"],
        direction=row["trend_direction"],
        size=row["trend_size"],
        change=row["trend_start"],
    )


def _shared(active: tuple[Point, ...], row: Row) -> tuple[Point, ...]:
    """Give a line its share of users that several lines of seats share: what the analysis gave it of the last ones."""
    last = active[-1].value if active else None
    if not last or row["used"] is None or row["used"] == last:
        return active
    share = row["used"] / last
    return tuple(Point(one.day, None if one.value is None else one.value * share) for one in active)


def ways_ahead(rows: Sequence[Row], feeds: Sequence[Row], counts: Floats, as_of: date) -> dict[int, tuple[Ahead, ...]]:
    """Forecast the lines that are drawn down, by their place in `rows`; `feeds`: one of each; `counts`: [lines, days].

    All at once: alone, a line takes as long as a hundred.
    """
    drawn = [at for at, row in enumerate(rows) if _is_drawn(row, feeds[at], as_of)]
    if not drawn:
        return {}

    def column(value: Callable[[Row, Row], float]) -> Floats:
        return np.array([value(rows[at], feeds[at]) for at in drawn], dtype=np.float64)

    way = path(
        Draws(
            counts=counts[drawn] * column(lambda _, feed: feed["share"])[:, None],
            used=column(lambda row, _: row["used"]),
            capacity=column(lambda row, _: row["contracted"]),
            days_left=column(lambda row, _: (row["period_end"] - as_of).days),
            known_to=column(lambda _, feed: DAYS - 1 - (as_of - feed["complete_to"]).days),
            elapsed=column(lambda row, _: (as_of - row["period_start"]).days + 1),
        )
    )
    return {at: tuple(_steps(way, line, as_of)) for line, at in enumerate(drawn) if np.isfinite(way.middle[line]).all()}


def _is_drawn(row: Row, feed: Row, as_of: date) -> bool:
    wanted = (row["used"], row["contracted"], row["period_start"], row["period_end"], feed["complete_to"])
    if row["kind"] not in {"allowance", "commit"} or feed["aggregation"] != "sum" or None in wanted:
        return False
    return bool(row["contracted"] > 0 and row["period_end"] > as_of)


def _steps(way: Path, line: int, as_of: date) -> Iterator[Ahead]:
    for day, low, middle, high in zip(way.days[line], way.low[line], way.middle[line], way.high[line], strict=True):
        yield Ahead(as_of + timedelta(days=int(day)), float(low), float(middle), float(high))
