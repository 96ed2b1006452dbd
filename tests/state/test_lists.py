"""What lists are made of, on both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

import pytest

from bot.core.episodes import Outcome, Phase
from tests.state.samples import ACME, DANA, START, account, episode, judgement

if TYPE_CHECKING:
    from bot.state.rows import AccountView
    from bot.state.store import Store

RULES = ("licence-underuse", "utilization-falling")


def due_on(number: int, name: str, day: date | None, **changes: object) -> AccountView:
    metrics = {"deadline": day, "renewal_date": date(2026, 12, 31), "arr": 100.0 * number, "currency": "USD"}
    return account(number, name, metrics=metrics, **changes)


MARCH = due_on(1, "March", date(2026, 3, 31), owner_id="005A", csm_id="005B")
APRIL = due_on(2, "april", date(2026, 4, 1), owner_id="005C", csm_id=None)
ALSO_APRIL = due_on(3, "Aaron", date(2026, 4, 1), owner_id=None, csm_id="005A")
NEVER = due_on(4, "Never", None)


@pytest.fixture
def filled(store: Store) -> Store:
    other = replace(DANA, person_id="005C", name="Cy", manager_id=None)
    store.commit(judgement(accounts=(NEVER, APRIL, MARCH, ALSO_APRIL), people=(DANA, other)))
    return store


def ids(*views: AccountView) -> list[str]:
    return [view.account_id for view in views]


def test_what_is_due_is_found_between_two_days_by_deadline_the_largest_first(filled: Store) -> None:
    found = filled.due(date(2026, 3, 31), date(2026, 4, 1))
    assert [one.account_id for one in found] == ids(MARCH, ALSO_APRIL, APRIL)
    first = found[0]
    assert (first.arr, first.currency, first.deadline_on) == (100.0, "USD", date(2026, 3, 31))
    assert first.renewal_on == date(2026, 12, 31)
    assert [one.account_id for one in filled.due(date(2026, 4, 1), date(2026, 4, 1))] == ids(ALSO_APRIL, APRIL)
    assert filled.due(date(2026, 4, 2), date(2027, 1, 1)) == ()


def test_the_accounts_of_people_are_those_that_they_own_or_are_the_csm_of(filled: Store) -> None:
    days = (date(2026, 1, 1), date(2026, 12, 31))
    assert [one.account_id for one in filled.due(*days, {"005A"})] == ids(MARCH, ALSO_APRIL)
    assert [one.account_id for one in filled.due(*days, {"005B", "005C"})] == ids(MARCH, APRIL)
    assert filled.due(*days, set()) == ()


def test_people_of_any_number_are_asked_for_and_no_account_comes_twice(filled: Store) -> None:
    crowd = {f"0{number:05d}" for number in range(1_200)} | {"005A", "005B"}
    found = filled.due(date(2026, 1, 1), date(2026, 12, 31), crowd)
    assert [one.account_id for one in found] == ids(MARCH, ALSO_APRIL)


def test_an_open_alert_is_one_that_was_said_and_is_neither_over_nor_closed(filled: Store) -> None:
    subject = MARCH.account_id
    kept = {
        Phase.FIRING: episode(subject, "firing", episode_id="1"),
        Phase.CLAIMED: episode(subject, "claimed", phase=Phase.CLAIMED, claimed_by="U1", claimed_at=START),
        Phase.SNOOZED: episode(subject, "snoozed", phase=Phase.SNOOZED, snoozed_until=date(2026, 4, 1)),
    }
    others = (
        episode(subject, "pending", phase=Phase.PENDING),
        episode(subject, "closed", phase=Phase.CLOSED, outcome=Outcome.LOST),
        episode(subject, "resolved", phase=Phase.RESOLVED, resolved_at=START),
        episode(subject, "unheard", announced=False),
        episode("salesforce", "source-stale"),
    )
    filled.commit(judgement(episodes=(*kept.values(), *others)))
    rules = [one.rule for one in (*kept.values(), *others)]
    found = {one.phase: one for one in filled.alerts(rules)}
    assert set(found) == set(kept)
    assert len(filled.alerts(rules)) == 3
    claimed = found[Phase.CLAIMED]
    assert (claimed.episode_id, claimed.account_id, claimed.currency) == (f"claimed/{subject}", subject, "USD")
    assert (claimed.deadline_on, claimed.severity, claimed.at_stake) == (date(2026, 3, 31), "high", 120_000.0)
    assert found[Phase.SNOOZED].snoozed_until == date(2026, 4, 1)
    assert [one.phase for one in filled.alerts(["claimed"])] == [Phase.CLAIMED]
    assert filled.alerts([]) == ()
    assert filled.alerts(rules, {"005C"}) == ()
    assert len(filled.alerts(rules, {"005B"})) == 3


def test_the_whole_of_the_few_that_are_shown_is_read_by_id(filled: Store) -> None:
    filled.commit(judgement(episodes=(episode(MARCH.account_id, "a", episode_id="1"),)))
    assert filled.views([MARCH.account_id, "nobody"]) == {MARCH.account_id: MARCH}
    assert filled.episodes_by_id(["1", "2"])["1"].rule == "a"
    assert filled.some_people(["005A", "x"]) == {"005A": DANA}
    assert filled.managers() == {"005A": "005M", "005C": None}


def test_the_day_of_the_snapshot_is_that_of_the_last_night(store: Store) -> None:
    assert store.snapshot_day() is None
    store.commit(judgement(accounts=(ACME,)))
    assert store.snapshot_day() == date(2026, 3, 1)


def test_a_former_id_finds_the_account_that_it_lives_on_in(store: Store) -> None:
    former = {"0015g00000OldOldAAA": ACME.account_id, "0015g00000OldOld": ACME.account_id, "lost": "nobody"}
    store.commit(judgement(accounts=(ACME,), heirs=former))
    assert store.find_account("0015g00000OldOldAAA") == ACME
    assert store.find_account("0015g00000OldOld") == ACME
    assert store.find_account("lost") is None
    store.commit(judgement(accounts=(), heirs={}))
    assert store.find_account("0015g00000OldOld") == ACME, "the CRM did not deliver: what was known stays"
    store.commit(judgement(accounts=(ACME,), heirs={}))
    assert store.find_account("0015g00000OldOld") is None
