"""What a digest compares and counts."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.digesting import Band, Change, Held, Moved, State, What, band_of, book_changes, by_week, movement

TODAY: Final = date(2026, 3, 4)
"""A Wednesday."""


def test_what_opened_closed_and_changed_makes_the_difference() -> None:
    before = {"a": Held(100.0, "USD"), "b": Held(50.0, "USD"), "c": Held(30.0, "USD"), "d": Held(7.0, "USD")}
    now = {"a": Held(120.0, "USD"), "e": Held(40.0, "USD"), "f": Held(None, "USD")}
    (moved,) = movement(before, now, {"b": "recovered", "c": "lost"})
    # 187 + 40 + 20 - 50 - 30 - 7 = 160
    closed = {"recovered": 50.0, "lost": 30.0, "resolved": 7.0}
    assert moved == Moved("USD", 187.0, 40.0, 20.0, closed, 160.0, unknown=1)


def test_currencies_are_never_added_up() -> None:
    moved = movement({"a": Held(10.0, "EUR")}, {"a": Held(11.0, "USD"), "b": Held(500.0, "EUR")}, {})
    assert moved == (
        Moved("EUR", before=10.0, opened=500.0, changed=-10.0, now=500.0),
        Moved("USD", changed=11.0, now=11.0),
    )


HELD = st.builds(
    Held,
    st.none() | st.integers(0, 10**9).map(float),
    st.sampled_from(["USD", "EUR", None]),
)
BOOKS = st.dictionaries(st.sampled_from("abcdefgh"), HELD)


@given(BOOKS, BOOKS, st.dictionaries(st.sampled_from("abcdefgh"), st.sampled_from(["lost", "renewed"])))
def test_a_movement_always_adds_up(before: dict[str, Held], now: dict[str, Held], outcomes: dict[str, str]) -> None:
    found = movement(before, now, outcomes)
    for one in found:
        assert one.before + one.opened + one.changed - sum(one.closed.values()) == one.now
        assert one.now == sum(held.amount or 0.0 for held in now.values() if held.currency == one.currency)
    assert sum(one.unknown for one in found) == sum(held.amount is None for held in now.values())


@pytest.mark.parametrize(
    ("utilization", "band"),
    [(None, None), (0.0, "low"), (0.49, "low"), (0.5, "fair"), (0.8, "tight"), (1.0, "tight"), (1.01, "over")],
)
def test_bands_of_use_begin_at_a_half_four_fifths_and_beyond_all(utilization: float | None, band: str | None) -> None:
    assert band_of(utilization) == band


DAY: Final = date(2026, 6, 30)
# was, is, what that is called
CHANGES: Final = [
    (State("green"), State("yellow"), [("health", "green", "yellow")]),
    (State("green"), State(None), []),
    (State(None), State("red"), []),
    (State(utilization=0.4), State(utilization=0.55), [("utilization", "low", "fair")]),
    (State(utilization=0.55), State(utilization=0.7), []),
    (State(utilization=0.4), State(utilization=None), []),
    (State(deadline=None), State(deadline=DAY), [("deadline", None, DAY)]),
    (State(deadline=DAY), State(deadline=DAY.replace(year=2027)), [("deadline", DAY, DAY.replace(year=2027))]),
    (State(deadline=DAY), State(deadline=None), []),
    # The last day to give notice was yesterday: now the end counts.
    (State(deadline=TODAY - timedelta(days=1)), State(deadline=DAY), []),
]


@pytest.mark.parametrize(("was", "now", "expected"), CHANGES)
def test_what_changed_about_an_account(was: State, now: State, expected: list[tuple[object, ...]]) -> None:
    found = [(one.what.value, one.before, one.after) for one in book_changes({"a": was}, {"a": now}, TODAY)]
    assert found == expected


def test_an_account_of_one_day_only_has_not_changed() -> None:
    assert list(book_changes({"a": State("red")}, {"b": State("green")}, TODAY)) == []


def test_a_turn_for_the_worse_matters_most() -> None:
    red, full = Change("a", What.HEALTH, "green", "red"), Change("a", What.UTILIZATION, Band.FAIR, Band.TIGHT, 0.9)
    assert (red.severity, full.severity) == ("high", "medium")
    assert Change("a", What.CLAIMED, "near-limit", "U1").severity == "low"


def test_renewals_are_counted_by_the_week_of_their_deadline() -> None:
    due = [
        (date(2026, 3, 3), "USD", 1.0),  # yesterday
        (date(2026, 3, 4), "USD", 10.0),
        (date(2026, 3, 8), "EUR", 20.0),
        (date(2026, 3, 9), "USD", None),
        (date(2026, 5, 24), "USD", 30.0),  # Sunday of the twelfth week
        (date(2026, 5, 25), "USD", 40.0),
    ]
    weeks = by_week(due, TODAY)
    assert [week.begins for week in weeks[:2]] == [date(2026, 3, 2), date(2026, 3, 9)]
    assert len(weeks) == 12
    assert (weeks[0].accounts, weeks[0].arr.amounts) == (2, (("EUR", 20.0), ("USD", 10.0)))
    assert (weeks[1].accounts, weeks[1].arr.unknown, weeks[1].arr.amounts) == (1, 1, ())
    assert (weeks[11].begins, weeks[11].accounts) == (date(2026, 5, 18), 1)
    assert sum(week.accounts for week in weeks) == 4
