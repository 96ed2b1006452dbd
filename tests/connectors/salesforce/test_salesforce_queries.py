"""Whatever a value holds, it stays a value; whatever an address holds, a domain is made of it or nothing."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.sandbox.soql import Comparison, LiteralKind, like_pattern, parse, unescaped
from connectors.salesforce.conversions import bare_domain
from connectors.salesforce.mapping import Condition
from connectors.salesforce.soql import select

if TYPE_CHECKING:
    from tests.connectors.salesforce.conftest import Org

ATTACKS = [
    "x' OR Id != '",
    "x\\' OR Id != \\'",
    "x\\",
    "\\' OR Name LIKE \\'%",
    "') OR (Name != '",
    "x'; DELETE FROM Account; --",
    "{0}{name}{!s:s}",
    "x\n' OR Name != null",
    "% _",
    "\u2019 OR 1=1",
    "\\u0027 OR Name != \\u0027",
]


@pytest.mark.parametrize("attack", ATTACKS)
@pytest.mark.parametrize("op", ["=", "like", "in"])
def test_a_value_cannot_become_part_of_the_query(org: Org, attack: str, op: str) -> None:
    value = [attack] if op == "in" else attack
    mapping = {
        "accounts": {
            "object": "Account",
            "map": {"name": "Name"},
            "where": [{"field": "Name", "op": op, "value": value}],
        }
    }
    assert org.rows(org.source(mapping=mapping), "accounts") == []


def test_a_name_with_a_quote_is_found_by_its_value(org: Org) -> None:
    mapping = {
        "accounts": {
            "object": "Account",
            "map": {"name": "Name"},
            "where": {"field": "Name", "value": "O'Neil & Co"},
        }
    }
    assert [row["name"] for row in org.rows(org.source(mapping=mapping), "accounts")] == ["O'Neil & Co"]


@given(st.text())
def test_any_text_comes_out_of_a_query_as_it_went_in(text: str) -> None:
    query = parse(select(["Id"], "Account", [Condition(field="Name", value=text)]))
    assert isinstance(query.where, Comparison)
    (literal,) = query.where.values
    assert (literal.kind, unescaped(literal.text)) == (LiteralKind.STRING, text)


@example(["\\%0", "\\_0"])  # an escaped backslash before what LIKE escapes
@given(st.lists(st.text(), min_size=1, max_size=5))
def test_any_list_of_texts_comes_out_as_it_went_in(texts: list[str]) -> None:
    query = parse(select(["Id"], "Account", [Condition(field="Name", op="not in", value=tuple(texts))]))
    assert isinstance(query.where, Comparison)
    assert [unescaped(literal.text) for literal in query.where.values] == texts


def test_values_are_written_by_their_type() -> None:
    conditions = [
        Condition(field="A", value=True),
        Condition(field="B", op="!=", value=None),
        Condition(field="C", op=">=", value=7),
        Condition(field="D", op="<", value=date(2026, 1, 31)),
        Condition(field="E", op=">", value=datetime(2026, 1, 31, 12, tzinfo=UTC)),
        Condition(field="F", op="in", value=("a", "b")),
    ]
    assert select(["Id", "Name", "NAME", "id"], "Account", conditions) == (
        "SELECT Id, Name FROM Account WHERE A = true AND B != null AND C >= 7 AND D < 2026-01-31 "
        "AND E > 2026-01-31T12:00:00+00:00 AND F IN ('a','b')"
    )


def test_like_keeps_its_wildcards() -> None:
    query = parse(select(["Id"], "Account", [Condition(field="Name", op="like", value="Ac_e%")]))
    assert isinstance(query.where, Comparison)
    assert like_pattern(query.where.values[0].text).fullmatch("ACME Corp")


@pytest.mark.parametrize(
    ("website", "domain"),
    [
        ("https://www.Acme.com/de?x=1", "acme.com"),
        ("acme.com", "acme.com"),
        ("WWW.ACME.CO.UK", "acme.co.uk"),
        ("http://acme.com:8080", "acme.com"),
        ("//shop.acme.com.", "shop.acme.com"),
        ("info@acme.com", "acme.com"),
        ("n/a", None),
        ("none", None),
        ("http://[broken", None),
        ("www.", None),
        ("acme dot com.", None),
    ],
)
def test_a_website_is_reduced_to_its_host(website: str, domain: str | None) -> None:
    assert bare_domain(website) == domain


@given(st.text())
def test_any_website_yields_a_bare_domain_or_nothing(website: str) -> None:
    domain = bare_domain(website)
    assert domain is None or ("." in domain and domain == domain.strip(".") and bare_domain(domain) is not None)
