"""Pasted addresses of accounts, over both transports: shown to whom they may be, where they may be."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import pytest

from bot.desk.asking import Asker, ClosedError
from bot.messages.message import Button, Buttons, Fields, Headline, Message, Note, Text
from bot.sandbox.slack import SlackChannel
from bot.sandbox.slack_unfurl import COMPOSER, Pasted, paste
from bot.slack.unfurling import Once, unfurling
from tests.slack.desk import ACME, Store, new_world, serving_app

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from bot.messages.speech import Speech
    from bot.sandbox.slack import SlackWorld
    from bot.state.rows import AccountView

ID = "0015g00000KqXyZAAV"
LINK = f"https://ours.lightning.force.com/lightning/r/Account/{ID}/view"
SHORT = f"https://ours.my.salesforce.com/{ID[:15]}"
NORTH = replace(
    ACME, account_id=ID, name="North <!here> & Co", url=f"https://ours.my.salesforce.com/{ID}", external_id=ID[:15]
)
HIDDEN = replace(NORTH, account_id="0015g00000Hiddn", name="Hidden", external_id=None)
CHANNELS = (
    "#cs-risk",
    SlackChannel("#with-them", is_ext_shared=True),
    SlackChannel("#named", is_ext_shared=True),
    SlackChannel("#closed", is_private=True, has_bot=False),
    SlackChannel("#closed-shared", is_private=True, has_bot=False, is_ext_shared=True),
)


class Accounts(Store):
    """Finds ids of 15 characters, too."""

    def find_account(self, text: str) -> AccountView | None:
        return next((one for one in self.accounts if text in {one.account_id, one.external_id}), None)


def say(view: AccountView, _speech: Speech) -> Message:
    blocks = (
        Headline(f"{view.name}: 41 %"),
        Text("41 of 100 seats"),
        Fields((("Owner", "Dana"),)),
        Text("*Open alerts*"),
        Buttons((Button("Open", "open_crm", url="https://a.example"),)),
        Note(("As of yesterday",)),
    )
    return Message("answer", "s", blocks)


@dataclass
class Sight:
    """Shows everything but what is hidden, or nothing at all."""

    closed: str = ""
    asked_for: list[str] = field(default_factory=list)

    def kept(self, user: str) -> Asker:
        return self.asked(user)

    def asked(self, user: str) -> Asker:
        return Asker(self, user=user)

    def readable(self, account_ids: Collection[str]) -> frozenset[str]:
        closed = self.closed
        self.asked_for += account_ids
        if closed:
            raise ClosedError(closed)
        return frozenset(account_ids) - {HIDDEN.account_id}


@pytest.fixture(scope="module", params=["socket", "http"])
def place(request: pytest.FixtureRequest) -> Iterator[tuple[SlackWorld, Sight]]:
    world, sight, store = new_world(), Sight(), Accounts((NORTH, HIDDEN))
    made = type(world)(world.users, CHANNELS, limits=world.limits)
    rooms = (unfurling(store, say),)
    with serving_app(made, store, request.param, lambda _: sight, rooms=rooms, shared=("#named",)):
        yield made, sight


@pytest.fixture(autouse=True)
def _afresh(place: tuple[SlackWorld, Sight]) -> None:
    place[1].closed = ""
    place[1].asked_for.clear()


def _unfurled(world: SlackWorld, pasted: Pasted) -> dict[str, object]:
    assert world.wait(lambda _: pasted.unfurl_id in world.unfurls.shown)
    return world.unfurls.shown[pasted.unfurl_id]


def _nothing(world: SlackWorld, pasted: Pasted) -> bool:
    """Let everything that came before be done: what is pasted after it has been unfurled."""
    after, _ = paste(world, "U2", "#cs-risk", LINK)
    _unfurled(world, after)
    return pasted.unfurl_id not in world.unfurls.shown


def test_a_pasted_account_is_shown_where_it_was_pasted(place: tuple[SlackWorld, Sight]) -> None:
    world, sight = place
    pasted, sent = paste(world, "U1", "#cs-risk", LINK, "https://else.lightning.force.com/x", "https://a.example/")
    assert sent.acked
    (shown,) = _unfurled(world, pasted).items()
    assert shown[0] == LINK
    assert sight.asked_for == [ID]
    assert [block["type"] for block in shown[1]["blocks"]] == ["header", "section", "context"]  # type: ignore[index]  # JSON
    assert "Dana" not in str(shown)
    assert "Open alerts" not in str(shown)


def test_links_of_every_shape_are_shown_once_each(place: tuple[SlackWorld, Sight]) -> None:
    world, _ = place
    pasted, _sent = paste(world, "U1", "#cs-risk", LINK, SHORT, LINK)
    assert list(_unfurled(world, pasted)) == [LINK, SHORT]


def test_a_link_of_another_org_is_left_alone(place: tuple[SlackWorld, Sight]) -> None:
    world, _ = place
    pasted, sent = paste(world, "U1", "#cs-risk", LINK.replace("ours", "theirs"))
    assert sent.acked
    assert _nothing(world, pasted)


def test_what_the_person_who_pasted_may_not_see_is_not_shown(place: tuple[SlackWorld, Sight]) -> None:
    world, _ = place
    hidden = f"https://ours.lightning.force.com/lightning/r/Account/{HIDDEN.account_id}/view"
    pasted, _sent = paste(world, "U1", "#cs-risk", hidden, LINK)
    assert list(_unfurled(world, pasted)) == [LINK]
    assert place[1].asked_for == [HIDDEN.account_id, ID], "it is known, and was asked about"


def test_a_stranger_or_a_guest_unfurls_nothing(place: tuple[SlackWorld, Sight]) -> None:
    world, sight = place
    sight.closed = "you are a guest of this workspace"
    pasted, sent = paste(world, "U1", "#cs-risk", LINK)
    assert sent.acked
    for _ in range(500):
        if sight.asked_for:
            break
        time.sleep(0.01)
    sight.closed = ""
    assert _nothing(world, pasted)


@pytest.mark.parametrize(("channel", "unfurls"), [("#with-them", False), ("#named", True), ("#closed-shared", False)])
def test_a_channel_that_another_company_reads_gets_nothing_unless_it_is_named(
    place: tuple[SlackWorld, Sight], channel: str, unfurls: bool
) -> None:
    world, _ = place
    pasted, _sent = paste(world, "U1", channel, LINK)
    if unfurls:
        assert list(_unfurled(world, pasted)) == [LINK]
    else:
        assert _nothing(world, pasted)


def test_where_the_app_is_no_member_slacks_own_word_has_to_do(place: tuple[SlackWorld, Sight]) -> None:
    world, _ = place
    pasted, _sent = paste(world, "U1", "#closed", LINK)
    assert list(_unfurled(world, pasted)) == [LINK]


def test_while_it_is_being_written_only_who_writes_sees_the_name(place: tuple[SlackWorld, Sight]) -> None:
    world, _ = place
    pasted, _sent = paste(world, "U1", "#with-them", LINK, source=COMPOSER)
    shown = _unfurled(world, pasted)[LINK]
    assert isinstance(shown, dict)
    assert shown["preview"]["title"]["text"] == "North <!here> & Co", "plain text: nothing pings"
    assert "North" not in str(shown["blocks"]), "what is shown here could be posted along"
    assert "41" not in str(shown)


def test_an_event_that_comes_again_is_done_once(place: tuple[SlackWorld, Sight]) -> None:
    world, _ = place
    first, _sent = paste(world, "U1", "#cs-risk", LINK, event_id="EvTwice")
    _unfurled(world, first)
    again, sent = paste(world, "U1", "#cs-risk", LINK, event_id="EvTwice")
    assert sent.acked
    assert _nothing(world, again)


def test_what_was_seen_is_forgotten_in_time() -> None:
    once = Once()
    assert once.first("Ev1")
    assert not once.first("Ev1")
    assert all(once.first(f"Ev{number}") for number in range(2, 2_100))
    assert once.first("Ev1")
    assert once.first("")
    assert once.first("")
