"""Figures and dates as Babel writes them in a reader's language, with the promises of `bot.messages.words`.

What is not known is said to be unknown, nearly nothing is not 0 % and nearly everything not 100 %; a date names its
month; an amount names its currency's code.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from babel.dates import format_date, format_skeleton, format_time, format_timedelta
from babel.numbers import format_compact_decimal, format_decimal, format_scientific

from bot.messages import words

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from babel import Locale

    from bot.core.verdicts import Value

_BLANKS: Final = re.compile("[\u00a0\u202f\u2009]")
"""Blanks that Babel sets; text that has been escaped knows one blank only, and so do figures beside it."""
_MARKS: Final = re.compile("[\u200e\u200f\u061c]")
"""Direction marks that Babel sets; names are isolated, so figures need none."""
_MILLION: Final = 1e6
_DAYS_MOST: Final = 999_999
_NO_OTHER_UNIT: Final = 1e12


@dataclass(frozen=True, slots=True)
class Figures:
    """Writes figures for one language. `t` puts words into the language."""

    locale: Locale
    t: Callable[..., str]

    @property
    def unknown(self) -> str:
        """What stands for a value that nobody knows."""
        return self.t("unknown")

    def number(self, value: Value | date) -> str:
        """Write a count or an amount, large ones shortened as the language does."""
        figure = words.known(value)
        if figure is None:
            return self.unknown
        if abs(figure) >= words.BEYOND_WORDS:
            return _clean(format_scientific(figure, format="0.00E0", locale=self.locale))
        # Rounded first: 999,999.6 is a million.
        if abs(round(figure)) >= _MILLION:
            rounded = float(f"{figure:.3g}")
            short = format_compact_decimal(rounded, format_type="short", fraction_digits=2, locale=self.locale)
            return _clean(short)
        text = words.rounded(figure)
        if "e" in text:
            return _clean(format_scientific(figure, format="0.##E0", locale=self.locale))
        return self._decimal(text)

    def _decimal(self, text: str) -> str:
        digits = len(text.partition(".")[2])
        pattern = "#,##0" + ("." + "0" * digits if digits else "")
        return _clean(format_decimal(Decimal(text), format=_grouped(self.locale, pattern), locale=self.locale))

    def money(self, value: Value | date, currency: Value | date = None) -> str:
        """Write an amount with its currency's code where the language has the sign; alone where it is not known."""
        figure = words.known(value)
        if figure is None:
            return self.unknown
        small = 0 < abs(figure) < 1
        amount = self._decimal(f"{abs(figure):.2f}") if small else self.number(abs(figure))
        amount = f"-{amount}" if figure < 0 else amount
        if not currency:
            return amount
        pattern = self.locale.currency_formats["standard"].pattern
        first = pattern.find("¤") < pattern.find("#")
        return f"{currency} {amount}" if first else f"{amount} {currency}"

    def percent(self, value: Value | date, digits: int = 0) -> str:
        """Write a share: `41 %`, `%41`, `41%`, as the language does."""
        figure = words.known(value)
        if figure is None:
            return self.unknown
        if abs(figure) >= words.BEYOND_WORDS:
            return self.ratio(value)
        shown = words.share_digits(figure, digits)
        if shown is None:
            return self.t("under {share}", share=self._percent("0.1"))
        return self._percent(shown)

    def _percent(self, shown: str) -> str:
        pattern = self.locale.percent_formats[None].pattern.partition(";")[0]
        digits = re.sub(r"[#0][#0,.]*", self._decimal(shown.removeprefix("-")), pattern)
        return _clean(f"−{digits}" if shown.startswith("-") else digits)

    def change(self, value: Value | date) -> str:
        """Write a relative change, with its direction."""
        figure = words.known(value)
        if figure is None:
            return self.unknown
        if figure == 0:
            return self.t("unchanged")
        share = self.percent(abs(figure))
        return self.t("up {share}", share=share) if figure > 0 else self.t("down {share}", share=share)

    def days(self, value: Value | date) -> str:
        """Write a distance in days from today."""
        figure = words.known(value)
        if figure is None:
            return self.unknown
        return self.t("today") if round(figure) == 0 else self._distance(round(figure), direction=True)

    def span(self, value: Value | date) -> str:
        """Write a length in days."""
        figure = words.known(value)
        return self.unknown if figure is None else self._distance(round(figure), direction=False)

    def _distance(self, count: int, *, direction: bool) -> str:
        shown = max(-_DAYS_MOST, min(count, _DAYS_MOST))
        text = format_timedelta(
            timedelta(days=shown if direction else abs(shown)),
            granularity="day",
            threshold=_NO_OTHER_UNIT,
            add_direction=direction,
            locale=self.locale,
        )
        # Babel writes the number without its groups, and no more days than Python counts.
        sign = "-" if count < 0 and not direction else ""
        figure = self._decimal(str(abs(count))) if abs(count) < words.BEYOND_WORDS else self.number(abs(count))
        return _clean(text.replace(str(abs(shown)), sign + figure, 1))

    def day(self, value: date, shape: str = "yMMMd") -> str:
        """Write a date, its month by name: no order can be misread then. `shape`: which parts of it, as in CLDR."""
        return _clean(format_skeleton(shape, value, locale=self.locale))

    def month(self, value: date) -> str:
        """Write the name of a month as it stands alone."""
        # No skeleton of CLDR's is a month alone: to Babel this is a pattern.
        return _clean(format_date(value, "LLLL", locale=self.locale))

    def clock(self, moment: datetime) -> str:
        """Write the time of a day."""
        return _clean(format_time(moment, format="short", locale=self.locale))

    def ratio(self, value: Value | date) -> str:
        """Write a multiple."""
        figure = words.known(value)
        return self.unknown if figure is None else self.t("{number} times", number=self.number(figure))

    def flag(self, value: Value | date) -> str:
        """Write yes or no."""
        return self.unknown if value is None else self.t("yes") if value else self.t("no")


def _grouped(locale: Locale, pattern: str) -> str:
    """Group digits as the language does: Hindi by two beyond the first three."""
    return pattern.replace("#,##0", locale.decimal_formats[None].pattern.partition(";")[0].partition(".")[0], 1)


def _clean(text: str) -> str:
    return _MARKS.sub("", _BLANKS.sub(" ", text))
