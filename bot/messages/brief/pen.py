"""Writes single facts: in the reader's words, with the record and the day that they come from, or as unknown."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

from bot.core.metrics import METRICS
from bot.core.verdicts import Scope, figure
from bot.messages.brief.document import Fact
from bot.messages.escape import is_https, plain, short

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.core.brief.brief import Brief
    from bot.core.verdicts import Value
    from bot.messages.speech import Speech

NAME_MOST: Final = 80
_USAGE: Final = "usage"
"""Name of the sources' table that use comes from."""


@dataclass(frozen=True, slots=True)
class Pen:
    """Writes about one brief for one reader."""

    brief: Brief
    speech: Speech

    @property
    def currency(self) -> Value:
        """Return the currency of the account's money."""
        found = self.brief.m.get("currency")
        return found if isinstance(found, str) else None

    @property
    def url(self) -> str | None:
        """Return the account's record."""
        return https(self.brief.account.url)

    @property
    def used_to(self) -> date | None:
        """Return the last day that use is known of."""
        day = self.brief.m.get("usage_as_of")
        return day if isinstance(day, date) else None

    def metric(self, name: str, label: str = "") -> Fact:
        """Write a metric of the account under its own label, or another one."""
        value = self.brief.m.get(name)
        return self.fact(
            label or self.speech.label(name, Scope.ACCOUNT), self.show(name, value), value, as_of=self._day_of(name)
        )

    def show(self, name: str, value: Value | date) -> str:
        """Write a metric's value."""
        return plain(self.speech.show(value, name, Scope.ACCOUNT, self.currency))

    def fact(self, label: str, text: str, value: object, *, url: str | None = None, as_of: date | None = None) -> Fact:
        """Write a fact; it is unknown where `value` is None, whatever the text says."""
        if value is None:
            return Fact(label, self.speech.unknown, known=False)
        return Fact(label, plain(text), url=https(url) or self.url, as_of=as_of or self.brief.as_of)

    def name(self, text: str | None) -> str:
        """Write a name as somebody typed it, in one line."""
        return plain(short(text, NAME_MOST)) if text else self.speech.unknown

    def day_and_left(self, day: date) -> str:
        """Write a date and how far it is."""
        return f"{self.speech.day(day)}, {self.speech.days((day - self.brief.as_of).days)}"

    def notice_day(self) -> date | None:
        """Return the last day to give notice: the next one, else the last that is past."""
        days = self.brief.m.get("days_to_notice")
        if isinstance(days, int | float):
            return self.brief.as_of + timedelta(days=days)
        return max(
            (day for line in self.brief.account.lines if (day := dated(line.metrics, "notice_date"))), default=None
        )

    def _day_of(self, name: str) -> date | None:
        """Return the day a metric is true of: what rests on usage is as old as the usage."""
        metric = METRICS[Scope.ACCOUNT].get(name)
        of_use = metric is not None and any(str(table) == _USAGE for table in metric.rests_on)
        return self.used_to if of_use else self.brief.as_of


def https(url: object) -> str | None:
    """Return an address that may be linked to."""
    return url if isinstance(url, str) and is_https(url) else None


def numbers(values: Mapping[str, Value | date], name: str) -> float | None:
    """Return a figure, or None where it is none."""
    return figure(values.get(name))


def dated(values: Mapping[str, Value | date], name: str) -> date | None:
    """Return a date, or None where it is none."""
    value = values.get(name)
    return value if isinstance(value, date) else None
