from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.brief.demand import Ahead, Demand, History, Span, drawn, peak_users

if TYPE_CHECKING:
    from bot.core.forecasting.draws import Floats

TERM = Span(32, 396)  # a year that begins in a month


def noisy(level: float, days: int = 400, seed: int = 1) -> Floats:
    return np.asarray(level * np.exp(np.random.default_rng(seed).normal(0, 0.2, days)))


def test_an_even_use_of_ten_a_day_is_wanted_again() -> None:
    demand = drawn(History(np.full(400, 10.0)), [TERM])
    assert demand.middle == pytest.approx(3_650, rel=0.01)
    assert demand.basis_days >= 390


def test_what_lies_further_ahead_is_less_sure() -> None:
    ahead = Ahead(History(noisy(10)), 800)
    near, far = ahead.outcomes(Span(1, 30)), ahead.outcomes(Span(600, 629))
    assert far[-20] / far[99] > near[-20] / near[99]


def test_the_difference_of_two_totals_is_off_by_more_than_the_second_total() -> None:
    ahead = Ahead(History(noisy(10)), 400)
    whole, rest = ahead.outcomes(Span(1, 396)), ahead.outcomes(TERM)
    assert rest[180] / rest[99] > whole[180] / whole[99]


def test_the_need_of_a_period_is_that_of_any_of_the_periods() -> None:
    periods = [Span(1 + 30 * number, 30 + 30 * number) for number in range(12)]
    demand = drawn(History(np.full(400, 10.0)), periods)
    assert demand.middle == pytest.approx(300, rel=0.02)
    assert len(demand.outcomes) == 199


def test_peak_users_grow_with_the_days_of_use() -> None:
    flat = peak_users(History(np.full(300, 20.0)), 50.0, TERM)
    growing = peak_users(History(np.asarray(20.0 * 1.002 ** np.arange(-299.0, 1.0))), 50.0, TERM)
    assert flat.middle == pytest.approx(50, rel=0.02)
    assert growing.middle > 55


def test_a_term_shorter_than_a_window_is_looked_at_in_one() -> None:
    assert peak_users(History(np.full(300, 20.0)), 50.0, Span(5, 10)).middle == pytest.approx(50, rel=0.05)


def test_nobody_active_is_no_demand_to_carry_forward() -> None:
    with pytest.raises(ValueError, match="nobody was active"):
        peak_users(History(np.zeros(300)), 0.0, TERM)


def test_a_history_without_a_known_day_is_refused() -> None:
    with pytest.raises(ValueError, match="no day of the history"):
        drawn(History(np.full(300, np.nan)), [TERM])


def test_days_after_the_last_known_one_are_unknown_and_not_zero() -> None:
    counts = np.full(400, 10.0)
    counts[-5:] = np.nan
    assert drawn(History(counts), [TERM]).middle == pytest.approx(3_650, rel=0.01)


def test_a_span_ends_after_it_begins() -> None:
    with pytest.raises(ValueError, match="days ahead from 5 to 4"):
        Span(5, 4)


def test_quantiles_lie_straight_between_the_outcomes() -> None:
    demand = Demand((10.0, 20.0, 30.0, 40.0), 100)
    # Four outcomes stand at 12.5, 37.5, 62.5 and 87.5 %.
    assert [demand.quantile(share) for share in (0, 0.125, 0.25, 0.5, 0.875, 1)] == [10, 10, 15, 25, 40, 40]
    assert demand.covered_by(25) == 0.5
    assert demand.covered_by(9) == 0


@settings(max_examples=12, deadline=None)
@given(
    st.lists(st.floats(0, 1e4), min_size=100, max_size=160),
    st.lists(st.floats(0, 1), min_size=2, max_size=5),
    st.integers(1, 400),
)
def test_more_probability_never_takes_less(counts: list[float], shares: list[float], first: int) -> None:
    demand = drawn(History(np.array(counts)), [Span(first, first + 90)])
    assert all(np.isfinite(demand.outcomes))
    assert demand.outcomes[0] >= 0
    found = [demand.quantile(share) for share in sorted(shares)]
    assert found == sorted(found)


@settings(max_examples=12, deadline=None)
@given(st.lists(st.floats(0.1, 100), min_size=100, max_size=160), st.floats(1.1, 50))
def test_so_many_times_the_use_is_so_many_times_the_demand(counts: list[float], times: float) -> None:
    once, more = (drawn(History(np.array(counts) * by), [TERM]) for by in (1.0, times))
    assert more.outcomes == pytest.approx([value * times for value in once.outcomes], rel=1e-6, abs=1e-6)
