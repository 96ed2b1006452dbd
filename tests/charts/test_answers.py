"""Answers to the slash command carry pictures, too: after the acknowledgement, and with words where Slack refuses."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from bot.charts.making import chart
from bot.desk.account import AccountCommand
from bot.desk.commands import Commands
from bot.desk.lookup import Lookup
from bot.messages.message import Headline, Message
from bot.sandbox.slack import serving_slack
from bot.slack.app import make_app
from bot.slack.channels import Channels
from bot.slack.client import web_client
from bot.slack.commanding import commanding
from bot.slack.floor import Floor
from bot.slack.serve import serve_socket_mode
from bot.slack.uploading import Pictures
from tests.charts.specs import CALLS
from tests.slack.desk import NOW, Askers, Store, access_of, new_world

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from concurrent.futures import Executor

    from slack_sdk import WebClient

    from bot.core.chart import Spec
    from bot.messages.speech import Speech
    from bot.sandbox.slack import SlackWorld
    from bot.state.rows import AccountView


class Uploads:
    """Remembers in memory."""

    def __init__(self) -> None:
        self.files: dict[str, str] = {}

    def uploads(self, keys: Collection[str]) -> dict[str, str]:
        return {key: self.files[key] for key in keys if key in self.files}

    def remember_upload(self, key: str, kind: str, file_id: str) -> None:
        self.files[key] = file_id

    def forget_uploads(self, keys: Collection[str]) -> None:
        for key in keys:
            self.files.pop(key, None)


def charted(view: AccountView, _speech: Speech) -> Message:
    return Message("answer", view.name, (Headline(view.name), chart(CALLS)))


def drawn(_spec: Spec, _language: str) -> bytes:
    return b"\x89PNG\r\n\x1a\n and so on"


@contextmanager
def serving(*, pictures: bool) -> Iterator[SlackWorld]:
    world, store = new_world(), Store()
    with serving_slack(world):

        def floor(client: WebClient, executor: Executor) -> Floor:
            own = web_client(access_of(world))
            shows = Pictures(own, Uploads(), drawn, sleep=lambda _: None) if pictures else None
            commands = Commands(AccountCommand(Lookup(store), charted), ())
            return Floor(
                command="/headroom",
                client=client,
                askers=Askers(),  # type: ignore[arg-type]  # knows everybody
                channels=Channels(client),
                commands=commands,
                clock=lambda: NOW,
                wake=store.wake,
                executor=executor,
                pictures=shows,
            )

        app = make_app(access_of(world), (commanding,), floor)
        connection: Any = serve_socket_mode(app, world.app_token)
        assert world.sockets.wait(1)
        try:
            yield world
        finally:
            connection.stop()


@pytest.fixture(scope="module")
def world() -> Iterator[SlackWorld]:
    with serving(pictures=True) as world:
        yield world


def asked(world: SlackWorld) -> list[str]:
    interaction = world.slash_command("U1", "Acme & Sons", "cs-risk")
    assert interaction.acked
    assert interaction.wait(1, 5)
    return [str(block["type"]) for block in interaction.shown[-1]["blocks"]]


def test_a_picture_comes_after_the_acknowledgement(world: SlackWorld) -> None:
    assert asked(world) == ["header", "image"]


def test_where_slack_refuses_the_picture_its_words_come(world: SlackWorld) -> None:
    world.files.delay = 3_600
    world.files.files.clear()  # what was uploaded for the answer before is gone, too
    assert asked(world) == ["header", "context"]


def test_without_pictures_the_words_stand_in_the_acknowledgement_itself() -> None:
    with serving(pictures=False) as world:
        interaction = world.slash_command("U1", "Acme & Sons", "cs-risk")
        assert interaction.ack is not None
        assert [block["type"] for block in interaction.ack["blocks"]] == ["header", "context"]
