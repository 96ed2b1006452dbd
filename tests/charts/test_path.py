"""The way of a forecast: it says at its end what the forecast says."""

from __future__ import annotations

import numpy as np
import pytest

from bot.core.forecasting.draws import Draws
from bot.core.forecasting.forecast import forecast
from bot.core.forecasting.path import path


def draws(*levels: float, known_to: float = 199.0, days_left: float = 90.0) -> Draws:
    """Lines with a working week; what was used is the last 100 days of it."""
    rng = np.random.default_rng(7)
    week = np.tile([1.2, 1.2, 1.2, 1.2, 1.2, 0.5, 0.5], 29)[:200]
    counts = np.stack([rng.poisson(level * week) for level in levels]).astype(np.float64)
    column = np.ones(len(levels))
    return Draws(
        counts=counts,
        used=counts[:, 100:].sum(axis=1),
        capacity=column * 5_000,
        days_left=column * days_left,
        known_to=column * known_to,
        elapsed=column * 100,
    )


def test_it_begins_with_what_was_used_and_ends_as_the_forecast_ends() -> None:
    lines = draws(20.0, 50.0, 3.0)
    way, told = path(lines), forecast(lines)
    assert (way.days[:, 0] == 0).all()
    assert (way.days[:, -1] == 90).all()
    assert way.middle[:, 0] == pytest.approx(lines.used)
    assert way.low[:, -1] == pytest.approx(told.end_use_low)
    assert way.middle[:, -1] == pytest.approx(told.end_use)
    assert way.high[:, -1] == pytest.approx(told.end_use_high)


@pytest.mark.parametrize("known_to", [199.0, 190.0])
def test_the_bounds_hold_the_middle_and_nothing_ever_falls(known_to: float) -> None:
    way = path(draws(20.0, 0.4, known_to=known_to))
    assert (way.low <= way.middle).all()
    assert (way.middle <= way.high).all()
    for bound in (way.low, way.middle, way.high):
        assert (np.diff(bound, axis=1) >= 0).all()


def test_a_line_without_a_forecast_has_no_way() -> None:
    lines = draws(20.0, 20.0)
    lines.counts[0] = np.nan
    way = path(lines)
    assert np.isnan(way.middle[0]).all()
    assert np.isfinite(way.middle[1]).all()


def test_a_line_is_the_same_alone_and_among_others() -> None:
    assert path(draws(20.0, 50.0)).middle[1] == pytest.approx(path(draws(20.0, 50.0).rows(slice(1, 2))).middle[0])
