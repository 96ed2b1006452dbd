"""Answers that cannot be given at once, those that everybody is to see, and those that nobody may."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pytest

from bot.desk.asking import Asker, ClosedError, MustAskError
from bot.messages.message import Cell, Column, Message, Row, Table
from tests.slack.desk import Store, new_world, serving_app

if TYPE_CHECKING:
    from collections.abc import Collection

    from bot.sandbox.slack import SlackWorld

MODES = ("socket", "http")


@dataclass
class Slow:
    """Nobody is known before they were asked about; a CRM that takes as long as it is told to."""

    go: threading.Event
    error: Exception | None = None

    def kept(self, user: str) -> Asker:
        raise MustAskError

    def asked(self, user: str) -> Asker:
        return Asker(self, user=user)

    def readable(self, account_ids: Collection[str]) -> frozenset[str]:
        assert self.go.wait(10)
        if self.error is not None:
            raise self.error
        return frozenset(account_ids)


def going(error: Exception | None = None) -> Slow:
    slow = Slow(threading.Event(), error)
    slow.go.set()
    return slow


@pytest.mark.parametrize("mode", MODES)
def test_what_has_to_be_asked_is_acknowledged_first_and_answered_when_it_is_known(mode: str) -> None:
    world, slow = new_world(), Slow(threading.Event())
    with serving_app(world, Store(), mode, lambda _client: slow):
        interaction = world.slash_command("U1", "acme.com", "#cs-risk")
        assert interaction.acked
        assert interaction.shown == []
        slow.go.set()
        (shown,) = interaction.wait()
    assert shown["text"] == "Acme & Sons as of 2026-02-28"
    assert [(entry.kind, entry.user) for entry in world.journal] == [("ephemeral", "U1")]


@pytest.mark.parametrize("mode", MODES)
def test_who_may_see_nothing_is_told_why(mode: str) -> None:
    world = new_world()
    with serving_app(world, Store(), mode, lambda _client: going(ClosedError("nobody has your address"))):
        (shown,) = world.slash_command("U1", "acme.com", "#cs-risk").wait()
    assert shown["text"] == "Nothing can be shown to you"
    assert "nobody has your address" in str(shown["blocks"])
    assert "Acme" not in str(shown)


def test_a_failure_after_the_acknowledgement_is_told_with_a_reference() -> None:
    world = new_world()
    with serving_app(world, Store(), "socket", lambda _client: going(RuntimeError("a secret"))):
        (shown,) = world.slash_command("U1", "acme.com", "#cs-risk").wait()
    assert shown["text"].startswith("Sorry, that did not work.")
    assert "secret" not in str(shown)


@pytest.mark.parametrize("mode", MODES)
def test_a_shared_answer_is_seen_by_everybody_in_the_channel(mode: str) -> None:
    world = new_world()
    with serving_app(world, Store(), mode):
        (shown,) = world.slash_command("U1", "acme.com share", "#cs-risk").wait()
    assert shown["text"] == "Acme & Sons as of 2026-02-28"
    assert [message.content.text for message in world.said("#cs-risk")] == ["Acme & Sons as of 2026-02-28"]


def test_nothing_is_shared_with_another_company() -> None:
    world = new_world()
    outside = share_outside(world, "#cs-risk")
    with serving_app(world, Store()):
        (shown,) = world.slash_command("U1", "acme.com share", outside).wait()
    assert "Not shared: this channel is shared with another company. Only you see this." in str(shown["blocks"][0])
    assert world.said("#cs-risk") == []


@pytest.mark.parametrize("mode", MODES)
def test_what_is_chosen_under_an_answer_is_answered_in_its_place(mode: str) -> None:
    world = new_world()
    with serving_app(world, Store(), mode):
        question = world.slash_command("U1", "acne", "#cs-risk")
        (asked,) = question.wait()
        menu = asked["blocks"][-1]["elements"][0]
        value = menu["options"][0]["value"]
        chosen = world.press("U1", "#cs-risk", asked["ts"], menu["action_id"], value)
        assert chosen.acked
        (shown,) = chosen.wait()
    assert shown["text"] == "Acme & Sons as of 2026-02-28"
    assert chosen.responses[0]["replace_original"] is True


TABLE = Table((Column("Account"),), (Row((Cell("Acme"),)),), native=True)


@pytest.mark.parametrize("mode", MODES)
def test_a_table_that_slack_refuses_comes_as_lines(mode: str) -> None:
    world = new_world()
    store = Store(told=Message("answer", "a table", (TABLE,)))
    with serving_app(world, store, mode):
        newer = world.slash_command("U1", "acme.com", "#cs-risk")
        assert newer.ack is None, "what may be refused is not said in the acknowledgement"
        assert [one["type"] for one in newer.wait()[0]["blocks"]] == ["table"]
        world.newer_blocks = False
        older = world.slash_command("U1", "acme.com", "#cs-risk")
        assert [one["type"] for one in older.wait()[0]["blocks"]] == ["section"]


def share_outside(world: SlackWorld, name: str) -> str:
    """Share a channel with another company."""
    channel = next(one for one in world.rooms.channels.values() if f"#{one.name}" == name)
    world.rooms.channels[channel.id] = replace(channel, is_ext_shared=True)
    return name
