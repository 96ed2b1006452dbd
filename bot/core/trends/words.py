"""A trend in a sentence: what moved, since when, against what, and how sure that is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.core.trends.outcome import Basis, Verdict

if TYPE_CHECKING:
    from datetime import date

    from bot.core.trends.outcome import Trend

_MONTHS: Final = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_FLAT_FLEET: Final = 0.05
"""Share under which a fleet is called flat."""
_TIMES: Final = 2.0
"""Growth from which a multiple reads better than percent."""

_WITHOUT_FIGURES: Final = {
    Verdict.UNKNOWN: "trend unknown: nothing is known of the last 14 days",
    Verdict.TOO_LITTLE_HISTORY: "too little history to tell a trend yet",
    Verdict.TOO_LITTLE_VOLUME: "too little use to tell a trend from chance",
}
_FLAT: Final = {
    Basis.DAILY: "no trend: use is as its own weekday pattern lets expect",
    Basis.WEEKLY: "no trend by the week; there is too little use to judge single days",
    Basis.MONTHLY: "no trend by the month",
}
_AGAINST: Final = {
    Basis.DAILY: ", against its own weekday pattern",
    Basis.WEEKLY: ", by the week, as there is too little use to judge single days",
    Basis.MONTHLY: ", by the month",
}
_PROVISIONAL: Final = {
    Basis.DAILY: "; provisional, as under 75 days are known",
    Basis.WEEKLY: "; provisional, as only a few weeks are known",
    Basis.MONTHLY: "",
}


def sentence(trend: Trend, as_of: date) -> str:
    """Say what a trend is, in one sentence without a capital and a full stop: it stands behind an account's name.

    "down 34 % since 12 May, against its own weekday pattern; the fleet is flat". The year is said where it is not that
    of `as_of`.
    """
    if trend.verdict in _WITHOUT_FIGURES:
        return _WITHOUT_FIGURES[trend.verdict]
    provisional = _PROVISIONAL[trend.basis] if trend.provisional else ""
    if trend.verdict is Verdict.FLAT:
        return _FLAT[trend.basis] + provisional
    moved = f"{_moved(trend)}{_since(trend, as_of)}"
    if trend.verdict is Verdict.CONTRACT_CHANGE:
        return f"{moved}, with the contract{_contract(trend, as_of)}"
    return f"{moved}{_AGAINST[trend.basis]}{_fleet(trend)}{provisional}"


def percent(share: float) -> str:
    """Write a share as whole percent, towards 0: what is left of use is never rounded away."""
    return f"{int(abs(share) * 100 + 1e-9)} %" if abs(share) > 0.99 else f"{round(abs(share) * 100)} %"  # noqa: PLR2004


def _moved(trend: Trend) -> str:
    size = trend.size
    if size is None:
        return "in use" if trend.verdict is Verdict.RISING else "changed"
    if trend.now == 0:
        return "no use at all"
    if size >= _TIMES:
        return f"{1 + size:.1f} times as much"
    return f"{'up' if size > 0 else 'down'} {percent(size)}"


def _since(trend: Trend, as_of: date) -> str:
    if trend.start is None:
        return ""
    if trend.basis is Basis.MONTHLY:
        month = _MONTHS[trend.start.month - 1]
        return f" since {month}" if trend.start.year == as_of.year else f" since {month} {trend.start.year}"
    week = "the week of " if trend.basis is Basis.WEEKLY else ""
    return f" since {week}{_day(trend.start, as_of)}"


def _day(day: date, as_of: date) -> str:
    written = f"{day.day} {_MONTHS[day.month - 1]}"
    return written if day.year == as_of.year else f"{written} {day.year}"


def _fleet(trend: Trend) -> str:
    if trend.fleet is None:
        return ""
    if abs(trend.fleet) < _FLAT_FLEET:
        return "; the fleet is flat"
    too = " too" if trend.size is not None and trend.fleet * trend.size > 0 else ""
    return f"; the fleet{too} is {'up' if trend.fleet > 0 else 'down'} {percent(trend.fleet)}, which is taken out"


def _contract(trend: Trend, as_of: date) -> str:
    if trend.contract_day is None or trend.contract_old is None or trend.contract_new is None:
        return ""
    return f": {trend.contract_old:,.10g} became {trend.contract_new:,.10g} on {_day(trend.contract_day, as_of)}"
