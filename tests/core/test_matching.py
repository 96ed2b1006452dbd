"""Customers of the usage and accounts: what was settled by hand, and accounts that live on in others."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pytest

from bot.core.likeness import Nearest, size_likeness
from bot.core.matching import NOT_OURS, match_customers
from bot.core.succession import GONE, Former, How, formers, survivors
from connectors.schema import ACCOUNTS

if TYPE_CHECKING:
    from tests.nights import Row

KEYS = ("external_id", "domain", "account_id", "name")


def accounts(*rows: Row) -> pa.Table:
    return pa.Table.from_pylist([{"name": row["account_id"], **row} for row in rows], schema=ACCOUNTS)


def gone(*rows: Row) -> pa.Table:
    return pa.Table.from_pylist(list(rows), schema=GONE)


ACME = {"account_id": "0015g00000ABCdeAAH", "name": "Acme", "domain": "acme.com", "external_id": "a-1"}
OLD = Former("0015g00000abcdeAAA", ACME["account_id"], How.MERGED, "old-1", "oldacme.com", "Old Acme")


# what is settled by hand


@pytest.mark.parametrize("key", KEYS)
def test_a_customer_that_is_none_of_ours_is_settled_whatever_it_would_match(key: str) -> None:
    found = match_customers(["a-1", "qa"], accounts(ACME), (key, "external_id"), {"A-1": NOT_OURS, "qa": NOT_OURS})
    assert [one.customer for one in found.not_ours] == ["a-1", "qa"]
    assert (dict(found.matched), found.unmatched, found.ambiguous, found.unknown_overrides) == ({}, (), (), ())


# accounts that live on in others


@pytest.mark.parametrize("customer", ["0015g00000abcdeAAA", "0015g00000abcde", "OLD-1", "www.oldacme.com", "old  acme"])
def test_usage_that_names_a_former_account_is_that_of_the_one_it_lives_on_in(customer: str) -> None:
    found = match_customers([customer], accounts(ACME), KEYS, former=[OLD])
    assert dict(found.matched) == {customer: (ACME["account_id"], "former")}


def test_a_former_key_is_used_only_where_it_is_one_that_is_compared() -> None:
    assert match_customers(["oldacme.com"], accounts(ACME), ("external_id",), former=[OLD]).matched == {}


def test_what_an_account_is_called_now_goes_before_what_another_was_called() -> None:
    other = {"account_id": "other", "external_id": "old-1"}
    found = match_customers(["old-1"], accounts(ACME, other), KEYS, former=[OLD])
    assert dict(found.matched) == {"old-1": ("other", "external_id")}


def test_an_override_to_a_former_account_leads_to_the_one_of_now() -> None:
    found = match_customers(["x"], accounts(ACME), KEYS, {"x": "0015g00000abcde"}, [OLD])
    assert (dict(found.matched), found.unknown_overrides) == ({"x": (ACME["account_id"], "override")}, ())


def test_a_key_that_two_former_accounts_had_decides_nothing_unless_they_are_one_by_now() -> None:
    twin = Former("t", "other", How.MERGED, domain="oldacme.com")
    two = accounts(ACME, {"account_id": "other"})
    (one,) = match_customers(["oldacme.com"], two, KEYS, former=[OLD, twin]).ambiguous
    assert ({near.account_id for near in one.candidates}, one.key) == ({ACME["account_id"], "other"}, "former")
    both = [OLD, Former("t", ACME["account_id"], How.MERGED, domain="oldacme.com")]
    assert match_customers(["oldacme.com"], two, KEYS, former=both).matched["oldacme.com"][0] == ACME["account_id"]


# who lives on in whom


def test_a_merged_account_lives_on_in_the_one_that_took_it_in() -> None:
    (found,) = formers(accounts({**ACME, "former_ids": "0015g00000abcde b"}, {"account_id": "b"}), gone())
    # `b` is in the CRM still: it lives on in nobody.
    assert (found.account_id, found.survivor, found.how) == ("0015g00000abcdeAAA", ACME["account_id"], How.MERGED)
    assert survivors([found]) == {
        "0015g00000abcdeAAA": ACME["account_id"],
        "0015g00000abcde": ACME["account_id"],
    }


def test_merges_are_followed_to_the_account_that_is_there() -> None:
    left = gone({"account_id": "b", "former_ids": "a", "domain": "b.com"})
    found = formers(accounts({"account_id": "c", "former_ids": "b"}), left)
    assert [(one.account_id, one.survivor, one.domain) for one in found] == [("a", "c", None), ("b", "c", "b.com")]


def test_merges_that_go_in_a_circle_or_are_claimed_twice_lead_nowhere() -> None:
    circle = gone({"account_id": "a", "former_ids": "b"}, {"account_id": "b", "former_ids": "a"})
    assert formers(accounts({"account_id": "c"}), circle) == ()
    assert (
        formers(accounts({"account_id": "c", "former_ids": "x"}, {"account_id": "d", "former_ids": "x"}), gone()) == ()
    )


def test_an_account_that_was_created_again_is_known_by_its_external_id() -> None:
    left = gone({"account_id": "old", "external_id": "E-1", "domain": "e.com"})
    (found,) = formers(accounts({"account_id": "new", "external_id": "e-1"}), left)
    assert (found.account_id, found.survivor, found.how) == ("old", "new", How.RECREATED)


@pytest.mark.parametrize(
    ("there", "left"),
    [
        # not by its domain alone
        ([{"account_id": "new", "domain": "e.com"}], [{"account_id": "old", "domain": "e.com"}]),
        # two that are gone had it, or two that are there have it
        (
            [{"account_id": "new", "external_id": "e"}],
            [{"account_id": "old", "external_id": "e"}, {"account_id": "older", "external_id": "e"}],
        ),
        (
            [{"account_id": "new", "external_id": "e"}, {"account_id": "newer", "external_id": "e"}],
            [{"account_id": "old", "external_id": "e"}],
        ),
        # it is still there
        ([{"account_id": "old", "external_id": "e"}], [{"account_id": "old", "external_id": "e"}]),
    ],
)
def test_what_fits_more_than_one_account_or_by_less_is_not_taken_for_the_same(
    there: list[Row], left: list[Row]
) -> None:
    assert formers(accounts(*there), gone(*left)) == ()


# how alike


def rows(*names: str) -> list[Row]:
    return [{"account_id": f"A{place}", "name": name, "domain": None} for place, name in enumerate(names)]


def test_of_accounts_of_one_name_the_one_of_the_same_size_is_nearest() -> None:
    near = Nearest(rows("Globex", "Globex"), [{"calls": 10.0}, {"calls": 1000.0}])
    (found,) = near.of(["globex"], [{"calls": 1000.0}])
    # Text 100: 90 points. A hundredth of the size gives none, the same size ten.
    assert [(one.account_id, one.likeness, one.size) for one in found] == [("A1", 100.0, 1.0), ("A0", 90.0, 0.0)]


def test_a_size_does_not_make_another_name_alike() -> None:
    near = Nearest(rows("Globex", "Initech"), [{}, {"calls": 5.0}])
    (found,) = near.of(["globexx"], [{"calls": 5.0}])
    assert found[0].account_id == "A0"


def test_the_three_nearest_are_offered_those_below_the_limit_only_on_demand() -> None:
    many = rows("Globex", "Globex A", "Globex B", "Globex C", "zzz")
    assert [one.name for one in next(Nearest(many).of(["globex"]))] == ["Globex", "Globex A", "Globex B"]
    assert list(Nearest(rows("zzz")).of(["globex"])) == [()]
    assert [one.name for one in next(Nearest(rows("zzz", "lob"), at_least=1.0).of(["globex"]))] == ["lob"]


def test_a_customer_without_a_word_is_like_nobody() -> None:
    assert list(Nearest(rows("", "Globex"), at_least=1.0).of(["---"])) == [()]


@pytest.mark.parametrize(
    ("used", "contracted", "expected"),
    [
        ({"calls": 5.0}, {"calls": 5.0}, 1.0),
        ({"calls": 50.0}, {"calls": 5.0}, 0.5),
        ({"calls": 0.05}, {"calls": 5.0}, 0.0),
        ({"calls": 5.0, "gb": 10.0}, {"calls": 5.0, "gb": 1.0}, 0.75),
        ({"calls": 5.0}, {"gb": 5.0}, None),
        ({"calls": 0.0}, {"calls": 5.0}, None),
    ],
)
def test_sizes_are_alike_by_powers_of_ten(
    used: dict[str, float], contracted: dict[str, float], expected: float
) -> None:
    assert size_likeness(used, contracted) == expected
