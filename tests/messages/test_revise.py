"""Messages that stand in Slack already: what people do with an episode, and its end, is said in them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import pytest

from bot.core.episodes import Outcome, Phase
from bot.messages.blocks import to_blocks
from bot.messages.choices import BRIEF, CLAIM, Choice, Verb, acts_menu, choice_of, with_task
from bot.messages.limits import validate
from bot.messages.message import Buttons, Headline, Message, Text
from bot.messages.revise import revised
from tests.messages.making import CHURN

if TYPE_CHECKING:
    from bot.core.episodes import Episode
    from bot.messages.message import Menu
    from bot.messages.render import Templates

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture(name="alert")
def _alert(templates: Templates) -> Message:
    return templates.alert(CHURN())


def episode(**changed: object) -> Episode:
    return replace(CHURN().episode, **changed)  # type: ignore[arg-type]  # a test's own words


ASLEEP = {"phase": Phase.SNOOZED, "snoozed_until": date(2026, 3, 15), "snoozed_by": "U1", "snooze_reason": "<budget>"}
CLOSED = {"phase": Phase.CLOSED, "outcome": Outcome.FALSE_ALARM, "closed_by": "U2", "closed_at": NOON}


def second_block(message: Message) -> str:
    """What stands under the headline."""
    block = message.blocks[1]
    assert isinstance(block, Text)
    return block.text


def left(message: Message) -> tuple[list[str], Menu | None]:
    """What may be pressed and chosen."""
    row = next((block for block in message.blocks if isinstance(block, Buttons)), Buttons(()))
    return [button.action for button in row.buttons], row.menu


def test_an_alert_can_be_claimed_snoozed_and_closed(alert: Message) -> None:
    pressed, menu = left(alert)
    assert menu is not None
    assert pressed == [CLAIM, BRIEF, "open_crm"]
    assert [label for label, _ in menu.choices] == [
        "Snooze for a week", "Snooze for two weeks", "Snooze until a date…",
        "Done: recovered", "Done: renewed", "Done: lost", "Done, with a note…", "False alarm…",
    ]  # fmt: skip
    ways = [choice_of(value) for _, value in menu.choices]
    mine = CHURN().episode.episode_id
    assert ways[0] == Choice(mine, Verb.SNOOZE, "7")
    assert ways[3] == Choice(mine, Verb.CLOSE, "recovered")
    assert ways[-1] == Choice(mine, Verb.ASK, "false_alarm")


def test_the_brief_is_asked_for_by_the_account_and_not_by_the_episode(alert: Message) -> None:
    row = next(block for block in alert.blocks if isinstance(block, Buttons))
    account = CHURN().account
    assert account is not None
    assert [button.value for button in row.buttons if button.action == BRIEF] == [account.account_id]


def test_a_task_is_offered_once_and_goes_with_the_alert(alert: Message) -> None:
    mine = CHURN().episode.episode_id
    offered = with_task(with_task(alert, mine), mine)
    _, menu = left(offered)
    assert menu is not None
    assert menu.choices[-1] == ("Create a Salesforce task", f"{mine}|task|crm")
    assert sum(value.endswith("|task|crm") for _, value in menu.choices) == 1
    assert validate(to_blocks(offered)) == []
    claimed = left(revised(offered, episode(phase=Phase.CLAIMED, claimed_by="U1", claimed_at=NOON)))[1]
    assert claimed == menu, "who has claimed it makes the task"
    ended = left(revised(offered, episode(phase=Phase.RESOLVED, resolved_at=NOON)))[1]
    assert ended is not None
    assert not any("task" in value for _, value in ended.choices)
    assert with_task(Message("digest", "s", (Text("t"),)), mine) == Message("digest", "s", (Text("t"),))


@pytest.mark.parametrize(("value", "verb"), [("e1|snooze|30", Verb.SNOOZE), ("e1|close|false_alarm", Verb.CLOSE)])
def test_what_older_cards_offer_is_understood(value: str, verb: Verb) -> None:
    choice = choice_of(value)
    assert choice is not None
    assert (choice.verb, str(choice)) == (verb, value)


@pytest.mark.parametrize("kind", ["churn_risk", "upsell", "renewal", "operations", "digest"])
def test_slack_takes_the_menu_of_every_kind(kind: str) -> None:
    menu = acts_menu("5f1e0a52-6f0c-4b0e-9a53-0d7c2c4f7a11", kind)
    blocks = to_blocks(Message("churn_risk", "s", (Buttons((), menu),)))
    assert validate(blocks) == []
    assert all(choice_of(value) for _, value in menu.choices)


def test_a_snoozed_alert_says_until_when_by_whom_and_why(alert: Message) -> None:
    asleep = revised(alert, episode(**ASLEEP))
    assert second_block(asleep) == "Snoozed until 15 Mar 2026 by <@U1>: &lt;budget&gt;"
    assert asleep.summary.endswith(" (snoozed)")
    pressed, menu = left(asleep)
    assert pressed == [BRIEF, "open_crm"]
    assert menu == acts_menu(CHURN().episode.episode_id, "churn_risk"), "it may be snoozed anew, or closed"


def test_a_later_snooze_takes_the_place_of_the_first(alert: Message) -> None:
    once = revised(alert, episode(**ASLEEP))
    again = revised(once, episode(**ASLEEP | {"snoozed_until": date(2026, 4, 1), "snooze_reason": None}))
    assert second_block(again) == "Snoozed until 1 Apr 2026 by <@U1>."
    assert sum(isinstance(block, Text) and block.text.startswith("Snoozed") for block in again.blocks) == 1


def test_a_closed_alert_says_what_became_of_it_and_leaves_nothing_to_do(alert: Message) -> None:
    closed = revised(alert, episode(**CLOSED, close_reason="the migration"))
    assert second_block(closed) == "Closed as false alarm by <@U2> on 1 Mar 2026: the migration"
    assert closed.summary.endswith(" (closed)")
    headline = closed.blocks[0]
    assert isinstance(headline, Headline)
    assert headline.text.startswith("✅ ")
    assert left(closed) == ([BRIEF, "open_crm"], None)


def test_an_alert_that_ended_may_still_be_given_its_outcome(alert: Message) -> None:
    ended = revised(alert, episode(phase=Phase.RESOLVED, resolved_at=NOON), "after 20 days")
    assert second_block(ended) == "Resolved on 1 Mar 2026: after 20 days."
    _, menu = left(ended)
    assert menu is not None
    assert [label for label, _ in menu.choices] == [
        "Done: recovered", "Done: renewed", "Done: lost", "Done, with a note…", "False alarm…",
    ]  # fmt: skip
    known = revised(ended, episode(**CLOSED | {"phase": Phase.RESOLVED}, resolved_at=NOON), "after 20 days")
    assert second_block(known).startswith("Closed as false alarm")
    assert left(known) == ([BRIEF, "open_crm"], None)


def test_what_was_said_before_stays_under_what_is_new(alert: Message) -> None:
    claimed = revised(alert, episode(phase=Phase.CLAIMED, claimed_by="U1", claimed_at=NOON))
    asleep = revised(claimed, episode(**ASLEEP, claimed_by="U1", claimed_at=NOON))
    texts = [block.text for block in asleep.blocks if isinstance(block, Text)]
    assert texts[0].startswith("Snoozed until")
    assert texts[1] == "Claimed by <@U1> on 1 Mar 2026."
