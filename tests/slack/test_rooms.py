"""Who may speak for a channel, as a stand-in Slack tells it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bot.desk.wishes import RefusedWishError
from bot.messages.speech import Speech
from bot.sandbox.slack import UNLIMITED, SlackChannel, SlackUser, SlackWorld, serving_slack
from bot.slack.channels import Channels
from bot.slack.client import web_client
from bot.slack.rooms import NamedRooms, SlackRooms
from tests.slack.desk import access_of

if TYPE_CHECKING:
    from collections.abc import Iterator

USERS = tuple(SlackUser(f"U{number:04}", f"N{number}", f"n{number}@ours.example") for number in range(1200))
CHANNELS = (
    SlackChannel("cs-team", "C0000TEAM1", members=("U0001",)),
    SlackChannel("cs-all", "C00000ALL1"),
    SlackChannel("secret", "C0SECRET01", is_private=True, members=("U0001",)),
    SlackChannel("no-app", "C000NOAPP1", has_bot=False),
    SlackChannel("no-app-secret", "C000NOAPP2", has_bot=False, is_private=True),
    SlackChannel("with-customers", "C0SHARED01", is_ext_shared=True),
    SlackChannel("allowed", "C0SHARED02", is_ext_shared=True),
    SlackChannel("ext-bigcorp", "C0SHARED03", is_ext_shared=True, is_private=True, members=("U0001",)),
    SlackChannel("old", "C00000OLD1", is_archived=True),
)


@pytest.fixture(scope="module")
def world() -> Iterator[SlackWorld]:
    made = SlackWorld(USERS, CHANNELS, limits=UNLIMITED)
    with serving_slack(made):
        yield made


@pytest.fixture
def rooms(world: SlackWorld) -> SlackRooms:
    client = web_client(access_of(world))
    channels = Channels(client, shared=("#allowed",))
    return SlackRooms(lambda: client, lambda: channels)


@pytest.mark.parametrize("channel", ["cs-team", "CS-Team", "C0000TEAM1"])
def test_a_member_speaks_for_a_channel_by_its_name_or_id(rooms: SlackRooms, channel: str) -> None:
    assert rooms.speaks_for(channel, "U0001", here=False) == "#cs-team"


def test_members_are_looked_for_on_every_page(rooms: SlackRooms) -> None:
    assert rooms.speaks_for("cs-all", "U1199", here=False) == "#cs-all"


def test_whoever_types_in_a_channel_is_in_it_and_whoever_runs_headroom_need_not_be(rooms: SlackRooms) -> None:
    assert rooms.speaks_for("C0000TEAM1", "U0002", here=True) == "#cs-team"
    assert rooms.speaks_for("cs-team", "", here=False) == "#cs-team"


def test_a_shared_channel_is_refused_unless_the_settings_name_it(rooms: SlackRooms) -> None:
    assert rooms.speaks_for("allowed", "U0001", here=True) == "#allowed"
    with pytest.raises(RefusedWishError, match="shared with another company"):
        rooms.speaks_for("with-customers", "U0001", here=True)


@pytest.mark.parametrize(
    ("channel", "user", "why"),
    [
        ("nowhere", "U0001", "There is no #nowhere that both you and the app are in"),
        ("ext-bigcorp", "U0002", "There is no #ext-bigcorp that both you and the app are in"),
        ("ext-bigcorp", "U0001", "shared with another company"),
        ("secret", "U0002", "There is no #secret that both you and the app are in"),
        ("no-app-secret", "U0001", "There is no #no-app-secret that both you and the app are in"),
        ("no-app", "U0001", "The app is not in #no-app. Invite the app there first"),
        ("old", "U0001", "is_archived"),
    ],
)
def test_where_the_app_or_the_person_is_not_nobody_speaks_for_it(
    rooms: SlackRooms, channel: str, user: str, why: str
) -> None:
    with pytest.raises(RefusedWishError, match=why):
        rooms.speaks_for(channel, user, here=False)


def test_it_is_said_in_the_language_of_who_asks(rooms: SlackRooms) -> None:
    with pytest.raises(RefusedWishError) as refused:
        rooms.speaks_for("no-app", "U0001", here=False, speech=Speech("de"))
    assert str(refused.value) == "Die App ist nicht in #no-app. Lade zuerst die App dorthin ein: /invite @Headroom"


def test_without_the_scope_it_is_said_which_is_missing(world: SlackWorld, rooms: SlackRooms) -> None:
    had = world.scopes
    world.scopes = frozenset(had) - {"channels:read"}
    try:
        with pytest.raises(RefusedWishError, match="channels:read"):
            rooms.speaks_for("C0000TEAM1", "U0001", here=False)
    finally:
        world.scopes = had


def test_where_messages_go_into_a_folder_a_channel_is_as_it_is_named() -> None:
    assert NamedRooms().speaks_for("CS-Team", "", here=False) == "#cs-team"
