"""A night puts charts under its alerts, keeps what charts need, and the outbox carries them to Slack."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest

from bot.facts.courses import CourseBook
from bot.messages.message import Chart
from connectors.schema import Table
from tests.nights import DAY, Script, crm, nights

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.nights import Nights

RULES = """\
- name: unhappy
  kind: churn_risk
  when: nps < 5
  severity: high
  to: ["#cs-risk"]
  template: churn_risk
- name: known
  kind: renewal
  when: nps < 5
  severity: low
  to: ["#cs-renewals"]
  template: renewal
"""


def company() -> tuple[Script, Script]:
    """Acme drew 10 calls a day of 5,000; Bolt has no contract line."""
    script = crm({"account_id": "acme", "nps": 3.0}, {"account_id": "bolt", "nps": 3.0})
    script.tables[Table.LINES] = [
        {
            "line_id": "L1",
            "account_id": "acme",
            "product_name": "API calls",
            "quantity": 5_000.0,
            "kind": "commit",
            "meter": "calls",
            "start": date(2026, 1, 1),
            "end": date(2026, 12, 31),
        }
    ]
    first = DAY - timedelta(days=60)
    rows = [
        {"customer": "acme", "meter": "calls", "day": first + timedelta(days=ago), "quantity": 10.0}
        for ago in range(61)
    ]
    covered = {"first_day": first, "last_day": DAY}
    return script, Script("usage", {Table.USAGE: rows, Table.COVERAGE: [covered]})


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nights]:
    with nights(tmp_path_factory.mktemp("charted"), *company(), rules=RULES, sql=True) as house:
        house.house = replace(house.house, charts=True)
        yield house


def test_alerts_that_a_chart_helps_have_one_from_the_nights_own_figures(house: Nights) -> None:
    notices = house.night().notices
    found = {
        (one.subject, one.kind): [block for block in one.message.blocks if isinstance(block, Chart)] for one in notices
    }
    assert {key: len(charts) for key, charts in found.items()} == {
        ("acme", "churn_risk"): 1,
        ("bolt", "churn_risk"): 0,
        ("acme", "renewal"): 0,
        ("bolt", "renewal"): 0,
    }
    (chart,) = found["acme", "churn_risk"]
    assert chart.alt.startswith(
        "Acme: API calls, used and contracted. 610 of 5,000 calls used since 1 Jan 2026, 12 %. "
        "At the present rate it lasts beyond its end on 31 Dec 2026. Forecast for 31 Dec 2026: "
    )
    kept = house.house.store.deliveries(episode_id=next(one for one in notices if one.subject == "acme").episode_id)
    assert any(chart in delivery.notice.message.blocks for delivery in kept)


def test_what_charts_need_is_kept_for_whoever_asks_later(house: Nights) -> None:
    (course,) = CourseBook(house.house.facts).of(["acme", "bolt"])["acme"]
    assert (course.line_id, course.used, course.contracted, course.as_of) == ("L1", 610.0, 5_000.0, DAY)


def test_where_no_charts_are_wanted_none_is_made(tmp_path: Path) -> None:
    with nights(tmp_path, *company(), rules=RULES, sql=True) as house:
        notices = house.night().notices
    assert notices
    assert not any(isinstance(block, Chart) for one in notices for block in one.message.blocks)
