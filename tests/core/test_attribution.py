from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest

from bot.core.attribution import PRODUCT_KEY, Aggregation, Attribution, Meter, ProductRule, match_products
from bot.core.matching import SUGGESTED_FOR, match_customers
from connectors.schema import ACCOUNTS, Kind

RULES = (
    ProductRule("SEAT-*", None, None, Kind.SEATS, "logins", unit_name="licences"),
    ProductRule(None, "API", None, Kind.COMMIT, "calls", per=1000),
    ProductRule(None, "API*", "*monthly?", Kind.ALLOWANCE, "calls", period="quarter"),
    ProductRule("SEAT-X", None, None, Kind.SERVICE),
)


def matched(**product: str | None) -> dict[str, Any]:
    schema = pa.schema([(name, pa.string()) for name in PRODUCT_KEY])
    (row,) = match_products(pa.Table.from_pylist([product], schema=schema), RULES).to_pylist()
    return {name: row[name] for name in ("kind", "meter", "per", "period", "unit_name", "rule")}


NOTHING = {"kind": None, "meter": None, "per": 1.0, "period": None, "unit_name": None, "rule": None}


@pytest.mark.parametrize(
    ("product", "expected"),
    [
        ({"product_code": "SEAT-PRO"}, {"kind": "seats", "meter": "logins", "unit_name": "licences", "rule": 0}),
        ({"product_code": " seat-pro "}, {"kind": "seats", "rule": 0}),  # capitals and white space do not matter
        ({"product_code": "SEAT-X"}, {"kind": "seats", "rule": 0}),  # the first rule that fits wins
        ({"product_family": "Api"}, {"kind": "commit", "per": 1000.0, "rule": 1}),
        ({"product_family": "API+", "product_name": "Calls monthly!"}, {"kind": "allowance", "period": "quarter"}),
        ({"product_family": "API+", "product_name": "Calls monthly"}, NOTHING),  # `?` is one character
        ({"product_family": "API+"}, NOTHING),  # a rule's every pattern must fit
        ({"product_code": "XSEAT-PRO"}, NOTHING),  # a pattern fits the whole text
        ({}, NOTHING),
    ],
)
def test_the_first_rule_that_fits_says_what_a_product_buys(product: dict[str, str], expected: dict[str, Any]) -> None:
    found = matched(**product)
    assert {name: found[name] for name in expected} == expected


def test_what_the_line_states_goes_before_any_rule() -> None:
    stated = {"line_kind": "allowance", "line_meter": "clicks", "line_period": "year"}
    assert matched(product_family="API", **stated) == {
        "kind": "allowance", "meter": "clicks", "period": "year", "per": 1000.0, "unit_name": None, "rule": 1,
    }  # fmt: skip
    assert matched(**stated) == NOTHING | {"kind": "allowance", "meter": "clicks", "period": "year"}


def accounts(*rows: dict[str, str]) -> pa.Table:
    return pa.Table.from_pylist([{"name": row["account_id"], **row} for row in rows], schema=ACCOUNTS)


ACME = {
    "account_id": "0015g00000ABCdeAAH",
    "name": "Acme Corp",
    "domain": "https://www.Acme.com/",
    "external_id": "a-1",
}
GLOBEX = {"account_id": "0015g00000abcdeAAA", "name": "Globex", "domain": "globex.de", "external_id": "g-1"}
TWIN = {"account_id": "t1", "name": "Twin", "domain": "acme.com"}
KEYS = ("account_id", "external_id", "domain", "name")


@pytest.mark.parametrize(
    ("customer", "key", "account"),
    [
        ("0015g00000ABCdeAAH", "account_id", ACME),
        ("0015g00000ABCde", "account_id", ACME),  # 15 and 18 characters are one Id
        ("0015g00000abcde", "account_id", GLOBEX),  # capitals tell two Ids of 15 characters apart
        ("0015g00000ABCdeaah", "account_id", ACME),  # the last three are a checksum: their capitals do not matter
        (" A-1 ", "external_id", ACME),
        ("ACME.COM", "domain", ACME),
        ("http://acme.com:8080/login?x=1", "domain", ACME),
        ("someone@acme.com", "domain", ACME),
        ("acme   corp", "name", ACME),
    ],
)
def test_a_customer_is_found_by_the_first_key_that_fits(customer: str, key: str, account: dict[str, str]) -> None:
    found = match_customers([customer], accounts(ACME, GLOBEX), KEYS)
    assert dict(found.matched) == {customer: (account["account_id"], key)}
    assert found.to_table().to_pylist() == [{"customer": customer, "account_id": account["account_id"], "key": key}]


