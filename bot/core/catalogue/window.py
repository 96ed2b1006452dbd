"""The days that a metric looks at, where several metrics look at the same."""

from __future__ import annotations

from typing import Final

PERIOD: Final = "the current period so far"
TERM: Final = "the term so far"
PERIOD_OR_TERM: Final = "the period or term so far"
LINE: Final = "28 days for seats, else the period or term so far"
MONTHS: Final = "the calendar month before that of as-of, and the one before it"
TREND: Final = "the last 400 days; of monthly figures 36 months"
RUN_OUT: Final = "756 days back, 730 ahead"
TO_THE_END: Final = "756 days back; ahead to the end of the period or term"
