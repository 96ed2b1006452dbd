"""Asking why: whom a question is about, and which rule it names."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.messages.blocks import to_blocks, to_text
from bot.messages.limits import validate
from bot.slack.commands import help_message, nothing_yet, reply
from bot.slack.whys import no_rule
from tests.slack.desk import ACME, Store, Wording

if TYPE_CHECKING:
    from bot.state.rows import AccountView

HARBOR = replace(ACME, account_id="001B", name="Blue Harbor", domain="harbor.example")
LIKE_A_RULE = replace(ACME, account_id="001C", name="overage", domain=None)
BOTH = replace(ACME, account_id="001D", name="Blue Harbor near-limit", domain=None)
WHY_NOT = replace(ACME, account_id="001E", name="why not", domain=None)


def asked(text: str, accounts: tuple[AccountView, ...] = (ACME, HARBOR, LIKE_A_RULE)) -> str:
    return reply(text, "/headroom", Store(accounts=accounts), Wording()).summary


# What was typed, and what is answered.
QUESTIONS = [
    ("why Acme & Sons", "why Acme & Sons: None"),
    ("why acme.com", "why Acme & Sons: None"),
    ("WHY acme.com near-limit", "why Acme & Sons: near-limit"),
    ("why <http://acme.com|acme.com> NEAR-LIMIT", "why Acme & Sons: near-limit"),
    ("why Acme &amp; Sons licence-underuse", "why Acme & Sons: licence-underuse"),
    ("  why   Blue  Harbor   near-limit ", "why Blue Harbor: near-limit"),
    ("why “Blue Harbor” near-limit", "why Blue Harbor: near-limit"),
    ("why Blue Harbor 'near-limit'", "why Blue Harbor: near-limit"),
    ("why 001B", "why Blue Harbor: None"),
    # an account that is called like a rule
    ("why overage", "why overage: None"),
    ("why overage overage", "why overage: overage"),
    # a source
    ("why salesforce", "why salesforce: None"),
    ("why Salesforce source-stale", "There is no rule “source-stale”."),
    ("why salesforce near-limit", "why salesforce: near-limit"),
    # a rule that nobody knows, of an account that is known
    ("why Blue Harbor near-limt", "There is no rule “near-limt”."),
    # an account that nobody knows: what is looked for has no rule in it
    ("why Blu Harbr", "no Blu Harbr; near: Acme & Sons, Blue Harbor, overage"),
    ("why Blu Harbr near-limit", "no Blu Harbr; near: Acme & Sons, Blue Harbor, overage"),
    ("why near-limit", "no near-limit; near: Acme & Sons, Blue Harbor, overage"),
    # no question at all
    ("whynot", "no whynot; near: Acme & Sons, Blue Harbor, overage"),
]


@pytest.mark.parametrize(("text", "answer"), QUESTIONS, ids=[text for text, _ in QUESTIONS])
def test_a_question_is_understood(text: str, answer: str) -> None:
    assert asked(text) == answer


def test_the_whole_name_of_an_account_goes_before_a_rule() -> None:
    assert asked("why Blue Harbor near-limit", accounts=(HARBOR, BOTH)) == "why Blue Harbor near-limit: None"
    assert asked("why Blue Harbor near-limit near-limit", accounts=(BOTH,)) == "why Blue Harbor near-limit: near-limit"


def test_an_account_whose_name_begins_with_why_is_an_account() -> None:
    assert asked("why not", accounts=(WHY_NOT,)) == "why not as of 2026-02-28"
    assert asked("why why not", accounts=(WHY_NOT,)) == "why why not: None"


@pytest.mark.parametrize("text", ["why", " WHY ", 'why ""'])
def test_why_alone_is_answered_with_help(text: str) -> None:
    message = reply(text, "/hr", Store(), Wording())
    assert message == help_message("/hr")
    assert "`/hr why Acme`" in str(to_blocks(message))


def test_an_empty_store_has_no_reasons() -> None:
    assert reply("why acme", "/headroom", Store(accounts=()), Wording()) == nothing_yet()


def test_the_nearest_rules_are_named() -> None:
    text = to_text(no_rule("near-limt", ["overage", "near-limit", "licence-underuse"]))
    assert text.splitlines()[-1] == "• near-limit"
    assert "overage" not in text


def test_where_no_rule_comes_near_some_are_named() -> None:
    assert "• a\n• b" in to_text(no_rule("zzz", ["b", "a"]))
    assert "Did you mean" not in to_text(no_rule("zzz", []))


@given(st.text(max_size=300))
def test_whatever_is_typed_is_answered_with_what_slack_takes(text: str) -> None:
    assert validate(to_blocks(reply(f"why {text}", "/headroom", Store(), Wording()))) == []
    assert validate(to_blocks(no_rule(text, ["near-limit"]))) == []
