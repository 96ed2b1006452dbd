"""Modals in Slack: opening one while its trigger is valid, and showing something else in it later."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final

from bot.messages.views.acts import said_modal
from bot.messages.views.slack import to_view
from bot.slack.calls import RefusedError, call

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.messages.speech import Speech
    from bot.messages.views.modal import Modal
    from bot.slack.floor import Floor

Json = dict[str, Any]

_TOO_LATE: Final = frozenset({"expired_trigger_id", "exchanged_trigger_id", "invalid_trigger_id"})


def open_modal(floor: Floor, body: Json, modal: Modal, afterwards: Callable[[str], object] | None = None) -> None:
    """Open a modal for who acted, once the listener is done. Nothing is asked before: a trigger lasts three seconds.

    `afterwards` is done with the id of the view when it is open, and with none where it could not be opened in time,
    which the person is told.
    """
    floor.later(partial(_open, floor, body, modal, afterwards), body)


def _open(floor: Floor, body: Json, modal: Modal, afterwards: Callable[[str], object] | None) -> None:
    view_id, trigger_id = "", str(body.get("trigger_id") or "")
    try:
        answer = call(floor.client.views_open, writes=False, trigger_id=trigger_id, view=to_view(modal))
        view_id = str((answer.get("view") or {}).get("id") or "")
    except RefusedError as error:
        if error.code not in _TOO_LATE:
            raise
        floor.tell(body, floor.speech(body).t("That took too long to open. Please press once more."))
    if afterwards is not None:
        afterwards(view_id)


def tell(floor: Floor, body: Json, text: str, speech: Speech) -> None:
    """Tell the person who acted, beside the acknowledgement; `text` is mrkdwn.

    What is pressed on the Home tab has no response URL: there a modal says it.
    """
    if body.get("response_url"):
        floor.tell(body, text)
    elif body.get("trigger_id"):
        open_modal(floor, body, said_modal(speech.t("Headroom"), text, speech))


def show_in_modal(floor: Floor, view_id: str, modal: Modal) -> None:
    """Show something else in an open modal; whoever has closed it meanwhile misses nothing."""
    try:
        call(floor.client.views_update, writes=False, view_id=view_id, view=to_view(modal))
    except RefusedError as error:
        if error.code != "not_found":
            raise


def instead(modal: Modal) -> Json:
    """Return the acknowledgement of a modal that was filled in which shows another one in its place."""
    return {"response_action": "update", "view": to_view(modal)}
