"""The real client against a server whose troubles are written down: what is posted once stays posted once."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from slack_sdk import WebClient

from bot.errors import DeliveryError, UnclearError
from bot.slack.calls import RefusedError, SlackAuthError, UnknownAnswerError
from bot.slack.channels import CHECKED_FOR, Channels, SharedChannelError
from bot.slack.people import People
from bot.slack.sender import DrainResult, Policy, Sender
from bot.slack.transport import SlackTransport
from bot.state.rows import Sent
from tests.slack.scripted import client_of
from tests.state.samples import START, episode, message, notice, said

if TYPE_CHECKING:
    from bot.state.store import Store
    from tests.slack.scripted import Server
    from tests.state.samples import Clock

RISK = {"id": "C1", "name": "cs-risk"}


@pytest.fixture
def transport(store: Store, slack: Server, clock: Clock) -> SlackTransport:
    client = client_of(slack)
    slack.channels = [RISK]
    return SlackTransport(client, People(store, client), Channels(client, store.channel_of, clock=clock.monotonic))


@pytest.fixture
def sender(store: Store, transport: SlackTransport, clock: Clock) -> Sender:
    return Sender(store, transport, Policy(fallback="#ops"), clock.monotonic, clock.sleep)


class TestPosting:
    def test_a_message_carries_its_notice_id_and_nothing_else_of_it(
        self, transport: SlackTransport, slack: Server
    ) -> None:
        assert transport.post("C1", message(), "n-1") == Sent("C1", "1700000000.000100")
        (posted,) = slack.messages
        assert posted["metadata"] == {"event_type": "headroom_notice", "event_payload": {"id": "n-1"}}
        assert posted["text"] == message().summary
        assert posted["blocks"][0]["type"] == "header"
        assert (posted["unfurl_links"], posted["unfurl_media"]) == (False, False)

    def test_an_update_brings_blocks_and_text(self, transport: SlackTransport, slack: Server) -> None:
        """chat.update with text alone takes the blocks away."""
        sent = transport.post("C1", message(), "n-1")
        assert transport.update(sent, message("claimed"), "n-1") == sent
        (posted,) = slack.messages
        assert (posted["text"], posted["edits"], bool(posted["blocks"])) == ("claimed", 1, True)

    def test_a_client_that_retries_is_refused(self, store: Store) -> None:
        client = WebClient("xoxb-1")
        with pytest.raises(ValueError, match="would post twice"):
            SlackTransport(client, People(store, client), Channels(client))

    @pytest.mark.parametrize(
        "outcome",
        [
            "500",
            "500 after",
            "503",
            "reset",
            "reset after",
            "close after",
            "cut after",
            "silence after",
            "<html>proxy</html>",
            "<html>proxy</html> after",
            "[1] after",
            "null after",
            {"ok": True},
            {"ok": False, "error": "fatal_error"},
            {"ok": False, "error": "internal_error"},
            {"ok": False},
        ],
        ids=str,
    )
    def test_what_may_have_arrived_is_unclear(
        self, transport: SlackTransport, slack: Server, outcome: str | dict[str, object]
    ) -> None:
        slack.script["chat.postMessage"] = [outcome]
        with pytest.raises(UnclearError):
            transport.post("C1", message(), "n-1")
        assert slack.posts() == 1

    def test_a_word_that_is_on_no_list_is_unclear(self, transport: SlackTransport, slack: Server) -> None:
        slack.script["chat.postMessage"] = [{"ok": False, "error": "brand_new_word"}]
        with pytest.raises(UnknownAnswerError, match="brand_new_word"):
            transport.post("C1", message(), "n-1")

    @pytest.mark.parametrize("code", ["channel_not_found", "not_in_channel", "is_archived", "invalid_blocks"])
    def test_a_definite_no_is_permanent(self, transport: SlackTransport, slack: Server, code: str) -> None:
        slack.script["chat.postMessage"] = [{"ok": False, "error": code}]
        with pytest.raises(RefusedError, match=code) as raised:
            transport.post("C1", message(), "n-1")
        assert raised.value.permanent

    @pytest.mark.parametrize("code", ["invalid_auth", "token_revoked", "account_inactive", "not_authed"])
    def test_a_token_that_is_not_accepted_is_no_fault_of_the_message(
        self, transport: SlackTransport, slack: Server, code: str
    ) -> None:
        slack.script["chat.postMessage"] = [{"ok": False, "error": code}]
        with pytest.raises(SlackAuthError, match=code):
            transport.post("C1", message(), "n-1")

    def test_a_missing_scope_is_named(self, transport: SlackTransport, slack: Server) -> None:
        slack.script["chat.postMessage"] = [{"ok": False, "error": "missing_scope", "needed": "chat:write"}]
        with pytest.raises(SlackAuthError, match="add the scope 'chat:write'"):
            transport.post("C1", message(), "n-1")

    @pytest.mark.parametrize(
        ("outcome", "seconds"), [("429", 7.0), ({"ok": False, "error": "ratelimited"}, 10.0)], ids=["429", "ok: false"]
    )
    def test_slack_says_how_long_to_wait(
        self, transport: SlackTransport, slack: Server, outcome: str | dict[str, object], seconds: float
    ) -> None:
        slack.script["chat.postMessage"] = [outcome]
        with pytest.raises(DeliveryError) as raised:
            transport.post("C1", message(), "n-1")
        assert (type(raised.value), raised.value.retry_after, raised.value.permanent) == (DeliveryError, seconds, False)

    def test_a_refused_connection_is_not_unclear(self, store: Store) -> None:
        client = WebClient("xoxb-1", "http://127.0.0.1:1/api/", retry_handlers=[])
        transport = SlackTransport(client, People(store, client), Channels(client))
        with pytest.raises(DeliveryError) as raised:
            transport.post("C1", message(), "n-1")
        assert type(raised.value) is DeliveryError

    def test_the_token_stands_in_no_error(self, transport: SlackTransport, slack: Server) -> None:
        slack.script["chat.postMessage"] = ["500"]
        with pytest.raises(UnclearError) as raised:
            transport.post("C1", message(), "n-1")
        assert "xoxb" not in str(raised.value)


class TestFinding:
    def test_the_id_is_looked_for_on_every_page(self, transport: SlackTransport, slack: Server) -> None:
        placed = [transport.post("C1", message(), f"n-{number}") for number in range(5)]
        transport.post("C2", message(), "n-9")
        assert transport.find("C1", "n-0", START) == (placed[0],)
        assert slack.count("conversations.history") == 3
        assert transport.find("C1", "n-9", START) == ()

    def test_of_two_the_first_one_comes_first(self, transport: SlackTransport) -> None:
        both = tuple(transport.post("C1", message(), "n-1") for _ in range(2))
        assert transport.find("C1", "n-1", START) == both

    def test_the_history_is_read_with_metadata_from_the_first_attempt_on(
        self, transport: SlackTransport, slack: Server
    ) -> None:
        transport.find("C1", "n-1", START)
        _, asked = slack.calls[-1]
        assert asked["include_all_metadata"] in {"1", "True", "true", True}
        assert asked["oldest"] == f"{START.timestamp():.6f}"

    def test_metadata_of_another_app_is_not_ours(self, transport: SlackTransport, slack: Server) -> None:
        metadata = {"event_type": "other", "event_payload": {"id": "n-1"}}
        slack.messages = [
            {"ts": "1.0", "channel": "C1", "metadata": metadata},
            {"ts": "2.0", "channel": "C1"},
            {"ts": "3.0", "channel": "C1", "metadata": {}},
        ]
        assert transport.find("C1", "n-1", START) == ()

    @pytest.mark.parametrize("outcome", ["429", "500", "reset", {"ok": False, "error": "missing_scope"}], ids=str)
    def test_a_history_that_cannot_be_read_is_no_answer(
        self, transport: SlackTransport, slack: Server, outcome: str | dict[str, object]
    ) -> None:
        slack.script["conversations.history"] = [outcome]
        with pytest.raises(DeliveryError) as raised:
            transport.find("C1", "n-1", START)
        assert not isinstance(raised.value, SlackAuthError | UnclearError)

    @pytest.mark.parametrize("outcome", [{"ok": False, "error": "unknown_method"}, "404"], ids=str)
    def test_a_server_without_threads_is_looked_through_by_channel(
        self, transport: SlackTransport, slack: Server, outcome: str | dict[str, object]
    ) -> None:
        placed = transport.post("C1", message(), "n-1", "17.000100")
        slack.script["conversations.replies"] = [outcome]
        assert transport.find("C1", "n-1", START, "17.000100") == (placed,)


class TestChannels:
    def test_a_name_is_looked_up_on_every_page_and_remembered(
        self, transport: SlackTransport, slack: Server, clock: Clock
    ) -> None:
        slack.channels = [{"id": f"C{number}", "name": f"c{number}"} for number in range(5)]
        assert transport.resolve("#c4") == "C4"
        assert transport.resolve("#c4") == "C4"
        assert slack.count("conversations.list") == 3
        clock.forward(seconds=CHECKED_FOR)
        assert transport.resolve("#c4") == "C4"
        assert slack.count("conversations.list") == 6

    def test_an_id_is_a_channel_too(self, transport: SlackTransport, slack: Server) -> None:
        assert transport.resolve("C1") == "C1"
        assert slack.count("conversations.list") == 0

    def test_a_channel_that_a_message_went_to_is_asked_for_by_its_id(
        self, store: Store, transport: SlackTransport, slack: Server
    ) -> None:
        _deliver(store, "#cs-risk", Sent("C1", "1"))
        assert transport.resolve("#cs-risk") == "C1"
        assert (slack.count("conversations.info"), slack.count("conversations.list")) == (1, 0)

    def test_a_channel_that_got_another_name_is_not_the_one_that_is_meant(
        self, store: Store, transport: SlackTransport, slack: Server
    ) -> None:
        _deliver(store, "#cs-risk", Sent("C1", "1"))
        slack.channels = [{"id": "C1", "name": "lunch"}, {"id": "C2", "name": "cs-risk"}]
        assert transport.resolve("#cs-risk") == "C2"

    def test_a_channel_that_is_not_there_is_refused(self, transport: SlackTransport) -> None:
        with pytest.raises(RefusedError, match="#nowhere: Slack refused it \\(channel_not_found\\)"):
            transport.resolve("#nowhere")

    def test_an_archived_channel_is_refused(self, transport: SlackTransport, slack: Server) -> None:
        slack.channels = [RISK | {"is_archived": True}]
        with pytest.raises(RefusedError, match="is_archived"):
            transport.resolve("#cs-risk")

    @pytest.mark.parametrize("flag", ["is_ext_shared", "is_pending_ext_shared"])
    def test_a_channel_that_another_company_reads_gets_no_customer_data(
        self, transport: SlackTransport, slack: Server, flag: str
    ) -> None:
        slack.channels = [RISK | {flag: True}]
        for destination in ("#cs-risk", "C1"):
            with pytest.raises(SharedChannelError, match="shared with another company"):
                transport.resolve(destination)

    def test_unless_the_settings_say_so(self, slack: Server) -> None:
        slack.channels = [RISK | {"is_ext_shared": True}]
        client = client_of(slack)
        assert Channels(client, shared=["#cs-risk"]).resolve("#cs-risk") == "C1"
        assert Channels(client, shared=["#cs-risk"]).resolve("C1") == "C1"

    @pytest.mark.parametrize("outcome", [{"ok": False, "error": "unknown_method"}, "404"], ids=str)
    def test_a_server_without_a_list_of_channels_is_posted_to_by_name(
        self, transport: SlackTransport, slack: Server, outcome: str | dict[str, object]
    ) -> None:
        slack.script["conversations.list"] = [outcome]
        assert transport.resolve("#cs-risk") == "#cs-risk"

    @pytest.mark.parametrize("outcome", ["500", "reset", "429"])
    def test_a_look_up_that_fails_is_tried_again_later(
        self, transport: SlackTransport, slack: Server, outcome: str
    ) -> None:
        slack.script["conversations.list"] = [outcome]
        with pytest.raises(DeliveryError) as raised:
            transport.resolve("#cs-risk")
        assert not raised.value.permanent
        assert not isinstance(raised.value, UnclearError)
        assert transport.resolve("#cs-risk") == "C1"


def _deliver(store: Store, destination: str, where: Sent) -> None:
    store.commit(said(notice(episode(), destination)))
    claimed = store.claim_notice(timedelta(minutes=2))
    assert claimed is not None
    store.mark_sent(claimed, where)


class TestDelivery:
    """Sender, real client and server together."""

    @pytest.mark.parametrize(
        "outcome",
        ["ok", "429", "500 after", "reset after", "close after", "cut after", "silence after", "<html> after", "500"],
    )
    def test_every_notice_stands_in_the_channel_once(
        self, store: Store, sender: Sender, slack: Server, outcome: str
    ) -> None:
        slack.script["chat.postMessage"] = [outcome]
        store.commit(said(notice(episode())))
        assert sender.drain() == DrainResult(sent=1, failed=0, uncertain=0, waiting=0)
        assert [one["metadata"]["event_payload"]["id"] for one in slack.messages] == [notice(episode()).notice_id]
        (sent,) = store.sent_messages()
        assert sent.sent == Sent("C1", slack.messages[0]["ts"])
        assert slack.posts() == (1 if outcome == "ok" or outcome.endswith(" after") else 2)

    def test_what_slack_refuses_goes_to_the_fallback_channel(self, store: Store, sender: Sender, slack: Server) -> None:
        slack.channels = [RISK, {"id": "C9", "name": "ops"}]
        slack.script["chat.postMessage"] = [{"ok": False, "error": "not_in_channel"}]
        store.commit(said(notice(episode())))
        assert sender.drain() == DrainResult(sent=1, failed=1, uncertain=0, waiting=0)
        (posted,) = slack.messages
        assert posted["channel"] == "C9"
        assert "Meant for #cs-risk" in json.dumps(posted["blocks"])

    def test_customer_data_stays_out_of_a_shared_channel(self, store: Store, sender: Sender, slack: Server) -> None:
        slack.channels = [RISK | {"is_ext_shared": True}, {"id": "C9", "name": "ops"}]
        store.commit(said(notice(episode())))
        sender.drain()
        (posted,) = slack.messages
        assert posted["channel"] == "C9"
        assert "Meant for #cs-risk, which is shared with another company" in json.dumps(posted["blocks"])
