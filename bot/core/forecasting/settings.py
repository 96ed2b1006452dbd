"""What the forecast can be told, and the measured width of its intervals."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Widths:
    """How wide the 80 % interval is: calibrated on daily series by `benchmarks/forecast.py --fit`.

    An error of the forecast of use over `days` is log(actual / forecast); its typical size is read off the series' own
    past (`spread.py`). The tenth and ninetieth percentile of error / typical size, by days ahead, are these numbers.
    """

    days: tuple[float, ...] = (3, 7, 14, 30, 60, 90, 180, 365)
    low: tuple[float, ...] = (1.65, 1.33, 1.30, 1.25, 1.12, 1.10, 1.05, 0.80)
    high: tuple[float, ...] = (1.42, 1.32, 1.38, 1.58, 1.78, 1.95, 2.30, 3.10)


@dataclass(frozen=True, slots=True)
class ForecastSettings:
    """How the forecast is made. The defaults are what docs/forecast.md reports; weeks are blocks of 7 days."""

    least_history: int = 28
    """Known days since the first use that a forecast needs."""
    horizon: int = 730
    """Days after as-of within which a run-out is looked for."""
    longest: int = 1830
    """Days after as-of beyond which an end is too far away to be forecast; the run-out is not."""
    batch: int = 4096
    """Lines worked on at once: memory, never the result, depends on it."""

    late_days: int = 3
    """So many last days may be incomplete ..."""
    late_share: float = 0.6
    """... which they are where they stay below this share of the same weekday's median ..."""
    late_deviations: float = 2.0
    """... and this many usual deviations below it; a fall that lasts longer is a fall."""

    fast: float = 0.6
    """Half-life in weeks of the present level of a moving series ..."""
    slow: float = 8.0
    """... and of the level to which it returns."""
    steady_fast: float = 13.0
    steady_slow: float = 26.0
    """The same for a steady series; how much of each a series is, its own past tells."""
    moving_odds: float = 1.04
    """A series is as much moving as steady where the steady way would have been this much better in its past ..."""
    sharpness: float = 10.0
    """... and otherwise the more the one by this power of the ratio of the two ways' errors."""
    steady_growth: float = 0.2
    """Share of its growth that a steady series keeps."""
    long: float = 26.0
    """Half-life of the level against which growth is measured."""
    persistence: float = 0.93
    """Share of the present level's distance from the slow one that lasts another week."""
    damping: float = 0.98
    """Share of the growth that lasts another week."""
    growth_share: float = 0.8
    """Share of the measured growth that is believed, with much history."""
    growth_prior: float = 8.0
    """Weeks between the centres of the two levels at which half of that is believed."""
    most_growth: float = 0.05
    """Growth a week, as a log ratio, that is never exceeded."""
    season_share: float = 0.6
    """Share of the season of the year that is believed, where two years are known and agree ..."""
    season_narrowing: float = 0.85
    """... and how much narrower intervals are then: what the past of `spread.py` was forecast without."""

    widths: Widths = field(default_factory=Widths)
