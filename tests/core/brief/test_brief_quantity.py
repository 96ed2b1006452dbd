from __future__ import annotations

from dataclasses import replace
from datetime import date
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.brief.demand import Demand
from bot.core.brief.policy import PrepPolicy
from bot.core.brief.quantity import Ground, Level, Unsized, enough, service_level
from bot.core.brief.sizing import size_lines
from bot.core.brief.terms import Term, coming_term
from tests.core.brief.making_briefs import AS_OF, course, line

POLICY = PrepPolicy()
FOUR = Demand((10.0, 20.0, 30.0, 40.0), 100)


@pytest.mark.parametrize(
    ("times", "share", "ground"),
    [
        (2.0, 0.5, Ground.PRICES),  # (2 - 1) / 2
        (1.25, 0.2, Ground.PRICES),  # (1.25 - 1) / 1.25
        (10.0, 0.9, Ground.PRICES),
        (None, 0.9, Ground.NO_OVERAGE_PRICE),
        (1.0, 0.9, Ground.OVERAGE_NO_DEARER),
        (0.5, 0.9, Ground.OVERAGE_NO_DEARER),
    ],
)
def test_the_level_is_the_share_of_the_overage_price_that_buying_ahead_saves(
    times: float | None, share: float, ground: Ground
) -> None:
    level = service_level(times, 0.9)
    assert level.share == pytest.approx(share)
    assert level.ground is ground


@pytest.mark.parametrize("level", [0.0, 1.0, -1.0])
def test_a_service_level_lies_between_nothing_and_certainty(level: float) -> None:
    with pytest.raises(ValueError, match="service level"):
        service_level(None, level)


def test_the_quantity_is_the_cheapest_of_all() -> None:
    price, overage = 1.0, 2.5
    level = service_level(overage / price, 0.9)
    demand = Demand(tuple(float(value) for value in range(1, 101)), 100)

    def cost(quantity: float) -> float:
        return price * quantity + overage * float(np.mean([max(one - quantity, 0) for one in demand.outcomes]))

    best = min((cost(quantity), quantity) for quantity in range(120))[1]
    assert enough(demand, level) == pytest.approx(best, abs=1)
    assert best == 60  # (2.5 - 1) / 2.5 of 100


def test_whole_units_of_the_product_are_bought() -> None:
    assert enough(FOUR, Level(0.5, Ground.PRICES)) == 25
    assert enough(FOUR, Level(0.5, Ground.PRICES), step=10) == 30
    assert enough(Demand((25.0000000001,), 9), Level(0.5, Ground.PRICES)) == 25  # rounding costs nobody a unit
    with pytest.raises(ValueError, match="step"):
        enough(FOUR, Level(0.5, Ground.PRICES), step=0)


@given(
    st.lists(st.floats(0, 1e6), min_size=1, max_size=50),
    st.tuples(st.floats(0.01, 0.99), st.floats(0.01, 0.99)),
    st.floats(0, 1e5),
    st.floats(0.5, 1000),
)
def test_neither_a_higher_level_nor_a_higher_demand_takes_less(
    outcomes: list[float], shares: tuple[float, float], more: float, step: float
) -> None:
    demand = Demand(tuple(sorted(outcomes)), 100)
    larger = Demand(tuple(value + more for value in demand.outcomes), 100)
    low, high = (Level(share, Ground.PRICES) for share in sorted(shares))
    assert enough(demand, low, step) <= enough(demand, high, step)
    assert enough(demand, low, step) <= enough(larger, low, step)


def test_the_coming_term_is_as_long_as_this_one() -> None:
    assert coming_term(line()) == Term(date(2026, 4, 1), date(2027, 3, 31))
    assert coming_term(line(start=date(2026, 1, 10), end=date(2026, 2, 28))) == Term(
        date(2026, 3, 1), date(2026, 4, 19)
    )
    assert coming_term(line(runs_to=date(2027, 3, 31))) == Term(date(2027, 4, 1), date(2029, 3, 31))
    assert coming_term(line(evergreen=True)) is None
    assert coming_term(line(start=date(2026, 4, 2))) is None


