"""What one person has chosen for themselves: quiet hours, working days, digest, language, time zone, kinds. Pure.

What is decided:
- Nothing chosen is the company's way; every choice is taken back by itself.
- Quiet hours run from `quiet_from` to `quiet_to`, over midnight where the end is not after the beginning. The same
  moment twice is no quiet hour at all, whatever the company has.
- Whoever chose working days and no hours is told on these days: within the company's hours where the company is quiet
  outside of them, else around the clock. Whoever chose hours and no days is told on the company's days where the
  company is quiet on the others, else on every day.
- Escalation counts the company's hours, on the person's own days and by the person's own clock: whoever wants to be
  told at ten in the evening is not at work then.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import time
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from bot.core.working_time import known_zone

if TYPE_CHECKING:
    from bot.core.working_time import CompanyHours, WorkingTime


class Rhythm(StrEnum):
    """How often somebody wants a digest."""

    DAILY = "daily"
    WEEKLY = "weekly"
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class Preferences:
    """What one person has chosen; None: as the company has it."""

    quiet_from: time | None = None
    """When their quiet hours begin, by their own clock; set together with `quiet_to`."""
    quiet_to: time | None = None
    working_days: frozenset[int] | None = None
    """Weekdays, Monday is 0; never empty."""
    digest: Rhythm = Rhythm.DAILY
    digest_day: int = 0
    """Weekday of a weekly digest, Monday is 0."""
    digest_time: time | None = None
    """Not before this time of their day; None: when it is written."""
    language: str | None = None
    """A language as Babel knows it: `en`, `de`, `pt_BR`."""
    timezone: str | None = None
    """IANA name; goes before the CRM's."""
    kinds: frozenset[str] | None = None
    """Kinds of alerts that come by direct message; None: all. May be empty."""

    @property
    def has_quiet_hours(self) -> bool | None:
        """Whether they want quiet hours; None: as the company has it."""
        if self.quiet_from is None or self.quiet_to is None:
            return None
        return self.quiet_from != self.quiet_to

    def wants(self, kind: str) -> bool:
        """Tell whether alerts of a kind come by direct message. Kinds that nobody can choose always do."""
        return self.kinds is None or kind not in CHOOSABLE or kind in self.kinds

    def zone(self, known: str | None) -> str | None:
        """Return the IANA name of their time zone; `known` is what the CRM or Slack says."""
        return self.timezone if known_zone(self.timezone) is not None else known


_EVERY_DAY: Final = frozenset(range(7))

NOTHING_CHOSEN: Final = Preferences()
"""Of everybody who never said anything."""

CHOOSABLE: Final = ("churn_risk", "upsell", "renewal")
"""Kinds that somebody may leave out of their direct messages; what is about Headroom itself always comes."""


def at_work(company: CompanyHours, chosen: Preferences, timezone: str | None) -> WorkingTime:
    """Return when somebody works: what escalation counts. `timezone` is what the CRM says."""
    hours = company.of(chosen.zone(timezone))
    return hours if chosen.working_days is None else replace(hours, days=chosen.working_days)


def told_within(company: CompanyHours, chosen: Preferences, timezone: str | None, *, quiet: bool) -> WorkingTime | None:
    """Return when somebody may be told; None: at any time. `quiet`: whether the company has quiet hours."""
    hours, own = at_work(company, chosen, timezone), chosen.has_quiet_hours
    if own:
        assert chosen.quiet_from is not None, "has_quiet_hours says so"
        assert chosen.quiet_to is not None, "has_quiet_hours says so"
        hours = replace(hours, opens=chosen.quiet_to, closes=chosen.quiet_from)
        keeps_days = quiet or chosen.working_days is not None
        return hours if keeps_days else replace(hours, days=_EVERY_DAY, country=None)
    if own is None and quiet:
        return hours
    if chosen.working_days is None:
        return None
    return replace(hours, opens=time(), closes=time())
