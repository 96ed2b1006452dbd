"""The listeners of the buttons and menus under alerts, and of the modals that they open."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from bot.core.episode import Outcome
from bot.desk.asking import ClosedError, MustAskError
from bot.messages.choices import ACT, BRIEF, CLAIM, WHY, Verb, choice_of
from bot.messages.escape import mrkdwn
from bot.messages.views.acts import (
    CLOSE_VIEW,
    FALSE_ALARM_VIEW,
    SNOOZE_VIEW,
    close_modal,
    false_alarm_modal,
    outcome_of,
    reason_of,
    said_modal,
    snooze_modal,
    until_of,
)
from bot.messages.views.slack import faults, filled
from bot.slack.actions import UNKNOWN, choice_reply, choose, claim_reply, task_reply
from bot.slack.commanding import asked
from bot.slack.floor import user_of
from bot.slack.modals import instead, open_modal, show_in_modal, tell
from bot.slack.responding import respond
from bot.state.acts import UnknownEpisodeError

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from slack_bolt import Ack, App

    from bot.core.episodes import Step
    from bot.desk.acting import TaskMade
    from bot.desk.asking import Asker
    from bot.messages.choices import Choice
    from bot.messages.speech import Speech
    from bot.messages.views.modal import Modal
    from bot.slack.actions import Episodes
    from bot.slack.floor import Floor

Json = dict[str, Any]


class Tasks(Protocol):
    """Makes tasks in the CRM."""

    def make(self, episode_id: str, asker: Asker, now: datetime) -> TaskMade:
        """Make the task of an alert, which the person takes on where nobody has; asks the CRM, and takes its time.

        What stands in the way is told in what is returned. Raises UnknownEpisodeError.
        """


def acting(episodes: Episodes, tasks: Tasks | None = None) -> Callable[[App, Floor], None]:
    """Return the room that listens to what is pressed under alerts. `tasks`: None where none are to be made."""

    def room(app: App, floor: Floor) -> None:
        _Acting(floor, episodes, tasks).listen(app)

    return room


@dataclass(frozen=True, slots=True)
class _Acting:
    floor: Floor
    episodes: Episodes
    tasks: Tasks | None

    def listen(self, app: App) -> None:
        # Bolt gives listeners what their parameters are named after.
        def claim(ack: Ack, body: Json, action: Json) -> None:
            self._by_member(body, partial(self.claim, body, action))
            ack()

        def act(ack: Ack, body: Json, action: Json) -> None:
            self._by_member(body, partial(self.act, body, choice_of(_chosen(action))))
            ack()

        def asking(word: str) -> Callable[..., None]:
            def listener(ack: Ack, body: Json, action: Json) -> None:
                words = f"{word} {action.get('value') or ''}"
                self.floor.answer_beside(body, partial(asked, self.floor, body, words))
                ack()

            return listener

        app.action({"type": "block_actions", "action_id": CLAIM})(claim)
        app.action({"type": "block_actions", "action_id": ACT})(act)
        for action_id, word in ((BRIEF, "prep"), (WHY, "why")):
            app.action({"type": "block_actions", "action_id": action_id})(asking(word))
        for callback, reply in ((SNOOZE_VIEW, self.snooze), (CLOSE_VIEW, self.close), (FALSE_ALARM_VIEW, self.refute)):
            app.view_submission(callback)(self._submitting(reply))

    def _by_member(self, body: Json, work: Callable[[], None]) -> None:
        """Do what a member pressed: in a channel that is shared with another company its people see the buttons."""
        try:
            asker = self.floor.askers.kept(user_of(body))
        except MustAskError:
            self.floor.later(partial(self._after_asking, body, work), body)
        else:
            self._admitted(body, asker, work)

    def _after_asking(self, body: Json, work: Callable[[], None]) -> None:
        try:
            asker = self.floor.asker(user_of(body))
        except ClosedError as error:
            said = self.floor.speech(body).t("Nothing was changed: {reason}.", reason=mrkdwn(str(error)))
            self._tell(body, said)
        else:
            self._admitted(body, asker, work)

    def _admitted(self, body: Json, asker: Asker, work: Callable[[], None]) -> None:
        if asker.closed:
            self._tell(body, asker.speech.t("Nothing was changed: {reason}.", reason=mrkdwn(asker.closed)))
        else:
            work()

    def _submitting(self, reply: Callable[[Json, Json], Json | None]) -> Callable[..., None]:
        def submitted(ack: Ack, body: Json, view: Json) -> None:
            if (said := self._refused(body) or reply(body, view)) is None:
                ack()
            else:
                ack(said)

        return submitted

    def _refused(self, body: Json) -> Json | None:
        try:
            asker = self.floor.askers.kept(user_of(body))
        except MustAskError:
            return None  # who opened the modal was asked about then, and filled it in for more than ten minutes
        return instead(_not_done(f"{asker.closed}.", asker.speech)) if asker.closed else None

    # what is pressed

    def claim(self, body: Json, action: Json) -> None:
        """Let the person who pressed take the episode on, or tell them why not."""
        user, episode_id = user_of(body), str(action.get("value") or "")
        self._done(
            body,
            lambda: self.episodes.claim_episode(episode_id, user, self.floor.clock()),
            lambda step: claim_reply(step, user, self.floor.speech(body)),
        )

    def act(self, body: Json, choice: Choice | None) -> None:
        """Do what was chosen from the menu, at once or after a modal has asked for words."""
        if choice is None:
            self._unknown(body)
        elif choice.verb is Verb.ASK:
            self._ask(body, choice)
        elif choice.verb is Verb.TASK:
            self._task(body, choice.episode_id)
        else:
            self._done(
                body,
                lambda: choose(self.episodes, choice, user_of(body), self.floor.clock()),
                lambda step: choice_reply(step, self.floor.speech(body)),
            )

    def _done(self, body: Json, act: Callable[[], Step], reply_to: Callable[[Step], str | None]) -> None:
        try:
            step = act()
        except UnknownEpisodeError:
            self._unknown(body)
            return
        if step.notify:
            self.floor.wake()
        if (said := reply_to(step)) is not None:
            self._tell(body, said)

    def _tell(self, body: Json, text: str) -> None:
        tell(self.floor, body, text, self.floor.speech(body))

    def _unknown(self, body: Json) -> None:
        self._tell(body, self.floor.speech(body).t(UNKNOWN))

    def _ask(self, body: Json, choice: Choice) -> None:
        alert = self.episodes.alert(choice.episode_id)
        if alert is None:
            self._unknown(body)
            return
        speech = self.floor.speech(body)
        if choice.argument == Verb.SNOOZE:
            modal = snooze_modal(alert, self.episodes.today(self.floor.clock()), speech)
        elif choice.argument == Outcome.FALSE_ALARM:
            modal = false_alarm_modal(alert, speech)
        else:
            modal = close_modal(alert, speech)
        open_modal(self.floor, body, modal)

    def _task(self, body: Json, episode_id: str) -> None:
        if body.get("response_url"):
            self.floor.later(partial(self._make_task, body, episode_id, ""), body)
            return
        # On the Home tab only a modal can answer, and it has to open before the CRM is asked.
        speech = self.floor.speech(body)
        wait = said_modal(speech.t("Salesforce task"), speech.t("One moment: Salesforce is asked."), speech)
        open_modal(self.floor, body, wait, partial(self._make_task, body, episode_id))

    def _make_task(self, body: Json, episode_id: str, view_id: str) -> None:
        asker = self.floor.asker(user_of(body))
        if self.tasks is None:
            said = asker.speech.t("No task was made: the settings say nothing of tasks any more.")
        else:
            try:
                made = self.tasks.make(episode_id, asker, self.floor.clock())
            except UnknownEpisodeError:
                said = asker.speech.t(UNKNOWN)
            else:
                said = task_reply(made, asker.speech)
                if made.claimed:
                    self.floor.wake()
        if response_url := body.get("response_url"):
            respond(response_url, {"text": said})
        elif view_id:
            show_in_modal(self.floor, view_id, said_modal(asker.speech.t("Salesforce task"), said, asker.speech))

    # what is filled in: what is returned is the acknowledgement, nothing closes the modal

    def snooze(self, body: Json, view: Json) -> Json | None:
        """Silence the episode until the day that was chosen."""
        now, speech, fields = self.floor.clock(), self.floor.speech(body), filled(view)
        until, wrong = until_of(fields, self.episodes.today(now), speech)
        if until is None:
            return faults(wrong)
        return self._settled(
            speech,
            lambda: self.episodes.snooze_episode(_episode_of(view), user_of(body), until, reason_of(fields), now),
        )

    def close(self, body: Json, view: Json) -> Json | None:
        """Close the episode with the outcome that was chosen."""
        now, speech, fields = self.floor.clock(), self.floor.speech(body), filled(view)
        outcome, wrong = outcome_of(fields, speech)
        if outcome is None:
            return faults(wrong)
        return self._settled(
            speech,
            lambda: self.episodes.close_episode(_episode_of(view), user_of(body), outcome, reason_of(fields), now),
        )

    def refute(self, body: Json, view: Json) -> Json | None:
        """Close the episode as a false alarm, for a reason."""
        now, speech, reason = self.floor.clock(), self.floor.speech(body), reason_of(filled(view))
        if reason is None:
            return faults({"reason": speech.t("Say in a few words what was wrong.")})
        return self._settled(
            speech,
            lambda: self.episodes.close_episode(_episode_of(view), user_of(body), Outcome.FALSE_ALARM, reason, now),
        )

    def _settled(self, speech: Speech, act: Callable[[], Step]) -> Json | None:
        try:
            step = act()
        except UnknownEpisodeError:
            return instead(_not_done(speech.t(UNKNOWN), speech))
        if step.notify:
            self.floor.wake()
        said = choice_reply(step, speech)
        return None if said is None else instead(_not_done(said, speech))


def _chosen(action: Json) -> str:
    return str((action.get("selected_option") or {}).get("value") or "")


def _episode_of(view: Json) -> str:
    return str(view.get("private_metadata") or "")


def _not_done(text: str, speech: Speech) -> Modal:
    return said_modal(speech.t("Nothing was changed"), text, speech)