def test_the_periods_of_a_term_fill_it_without_a_gap() -> None:
    term = Term(date(2026, 4, 1), date(2027, 3, 31))
    months = term.periods("month", AS_OF)
    assert [len(term.periods(period, AS_OF)) for period in ("month", "quarter", "year", "term")] == [12, 4, 1, 1]
    assert (months[0].first, months[0].days, months[-1].last) == (32, 30, 396)
    assert all(one.last + 1 == after.first for one, after in pairwise(months))
    with pytest.raises(ValueError, match="period 'week'"):
        term.periods("week", AS_OF)


def test_seats_are_sized_by_the_peak_of_active_users() -> None:
    (found,) = size_lines([line()], {"Seats": course([20.0] * 400)}, AS_OF, POLICY)
    assert found.unsized is None
    assert found.recommended is not None
    assert 40 < found.recommended < 60
    assert found.demand is not None
    assert found.demand.quantile(0.9) <= found.recommended < found.demand.quantile(0.9) + 1
    assert found.change == found.recommended - 100
    assert found.change_arr == pytest.approx((found.recommended - 100) * 120)
    assert found.basis_days == 399  # 57 weeks


def test_a_commit_is_sized_by_the_use_of_the_term() -> None:
    bought = line("Calls", "commit", contracted=2_000.0, used=3_000.0, quantity=2.0, meter="calls")
    (found,) = size_lines([bought], {"Calls": course([10.0] * 400, "commit")}, AS_OF, POLICY)
    assert found.demand is not None
    assert found.recommended is not None
    assert found.demand.middle == pytest.approx(3_650, rel=0.02)
    assert found.recommended % 1_000 == 0  # a unit of the product buys 1,000 calls


def test_an_allowance_is_sized_by_the_use_of_a_period() -> None:
    bought = line("Calls", "allowance", contracted=200.0, used=30.0, quantity=200.0, meter="calls", period="month")
    (found,) = size_lines([bought], {"Calls": course([10.0] * 400, "allowance")}, AS_OF, POLICY)
    assert found.period == "month"
    assert found.demand is not None
    assert found.demand.middle == pytest.approx(304, rel=0.03)


def test_a_dear_overage_takes_a_larger_quantity() -> None:
    courses = {"Seats": course([20.0] * 400)}
    cheap, dear = (
        size_lines([line()], courses, AS_OF, replace(POLICY, overage={"se*": times}))[0].recommended
        for times in (1.2, 20.0)
    )
    assert cheap is not None
    assert dear is not None
    assert cheap < dear


NAN = float("nan")


@pytest.mark.parametrize(
    ("bought", "known", "why"),
    [
        (line(kind=None), course([20.0] * 400), Unsized.KIND),
        (line(meter=None), course([20.0] * 400), Unsized.NO_METER),
        (line(evergreen=True), course([20.0] * 400), Unsized.NO_END),
        (line(end=date(2031, 3, 31)), course([20.0] * 400), Unsized.TOO_FAR),
        (line(), None, Unsized.NO_HISTORY),
        (line(), course([NAN] * 400), Unsized.NO_HISTORY),
        (line(), course([20.0] * 400, cadence="month"), Unsized.NOT_DAILY),
        (line(), course([NAN] * 340 + [20.0] * 60), Unsized.TOO_LITTLE_HISTORY),
        (line(used=0.0), course([0.0] * 400), Unsized.NO_USE),
        (line(used=None), course([20.0] * 400), Unsized.NO_HISTORY),
        (line(kind="commit"), course([0.0] * 400, "commit"), Unsized.NO_USE),
        (line(kind="allowance"), course([1.0] * 400, "allowance"), Unsized.NO_PERIOD),
    ],
)
def test_what_cannot_be_sized_is_unknown_and_says_why(bought: object, known: object, why: Unsized) -> None:
    (found,) = size_lines([bought], {"Seats": known} if known else {}, AS_OF, POLICY)  # type: ignore[list-item,dict-item]  # a table of both
    assert (found.recommended, found.unsized) == (None, why)


def test_services_are_not_sized() -> None:
    assert size_lines([line("Training", "service")], {}, AS_OF, POLICY) == ()
