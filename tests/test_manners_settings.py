"""Routes, working time and attention in the settings: what is read, and every fault of them at once."""

from __future__ import annotations

from datetime import time
from typing import TYPE_CHECKING

import pytest

from bot.app import open_house
from bot.core.routing import Match, Route
from bot.core.working_time import CompanyHours
from bot.load import load_all
from tests.loading import QUICK, faults, write

if TYPE_CHECKING:
    from pathlib import Path

    from bot.notices import Manners

RULE = "[{name: licence-underuse, kind: upsell, when: peak_utilization > 1, to: [owner], template: upsell}]"


@pytest.fixture(autouse=True)
def _one_rule(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "rules.yaml").write_text(RULE)
    monkeypatch.chdir(tmp_path)


def manners(folder: Path, text: str) -> Manners:
    with open_house(load_all(write(folder, QUICK + text))) as house:
        return house.manners


def test_what_is_left_out_is_as_it_ships(tmp_path: Path) -> None:
    made = manners(tmp_path, "")
    assert (made.routes, made.quiet, made.per_day) == ((), False, 10)
    assert made.hours == CompanyHours("UTC", frozenset(range(5)), time(9), time(17))
    assert (made.fallback, made.command) == ("#undeliverable", "headroom account")  # messages go into files


def test_routes_are_read_with_one_word_or_several_and_with_those_inside(tmp_path: Path) -> None:
    made = manners(
        tmp_path,
        """\
routing:
  - match: {kind: churn_risk, severity: [high, critical], segment: Enterprise, arr_from: 100000}
    to: [csm]
    add: ["#vip"]
    continue: true
    routes:
      - {match: {region: [EMEA, APAC], rule: licence-*, arr_below: 2e6}, to: [manager, account_channel]}
  - to: ["#all"]
""",
    )
    inside = Route(Match(region=("EMEA", "APAC"), rule=("licence-*",), arr_below=2e6), ("manager", "account_channel"))
    outside = Match(("churn_risk",), ("high", "critical"), segment=("Enterprise",), arr_from=100_000.0)
    assert made.routes == (Route(outside, ("csm",), ("#vip",), (inside,), go_on=True), Route(to=("#all",)))


@pytest.mark.parametrize(
    ("hours", "expected"),
    [
        ("09:00-17:00", (time(9), time(17))),
        ("8:30 - 16:15", (time(8, 30), time(16, 15))),
        ("22:00–06:00", (time(22), time(6))),
        ("00:00-24:00", (time(0), time(0))),
        ("12:00-24:00", (time(12), time(0))),
    ],
)
def test_hours_of_the_day(tmp_path: Path, hours: str, expected: tuple[time, time]) -> None:
    made = manners(tmp_path, f'working_time: {{hours: "{hours}"}}\n').hours
    assert (made.opens, made.closes) == expected


def test_days_zones_and_countries(tmp_path: Path) -> None:
    made = manners(
        tmp_path,
        "timezone: Europe/Berlin\n"
        "working_time:\n"
        "  {days: [sun, mon], country: Germany, countries: {America/*: USA, Asia/Tokyo: null}, quiet: true}\n",
    )
    assert made.quiet
    assert made.hours == CompanyHours(
        "Europe/Berlin",
        frozenset({6, 0}),
        country="DE",
        countries=(("America/*", "US"), ("Asia/Tokyo", None)),
    )


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("routing: [{match: {kind: churn}}]", "routing.0.match.kind: unknown kind 'churn'; did you mean 'churn_risk'?"),
        (
            "routing: [{match: {severity: hihg}}]",
            "routing.0.match.severity: unknown severity 'hihg'; did you mean 'high'?",
        ),
        ("routing: [{match: {regon: EMEA}}]", "routing.0.match.regon: unknown key; did you mean 'region'?"),
        ("routing: [{match: {segment: 7}}]", "routing.0.match.segment: wanted a list (here: 7)"),
        ("routing: [{match: {arr_from: .inf}}]", "routing.0.match.arr_from: wanted a finite number"),
        ("routing: [{too: [csm]}]", "routing.0.too: unknown key; did you mean 'to'?"),
        ("routing: [{to: []}]", "routing.0.to: names nobody; wanted destinations"),
        ("routing: [{to: [onwer]}]", "routing.0.to.0: unknown destination 'onwer'; did you mean 'owner'?"),
        ("routing: [{add: ['#Sales']}]", "routing.0.add.0: unknown destination '#Sales'; wanted owner, csm, manager"),
        ("routing: [{routes: [{contine: true}]}]", "routing.0.routes.0.contine: unknown key; did you mean 'continue'?"),
        ("routing: [{}, {to: [csm]}]", "routing.1: can never match: route 1 before it takes all that it would"),
        ("routing: [{match: {rule: licence-*x}}]", "routing.0.match.rule.0: no rule is called 'licence-*x'; did you"),
        ("working_time: {days: [monday]}", "working_time.days.0: wanted 'mon', 'tue', 'wed', 'thu', 'fri', 'sat' or"),
        ("working_time: {days: []}", "working_time.days: names no day"),
        ("working_time: {hours: 9-17}", "working_time.hours: no hours; wanted a beginning and an end, like"),
        ('working_time: {hours: "09:00-25:00"}', "working_time.hours: no hours; wanted"),
        ('working_time: {hours: "09:00-09:00"}', "working_time.hours: no hours; wanted"),
        ("working_time: {country: no}", "working_time.country: wanted text (here: False); write it in quotes"),
        (
            "working_time: {country: Narnia}",
            "working_time.country: no holidays are known of 'Narnia'; wanted a country",
        ),
        ("working_time: {countries: {Europ/*: DE}}", "working_time.countries.Europ/*: fits no time zone; did you mean"),
        ("working_time: {quite: true}", "working_time.quite: unknown key; did you mean 'quiet'?"),
        ("attention: {per_day: 0}", "attention.per_day: must be greater than or equal to 1; wanted: alerts a person"),
    ],
)
def test_a_fault_says_where_it_is_and_what_would_be_right(tmp_path: Path, line: str, expected: str) -> None:
    (said,) = faults(write(tmp_path, f"{QUICK}{line}\n"))
    place, problem = said.split(": ", 1)
    assert place.startswith(f"headroom.yaml:{len(QUICK.splitlines()) + 1}:")
    assert problem.startswith(expected)


def test_every_fault_of_a_tree_is_told_at_once(tmp_path: Path) -> None:
    text = """\
routing:
  - match: {kind: upsel, severity: hihg}
    to: [onwer]
    routes:
      - {match: {regon: EMEA}}
working_time: {hours: never, countries: {Mars/X: XX}}
attention: {per_day: many}
"""
    found = faults(write(tmp_path, QUICK + text))
    assert [one.split(": ", 2)[1] for one in found] == [
        "routing.0.match.kind",
        "routing.0.match.severity",
        "routing.0.to.0",
        "routing.0.routes.0.match.regon",
        "working_time.hours",
        "working_time.countries.Mars/X",
        "working_time.countries.Mars/X",
        "attention.per_day",
    ]
