"""Medians of everyone but the one looked at."""

from __future__ import annotations

import math
import statistics
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from bot.core.trends.medians import median, median_of_others

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]


def test_the_median_leaves_unknown_values_out() -> None:
    rows = np.array([[3.0, math.nan, 1, 2], [math.nan, 1, 2, math.nan], [math.nan] * 4])
    assert median(rows) == pytest.approx([2, 1.5, math.nan], nan_ok=True)


@settings(max_examples=50, deadline=None)
@given(arrays(np.float64, (9, 4), elements=st.one_of(st.floats(-5, 5), st.just(math.nan))))
def test_the_median_of_the_others_is_that_of_python(columns: Floats) -> None:
    expected = np.full_like(columns, math.nan)
    for row, column in np.ndindex(columns.shape):
        others = np.delete(columns[:, column], row)
        others = others[~np.isnan(others)]
        if len(others) >= 4:
            expected[row, column] = statistics.median(others)
    assert median_of_others(columns) == pytest.approx(expected, nan_ok=True)
