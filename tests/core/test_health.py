"""Health by hand: curves, factors, what is left out, bands by age, and contributions that add up."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.catalogue.health import HEALTH, STANDING
from bot.core.metrics import ACCOUNT_METRICS, Unit
from bot.core.scoring.appraisal import CONTRIBUTIONS, appraise
from bot.core.scoring.faults import OWN
from bot.core.scoring.health import explain, health
from bot.core.scoring.model import Factor, HealthModel, Input, Stage
from bot.core.scoring.shipped import SHIPPED
from bot.core.scoring.shown import rounded_parts

Row = dict[str, Any]

RISING = ((0.0, 0.0), (0.5, 40.0), (1.0, 100.0))
USAGE = Factor("usage", 60.0, (Input("cus", ((0, 0), (100, 100)), 2.0), Input("licence_utilization", RISING)))
SUPPORT = Factor("support", 30.0, (Input("open_cases", ((0, 90), (2, 100), (10, 20))),))
RENEWAL = Factor("renewal", 10.0, (Input("auto_renew", ((0, 50), (1, 90))),))
STAGES = (Stage(30, 20, 50), Stage(180, 40, 70))
MODEL = HealthModel((USAGE, SUPPORT, RENEWAL), STAGES)


def table(*rows: Row) -> pa.Table:
    """Accounts of two years, of whom a row says what is known."""
    kinds = {
        "subject": pa.string(), "segment": pa.string(), "tenure_days": pa.int64(), "auto_renew": pa.bool_(),
        "cus": pa.float64(), "licence_utilization": pa.float64(), "open_cases": pa.int64(), "trend_size": pa.float64(),
    }  # fmt: skip
    plain = [{"subject": f"a{number}", "tenure_days": 730, **row} for number, row in enumerate(rows)]
    return pa.Table.from_pylist(plain, schema=pa.schema([pa.field(name, kind) for name, kind in kinds.items()]))


def measured(row: Row, model: HealthModel = MODEL) -> Row:
    (found,) = health(table(row), model).columns.to_pylist()
    return dict(found)


def contributed(row: Row, model: HealthModel = MODEL) -> dict[str, tuple[float, float, float]]:
    rows = health(table(row), model).contributions.to_pylist()
    return {one["factor"]: (one["score"], one["weight"], one["contribution"]) for one in rows}


def test_an_account_with_all_data_has_the_values_computed_by_hand() -> None:
    # usage: cus 60 -> 60, utilization .75 -> halfway between 40 and 100 = 70; (2 x 60 + 70) / 3 = 63.333
    # support: 6 cases are halfway between 100 and 20 = 60; renewal: 90
    # health: (60 x 63.333 + 30 x 60 + 10 x 90) / 100 = 38 + 18 + 9
    row = {"cus": 60.0, "licence_utilization": 0.75, "open_cases": 6, "auto_renew": True}
    assert measured(row) == {
        "health": pytest.approx(65),
        "health_band": "yellow",
        "health_coverage": 1.0,
        "health_missing": "",
    }
    assert contributed(row) == {
        "usage": pytest.approx((190 / 3, 0.6, 38)),
        "support": pytest.approx((60, 0.3, 18)),
        "renewal": pytest.approx((90, 0.1, 9)),
    }


def test_a_factor_without_data_is_left_out_and_named() -> None:
    # 60 and 10 of the weight remain: 60 / 70 x 80 + 10 / 70 x 50 = 75.714
    row = {"cus": 80.0, "auto_renew": False}
    assert measured(row) == {
        "health": pytest.approx(75.7142857),
        "health_band": "green",
        "health_coverage": pytest.approx(0.7),
        "health_missing": "support",
    }
    assert set(contributed(row)["support"]) == {None}
    assert contributed(row)["usage"] == pytest.approx((80, 6 / 7, 480 / 7))


def test_an_input_without_data_leaves_its_factor_to_the_others() -> None:
    assert contributed({"licence_utilization": 0.5})["usage"][0] == 40
    assert contributed({"cus": 25.0})["usage"][0] == 25


def test_under_the_stated_coverage_health_is_unknown_and_its_factors_are_not() -> None:
    row = {"open_cases": 2, "auto_renew": True}  # 40 of 100
    assert measured(row) == {
        "health": None,
        "health_band": None,
        "health_coverage": pytest.approx(0.4),
        "health_missing": "usage",
    }
    assert contributed(row)["support"] == pytest.approx((100, 0.75, None))
    assert measured(row, HealthModel(MODEL.factors, STAGES, 0.4))["health"] == pytest.approx(97.5)


def test_coverage_of_exactly_the_least_is_enough_however_floats_add_up() -> None:
    tenths = tuple(Factor(name, 0.1, (Input(name, RISING),)) for name in ("cus", "open_cases", "auto_renew"))
    rest = Factor("rest", 0.3, (Input("licence_utilization", RISING),))
    row = {"cus": 1.0, "open_cases": 1, "auto_renew": True}  # .1 + .1 + .1 of .6
    assert measured(row, HealthModel((*tenths, rest), STAGES, 0.5))["health"] == 100


def test_without_any_data_health_is_unknown_even_where_none_is_asked_for() -> None:
    assert measured({}, HealthModel(MODEL.factors, STAGES, 0.0)) == {
        "health": None,
        "health_band": None,
        "health_coverage": 0.0,
        "health_missing": "usage, support, renewal",
    }


@pytest.mark.parametrize(
    ("value", "score"),
    [(-3, 90), (0, 90), (1, 95), (2, 100), (6, 60), (10, 20), (40, 20)],
)
def test_a_curve_may_rise_and_fall_and_is_level_beyond_its_ends(value: int, score: float) -> None:
    assert contributed({"open_cases": value})["support"][0] == pytest.approx(score)


def test_a_value_that_is_no_number_is_unknown_and_an_infinite_one_lies_beyond_the_end() -> None:
    assert contributed({"cus": float("nan")})["usage"][0] is None
    assert contributed({"cus": float("inf")})["usage"][0] == 100


def test_a_metric_that_the_table_does_not_have_is_unknown() -> None:
    model = HealthModel((Factor("new", 1.0, (Input("no_such_metric", RISING),)),), STAGES)
    assert measured({}, model)["health_missing"] == "new"


@pytest.mark.parametrize(
    ("tenure", "cus", "band"),
    [
        (29, 90.0, None),  # too early to judge
        (30, 19.0, "red"),
        (30, 20.0, "yellow"),
        (179, 50.0, "green"),
        (180, 50.0, "yellow"),
        (180, 39.0, "red"),
        (5000, 70.0, "green"),
        (None, 70.0, None),
    ],
)
def test_bands_go_by_the_contracts_age(tenure: int | None, cus: float, band: str | None) -> None:
    found = measured({"tenure_days": tenure, "cus": cus, "licence_utilization": None})
    assert found["health"] == cus
    assert found["health_band"] == band


def test_without_bands_nobody_has_one() -> None:
    assert measured({"cus": 70.0}, HealthModel(MODEL.factors, ()))["health_band"] is None


def test_equal_scores_give_that_score_and_not_nearly_so() -> None:
    thirds = tuple(
        Factor(name, 1.0, (Input(name, ((0, 0), (100, 100))),)) for name in ("cus", "open_cases", "licence_utilization")
    )
    row = {"cus": 70.0, "open_cases": 70, "licence_utilization": 70.0}
    assert measured(row, HealthModel(thirds, STAGES)) == {
        "health": 70.0,
        "health_band": "green",
        "health_coverage": 1.0,
        "health_missing": "",
    }


def test_accounts_keep_their_order_and_do_not_touch_each_other() -> None:
    rows = [{"cus": 10.0}, {}, {"cus": 90.0, "open_cases": 4}, {"cus": 10.0}]
    together = health(table(*rows), MODEL)
    assert together.columns.to_pylist() == [measured(row) for row in rows]
    assert together.contributions.column("subject").to_pylist() == [
        name for name in ("a0", "a1", "a2", "a3") for _ in "123"
    ]


def test_no_accounts_have_no_health() -> None:
    appraised = appraise(table(), MODEL)
    assert appraised.accounts.num_rows == appraised.contributions.num_rows == 0
    assert appraised.contributions.schema.names == CONTRIBUTIONS.names


def test_what_explains_one_account_is_what_was_measured() -> None:
    row = {"cus": 60.0, "open_cases": 6, "auto_renew": True}
    said = explain(row, MODEL)
    assert {one.factor: (one.score, one.weight, one.contribution) for one in said} == contributed(row)
    usage = said[0].readings
    assert [(one.metric, one.value, one.score) for one in usage] == [
        ("cus", 60.0, 60.0),
        ("licence_utilization", None, None),
    ]
    assert [(one.metric, one.value, one.score) for one in said[2].readings] == [("auto_renew", 1.0, 90.0)]


def test_the_metrics_are_those_of_the_catalogue_in_its_order() -> None:
    appraised = appraise(table({"cus": 50.0}), MODEL)
    assert appraised.accounts.schema.names[-len(STANDING) - len(HEALTH) :] == [one.name for one in (*STANDING, *HEALTH)]
    assert appraised.contributions.schema.equals(CONTRIBUTIONS)
    assert {one.name for one in HEALTH} == OWN


def test_values_that_the_curve_was_not_made_for_are_told_of() -> None:
    model = HealthModel((Factor("reviews", 1.0, (Input("cus", ((40, 0), (90, 100))),)),), STAGES)
    rated = [{"cus": value} for value in (1.0, 2.0, 3.0, 4.0, 5.0, 3.5, 4.5, 2.5)]
    (note,) = appraise(table(*rated), model).notes
    assert "all values of 'cus' (1 to 5) lie beyond the curve of 'reviews', which runs from 40 to 90" in note
    assert appraise(table(*rated[:-1]), model).notes == ()  # too few to tell
    assert appraise(table(*rated, {"cus": 41.0}), model).notes == ()


known = st.one_of(st.none(), st.floats(-50, 250))
weights = st.floats(0.001, 1000)
rows = st.fixed_dictionaries(
    {
        "cus": known,
        "licence_utilization": known,
        "open_cases": st.one_of(st.none(), st.integers(0, 30)),
        "trend_size": known,
    }
)


@given(st.lists(rows, min_size=1, max_size=6), st.lists(weights, min_size=4, max_size=4), st.floats(0, 1))
def test_contributions_add_up_to_health_exactly_in_any_order(
    some: list[Row], weight: list[float], least: float
) -> None:
    names = ("cus", "licence_utilization", "open_cases", "trend_size")
    curve = ((0, 13.7), (0.3, 71.9), (33.3, 100), (120, 0))
    factors = tuple(Factor(name, w, (Input(name, curve),)) for name, w in zip(names, weight, strict=True))
    model = HealthModel(factors, STAGES, least)
    found = health(table(*some), model)
    for number, score in enumerate(found.columns.column("health").to_pylist()):
        parts = [
            row["contribution"]
            for row in found.contributions.to_pylist()
            if row["subject"] == f"a{number}" and row["contribution"] is not None
        ]
        assert (score is None) == (not parts)
        if score is not None:
            assert sum(parts) == score == sum(reversed(parts)) == sum(sorted(parts))
            assert 0 <= score <= 100


@given(rows, st.sampled_from(["cus", "licence_utilization", "trend_size"]), st.floats(0, 50))
def test_a_better_value_on_a_rising_curve_never_lowers_health(row: Row, name: str, more: float) -> None:
    names = ("cus", "licence_utilization", "trend_size")
    model = HealthModel(tuple(Factor(one, 1.0, (Input(one, RISING),)) for one in names), STAGES, 0.0)
    if row[name] is not None:
        before, after = measured(row, model)["health"], measured(row | {name: row[name] + more}, model)["health"]
        assert after >= before


@pytest.mark.parametrize(
    ("parts", "places", "shown"),
    [
        ((28.5, 13.0, 10.6, 9.2), 0, (28, 13, 11, 9)),  # 61.3
        ((33.4, 33.3, 33.3), 0, (34, 33, 33)),
        ((1 / 3, 1 / 3, 1 / 3), 1, (0.4, 0.3, 0.3)),
        ((0.5, 0.5), 0, (1, 0)),
        ((), 0, ()),
    ],
)
def test_what_people_see_adds_up_too(parts: tuple[float, ...], places: int, shown: tuple[float, ...]) -> None:
    assert rounded_parts(parts, places) == shown


@given(st.lists(st.floats(0, 100), max_size=8), st.integers(0, 2))
def test_rounded_parts_add_up_to_the_rounded_sum_and_stay_near(parts: list[float], places: int) -> None:
    shown = rounded_parts(parts, places)
    assert sum(shown) == pytest.approx(sum(parts), abs=0.5001 * 10**-places)
    assert all(abs(one - part) <= 10**-places for one, part in zip(shown, parts, strict=True))


# what ships


def test_what_ships_is_made_of_metrics_that_are_numbers_or_flags() -> None:
    metrics = [put.metric for factor in SHIPPED.factors for put in factor.inputs]
    assert [name for name in metrics if name not in ACCOUNT_METRICS] == []
    assert [name for name in metrics if ACCOUNT_METRICS[name].unit in {Unit.TEXT, Unit.DATE}] == []


def test_what_ships_weighs_usage_40_and_all_of_it_100() -> None:
    assert [(factor.name, factor.weight) for factor in SHIPPED.factors] == [
        ("usage", 40), ("adoption", 20), ("reviews", 10), ("purchases", 10), ("support", 10), ("renewal", 10),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("row", "band"),
    [
        # Licence utilization of 70 to 80 % is good, under 50 % low; each without anything else known of use.
        ({"cus": 75.0, "licence_utilization": 0.75}, "green"),
        ({"cus": 60.0, "licence_utilization": 0.6}, "yellow"),
        ({"cus": 45.0, "licence_utilization": 0.45}, "red"),
    ],
)
def test_what_ships_calls_use_what_teams_call_it(row: Row, band: str) -> None:
    assert measured(row, SHIPPED)["health_band"] == band


def test_what_ships_asks_less_of_a_young_contract() -> None:
    bands = [
        measured({"cus": 55.0, "licence_utilization": 0.2, "tenure_days": age}, SHIPPED)["health_band"]
        for age in (20, 40, 200, 300)
    ]
    # cus 55 -> 43.75, utilization .2 -> 6.67; (40 x 43.75 + 20 x 6.67) / 60 = 31.4
    assert bands == [None, "yellow", "yellow", "red"]
