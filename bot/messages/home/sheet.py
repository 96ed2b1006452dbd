"""Everything that one Home shows: only what its reader may see is in it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from bot.core.book import Sums, Whose

if TYPE_CHECKING:
    from datetime import date

    from bot.core.episodes import Episode
    from bot.core.holdings import Holding
    from bot.messages.home.looking import Looking
    from bot.state.rows import SourceState


@dataclass(frozen=True, slots=True)
class Row:
    """One account on the page."""

    holding: Holding
    utilization: float | None
    """Share of what was contracted that is used: by value, else of the licences. None: unknown."""
    url: str | None = None
    """Of its record in the CRM."""


@dataclass(frozen=True, slots=True)
class Open:
    """One open alert."""

    episode: Episode
    kind: str
    row: Row


_NOTHING: Final = Sums((), 0)


@dataclass(frozen=True, slots=True)
class Totals:
    """What is in all pages together."""

    accounts: int = 0
    alerts: int = 0
    arr: Sums = _NOTHING
    at_stake: Sums = _NOTHING
    """An account with several alerts counts once, with the largest amount of them."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """What stands in one person's Home."""

    looking: Looking
    today: date
    """By the reader's clock."""
    whose: Whose = Whose.MINE
    """What is shown, whatever was chosen."""
    rows: tuple[Row, ...] = ()
    """The accounts of this page, what has most at stake first."""
    pages: int = 1
    totals: Totals = field(default_factory=Totals)
    whole: bool = True
    """Whether the totals and pages are of everything; else only of what has most at stake."""
    alerts: tuple[Open, ...] = ()
    """What matters most first."""
    more_alerts: int = 0
    renewals: tuple[Row, ...] = ()
    """Nearest first."""
    more_renewals: int = 0
    sources: tuple[SourceState, ...] = ()
    segments: tuple[str, ...] = ()
    hint: str = ""
    """Why there is nothing, or less than somebody may expect; mrkdwn."""
    as_of: date | None = None
    """Of the figures."""
    native: bool = False
    """Whether Slack shows tables of its own."""
    tasks: bool = False
    """Whether a task can be made of an alert in the CRM."""
