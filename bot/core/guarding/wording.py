"""Days in the words of the guards."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from datetime import date

_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def on(day: date) -> str:
    """Write a day in no language's order that could be misread: `3 May 2026`."""
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"
