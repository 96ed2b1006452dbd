"""The shortcuts "Look up account", over both transports."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import pytest

from bot.desk.asking import Asker, ClosedError, MustAskError
from bot.sandbox import slack_filling
from bot.slack.shortcuts import LOOK_UP, LOOK_UP_IN_MESSAGE, shortcuts
from tests.slack.desk import ACME, Store, new_world, serving_app

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from bot.sandbox.slack import SlackWorld

MODES = ("socket", "http")
HIDDEN = replace(ACME, account_id="001H", name="Acme Hidden", domain="hidden.example")
TWIN = replace(ACME, account_id="001Z", name=ACME.name, domain="acme.example")
ALL = (ACME, HIDDEN, TWIN)
FIELD = "look_up_account_name"


@dataclass
class Crm:
    """Shows everything but what is hidden; until somebody was asked about, nobody is known."""

    hidden: frozenset[str] = frozenset({"001H"})
    known: set[str] = field(default_factory=set)
    closed: str = ""
    go: threading.Event = field(default_factory=threading.Event)
    """Whether the CRM answers."""

    def kept(self, user: str) -> Asker:
        if user not in self.known:
            raise MustAskError
        return Asker(self, user=user)

    def asked(self, user: str) -> Asker:
        assert self.go.wait(10)
        if self.closed:
            raise ClosedError(self.closed)
        self.known.add(user)
        return Asker(self, user=user)

    def readable(self, account_ids: Collection[str]) -> frozenset[str]:
        return frozenset(account_ids) - self.hidden


@pytest.fixture(scope="module", params=MODES)
def place(request: pytest.FixtureRequest) -> Iterator[tuple[SlackWorld, Crm]]:
    world, crm, store = new_world(), Crm(), Store(ALL)
    with serving_app(world, store, request.param, lambda _: crm, rooms=(shortcuts(store),)):
        yield world, crm


@pytest.fixture(autouse=True)
def _afresh(place: tuple[SlackWorld, Crm]) -> None:
    world, crm = place
    world.views.open.clear()
    crm.known.clear()
    crm.closed = ""
    crm.go.set()


def _opened(world: SlackWorld, user: str = "U1") -> dict[str, Any]:
    assert world.wait(lambda _: bool(world.views.open))
    return world.views.of(user).content


def _shown(world: SlackWorld, title: str) -> None:
    assert world.wait(lambda _: title in str(world.views.of("U1").content))


def test_an_account_is_looked_up_from_anywhere(place: tuple[SlackWorld, Crm]) -> None:
    world, _ = place
    assert slack_filling.shortcut(world, "U1", LOOK_UP).acked
    assert _opened(world)["title"]["text"] == "Look up account"
    offered = slack_filling.suggestions(world, "U1", FIELD, "acme")
    assert offered == [("Acme & Sons (acme.com)", "001A"), ("Acme & Sons (acme.example)", "001Z")], "not the hidden one"
    sent = slack_filling.submit(world, "U1", {FIELD: "001A"})
    assert (sent.acked, sent.error) == (True, None)
    _shown(world, "Acme & Sons")
    assert "submit" not in world.views.of("U1").content


def test_who_is_not_known_yet_is_asked_about_within_the_acknowledgement(place: tuple[SlackWorld, Crm]) -> None:
    world, _ = place
    slack_filling.shortcut(world, "U1", LOOK_UP)
    _opened(world)
    sent = slack_filling.submit(world, "U1", {FIELD: "001A"})
    assert sent.ack is not None
    assert "Acme & Sons" in str(sent.ack["view"])


def test_where_the_crm_takes_its_time_the_account_comes_later(
    place: tuple[SlackWorld, Crm], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.slack.shortcuts._PATIENCE", 0.1)
    monkeypatch.setattr("bot.slack.shortcuts._OVERTAKING", 0.3)
    world, crm = place
    crm.go.clear()
    slack_filling.shortcut(world, "U1", LOOK_UP)
    _opened(world)
    assert slack_filling.suggestions(world, "U1", FIELD, "acme") == []
    sent = slack_filling.submit(world, "U1", {FIELD: "001A"})
    assert sent.ack is not None
    assert "One moment" in str(sent.ack["view"])
    crm.go.set()
    _shown(world, "Acme & Sons")


def test_what_somebody_may_not_see_is_not_shown_to_who_names_its_id(place: tuple[SlackWorld, Crm]) -> None:
    world, crm = place
    crm.known.add("U1")
    slack_filling.shortcut(world, "U1", LOOK_UP)
    _opened(world)
    sent = slack_filling.submit(world, "U1", {FIELD: "001H"})
    assert sent.error is None
    assert "Hidden" not in str(world.views.of("U1").content)


def test_who_is_shown_nothing_is_told_why(place: tuple[SlackWorld, Crm]) -> None:
    world, crm = place
    crm.closed = "you are a guest of this workspace"
    slack_filling.shortcut(world, "U1", LOOK_UP)
    _opened(world)
    assert slack_filling.suggestions(world, "U1", FIELD, "acme") == []
    slack_filling.submit(world, "U1", {FIELD: "001A"})
    _shown(world, "you are a guest of this workspace")
    assert "Acme" not in str(world.views.of("U1").content)


def test_a_message_that_names_one_account_is_answered_beside_it(place: tuple[SlackWorld, Crm]) -> None:
    world, _ = place
    text = "can you call <http://acme.com|acme.com>, and Acme Hidden?"
    chosen = slack_filling.message_shortcut(world, "U1", "#cs-risk", LOOK_UP_IN_MESSAGE, {"text": text})
    assert chosen.acked
    assert [one["text"] for one in chosen.wait()] == ["Acme & Sons as of 2026-02-28"]
    assert world.views.open == {}


def test_of_several_accounts_in_a_message_one_is_chosen(place: tuple[SlackWorld, Crm]) -> None:
    world, _ = place
    message = {"text": "look:", "attachments": [{"text": "acme.com and acme.example, hidden.example"}]}
    chosen = slack_filling.message_shortcut(world, "U1", "#cs-risk", LOOK_UP_IN_MESSAGE, message)
    (shown,) = chosen.wait()
    menu = next(block for block in shown["blocks"] if block["type"] == "actions")["elements"][0]
    assert [option["value"] for option in menu["options"]] == ["001A", "001Z"]
    assert "Hidden" not in str(shown)


def test_a_message_without_an_account_opens_the_modal(place: tuple[SlackWorld, Crm]) -> None:
    world, _ = place
    chosen = slack_filling.message_shortcut(world, "U1", "#cs-risk", LOOK_UP_IN_MESSAGE, {"text": "<@W222> test"})
    assert chosen.acked
    assert _opened(world)["blocks"][0]["text"]["text"] == "The message names no account that is known here."


def test_an_account_that_may_not_be_seen_is_as_if_it_were_none(place: tuple[SlackWorld, Crm]) -> None:
    world, _ = place
    views = []
    for text in ("hidden.example", "nobody.example"):
        world.views.open.clear()
        slack_filling.message_shortcut(world, "U1", "#cs-risk", LOOK_UP_IN_MESSAGE, {"text": text})
        views.append(_opened(world))
    assert views[0] == views[1]
    assert views[0]["blocks"][0]["text"]["text"] == "The message names no account that is known here."


@pytest.mark.parametrize("text", ["acme.com", "nobody.example"])
def test_who_is_shown_nothing_is_told_why_whatever_a_message_names(place: tuple[SlackWorld, Crm], text: str) -> None:
    world, crm = place
    crm.closed = "you are a guest of this workspace"
    chosen = slack_filling.message_shortcut(world, "U1", "#cs-risk", LOOK_UP_IN_MESSAGE, {"text": text})
    (shown,) = chosen.wait()
    assert "you are a guest of this workspace" in str(shown)