def test_the_long_form_of_an_id_is_salesforces_own() -> None:
    found = match_customers(["001A0000006Vm9r"], accounts({"account_id": "001A0000006Vm9rIAC"}), KEYS)
    assert found.matched["001A0000006Vm9r"][0] == "001A0000006Vm9rIAC"


def test_the_order_of_keys_decides() -> None:
    other = {"account_id": "a-1", "name": "Named like Acme's external id"}
    both = accounts(ACME, other)
    assert match_customers(["a-1"], both, ("account_id", "external_id")).matched["a-1"] == ("a-1", "account_id")
    assert match_customers(["a-1"], both, ("external_id",)).matched["a-1"] == (ACME["account_id"], "external_id")


def test_a_key_that_is_not_named_is_not_used() -> None:
    assert match_customers(["globex"], accounts(GLOBEX), ("domain",)).matched == {}


def test_an_override_goes_first_and_one_without_an_account_is_told_of() -> None:
    overrides = {"GLOBEX.de": ACME["account_id"], "lost": "nowhere"}
    found = match_customers(["globex.de", "lost"], accounts(ACME, GLOBEX), KEYS, overrides)
    assert dict(found.matched) == {"globex.de": (ACME["account_id"], "override")}
    assert found.unknown_overrides == (("lost", "nowhere"),)
    assert [one.customer for one in found.unmatched] == ["lost"]


def test_a_customer_that_fits_two_accounts_is_not_guessed() -> None:
    found = match_customers(["acme.com"], accounts(ACME, TWIN), KEYS)
    assert (dict(found.matched), found.unmatched) == ({}, ())
    (one,) = found.ambiguous
    assert (one.customer, one.key) == ("acme.com", "domain")
    assert {candidate.account_id for candidate in one.candidates} == {ACME["account_id"], "t1"}


def test_one_account_delivered_twice_is_not_two() -> None:
    assert match_customers(["a-1"], accounts(ACME, ACME), KEYS).ambiguous == ()


def test_an_unmatched_customer_is_listed_with_its_volume_and_the_nearest_accounts() -> None:
    customers = pa.table(
        {
            "customer": ["globex.com", "globex.com", "zzz", "acme.com"],
            "meter": ["calls", "clicks", "calls", "calls"],
            "quantity": [5.0, 2.0, 9.0, 1.0],
        }
    )
    many = [{"account_id": f"n{i}", "name": f"Globex {i}", "domain": f"globex{i}.org"} for i in range(5)]
    found = match_customers(customers, accounts(ACME, GLOBEX, *many), KEYS)
    assert [(one.customer, dict(one.volume), one.total) for one in found.unmatched] == [
        ("zzz", {"calls": 9.0}, 9.0),  # most usage first
        ("globex.com", {"calls": 5.0, "clicks": 2.0}, 7.0),
    ]
    assert found.unmatched[0].candidates == ()  # nothing is like it
    assert len(found.unmatched[1].candidates) == 3
    assert found.unmatched[1].candidates[0].account_id == GLOBEX["account_id"]


def test_suggestions_are_made_for_the_largest_only_but_all_are_listed() -> None:
    names = [f"globex-{number:03}" for number in range(SUGGESTED_FOR + 5)]
    found = match_customers(names, accounts(GLOBEX), KEYS)
    assert len(found.unmatched) == SUGGESTED_FOR + 5
    assert sum(bool(one.candidates) for one in found.unmatched) == SUGGESTED_FOR


def test_no_customers_and_no_accounts_are_an_empty_map() -> None:
    found = match_customers([], accounts(), KEYS)
    assert found.to_table().num_rows == 0
    assert found.to_table().schema.names == ["customer", "account_id", "key"]


def test_the_meters_are_a_table() -> None:
    settings = Attribution(meters=(Meter("logins", "users", Aggregation.UNIQUE_USERS),))
    assert settings.meters_table().to_pylist() == [{"meter": "logins", "unit": "users", "aggregation": "unique_users"}]
