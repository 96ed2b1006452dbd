"""From contracts and the CRM's words to health: what the engine appends, and what each line adds to CUS."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.core.attribution import Attribution
from bot.core.scoring.appraisal import CONTRIBUTIONS
from bot.core.scoring.health import explain
from bot.core.scoring.model import Factor, HealthModel, Input, Stage
from bot.core.scoring.shipped import SHIPPED
from bot.facts.engine import Engine
from connectors.base import Window
from connectors.schema import Table
from tests.facts.world import World, batch, by, covered, every_day

if TYPE_CHECKING:
    from pathlib import Path

    from bot.facts.engine import Analysis
    from tests.facts.world import Row

AS_OF = date(2026, 3, 31)
LATER = ("csat", "open_cases", "urgent_cases")
"""Columns that earlier versions did not ask for."""


@pytest.fixture(scope="module")
def analysis(tmp_path_factory: pytest.TempPathFactory) -> Analysis:
    world = World(tmp_path_factory.mktemp("health"))
    world.cover(covered("2025-10-01..03-31"))
    world.account("acme", segment="SMB", csat=80.0, open_cases=4.0, urgent_cases=1.0, nps=20.0)
    # Worth the same a day; 30 of 100 a day used of the one, all and more of the other: 100 x (.3 / 2 + 1.5 / 2).
    for line_id in ("calls", "units"):
        world.line("acme", line_id, kind="commit", meter=line_id, quantity=36500.0, unit_price=1.0, price_period="term")
    world.use(every_day("acme", "calls", "01-01..03-31", 30))
    world.use(every_day("acme", "units", "01-01..03-31", 200))
    world.account("silent", segment="SMB")
    world.account("priceless", segment="SMB")
    world.line("priceless", "free", kind="commit", meter="calls", quantity=10.0)
    world.use(every_day("priceless", "calls", "03-01..03-31", 1))
    return world.analyse(AS_OF)


@pytest.fixture(scope="module")
def accounts(analysis: Analysis) -> dict[str, Row]:
    return by(analysis.accounts, "subject")


def test_each_line_adds_its_share_of_the_value_times_its_capped_utilization(analysis: Analysis) -> None:
    lines = by(analysis.lines, "line_id")
    assert lines["calls"]["cus_contribution"] == pytest.approx(100 * 0.3 / 2)
    assert lines["units"]["cus_contribution"] == pytest.approx(100 * 1.5 / 2)
    assert lines["free"]["cus_contribution"] is None


def test_lines_add_up_to_cus_exactly(analysis: Analysis, accounts: dict[str, Row]) -> None:
    lines = by(analysis.lines, "line_id")
    assert lines["calls"]["cus_contribution"] + lines["units"]["cus_contribution"] == accounts["acme"]["cus"]
    assert accounts["acme"]["cus"] == pytest.approx(90)
    assert accounts["priceless"]["cus"] is None


def test_what_the_crm_says_of_support_and_satisfaction_are_metrics(accounts: dict[str, Row]) -> None:
    assert {name: accounts["acme"][name] for name in LATER} == {"csat": 80, "open_cases": 4, "urgent_cases": 1}
    assert {name: accounts["silent"][name] for name in LATER} == dict.fromkeys(LATER)


def test_contributions_are_those_that_explain_the_account(analysis: Analysis, accounts: dict[str, Row]) -> None:
    of_acme = [row for row in analysis.health.to_pylist() if row["subject"] == "acme"]
    said = explain(accounts["acme"], SHIPPED)
    assert [row["factor"] for row in of_acme] == [factor.name for factor in SHIPPED.factors]
    for row, one in zip(of_acme, said, strict=True):
        assert (row["score"], row["weight"], row["contribution"]) == (one.score, one.weight, one.contribution)
    assert sum(one.contribution or 0 for one in said) == accounts["acme"]["health"]
    assert analysis.health.schema.names == CONTRIBUTIONS.names


def test_an_account_of_which_nothing_is_known_has_no_health_and_all_of_it_is_named(accounts: dict[str, Row]) -> None:
    names = ("health", "health_band")
    assert {name: accounts["silent"][name] for name in names} == dict.fromkeys(names)
    missing = accounts["silent"]["health_missing"].split(", ")
    assert {"usage", "adoption", "reviews", "support"} <= set(missing)


def test_three_accounts_of_a_segment_are_too_few_for_a_percentile(accounts: dict[str, Row]) -> None:
    assert (accounts["acme"]["cus_percentile"], accounts["acme"]["cus_peers"]) == (None, 1)


def test_health_is_made_of_what_the_settings_say(tmp_path: Path) -> None:
    world = World(tmp_path)
    for number in range(8):
        world.account(f"a{number}", csat=1.0 + number / 2, segment="SMB", customer_since=date(2025, 1, 1))
    world.write(AS_OF)
    curve = ((40.0, 0.0), (90.0, 100.0))
    model = HealthModel((Factor("reviews", 1.0, (Input("csat", curve),)),), (Stage(0, 40, 70),))
    found = Engine(world.store, Attribution(), health=model, threads=1).analyse(AS_OF)
    assert set(found.accounts.column("health_band").to_pylist()) == {"red"}
    assert any("all values of 'csat' (1 to 4.5) lie beyond the curve of 'reviews'" in note for note in found.notes)


def test_a_snapshot_of_an_earlier_version_is_read_with_what_it_did_not_ask_for_unknown(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.account("acme", nps=7.0, csat=80.0)
    world.write(AS_OF)
    (part,) = (tmp_path / "accounts").rglob("part.parquet")
    pq.write_table(pq.ParquetFile(part).read().drop_columns(list(LATER)), part)
    (row,) = world.engine().analyse(AS_OF).accounts.to_pylist()
    assert [row[name] for name in ("nps", *LATER)] == [7.0, None, None, None]


def test_snapshots_of_both_versions_make_one_table(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.account("acme", csat=80.0)
    world.write(AS_OF)
    (part,) = (tmp_path / "accounts").rglob("part.parquet")
    pq.write_table(pq.ParquetFile(part).read().drop_columns(list(LATER)), part)
    world.store.write(
        "other",
        [batch(Table.ACCOUNTS, AS_OF, {"account_id": "bolt", "name": "Bolt", "csat": 60.0})],
        Window(None, AS_OF),
    )
    found = by(world.engine().analyse(AS_OF).accounts, "subject")
    assert {name: row["csat"] for name, row in found.items()} == {"acme": None, "bolt": 60.0}


prices = st.floats(0.01, 1e6)
used = st.floats(0, 5000)


@given(st.lists(st.tuples(prices, used), min_size=1, max_size=4))
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_lines_of_any_value_add_up_to_cus(
    tmp_path_factory: pytest.TempPathFactory, some: list[tuple[float, float]]
) -> None:
    world = World(tmp_path_factory.mktemp("sum"))
    world.cover(covered("01-01..03-31"))
    world.account("acme")
    for number, (price, amount) in enumerate(some):
        more: dict[str, Any] = {"unit_price": price, "price_period": "term", "quantity": 1000.0}
        world.line("acme", f"l{number}", kind="commit", meter=f"m{number}", **more)
        world.use(every_day("acme", f"m{number}", "03-20", amount))
    found = world.analyse(AS_OF)
    parts: list[Any] = found.lines.column("cus_contribution").to_pylist()
    assert sum(parts) == sum(reversed(parts)) == found.accounts.column("cus").to_pylist()[0]
