"""When a value is NULL, where several metrics say the same."""

from __future__ import annotations

from typing import Final

NO_LINES: Final = "the account has no line of this kind in force"
UNCOVERED: Final = (
    f"{NO_LINES}, has no meter, usage is not covered over the window, "
    "or usage never named the account while some of it belongs to nobody"
)
NO_UTILIZATION: Final = f"{UNCOVERED}, or nothing is contracted"
