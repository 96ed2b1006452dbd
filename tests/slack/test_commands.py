"""The slash command: what was asked for, and what is answered."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.messages.blocks import to_blocks
from bot.messages.limits import validate
from bot.sandbox.slack_payloads import escaped
from bot.slack.commands import asked_for, help_message, nothing_yet, reply
from tests.slack.desk import Store, Wording

if TYPE_CHECKING:
    from bot.messages.message import Message

TYPED = [
    ("Acme", "Acme"),
    ("  Acme   Corp ", "Acme Corp"),
    ("<http://acme.com|acme.com>", "acme.com"),
    ("<https://acme.com/>", "acme.com"),
    ("<mailto:ada@acme.com|ada@acme.com>", "ada@acme.com"),
    ("R&amp;D &lt;Labs&gt;", "R&D <Labs>"),
    ("&amp;lt;", "&lt;"),
    ("“Acme”", "Acme"),
    ("<@U1|ada>", "ada"),
    ("<#C1>", "C1"),
    ("x" * 500, "x" * 200),
    ("", ""),
]


@pytest.mark.parametrize(("text", "name"), TYPED, ids=[repr(text[:20]) for text, _ in TYPED])
def test_what_slack_makes_of_a_name_is_undone(text: str, name: str) -> None:
    assert asked_for(text) == name


@given(st.text(alphabet=st.sampled_from("abc&<>;. "), max_size=30))
def test_every_name_survives_slacks_escaping(name: str) -> None:
    tidy = " ".join(name.split())
    assert asked_for(escaped(tidy)) == tidy


@given(st.text(max_size=300))
def test_nothing_that_can_be_typed_breaks_the_reading(text: str) -> None:
    assert len(asked_for(text)) <= 200


def test_a_known_account_is_answered_from_the_store() -> None:
    assert reply("acme.com", "/headroom", Store(), Wording()).summary == "Acme & Sons as of 2026-02-28"


def test_an_unknown_account_gets_the_nearest_names() -> None:
    assert reply("acne", "/headroom", Store(), Wording()).summary == "no acne; near: Acme & Sons"


def test_an_empty_store_says_so() -> None:
    assert reply("acme", "/headroom", Store(accounts=()), Wording()) == nothing_yet()


@pytest.mark.parametrize("text", ["", "  ", "help", "HELP", "?", "--help"])
def test_help_is_given_for_nothing_and_for_the_asking(text: str) -> None:
    message = reply(text, "/hr", Store(), Wording())
    assert message == help_message("/hr")
    assert "/hr &lt;account&gt;" in message.summary


@pytest.mark.parametrize("message", [help_message("/headroom"), nothing_yet()], ids=["help", "nothing yet"])
def test_own_messages_are_what_slack_takes_and_fit_on_one_screen(message: Message) -> None:
    blocks = to_blocks(message)
    assert validate(blocks) == []
    assert len(blocks) <= 5
