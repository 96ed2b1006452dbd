"""Values by day: what a series stands for, and what is refused."""

from __future__ import annotations

from contextlib import suppress
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.condition_types import ValueKind
from bot.core.rule_tests.series import SeriesError, read_series

NUMBER, TEXT, FLAG, DATE = ValueKind.NUMBER, ValueKind.TEXT, ValueKind.FLAG, ValueKind.DATE
READ = [
    # what stands alone goes for every day
    (0.45, NUMBER, 3, [0.45, 0.45, 0.45]),
    ("0.45", NUMBER, 3, [0.45, 0.45, 0.45]),
    (None, NUMBER, 2, [None, None]),
    ("_", NUMBER, 2, [None, None]),
    (True, FLAG, 2, [True, True]),
    (date(2026, 3, 1), DATE, 2, [date(2026, 3, 1)] * 2),
    ("Mid market", TEXT, 2, ["Mid market"] * 2),
    # x20 is twenty days, not twenty-one
    ("0.45x3 0.62", NUMBER, 5, [0.45, 0.45, 0.45, 0.62, None]),
    ("1+2x4", NUMBER, 4, [1, 3, 5, 7]),
    ("120-1...", NUMBER, 4, [120, 119, 118, 117]),
    ("-0.3+0.1x3 _x2 5...", NUMBER, 7, [-0.3, -0.2, -0.1, None, None, 5, 5]),
    ("truex2 false", FLAG, 3, [True, True, False]),
    ("'SMB'x2 'Mid market'... ", TEXT, 4, ["SMB", "SMB", "Mid market", "Mid market"]),
    ("2026-02-27+1x3 _", DATE, 4, [date(2026, 2, 27), date(2026, 2, 28), date(2026, 3, 1), None]),
    # decimals, so that 0.45 is 0.45: three times 0.1 is no 0.30000000000000004
    ("0.0+0.1x4", NUMBER, 4, [0.0, 0.1, 0.2, 0.3]),
    ("1e3 .5x1", NUMBER, 2, [1000, 0.5]),
]


@pytest.mark.parametrize(("given", "kind", "days", "values"), READ)
def test_a_series_is_a_value_for_each_day(given: object, kind: ValueKind, days: int, values: list[object]) -> None:
    assert read_series(given, kind).values(days) == values


REFUSED = [
    ("0.45x20 0,62x3", NUMBER, 8, "'0,62x3' cannot be read; wanted a number"),
    ("0.45... 0.62", NUMBER, 8, "'0.62' comes after `...`, which goes to the last day"),
    ("0.45x0", NUMBER, 0, "'0.45x0' stands for no day"),
    ("0.45 120-1", NUMBER, 5, "'120-1' has a step: for how many days? 120-1x10, or 120-1..."),
    ("_-1x3", NUMBER, 0, "'_-1x3': what is unknown has no step"),
    ("45%x20", NUMBER, 0, "'45%x20' cannot be read"),
    ("0.45x1101", NUMBER, 0, "1,101 days; at most 1,100"),
    ("2026-02-30x2", DATE, 0, "'2026-02-30' is no day of the calendar"),
    ("yes x3", FLAG, 0, "'yes' cannot be read; wanted true or false"),
    ("'SMB'x2 Enterprise", TEXT, 8, "'Enterprise' cannot be read; wanted text"),
    (True, NUMBER, 0, "True is true or false, where a number is wanted"),
    (1, FLAG, 0, "1 is a number, where true or false is wanted"),
    (date(2026, 1, 1), NUMBER, 0, "2026-01-01 is a date, where a number is wanted"),
    (float("inf"), NUMBER, 0, "inf is no finite number; write _ for what is unknown"),
    ("", NUMBER, 0, "no values; wanted 0.45"),
    ([1, 2], NUMBER, 0, "no values; wanted 0.45"),
]


@pytest.mark.parametrize(("given", "kind", "offset", "problem"), REFUSED)
def test_what_is_no_series_is_told_at_its_character(given: object, kind: ValueKind, offset: int, problem: str) -> None:
    with pytest.raises(SeriesError) as caught:
        read_series(given, kind)
    assert caught.value.problem.startswith(problem)
    assert caught.value.offset == offset


RUNS = st.lists(st.tuples(st.one_of(st.none(), st.integers(-999, 999)), st.integers(1, 40)), min_size=1, max_size=6)


@given(RUNS, st.booleans())
def test_a_series_gives_as_many_days_as_it_says_and_then_goes_on_or_is_unknown(
    runs: list[tuple[int | None, int]], goes_on: bool
) -> None:
    text = " ".join(f"{'_' if value is None else value}x{count}" for value, count in runs)
    series = read_series(f"{text} 7..." if goes_on else text, NUMBER)
    expected = [value for value, count in runs for _ in range(count)]
    assert series.given == len(expected)
    assert series.values(len(expected) + 3) == [*expected, *([7] * 3 if goes_on else [None] * 3)]
    assert series.values(1) == expected[:1]


@given(st.text(max_size=40), st.sampled_from([NUMBER, TEXT, FLAG, DATE]))
def test_any_text_is_a_series_or_refused(text: str, kind: ValueKind) -> None:
    with suppress(SeriesError):
        assert len(read_series(text, kind).values(5)) == 5
