"""When a source is in doubt by its facts, and for whom that matters."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from bot.core.attribution import Attribution
from bot.core.guarding.doubts import doubt
from bot.core.rules import parse_rules
from bot.facts.engine import Engine
from bot.facts.gone import gone_rows
from bot.shipped import CONFIG
from bot.state.rows import SourceState
from connectors.base import Window
from connectors.schema import Table
from tests.facts.world import METERS, RULES, World, batch, by, covered, day, every_day

if TYPE_CHECKING:
    from bot.facts.engine import Analysis

MARCH = day("03-31")


def analysed(world: World, *states: SourceState, **stale_after: timedelta) -> Analysis:
    world.write(MARCH)
    engine = Engine(world.store, Attribution(RULES, METERS, ("account_id",)), stale_after, threads=1)
    return engine.analyse(MARCH, states)


def state(name: str, error: str | None = None, total: int | None = None, rejected: int | None = None) -> SourceState:
    return SourceState(name, None, None, error, total, rejected)


def concerns(analysis: Analysis) -> set[tuple[Any, ...]]:
    return {tuple(row.values()) for row in analysis.concerns.to_pylist()}


@pytest.fixture
def two(world: World) -> World:
    """Two accounts, each measured by a source of its own."""
    for account, meter, source in (("acme", "calls", "eu"), ("bolt", "gauge", "us")):
        world.account(account)
        world.line(account, kind="commit", meter=meter, quantity=100.0)
        world.use(every_day(account, meter, "03-01..03-31"), source=source)
        world.cover(covered("03-01..03-31", meter=meter), source=source)
    return world


def test_a_night_without_a_doubt_concerns_nobody(two: World) -> None:
    analysis = analysed(two)
    assert [row["in_doubt"] for row in analysis.sources.to_pylist()] == [False, False, False]
    assert concerns(analysis) == set()


def test_a_usage_source_in_doubt_concerns_the_accounts_that_it_measures(two: World) -> None:
    assert concerns(analysed(two, state("us", "is down"))) == {("bolt", "us", "usage")}


def test_a_crm_in_doubt_concerns_whom_it_lists_and_whose_lines_it_delivers(two: World) -> None:
    assert concerns(analysed(two, state("crm", "is down"))) == {
        (account, "crm", kind) for account in ("acme", "bolt") for kind in ("accounts", "lines")
    }


def test_a_source_that_names_an_account_concerns_it_whatever_it_bought(two: World) -> None:
    two.use(every_day("acme", "other", "03-30"), source="us")
    assert ("acme", "us", "usage") in concerns(analysed(two, state("us", "is down")))


def test_a_source_that_covers_all_customers_concerns_an_account_that_nobody_names(two: World) -> None:
    two.account("calm")
    two.line("calm", kind="commit", meter="calls", quantity=1.0)
    assert ("calm", "eu", "usage") in concerns(analysed(two, state("eu", "is down")))


def test_a_source_that_never_delivered_concerns_what_nobody_tells_of(two: World) -> None:
    two.account("new")  # without a line
    two.account("dark")
    two.line("dark", kind="commit", meter="nobodys", quantity=1.0)
    analysis = analysed(two, state("late"))
    assert by(analysis.sources, "subject")["late"]["in_doubt"]
    assert concerns(analysis) == {("new", "late", "lines"), ("dark", "late", "usage")}


def test_a_list_that_lost_accounts_is_incomplete_until_it_has_stood_for_a_week(world: World) -> None:
    names = [f"a{number}" for number in range(10)]
    listed = {"03-20": names, "03-21": names[:7], "03-22": names[:7], "03-27": names[:7], "03-28": names[:6]}
    for written, there in listed.items():
        rows = [{"account_id": name, "name": name} for name in there]
        world.store.write("crm", [batch(Table.ACCOUNTS, day(written), *rows)], Window(None, day(written)))
    shares = {
        text: gone_rows(world.store, day(text), 7).to_pylist() for text in ("03-20", "03-21", "03-24", "03-27", "03-28")
    }
    assert {text: round(row["share"], 3) for text, (row,) in shares.items()} == {
        "03-20": 0.0,
        "03-21": 0.3,
        "03-24": 0.3,  # the list of the 22nd
        "03-27": 0.3,
        "03-28": round(1 / 7, 3),  # that of the 20th is forgotten
    }


def test_accounts_that_were_replaced_by_others_are_gone(world: World) -> None:
    for written, name in (("03-30", "a"), ("03-31", "b")):
        rows = [{"account_id": f"{name}{number}", "name": "x"} for number in range(4)]
        world.store.write("crm", [batch(Table.ACCOUNTS, day(written), *rows)], Window(None, day(written)))
    (row,) = Engine(world.store, Attribution(), threads=1).analyse(MARCH).sources.to_pylist()
    assert (row["accounts_gone"], row["incomplete"], row["in_doubt"]) == (1.0, True, True)


def test_usage_that_is_nobodys_makes_its_source_incomplete(two: World) -> None:
    # A call a day of acme and as many of nobody: one half. Two more of nobody: 30 of 58.
    two.use(every_day("stranger", "calls", "03-04..03-31", 1.0), source="eu")
    fine = by(analysed(two).sources, "subject")["eu"]
    assert (fine["unmatched_share"], fine["incomplete"]) == (pytest.approx(0.5), False)
    two.use(every_day("stranger", "calls", "03-31", 2.0), source="eu")
    much = by(analysed(two).sources, "subject")["eu"]
    assert (much["unmatched_share"], much["incomplete"]) == (pytest.approx(30 / 58), True)


def test_usage_of_long_ago_or_of_what_nobody_bought_is_no_doubt(two: World) -> None:
    two.use(every_day("stranger", "calls", "03-01..03-03", 99.0), source="eu")
    two.use(every_day("stranger", "unsold", "03-31", 99.0), source="eu")
    eu = by(analysed(two).sources, "subject")["eu"]
    assert (eu["unmatched_share"], eu["incomplete"]) == (0.0, False)


# How a source stands, and whether it is in doubt.
STATES = [
    ({}, False),
    ({"total": 100, "rejected": 50}, False),
    ({"total": 100, "rejected": 51}, True),
    ({"total": 0, "rejected": 0}, False),
    ({"error": "is down"}, True),
]


@pytest.mark.parametrize(("told", "in_doubt"), STATES)
def test_the_engine_and_the_guard_agree_on_what_is_in_doubt(two: World, told: dict[str, Any], in_doubt: bool) -> None:
    for row in analysed(two, state("eu", **told), us=timedelta(hours=1), crm=timedelta(0)).sources.to_pylist():
        assert row["in_doubt"] == (doubt(row) is not None) == (row["subject"] == "eu" and in_doubt)
    late = by(Engine(two.store, Attribution(), threads=1).analyse(day("04-03")).sources, "subject")
    assert all(row["in_doubt"] and doubt(row) for row in late.values())


def test_what_holds_alerts_is_what_the_shipped_rule_tells_of() -> None:
    rules = {rule.name: rule for rule in parse_rules((CONFIG / "rules.yaml").read_text(), "rules.yaml")}
    assert rules["source-stale"].when == "failed OR age_days IS NULL OR age_days > stale_after_days OR incomplete"
