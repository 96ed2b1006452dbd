"""What metrics were on past days: which of them are kept, and which a day is compared with."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from bot.core.rules import parse_rules
from bot.facts.history import BACK, EVERY_DAY, KEPT, MetricsHistory
from bot.facts.store import FactStore
from connectors.base import Window

if TYPE_CHECKING:
    from pathlib import Path

DAY = date(2026, 3, 31)
RULES = parse_rules("- {name: a, kind: upsell, when: nps > 1, to: [owner], template: upsell}", "rules.yaml")


@pytest.fixture
def history(tmp_path: Path) -> MetricsHistory:
    return MetricsHistory(tmp_path, RULES)


def accounts(nps: float, **columns: object) -> pa.Table:
    return pa.table({"subject": ["a", "b"], "nps": [nps, None], **columns})


def days_ago(count: int) -> date:
    return DAY - timedelta(days=count)


def kept(history: MetricsHistory, *ago: int) -> MetricsHistory:
    for count in sorted(ago, reverse=True):
        history.keep(days_ago(count), accounts(count))
    return history


def compared(history: MetricsHistory) -> int | None:
    earlier = history.before(DAY)
    return (DAY - earlier.day).days if earlier else None


# Days ago that were judged, and the one that today is compared with.
CHOICES: list[tuple[list[int], int | None]] = [
    ([], None),
    ([0], None),  # a day is not compared with itself
    ([1], 1),
    ([14, 7, 1], 14),  # not four weeks yet: the oldest
    ([29, 28, 27, 1], 28),
    ([31, 30, 27], 30),  # a night was missed
    ([90, 1], 90),
]


@pytest.mark.parametrize(("judged", "with_day"), CHOICES)
def test_a_day_is_compared_with_the_newest_of_four_weeks_ago(
    history: MetricsHistory, judged: list[int], with_day: int | None
) -> None:
    assert compared(kept(history, *judged)) == with_day


def test_what_rules_name_is_kept_and_what_people_ask_for_first(history: MetricsHistory) -> None:
    history.keep(days_ago(28), accounts(7, health=[50.0, 60.0], tenure_days=[1, 2], name=["A", "B"]))
    earlier = history.before(DAY)
    assert earlier is not None
    assert earlier.table.to_pydict() == {"subject": ["a", "b"], "health": [50.0, 60.0], "nps": [7.0, None]}


def test_a_day_that_is_judged_again_is_kept_as_it_is_now(history: MetricsHistory) -> None:
    history.keep(days_ago(28), accounts(7))
    history.keep(days_ago(28), accounts(8))
    earlier = history.before(DAY)
    assert earlier is not None
    assert earlier.table.column("nps").to_pylist() == [8.0, None]
    assert history.days() == (days_ago(28),)


def test_a_day_without_accounts_is_none(history: MetricsHistory) -> None:
    history.keep(days_ago(28), accounts(7).slice(0, 0))
    assert history.days() == ()


def test_of_old_days_one_a_week_is_kept_for_over_a_year(history: MetricsHistory) -> None:
    kept(history, *range(0, 430, 3))
    days = history.days()
    recent = [day for day in days if day >= DAY - EVERY_DAY]
    old = [day for day in days if day < DAY - EVERY_DAY]
    assert len(recent) == EVERY_DAY.days // 3 + 1
    assert len(old) == len({day.isocalendar()[:2] for day in old})
    assert DAY - KEPT <= days[0] < DAY - KEPT + timedelta(days=7)
    assert len(old) >= (KEPT - EVERY_DAY).days // 7


@settings(max_examples=25, deadline=None)
@given(ago=st.sets(st.integers(0, 120), min_size=1, max_size=20))
def test_letting_go_of_days_never_changes_what_tonight_is_compared_with(
    tmp_path_factory: pytest.TempPathFactory, ago: set[int]
) -> None:
    history = kept(MetricsHistory(tmp_path_factory.mktemp("facts"), RULES), *ago)
    far = [count for count in ago if timedelta(days=count) >= BACK]
    near = [count for count in ago if 0 < count < BACK.days]
    if far and min(far) <= EVERY_DAY.days:
        assert compared(history) == min(far)
    elif far:
        # Only one of its week may be left.
        found = compared(history)
        assert found is not None
        assert days_ago(found).isocalendar()[:2] == days_ago(min(far)).isocalendar()[:2]
    else:
        assert compared(history) == (max(near) if near else None)


def test_a_damaged_file_costs_the_comparison_and_no_more(history: MetricsHistory, tmp_path: Path) -> None:
    kept(history, 28)
    (tmp_path / "metrics" / f"day={days_ago(28)}" / "part.parquet").write_bytes(b"no parquet")
    with capture_logs() as logs:
        assert history.before(DAY) is None
    assert [line["event"] for line in logs] == ["metrics of an earlier day not read"]


def test_what_cannot_be_written_costs_the_comparison_and_no_more(tmp_path: Path) -> None:
    (tmp_path / "metrics").write_text("a file where the folder should be")
    with capture_logs() as logs:
        MetricsHistory(tmp_path, RULES).keep(DAY, accounts(7))
    assert [line["event"] for line in logs] == ["metrics of the day not kept"]


def test_a_source_may_be_called_metrics(tmp_path: Path) -> None:
    history, facts = MetricsHistory(tmp_path, RULES), FactStore(tmp_path)
    facts.write("metrics", [], Window(None, DAY))
    history.keep(DAY, accounts(7))
    assert history.days() == (DAY,)
    assert facts.sources() == ()
