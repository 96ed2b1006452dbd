from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.spelling import folded, host_of, long_id, with_checks
from connectors.files.shapes import salesforce_id

IDS = st.text("0159ABCXYZabcxyz", min_size=15, max_size=15)


@pytest.mark.parametrize(
    ("text", "host"),
    [
        ("acme.com", "acme.com"),
        (" https://www.Acme.com/de ", "acme.com"),
        ("http://acme.com:8080/login?x=1", "acme.com"),
        ("acme.com?from=https://elsewhere.com", "acme.com"),
        ("https://acme.com/r?to=https://elsewhere.com", "acme.com"),
        ("https://acme.com/@somebody", "acme.com"),
        ("someone@acme.com", "acme.com"),
        ("acme.com.", "acme.com"),
        ("Acme Corp", "acme corp"),
        ("https://", ""),
        ("", ""),
    ],
)
def test_an_address_is_its_host(text: str, host: str) -> None:
    assert host_of(text) == host


def test_capitals_spaces_and_wide_letters_are_alike() -> None:
    assert folded("  \uff21cme \t STRASSE") == folded("acme straße") == "acme strasse"


@pytest.mark.parametrize(
    ("text", "long"),
    [
        ("001A0000006Vm9r", "001A0000006Vm9rIAC"),
        ("001A0000006Vm9rIAC", "001A0000006Vm9rIAC"),
        ("001A0000006Vm9riac", "001A0000006Vm9rIAC"),
        ("001A0000006Vm9rAAA", None),  # these three check another id
        ("acme", None),
        ("001A0000006Vm9é", None),
    ],
)
def test_an_id_has_one_long_form(text: str, long: str | None) -> None:
    assert long_id(text) == long


@given(IDS)
def test_connectors_and_core_write_the_same_long_id(short: str) -> None:
    """The rule stands on both sides of an arrow that lets neither import the other."""
    assert salesforce_id(short) == with_checks(short) == long_id(short)
