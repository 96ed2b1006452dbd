"""From running evidence to what holds today: which alarms belong together, and whether use has come back since.

What is decided:
- An alarm is a stretch over the threshold; it belongs to the change that begins with the statistic's last zero. It is
  news for 90 days from there: what stands longer is the new usual, unless the evidence is still over its threshold
  today; then use is compared with that of 90 days ago.
- Alarms less than four weeks apart, of whichever direction, are one story: a return after a dip is compared with the
  level before the dip, and says nothing.
- A change holds while the latest 14 known days since lie at least a tenth, and two standard deviations, off the
  expectation frozen before the story. Once they don't, use has come back and the series is flat.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from bot.core.trends.moved import moved
from bot.core.trends.outcome import NOT_YET, Basis, Trends, Verdict, blank
from bot.core.trends.starts import Frozen, confidence, fleet_path, freeze, mend_path, tamed

if TYPE_CHECKING:
    import numpy.typing as npt

    from bot.core.trends.expectation import Expected
    from bot.core.trends.starts import Level
    from bot.core.trends.statistic import Statistic

    Floats = npt.NDArray[np.float64]
    Days = npt.NDArray[np.int64]
    Rows = npt.NDArray[np.intp]

_ECHOES: Final = 8
"""Links of a story at most; each is four weeks and more back, so that none is longer within 180 days."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judging:
    """When evidence is news; days are columns of the table judged."""

    basis: Basis = Basis.DAILY
    news: int = 90
    """Days from its start for which a change is news."""
    apart: int = 28
    """Days between two alarms that are stories of their own."""
    latest: int = 14
    """Known days that make the present level of a series ..."""
    span: int = 14
    """... and days, known or not, that make its fleet's: whole weeks."""
    before: int = 56
    """Days that make the level before: whole weeks."""
    least_size: float = 0.1
    """Share of the level under which use has come back."""
    least_deviate: float = 2.0
    """Standard deviations under which it has."""
    provisional_below: int = 75
    """Known days under which a verdict is provisional ..."""
    provisional_factor: float = 1.2
    """... and thresholds are so much higher: on simulated series of 3, 20 and 100 events a day, with chance alone and
    with weeks that stray (3,000 each), those known for 20 to 75 days raise up to 2.5 times as many false alarms as
    older ones, and at 1.2 times the threshold fewer than those at the plain one. The same holds of weeks."""


@dataclass(frozen=True, slots=True)
class Neighbours:
    """The fleets that series are compared within."""

    counts: Floats
    """[neighbours, days]."""
    fleets: npt.NDArray[np.int64]
    """[neighbours]."""
    places: Rows
    """[series]: the row of each series among its neighbours."""


@dataclass(frozen=True, slots=True)
class Measured:
    """What was measured and what was expected; [series, days]."""

    counts: Floats
    """NaN on the days that the expectation ignored, too."""
    expected: Expected
    weeks: tuple[int, int]
    """Weeks back that the expectation looks at, from and to."""
    neighbours: Neighbours


@dataclass(frozen=True, slots=True)
class Evidence:
    """Multiples of the threshold and beginnings of the change, over the days that are news; [series, those days]."""

    ratio: Floats
    since: Days

    @property
    def over(self) -> npt.NDArray[np.bool_]:
        """Tell the days at or over the threshold."""
        return self.ratio >= 1

    def of_rows(self, rows: Rows) -> Evidence:
        """Take some series."""
        return Evidence(self.ratio[rows], self.since[rows])


def judge(
    measured: Measured, changes: tuple[Statistic, Statistic], thresholds: tuple[float, float], judging: Judging
) -> Trends:
    """Judge each series as of the last day by the statistics of falls and of rises, and their thresholds.

    Only falling, rising and flat are answered: whether there was enough to judge is for who asks.
    """
    expected = measured.expected
    series, days = measured.counts.shape
    if not series or not days:
        return blank(series, Verdict.FLAT, judging.basis)
    shown = min(judging.news + 1, days)
    strict = np.where(expected.history[:, -shown:] < judging.provisional_below, judging.provisional_factor, 1.0)
    falls, rises = (
        Evidence(each.statistic[:, -shown:] / (strict * threshold), each.since[:, -shown:].astype(np.int64))
        for each, threshold in zip(changes, thresholds, strict=True)
    )
    answer = blank(series, Verdict.FLAT, judging.basis)
    answer.provisional[:] = expected.history[:, -1] < judging.provisional_below
    answer.statistic[:] = np.maximum(falls.ratio[:, -1], rises.ratio[:, -1])
    rows = np.flatnonzero(_news(falls, days, judging) | _news(rises, days, judging))
    if len(rows):
        _judge_alarmed(answer, rows, measured, (falls.of_rows(rows), rises.of_rows(rows)), judging)
    return answer


def _news(evidence: Evidence, days: int, judging: Judging) -> npt.NDArray[np.bool_]:
    recent = evidence.over & (evidence.since >= days - 1 - judging.news)
    return np.asarray(recent.any(axis=1) | evidence.over[:, -1])


