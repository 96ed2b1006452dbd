"""Puts together who prepares renewals: the command, the buttons in Slack, and the job."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from bot.app import open_facts
from bot.charts.making import chart
from bot.core.brief.brief import Basis
from bot.desk.lookup import Lookup
from bot.desk.prep import PrepCommand
from bot.facts.courses import CourseBook
from bot.picturing import charts_wanted
from bot.prep.briefs import BriefMaker
from bot.prep.job import RenewalPreparation
from bot.slack.canvas import briefing

if TYPE_CHECKING:
    from collections.abc import Callable

    from slack_bolt import App

    from bot.house import House
    from bot.load import Loaded
    from bot.slack.floor import Floor
    from bot.state.store import Store


def make_briefs(store: Store, loaded: Loaded) -> BriefMaker:
    """Return who makes briefs."""
    settings = loaded.settings
    basis = Basis(settings.prep.policy(), settings.health.model(), {rule.name: rule for rule in loaded.rules})
    # Opened when it is asked first: most commands never look at the facts.
    book = cache(lambda: CourseBook(open_facts(settings)))
    charts = chart if charts_wanted(loaded) else None
    return BriefMaker(store, basis, lambda ids: book().of(ids), loaded.templates, settings.company, charts)


def prep_command(store: Store, loaded: Loaded) -> PrepCommand:
    """Return `prep`."""
    return PrepCommand(Lookup(store), make_briefs(store, loaded))


def prep_room(store: Store, loaded: Loaded) -> Callable[[App, Floor], None]:
    """Return the room that listens to the buttons under briefs."""
    return briefing(prep_command(store, loaded), store)


def preparation(house: House, loaded: Loaded) -> RenewalPreparation:
    """Return who sends briefs before deadlines."""
    briefs = make_briefs(house.store, loaded)
    return RenewalPreparation(house.store, briefs, loaded.settings.prep.policy(), house.manners, house.readers)
