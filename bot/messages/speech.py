"""How things are said to one reader: the reader's language, and the clock that they live by.

`speech.t("{name} is up for renewal", name=...)` says a text in the language, `speech.many(...)` one that differs by
number; the texts are looked up in the language's catalogue (`bot.messages.wording`) and said in English where it has
none. A text that stands in a table is marked for the catalogue by `msg`. English figures are written by
`bot.messages.words`, those of all other languages by Babel.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from bot.core.metrics import METRICS, Unit
from bot.messages import wording, words
from bot.messages.figures import Figures

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.core.verdicts import Scope, Value
    from bot.messages.message import Message

_ENGLISH: Final = "en"
_CAPITAL_NOUNS: Final = frozenset({"de", "lb"})
"""Languages in which a noun keeps its capital within a sentence."""


def msg(text: str) -> str:
    """Mark a text for the catalogues where it stands; it is said later, by `Speech.t`."""
    return text


def msgs(one: str, several: str) -> tuple[str, str]:
    """Mark a text that differs by number, as `Speech.many` takes it."""
    return one, several


@dataclass(frozen=True, slots=True)
class Speech:
    """Figures, dates and wording for one reader."""

    language: str = _ENGLISH
    """A language as Babel knows it: `en`, `de`, `pt_BR`. What is no language is spoken to in English."""
    zone: str = "UTC"
    """IANA name of the time zone that moments are written in."""

    def t(self, text: str, **values: object) -> str:
        """Say a text in the reader's language; `{name}` in it stands for a value, which is set in as it is."""
        said = wording.shelf().of(self.language).gettext(text) if text else text
        return said.format(**values) if values else said

    def many(self, one: str, several: str, count: float, **values: object) -> str:
        """Say what differs by number, like `one account` and `{count} accounts`."""
        said = wording.shelf().of(self.language).ngettext(one, several, round(count))
        return said.format(count=self.number(count), **values)

    def more(self, count: int) -> str:
        """Say how many are not shown: `and 12 more`; nothing where all are."""
        return self.t("and {count} more", count=self.number(count)) if count > 0 else ""

    @property
    def english(self) -> bool:
        """Whether figures are written as `words` does."""
        return self._figures is None

    @property
    def rtl(self) -> bool:
        """Whether the language is written from right to left."""
        figures = self._figures
        return figures is not None and figures.locale.text_direction == "rtl"

    @property
    def unknown(self) -> str:
        """What is said where nobody knows a value."""
        return self.t(msg("unknown"))

    def number(self, value: Value | date) -> str:
        """Write a count or an amount: `1,234`, `1.25 million`."""
        return self._written(value, words.number, Figures.number)

    def money(self, value: Value | date, currency: Value | date = None) -> str:
        """Write an amount with its currency's code: `USD 120,000`."""
        figures = self._figures
        text = words.money(value, currency) if figures is None else figures.money(value, currency)
        return text if words.known(value) is not None else self.unknown

    def percent(self, value: Value | date, digits: int = 0) -> str:
        """Write a share: `41 %`. Nearly nothing is not 0 %, nearly everything not 100 %."""
        figures = self._figures
        text = words.percent(value, digits) if figures is None else figures.percent(value, digits)
        return text if words.known(value) is not None else self.unknown

    def change(self, value: Value | date) -> str:
        """Write a relative change: `down 34 %`."""
        return self._written(value, words.change, Figures.change)

    def days(self, value: Value | date) -> str:
        """Write a distance in days from today: `in 45 days`."""
        return self._written(value, words.days, Figures.days)

    def span(self, value: Value | date) -> str:
        """Write a length in days: `45 days`."""
        return self._written(value, words.span, Figures.span)

    def score(self, value: Value | date) -> str:
        """Write a score in whole points: `93`."""
        figure = words.known(value)
        return self.number(None if figure is None else round(figure))

    def ratio(self, value: Value | date) -> str:
        """Write a multiple: `1.3 times`."""
        return self._written(value, words.ratio, Figures.ratio)

    def flag(self, value: Value | date) -> str:
        """Write yes or no."""
        if value is None:
            return self.unknown
        figures = self._figures
        return words.flag(value) if figures is None else figures.flag(value)

    def day(self, value: Value | date) -> str:
        """Write a date, its month by name: `31 Mar 2026`. Of a moment, the day that it is where the reader lives."""
        known = self._day(value)
        if known is None:
            return self.unknown
        figures = self._figures
        return words.day(known) if figures is None else figures.day(known)

    def moment(self, value: datetime) -> str:
        """Write a moment where the reader lives: `31 Mar 2026, 14:05 Europe/Berlin`."""
        local = self._local(value)
        figures = self._figures
        clock = f"{local:%H:%M}" if figures is None else figures.clock(local)
        return f"{self.day(local)}, {clock} {self.zone}"

    def part_of(self, value: date, shape: str) -> str:
        """Write a part of a date, by the letters that CLDR has for it: `MMMd` is a day without its year."""
        figures = self._figures
        return words.day(value) if figures is None else figures.day(value, shape)

    def month(self, value: date) -> str:
        """Write the name of a month alone: `March`."""
        figures = self._figures
        return f"{value:%B}" if figures is None else figures.month(value)

    def show(self, value: Value | date, metric: str, scope: Scope, currency: Value | date = None) -> str:
        """Write a metric's value in the metric's unit."""
        known = METRICS[scope].get(metric)
        if value is None:
            return self.unknown
        if known is None:
            return value if isinstance(value, str) else self.number(value)
        if known.unit is Unit.MONEY:
            return self.money(value, currency)
        return _BY_UNIT[known.unit](self, value)

    def label(self, metric: str, scope: Scope) -> str:
        """Name a metric as people call it."""
        known = METRICS[scope].get(metric)
        return self.t(known.label) if known else words.label(metric, scope)

    def running(self, text: str) -> str:
        """Write a label as it stands within a sentence: with a small letter, but `ARR` as it is."""
        return text if self.language.partition("_")[0] in _CAPITAL_NOUNS else words.running(text)

    def write(self, message: Message) -> Message:
        """Note in a message that it is written for this reader: bars and later changes are then worded alike."""
        return replace(message, language=self.language, zone=self.zone)

    @property
    def _figures(self) -> Figures | None:
        """Who writes figures; None in English, which `words` writes."""
        return _figures_of(self)

    def _written(
        self,
        value: Value | date,
        english: Callable[[Value | date], str],
        other: Callable[[Figures, Value | date], str],
    ) -> str:
        if words.known(value) is None:
            return self.unknown
        figures = self._figures
        return english(value) if figures is None else other(figures, value)

    def _day(self, value: Value | date) -> date | None:
        if isinstance(value, str):
            try:
                value = datetime.fromisoformat(value)
            except ValueError:
                return None
        if isinstance(value, datetime):
            return self._local(value).date()
        return value if isinstance(value, date) else None

    def _local(self, moment: datetime) -> datetime:
        return moment if moment.tzinfo is None else moment.astimezone(ZoneInfo(self.zone))


@lru_cache(maxsize=256)
def _figures_of(speech: Speech) -> Figures | None:
    locale = wording.locale_of(speech.language)
    if locale is None or locale.language == _ENGLISH:
        return None
    return Figures(locale, speech.t)


def _text(_: Speech, value: Value | date) -> str:
    return str(value)


_BY_UNIT: Final[dict[Unit, Callable[[Speech, Value | date], str]]] = {
    Unit.SHARE: Speech.percent,
    Unit.CHANGE: Speech.change,
    Unit.COUNT: Speech.number,
    Unit.DAYS: Speech.span,
    Unit.RATIO: Speech.number,
    Unit.SCORE: Speech.score,
    Unit.DATE: Speech.day,
    Unit.TEXT: _text,
    Unit.FLAG: Speech.flag,
}

ENGLISH: Final = Speech()
"""Where nothing is known of the reader."""


def speech_of(message: Message) -> Speech:
    """Return the speech that a message is written in."""
    return Speech(message.language, message.zone)
