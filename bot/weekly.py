"""Puts together who writes weekly digests."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.core.working_time import WEEK
from bot.digests.targets import WeeklyPlan
from bot.digests.weekly import WeeklyDigests

if TYPE_CHECKING:
    from bot.house import House
    from bot.load import Loaded
    from bot.manners import WeeklyEntry


def weekly_digests(house: House, loaded: Loaded) -> WeeklyDigests:
    """Return who writes weekly digests, as the settings and people's own choices say."""
    plans = tuple(map(_plan, loaded.settings.digests.weekly))
    return WeeklyDigests(house.store, house.rules, house.templates, house.company, house.manners, house.readers, plans)


def _plan(entry: WeeklyEntry) -> WeeklyPlan:
    return WeeklyPlan(entry.to, WEEK.index(entry.day), entry.at, entry.segment, entry.team)
