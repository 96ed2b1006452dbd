"""The one entry: which accounts' use is falling or rising as of the last day, since when, by how much and how surely.

Holidays of each account's country and outage days of its fleet count as unknown. Series with under one event a day
are judged by the week, with under one a week not at all. A change that began within 14 days of a contract change in
the same direction is that change: the series starts anew on its day, with what is known since.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from bot.core.trends.batching import batches
from bot.core.trends.expectation import expect, expect_given
from bot.core.trends.falls import falls
from bot.core.trends.incidents import tally_outages
from bot.core.trends.judging import Judging, Measured, Neighbours, judge
from bot.core.trends.monthly import MonthlySettings, monthly_changes
from bot.core.trends.occasions import occasions
from bot.core.trends.outcome import Basis, Series, Trends, Verdict, blank
from bot.core.trends.rises import rises
from bot.core.trends.settings import Detection
from bot.core.trends.weekly import DAYS_OF_WEEK, WeeklyDetection, weekly

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import numpy.typing as npt

    from bot.core.trends.incidents import OutageTally
    from bot.core.trends.outcome import ContractChange

    Floats = npt.NDArray[np.float64]

_RESTARTS: Final = 3
"""Times that a series is begun anew after a contract change explained what it did."""
_WEEKLY: Final = Judging(
    basis=Basis.WEEKLY,
    news=180,
    apart=56,
    latest=4,
    span=28,
    before=182,
    provisional_below=26,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TrendSettings:
    """How use is judged."""

    batch: int = 20_000
    """Series judged at a time, and the most that one fleet is compared within."""
    detection: Detection = field(default_factory=Detection)
    daily: Judging = field(default_factory=Judging)
    weekly_detection: WeeklyDetection = field(default_factory=WeeklyDetection)
    weekly: Judging = _WEEKLY
    current: int = 14
    """Days back of which one at least must be known."""
    volume_days: int = 182
    """Latest days over which events are counted to choose between days and weeks."""
    least_daily: float = 1.0
    """Events a day under which weeks are judged."""
    least_weekly: float = 1.0
    """Events a week under which there is too little volume."""
    least_weeks: int = 10
    """Known weeks under which there is, too."""
    contract_days: int = 14
    """Days between a contract change and the start of the change that it explains ..."""
    contract_months: int = 1
    """... and months, where figures are monthly."""
    monthly: MonthlySettings = field(default_factory=MonthlySettings)
    current_months: int = 3
    """Months back of which one at least must be known."""


def find(series: Series, settings: TrendSettings | None = None) -> Trends:
    """Judge every series as of the last day of the table. What cannot be judged is told as such."""
    settings = settings or TrendSettings()
    answer = blank(len(series), Verdict.UNKNOWN, Basis.DAILY)
    changes: dict[int, ContractChange] = {}
    tallies = []
    for rows, groups in batches(series, settings.batch):
        part, counted = _find(series.of_rows(rows, groups), settings)
        answer.put(rows, part)
        changes.update({int(rows[row]): change for row, change in part.changes.items()})
        first = np.searchsorted(groups, counted.fleets)
        tallies.append(counted.renamed(series.fleets[rows[first]]))
    return replace(answer, changes=changes, incidents=sum(tallies[1:], start=tallies[0]).incidents() if tallies else ())


def _find(series: Series, settings: TrendSettings) -> tuple[Trends, OutageTally]:
    masked = occasions(series.countries, series.first_day, series.counts.shape[1])
    expected = expect(series.counts, series.fleets, masked, settings.detection)
    counted = tally_outages(
        np.where(masked, np.nan, series.counts), expected.values / np.exp(expected.fleet), series.fleets
    )
    outages = counted.masked(series.fleets)
    if outages is not None:
        masked |= outages
        expected = expect(series.counts, series.fleets, masked, settings.detection)
    counts = np.where(masked, np.nan, series.counts)
    near = Neighbours(counts, series.fleets, np.arange(len(counts)))
    measured = Measured(counts, expected, _weeks(settings.detection), near)
    answer = _standing(series, measured, settings)
    return replace(answer, changes=_explain(answer, series, measured, settings)), counted


def find_monthly(
    values: Floats,
    fleets: npt.NDArray[np.int64] | None = None,
    contract_changes: Mapping[int, Sequence[ContractChange]] | None = None,
    settings: TrendSettings | None = None,
) -> Trends:
    """Judge series of monthly figures as of the last month; `before` and `now` are a month's, `start` is a month.

    `values`: [series, months], whole months only; NaN is unknown. `fleets`: [series], or None. The `day` of a contract
    change is a month here; it explains a step in its month or in one beside it.
    """
    settings = settings or TrendSettings()
    found = monthly_changes(values, fleets, settings.monthly)
    answer = blank(len(values), Verdict.FLAT, Basis.MONTHLY)
    answer.verdict[found.direction < 0] = Verdict.FALLING
    answer.verdict[found.direction > 0] = Verdict.RISING
    for into, what in (
        (answer.size, found.size),
        (answer.confidence, found.confidence),
        (answer.statistic, found.statistic),
        (answer.now, found.now),
        (answer.before, found.now / (1 + found.size)),
        (answer.start, found.start),
        (answer.reference, found.start),
    ):
        into[:] = what
    current = ~np.isnan(values[:, -settings.current_months :]).all(axis=1)
    for which, verdict in (
        (found.known < settings.monthly.least_months, Verdict.TOO_LITTLE_HISTORY),
        (~current, Verdict.UNKNOWN),
    ):
        rows = np.flatnonzero(which)
        answer.put(rows, blank(len(rows), verdict, Basis.MONTHLY))
    explained: dict[int, ContractChange] = {}
    stepped = _explained(answer, contract_changes or {}, range(len(values)), settings.contract_months, explained)
    answer.verdict[stepped] = Verdict.CONTRACT_CHANGE
    return replace(answer, changes=explained)


def _standing(series: Series, measured: Measured, settings: TrendSettings) -> Trends:
    """Judge by days, by weeks or not at all, as there is enough known."""
    answer = _by_days(measured, settings)
    unknown = np.isnan(series.counts[:, -settings.current :]).all(axis=1)
    young = np.isnan(measured.expected.values[:, -settings.current :]).all(axis=1) & ~unknown
    sparse = (_events(measured.counts, settings) < settings.least_daily) & ~young & ~unknown
    answer.put(np.flatnonzero(sparse), _by_weeks(measured.counts[sparse], series.fleets[sparse], settings))
    for which, verdict in ((young, Verdict.TOO_LITTLE_HISTORY), (unknown, Verdict.UNKNOWN)):
        rows = np.flatnonzero(which)
        answer.put(rows, blank(len(rows), verdict, Basis.DAILY))
    return answer


def _by_days(measured: Measured, settings: TrendSettings) -> Trends:
    counts, expected, detection = measured.counts, measured.expected, settings.detection
    changes = falls(counts, expected, detection), rises(counts, expected, detection)
    return judge(measured, changes, (detection.fall_threshold, detection.rise_threshold), settings.daily)


def _by_weeks(counts: Floats, fleets: npt.NDArray[np.int64], settings: TrendSettings) -> Trends:
    detection = settings.weekly_detection
    weeks = weekly(counts, fleets, detection)
    near = Neighbours(weeks.sums, fleets, np.arange(len(counts)))
    measured = Measured(weeks.sums, weeks.expected, _weeks(detection), near)
    thresholds = detection.fall_threshold, detection.rise_threshold
    answer = judge(measured, (weeks.falls, weeks.rises), thresholds, settings.weekly)
    answer.before[:] /= DAYS_OF_WEEK
    answer.now[:] /= DAYS_OF_WEEK
    # A sum stands on the last day of its week.
    for days in (answer.start, answer.reference):
        days[days >= 0] -= DAYS_OF_WEEK - 1
    few = _events(counts, settings) * DAYS_OF_WEEK < settings.least_weekly
    few |= np.sum(~np.isnan(weeks.sums), axis=1) < settings.least_weeks
    rows = np.flatnonzero(few)
    answer.put(rows, blank(len(rows), Verdict.TOO_LITTLE_VOLUME, Basis.WEEKLY))
    return answer


def _events(counts: Floats, settings: TrendSettings) -> Floats:
    """Average a known day's events; 0 where no day is known."""
    latest = counts[:, -settings.volume_days :]
    return np.asarray(np.nansum(latest, axis=1) / np.maximum(np.sum(~np.isnan(latest), axis=1), 1))


