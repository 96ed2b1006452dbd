"""Renewals by week, and dates that contradict each other."""

from __future__ import annotations

from datetime import date

import pytest

from bot.core.book import Sums
from bot.core.renewals import Contradiction, Odd, Term, contradictions, monday_of, terms_of, weeks

AS_OF = date(2026, 3, 4)  # a Wednesday
END = date(2026, 6, 30)


def test_a_week_begins_on_monday() -> None:
    assert monday_of(date(2026, 3, 2)) == monday_of(date(2026, 3, 8)) == date(2026, 3, 2)


def test_weeks_count_and_sum_what_is_due_in_them() -> None:
    due = [
        (date(2026, 3, 4), "USD", 100.0),
        (date(2026, 3, 8), "EUR", 5.0),
        (date(2026, 3, 9), "USD", None),
        (date(2026, 3, 25), "USD", 7.0),
    ]
    found = weeks(due, lambda one: one[0], lambda one: (one[1], one[2]))
    assert [(week.monday, week.count, week.arr) for week in found] == [
        (date(2026, 3, 2), 2, Sums((("EUR", 5.0), ("USD", 100.0)), 0)),
        (date(2026, 3, 9), 1, Sums((), 1)),
        (date(2026, 3, 23), 1, Sums((("USD", 7.0),), 0)),
    ]


CASES = [
    # nothing is wrong
    ([Term(END, date(2026, 5, 31))], date(2026, 6, 15), ()),
    ([Term(END, None)], None, ()),
    ([Term(END, END)], END, ()),
    ([], None, ()),
    # notice by a day on which the line is over; the first of several
    (
        [Term(END, date(2026, 7, 31)), Term(END, date(2026, 7, 1)), Term(date(2027, 1, 1), date(2026, 12, 1))],
        None,
        (Odd(Contradiction.NOTICE_AFTER_END, date(2026, 7, 1), END),),
    ),
    ([Term(END, None)], date(2026, 7, 1), (Odd(Contradiction.CLOSES_AFTER_END, date(2026, 7, 1), END),)),
    ([Term(END, None)], date(2026, 3, 3), (Odd(Contradiction.CLOSE_IS_PAST, date(2026, 3, 3), AS_OF),)),
    ([Term(END, None)], AS_OF, ()),
]


@pytest.mark.parametrize(("terms", "closes", "odd"), CASES)
def test_dates_that_cannot_both_be_right_are_named(
    terms: list[Term], closes: date | None, odd: tuple[Odd, ...]
) -> None:
    assert contradictions(AS_OF, END, terms, closes) == odd


def test_without_an_end_no_opportunity_closes_after_it() -> None:
    assert contradictions(AS_OF, None, [], date(2027, 1, 1)) == ()


def test_a_ramp_ends_with_its_last_step() -> None:
    found = terms_of([(date(2026, 3, 31), {"runs_to": END, "notice_date": date(2026, 5, 1)}), (END, {})])
    assert found == (Term(END, date(2026, 5, 1)), Term(END, None))
