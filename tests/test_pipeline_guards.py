"""Guards in whole nights, with the real engine: what is held, what is kept of it, and what comes of it."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from bot.app import open_house
from bot.core.guarding.policy import FleetPolicy
from bot.core.verdicts import HoldBy
from bot.load import load_all
from bot.report import as_data
from bot.state.rows import SourceState
from connectors.base import Reject, SourceError
from connectors.schema import Table
from tests.core.guarding.making import DROP, REMINDER, SLOWER
from tests.nights import DAY, STALE, UNHAPPY, Row, Script, crm, nights, said

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import pytest

    from bot.state.rows import Standing
    from connectors.base import Batch, Rejects, Window
    from tests.nights import Nights

LATE = STALE.replace("failed OR age_days >", "failed OR age_days IS NULL OR incomplete OR age_days >")
FULL = """\
- name: full
  kind: upsell
  when: commit_utilization > 0.5
  to: [owner]
  template: upsell
"""
FROM = date(2025, 12, 1)


def standing(house: Nights, rule: str, subject: str) -> Standing:
    (one,) = [one for one in house.house.store.standings(subject) if one.rule == rule]
    return one


def contracts(*names: str, nps: float = 9.0) -> Script:
    """Accounts with a commit of 100 calls each."""
    script = crm(*({"account_id": name, "nps": nps} for name in names))
    term = {"start": FROM, "end": DAY + timedelta(days=60), "kind": "commit", "meter": "calls", "quantity": 100.0}
    script.tables[Table.LINES] = [{"line_id": f"line-{name}", "account_id": name, **term} for name in names]
    return script


def use(name: str, until: date, **calls: float) -> Script:
    """So many calls a day of each customer, covered to a day."""
    days = [FROM + timedelta(days=ahead) for ahead in range((until - FROM).days + 1)]
    rows: list[Row] = [
        {"customer": customer, "meter": "calls", "day": day, "quantity": quantity}
        for customer, quantity in calls.items()
        for day in days
    ]
    covered = [{"customer": customer, "first_day": FROM, "last_day": until} for customer in calls]
    return Script(name, {Table.USAGE: rows, Table.COVERAGE: covered})


def test_a_stale_source_of_usage_holds_the_alerts_of_those_it_measures_and_no_reminder(tmp_path: Path) -> None:
    eu, us = use("eu", DAY - timedelta(days=9), acme=1.0), use("us", DAY, bolt=1.0)
    with nights(tmp_path, contracts("acme", "bolt"), eu, us, rules=FULL + REMINDER + LATE, sql=True) as house:
        report = house.night()
        assert sorted((subject, where) for subject, _, _, where in said(report)) == [
            ("acme", "person:P1"),  # the reminder
            ("bolt", "person:P1"),
            ("bolt", "person:P1"),
            ("eu", "#cs-ops"),
        ]
        detail = "eu is stale: complete to 21 Feb 2026"
        assert as_data(report, {})["held"] == [{"by": "source", "detail": detail, "findings": 1}]
        one = standing(house, "full", "acme")
        assert (one.said, one.reason, one.detail, one.as_of) == (False, "HELD", detail, DAY)
        assert standing(house, "full", "bolt").said
        eu.tables = use("eu", DAY + timedelta(days=1), acme=1.0).tables
        us.tables = use("us", DAY + timedelta(days=1), bolt=1.0).tables
        report = house.night(1)
        assert [(subject, transition) for subject, transition, _, _ in said(report)] == [
            ("acme", "fired"),
            ("eu", "resolved"),
        ]
        assert report.held == ()
        assert said(house.night(1)) == []


def test_a_list_that_was_cut_short_ends_no_alert(tmp_path: Path) -> None:
    source = crm(*({"account_id": f"a{n}", "nps": 3.0 if n == 0 else 9.0} for n in range(4)))
    with nights(tmp_path, source, rules=UNHAPPY + LATE, sql=True) as house:
        house.night()
        whole, source.tables[Table.ACCOUNTS] = source.tables[Table.ACCOUNTS], source.tables[Table.ACCOUNTS][3:]
        report = house.night(1)
        assert said(report) == [("crm", "fired", "post", "#cs-ops")]
        assert [(one.by, one.findings) for one in report.held] == [(HoldBy.SOURCE, 1)]
        assert "75 % of its accounts are gone" in report.held[0].detail
        source.tables[Table.ACCOUNTS] = whole
        assert {transition for _, transition, _, _ in said(house.night(1))} == {"resolved"}
        assert house.house.store.open_episodes().keys() == {("unhappy", "a0")}


def test_a_source_whose_rows_are_refused_holds_what_rests_on_it(tmp_path: Path) -> None:
    class Refusing(Script):
        def read(self, window: Window, rejects: Rejects) -> Iterator[Batch]:
            for line in range(2, 8):
                rejects.add(Reject(f"a.csv:{line}", "date-unreadable", "no day", "{}"))
            yield from super().read(window, rejects)

    script = Refusing("crm", crm({"account_id": "acme", "nps": 3.0}).tables)
    with nights(tmp_path, script, rules=UNHAPPY + LATE, sql=True) as house:
        report = house.night()
        assert said(report) == [("crm", "fired", "post", "#cs-ops")]
        assert [one.detail for one in report.held] == [
            "crm is incomplete: 66.7 % of its rows were refused; complete to 2 Mar 2026"
        ]


def test_a_fleet_that_falls_in_one_night_is_one_incident_until_the_data_are_mended(tmp_path: Path) -> None:
    names = [f"a{n}" for n in range(6)]

    def used(until: date, february: float) -> Script:
        script = use("usage", until, **dict.fromkeys(names, 1.0))
        for row in script.tables[Table.USAGE]:
            row["quantity"] = february if row["day"].month == 2 else 1.0
        return script

    events = used(DAY, 1.0)
    with nights(tmp_path, contracts(*names), events, rules=SLOWER + DROP, sql=True) as house:
        house.day = date(2026, 2, 25)
        events.tables = used(house.day, 1.0).tables
        house.night()
        # The month is over on 1 March: use of February is half of January's, in all of them.
        events.tables = used(DAY, 0.4).tables
        report = house.night(5)
        assert said(report) == [("fleet", "fired", "post", "#cs-ops")]
        (notice,) = report.notices
        assert "6 accounts began to fall at once" in notice.message.summary
        assert "A0 · A1 · A2 · A3 · A4 · A5" in str(notice.message)
        assert [(one.by, one.findings) for one in report.held] == [(HoldBy.FLEET, 6)]
        house.deliver()
        events.tables = used(DAY, 1.0).tables
        assert said(house.night(1)) == [("fleet", "resolved", "update", "#cs-ops")]
        assert house.house.store.open_episodes() == {}


SETTINGS = """\
company: Vendor
sources:
  - name: crm
    type: files
    files: [{path: accounts.csv, tables: {accounts: {account_id: id, name: name}}}]
deliver: {directory: messages}
rules: rules.yaml
guards:
  source: {rejected: 0.01}
  fleet: {accounts: 3, share: 0.5, days: 2, at_most: 2d}
"""


def test_guards_go_by_the_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "headroom.yaml").write_text(SETTINGS)
    (tmp_path / "rules.yaml").write_text(LATE)
    with open_house(load_all(tmp_path / "headroom.yaml")) as house:
        assert house.fleet == FleetPolicy(accounts=3, share=0.5, days=2, at_most=timedelta(days=2))
        told = [SourceState("crm", None, None, None, 100, refused) for refused in (1, 2)]
        rows = [house.engine.analyse(DAY, [one]).sources.to_pylist()[0] for one in told]
        assert [row["incomplete"] for row in rows] == [False, True]


def test_a_failing_crm_holds_the_end_of_what_rests_on_it(tmp_path: Path) -> None:
    source = crm({"account_id": "acme", "nps": 3.0})
    with nights(tmp_path, source, rules=UNHAPPY + LATE, sql=True) as house:
        house.night()
        source.error = SourceError("crm", "down")
        house.night(1)
        assert standing(house, "unhappy", "acme").reason == "HELD"
