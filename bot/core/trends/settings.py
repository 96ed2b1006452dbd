"""What the trend detector is set to.

The figures were chosen on `benchmarks/trend.py` for all series together; `docs/trend.md` tells what else was tried.
Thresholds are where the detector alarms about once a series-year while nothing was planted.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Detection:
    """How use is expected, and when a difference is a trend."""

    nearest_week: int = 2
    """Weeks back to the nearest day that the expectation looks at: nearer days may be part of the change itself."""
    furthest_week: int = 9
    """Weeks back to the furthest one."""
    least_spread: float = 0.1
    """Least spread of a series about its expectation, as a share, beyond chance: nobody's use is steadier."""
    spread_share: float = 0.6
    """How much of the variance of seven-day means counts against a day's evidence."""
    spread_days: int = 112
    """Days over which that variance is taken ..."""
    spread_prior: int = 28
    """... and days that the least spread counts for at the outset."""
    fall_ratio: float = 0.7
    """Share of the expectation for which evidence of a fall is weighed against no fall."""
    rise_ratio: float = 1.7
    """The same for a rise."""
    most_for: float = 1.5
    """Evidence that one day can add: no single day is a trend."""
    most_against: float = 3.0
    """Evidence that one day can take away."""
    fall_threshold: float = 6.5
    """Evidence at which a fall is one: `falls(...).statistic >= fall_threshold`."""
    rise_threshold: float = 12.5
    """The same for a rise."""
