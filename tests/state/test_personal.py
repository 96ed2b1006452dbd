"""What people chose for themselves, and what their Home is made of; on both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest

from bot.core.choices import ChoiceError, chosen
from bot.core.episodes import Phase
from bot.core.holdings import Scope
from bot.core.preferences import NOTHING_CHOSEN, Preferences
from bot.state.rows import SlackIdentity
from bot.state.tables import PREFERENCES
from tests.state.samples import DANA, START, account, episode, judgement

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.state.rows import AccountView
    from bot.state.store import Store

TODAY = date(2026, 3, 2)
OTTO = replace(DANA, person_id="005B", name="Otto", email="otto@ours.example")


def late() -> Callable[[Preferences], Preferences]:
    return lambda before: chosen(before, {"quiet": "18:00-08:00"})


def test_who_never_chose_has_chosen_nothing(store: Store) -> None:
    assert store.preferences("U1") == NOTHING_CHOSEN
    assert store.preferences_by_person() == {}


def test_choices_add_up_and_are_each_persons_own(store: Store) -> None:
    store.choose("U1", late(), START)
    after = store.choose("U1", lambda before: chosen(before, {"digest": "weekly"}), START)
    assert store.preferences("U1") == after == chosen(NOTHING_CHOSEN, {"quiet": "18:00-08:00", "digest": "weekly"})
    assert store.preferences("U2") == NOTHING_CHOSEN


def test_a_choice_that_is_refused_changes_nothing(store: Store) -> None:
    before = store.choose("U1", late(), START)
    with pytest.raises(ChoiceError):
        store.choose("U1", lambda seen: chosen(seen, {"digest": "weekly", "days": "never"}), START)
    assert store.preferences("U1") == before


def test_whoever_undoes_the_last_choice_leaves_no_row(store: Store) -> None:
    store.choose("U1", late(), START)
    store.choose("U1", lambda before: chosen(before, {"quiet": "company"}), START)
    with store._reading() as connection:
        assert connection.execute(PREFERENCES.select()).all() == []


def test_choices_are_found_by_the_person_of_the_crm_once_slack_knows_them(store: Store) -> None:
    store.commit(judgement(people=(DANA, OTTO)))
    after = store.choose("U1", late(), START)
    assert store.preferences_by_person() == {}
    store.remember_slack(DANA.person_id, SlackIdentity("U1", "D1", START))
    store.remember_slack(OTTO.person_id, SlackIdentity("U2", "D2", START))
    assert store.preferences_by_person() == {DANA.person_id: after}


def test_whoever_chooses_is_recognised_as_the_person_that_they_are_and_not_as_reached(store: Store) -> None:
    store.commit(judgement(people=(DANA, OTTO)))
    after = store.choose("U1", late(), START, DANA.person_id)
    assert store.preferences_by_person() == {DANA.person_id: after}
    assert store.person_in_slack("U1") == DANA
    assert store.slack_identity(DANA.person_id) is None, "where to reach them is looked up yet"
    store.choose("U2", late(), START, DANA.person_id)
    assert store.person_in_slack("U2") is None, "what a look-up found is not overwritten"


def test_a_choice_that_this_version_does_not_know_is_left_out(store: Store) -> None:
    with store._writing() as connection:
        value = '{"quiet":"18:00-08:00","mood":"good"}'
        connection.execute(PREFERENCES.insert().values(user_id="U1", value=value, changed_at=START))
    assert store.preferences("U1") == late()(NOTHING_CHOSEN)


def holding(number: int, name: str, owner: str | None = "005A", **metrics: object) -> AccountView:
    csm = metrics.pop("csm", None)
    return account(number, name, owner_id=owner, csm_id=csm, metrics=metrics)


def due(days: int) -> date:
    return TODAY + timedelta(days=days)


ACCOUNTS = (
    holding(1, "Acme", arr=100.0, currency="EUR", segment="Enterprise", health_band="red", deadline=due(30)),
    holding(2, "Brick", arr=900.0, currency="EUR", segment="SMB", health_band="green", deadline=due(121)),
    holding(3, "Cobalt", "005B", arr=500.0, csm="005A", segment="Enterprise", health_band="green", deadline=due(0)),
    holding(4, "Dune", "005B", segment="SMB", deadline=due(-1)),
    holding(5, "Echo", None, arr=300.0, health_band="red", deadline=due(120)),
)
EPISODES = (
    episode("001000001", at_stake=40.0),
    episode("001000001", "near-limit", at_stake=70.0, phase=Phase.CLAIMED, claimed_by="U2"),
    episode("001000003", at_stake=60.0),
    episode("001000005", at_stake=None),
    # none of these is open and said
    episode("001000002", at_stake=999.0, phase=Phase.PENDING),
    episode("001000002", "overage", at_stake=999.0, phase=Phase.RESOLVED, resolved_at=START),
    episode("001000004", at_stake=999.0, announced=False),
    episode("001000004", "overage", at_stake=999.0, phase=Phase.SNOOZED, snoozed_until=due(9)),
)
DANAS = frozenset({"005A"})


@pytest.fixture
def book(store: Store) -> Store:
    store.commit(judgement(accounts=ACCOUNTS, people=(DANA, OTTO), episodes=EPISODES))
    return store


def names(book: Store, scope: Scope, limit: int = 100) -> list[str]:
    return [one.name for one in book.holdings(scope, limit)]


def test_what_has_most_at_stake_comes_first_and_what_has_nothing_follows_by_its_arr(book: Store) -> None:
    assert names(book, Scope()) == ["Acme", "Cobalt", "Echo", "Brick", "Dune"]
    first = book.holdings(Scope(), 1)[0]
    assert (first.at_stake, first.alerts) == (70.0, 2), "the larger of two, which may be about the same money"


def test_an_account_is_its_owners_and_its_csms(book: Store) -> None:
    assert names(book, Scope(DANAS)) == ["Acme", "Cobalt", "Brick"]
    assert names(book, Scope(frozenset())) == []
    assert book.has_accounts(DANAS)
    assert not book.has_accounts(frozenset({"005X"}))
    assert not book.has_accounts(frozenset())


@pytest.mark.parametrize(
    ("scope", "wanted"),
    [
        (Scope(segment="Enterprise"), ["Acme", "Cobalt"]),
        (Scope(band="red"), ["Acme", "Echo"]),
        (Scope(DANAS, segment="SMB", band="green"), ["Brick"]),
        (Scope(rules=frozenset({"near-limit"})), ["Acme"]),
        (Scope(rules=frozenset({"overage"})), []),
        (Scope(rules=frozenset()), []),
    ],
)
def test_every_filter_has_to_hold(book: Store, scope: Scope, wanted: list[str]) -> None:
    assert names(book, scope) == wanted


def test_of_many_accounts_those_with_most_at_stake_are_kept(book: Store) -> None:
    assert names(book, Scope(), 2) == ["Acme", "Cobalt"]
    assert names(book, Scope(), 4) == ["Acme", "Cobalt", "Echo", "Brick"]


def test_what_comes_up_is_due_between_two_days_both_included(book: Store) -> None:
    found = book.coming_up(Scope(), TODAY, due(120), 100)
    assert [(one.name, one.deadline_on) for one in found] == [("Cobalt", due(0)), ("Acme", due(30)), ("Echo", due(120))]
    assert [one.name for one in book.coming_up(Scope(DANAS), TODAY, due(120), 1)] == ["Cobalt"]


def test_only_alerts_are_open_that_people_were_told_of_and_that_nobody_has_put_off(book: Store) -> None:
    assert [one.episode_id for one in book.open_alerts(Scope(), 100)] == [
        "near-limit/001000001",
        "licence-underuse/001000003",
        "licence-underuse/001000001",
        "licence-underuse/001000005",
    ]
    assert [one.subject for one in book.open_alerts(Scope(DANAS, band="green"), 100)] == ["001000003"]
    assert len(book.open_alerts(Scope(), 2)) == 2


def test_segments_are_told_once_by_name_and_unknown_ones_not_at_all(book: Store) -> None:
    assert book.segments() == ("Enterprise", "SMB")


def test_whole_accounts_are_found_by_their_ids(book: Store) -> None:
    assert book.views(["001000002", "001000009"]) == {"001000002": ACCOUNTS[1]}
    assert book.views([]) == {}
