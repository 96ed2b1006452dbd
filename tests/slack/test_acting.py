"""What is pressed under an alert, over both transports: on the real store, and edited in Slack for everybody."""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from bot.core.episode import Outcome, Phase
from bot.desk.acting import Acting, TaskMade
from bot.desk.asking import Asker, ClosedError
from bot.messages.choices import ACT, BRIEF, CLAIM, acts_menu
from bot.messages.message import Button, Buttons, Headline, Message, Text
from bot.messages.revise import with_task
from bot.sandbox import slack_filling, slack_views
from bot.sandbox.slack import Fault, SlackUser
from bot.sandbox.slack import Outcome as Trouble
from bot.slack.acting import acting
from bot.slack.actions import UNKNOWN, task_reply
from bot.slack.askers import Askers
from bot.slack.channels import Channels
from bot.slack.client import web_client
from bot.slack.commanding import commanding
from bot.slack.people import People
from bot.slack.sender import Policy, Sender
from bot.slack.transport import SlackTransport
from bot.state.acts import UnknownEpisodeError
from tests.slack import desk
from tests.slack.desk import NOW, access_of, new_world, serving_app
from tests.state.samples import episode, notice, said

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from bot.sandbox.slack import SlackWorld
    from bot.state.store import Store
    from tests.state.samples import Clock

MODES = ("socket", "http")
MINE = episode().episode_id
CARD = with_task(
    Message(
        "churn_risk",
        "Acme uses 41 % of its seats",
        (
            Headline("Acme uses 41 % of its seats"),
            Text("Renewal in 87 days."),
            Buttons((Button("Claim", CLAIM, MINE), Button("Brief", BRIEF, "001A")), acts_menu(MINE, "churn_risk")),
        ),
    ),
    MINE,
)


@dataclass
class Tasks:
    """Makes tasks, or says what it is told to."""

    made: TaskMade = field(default_factory=lambda: TaskMade("https://acme.my.salesforce.com/00T1"))
    asked: list[tuple[str, str]] = field(default_factory=list)
    known: bool = True

    def make(self, episode_id: str, asker: Asker, now: datetime) -> TaskMade:
        self.asked.append((episode_id, asker.user))
        if not self.known:
            raise UnknownEpisodeError(f"there is no episode {episode_id}")
        return self.made


@dataclass
class Office:
    """A workspace, the app in it, the real store, and the sender."""

    world: SlackWorld
    store: Store
    sender: Sender
    tasks: Tasks

    @property
    def ts(self) -> str:
        """Where the alert stands in the channel."""
        return self.world.said("#cs-risk")[0].ts

    def choose(self, user: str, argument: str, action: str = ACT) -> Any:  # noqa: ANN401 - an Interaction
        return self.world.press(user, "#cs-risk", self.ts, action, f"{MINE}|{argument}" if action == ACT else None)

    def read(self) -> str:
        """Let the sender run, and return what everybody reads in the channel."""
        self.sender.drain()
        (message,) = self.world.said("#cs-risk")
        return message.content.text


@contextmanager
def office(
    store: Store,
    clock: Clock,
    mode: str,
    tasks: Tasks | None = None,
    askers: Any = None,  # noqa: ANN401 - real ones or a fake
) -> Iterator[Office]:
    world, made = new_world(clock=clock), tasks or Tasks()
    world.rooms.users["U9"] = SlackUser("U9", "Stan Stranger", "stan@other.example", team="T-OTHER")
    clock.time = NOW
    store.commit(said(replace(notice(episode()), message=CARD)))
    acts = Acting(store, "UTC", {"licence-underuse": "churn_risk"})
    with serving_app(world, desk.Store(), mode, askers, rooms=(commanding, acting(acts, made))):
        client = web_client(access_of(world))
        channels = Channels(client, store.channel_of)
        transport = SlackTransport(client, People(store, client, store), channels, store)
        sender = Sender(store, transport, Policy(pace=timedelta(), a_minute={}), clock.monotonic, clock.sleep)
        sender.drain()
        yield Office(world, store, sender, made)


