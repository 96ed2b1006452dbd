"""Where a person of the CRM is reached in Slack."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from bot.errors import DeliveryError
from bot.slack.people import KNOWN_FOR, MISSED_FOR, People, UnreachableError
from tests.slack.scripted import client_of
from tests.state.samples import DANA, judgement

if TYPE_CHECKING:
    from bot.state.rows import Person
    from bot.state.store import Store
    from tests.slack.scripted import Server
    from tests.state.samples import Clock


@pytest.fixture
def people(store: Store, slack: Server) -> People:
    slack.users["dana@ours.example"] = {"id": "U1"}
    store.commit(judgement(people=(DANA,)))
    return People(store, client_of(slack))


def test_a_person_is_found_by_address(people: People, store: Store) -> None:
    assert people.channel_of("005A") == "DU1"
    identity = store.slack_identity("005A")
    assert identity is not None
    assert (identity.user_id, identity.channel) == ("U1", "DU1")


def test_what_was_found_is_remembered_for_a_week(people: People, slack: Server, clock: Clock) -> None:
    people.channel_of("005A")
    people.channel_of("005A")
    assert slack.count("users.lookupByEmail") == 1
    clock.time += KNOWN_FOR
    people.channel_of("005A")
    assert slack.count("users.lookupByEmail") == 2


def test_who_is_not_in_slack_is_looked_up_again_after_an_hour(people: People, slack: Server, clock: Clock) -> None:
    user = slack.users.pop("dana@ours.example")
    for _ in range(2):
        with pytest.raises(UnreachableError, match="Dana Reyes, who is not in Slack"):
            people.channel_of("005A")
    assert slack.count("users.lookupByEmail") == 1
    slack.users["dana@ours.example"] = user
    clock.time += MISSED_FOR
    assert people.channel_of("005A") == "DU1"


def test_what_slack_refused_is_forgotten(people: People, slack: Server) -> None:
    people.channel_of("005A")
    people.forget("005A")
    people.channel_of("005A")
    assert slack.count("users.lookupByEmail") == 2


@pytest.mark.parametrize("flag", ["deleted", "is_bot", "is_stranger"])
def test_customer_data_goes_to_no_bot_former_colleague_or_stranger(people: People, slack: Server, flag: str) -> None:
    slack.users["dana@ours.example"] = {"id": "U1", flag: True}
    with pytest.raises(UnreachableError, match="who is not in Slack"):
        people.channel_of("005A")
    assert slack.count("conversations.open") == 0


@pytest.mark.parametrize(
    "user",
    [
        # Slack knows members of other companies who share a channel, and calls them no strangers.
        {"team_id": "T9", "is_stranger": False},
        {"team_id": "T9", "enterprise_user": {"enterprise_id": "E9"}},
        # Whoever is invited may type the address of anybody.
        {"team_id": "T1", "is_email_confirmed": False},
    ],
)
def test_customer_data_goes_to_nobody_of_another_company_nor_to_an_unconfirmed_address(
    people: People, slack: Server, user: dict[str, object]
) -> None:
    slack.users["dana@ours.example"] = {"id": "U1", **user}
    with pytest.raises(UnreachableError, match="who is not in Slack"):
        people.channel_of("005A")
    assert slack.count("conversations.open") == 0


@pytest.mark.parametrize("user", [{"team_id": "T1"}, {"team_id": "T1", "is_email_confirmed": True}])
def test_a_member_of_this_workspace_is_reached(people: People, slack: Server, user: dict[str, object]) -> None:
    slack.users["dana@ours.example"] = {"id": "U1", **user}
    assert people.channel_of("005A") == "DU1"


@pytest.mark.parametrize(
    ("person_id", "person", "told"),
    [
        ("", DANA, "the account's owner, but the account has none in the CRM"),
        ("005B", DANA, "005B, who is not among the users that the CRM delivered"),
        ("005A", replace(DANA, active=False), "Dana Reyes, who is no longer active in the CRM"),
        ("005A", replace(DANA, email=None), "Dana Reyes, who has no e-mail address in the CRM"),
        ("005A", replace(DANA, email=""), "Dana Reyes, who has no e-mail address in the CRM"),
    ],
)
def test_who_cannot_be_reached_is_told_with_the_reason_and_slack_is_not_asked(
    people: People, store: Store, slack: Server, person_id: str, person: Person, told: str
) -> None:
    store.commit(judgement(people=(person,)))
    with pytest.raises(UnreachableError) as raised:
        people.channel_of(person_id)
    assert str(raised.value) == told
    assert raised.value.permanent
    assert slack.calls == []


def test_somebody_with_whom_no_conversation_can_be_opened_is_not_in_slack(people: People, slack: Server) -> None:
    slack.script["conversations.open"] = [{"ok": False, "error": "user_disabled"}]
    with pytest.raises(UnreachableError, match="who is not in Slack"):
        people.channel_of("005A")


@pytest.mark.parametrize("method", ["users.lookupByEmail", "conversations.open"])
@pytest.mark.parametrize("outcome", ["500", "429", "reset", "<html>"])
def test_a_look_up_that_fails_says_nothing_of_the_person(
    people: People, slack: Server, method: str, outcome: str
) -> None:
    slack.script[method] = [outcome]
    with pytest.raises(DeliveryError) as raised:
        people.channel_of("005A")
    assert not raised.value.permanent
    assert people.channel_of("005A") == "DU1"
