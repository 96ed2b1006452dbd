"""`snooze Acme near-limit until 2026-04-01 on holiday`: read, done, or explained."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from bot.core.episode import Phase
from bot.desk.acting import Acting
from bot.desk.asking import Answer, Asker, Question
from bot.desk.lookup import Lookup
from bot.desk.snooze import SnoozeCommand
from bot.messages.blocks import to_blocks
from bot.messages.limits import validate
from bot.messages.message import Buttons
from bot.state.store import open_store
from tests.nights import new_state
from tests.slack.desk import NOW
from tests.state.samples import ACME, episode, judgement

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path

    from bot.core.episode import Episode
    from bot.state.store import Store

RULES = ("licence-underuse", "near-limit")
ID = ACME.account_id
SEVEN = replace(ACME, account_id="0015g00000Seven7", name="Seven 7", domain="seven.example", external_id=None)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    (tmp_path / "headroom.db").write_bytes(new_state())
    with open_store(f"sqlite:///{tmp_path}/headroom.db") as opened:
        opened.commit(judgement(accounts=(ACME, SEVEN), episodes=(episode(ID), episode(SEVEN.account_id))))
        yield opened


class Nothing:
    """Sees no account."""

    def readable(self, account_ids: Collection[str]) -> frozenset[str]:
        return frozenset()


def ask(store: Store, text: str, asker: Asker | None = None) -> Answer:
    command = SnoozeCommand(Lookup(store), Acting(store), store, RULES)
    answer = command.answer(Question(text, asker or Asker(user="U1"), "/headroom", NOW))
    assert validate(to_blocks(answer.message)) == []
    return answer


def kept(store: Store, subject: str = ID) -> Episode:
    (one,) = store.episodes_of(subject)
    return one


WISHES = [
    ("Acme, Inc.", ID, "2026-03-08", None),
    ("acme.example 14", ID, "2026-03-15", None),
    ("acme.example for 14 days they are on holiday", ID, "2026-03-15", "they are on holiday"),
    ("acme.example licence-underuse until 2026-04-01 budget <freeze>", ID, "2026-04-01", "budget <freeze>"),
    ("Acme, Inc. they will call back", ID, "2026-03-08", "they will call back"),
    ("Seven 7", SEVEN.account_id, "2026-03-08", None),
    ("Seven 7 14d", SEVEN.account_id, "2026-03-15", None),
]


@pytest.mark.parametrize(("text", "subject", "until", "reason"), WISHES)
def test_an_alert_is_silent_until_then(store: Store, text: str, subject: str, until: str, reason: str | None) -> None:
    answer = ask(store, text)
    assert (answer.found, answer.data["until"], answer.data["reason"]) == (True, until, reason)
    asleep = kept(store, subject)
    assert (asleep.phase, str(asleep.snoozed_until), asleep.snooze_reason) == (Phase.SNOOZED, until, reason)
    assert asleep.snoozed_by == "U1"


FAULTS = [
    ("acme.example until tomorrow", "“tomorrow” is no day: write it like 2026-04-01."),
    ("acme.example until", "“nothing” is no day: write it like 2026-04-01."),
    ("acme.example until 2026-03-01", "Nothing was changed: 2026-03-01 does not lie ahead."),
    ("acme.example 9999", "Nothing was changed: 2053-07-16 is more than a year away."),
    ("acme.example near-limit", "Acme, Inc. has no open alert of the rule near-limit."),
]


@pytest.mark.parametrize(("text", "told"), FAULTS)
def test_what_cannot_be_done_is_explained_and_changes_nothing(store: Store, text: str, told: str) -> None:
    assert ask(store, text).message.summary == told
    assert kept(store).phase is Phase.FIRING


def test_of_several_alerts_one_is_chosen_with_the_same_words(store: Store) -> None:
    store.commit(judgement(episodes=(episode(ID, "near-limit"),)))
    answer = ask(store, "acme.example 14 on holiday")
    (row,) = [block for block in answer.message.blocks if isinstance(block, Buttons)]
    assert row.menu is not None
    assert sorted(row.menu.choices) == [
        ("licence-underuse", f"snooze {ID} licence-underuse 14 on holiday"),
        ("near-limit", f"snooze {ID} near-limit 14 on holiday"),
    ]
    assert ask(store, row.menu.choices[0][1].removeprefix("snooze ")).data["until"] == "2026-03-15"


def test_a_reason_that_is_too_long_for_a_choice_does_not_break_it(store: Store) -> None:
    store.commit(judgement(episodes=(episode(ID, "near-limit"),)))
    answer = ask(store, f"acme.example 14 {'word ' * 60}")
    assert answer.data["rules"]


def test_who_does_not_see_the_account_neither_snoozes_it_nor_learns_of_it(store: Store) -> None:
    answer = ask(store, "acme.example 14", Asker(Nothing(), user="U1"))
    assert not answer.found
    assert "Acme" not in str(answer)
    assert kept(store).phase is Phase.FIRING


def test_in_the_terminal_it_is_the_terminal_that_snoozes(store: Store) -> None:
    ask(store, "acme.example", Asker())
    assert kept(store).snoozed_by == "terminal"


def test_an_unknown_account_gets_the_nearest_ones(store: Store) -> None:
    answer = ask(store, "Acmee until 2026-04-01")
    assert answer.data["suggestions"]
    (row,) = [block for block in answer.message.blocks if isinstance(block, Buttons)]
    assert row.menu is not None
    assert row.menu.choices[0][1] == f"snooze {ID} until 2026-04-01", "what was said of time goes with the choice"
