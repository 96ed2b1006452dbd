"""A task at the press of a button: made once, for who may see the account, and told with its address."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from bot.core.episode import Outcome, Phase
from bot.desk.acting import Acting, TaskMade
from bot.desk.asking import Asker, ClosedError
from bot.state.acts import UnknownEpisodeError
from bot.state.rows import SlackIdentity
from bot.state.store import open_store
from bot.tasking import Tasking
from bot.todos import Todos
from bot.writeback import Writeback
from connectors.writeback import Wanted
from tests.nights import new_state
from tests.state.samples import ACME, DANA, START, episode, judgement
from tests.test_writeback import Ledger

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path

    from bot.state.store import Store
    from connectors.writeback import Differences, Written

MINE = episode().episode_id.replace("Acme", ACME.account_id)
HERS = replace(ACME, url="https://ours.my.salesforce.com/0015g00000KqXyZAAV")
DANA_IN_SLACK = Asker(user="U1")


class Org(Ledger):
    """A ledger that tells the ids of its records, as Salesforce does."""

    def differences(self, *given: object) -> Differences:
        found = super().differences(*given)  # type: ignore[arg-type]  # handed on as it came
        return replace(found, ids={one.key: f"00T{one.key[:4]}" for one in found.had})

    def write(self, differences: Differences) -> Written:
        written = super().write(differences)
        return replace(written, ids={row.key: f"00T{row.key[:4]}" for row in written.done})


class Sight:
    """Sees nothing, or is told why."""

    def __init__(self, closed: str = "") -> None:
        self.closed = closed

    def readable(self, account_ids: Collection[str]) -> frozenset[str]:
        if self.closed:
            raise ClosedError(self.closed)
        return frozenset()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    (tmp_path / "headroom.db").write_bytes(new_state())
    with open_store(f"sqlite:///{tmp_path / 'headroom.db'}") as opened:
        opened.commit(judgement(accounts=(HERS,), people=(DANA,), episodes=(episode(ACME.account_id),)))
        opened.remember_slack("005A", SlackIdentity("U1", "D1", START))
        yield opened


def tasking(store: Store, tmp_path: Path, *ledgers: Ledger) -> Tasking:
    return Tasking(store, Acting(store), lambda: Writeback(store, ledgers, tmp_path))


def test_a_task_is_made_for_who_takes_the_alert_on_by_it(store: Store, tmp_path: Path) -> None:
    org = Org()
    made = tasking(store, tmp_path, org).make(MINE, DANA_IN_SLACK, START)
    assert made == TaskMade("https://ours.my.salesforce.com/00Tlice", claimed=True)
    (todo,) = org.todos.values()
    assert (todo.key, todo.owner_id, todo.words["claimed_by"]) == (MINE, "005A", "Dana Reyes")
    kept = store.episode(MINE)
    assert kept is not None
    assert (kept.phase, kept.claimed_by) == (Phase.CLAIMED, "U1")
    assert [(line.actor, line.verb) for line in store.audit(ACME.account_id)] == [
        ("U1", "task-written"),
        ("U1", "claimed"),
    ]


def test_pressed_twice_it_is_made_once_and_found(store: Store, tmp_path: Path) -> None:
    org = Org()
    press = tasking(store, tmp_path, org)
    first, second = (press.make(MINE, Asker(user=user), START) for user in ("U1", "U2"))
    assert (first.had, second.had) == (False, True)
    assert first.url == second.url
    assert len(org.todos) == 1
    assert not second.claimed, "an alert of another person stays theirs"
    assert Todos(store).new("crm") == (), "the night makes none either"


REFUSED = [
    ("unseen", Asker(Sight(), user="U1"), "you do not see this account in Salesforce."),
    ("closed", Asker(Sight("you are a guest"), user="U1"), "you are a guest."),
]


@pytest.mark.parametrize(("_case", "asker", "why"), REFUSED, ids=[case for case, *_ in REFUSED])
def test_nobody_makes_a_task_at_an_account_that_they_do_not_see(
    store: Store, tmp_path: Path, _case: str, asker: Asker, why: str
) -> None:
    org = Org()
    assert tasking(store, tmp_path, org).make(MINE, asker, START) == TaskMade(problem=why)
    assert org.todos == {}
    kept = store.episode(MINE)
    assert kept is not None
    assert kept.phase is Phase.FIRING


def test_an_alert_that_is_over_becomes_no_task(store: Store, tmp_path: Path) -> None:
    Acting(store).close_episode(MINE, "U2", Outcome.LOST, None, START)
    made = tasking(store, tmp_path, Org()).make(MINE, DANA_IN_SLACK, START)
    assert made == TaskMade(problem="the alert is over.")
    with pytest.raises(UnknownEpisodeError):
        tasking(store, tmp_path, Org()).make("gone", DANA_IN_SLACK, START)


TROUBLES = [
    ("down", {"down": "it cannot be reached"}, "it cannot be reached"),
    ("broke off", {"breaks_off": "the session ended"}, "the session ended"),
    ("refused", {"refuses": {MINE}}, "entity is deleted"),
    ("only shown", {"wanted": Wanted({}, todos=True, applies=False)}, "no source of the settings takes tasks."),
]


@pytest.mark.parametrize(("_case", "ledger", "why"), TROUBLES, ids=[case for case, *_ in TROUBLES])
def test_what_stands_in_the_way_is_told_and_the_alert_stays_claimed(
    store: Store, tmp_path: Path, _case: str, ledger: dict[str, object], why: str
) -> None:
    made = tasking(store, tmp_path, Org(**ledger)).make(MINE, DANA_IN_SLACK, START)  # type: ignore[arg-type]  # a test's words
    assert made == TaskMade(claimed=True, problem=why)
    assert [line.verb for line in store.audit(ACME.account_id)] == ["claimed"]


def test_without_an_address_of_the_account_the_task_has_none(store: Store, tmp_path: Path) -> None:
    store.commit(judgement(accounts=(replace(ACME, url=None),)))
    assert tasking(store, tmp_path, Org()).make(MINE, DANA_IN_SLACK, START).url is None
