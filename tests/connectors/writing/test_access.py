"""Who may read which accounts: Salesforce's answer, kept for ten minutes, and nothing in doubt."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from bot.sandbox.salesforce_control import Fault, FaultKind
from connectors.http import Patience
from tests.connectors.writing.conftest import ANN, BEN, Time, account_id

if TYPE_CHECKING:
    from tests.connectors.writing.conftest import House

ALL = [account_id(number) for number in range(1, 6)]


def test_a_person_reads_what_salesforce_says(house: House) -> None:
    house.sight.only(ANN, ALL[:2])
    found = house.access().readable("ann@example.com", ALL)
    assert (found.account_ids, found.closed) == (frozenset(ALL[:2]), None)


def test_ids_come_back_as_they_were_asked_for(house: House) -> None:
    short = ALL[0][:15]
    assert house.access().readable("ann@example.com", [short, ALL[1]]).account_ids == {short, ALL[1]}


def test_two_hundred_records_are_asked_for_at_a_time(house: House) -> None:
    many = [account_id(number) for number in range(1, 402)]
    for identity in many[5:]:
        house.org.put("Account", {"Id": identity, "Name": "another"})
    assert house.access().readable("ann@example.com", many).account_ids == set(many)
    assert [query.count("'001") for query in house.queries()] == [0, 200, 200, 1]


def test_an_answer_is_kept_for_ten_minutes_and_no_longer(house: House) -> None:
    time = Time()
    access = house.access(time)
    assert access.readable("ann@example.com", ALL).account_ids == set(ALL)
    house.sight.only(ANN, [])
    time.now = 599.0
    assert access.readable("Ann@Example.com", ALL).account_ids == set(ALL)
    assert len(house.queries()) == 2
    time.now = 600.0
    assert access.readable("ann@example.com", ALL).account_ids == frozenset()


def test_only_what_is_not_kept_is_asked_for(house: House) -> None:
    access = house.access()
    access.readable("ann@example.com", ALL[:2])
    access.readable("ann@example.com", ALL[:3])
    assert [query.count("'001") for query in house.queries()] == [0, 2, 1]


def test_what_is_kept_is_told_without_asking_anybody(house: House) -> None:
    time = Time()
    access = house.access(time)
    assert access.kept("ann@example.com", ALL[:2]) is None
    house.sight.only(ANN, ALL[:1])
    access.readable("ann@example.com", ALL[:2])
    asked = len(house.queries())
    kept = access.kept("Ann@example.com", ALL[:2])
    assert kept is not None
    assert kept.account_ids == frozenset(ALL[:1])
    assert access.kept("ann@example.com", ALL[:3]) is None, "of the third nothing is known"
    assert access.kept("ben@example.com", ALL[:1]) is None
    time.now = 600.0
    assert access.kept("ann@example.com", ALL[:2]) is None
    assert len(house.queries()) == asked


def test_that_nobody_has_an_address_is_kept_too(house: House) -> None:
    access = house.access()
    access.readable("nobody@example.com", ALL)
    kept = access.kept("nobody@example.com", ALL)
    assert kept is not None
    assert kept.closed == "Salesforce has no active user with the address nobody@example.com"


def test_a_person_without_a_user_sees_nothing_and_is_told(house: House) -> None:
    found = house.access().readable("nobody@example.com", ALL)
    assert found.account_ids == frozenset()
    assert found.closed == "Salesforce has no active user with the address nobody@example.com"


def test_a_person_without_a_user_is_looked_for_once_in_ten_minutes(house: House) -> None:
    access = house.access()
    for _ in range(3):
        access.readable("nobody@example.com", ALL)
    assert len(house.queries()) == 1


def test_who_has_left_sees_nothing(house: House) -> None:
    assert house.access().readable("ben@example.com", ALL).closed is not None


def test_two_users_with_one_address_are_nobody(house: House) -> None:
    house.org.change("User", BEN, {"IsActive": True, "Email": "ann@example.com"})
    found = house.access().readable("ann@example.com", ALL)
    assert found.account_ids == frozenset()
    assert found.closed == "Salesforce has several active users with the address ann@example.com; it must be one"


def test_an_address_that_is_not_known_is_not_asked_for(house: House) -> None:
    assert house.access().readable(" ", ALL).closed is not None
    assert house.queries() == []


@pytest.mark.parametrize("email", ["o'neil@example.com", "x' OR Email LIKE '%", "back\\slash@example.com"])
def test_an_address_is_a_value_and_never_part_of_the_query(house: House, email: str) -> None:
    found = house.access().readable(email, ALL)
    assert found.closed == f"Salesforce has no active user with the address {email}"
    house.org.change("User", ANN, {"Email": email})
    assert house.access().readable(email, ALL).account_ids == set(ALL)


def test_what_is_no_record_nobody_reads(house: House) -> None:
    house.org.delete("Account", ALL[1])
    access = house.access()
    found = access.readable("ann@example.com", ["acme-eu", "' OR 1=1", account_id(77), ALL[1], ALL[0]])
    assert (found.account_ids, found.closed) == (frozenset({ALL[0]}), None)


def test_nothing_is_asked_about_no_accounts(house: House) -> None:
    assert house.access().readable("ann@example.com", []).closed is None
    assert len(house.queries()) == 1


@pytest.mark.parametrize("kind", [FaultKind.UNAVAILABLE, FaultKind.CLOSED, FaultKind.QUERY_TIMEOUT])
def test_an_org_that_does_not_answer_closes_everything_for_the_moment(house: House, kind: FaultKind) -> None:
    house.control.faults.add(Fault(kind, path="UserRecordAccess", times=3))
    access = house.access()
    found = access.readable("ann@example.com", ALL)
    assert found.account_ids == frozenset()
    assert found.closed is not None
    assert found.closed.startswith("Salesforce could not be asked what you may see: ")
    house.control.faults.clear()
    assert access.readable("ann@example.com", ALL).account_ids == set(ALL)


def test_half_an_answer_opens_nothing(house: House) -> None:
    many = [account_id(number) for number in range(1, 202)]
    for identity in many[5:]:
        house.org.put("Account", {"Id": identity, "Name": "another"})
    house.control.faults.add(Fault(FaultKind.UNAVAILABLE, path="UserRecordAccess", after=1, times=None))
    found = house.access().readable("ann@example.com", many)
    assert found.account_ids == frozenset()
    assert found.closed is not None


def test_a_slow_org_is_not_waited_for(house: House) -> None:
    house.control.faults.add(Fault(FaultKind.HANG, path="UserRecordAccess", seconds=3.0))
    access = house.access()
    access.patience = Patience(connect=1.0, read=0.2, attempts=1)
    found = access.readable("ann@example.com", ALL)
    assert found.closed is not None
    assert "no answer in time" in found.closed


def test_a_spent_budget_closes_everything_and_is_not_asked_again_for_a_while(house: House) -> None:
    time = Time()
    access = house.access(time, daily_share=0.5)
    house.control.used, house.control.allowed = 60, 100
    found = access.readable("ann@example.com", ALL)
    assert found.closed is not None
    assert "60" in found.closed or "61" in found.closed
    asked = len(house.control.seen())
    time.now = 599.0
    assert access.readable("ann@example.com", ALL).closed == found.closed
    assert len(house.control.seen()) == asked
    house.control.used = 0
    time.now = 601.0
    assert access.readable("ann@example.com", ALL).account_ids == set(ALL)


def test_a_refused_login_is_not_knocked_at_with_every_question(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SF_SECRET", "rotated")
    time = Time()
    access = house.access(time)
    told = [access.readable("ann@example.com", ALL).closed for _ in range(3)]
    assert all(one is not None and "invalid_client" in one for one in told)
    assert len(house.control.seen("login")) == 1
    monkeypatch.setenv("SF_SECRET", "open sesame")
    time.now = 600.0
    assert access.readable("ann@example.com", ALL).account_ids == set(ALL)


def test_an_expired_session_is_renewed(house: House) -> None:
    time = Time()
    access = house.access(time)
    access.readable("ann@example.com", ALL)
    house.control.expire_sessions()
    time.now = 700.0
    assert access.readable("ann@example.com", ALL).account_ids == set(ALL)


def test_many_threads_may_ask_at_once(house: House) -> None:
    access = house.access()
    found: list[frozenset[str]] = []
    threads = [
        threading.Thread(target=lambda: found.append(access.readable("ann@example.com", ALL).account_ids))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [frozenset(ALL)] * 8
    assert len(house.control.seen("login")) == 1
