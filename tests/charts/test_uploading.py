"""Pictures in Slack: uploaded once, shown by id, and no message lost, doubled or late for them."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from bot.charts.making import chart
from bot.charts.worker import DrawingError
from bot.errors import UnclearError
from bot.messages.message import Headline, Message
from bot.sandbox.slack import UNLIMITED, Fault, Outcome, SlackUser, SlackWorld
from bot.sandbox.slack_files import UPLOAD
from bot.slack.calls import RefusedError
from bot.slack.channels import Channels
from bot.slack.client import SlackAccess, web_client
from bot.slack.people import People
from bot.slack.transport import SlackTransport
from bot.slack.uploading import Pictures, first_taken
from bot.state.store import open_store
from tests.charts.specs import CALLS, FALL
from tests.sandbox.slack_server import slack_server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from bot.core.chart import Spec
    from bot.state.store import Store
    from tests.sandbox.slack_server import Server

MESSAGE = Message("upsell", "Acme runs out", (Headline("Acme runs out"), chart(CALLS)))
BOTH = Message("upsell", "Acme", (Headline("Acme"), chart(CALLS), chart(FALL), chart(CALLS)))
PNG = b"\x89PNG\r\n\x1a\n and so on"


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with slack_server() as running:
        yield running


@pytest.fixture(scope="module")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("uploads") / "headroom.db"
    open_store(f"sqlite:///{path}").close()
    return path


@pytest.fixture
def store(tmp_path: Path, migrated: Path) -> Iterator[Store]:
    (tmp_path / "headroom.db").write_bytes(migrated.read_bytes())
    with open_store(f"sqlite:///{tmp_path / 'headroom.db'}") as opened:
        yield opened


@dataclass
class Pen:
    """Draws what it is asked, or what goes wrong."""

    drawn: list[Spec] = field(default_factory=list)
    fault: Callable[[], None] = lambda: None

    def __call__(self, spec: Spec, _language: str) -> bytes:
        self.fault()
        self.drawn.append(spec)
        return PNG


@dataclass
class Desk:
    """A workspace, and the transport that posts to it."""

    world: SlackWorld
    store: Store
    pen: Pen = field(default_factory=Pen)
    slept: list[float] = field(default_factory=list)
    native: bool = False

    def __post_init__(self) -> None:
        client = web_client(SlackAccess(self.world.bot_token, base_url=f"{self.world.address}/api/"))
        client.timeout = 2
        self.pictures = Pictures(client, self.store, self.pen, native=self.native, meter=self.store, sleep=self._wait)
        people, channels = People(self.store, client), Channels(client, self.store.channel_of)
        self.transport = SlackTransport(client, people, channels, self.store, self.pictures)

    def _wait(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.world.files.delay = 0.0
        for file in self.world.files.complete():
            file.ready_at = 0.0

    def post(self, message: Message = MESSAGE, notice: str = "n-1") -> list[str]:
        """Post a message; return the kinds of its blocks as they stand in the channel."""
        channel = self.world.rooms.find("cs").id
        first_taken(self.transport.ways(message), lambda way: self.transport.post(channel, way, notice))
        return self.shown()

    def shown(self) -> list[str]:
        return [str(block["type"]) for block in self.world.said("cs")[-1].content.blocks]

    def calls(self) -> int:
        return len(self.world.said("cs"))


@pytest.fixture
def desk(server: Server, store: Store) -> Desk:
    return new_desk(server, store)


def new_desk(server: Server, store: Store, *, native: bool = False, **options: object) -> Desk:
    world = SlackWorld([SlackUser("U1", "Ada", "ada@example.com")], ["#cs"], limits=UNLIMITED, **options)  # type: ignore[arg-type]  # of any field
    server.show(world)
    return Desk(world, store, native=native)


def test_a_picture_is_uploaded_in_no_channel_and_shown_by_its_id(desk: Desk) -> None:
    assert desk.post() == ["header", "image"]
    (file,) = desk.world.files.complete()
    image = desk.world.said("cs")[-1].content.blocks[1]
    assert (image["slack_file"], image["alt_text"]) == ({"id": file.id}, chart(CALLS).alt)
    assert (file.content, file.title) == (PNG, "Acme: API calls, used and contracted")
    assert "Acme" not in file.name
    assert desk.slept == []


def test_the_same_chart_is_drawn_and_uploaded_once(desk: Desk) -> None:
    desk.post()
    desk.post(notice="n-2")
    assert (len(desk.pen.drawn), len(desk.world.files.complete())) == (1, 1)
    assert desk.post(BOTH, "n-3") == ["header", "image", "image", "image"]
    assert (len(desk.pen.drawn), len(desk.world.files.complete())) == (2, 2)


def test_an_edit_keeps_its_picture(desk: Desk) -> None:
    channel = desk.world.rooms.find("cs").id
    ways, post, update = desk.transport.ways, desk.transport.post, desk.transport.update
    sent = first_taken(ways(MESSAGE), lambda way: post(channel, way, "n-1"))
    first_taken(ways(MESSAGE), lambda way: update(sent, way, "n-1"))
    assert desk.shown() == ["header", "image"]
    assert len(desk.pen.drawn) == 1


def test_a_file_that_is_not_ready_is_shown_a_moment_later_and_the_message_stands_once(desk: Desk) -> None:
    desk.world.files.delay = 3_600
    assert desk.post() == ["header", "image"]
    assert (desk.slept, desk.calls(), len(desk.pen.drawn)) == ([2.0], 1, 1)


def test_a_file_that_is_never_ready_leaves_its_words_and_is_forgotten(desk: Desk, store: Store) -> None:
    desk.world.files.delay = 3_600
    desk.pictures._sleep = desk.slept.append
    assert desk.post() == ["header", "context"]
    (note,) = desk.world.said("cs")[-1].content.blocks[1]["elements"]
    assert note["text"] == chart(CALLS).alt
    assert (len(desk.slept), desk.calls()) == (1, 1)
    assert store.uploads([chart(CALLS).key]) == {}


def test_a_file_that_slack_has_deleted_is_uploaded_anew(desk: Desk, store: Store) -> None:
    store.remember_upload(chart(CALLS).key, "chart", "F00000GONE")
    assert desk.post() == ["header", "image"]
    (file,) = desk.world.files.complete()
    assert store.uploads([chart(CALLS).key]) == {chart(CALLS).key: file.id}
    assert desk.calls() == 1


@pytest.mark.parametrize("step", ["files.getUploadURLExternal", UPLOAD, "files.completeUploadExternal"])
@pytest.mark.parametrize(
    "fault",
    [Fault(Outcome.SERVER_ERROR), Fault(Outcome.CLOSE, accepted=True), Fault(Outcome.ERROR, error="fatal_error")],
    ids=lambda fault: fault.outcome,
)
def test_an_upload_that_fails_leaves_the_words_and_is_made_again_next_time(desk: Desk, step: str, fault: Fault) -> None:
    desk.world.faults.next(fault, method=step)
    assert desk.post() == ["header", "context"]
    assert desk.post(notice="n-2") == ["header", "image"]
    assert desk.calls() == 2


def test_slack_that_asks_to_wait_is_left_alone(desk: Desk) -> None:
    desk.world.faults.next(Fault(Outcome.RATE_LIMITED, retry_after=60), method="files.getUploadURLExternal")
    assert desk.post() == ["header", "context"]
    assert desk.post(notice="n-2") == ["header", "context"]
    assert desk.world.files.files == {}


def test_without_the_scope_words_stand_and_nothing_is_asked_again(server: Server, store: Store) -> None:
    desk = new_desk(server, store, scopes=frozenset({"chat:write"}))
    assert desk.post() == desk.post(notice="n-2") == ["header", "context"]
    assert len(desk.pen.drawn) == 1
    assert desk.pictures._unscoped


def test_a_pen_that_breaks_is_put_down_for_a_while(desk: Desk) -> None:
    broken: list[int] = []

    def fault() -> None:
        broken.append(1)
        raise DrawingError("no ink")

    desk.pen.fault = fault
    for number in range(6):
        assert desk.post(notice=f"n-{number}") == ["header", "context"]
    assert len(broken) == 3


def test_whatever_a_pen_raises_the_message_goes_out(desk: Desk) -> None:
    def fault() -> None:
        raise ZeroDivisionError

    desk.pen.fault = fault
    assert desk.post() == ["header", "context"]


def test_an_unclear_end_of_a_post_with_a_picture_is_unclear_and_not_tried_in_another_way(desk: Desk) -> None:
    desk.world.faults.next(Fault(Outcome.CLOSE, accepted=True))
    with pytest.raises(UnclearError):
        desk.post()
    assert desk.calls() == 1


def test_another_refusal_is_not_tried_in_another_way(desk: Desk) -> None:
    desk.world.faults.next(Fault(Outcome.ERROR, error="is_archived"))
    with pytest.raises(RefusedError, match="is_archived"):
        desk.post()
    assert desk.world.said("cs") == []


def test_an_upload_that_hangs_delays_a_message_by_seconds(desk: Desk) -> None:
    desk.world.faults.next(Fault(Outcome.HANG, seconds=30), method="files.getUploadURLExternal")
    began = time.monotonic()
    assert desk.post() == ["header", "context"]
    assert time.monotonic() - began < 6


def test_a_picture_that_comes_too_late_is_not_uploaded(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.slack.uploading.SECONDS", 0.05)
    desk.pen.fault = lambda: time.sleep(0.1)
    assert desk.post() == ["header", "context"]
    assert desk.world.files.files == {}


def test_figures_that_slack_draws_come_first_where_wanted_and_the_picture_where_it_refuses(
    server: Server, store: Store
) -> None:
    desk = new_desk(server, store, native=True)
    assert desk.post() == ["header", "data_visualization", "context"]
    assert desk.pen.drawn == []
    desk.world.faults.next(Fault(Outcome.ERROR, error="invalid_blocks"))
    assert desk.post(notice="n-2") == ["header", "image"]
    # Three charts are more than Slack draws in a message: pictures at once.
    assert desk.post(BOTH, "n-3") == ["header", "image", "image", "image"]


def test_of_many_threads_each_message_has_its_picture(desk: Desk) -> None:
    threads = [threading.Thread(target=desk.post, args=(MESSAGE, f"n-{number}")) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    blocks = [message.content.blocks[1]["type"] for message in desk.world.said("cs")]
    assert blocks == ["image"] * 6


def test_a_message_without_a_chart_asks_for_nothing(desk: Desk) -> None:
    assert desk.post(Message("upsell", "x", (Headline("x"),))) == ["header"]
    assert desk.world.files.files == {}
