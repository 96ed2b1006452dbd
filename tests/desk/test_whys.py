"""Asking why: whom a question is about, and which rule it names."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.desk.asking import Asker, Question
from bot.desk.lookup import nothing_yet
from bot.desk.whys import no_rule
from bot.messages.blocks import to_blocks, to_text
from bot.messages.limits import validate
from bot.messages.speech import ENGLISH, Speech
from tests.slack.desk import ACME, NOW, Store, commands_on

if TYPE_CHECKING:
    from bot.messages.message import Message
    from bot.state.rows import AccountView

HARBOR = replace(ACME, account_id="001B", name="Blue Harbor", domain="harbor.example")
LIKE_A_RULE = replace(ACME, account_id="001C", name="overage", domain=None)
BOTH = replace(ACME, account_id="001D", name="Blue Harbor near-limit", domain=None)
WHY_NOT = replace(ACME, account_id="001E", name="why not", domain=None)


def asked(text: str, accounts: tuple[AccountView, ...] = (ACME, HARBOR, LIKE_A_RULE)) -> str:
    return message(text, accounts).summary


def message(text: str, accounts: tuple[AccountView, ...] = (ACME,)) -> Message:
    return commands_on(Store(accounts=accounts)).answer(Question(text, Asker(), "/headroom", NOW)).message


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
    ("why Blu Harbr", "There is no one account like “Blu Harbr”."),
    ("why Blu Harbr near-limit", "There is no one account like “Blu Harbr”."),
    ("why near-limit", "There is no one account like “near-limit”."),
    # no question at all
    ("whynot", "There is no one account like “whynot”."),
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


def test_an_empty_store_has_no_reasons() -> None:
    assert message("why acme", ()) == nothing_yet(ENGLISH)


def test_the_nearest_rules_are_named() -> None:
    text = to_text(no_rule("near-limt", ["overage", "near-limit", "licence-underuse"]))
    assert text.splitlines()[-1] == "• near-limit"
    assert "overage" not in text


def test_that_there_is_no_such_rule_is_said_in_the_language_of_who_asks() -> None:
    told = no_rule("near-limt", ["near-limit"], Speech("de"))
    assert told.summary == "Es gibt keine Regel „near-limt“."
    assert told.language == "de"


def test_where_no_rule_comes_near_some_are_named() -> None:
    assert "• a\n• b" in to_text(no_rule("zzz", ["b", "a"]))
    assert "Did you mean" not in to_text(no_rule("zzz", []))


@given(st.text(max_size=300))
def test_whatever_is_typed_is_answered_with_what_slack_takes(text: str) -> None:
    assert validate(to_blocks(message(f"why {text}"))) == []
    assert validate(to_blocks(no_rule(text, ["near-limit"]))) == []
