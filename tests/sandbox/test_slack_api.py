"""The stand-in's Web API, by the real client."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from bot.sandbox.slack import UNLIMITED, SlackChannel, SlackUser, SlackWorld
from tests.sandbox.slack_server import Server, slack_server

if TYPE_CHECKING:
    from collections.abc import Iterator

ADA = SlackUser("U1ADA", "Ada Byron", "ada@example.com", "Europe/London")
GONE = SlackUser("U2GONE", "Gone Person", "gone@example.com", deleted=True)
CHANNELS = (
    "#cs-risk",
    SlackChannel("shared-acme", is_ext_shared=True),
    SlackChannel("old", is_archived=True),
    SlackChannel("elsewhere", has_bot=False),
    SlackChannel("secret", is_private=True, has_bot=False),
    SlackChannel("leads", is_private=True),
)
SECTION = {"type": "section", "text": {"type": "mrkdwn", "text": "Acme is at *41 %*"}}


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with slack_server() as server:
        yield server


@pytest.fixture
def world() -> SlackWorld:
    return SlackWorld((ADA, GONE), CHANNELS, limits=UNLIMITED)


@pytest.fixture
def client(world: SlackWorld, server: Server) -> WebClient:
    return _client(world.bot_token, server.show(world))


def _client(token: str | None, address: str) -> WebClient:
    return WebClient(token, f"{address}/api/", retry_handlers=[])


def _error(call: Any, **arguments: Any) -> str:  # noqa: ANN401 - any method of the client
    with pytest.raises(SlackApiError) as caught:
        call(**arguments)
    return str(caught.value.response["error"])


def test_a_post_answers_with_the_channels_id_and_stands_in_the_journal(world: SlackWorld, client: WebClient) -> None:
    answer = client.chat_postMessage(channel="#cs-risk", text="Acme", blocks=[SECTION])
    assert answer["channel"] == world.rooms.find("cs-risk").id
    assert answer["message"]["blocks"][0]["text"] == SECTION["text"]
    (entry,) = world.journal
    assert (entry.kind, entry.channel_name, entry.ts, entry.text) == ("post", "cs-risk", answer["ts"], "Acme")


def test_timestamps_are_texts_that_increase_though_the_clock_stands_still(server: Server) -> None:
    noon = datetime(2026, 3, 1, 12, tzinfo=UTC)
    world = SlackWorld((ADA,), ("#a",), clock=lambda: noon, limits=UNLIMITED)
    client = _client(world.bot_token, server.show(world))
    stamps = [client.chat_postMessage(channel="#a", text="x")["ts"] for _ in range(3)]
    assert stamps == ["1772366400.000000", "1772366400.000001", "1772366400.000002"]


def test_a_form_carries_blocks_as_text_and_does_the_same(world: SlackWorld, client: WebClient) -> None:
    form = {"channel": "cs-risk", "text": "Acme", "blocks": '[{"type": "divider"}]'}
    assert client.api_call("chat.postMessage", params=form)["ok"]
    assert [block["type"] for block in world.journal[0].blocks] == ["divider"]


def test_an_update_with_text_alone_deletes_the_blocks_and_keeps_the_metadata(
    world: SlackWorld, client: WebClient
) -> None:
    metadata = {"event_type": "headroom_notice", "event_payload": {"id": "n1"}}
    posted = client.chat_postMessage(channel="#cs-risk", text="Acme", blocks=[SECTION], metadata=metadata)
    client.chat_update(channel=posted["channel"], ts=posted["ts"], text="Acme, claimed")
    (message,) = client.conversations_history(channel=posted["channel"], include_all_metadata=True)["messages"]
    assert "blocks" not in message
    assert message["text"] == "Acme, claimed"
    assert message["metadata"] == metadata
    assert message["ts"] == posted["ts"]
    assert [entry.kind for entry in world.journal] == ["post", "update"]


def test_history_shows_metadata_on_request_only(client: WebClient) -> None:
    metadata = {"event_type": "headroom_notice", "event_payload": {"id": "n1"}}
    posted = client.chat_postMessage(channel="#cs-risk", text="x", metadata=metadata)
    assert "metadata" not in client.conversations_history(channel=posted["channel"])["messages"][0]


def test_history_is_newest_first_in_pages_and_without_thread_answers(client: WebClient) -> None:
    posts = [client.chat_postMessage(channel="#cs-risk", text=str(number)) for number in range(5)]
    channel = posts[0]["channel"]
    client.chat_postMessage(channel=channel, text="in the thread", thread_ts=posts[0]["ts"])
    pages = [page["messages"] for page in client.conversations_history(channel=channel, limit=2)]
    assert [[message["text"] for message in page] for page in pages] == [["4", "3"], ["2", "1"], ["0"]]
    thread = client.conversations_replies(channel=channel, ts=posts[0]["ts"])["messages"]
    assert [message["text"] for message in thread] == ["0", "in the thread"]


@pytest.mark.parametrize(
    ("inclusive", "texts"), [(True, ["3", "2", "1"]), (False, ["2"])], ids=["inclusive", "exclusive"]
)
def test_history_keeps_to_its_span(client: WebClient, inclusive: bool, texts: list[str]) -> None:
    posts = [client.chat_postMessage(channel="#cs-risk", text=str(number)) for number in range(5)]
    answer = client.conversations_history(
        channel=posts[0]["channel"], oldest=posts[1]["ts"], latest=posts[3]["ts"], inclusive=inclusive
    )
    assert [message["text"] for message in answer["messages"]] == texts


def test_people_are_found_by_address_whatever_its_case(client: WebClient) -> None:
    user = client.users_lookupByEmail(email="ADA@example.com")["user"]
    assert (user["id"], user["tz"], user["profile"]["email"]) == ("U1ADA", "Europe/London", "ada@example.com")
    assert client.users_info(user="U1ADA")["user"]["id"] == "U1ADA"
    assert _error(client.users_lookupByEmail, email="nobody@example.com") == "users_not_found"
    assert _error(client.users_lookupByEmail, email="gone@example.com") == "users_not_found"
    assert _error(client.users_info, user="U9") == "user_not_found"


def test_a_direct_message_is_opened_once(world: SlackWorld, client: WebClient) -> None:
    first = client.conversations_open(users="U1ADA")
    again = client.conversations_open(users=["U1ADA"])
    assert first["channel"]["id"] == again["channel"]["id"]
    assert again["already_open"]
    client.chat_postMessage(channel=first["channel"]["id"], text="hello")
    assert [message.content.text for message in world.said("U1ADA")] == ["hello"]
    assert world.journal[0].user == "U1ADA"


def test_a_conversation_tells_whether_other_companies_are_in_it(world: SlackWorld, client: WebClient) -> None:
    shared = world.rooms.find("shared-acme").id
    own = world.rooms.find("cs-risk").id
    assert client.conversations_info(channel=shared)["channel"]["is_ext_shared"] is True
    assert client.conversations_info(channel=own)["channel"]["is_ext_shared"] is False
    assert _error(client.conversations_info, channel="#cs-risk") == "channel_not_found"


def test_the_list_of_channels_shows_private_ones_to_members_only(client: WebClient) -> None:
    answer = client.conversations_list(types="public_channel,private_channel", exclude_archived=True, limit=2)
    names = [channel["name"] for page in answer for channel in page["channels"]]
    assert sorted(names) == ["cs-risk", "elsewhere", "leads", "shared-acme"]


def test_an_ephemeral_message_is_in_no_history(world: SlackWorld, client: WebClient) -> None:
    channel = world.rooms.find("cs-risk").id
    client.chat_postEphemeral(channel=channel, user="U1ADA", text="psst")
    assert client.conversations_history(channel=channel)["messages"] == []
    assert [(entry.kind, entry.user) for entry in world.journal] == [("ephemeral", "U1ADA")]


BAD_POSTS: list[tuple[dict[str, Any], str]] = [
    ({"channel": "#nowhere", "text": "x"}, "channel_not_found"),
    ({"channel": "#old", "text": "x"}, "is_archived"),
    ({"channel": "#elsewhere", "text": "x"}, "not_in_channel"),
    ({"channel": "#secret", "text": "x"}, "channel_not_found"),
    ({"channel": "#cs-risk", "text": "  "}, "no_text"),
    ({"channel": "#cs-risk", "text": "x", "blocks": [{"type": "bogus"}]}, "invalid_blocks"),
    ({"channel": "#cs-risk", "text": "x", "blocks": "[{"}, "invalid_blocks_format"),
    ({"channel": "#cs-risk", "text": "x", "metadata": {"event_type": "only"}}, "invalid_metadata_schema"),
    ({"channel": "U2GONE", "text": "x"}, "user_disabled"),
]


@pytest.mark.parametrize(("arguments", "error"), BAD_POSTS, ids=[error for _, error in BAD_POSTS])
def test_a_bad_post_is_refused_in_slacks_words_and_leaves_nothing(
    world: SlackWorld, client: WebClient, arguments: dict[str, Any], error: str
) -> None:
    assert _error(client.api_call, api_method="chat.postMessage", json=arguments) == error
    assert world.journal == []


def test_bad_blocks_are_named_one_by_one(client: WebClient) -> None:
    blocks = [{"type": "header", "text": {"type": "plain_text", "text": "x" * 151}}]
    with pytest.raises(SlackApiError) as caught:
        client.chat_postMessage(channel="#cs-risk", text="x", blocks=blocks)
    assert caught.value.response["errors"] == ["must be less than 151 characters [json-pointer:/blocks/0/text/text]"]
    with pytest.raises(SlackApiError) as caught:
        client.blocks_validate(blocks=blocks)
    (error,) = caught.value.response["errors"]
    assert (caught.value.response["error"], error["pointer"]) == ("invalid_blocks", "/0/text/text")
    assert client.blocks_validate(blocks=[SECTION])["ok"]
    assert client.blocks_validate(message={"text": "x", "blocks": [SECTION]})["ok"]


def test_an_update_takes_no_more_than_4000_characters_and_only_what_is_there(
    world: SlackWorld, client: WebClient
) -> None:
    posted = client.chat_postMessage(channel="#cs-risk", text="x")
    there = {"channel": posted["channel"], "ts": posted["ts"]}
    assert client.chat_update(**there, text="x" * 4000)["ok"]
    assert _error(client.chat_update, **there, text="x" * 4001) == "msg_too_long"
    assert _error(client.chat_update, channel=posted["channel"], ts="1.000000", text="x") == "message_not_found"
    assert _error(client.chat_update, channel="#cs-risk", ts=posted["ts"], text="x") == "channel_not_found"
    whisper = client.chat_postEphemeral(channel=posted["channel"], user="U1ADA", text="psst")
    there["ts"] = whisper["message_ts"]
    assert _error(client.chat_update, **there, text="x") == "cant_update_message"
    assert [entry.kind for entry in world.journal] == ["post", "update", "ephemeral"]


def test_each_token_opens_its_own_door_only(world: SlackWorld, server: Server) -> None:
    address = server.show(world)
    assert _client(world.bot_token, address).auth_test()["user_id"] == "U0HEADROOM"
    assert _error(_client(None, address).auth_test) == "not_authed"
    assert _error(_client("xoxb-wrong", address).auth_test) == "invalid_auth"
    assert _error(_client(world.app_token, address).auth_test) == "not_allowed_token_type"
    bot = _client(world.bot_token, address)
    assert _error(bot.apps_connections_open, app_token=world.bot_token) == "not_allowed_token_type"
    assert bot.apps_connections_open(app_token=world.app_token)["url"].startswith("ws://127.0.0.1:")
    assert _error(bot.api_call, api_method="chat.sing") == "unknown_method"


def test_what_the_manifest_does_not_ask_for_is_refused(server: Server) -> None:
    world = SlackWorld((ADA,), ("#a",), scopes=frozenset({"chat:write"}))
    client = _client(world.bot_token, server.show(world))
    channel = client.chat_postMessage(channel="#a", text="x")["channel"]
    with pytest.raises(SlackApiError) as caught:
        client.conversations_history(channel=channel)
    assert caught.value.response["error"] == "missing_scope"
    assert caught.value.response["needed"] == "channels:history"
    assert _error(client.users_lookupByEmail, email="ada@example.com") == "missing_scope"


def test_a_second_post_within_the_second_meets_429_and_is_not_kept(server: Server) -> None:
    now = [datetime(2026, 3, 1, tzinfo=UTC)]
    world = SlackWorld((ADA,), ("#a", "#b"), clock=lambda: now[0])
    client = _client(world.bot_token, server.show(world))
    client.chat_postMessage(channel="#a", text="1")
    with pytest.raises(SlackApiError) as caught:
        client.chat_postMessage(channel="#a", text="2")
    assert caught.value.response.status_code == 429
    assert caught.value.response["error"] == "ratelimited"
    assert caught.value.response.headers["Retry-After"] == "1"
    client.chat_postMessage(channel="#b", text="another channel")
    now[0] += timedelta(seconds=1)
    client.chat_postMessage(channel="#a", text="2")
    assert [entry.text for entry in world.journal] == ["1", "another channel", "2"]


def test_the_fifty_first_update_of_a_minute_meets_429(server: Server) -> None:
    now = [datetime(2026, 3, 1, tzinfo=UTC)]
    world = SlackWorld((ADA,), ("#a",), clock=lambda: now[0])
    client = _client(world.bot_token, server.show(world))
    posted = client.chat_postMessage(channel="#a", text="x")
    there = {"channel": posted["channel"], "ts": posted["ts"]}
    for number in range(50):
        client.chat_update(**there, text=str(number))
    now[0] += timedelta(seconds=20)
    with pytest.raises(SlackApiError) as caught:
        client.chat_update(**there, text="too many")
    assert caught.value.response.headers["Retry-After"] == "40"
    now[0] += timedelta(seconds=40)
    assert client.chat_update(**there, text="a minute later")["ok"]


class TestThreads:
    def test_a_message_with_answers_tells_so_and_an_answer_names_its_root(self, client: WebClient) -> None:
        root = client.chat_postMessage(channel="#cs-risk", text="root")
        channel = root["channel"]
        answers = [client.chat_postMessage(channel=channel, text=str(n), thread_ts=root["ts"]) for n in range(2)]
        shown, *_ = client.conversations_history(channel=channel)["messages"]
        assert (shown["thread_ts"], shown["reply_count"], shown["latest_reply"]) == (root["ts"], 2, answers[1]["ts"])
        assert answers[0]["message"]["thread_ts"] == root["ts"]
        replies = client.conversations_replies(channel=channel, ts=root["ts"])["messages"]
        assert [one.get("parent_user_id") for one in replies] == [None, "U0HEADROOM", "U0HEADROOM"]

    def test_a_broadcast_answer_stands_in_the_channel_too(self, client: WebClient) -> None:
        root = client.chat_postMessage(channel="#cs-risk", text="root")
        channel = root["channel"]
        client.chat_postMessage(channel=channel, text="hear", thread_ts=root["ts"], reply_broadcast=True)
        first, _ = client.conversations_history(channel=channel)["messages"]
        assert (first["text"], first["subtype"], first["root"]["text"]) == ("hear", "thread_broadcast", "root")

    def test_nothing_can_be_answered_that_is_not_there(self, client: WebClient) -> None:
        root = client.chat_postMessage(channel="#cs-risk", text="root")
        channel = root["channel"]
        client.chat_delete(channel=channel, ts=root["ts"])
        assert _error(client.chat_postMessage, channel=channel, text="x", thread_ts=root["ts"]) == "thread_not_found"
        assert _error(client.conversations_replies, channel=channel, ts=root["ts"]) == "thread_not_found"

    def test_a_removed_root_leaves_a_tombstone_under_which_the_thread_goes_on(
        self, client: WebClient, world: SlackWorld
    ) -> None:
        root = client.chat_postMessage(
            channel="#cs-risk", text="root", metadata={"event_type": "a", "event_payload": {}}
        )
        channel = root["channel"]
        client.chat_postMessage(channel=channel, text="answer", thread_ts=root["ts"])
        client.chat_delete(channel=channel, ts=root["ts"])
        assert _error(client.chat_delete, channel=channel, ts=root["ts"]) == "message_not_found"
        client.chat_postMessage(channel=channel, text="another", thread_ts=root["ts"])
        tombstone, *answers = client.conversations_replies(channel=channel, ts=root["ts"], include_all_metadata=True)[
            "messages"
        ]
        assert (tombstone["subtype"], "metadata" in tombstone) == ("tombstone", False)
        assert [one["text"] for one in answers] == ["answer", "another"]
        assert [one.content.text for one in world.said("#cs-risk")] == ["answer", "another"]


def test_what_comes_too_early_is_counted(world: SlackWorld, server: Server) -> None:
    strict = SlackWorld((ADA,), CHANNELS)
    client = _client(strict.bot_token, server.show(strict))
    client.chat_postMessage(channel="#cs-risk", text="1")
    assert _error(client.chat_postMessage, channel="#cs-risk", text="2") == "ratelimited"
    assert strict.throttled == {"chat.postMessage": 1}
