from __future__ import annotations

import json
import re
import unicodedata
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.core.episodes import Phase
from bot.messages.blocks import to_blocks, to_text
from bot.messages.escape import Line, Safe, begun, is_https, link, mention, mrkdwn, plain, short, tidied
from bot.messages.limits import OWN_TEXT_MOST, validate
from bot.messages.render import not_found
from bot.messages.spans import plain_text, spans
from bot.messages.speech import ENGLISH, Speech
from tests.messages.making import CHURN, METRICS, OPERATIONS, PEOPLE, RENEWAL, SOURCE, UPSELL, Make, seats

if TYPE_CHECKING:
    from bot.messages.message import Message
    from bot.messages.render import Templates

MARKUP = ("<!channel>", "<@U1>", "<#C1>", "<https://evil.example|x>", "*", "_", "~", "`", "&", "<", ">", "|", "&lt;")
ODD = ("\n", "\r", "\x00", "\u202e", "\u2066", "\u200b", "א", "𝕏", "\ud800", " ", "a", "Z", "9", "é", ". ", "{{", "%}")
NASTY = st.lists(st.sampled_from((*MARKUP, *ODD)), max_size=40).map("".join)
TYPED = st.one_of(NASTY, st.text(max_size=300))
OURS = re.compile(r"<@U02ADA>")
READERS = (ENGLISH, Speech("de"), Speech("ar"), Speech("tr"))
ALERTS = [(CHURN, METRICS), (UPSELL, METRICS), (RENEWAL, METRICS), (OPERATIONS, SOURCE)]


def marked_texts(value: object) -> list[str]:
    """Every mrkdwn text in blocks."""
    if isinstance(value, list):
        return [text for item in value for text in marked_texts(item)]
    if not isinstance(value, dict):
        return []
    if value.get("type") == "mrkdwn":
        return [value["text"]]
    return [text for item in value.values() for text in marked_texts(item)]


def harmless(message: Message) -> None:
    for text in [*marked_texts(to_blocks(message)), message.summary]:
        rest = OURS.sub("", text)
        assert "<" not in rest
        assert ">" not in rest
        assert not re.search(r"&(?!(?:amp|lt|gt);)", rest)
    for block in to_blocks(message):
        if block["type"] == "header":
            assert not re.search(r"[\x00-\x1f\u202a-\u202e\u2066\u2067]", block["text"]["text"])


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    typed=TYPED,
    other=TYPED,
    alert=st.sampled_from(ALERTS),
    phase=st.sampled_from(Phase),
    speech=st.sampled_from(READERS),
)
def test_nothing_that_others_typed_can_ping_or_forge_a_link(
    templates: Templates, typed: str, other: str, alert: tuple[Make, dict[str, str]], phase: Phase, speech: Speech
) -> None:
    make, m = alert
    hostile = make.but(
        name=typed, url=other, reason=other, rule=typed, lines=(seats(other),), phase=phase, claimed_by="U02ADA"
    )
    context = hostile({**m, "name": typed, "peak_line": other, "error": other, "segment": typed, "currency": other})
    context = replace(context, account=context.account and replace(context.account, owner_name=typed, csm_name=other))
    message = templates.alert(context, speech)
    harmless(message)
    assert validate(to_blocks(message), text_most=OWN_TEXT_MOST) == []
    json.dumps(to_blocks(message)).encode()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(typed=TYPED, other=TYPED, speech=st.sampled_from(READERS))
def test_no_answer_can_ping_or_forge_a_link(templates: Templates, typed: str, other: str, speech: Speech) -> None:
    view = CHURN.but(name=typed, lines=(seats(other),), url=None).view({**METRICS, "peak_line": other})
    episode = replace(CHURN().episode, rule=typed, severity=other)
    for message in (templates.answer(view, PEOPLE, [episode], "", speech), not_found(typed, [other, typed], speech)):
        harmless(message)
        assert validate(to_blocks(message), text_most=OWN_TEXT_MOST) == []


