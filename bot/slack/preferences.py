"""The modal in which people choose quiet hours, digest, language and the like for themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bot.core.choices import ChoiceError, chosen
from bot.desk.asking import MustAskError
from bot.messages.home.filters import PREFERENCES
from bot.messages.preferences import CALLBACK, faults_of, preferences_modal, wanted_of
from bot.messages.views.slack import faults, filled
from bot.slack.floor import user_of
from bot.slack.modals import open_modal

if TYPE_CHECKING:
    from collections.abc import Callable

    from slack_bolt import Ack, App

    from bot.desk.prefs import Choices
    from bot.messages.preferences import Company
    from bot.slack.floor import Floor

Json = dict[str, Any]


def preferring(choices: Choices, company: Company) -> Callable[[App, Floor], None]:
    """Return the room that asks people for their preferences and keeps them."""

    def room(app: App, floor: Floor) -> None:
        # Bolt gives listeners what their parameters are named after.
        def asked(ack: Ack, body: Json) -> None:
            preferences = choices.preferences(user_of(body))
            open_modal(floor, body, preferences_modal(preferences, company, floor.speech(body)))
            ack()

        def filled_in(ack: Ack, body: Json, view: Json) -> None:
            fields = filled(view)
            wanted = wanted_of(fields)
            try:
                choices.choose(
                    user_of(body),
                    lambda before: chosen(before, wanted, company.languages),
                    floor.clock(),
                    _person(floor, body),
                )
            except ChoiceError as error:
                ack(faults(faults_of(error.problems, fields, floor.speech(body))))
                return
            floor.askers.forget(user_of(body))  # it may have been the language
            ack()

        app.action({"type": "block_actions", "action_id": PREFERENCES})(asked)
        app.view_submission(CALLBACK)(filled_in)

    return room


def _person(floor: Floor, body: Json) -> str | None:
    """Return who acted in the CRM; None where that is not known without asking."""
    try:
        person = floor.askers.kept(user_of(body)).person
    except MustAskError:
        return None
    return person.person_id if person is not None else None
