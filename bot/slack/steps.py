"""The custom workflow step "Get account utilization": runs for a person, and sees what that person may see."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final

import structlog

from bot.desk.asking import ClosedError
from bot.desk.steps import outputs
from bot.desk.typed import typed
from bot.errors import DeliveryError
from bot.messages.escape import literal
from bot.slack.calls import RefusedError, call

if TYPE_CHECKING:
    from slack_bolt import Ack, App

    from bot.desk.asking import Asker
    from bot.messages.speech import Speech
    from bot.slack.floor import Floor

Json = dict[str, Any]

STEP: Final = "get_account_utilization"
"""Callback id of the step, as the manifest names it."""
_ERROR_MOST: Final = 1_000
_NEAREST: Final = 3

_log = structlog.get_logger(__name__)


class StepError(Exception):
    """The step cannot be done: says why, to whoever runs the workflow."""


def steps(app: App, floor: Floor) -> None:
    """Listen to the runs of the step."""

    def executed(ack: Ack, event: Json) -> None:
        floor.later(partial(run, floor, event))
        ack()

    app.function(STEP, auto_acknowledge=False)(executed)


def run(floor: Floor, event: Json) -> None:
    """Find the account and hand its figures on, or say why that cannot be done."""
    inputs = given if isinstance(given := event.get("inputs"), dict) else {}
    try:
        found = _outputs(floor, inputs)
    except StepError as error:
        _end(floor, event, error=str(error)[:_ERROR_MOST])
    except Exception:  # whatever went wrong, the workflow waits for an end; the floor logs what it was
        told = floor.speech(inputs).t("That did not work. Whoever runs Headroom finds the reason in its log.")
        _end(floor, event, error=told)
        raise
    else:
        _end(floor, event, outputs=found)


def _outputs(floor: Floor, inputs: Json) -> Json:
    wanted, user = typed(str(inputs.get("account") or "")), str(inputs.get("user") or "")
    if not user:
        raise StepError(floor.speech(inputs).t("The step needs to know for whom it runs: set the person who runs it."))
    try:
        asker = floor.asker(user)
        if not wanted:
            raise StepError(asker.speech.t("The step needs an account: a name, a domain or an id."))
        view = floor.commands.account.lookup.exactly(wanted, asker)
        if view is None:
            raise StepError(_unknown(floor, wanted, asker))
    except ClosedError as error:
        raise StepError(f"{error}.") from error
    return outputs(view, asker.speech)


def _unknown(floor: Floor, wanted: str, asker: Asker) -> str:
    speech: Speech = asker.speech
    told = speech.t("There is no one account like “{wanted}” that this person may see.", wanted=literal(wanted))
    suggestions = floor.commands.account.lookup.accounts.suggest(wanted)
    readable = asker.sight.readable([account_id for account_id, _ in suggestions])
    near = [literal(name) for account_id, name in suggestions if account_id in readable][:_NEAREST]
    return f"{told} {speech.t('Near it: {names}.', names=', '.join(near))}" if near else told


def _end(floor: Floor, event: Json, *, outputs: Json | None = None, error: str = "") -> None:
    # The token that comes with the run is good for it alone; without one the app's own will do.
    token = str(event.get("bot_access_token") or "") or floor.client.token
    known: Json = {"function_execution_id": str(event.get("function_execution_id") or ""), "token": token}
    try:
        if outputs is None:
            call(floor.client.functions_completeError, writes=False, error=error, **known)
        else:
            call(floor.client.functions_completeSuccess, writes=False, outputs=outputs, **known)
    except RefusedError as refused:
        # Somebody has stopped the workflow meanwhile, or it is the second time that the run was told.
        _log.info("the end of a workflow step was refused", problem=refused.problem)
    except DeliveryError as failed:
        _log.warning("the end of a workflow step was not told", problem=failed.problem)