def _judge_alarmed(
    answer: Trends,
    rows: Rows,
    measured: Measured,
    evidence: tuple[Evidence, Evidence],
    judging: Judging,
) -> None:
    days = measured.counts.shape[1]
    reference = _reference(evidence, days, judging)
    near, shown = measured.neighbours, min(judging.news + 1, days)
    others = moved(near.counts, near.fleets, shown, judging.span, judging.before)[near.places[rows]]
    frozen = _frozen(rows, measured, reference, others, judging)
    whole = frozen.level(reference, judging.latest)
    strengths = np.stack([_strength(each, reference, days) for each in evidence])
    direction = _direction(whole, strengths)
    start = frozen.split(reference - judging.apart, direction)
    if (start < reference).any():
        # What came after the start must not be part of what was before it.
        reference = np.minimum(start, reference)
        frozen = _frozen(rows, measured, reference, others, judging)
        whole = frozen.level(reference, judging.latest)
    level = frozen.level(start, judging.latest)
    # While the evidence is over its threshold today, the days since the start tell, few as they may be; later a start
    # that the split finds among the last days may be chance.
    over = np.where(direction < 0, evidence[0].over[:, -1], evidence[1].over[:, -1])
    holds = _off(level, direction, judging) & (over | _off(whole, direction, judging))
    strength = np.where(direction < 0, strengths[0], strengths[1])
    _write(answer, rows[holds], holds, (direction, start, reference, strength), level)


def _reference(evidence: tuple[Evidence, Evidence], days: int, judging: Judging) -> Days:
    """First day of the story that the latest alarm of each series belongs to."""
    oldest, shown = days - 1 - judging.news, evidence[0].ratio.shape[1]
    over = np.concatenate([each.over for each in evidence], axis=1)
    since = np.maximum(np.concatenate([each.since for each in evidence], axis=1), oldest)
    day = np.tile(np.arange(days - shown, days), 2)
    latest = np.where(over, day, NOT_YET).max(axis=1)
    reference = np.where(over & (day == latest[:, None]), since, days).min(axis=1)
    for _ in range(_ECHOES):
        linked = over & (day >= reference[:, None] - judging.apart) & (since < reference[:, None])
        if not linked.any():
            break
        reference = np.minimum(reference, np.where(linked, since, days).min(axis=1))
    return np.asarray(np.maximum(reference, 0))


def _frozen(rows: Rows, measured: Measured, reference: Days, others: Floats, judging: Judging) -> Frozen:
    """Freeze what the alarmed series are expected to be; `others`: how far their fleets have moved since each day."""
    counts, expected = measured.counts[rows], measured.expected
    values, variance = expected.values[rows], expected.variance[rows]
    first = counts.shape[1] - others.shape[1]
    by = others[np.arange(len(rows)), np.maximum(reference - first, 0)]
    path = fleet_path(expected.fleet[rows], *measured.weeks)
    path = mend_path(path, by, reference, judging.span, judging.before)
    calm = tamed(counts, values, variance)
    with np.errstate(invalid="ignore", divide="ignore"):
        noise = np.where(values > 0, variance / values, np.nan)
    return Frozen(counts, freeze(calm, path, reference, judging.before), path, noise, reference, by)


def _strength(evidence: Evidence, reference: Days, days: int) -> Floats:
    """Highest multiple of the threshold within the story; 0 where there was no alarm of this direction."""
    day = np.arange(days - evidence.ratio.shape[1], days)
    inside = evidence.over & (day >= reference[:, None])
    return np.asarray(np.where(inside, evidence.ratio, 0.0).max(axis=1))


def _direction(level: Level, strengths: Floats) -> npt.NDArray[np.int8]:
    """Direction in which an alarm was raised; of both, the one in which use now lies."""
    lies = np.where(level.now < level.before, -1, 1)
    either = np.where(strengths[0] > 0, -1, 1)
    return np.where((strengths > 0).all(axis=0), lies, either).astype(np.int8)


def _off(level: Level, direction: npt.NDArray[np.int8], judging: Judging) -> npt.NDArray[np.bool_]:
    far = np.nan_to_num(level.size * direction) >= judging.least_size
    # A series of zeros before has no size to speak of; any use is a rise.
    new = (level.before == 0) & (level.now > 0) & (direction > 0)
    return np.asarray((far & (np.nan_to_num(level.deviate * direction) >= judging.least_deviate)) | new)


def _write(
    answer: Trends,
    rows: Rows,
    holds: npt.NDArray[np.bool_],
    found: tuple[npt.NDArray[np.int8], Days, Days, Floats],
    level: Level,
) -> None:
    direction, start, reference, strength = found
    answer.verdict[rows] = np.where(direction[holds] < 0, Verdict.FALLING, Verdict.RISING)
    answer.start[rows] = start[holds]
    answer.reference[rows] = reference[holds]
    answer.statistic[rows] = strength[holds]
    answer.confidence[rows] = confidence(strength[holds])
    for into, what in (
        (answer.size, level.size),
        (answer.before, level.before),
        (answer.now, level.now),
        (answer.fleet, level.fleet),
    ):
        into[rows] = what[holds]
