"""The buttons under a brief: all of it in a direct message, or a canvas where there may be one."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import pytest
import structlog
from structlog.testing import capture_logs

from bot.desk.asking import Asker, ClosedError, MustAskError, Question
from bot.desk.lookup import Lookup
from bot.desk.prep import CANVAS, WHOLE, Prepared, PrepCommand
from bot.messages.blocks import to_blocks
from bot.messages.brief.slack import card
from bot.messages.brief.write import document
from bot.messages.speech import ENGLISH
from bot.sandbox.slack import SCOPES, SlackWorld
from bot.sandbox.slack_state import TEAM_ID
from bot.slack import canvas
from bot.slack.canvas import _Briefing, address_of, briefing
from bot.slack.client import web_client
from bot.state.keys import name_key
from tests.messages.brief.briefs import BRIEFS, typical
from tests.prep.conftest import NOW
from tests.sandbox.slack_server import Server, slack_server
from tests.slack.desk import Askers, Store, access_of, new_world, serving_app

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence

    from slack_sdk import WebClient

    from bot.core.brief.brief import Brief
    from bot.desk.asking import Sight
    from bot.messages.message import Button, Message
    from bot.messages.speech import Speech
    from bot.state.rows import AccountView

    Enter = Callable[..., "Room"]


@dataclass
class Briefs:
    """Makes the brief of the account that it has."""

    brief: Brief = field(default_factory=typical)

    def prepared(self, view: AccountView, speech: Speech) -> Prepared:
        return Prepared(self.brief, document(self.brief, speech))

    def card(self, view: AccountView, prepared: Prepared, speech: Speech, buttons: Sequence[Button] = ()) -> Message:
        return card(prepared.document, speech, buttons=buttons)


@dataclass
class Accounts:
    """One account, and Beta beside it."""

    view: Any

    def find_account(self, text: str) -> AccountView | None:
        return self.view if text in {self.view.account_id, self.view.name} else None

    def could_mean(self, text: str) -> Sequence[tuple[int, AccountView]]:
        found = self.find_account(text)
        return [(0, found)] if found is not None else []

    def account(self, account_id: str) -> AccountView | None:
        return self.find_account(account_id)

    def suggest(self, text: str, limit: int = 5) -> Sequence[tuple[str, str]]:
        return [(self.view.account_id, self.view.name), ("001B", "Beta")]

    def named(self, keys: Collection[str]) -> dict[str, tuple[str, ...]]:
        return {name_key(self.view.name): (self.view.account_id,)}


@dataclass
class Uploads:
    """Remembers in memory."""

    known: dict[str, str] = field(default_factory=dict)

    def uploads(self, keys: Collection[str]) -> dict[str, str]:
        return {key: self.known[key] for key in keys if key in self.known}

    def remember_upload(self, key: str, kind: str, file_id: str) -> None:
        assert kind == "canvas"
        self.known[key] = file_id

    def forget_uploads(self, keys: Collection[str]) -> None:
        for key in keys:
            self.known.pop(key, None)


class Blind:
    """Sees nothing."""

    def readable(self, account_ids: Collection[str]) -> frozenset[str]:
        return frozenset()


class Shut:
    """May not be asked about."""

    def readable(self, account_ids: Collection[str]) -> frozenset[str]:
        raise ClosedError("you are a guest of this workspace")


def command_on(brief: Brief) -> PrepCommand:
    return PrepCommand(Lookup(Accounts(brief.account)), Briefs(brief))


@dataclass
class Floor:
    """As much of the listeners' floor as a brief needs."""

    client: WebClient


@dataclass
class Room:
    world: SlackWorld
    uploads: Uploads
    briefing: _Briefing
    asker: Asker

    def press(self, action: str, user: str = "U1") -> str:
        """Do what the button does after the acknowledgement; return what the person is told."""
        act = {WHOLE: self.briefing.send, CANVAS: self.briefing.write}[action]
        return act("001A", replace(self.asker, user=user)).message.summary


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with slack_server() as running:
        yield running


@pytest.fixture
def enter(server: Server) -> Enter:
    """Return who makes a workspace with the room of briefs in it."""

    def room(
        uploads: Uploads | None = None,
        brief: Brief | None = None,
        sight: Sight | None = None,
        **options: Any,  # noqa: ANN401 - whatever a world takes
    ) -> Room:
        world, kept = new_world(**options), uploads or Uploads()
        server.show(world)
        floor: Any = Floor(web_client(access_of(world)))
        asker = Asker(sight=sight) if sight else Asker()
        return Room(world, kept, _Briefing(floor, command_on(brief or typical()), kept), asker)

    return room


@pytest.mark.parametrize("action", [WHOLE, CANVAS])
def test_the_buttons_are_acknowledged_at_once_and_answered_beside(action: str) -> None:
    command, world = command_on(typical()), new_world()
    rooms = (briefing(command, Uploads()),)
    with serving_app(world, Store(), askers=lambda _: Askers(), rooms=rooms):
        message = command.answer(Question("001A", Asker(user="U1", asks=True), "/headroom", NOW)).message
        client = web_client(access_of(world))
        posted = client.chat_postMessage(channel="#cs-risk", text=message.summary, blocks=to_blocks(message))
        pressed = world.press("U1", "#cs-risk", str(posted["ts"]), action, "001A")
        (told,) = pressed.wait()
    assert pressed.acked
    assert told["text"] in {
        "The brief is in your direct messages.",
        "The canvas is ready: Acme &amp; Sons: renewal brief",
    }


