"""The slash command: what was asked for, and what is answered."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.desk.asking import Answer, Asker, Question
from bot.desk.lookup import nothing_yet
from bot.desk.typed import typed
from bot.messages.blocks import to_blocks, to_text
from bot.messages.limits import validate
from bot.messages.speech import ENGLISH
from bot.sandbox.slack_payloads import escaped
from tests.slack.desk import ACME, NOW, Store, commands_on

if TYPE_CHECKING:
    from collections.abc import Collection

ASKER = Asker()

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
    ("<#C1>", "#C1"),
    ("x" * 500, "x" * 200),
    ("", ""),
]


@pytest.mark.parametrize(("text", "name"), TYPED, ids=[repr(text[:20]) for text, _ in TYPED])
def test_what_slack_makes_of_a_name_is_undone(text: str, name: str) -> None:
    assert typed(text) == name


@given(st.text(alphabet=st.sampled_from("abc&<>;. "), max_size=30))
def test_every_name_survives_slacks_escaping(name: str) -> None:
    tidy = " ".join(name.split())
    assert typed(escaped(tidy)) == tidy


@given(st.text(max_size=300))
def test_nothing_that_can_be_typed_breaks_the_reading(text: str) -> None:
    assert len(typed(text)) <= 200


def answered(text: str, store: Store | None = None, asker: Asker = ASKER, command: str = "/headroom") -> Answer:
    return commands_on(store or Store()).answer(Question(text, asker, command, NOW))


def test_a_known_account_is_answered_from_the_store() -> None:
    assert answered("acme.com").message.summary == "Acme & Sons as of 2026-02-28"
    assert answered("account acme.com").message.summary == "Acme & Sons as of 2026-02-28"
    assert answered("acme.com").data == {"account": "Acme & Sons", "account_id": "001A", "as_of": "2026-02-28"}


def test_an_unknown_account_gets_the_nearest_to_choose_from() -> None:
    answer = answered("acne")
    assert not answer.found
    assert answer.data["suggestions"] == ["Acme & Sons"]
    assert to_text(answer.message).splitlines()[-2:] == ["• Acme & Sons", "[Choose an account ▾]"]
    menu = to_blocks(answer.message)[-1]["elements"][0]
    assert (menu["action_id"], menu["options"][0]["value"]) == ("run", "account 001A")


def test_accounts_of_the_same_name_are_told_apart_by_their_domains() -> None:
    twin = replace(ACME, account_id="001B", domain="acme.example")
    store = Store(accounts=(ACME, twin))
    assert "• Acme &amp; Sons (acme.com)\n• Acme &amp; Sons (acme.example)" in str(
        answered("acne", store).message.blocks[1].text  # type: ignore[union-attr]  # a paragraph
    )


def test_what_the_asker_may_not_see_is_as_if_it_were_not_there() -> None:
    nobody = Asker(Only(()))
    for text in ("acme.com", "001A", "acne", "why Acme & Sons"):
        answer = answered(text, asker=nobody)
        assert not answer.found
        assert "Acme" not in to_text(answer.message).replace("“Acme & Sons”", "")
    assert answered("acme.com", asker=Asker(Only(("001A",)))).found


def test_an_empty_store_says_so() -> None:
    assert answered("acme", Store(accounts=())).message == nothing_yet(ENGLISH)


@pytest.mark.parametrize("text", ["", "  ", "help", "HELP", "?", "--help", "why", "account", 'why ""'])
def test_help_is_given_for_nothing_and_for_the_asking(text: str) -> None:
    answer = answered(text, command="/hr")
    assert answer.message.summary == "What /hr can tell"
    assert "`/hr why &lt;account&gt; [rule]`" in str(to_blocks(answer.message))


def test_the_word_share_at_the_end_is_for_everybody() -> None:
    assert answered("acme.com share").share
    assert answered("acme.com SHARE").message == answered("acme.com").message
    assert not answered("acme.com").share
    fair = replace(ACME, name="Fair Share")
    assert not answered("Fair Share", Store(accounts=(fair,))).share, "that is whose name it is"
    assert answered("Fair Share share", Store(accounts=(fair,))).share


def test_an_account_that_is_named_like_a_command_is_found_by_saying_so() -> None:
    named = replace(ACME, name="why", domain=None)
    store = Store(accounts=(named,))
    assert answered("why", store).message.summary == "What /headroom can tell"
    assert answered("account why", store).message.summary == "why as of 2026-02-28"


@pytest.mark.parametrize("answer", [answered("help"), answered("x", Store(accounts=()))], ids=["help", "nothing yet"])
def test_own_messages_are_what_slack_takes_and_fit_on_one_screen(answer: Answer) -> None:
    blocks = to_blocks(answer.message)
    assert validate(blocks) == []
    assert len(blocks) <= 5


class Only:
    """Sees some accounts and no others."""

    def __init__(self, ids: tuple[str, ...]) -> None:
        self.ids = frozenset(ids)

    def readable(self, account_ids: Collection[str]) -> frozenset[str]:
        return self.ids & set(account_ids)