def _weeks(detection: Detection | WeeklyDetection) -> tuple[int, int]:
    return detection.nearest_week, detection.furthest_week


def _explain(answer: Trends, series: Series, measured: Measured, settings: TrendSettings) -> dict[int, ContractChange]:
    """Tell changes that a contract change explains, and judge what is known since; return the contract changes."""
    explained: dict[int, ContractChange] = {}
    changes, near = series.contract_changes, settings.contract_days
    rows = _explained(answer, changes, range(len(answer)), near, explained)
    for _ in range(_RESTARTS):
        if not rows:
            break
        places = np.array(rows)
        begins = np.array([explained[row].day for row in rows])
        anew = _anew(series, measured, places, begins, settings)
        moved = np.isin(anew.verdict, (Verdict.FALLING, Verdict.RISING))
        answer.verdict[places] = Verdict.CONTRACT_CHANGE
        answer.put(places[moved], anew.of_rows(np.flatnonzero(moved)))
        rows = _explained(answer, changes, places[moved].tolist(), near, explained)
    return {row: change for row, change in explained.items() if answer.verdict[row] == Verdict.CONTRACT_CHANGE}


def _explained(
    answer: Trends,
    changes: Mapping[int, Sequence[ContractChange]],
    rows: Iterable[int],
    near: int,
    explained: dict[int, ContractChange],
) -> list[int]:
    """Note the contract changes that explain what these rows are said to do; return the rows that have one.

    A change that goes on after the contract's has its largest step later: it is the contract's where it began with it.
    """
    directions = {Verdict.FALLING.value: -1, Verdict.RISING.value: 1}
    found = []
    for row in sorted(set(rows) & set(changes)):
        direction = directions.get(str(answer.verdict[row]), 0)
        begins = int(answer.start[row]), int(answer.reference[row])
        fitting = {
            (min(abs(change.day - begin) for begin in begins), change)
            for change in changes[row]
            if (change.new - change.old) * direction > 0
        }
        distance, nearest = min(fitting, default=(near + 1, None))
        if nearest is not None and distance <= near:
            explained[row] = nearest
            found.append(row)
    return found


def _anew(
    series: Series,
    measured: Measured,
    rows: npt.NDArray[np.int64],
    begins: npt.NDArray[np.int64],
    settings: TrendSettings,
) -> Trends:
    """Judge series by what is known from a day on, with the fleet as it was for all."""
    days = np.arange(measured.counts.shape[1])
    counts = np.where(days >= begins[:, None], measured.counts[rows], np.nan)
    expected = expect_given(counts, measured.expected.fleet[rows], settings.detection)
    some = Series(counts, series.first_day, series.fleets[rows], [None] * len(rows))
    near = replace(measured.neighbours, places=measured.neighbours.places[rows])
    return _standing(some, Measured(counts, expected, measured.weeks, near), settings)