@pytest.mark.parametrize("mode", MODES)
def test_everything_that_is_pressed_is_in_the_one_message_that_all_read(store: Store, clock: Clock, mode: str) -> None:
    with office(store, clock, mode) as here:
        assert here.choose("U1", "", CLAIM).acked
        assert here.read().endswith("(claimed)")
        late = here.choose("U2", "snooze|7")
        assert (late.acked, late.transport) == (True, mode)
        assert here.read().endswith("(snoozed)")
        assert here.choose("U1", "ask|false_alarm").acked
        view = _opened(here.world, "U1")
        assert view["callback_id"] == "false_alarm"
        closing = slack_filling.submit(here.world, "U1", {"reason": "They <moved> to SSO"})
        assert (closing.acked, closing.ack, here.world.views.open) == (True, None, {})
        assert here.read().endswith("(closed)")
        (message,) = here.world.said("#cs-risk")
        told = [block["text"]["text"] for block in message.content.blocks if block["type"] == "section"]
    assert told[0] == "Closed as false alarm by <@U1> on 1 Mar 2026: They &lt;moved&gt; to SSO"
    assert [(line.actor, line.verb, line.detail["reason"]) for line in reversed(store.audit("Acme"))] == [
        ("U1", "claimed", "claimed by U1"),
        ("U2", "snoozed", "snoozed until 2026-03-08 by U2"),
        ("U1", "closed-false_alarm", "closed as false alarm by U1"),
    ]


def _opened(world: SlackWorld, user: str) -> dict[str, Any]:
    """Wait for the modal: it opens after the acknowledgement."""
    assert world.wait(lambda _: bool(world.views.open))
    return world.views.of(user).content


@pytest.mark.parametrize("mode", MODES)
def test_a_snooze_until_a_date_is_asked_for_and_held_to_the_calendar(store: Store, clock: Clock, mode: str) -> None:
    with office(store, clock, mode) as here:
        here.choose("U1", "ask|snooze")
        assert _opened(here.world, "U1")["blocks"][1]["element"]["initial_date"] == "2026-03-15"
        past = slack_filling.submit(here.world, "U1", {"until": "2026-03-01"})
        assert past.ack is not None
        assert past.ack["response_action"] == "errors"
        assert list(past.ack["errors"]) == ["until"]
        assert past.error is None
        assert here.world.views.open, "it stays open until it is right"
        far = slack_filling.submit(here.world, "U1", {"until": "2027-03-03"})
        assert far.ack is not None
        assert "at most a year" in far.ack["errors"]["until"]
        done = slack_filling.submit(here.world, "U1", {"until": "2026-04-01", "reason": "budget freeze"})
        assert (done.ack, here.world.views.open) == (None, {})
    kept = store.episode(MINE)
    assert kept is not None
    assert (kept.phase, str(kept.snoozed_until), kept.snooze_reason) == (Phase.SNOOZED, "2026-04-01", "budget freeze")


@pytest.mark.parametrize("mode", MODES)
def test_an_episode_that_ended_while_the_modal_was_open_says_so(store: Store, clock: Clock, mode: str) -> None:
    with office(store, clock, mode) as here:
        here.choose("U1", "ask|close")
        view = _opened(here.world, "U1")
        assert [one["value"] for one in view["blocks"][1]["element"]["options"]] == [
            "recovered", "renewed", "lost", "false_alarm",
        ]  # fmt: skip
        here.choose("U2", "close|lost")
        answer = slack_filling.submit(here.world, "U1", {"outcome": "renewed", "reason": "signed today"})
        assert answer.ack is not None
        assert answer.ack["response_action"] == "update"
        shown = here.world.views.of("U1").content
        assert shown["blocks"][0]["text"]["text"] == "Already closed as lost by <@U2>."
        assert answer.error is None
    kept = store.episode(MINE)
    assert kept is not None
    assert (kept.outcome, kept.closed_by) == (Outcome.LOST, "U2")


@pytest.mark.parametrize("mode", MODES)
def test_who_belongs_to_another_company_presses_in_vain(store: Store, clock: Clock, mode: str) -> None:
    with office(store, clock, mode, askers=lambda client: Askers(client, store, None)) as here:
        for argument, action in (("", CLAIM), ("close|lost", ACT), ("ask|snooze", ACT), ("task|crm", ACT)):
            pressed = here.choose("U9", argument, action)
            assert [one["text"] for one in pressed.wait()] == [
                "Nothing was changed: you are not a member of this workspace."
            ]
        assert here.world.views.open == {}
        first = store.episode(MINE)
        assert first is not None
        assert first.phase is Phase.FIRING
        assert here.tasks.asked == []
        # Of a member nothing was known either: the press counts once it is known who that is.
        assert here.choose("U1", "", CLAIM).acked
        assert _within(5, lambda: _phase(store) is Phase.CLAIMED)


def _phase(store: Store) -> Phase | None:
    kept = store.episode(MINE)
    return kept.phase if kept is not None else None


def _within(seconds: float, holds: Callable[[], bool]) -> bool:
    until = time.monotonic() + seconds
    while not holds() and time.monotonic() < until:
        time.sleep(0.01)
    return holds()


