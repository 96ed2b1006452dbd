"""Which contract lines a rule speaks of: a churn risk inhibits upsell on the same line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from bot.core.guarding.lines import KIND_OF, LINE_OF, SETTING, Risk, Risks, lines_of
from bot.core.metrics import ACCOUNT_METRICS, Unit
from bot.core.verdicts import HoldBy
from connectors.schema import Table
from tests.core.guarding.making import FALLING, FULL, UNDERUSE, analysis, rule, ruled

if TYPE_CHECKING:
    from bot.core.verdicts import Hold

ROW: dict[str, Any] = {"peak_line": "Calls", "trend_line": "Suite", "run_out_line": "Units", "end_line": None}
PRODUCTS = {"seats": frozenset({"Suite", "Desk"}), "commit": frozenset({"Units"})}

# A condition, and the products that it is about; None: the whole account.
CONDITIONS = [
    ("peak_utilization > 0.9", {"Calls"}),
    ("peak_utilization > 0.9 AND (peak_pace > 1 OR peak_pace IS NULL) AND arr > 1000", {"Calls"}),
    ("trend_size < -0.2 AND NOT trend_provisional AND tenure_days > 90", {"Suite"}),
    ("days_to_run_out < 30", {"Units"}),
    ("run_out_gap_days > 30", {"Units"}),
    ("licence_utilization < 0.5 AND days_to_renewal < 180", {"Suite", "Desk"}),
    ("shelfware > 5 OR commit_utilization < 0.1", {"Suite", "Desk", "Units"}),
    ("licence_utilization < 0.5 AND usage_age_days < 9", {"Suite", "Desk"}),
    # the line is not known
    ("end_utilization > 1.2", None),
    ("allowance_utilization > 0.9", None),
    ("peak_utilization > 0.9 AND end_utilization > 1", None),
    # nothing of it is of a line
    ("health < 40", None),
    ("cus < 30 AND licence_utilization < 0.5", None),
    ("usage_change_month < -0.3", None),
    ("power_users_lost > 0", None),
    ("nps < 0", None),
    ("arr > 1000", None),
]


@pytest.mark.parametrize(("when", "products"), CONDITIONS)
def test_a_rule_is_about_the_lines_that_its_metrics_are_of(when: str, products: set[str] | None) -> None:
    assert lines_of(ruled(when), ROW, PRODUCTS) == products


def test_every_metric_that_is_tied_to_a_line_is_one_of_the_catalogue() -> None:
    tied = {*LINE_OF, *LINE_OF.values(), *KIND_OF, *SETTING}
    assert tied <= set(ACCOUNT_METRICS)
    assert all(ACCOUNT_METRICS[name].unit is Unit.TEXT for name in LINE_OF.values())
    assert all(Table.USAGE in ACCOUNT_METRICS[name].rests_on for name in tied)
    # What the catalogue says is of the line with the highest share, of the trend or of the forecast, is tied to it.
    assert {
        name for name, one in ACCOUNT_METRICS.items() if "of the line with the highest utilization" in one.formula
    } <= (set(LINE_OF))


def held(*risks: str, row: dict[str, Any], upsell: str = FULL, subject: str = "acme") -> Hold | None:
    night = analysis({"acme": row, "bolt": row}, lines=[("acme", "Suite", "seats"), ("acme", "Calls", "allowance")])
    open_ones = [Risk(rule(text), "acme") for text in risks]
    return Risks(open_ones, {"acme", "bolt"}, night.accounts, night.lines).hold(rule(upsell), subject)


def test_a_risk_on_the_same_line_inhibits() -> None:
    hold = held(UNDERUSE, row={"peak_line": "Suite"})
    assert hold is not None
    assert (hold.by, hold.detail) == (HoldBy.INHIBITED, "underuse is open on the same line: Suite")


def test_a_risk_on_another_line_does_not() -> None:
    assert held(UNDERUSE, row={"peak_line": "Calls"}) is None
    assert held(FALLING, row={"peak_line": "Calls", "trend_line": "Suite"}) is None


def test_where_either_side_cannot_be_tied_to_a_line_the_whole_account_counts() -> None:
    hold = held(FALLING, row={"peak_line": "Calls", "trend_line": None})
    assert hold is not None
    assert hold.detail == "falling is open for the account"
    assert held(UNDERUSE, row={"peak_line": None}) is not None


def test_the_second_risk_is_looked_at_too_and_another_account_is_not() -> None:
    row = {"peak_line": "Calls", "trend_line": "Calls"}
    hold = held(UNDERUSE, FALLING, row=row)
    assert hold is not None
    assert hold.detail == "falling is open on the same line: Calls"
    assert held(UNDERUSE, FALLING, row=row, subject="bolt") is None
