"""The forms of a message: splitting, plain text, changes in place, terminal, page, JSON."""

from __future__ import annotations

import re
from datetime import date
from html.parser import HTMLParser
from io import StringIO
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from bot.core.episodes import Phase
from bot.messages.blocks import to_blocks, to_text
from bot.messages.cards import card
from bot.messages.limits import validate
from bot.messages.message import (
    MESSAGE,
    Button,
    Buttons,
    Divider,
    Fields,
    Headline,
    Menu,
    Message,
    Meter,
    Meters,
    Note,
    Text,
)
from bot.messages.page import page
from bot.messages.render import claimed, resolved
from bot.messages.spans import Span, plain_text, spans
from bot.messages.split import cut, parts
from tests.messages.making import CHURN, DAY

if TYPE_CHECKING:
    from bot.messages.render import Templates

EVERYTHING = Message(
    "upsell",
    "summary",
    (
        Headline("Fish & <Chips> at 92 %"),
        Text("*Bold* and <https://x.example/?a=1&amp;b=2|a link> of <@U02ADA> &lt;b&gt;\nsecond line"),
        Meters((Meter("API calls", 1.32, "132 of 100"), Meter("Seats", None, "use unknown")), more=3),
        Fields((("ARR", "USD 1"), ("Owner", "Ada"), ("CSM", "Bo"))),
        Divider(),
        Buttons(
            (Button("Claim", "claim", "e1", style="primary"), Button("Open", "open", url="https://x.example/")),
            Menu("Later", "later", (("In a week", "e1|7"), ("Done", "e1|done"))),
        ),
        Note(("As of today", "")),
    ),
)
UNITS = st.sampled_from(
    ["&amp;", "&lt;", "<https://x.example/a b|label here>", "<@U1>", "word ", "x", "\n", "\n\n", ". "]
)


@given(st.lists(UNITS, max_size=120).map("".join), st.integers(60, 200))
def test_long_text_is_split_without_loss_and_never_inside_an_entity_or_a_link(text: str, most: int) -> None:
    found = parts(text, most)
    assert all(0 < len(part) <= most for part in found)
    assert re.sub(r"\s", "", "".join(found)) == re.sub(r"\s", "", text)
    for part in found:
        assert part.count("<") == part.count(">")
        assert not re.search(r"&(?!amp;|lt;)", part)


@given(st.lists(UNITS, max_size=60).map("".join), st.integers(60, 200))
def test_cut_text_fits_and_is_whole(text: str, most: int) -> None:
    short = cut(text, most)
    assert len(short) <= most
    assert short.count("<") == short.count(">")


def test_text_is_split_where_a_reader_would() -> None:
    assert parts("One two.\n\nThree four five.", 20) == ["One two.", "Three four five."]
    assert parts("One two three. Four five.", 20) == ["One two three.", "Four five."]
    assert parts("", 20) == []


def test_a_section_that_is_too_long_becomes_several() -> None:
    blocks = to_blocks(Message("x", "x", (Text("word " * 1000),)))
    assert [len(block["text"]["text"]) <= 3000 for block in blocks] == [True, True]
    assert validate(blocks) == []


def test_more_fields_notes_and_buttons_than_a_block_holds_go_into_several_blocks() -> None:
    many = Message(
        "x",
        "x",
        (
            Fields(tuple((str(n), "v") for n in range(11))),
            Note(tuple(str(n) for n in range(11))),
            Buttons(tuple(Button("B", "same", str(n)) for n in range(26))),
        ),
    )
    blocks = to_blocks(many)
    assert [block["type"] for block in blocks] == ["section"] * 2 + ["context"] * 2 + ["actions"] * 2
    assert validate(blocks) == []
    assert [element["action_id"] for element in blocks[4]["elements"]][:3] == ["same", "same:2", "same:3"]


def test_everything_there_is_has_a_form_that_slack_takes() -> None:
    assert validate(to_blocks(EVERYTHING)) == []


def test_an_address_that_is_not_https_becomes_no_link() -> None:
    message = Message("x", "x", (Buttons((Button("Open", "open", url="http://x.example"),)),))
    assert "url" not in to_blocks(message)[0]["elements"][0]
    assert "href" not in page([("#c", message)])


def test_a_message_survives_the_outbox() -> None:
    assert MESSAGE.validate_json(MESSAGE.dump_json(EVERYTHING)) == EVERYTHING