def test_a_modal_that_opens_too_late_is_explained(store: Store, clock: Clock) -> None:
    with office(store, clock, "socket") as here:
        here.world.faults.next(Fault(Trouble.ERROR, error="expired_trigger_id"), method="views.open")
        late = here.choose("U1", "ask|snooze")
        assert [one["text"] for one in late.wait()] == ["That took too long to open. Please press once more."]
        assert here.world.views.open == {}


@pytest.mark.parametrize("mode", MODES)
def test_a_task_is_answered_with_its_link_to_who_wanted_it(store: Store, clock: Clock, mode: str) -> None:
    with office(store, clock, mode) as here:
        pressed = here.choose("U1", "task|crm")
        assert [one["text"] for one in pressed.wait()] == [
            "The task stands in Salesforce: <https://acme.my.salesforce.com/00T1|open it>."
        ]
    assert here.tasks.asked == [(MINE, "U1")]


def test_a_task_of_an_alert_that_is_gone_is_none(store: Store, clock: Clock) -> None:
    with office(store, clock, "socket", Tasks(known=False)) as here:
        assert here.choose("U1", "task|crm").wait()[0]["text"] == UNKNOWN


def _at_home(world: SlackWorld, argument: str) -> None:
    """Choose from the menu of an alert on the Home tab: there is no message, and no response URL."""
    user = world.rooms.user("U1")
    interaction = world.interaction(user)
    body = {
        **slack_views.view_payload(user, "block_actions", {"id": "VHOME", "type": "home", "blocks": []}),
        "container": {"type": "view", "view_id": "VHOME"},
        "trigger_id": f"1.2.{interaction.id}",
        "actions": [
            {
                "type": "static_select",
                "action_id": ACT,
                "block_id": "b",
                "selected_option": {"text": {"type": "plain_text", "text": "x"}, "value": f"{MINE}|{argument}"},
            }
        ],
    }
    world.deliver(interaction, "interactive", body)
    assert interaction.acked


def test_what_is_pressed_on_the_home_tab_is_answered_in_a_modal(store: Store, clock: Clock) -> None:
    with office(store, clock, "socket") as here:
        _at_home(here.world, "close|lost")
        assert here.read().endswith("(closed)")
        _at_home(here.world, "close|renewed")
        assert "Already closed as lost by <@U1>." in str(_opened(here.world, "U1")["blocks"])


def test_a_task_from_the_home_tab_is_answered_in_the_modal_that_said_to_wait(store: Store, clock: Clock) -> None:
    with office(store, clock, "socket") as here:
        _at_home(here.world, "task|crm")
        assert here.world.wait(lambda _: "00T1|open it" in str(here.world.views.open))
        assert here.tasks.asked == [(MINE, "U1")]


@pytest.mark.parametrize(
    ("made", "said_of_it"),
    [
        (TaskMade(had=True), "Salesforce has had this task already: it stands under the account."),
        (TaskMade(problem="<!channel> no"), "No task was made: &lt;!channel&gt; no"),
        (TaskMade("javascript:alert(1)"), "The task stands in Salesforce: open it."),
    ],
)
def test_what_became_of_a_task_is_said(made: TaskMade, said_of_it: str) -> None:
    assert task_reply(made) == said_of_it


def test_the_brief_is_what_the_command_would_answer_and_only_for_who_asked(store: Store, clock: Clock) -> None:
    with office(store, clock, "socket") as here:
        pressed = here.choose("U1", "", BRIEF)
        (shown,) = pressed.wait()
        assert here.world.journal[-1].user == "U1"
    # Nobody has built the word `prep` into this desk: it answers what it knows.
    assert "001A" in shown["text"]


def test_a_stranger_is_shown_no_brief(clock: Clock) -> None:
    closed = ClosedError("you are not a member of this workspace")

    class Nobody:
        def readable(self, account_ids: Any) -> frozenset[str]:  # noqa: ANN401 - as the protocol says
            raise closed

    class Strangers:
        def kept(self, user: str) -> Asker:
            return Asker(Nobody(), user=user)

        asked = kept

    world = new_world(clock=clock)
    with serving_app(world, desk.Store(), "socket", lambda _: Strangers()):
        blocks = [{"type": "actions", "elements": [_element()]}]
        posted = web_client(access_of(world)).chat_postMessage(channel="#cs-risk", text="x", blocks=blocks)
        shown = world.press("U1", "#cs-risk", str(posted["ts"]), BRIEF).wait()
    assert [one["text"] for one in shown] == ["Nothing can be shown to you"]


def _element() -> dict[str, Any]:
    return {"type": "button", "action_id": BRIEF, "value": "001A", "text": {"type": "plain_text", "text": "Brief"}}
