from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.messages.blocks import to_blocks
from bot.messages.brief.html import html
from bot.messages.brief.markdown import CANVAS_CELLS, escaped, markdown
from bot.messages.brief.slack import card, thread
from bot.messages.brief.write import document
from bot.messages.limits import OWN_TEXT_MOST, UPDATE_TEXT_MOST, validate
from bot.messages.message import Button, Divider
from bot.messages.speech import ENGLISH
from bot.sandbox.slack_canvases import _cells
from tests.core.brief.making_briefs import account, line
from tests.messages.brief.briefs import BRIEFS, METRICS, made, typical

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.messages.brief.document import Document

BUTTONS = (Button("Send me all of it", "brief_whole", "001A"), Button("As a canvas", "brief_canvas", "001A"))


@pytest.fixture(scope="module")
def documents() -> dict[str, Document]:
    return {name: document(make()) for name, make in BRIEFS.items()}


@pytest.mark.parametrize("name", BRIEFS)
def test_slack_takes_every_message_of_every_brief(name: str, documents: dict[str, Document]) -> None:
    messages = [card(documents[name], ENGLISH, buttons=BUTTONS), *thread(documents[name], ENGLISH)]
    for message in messages:
        assert validate(to_blocks(message), text_most=OWN_TEXT_MOST) == []
        assert 0 < len(message.summary) <= UPDATE_TEXT_MOST
    assert len(messages) <= 8


def _mrkdwn(value: object) -> Iterator[str]:
    """Find what Slack reads marks in: in plain and rich text every character stands for itself."""
    if isinstance(value, dict):
        if value.get("type") == "mrkdwn":
            yield value["text"]
        for inner in value.values():
            yield from _mrkdwn(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _mrkdwn(inner)


@pytest.mark.parametrize("name", BRIEFS)
def test_nothing_that_somebody_typed_pings_or_links(name: str, documents: dict[str, Document]) -> None:
    messages = [card(documents[name], ENGLISH), *thread(documents[name], ENGLISH)]
    said = [text for message in messages for text in _mrkdwn(to_blocks(message))]
    assert said
    assert not any("<!" in text or "<https://evil" in text for text in said)
    assert not any("<!" in message.summary for message in messages)
    page = html(documents[name], ENGLISH)
    assert "<!channel>" not in page
    assert 'href="https://evil' not in page
    plain = markdown(documents[name], ENGLISH)
    assert not re.search(r"(?<!\\)\]\(https://evil", plain)


def test_the_thread_holds_every_section_in_order(documents: dict[str, Document]) -> None:
    ordinary = documents["typical"]
    said = "\n".join(getattr(block, "text", "") for one in thread(ordinary, ENGLISH) for block in one.blocks)
    places = [said.find(f"*{section.title}*") for section in ordinary.sections]
    assert places == sorted(places)
    assert places[0] == 0
    assert said.find(f"*{ordinary.gaps_title}*") > places[-1]


def test_no_message_of_the_thread_ends_in_a_line(documents: dict[str, Document]) -> None:
    assert not any(isinstance(message.blocks[-1], Divider) for message in thread(documents["many lines"], ENGLISH))


def test_of_very_many_lines_the_first_are_shown_with_the_number_of_the_others(documents: dict[str, Document]) -> None:
    said = str([to_blocks(message) for message in thread(documents["many lines"], ENGLISH)])
    assert "and 190 more" in said  # ten bars of 200
    assert "and 188 more" in said  # twelve quantities of 200


def test_the_file_holds_all_lines(documents: dict[str, Document]) -> None:
    text = markdown(documents["many lines"], ENGLISH)
    assert all(f"Product {number} " in text for number in range(200))


def test_a_canvas_has_no_table_that_is_too_large(documents: dict[str, Document]) -> None:
    text = markdown(documents["many lines"], ENGLISH, cells_most=CANVAS_CELLS)
    assert max(_cells(text)) <= CANVAS_CELLS
    assert all(f"Product {number} " in text for number in range(200))
    assert max(_cells(markdown(documents["many lines"], ENGLISH))) > CANVAS_CELLS


def test_markdown_links_each_figure_to_its_record() -> None:
    text = markdown(document(typical()), ENGLISH)
    assert "| Target (amount of the opportunity) | [USD 130,000](https://crm.example/O1) | 28 Feb 2026 |" in text
    assert "| Champion | unknown |  |" in text
    assert text.index("## What is not known") > text.index("## Discount against utilization")


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("Acme & Sons", "Acme & Sons"),
        ("a&lt;b", r"a\&lt;b"),
        ("*x* _y_ `z` ~w~", r"\*x\* \_y\_ \`z\` \~w\~"),
        ("[a](b)|c<d>#1", r"\[a\](b)\|c\<d\>\#1"),
        ("![](@U1)", r"\!\[\](\@U1)"),
        ("1. One", r"1\. One"),
        ("- One", r"\- One"),
        ("38.4", "38.4"),
        ("two\nlines", "two lines"),
    ],
)
def test_typed_text_stands_for_itself_in_markdown(text: str, written: str) -> None:
    assert escaped(text) == written


class _Seen(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.sources: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in {"meta", "img", "br"}:
            self.open.append(tag)
        self.sources += [value or "" for name, value in attrs if name in {"src", "srcset"} or tag in {"link", "script"}]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.mark.parametrize("name", BRIEFS)
def test_the_page_is_whole_and_loads_nothing(name: str, documents: dict[str, Document]) -> None:
    seen = _Seen()
    page = html(documents[name], ENGLISH)
    seen.feed(page)
    assert seen.open == []
    assert seen.sources == []
    assert "@import" not in page
    assert "url(" not in page


def test_a_picture_has_to_be_in_the_page(documents: dict[str, Document]) -> None:
    with pytest.raises(ValueError, match="in the page itself"):
        html(documents["typical"], ENGLISH, "https://crm.example/chart.png")


def test_the_cards_words_can_be_a_templates(documents: dict[str, Document]) -> None:
    message = card(documents["typical"], ENGLISH, ("Mine", "*My* sentence", "Mine, in short"))
    blocks = to_blocks(message)
    assert blocks[0]["text"]["text"] == "Mine"
    assert blocks[1]["text"]["text"] == "*My* sentence"
    assert message.summary == "Mine, in short"


_OWN: Final = re.compile(r"<https://(?:acme\.my\.salesforce\.com|crm\.example)/[^<>|]*\|[^<>]*>")


@settings(max_examples=12, deadline=None)
@given(st.text(st.sampled_from("<>&|!@#*_~`[]()\\\n.-1aA\u202e\u05d0 ") | st.characters(), max_size=60))
def test_whatever_somebody_typed_stands_for_itself(name: str) -> None:
    seats = line(name, line_id="L1", contracted=10.0)
    told = document(made(account(seats, **METRICS | {"name": name, "trend_words": name}, opportunity={"stage": name})))
    messages = [card(told, ENGLISH), *thread(told, ENGLISH)]
    for message in messages:
        assert validate(to_blocks(message), text_most=OWN_TEXT_MOST) == []
        for text in (*_mrkdwn(to_blocks(message)), message.summary):
            assert "<" not in _OWN.sub("", text)
    seen = _Seen()
    seen.feed(html(told, ENGLISH))
    assert seen.open == []
    own = re.sub(r"(?<!\\)\]\(https://(?:acme\.my\.salesforce\.com|crm\.example)/[^()]*\)", "", markdown(told, ENGLISH))
    assert not re.search(r"(?<!\\)(?:\\\\)*\]\(", own)