@given(TYPED)
def test_text_that_others_typed_is_read_back_without_styles_or_links(typed: str) -> None:
    read = list(spans(mrkdwn(typed)))
    assert not any(s.bold or s.italic or s.strike or s.code or s.url or s.mention for s in read)
    assert "".join(s.text for s in read).translate(str.maketrans("\u2217\u223c\u02cb\u02cd", "*~`_")) == plain(
        typed
    ).translate(str.maketrans("\u2217\u223c\u02cb\u02cd", "*~`_"))


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("Fish & <Chips>", "Fish &amp; &lt;Chips&gt;"),
        ("&lt;", "&amp;lt;"),
        ("<!channel>", "&lt;!channel&gt;"),
        ("*bold* _it_ ~no~ `x`", "∗bold∗ ˍitˍ ∼no∼ ˋxˋ"),
        ("licence_utilization", "licence_utilization"),
        ("two\nlines\tand\x00more", "two lines and more"),
    ],
)
def test_markup_stands_for_itself(typed: str, expected: str) -> None:
    assert mrkdwn(typed) == expected


def test_what_is_safe_is_not_escaped_twice() -> None:
    assert mrkdwn(mrkdwn("a & b")) == "a &amp; b"
    assert mrkdwn(Safe("<@U1>")) == "<@U1>"


def test_a_right_to_left_name_is_isolated_and_cannot_override_directions() -> None:
    assert plain("\u202eشركة\u202c") == "\u2068شركة\u2069"
    assert plain("\u202eNorthwind\u2069") == "Northwind"


def test_what_is_isolated_already_is_not_isolated_with_the_sentence_around_it() -> None:
    assert plain(str(plain("شركة")) + " uses 41 %") == "\u2068شركة\u2069 uses 41 %"
    assert plain("\u2068\u2068شركة\u2069 x") == "\u2068شركة x\u2069", "unbalanced: somebody else's"


@pytest.mark.parametrize(
    ("line", "rtl", "expected"),
    [
        ("\u2068شركة\u2069 uses", False, "\u200e\u2068شركة\u2069 uses"),
        ("Acme uses", False, "Acme uses"),
        ("Acme يستخدم", True, "\u200fAcme يستخدم"),
        ("41 %", False, "41 %"),
    ],
)
def test_a_line_runs_in_its_languages_direction_whatever_name_it_begins_with(
    line: str, rtl: bool, expected: str
) -> None:
    assert begun(Line(line), rtl=rtl) == expected


@pytest.mark.parametrize(
    ("url", "https"),
    [
        ("https://x.example/a?b=1", True),
        ("http://x.example", False),
        ("javascript:alert(1)", False),
        ("https://", False),
        ("https://x.example/a b", False),
        ("https://[", False),
        ("", False),
        (None, False),
    ],
)
def test_only_https_is_linked(url: str | None, https: bool) -> None:
    assert is_https(url) is https


def test_a_link_cannot_end_early() -> None:
    assert link("A > B", "https://x.example/a|b>c?d=1&e=2") == "<https://x.example/a%7Cb%3Ec?d=1&amp;e=2|A &gt; B>"
    assert link("A", "http://x.example") == "A"
    assert plain_text(link("Open", "https://x.example/")) == "Open (https://x.example/)"


def test_a_mention_needs_a_user_id() -> None:
    assert mention("U02ADA") == "<@U02ADA>"
    assert mention("U1> <!channel") == "U1&gt; &lt;!channel"
    assert mention(None) == "somebody"


def test_a_long_name_is_cut_at_a_word() -> None:
    assert short("Northwind Freight Forwarding", 20) == "Northwind Freight…"
    assert short("Northwind", 9) == "Northwind"
    assert len(short("x" * 100, 60)) == 60


def test_plain_text_keeps_what_a_reader_would_see(templates: Templates) -> None:
    text = to_text(templates.alert(CHURN.but(name="Fish & <Chips>")()))
    assert text.startswith("Fish & <Chips> uses 41 % of its licences; renewal in 87 days\n")
    assert "[Claim]  [Brief]  [Open in Salesforce] https://" in text


@given(TYPED, st.booleans())
def test_what_stands_as_it_is_has_no_invisible_character_but_marks_of_this_module(typed: str, rtl: bool) -> None:
    for text in (typed, f"{plain(typed)}: 41 %", begun(Line(plain(typed)), rtl=rtl)):
        tidy = str(tidied(text))
        odd = {one for one in tidy if unicodedata.category(one) in {"Cc", "Cf", "Cs", "Zl", "Zp"}}
        assert odd <= set("\u2068\u2069\u200c\u200d\u200e\u200f")
        assert tidied(tidy) == tidy


def test_a_message_from_the_outbox_keeps_the_marks_of_its_direction() -> None:
    line = str(begun(plain("شركة: 41 %"), rtl=False))
    assert tidied(line) == line
