"""Puts together what is one person's own: their preferences, how they are spoken to, and their Home."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.app import writes_tasks
from bot.core.working_time import WEEK
from bot.desk.home import Homes
from bot.desk.prefs import PrefsCommand
from bot.messages.preferences import Company
from bot.messages.speech import Speech
from bot.messages.wording import shelf
from bot.slack.home import home
from bot.slack.preferences import preferring

if TYPE_CHECKING:
    from collections.abc import Callable

    from slack_bolt import App

    from bot.load import Loaded
    from bot.slack.askers import Who
    from bot.slack.floor import Floor
    from bot.state.store import Store


def company_of(loaded: Loaded) -> Company:
    """Return what holds for whoever has chosen nothing."""
    settings = loaded.settings
    return Company(
        language=settings.language,
        languages=shelf().languages(),
        zone=settings.timezone,
        quiet=settings.working_time.quiet,
        hours=settings.working_time.hours,
        days=frozenset(map(WEEK.index, settings.working_time.days)),
    )


def spoken_to(store: Store, company: Company, user: str, who: Who) -> Speech:
    """Return how somebody is spoken to: as they chose, else as Slack has it, else as the company does."""
    chosen = store.preferences(user)
    return Speech(
        chosen.language or _known(who.locale, company) or company.language, chosen.zone(who.zone) or company.zone
    )


def _known(locale: str, company: Company) -> str | None:
    """Return the language of a locale of Slack's, like `de-DE`; None where there are no texts in it."""
    name = locale.replace("-", "_")
    return next((one for one in (name, name.partition("_")[0]) if one in company.languages), None)


def prefs_command(store: Store, loaded: Loaded, changed: Callable[[str], None] = lambda _: None) -> PrefsCommand:
    """Return `prefs`. `changed` is told whose preferences were changed."""
    return PrefsCommand(store, company_of(loaded), changed)


def personal_rooms(store: Store, loaded: Loaded) -> tuple[Callable[[App, Floor], None], ...]:
    """Return the rooms of the App Home and of the preferences."""
    slack = loaded.settings.slack
    homes = Homes(
        store,
        {rule.name: rule.kind for rule in loaded.rules},
        slack.fallback if slack else "",
        native=bool(slack and slack.newer_blocks),
        tasks=writes_tasks(loaded),
    )
    return (home(homes), preferring(store, company_of(loaded)))
