"""Figures and dates as people read them. What is not known prints "unknown": never 0, never "None"."""

from __future__ import annotations

import math
from datetime import date, datetime
from typing import TYPE_CHECKING, Final

from bot.core.metrics import METRICS, Unit

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.core.verdicts import Scope, Value

UNKNOWN: Final = "unknown"
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_SCALES: Final = ((1e12, "trillion"), (1e9, "billion"), (1e6, "million"))
BEYOND_WORDS: Final = 1e15
"""From here a figure is written with an exponent."""
_FINE: Final = 100  # below this, a fraction matters


def known(value: object) -> float | None:
    """Return a value as a figure; None for what is unknown, endless, or no figure."""
    if value is None or isinstance(value, (str, date)):
        return None
    figure = float(value)  # type: ignore[arg-type]  # a number is left
    return figure if math.isfinite(figure) else None


def number(value: Value | date) -> str:
    """Write a count or an amount: `1,234`, `12.5`, `1.25 million`."""
    figure = known(value)
    if figure is None:
        return UNKNOWN
    if abs(figure) >= BEYOND_WORDS:
        return f"{figure:.2e}"
    for size, name in _SCALES:
        # Rounded first: 999,999.6 is a million, not "1,000,000".
        if abs(round(figure)) >= size:
            return f"{_significant(figure / size)} {name}"
    whole, dot, fraction = rounded(figure).partition(".")
    return f"{int(whole):,}{dot}{fraction}" if not dot and "e" not in whole else rounded(figure)


def rounded(figure: float) -> str:
    """Round a figure under a million to what matters of it: digits and a point, nothing else."""
    if figure == round(figure) or abs(figure) >= _FINE:
        return str(round(figure))
    if abs(figure) < 1:
        return f"{figure:.3g}"
    return f"{figure:.2f}".rstrip("0").rstrip(".")


def _significant(figure: float) -> str:
    """Three significant digits, without an exponent and without idle zeros."""
    digits = max(0, 2 - math.floor(math.log10(abs(figure))))
    text = f"{figure:,.{digits}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def money(value: Value | date, currency: Value | date = None) -> str:
    """Write an amount with its currency's code: `USD 120,000`; `120,000` where the currency is not known."""
    figure = known(value)
    if figure is None:
        return UNKNOWN
    sign = "-" if figure < 0 else ""
    amount = number(abs(figure)) if abs(figure) >= 1 or figure == 0 else f"{abs(figure):.2f}"
    return f"{currency} {sign}{amount}" if currency else f"{sign}{amount}"


def percent(value: Value | date, digits: int = 0) -> str:
    """Write a share: `41 %`. Nearly nothing is not 0 %, nearly everything not 100 %."""
    figure = known(value)
    if figure is None:
        return UNKNOWN
    if abs(figure) >= BEYOND_WORDS:
        return f"{figure:.2e} times"
    shown = share_digits(figure, digits)
    if shown is None:
        return "under 0.1 %"
    whole, dot, fraction = shown.removeprefix("-").partition(".")
    return f"{'−' if shown.startswith('-') else ''}{int(whole):,}{dot}{fraction} %"


def share_digits(figure: float, digits: int = 0) -> str | None:
    """Write a share x 100 with as many digits as it takes not to mislead: `99.6`; None where it is nearly nothing."""
    share = figure * 100
    for places in range(digits, digits + 3):
        text = f"{share:.{places}f}"
        if not _misleads(share, float(text)):
            return text
    return None if abs(share) < 1 else f"{share:.2f}"


def _misleads(share: float, shown: float) -> bool:
    return any((shown == edge) != math.isclose(share, edge, abs_tol=1e-9) for edge in (0.0, 100.0))


def change(value: Value | date) -> str:
    """Write a relative change: `down 34 %`, `up 12 %`, `unchanged`."""
    figure = known(value)
    if figure is None:
        return UNKNOWN
    if figure == 0:
        return "unchanged"
    return f"{'up' if figure > 0 else 'down'} {percent(abs(figure))}"


def days(value: Value | date) -> str:
    """Write a distance in days from today: `in 45 days`, `today`, `3 days ago`."""
    figure = known(value)
    if figure is None:
        return UNKNOWN
    count = round(figure)
    if count == 0:
        return "today"
    return f"in {span(count)}" if count > 0 else f"{span(-count)} ago"


def span(value: Value | date) -> str:
    """Write a length in days: `1 day`, `45 days`."""
    figure = known(value)
    if figure is None:
        return UNKNOWN
    return f"{round(figure):,} {'day' if round(figure) == 1 else 'days'}"


def day(value: Value | date) -> str:
    """Write a date: `31 Mar 2026`, in no language's order that could be misread."""
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            return UNKNOWN
    if not isinstance(value, date):
        return UNKNOWN
    return f"{value.day} {_MONTHS[value.month - 1]} {value.year}"


def ratio(value: Value | date) -> str:
    """Write a multiple: `1.3 times`."""
    figure = known(value)
    return UNKNOWN if figure is None else f"{number(figure)} times"


def flag(value: Value | date) -> str:
    """Write yes or no."""
    return UNKNOWN if value is None else "yes" if value else "no"


def _text(value: Value | date) -> str:
    return UNKNOWN if value is None else str(value)


_BY_UNIT: Final[dict[Unit, Callable[[Value | date], str]]] = {
    Unit.SHARE: percent,
    Unit.CHANGE: change,
    Unit.COUNT: number,
    Unit.DAYS: span,
    Unit.RATIO: number,
    Unit.SCORE: number,
    Unit.DATE: day,
    Unit.TEXT: _text,
    Unit.FLAG: flag,
}


def show(value: Value | date, metric: str, scope: Scope, currency: Value | date = None) -> str:
    """Write a metric's value in the metric's unit."""
    known = METRICS[scope].get(metric)
    if known is None:
        return _text(value) if isinstance(value, str) or value is None else number(value)
    if known.unit is Unit.MONEY:
        return money(value, currency)
    return _BY_UNIT[known.unit](value)


def running(text: str) -> str:
    """Write a label as it stands within a sentence: `Licence utilization` with a small letter, `ARR` as it is."""
    return text if text[1:2].isupper() else text[:1].lower() + text[1:]


def label(metric: str, scope: Scope) -> str:
    """Name a metric as people call it."""
    known = METRICS[scope].get(metric)
    return known.label if known else metric.replace("_", " ")