def test_claiming_takes_the_button_away_and_says_who(templates: Templates) -> None:
    message = claimed(templates.alert(CHURN()), "U02ADA", date(2026, 1, 4))
    assert message.blocks[1] == Text("Claimed by <@U02ADA> on 4 Jan 2026.")
    buttons = [block for block in message.blocks if isinstance(block, Buttons)]
    assert [button.label for button in buttons[0].buttons] == ["Brief", "Open in Salesforce"]
    assert message.summary.endswith("(claimed)")


def test_claiming_the_stored_message_and_rendering_the_claimed_episode_come_to_the_same(templates: Templates) -> None:
    again = CHURN.but(phase=Phase.CLAIMED, claimed_by="U02ADA")
    assert claimed(templates.alert(CHURN()), "U02ADA", date(2026, 1, 4)) == templates.alert(again())


def test_resolving_marks_the_headline_once(templates: Templates) -> None:
    once = resolved(templates.alert(CHURN()), DAY, "usage is <back>")
    twice = resolved(once, DAY)
    assert once.blocks[0] == Headline("✅ Northwind Freight uses 41 % of its licences; renewal in 87 days")
    assert twice.blocks[0] == once.blocks[0]
    assert once.blocks[1] == Text("Resolved on 3 Jan 2026: usage is &lt;back&gt;.")


def test_who_claimed_it_is_still_told_when_it_is_over(templates: Templates) -> None:
    message = templates.alert(CHURN.but(phase=Phase.RESOLVED, claimed_by="U02ADA", reason="over")())
    assert message.blocks[1:3] == (
        Text("Resolved on 13 Jan 2026: over."),
        Text("Claimed by <@U02ADA> on 4 Jan 2026."),
    )
    assert message.summary.endswith("(resolved)")
    assert "(claimed)" not in message.summary


def test_a_second_claim_replaces_the_first(templates: Templates) -> None:
    once = claimed(templates.alert(CHURN()), "U02ADA", DAY)
    assert claimed(once, "U03BO", DAY) == claimed(templates.alert(CHURN()), "U03BO", DAY)


@pytest.mark.parametrize(
    ("mrkdwn", "expected"),
    [
        ("a *b* c", [Span("a "), Span("b", bold=True), Span(" c")]),
        ("*b _i_*", [Span("b ", bold=True), Span("i", bold=True, italic=True)]),
        ("2 * 3 * 4", [Span("2 * 3 * 4")]),
        ("snake_case_name", [Span("snake_case_name")]),
        ("`*x*`", [Span("*x*", code=True)]),
        ("<https://x.example|A &amp; B>", [Span("A & B", url="https://x.example")]),
        ("<@U1> &lt;", [Span("@U1", mention=True), Span(" <")]),
        ("<!date^1^{date}|1 Jan>", [Span("1 Jan", mention=True)]),
    ],
)
def test_mrkdwn_is_read_as_slack_reads_it(mrkdwn: str, expected: list[Span]) -> None:
    assert list(spans(mrkdwn)) == expected


def test_plain_text_has_neither_marks_nor_entities() -> None:
    assert plain_text("*Why:* a &amp; b") == "Why: a & b"
    assert "Fish & <Chips> at 92 %" in to_text(EVERYTHING)
    assert "▓▓▓▓▓▓▓▓▓▓ 132 %  API calls  132 of 100" in to_text(EVERYTHING)


def test_a_card_shows_everything_and_reads_no_markup_into_names() -> None:
    console = Console(width=100, record=True, file=StringIO())
    hostile = Message("x", "x", (Headline("[red]not red[/red]"), *EVERYTHING.blocks))
    console.print(card(hostile, "#cs-risk"))
    text = console.export_text()
    for part in (
        "[red]not red[/red]",
        "#cs-risk",
        "132 %",
        "unknown",
        "and 3 more",
        "[Claim]",
        "[Open]",
        "As of today",
    ):
        assert part in text


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))
        if tag not in {"meta", "br", "hr"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_page_is_whole_and_loads_nothing_from_elsewhere() -> None:
    written = page([('#a "quoted" <b>', EVERYTHING)])
    tags = _Tags()
    tags.feed(written)
    assert tags.open == []
    assert not {tag for tag, _ in tags.seen} & {"script", "link", "img", "iframe", "b-"}
    assert "url(" not in written
    assert [attrs["href"] for tag, attrs in tags.seen if tag == "a"] == [
        "https://x.example/?a=1&b=2",
        "https://x.example/",
    ]
    assert "#a &quot;quoted&quot; &lt;b&gt;" in written
    assert "Fish &amp; &lt;Chips&gt; at 92 %" in written
