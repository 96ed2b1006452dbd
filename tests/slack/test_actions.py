"""The claim button: the first one wins, the others are told who did."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from bot.core.episodes import Outcome, Phase, Reason, Step
from bot.messages.blocks import to_blocks
from bot.messages.choices import ACT, acts_menu, choice_of
from bot.messages.message import Buttons
from bot.slack.actions import UNKNOWN, choice_reply, claim_reply
from bot.slack.client import web_client
from tests.slack.desk import ALERT, Store, access_of, new_world, serving_app, step

if TYPE_CHECKING:
    from bot.sandbox.slack import SlackWorld

REPLIES = [
    ("the winner sees the edited message", step("U1", Phase.CLAIMED, notify=True), None),
    ("pressing twice", step("U1", Phase.CLAIMED, notify=False), "You have already claimed this."),
    ("the second", step("U2", Phase.CLAIMED, notify=False), "Already claimed by <@U2>."),
    ("over", step("U2", Phase.RESOLVED, notify=False), "This alert is over: nothing is left to claim."),
    ("pending", step(None, Phase.PENDING, notify=False), "This alert cannot be claimed now."),
    ("gone", Step(None, notify=False, reason=Reason.NOT_HOLDING, transition="", detail=""), UNKNOWN),
]


@pytest.mark.parametrize(("_case", "taken", "said"), REPLIES, ids=[case for case, _, _ in REPLIES])
def test_who_pressed_is_told_what_they_need_to_know(_case: str, taken: Step, said: str | None) -> None:
    assert claim_reply(taken, "U1") == said


def _alert(world: SlackWorld, claim_value: str = "e1") -> str:
    blocks = to_blocks(ALERT)
    blocks[-1]["elements"][0]["value"] = claim_value
    posted = web_client(access_of(world)).chat_postMessage(channel="#cs-risk", text=ALERT.summary, blocks=blocks)
    return str(posted["ts"])


@pytest.mark.parametrize("mode", ["socket", "http"])
def test_the_first_claim_wakes_the_sender_and_the_second_is_told_who_was_first(mode: str) -> None:
    world, store = new_world(), Store()
    with serving_app(world, store, mode):
        ts = _alert(world)
        first = world.press("U1", "#cs-risk", ts, "claim")
        second = world.press("U2", "#cs-risk", ts, "claim")
        assert (first.transport, first.acked, second.acked) == (mode, True, True)
        assert [message["text"] for message in second.wait()] == ["Already claimed by <@U1>."]
        assert first.shown == []
    assert (store.claimed, store.wakes) == ({"e1": "U1"}, 1)
    whispers = [(entry.kind, entry.via, entry.user) for entry in world.journal[1:]]
    assert whispers == [("ephemeral", "response_url", "U2")], "only the second one reads it, and the alert stays"


def test_of_two_people_who_press_at_once_one_wins_and_the_other_is_told() -> None:
    world, store = new_world(), Store()
    with serving_app(world, store), ThreadPoolExecutor(2) as people:
        for number in range(5):
            ts = _alert(world, f"e{number}")
            together = threading.Barrier(2)

            def press(user: str, ts: str = ts, together: threading.Barrier = together) -> list[str]:
                together.wait()
                interaction = world.press(user, "#cs-risk", ts, "claim")
                assert interaction.acked
                return [message["text"] for message in interaction.wait(timeout=0.2)]

            said = dict(zip(("U1", "U2"), people.map(press, ("U1", "U2")), strict=True))
            winner = store.claimed[f"e{number}"]
            (loser,) = {"U1", "U2"} - {winner}
            assert said == {winner: [], loser: [f"Already claimed by <@{winner}>."]}
    assert store.wakes == 5


def _with_menu(world: SlackWorld, episode_id: str, value: str | None = None) -> str:
    menu = acts_menu(episode_id, "churn_risk")
    if value is not None:
        menu = replace(menu, choices=(("Odd", value),))
    alert = replace(ALERT, blocks=(ALERT.blocks[0], Buttons((), menu)))
    posted = web_client(access_of(world)).chat_postMessage(
        channel="#cs-risk", text=alert.summary, blocks=to_blocks(alert)
    )
    return str(posted["ts"])


@pytest.mark.parametrize(("value", "done"), [("snooze|14", "snooze 2026-03-15"), ("close|renewed", "close renewed")])
def test_what_is_chosen_from_the_menu_is_done(value: str, done: str) -> None:
    world, store = new_world(), Store()
    with serving_app(world, store):
        pressed = world.press("U1", "#cs-risk", _with_menu(world, "e1"), ACT, f"e1|{value}")
        assert pressed.acked
    assert (store.acts, store.wakes, pressed.shown) == ([("e1", "U1", done)], 1, [])


def test_what_cannot_be_done_any_more_is_told_to_who_chose_it() -> None:
    world, store = new_world(), Store(resolved={"e1"})
    with serving_app(world, store):
        late = world.press("U1", "#cs-risk", _with_menu(world, "e1"), ACT, "e1|snooze|7")
        lost = world.press("U1", "#cs-risk", _with_menu(world, "lost"), ACT, "lost|snooze|7")
        odd = world.press("U1", "#cs-risk", _with_menu(world, "e1", "e1|dance|7"), ACT)
        said = [one.wait()[0]["text"] for one in (late, lost, odd)]
    assert said == ["Nothing was changed: it has ended.", UNKNOWN, UNKNOWN]
    assert store.wakes == 0


TAKEN = step("U1", Phase.CLOSED, notify=False).episode
assert TAKEN is not None
CLOSED = replace(
    TAKEN,
    outcome=Outcome.FALSE_ALARM,
    closed_by="U2",
)


def test_who_comes_after_the_close_is_told_who_closed_it() -> None:
    late = Step(CLOSED, notify=False, reason=Reason.CLOSED, transition="", detail="")
    assert claim_reply(late, "U3") == "Already closed as false alarm by <@U2>."
    assert choice_reply(late) == "Already closed as false alarm by <@U2>."


@pytest.mark.parametrize(
    "value",
    ["", "e1", "e1|snooze", "e1|snooze|soon", "e1|snooze|0", "e1|snooze|9999", "e1|close|perhaps", "e1|snooze|7|x",
     "e1|ask|me", "e1|task|other", "e1|dance|7"],
)  # fmt: skip
def test_a_choice_that_is_none_is_refused(value: str) -> None:
    assert choice_of(value) is None


def test_an_episode_that_is_not_known_any_more_is_said_to_be_gone() -> None:
    world, store = new_world(), Store()
    with serving_app(world, store):
        interaction = world.press("U1", "#cs-risk", _alert(world, "lost"), "claim")
        assert [message["text"] for message in interaction.wait()] == [UNKNOWN]
    assert store.wakes == 0


def test_a_resolved_alert_cannot_be_claimed() -> None:
    world, store = new_world(), Store(resolved={"e1"})
    with serving_app(world, store):
        interaction = world.press("U1", "#cs-risk", _alert(world), "claim")
        assert interaction.wait()[0]["text"].startswith("This alert is over")
    assert store.wakes == 0
