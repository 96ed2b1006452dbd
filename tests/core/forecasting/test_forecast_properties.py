from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.forecasting.draws import Forecasts
from bot.core.forecasting.forecast import ForecastSettings, forecast
from tests.core.forecasting.lines import NAN, busy, draws

FIGURES = [each.name for each in fields(Forecasts) if each.name != "verdict"]
SMALL = ForecastSettings(horizon=400)

DAY = st.one_of(st.just(0.0), st.just(NAN), st.integers(0, 300).map(float))
SERIES = st.one_of(
    st.lists(DAY, min_size=30, max_size=150),
    st.tuples(st.lists(DAY, min_size=7, max_size=14), st.integers(4, 12)).map(lambda week: week[0] * week[1]),
)
LINE = st.tuples(SERIES, st.integers(0, 20_000), st.integers(0, 20_000), st.integers(0, 400), st.integers(0, 5))


@given(LINE)
@settings(max_examples=50, deadline=None)
def test_bounds_lie_on_either_side_of_the_middle_and_nothing_is_negative(
    line: tuple[list[float], int, int, int, int],
) -> None:
    counts, used, capacity, left, gap = line
    told = forecast(draws([counts], used, capacity, left, len(counts) - 1 - gap), SMALL)
    if told.verdict[0] != "ok":
        return
    for name in ("end_use", "end_utilization", "overage"):
        low, middle, high = (getattr(told, name + suffix)[0] for suffix in ("_low", "", "_high"))
        assert np.isnan(middle) or 0 <= low <= middle <= high < np.inf
    middle = np.inf if np.isnan(told.run_out[0]) else told.run_out[0]
    assert told.run_out_low[0] <= middle <= told.run_out_high[0]
    assert 0 <= told.probability_over[0] <= 1
    assert told.end_use_low[0] >= used
    assert told.overage_mean[0] >= 0


@given(LINE, st.floats(1.0, 20.0))
@settings(max_examples=40, deadline=None)
def test_more_use_of_the_same_shape_never_runs_out_later(
    line: tuple[list[float], int, int, int, int], factor: float
) -> None:
    counts, used, capacity, left, gap = line
    last = len(counts) - 1 - gap
    few = forecast(draws([counts], used, capacity, left, last), SMALL)
    many = forecast(draws(np.array([counts]) * factor, used * factor, capacity, left, last), SMALL)
    assert few.verdict[0] == many.verdict[0]
    if few.verdict[0] == "ok":
        for name in ("run_out", "run_out_low", "run_out_high"):
            before, after = (np.nan_to_num(getattr(told, name)[0], nan=np.inf) for told in (few, many))
            assert after <= before
        assert many.probability_over[0] >= few.probability_over[0] - 1e-9


@given(LINE, st.integers(0, 5000))
@settings(max_examples=40, deadline=None)
def test_more_used_so_far_never_runs_out_later(line: tuple[list[float], int, int, int, int], more: int) -> None:
    counts, used, capacity, left, gap = line
    told = forecast(draws([counts] * 2, [used, used + more], capacity, left, len(counts) - 1 - gap), SMALL)
    if told.verdict[0] == "ok":
        for name in ("run_out", "run_out_low", "run_out_high"):
            before, after = np.nan_to_num(getattr(told, name), nan=np.inf)
            assert after <= before
        assert told.end_use[1] >= told.end_use[0]


@given(LINE, st.sampled_from([1e-3, 0.1, 3.0, 1000.0]))
@settings(max_examples=40, deadline=None)
def test_the_unit_that_use_is_counted_in_changes_no_date(
    line: tuple[list[float], int, int, int, int], factor: float
) -> None:
    counts, used, capacity, left, gap = line
    last = len(counts) - 1 - gap
    plain = forecast(draws([counts], used, capacity, left, last), SMALL)
    scaled = forecast(draws(np.array([counts]) * factor, used * factor, capacity * factor, left, last), SMALL)
    assert plain.verdict[0] == scaled.verdict[0]
    np.testing.assert_allclose(scaled.end_use, plain.end_use * factor, rtol=1e-9)
    for name in ("run_out", "run_out_low", "run_out_high", "basis"):
        np.testing.assert_array_equal(getattr(scaled, name), getattr(plain, name))
    np.testing.assert_allclose(scaled.probability_over, plain.probability_over, atol=1e-9)


def test_neither_batch_nor_order_changes_anything() -> None:
    counts = busy(40)
    lines = draws(counts, used=0, capacity=np.nansum(counts, axis=1).tolist(), days_left=list(range(10, 410, 10)))
    whole = forecast(lines)
    single = forecast(lines, ForecastSettings(batch=1))
    order = np.random.default_rng(3).permutation(40)
    mixed = forecast(
        replace(
            lines, **{each.name: getattr(lines, each.name)[order] for each in fields(lines) if each.name != "elapsed"}
        ),
        ForecastSettings(batch=7),
    )
    for name in FIGURES:
        np.testing.assert_array_equal(getattr(single, name), getattr(whole, name), err_msg=name)
        np.testing.assert_array_equal(getattr(mixed, name), getattr(whole, name)[order], err_msg=name)
    assert mixed.verdict.tolist() == whole.verdict[order].tolist()


def test_lines_that_cannot_be_told_do_not_touch_the_others() -> None:
    counts = busy(3)
    alone = forecast(draws(counts[:1], used=100, capacity=5000))
    counts[1] = NAN
    among = forecast(draws(counts, used=[100, NAN, 100], capacity=[5000, 5000, NAN], days_left=[60, 1800, NAN]))
    assert among.verdict.tolist() == ["ok", "unknown", "unknown"]
    for name in FIGURES:
        assert getattr(among, name)[0] == getattr(alone, name)[0]
