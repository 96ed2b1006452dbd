"""What an account and all below it come to."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.families import roll_up

if TYPE_CHECKING:
    from bot.core.families import Families

SCHEMA = (
    pa.schema([(name, pa.string()) for name in ("subject", "parent_id", "currency")])
    .append(pa.field("arr", pa.float64()))
    .append(pa.field("recurring_lines", pa.int64()))
    .append(pa.field("active_users", pa.float64()))
    .append(pa.field("metered_seats", pa.float64()))
    .append(pa.field("renewal_date", pa.date32()))
)
Row = dict[str, Any]


def account(subject: str, parent: str | None = None, **more: object) -> Row:
    return {"subject": subject, "parent_id": parent, "recurring_lines": 0, **more}


def sold(subject: str, parent: str | None, arr: float | None, currency: str | None = "USD", **more: object) -> Row:
    return account(subject, parent, arr=arr, currency=currency, recurring_lines=1, **more)


def rolled(*rows: Row) -> Families:
    return roll_up(pa.Table.from_pylist(list(rows), schema=SCHEMA))


def of(families: Families, name: str) -> dict[str, Any]:
    return {row["subject"]: row[name] for row in families.accounts.to_pylist()}


def test_a_family_is_the_account_and_all_below_it() -> None:
    families = rolled(
        account("holding"), sold("north", "holding", 100), sold("oslo", "north", 10), sold("bergen", "north", 5),
        sold("south", "holding", 1), account("alone"),
    )  # fmt: skip
    assert of(families, "family_accounts") == {
        "holding": 5, "north": 3, "oslo": 1, "bergen": 1, "south": 1, "alone": 1,
    }  # fmt: skip
    assert of(families, "family_arr") == {
        "holding": 116, "north": 115, "oslo": 10, "bergen": 5, "south": 1, "alone": None,
    }  # fmt: skip
    assert families.notes == ()


def test_users_of_all_count_against_licences_of_all() -> None:
    families = rolled(
        account("holding", None, active_users=10.0, metered_seats=20.0),
        account("north", "holding", active_users=30.0, metered_seats=30.0),
        account("south", "holding"),
    )
    # (10 + 30) of (20 + 30)
    assert of(families, "family_licence_utilization") == {"holding": 0.8, "north": 1.0, "south": None}


def test_the_first_renewal_is_the_familys() -> None:
    families = rolled(
        account("holding", None, renewal_date=date(2026, 12, 31)),
        account("north", "holding", renewal_date=date(2026, 6, 30)),
        account("south", "holding"),
    )
    assert of(families, "family_renewal_date") == {
        "holding": date(2026, 6, 30), "north": date(2026, 6, 30), "south": None,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("why", "child", "arr", "use"),
    [
        ("a child with lines and no ARR", sold("child", "top", None), None, 0.5),
        ("a child in another currency", sold("child", "top", 7, "EUR"), None, 0.5),
        ("a child without lines adds nothing", account("child", "top"), 100, 0.5),
        ("a child whose users are unknown", account("child", "top", metered_seats=5.0), 100, None),
        ("a child without licences", account("child", "top", metered_seats=0.0), 100, 0.5),
        ("a child of nobody who is there", account("child", "gone"), 100, 0.5),
    ],
)
def test_what_is_unknown_of_a_child_is_unknown_of_the_family(
    why: str, child: Row, arr: float | None, use: float | None
) -> None:
    families = rolled(sold("top", None, 100, active_users=5.0, metered_seats=10.0), child)
    assert (of(families, "family_arr")["top"], of(families, "family_licence_utilization")["top"]) == (arr, use), why


def test_parents_in_a_circle_are_named_and_unknown_and_those_below_are_not() -> None:
    families = rolled(
        sold("a", "b", 1), sold("b", "c", 2), sold("c", "a", 4), sold("below", "a", 8), sold("deep", "below", 16),
        sold("free", None, 32),
    )  # fmt: skip
    assert of(families, "family_accounts") == {"a": None, "b": None, "c": None, "below": 2, "deep": 1, "free": 1}
    assert of(families, "family_arr") == {"a": None, "b": None, "c": None, "below": 24, "deep": 16, "free": 32}
    assert families.notes == ("accounts a, b, c are each other's parents; their families are unknown",)


def test_an_account_that_is_its_own_parent_has_none() -> None:
    families = rolled(sold("own", "own", 1), sold("child", "own", 2))
    assert of(families, "family_arr") == {"own": 3, "child": 2}
    assert families.notes == ("1 accounts are their own parents in the CRM; taken for accounts without one",)


def test_a_long_line_of_parents_and_a_long_circle_end() -> None:
    line = [sold(f"l{n}", f"l{n - 1}" if n else None, 1) for n in range(3000)]
    circle = [sold(f"c{n}", f"c{(n + 1) % 3000}", 1) for n in range(3000)]
    families = rolled(*line, *circle)
    assert of(families, "family_accounts")["l0"] == 3000
    assert of(families, "family_accounts")["c0"] is None
    (note,) = families.notes
    assert note.startswith("accounts c0, c1, c2, c3, c4, c5, c6, c7, c8, c9 and 2990 more are each other's parents")


def test_no_accounts_have_no_families() -> None:
    assert rolled().accounts.num_rows == 0


@given(st.lists(st.integers(0, 11), min_size=12, max_size=12), st.permutations(range(12)))
def test_any_tree_comes_to_what_walking_it_comes_to(parents: list[int], order: list[int]) -> None:
    """Whatever the parents and the order of rows: against a walk from each account up to the top."""
    up = {n: None if parents[n] == n else parents[n] for n in range(12)}
    expected: dict[int, set[int]] = {n: {n} for n in range(12)}
    circled = set()
    for start in range(12):
        above, seen = up[start], {start}
        while above is not None and above not in seen:
            seen.add(above)
            expected[above].add(start)
            above = up[above]
        if above == start:
            circled.add(start)
    rows = [sold(f"a{n:02}", f"a{parents[n]:02}", float(2**n)) for n in order]
    found = of(rolled(*rows), "family_arr")
    for n in range(12):
        assert found[f"a{n:02}"] == (None if n in circled else sum(2**m for m in expected[n]))
