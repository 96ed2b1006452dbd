"""What may not be seen is as if it were not there; and who has no business here learns nothing at all."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from bot.desk.asking import Asker, ClosedError, Question
from bot.desk.lookup import Lookup
from bot.front import make_commands
from bot.load import load_all
from bot.state.store import Store, open_store
from tests.desk.shelf import ACME, ALERTS, NOW, Only, book, in_slack, made, night
from tests.loading import GOOD, write

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.desk.commands import Commands

TWIN = replace(book("A6", "Acme & Sons", None), domain="acme.example")
NAMED_SO = book("A7", "acme.example", None)
FORMER_NAME = replace(book("A8", "Something else", None), external_id="Acme & Sons")


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with open_store(made(tmp_path_factory.mktemp("sight"))) as opened:
        opened.commit(night(accounts=(ACME, TWIN, NAMED_SO, FORMER_NAME), episodes=ALERTS[:1]))
        yield opened


@pytest.fixture(scope="module")
def commands(tmp_path_factory: pytest.TempPathFactory, store: Store) -> Commands:
    return make_commands(store, load_all(write(tmp_path_factory.mktemp("settings"), GOOD)))


@pytest.mark.parametrize(
    ("text", "seen", "meant"),
    [
        ("Acme & Sons", ("A1", "A6"), None),  # nothing is guessed
        ("Acme & Sons", ("A1", "A6", "A8"), "A8"),  # an external id goes before a name
        ("Acme & Sons", ("A1",), "A1"),  # that there is a twin cannot be told
        ("Acme & Sons", ("A6",), "A6"),
        ("acme.example", ("A6", "A7"), "A6"),  # a domain goes before a name
        ("acme.example", ("A7",), "A7"),
        ("Acme & Sons", (), None),
        ("A1", ("A6",), None),
    ],
)
def test_what_is_meant_is_found_among_what_may_be_seen(
    store: Store, text: str, seen: tuple[str, ...], meant: str | None
) -> None:
    found = Lookup(store).exactly(text, Asker(Only(*seen)))
    assert (found.account_id if found else None) == meant


@pytest.mark.parametrize("word", ["", "why ", "prep ", "snooze ", "account "])
@pytest.mark.parametrize("hidden", ["A1", "Acme & Sons", "A1 near-limit"])
def test_an_account_that_may_not_be_seen_is_answered_as_one_that_does_not_exist(
    commands: Commands, word: str, hidden: str
) -> None:
    """The same words but for what was asked: neither a count nor a rule tells that it is there."""

    def told(name: str) -> str:
        answer = commands.answer(Question(f"{word}{name}", in_slack(sight=Only("A7")), "/headroom", NOW))
        assert not answer.found
        return f"{answer.message} {dict(answer.data)}".replace(name.removesuffix(" near-limit"), "X")

    assert told(hidden).replace("Acme &amp; Sons", "X") == told(
        hidden.replace("A1", "Q9").replace("Acme", "Zzz")
    ).replace("Zzz &amp; Sons", "X")


@pytest.mark.parametrize(
    "words", ["", "help", "status", "why fleet", "why crm", "A1", "risks", "prefs", "mute", "portfolio", "renewals x"]
)
def test_guests_and_members_of_other_companies_learn_nothing_whatever_they_type(commands: Commands, words: str) -> None:
    guest = in_slack(closed="you are a guest of this workspace")
    with pytest.raises(ClosedError, match="you are a guest"):
        commands.answer(Question(words, guest, "/headroom", NOW))
