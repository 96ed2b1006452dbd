"""From the days of a line to the chart that says most of it: by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.chart import Trend, Utilization
from bot.core.courses import Course, most_telling, told, trend_of, utilization_of

AS_OF = date(2026, 9, 30)
DAY = timedelta(days=1)


def course(counts: list[float], **changes: object) -> Course:
    """A commit whose term began with the first count, of which all is known."""
    plain = Course(
        account_id="acme",
        line_id="a",
        product="API calls",
        kind="commit",
        meter="calls",
        unit="calls",
        aggregation="sum",
        cadence="day",
        as_of=AS_OF,
        known_to=AS_OF,
        contracted=100.0,
        used=float(np.nansum(counts)),
        utilization=float(np.nansum(counts)) / 100.0,
        start=AS_OF - DAY * (len(counts) - 1),
        end=date(2026, 12, 31),
        counts=np.array(counts, dtype=np.float64),
    )
    return replace(plain, **changes)  # type: ignore[arg-type]  # of any field


def values(spec: Utilization | Trend | None) -> list[float | None]:
    assert spec is not None
    points = spec.used if isinstance(spec, Utilization) else spec.points
    return [point.value for point in points]


NAN = float("nan")


def test_use_adds_up_from_the_start_of_the_period() -> None:
    assert values(utilization_of(course([1.0, 2.0, 3.0]), "Acme")) == [1.0, 3.0, 6.0]
    began_later = course([50.0, 2.0, 3.0], start=AS_OF - DAY, used=5.0)
    assert values(utilization_of(began_later, "Acme")) == [2.0, 5.0]


def test_an_unknown_day_is_a_gap_and_what_the_analysis_estimated_for_it_is_in_the_rest() -> None:
    # Four of five days are known, 8 in all: the analysis says 10.
    spec = utilization_of(course([2.0, 2.0, NAN, 2.0, 2.0], used=10.0), "Acme")
    assert values(spec) == [2.5, 5.0, None, 7.5, 10.0]


def test_what_was_used_before_the_first_column_is_where_the_line_begins() -> None:
    long_ago = course([1.0, 2.0], start=date(2020, 1, 1), used=70.0)
    assert values(utilization_of(long_ago, "Acme")) == [68.0, 70.0]


def test_days_after_the_last_known_one_are_not_shown() -> None:
    spec = utilization_of(course([1.0, 2.0, NAN, NAN], known_to=AS_OF - 2 * DAY), "Acme")
    assert spec is not None
    assert (values(spec), spec.as_of) == ([1.0, 3.0], AS_OF - 2 * DAY)


def test_a_long_time_is_shown_by_the_week_and_ends_today() -> None:
    spec = utilization_of(course([1.0] * 100), "Acme")
    assert spec is not None
    assert [point.day for point in spec.used[-2:]] == [AS_OF - 7 * DAY, AS_OF]
    assert (len(spec.used), spec.used[-1].value) == (15, 100.0)


def test_a_week_of_which_too_little_is_known_is_a_gap() -> None:
    days = [1.0] * 100
    days[-10:-7] = [NAN] * 3
    assert [value is None for value in values(utilization_of(course(days), "Acme"))[-3:]] == [False, True, False]


@pytest.mark.parametrize("changes", [{"used": None}, {"known_to": None}, {"aggregation": "max"}])
def test_too_little_known_is_no_chart(changes: dict[str, object]) -> None:
    assert utilization_of(course([1.0, 2.0, 3.0], **changes), "Acme") is None
    assert utilization_of(course([NAN, NAN, NAN]), "Acme") is None


def test_weeks_end_today_and_begin_with_the_first_known_one() -> None:
    days = [NAN] * 10 + [1.0] * 7 + [2.0] * 7 + [NAN] * 3 + [3.0] * 4 + [4.0] * 7
    spec = trend_of(course(days), "Acme")
    assert spec is not None
    assert values(spec) == [7.0, 14.0, None, 28.0]
    assert spec.points[0].day == AS_OF - 27 * DAY
    assert (spec.measure, spec.grain) == ("sum", "week")


def test_users_are_shown_by_the_day_and_never_added_up() -> None:
    spec = trend_of(course([6.0] * 7 + [3.0] * 7, aggregation="unique_users"), "Acme")
    assert spec is not None
    assert (values(spec), spec.measure) == ([6.0, 3.0], "mean")


def test_a_source_that_tells_of_months_is_shown_by_the_month() -> None:
    # From 1 July: 31 + 31 + 30 days; of August a fifth is unknown, of September a half.
    july, august, september = [1.0] * 31, [2.0] * 26 + [NAN] * 5, [3.0] * 15 + [NAN] * 15
    spec = trend_of(course([*july, *august, *september], cadence="month"), "Acme")
    assert spec is not None
    assert [point.day.month for point in spec.points] == [7, 8, 9]
    assert values(spec) == [31.0, pytest.approx(62.0), None]


def test_what_comes_more_rarely_has_no_trend() -> None:
    assert trend_of(course([1.0] * 99, cadence="rare"), "Acme") is None


def test_under_a_churn_risk_a_fall_is_shown_by_the_week_and_anything_else_against_the_contract() -> None:
    falls = course([1.0] * 30, direction="falling", change=AS_OF - 9 * DAY, size=-0.5)
    assert isinstance(told(falls, "churn_risk", "Acme"), Trend)
    assert isinstance(told(falls, "upsell", "Acme"), Utilization)
    assert isinstance(told(replace(falls, direction="rising"), "churn_risk", "Acme"), Utilization)
    # Nothing is known of what was used so far: the weeks are better than nothing.
    assert isinstance(told(replace(falls, used=None), "upsell", "Acme"), Trend)
    assert told(course([NAN] * 30, used=None), "upsell", "Acme") is None


def test_the_line_that_falls_most_comes_first_under_a_churn_risk() -> None:
    lines = [
        course([1.0], line_id="calm", utilization=0.1),
        course([1.0], line_id="unknown", utilization=None),
        course([1.0], line_id="fell", direction="falling", size=-0.3, utilization=0.9),
        course([1.0], line_id="crashed", direction="falling", size=-0.8, utilization=0.9),
    ]
    assert [one.line_id for one in most_telling(lines, "churn_risk")] == ["crashed", "fell", "calm", "unknown"]


def test_the_line_that_is_used_up_first_comes_first_under_an_upsell() -> None:
    lines = [
        course([1.0], line_id="unknown", utilization=None),
        course([1.0], line_id="full", utilization=0.95),
        course([1.0], line_id="late", utilization=0.5, run_out=date(2027, 6, 1)),
        course([1.0], line_id="next", utilization=0.6, run_out=date(2026, 12, 1)),
        course([1.0], line_id="first", utilization=0.4, run_out=date(2026, 11, 1)),
    ]
    assert [one.line_id for one in most_telling(lines, "upsell")] == ["first", "next", "full", "late", "unknown"]


@given(
    st.lists(st.one_of(st.just(NAN), st.floats(0, 1e6)), min_size=1, max_size=200),
    st.floats(0, 1e8),
    st.integers(0, 400),
)
def test_use_to_date_never_falls_and_ends_with_what_was_used(days: list[float], used: float, ago: int) -> None:
    spec = utilization_of(course(days, used=used, start=AS_OF - DAY * ago), "Acme")
    if spec is None:
        return
    known = [value for value in values(spec) if value is not None]
    assert known == sorted(known)
    inside = [value for value in days[-ago - 1 :] if not np.isnan(value)]
    # What the days do not explain was used before the first of them.
    explained = ago < len(days) and sum(inside) > 0
    if spec.used[-1].value is not None:
        assert spec.used[-1].value == pytest.approx(used if explained else max(used, sum(inside)), abs=1e-6)
