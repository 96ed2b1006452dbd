"""Addresses of accounts, in the shapes that people copy them in."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.crm_links import AccountLink, account_ids, account_link, org_of, same_org

LONG, SHORT = "0015g00000KqXyZAAV", "0015g00000KqXyZ"
LINKS = [
    (f"https://acme.lightning.force.com/lightning/r/Account/{LONG}/view", LONG, "acme"),
    (f"https://acme.lightning.force.com/lightning/r/{SHORT}/view", SHORT, "acme"),
    (f"https://acme.lightning.force.com/lightning/r/Account/{LONG}/related/Contacts/view?ws=%2Fx", LONG, "acme"),
    (f"https://ACME.my.salesforce.com/{LONG}", LONG, "acme"),
    (f"https://acme--uat.sandbox.my.salesforce.com/{SHORT}/", SHORT, "acme--uat"),
    (f"https://acme--uat.sandbox.lightning.force.com/lightning/r/Account/{LONG}/view", LONG, "acme--uat"),
    (f"https://acme-dev-ed.develop.lightning.force.com/lightning/r/Account/{LONG}/view", LONG, "acme-dev-ed"),
    (f"https://na12.salesforce.com/{LONG}", LONG, None),
    (f"https://acme.lightning.force.com/one/one.app#/sObject/{LONG}/view", LONG, "acme"),
    (f"http://acme.my.salesforce.com/{SHORT}", SHORT, "acme"),
]
OTHERS = [
    "https://acme.lightning.force.com/lightning/r/Opportunity/0065g00000KqXyZAAV/view",
    f"https://acme.lightning.force.com.evil.example/lightning/r/Account/{LONG}/view",
    f"https://evil.example/{LONG}",
    f"https://evilforce.com/{LONG}",
    f"ftp://acme.my.salesforce.com/{LONG}",
    "https://acme.my.salesforce.com/0015g",
    "https://acme.my.salesforce.com/",
    "https://[broken",
    "acme.my.salesforce.com",
    "",
]


@pytest.mark.parametrize(("url", "account_id", "org"), LINKS)
def test_a_link_to_an_account_is_read(url: str, account_id: str, org: str | None) -> None:
    assert account_link(url) == AccountLink(account_id, org)


@pytest.mark.parametrize("url", OTHERS)
def test_what_leads_to_no_account_of_salesforce_is_none(url: str) -> None:
    assert account_link(url) is None


@pytest.mark.parametrize(
    ("host", "stored", "same"),
    [
        ("acme.lightning.force.com", "https://acme.my.salesforce.com/001", True),
        ("other.lightning.force.com", "https://acme.my.salesforce.com/001", False),
        ("acme--uat.sandbox.lightning.force.com", "https://acme.my.salesforce.com/001", False),
        ("acme.lightning.force.com", None, True),
        ("acme.lightning.force.com", "https://crm.example/001", True),
        ("na12.salesforce.com", "https://acme.my.salesforce.com/001", True),
    ],
)
def test_a_link_of_another_org_is_another_ones(host: str, stored: str | None, same: bool) -> None:
    assert same_org(AccountLink(LONG, org_of(host)), stored) is same


@given(st.text(max_size=80))
def test_no_text_breaks_the_reading(text: str) -> None:
    account_link(text)
    account_link(f"https://acme.my.salesforce.com/{text}")
    assert all(one in text for one in account_ids(text))


def test_ids_stand_by_themselves() -> None:
    assert account_ids(f"see {LONG}, x{LONG} {SHORT}") == (LONG, SHORT)
