"""Which accounts a message speaks of."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.desk.mentions import MOST, mentioned
from tests.slack.desk import ACME, Store

ID = "0015g00000KqXyZAAV"
NORTH = replace(
    ACME,
    account_id=ID,
    name="Northwind Freight, Inc.",
    domain="northwind.example",
    url=f"https://ours.my.salesforce.com/{ID}",
)
WIND = replace(ACME, account_id="001W", name="Northwind", domain="wind.example")
TARGET = replace(ACME, account_id="001T", name="Target", domain=None)
CAFE = replace(ACME, account_id="001C", name="Café Müller", domain=None)
ASIA = replace(ACME, account_id="001J", name="株式会社サンプル", domain=None)
STORE = Store((ACME, NORTH, WIND, TARGET, CAFE, ASIA))

MESSAGES = [
    (f"see <https://ours.lightning.force.com/lightning/r/Account/{ID}/view|the account>", [ID]),
    (f"see https://ours.lightning.force.com/lightning/r/Account/{ID}/view please", [ID]),
    (f"<https://other.lightning.force.com/lightning/r/Account/{ID}/view>", []),
    (f"the id is {ID}.", [ID]),
    ("from <mailto:bo@northwind.example|bo@northwind.example>", [ID]),
    ("<http://wind.example|wind.example> is down", ["001W"]),
    ("Northwind Freight asked again", [ID]),
    ("NORTHWIND FREIGHT INC asked again", [ID]),
    ("Northwind asked again", ["001W"]),
    ("Acme &amp; Sons and Target", ["001A", "001T"]),
    ("we hit the target", []),
    ("lunch at Cafe Muller", ["001C"]),
    ("株式会社サンプル", ["001J"]),
    ("<@U1> <!here> <#C1|acme> hello", []),
    ("", []),
]


@pytest.mark.parametrize(("text", "ids"), MESSAGES)
def test_accounts_are_found_by_address_id_domain_and_name(text: str, ids: list[str]) -> None:
    assert list(mentioned(text, STORE)) == ids


def test_what_is_certain_comes_before_names() -> None:
    assert mentioned(f"Target and {ID}", STORE) == (ID, "001T")


def test_at_most_ten_are_told() -> None:
    many = Store(tuple(replace(ACME, account_id=f"001{number}", name=f"Company {number}") for number in range(30)))
    assert len(mentioned(" and ".join(one.name for one in many.accounts), many)) == MOST


@given(st.text(max_size=400))
def test_no_message_breaks_the_reading(text: str) -> None:
    assert set(mentioned(text, STORE)) <= {one.account_id for one in STORE.accounts}
