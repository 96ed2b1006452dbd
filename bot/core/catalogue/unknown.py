"""When a value is NULL, where several metrics say the same."""

from __future__ import annotations

from typing import Final

NO_LINES: Final = "the account has no line of this kind in force"
UNCOVERED: Final = (
    f"{NO_LINES}, has no meter, usage is not covered over the window, "
    "or usage never named the account while some of it belongs to nobody"
)
NO_UTILIZATION: Final = f"{UNCOVERED}, or nothing is contracted"
NO_CHANGE: Final = "there is no such change, or it is unknown"
NO_TREND: Final = "no use of the account is known well enough: too little history, too little volume, or not covered"
UNPRICED: Final = "the line has no price, or its currency no rate"
NO_ARR: Final = f"{UNPRICED}, or it has no end and its price is of the term"
NO_PERIOD: Final = "the line is no allowance or commit"