def test_all_of_a_brief_goes_to_who_asked_as_a_card_and_its_thread(enter: Enter) -> None:
    here = enter()
    assert here.press(WHOLE) == "The brief is in your direct messages."
    head, *parts = here.world.said("D1")
    assert head.content.thread_ts is None
    assert len(parts) >= 2
    assert {part.content.thread_ts for part in parts} == {head.ts}
    assert "renewal brief" in head.content.text


def test_a_canvas_is_read_by_who_asked_and_by_nobody_else(enter: Enter) -> None:
    here = enter()
    told = here.press(CANVAS)
    (made,) = here.world.canvases.all.values()
    assert made.readers == {"U1": "read"}
    assert made.title == "Acme & Sons: renewal brief"
    assert made.markdown.startswith("# Acme & Sons: renewal brief\n")
    assert told == "The canvas is ready: Acme &amp; Sons: renewal brief"  # the stand-in is not on https
    assert here.uploads.known == {"canvas:001A:U1": made.id}


def test_a_canvas_has_an_address_in_the_workspace() -> None:
    home = {"url": "https://acme.slack.com/", "team_id": TEAM_ID}
    assert address_of(home, "F1") == f"https://acme.slack.com/docs/{TEAM_ID}/F1"


def test_who_asks_again_finds_the_same_canvas_written_anew(enter: Enter) -> None:
    here = enter()
    here.press(CANVAS)
    (made,) = here.world.canvases.all.values()
    made.markdown = "old"
    here.press(CANVAS)
    assert list(here.world.canvases.all) == [made.id]
    assert made.markdown.startswith("# Acme & Sons")
    here.press(CANVAS, "U2")
    assert [one.readers for one in here.world.canvases.all.values()] == [{"U1": "read"}, {"U2": "read"}]


def test_a_canvas_that_is_gone_is_made_anew(enter: Enter) -> None:
    here = enter(Uploads({"canvas:001A:U1": "F0GONE"}))
    here.press(CANVAS)
    (made,) = here.world.canvases.all.values()
    assert here.uploads.known == {"canvas:001A:U1": made.id}


@pytest.mark.parametrize(
    "options", [{"scopes": SCOPES - {"canvases:write"}}, {}], ids=["without the scope", "on a plan without canvases"]
)
def test_where_no_canvas_may_be_written_the_thread_stands_in_and_the_log_says_so_once(
    enter: Enter, options: dict[str, Any]
) -> None:
    here = enter(**options)
    here.world.canvases.enabled = bool(options)
    # A logger that was used before keeps its processors: capturing needs a new one.
    canvas._log = structlog.get_logger("bot.slack.canvas")
    with capture_logs() as logs:
        for _ in range(2):
            assert here.press(CANVAS) == "No canvas could be written; the brief is in your direct messages."
    assert len([one for one in here.world.said("D1") if one.content.thread_ts is None]) == 2
    assert here.world.canvases.all == {}
    assert [one["event"] for one in logs] == ["briefs are sent as messages instead of canvases"]


def test_the_canvas_of_two_hundred_lines_is_one_that_slack_takes(enter: Enter) -> None:
    here = enter(brief=BRIEFS["many lines"]())
    here.press(CANVAS)
    (made,) = here.world.canvases.all.values()
    assert "Product 199 " in made.markdown


def test_who_may_not_see_the_account_gets_neither(enter: Enter) -> None:
    here = enter(sight=Blind())
    for action in (WHOLE, CANVAS):
        assert here.press(action) == "There is no such account, or you may not see it."
    assert here.world.canvases.all == {}
    assert here.world.journal == []


def test_who_may_see_nothing_is_told_why(enter: Enter) -> None:
    with pytest.raises(ClosedError, match="you are a guest of this workspace"):
        enter(sight=Shut()).press(WHOLE)


def test_the_name_of_the_brief_stands_for_itself_in_the_link(enter: Enter) -> None:
    told = enter(brief=BRIEFS["markup"]()).press(CANVAS)
    assert "<!channel>" not in told
    assert "<https://evil" not in told


def test_in_slack_a_brief_is_made_after_the_acknowledgement() -> None:
    command = command_on(typical())
    with pytest.raises(MustAskError):
        command.answer(Question("001A", Asker(user="U1", asks=False), "/headroom", NOW))
    answer = command.answer(Question("001A", Asker(user="U1", asks=True), "/headroom", NOW))
    assert answer.found
    assert [block["type"] for block in to_blocks(answer.message)].count("actions") == 1


def test_in_the_terminal_it_is_made_at_once_and_without_buttons() -> None:
    answer = command_on(typical()).answer(Question("Acme & Sons", Asker(), "headroom", NOW))
    assert answer.data["account_id"] == "001A"
    assert "actions" not in {block["type"] for block in to_blocks(answer.message)}


def test_of_an_account_that_may_not_be_seen_nothing_is_composed() -> None:
    brief = typical()
    broken = PrepCommand(Lookup(Accounts(brief.account)), None)  # type: ignore[arg-type]  # nobody is to be asked
    answer = broken.answer(Question("001A", Asker(sight=Blind()), "headroom", NOW))
    assert not answer.found
    assert "Acme" not in str(to_blocks(answer.message)).replace("001A", "")


def test_a_card_in_english_says_what_there_is_to_press() -> None:
    message = (
        command_on(typical()).answer(Question("001A", Asker(user="U1", asks=True, speech=ENGLISH), "/", NOW)).message
    )
    labels = [
        one["text"]["text"] for block in to_blocks(message) if block["type"] == "actions" for one in block["elements"]
    ]
    assert labels == ["Send me all of it", "As a canvas"]
