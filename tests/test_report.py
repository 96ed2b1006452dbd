"""What a run did, as data that others rely on and as tables that people read."""

from __future__ import annotations

import json
import os
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from rich.console import Console

from bot.core.verdicts import HoldBy
from bot.out import print_json
from bot.report import as_data, show
from bot.watch import Held
from connectors.base import Reject, SourceError
from connectors.schema import Table
from tests.facts.world import covered, every_day
from tests.nights import DAY, Script, crm, nights

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from bot.pipeline import NightReport
    from connectors.base import Batch, Rejects, Window


class Refusing(Script):
    """Refuses two rows before it delivers the others."""

    def read(self, window: Window, rejects: Rejects) -> Iterator[Batch]:
        rejects.add(Reject("a.csv:2", "date-unreadable", "[bold]no day", "{}"))
        rejects.add(Reject("a.csv:3", "date-unreadable", "no day", "{}"))
        yield from super().read(window, rejects)


@contextmanager
def a_night(folder: Path) -> Iterator[NightReport]:
    """Two contracts: half of Acme's is used, Bolt's use is unknown; a customer of the usage is nobody's."""
    contracts = crm({"account_id": "acme", "nps": 3.0}, {"account_id": "bolt"})
    line = {"kind": "commit", "start": DAY.replace(month=1, day=1), "end": DAY.replace(month=12, day=31)}
    contracts.tables[Table.LINES] = [
        {"line_id": "L1", "account_id": "acme", "meter": "calls", "quantity": 122.0, **line},
        {"line_id": "L2", "account_id": "bolt", "meter": "gauge", "quantity": 10.0, **line},
    ]
    used = every_day("acme", "calls", "01-01..03-02") + every_day("Acme GmbH [x]", "calls", "03-01", 5.0)
    usage = Refusing("usage", {Table.USAGE: used, Table.COVERAGE: [covered("01-01..03-02")]})
    down = Script("events", error=SourceError("events", "no answer [/]"))
    with nights(folder, contracts, usage, down, sql=True) as house:
        yield house.night()


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NightReport]:
    with a_night(tmp_path_factory.mktemp("report")) as report:
        yield report


def test_the_data_have_the_form_that_others_rely_on(report: NightReport) -> None:
    data = as_data(report, {report.notices[0].notice_id: "sent"})
    assert data["rows"] == {"total": 71, "read": 69, "rejected": 2, "rejected_by_reason": {"date-unreadable": 2}}
    assert (data["accounts"], data["contract_lines"], data["episodes"], data["days_judged"]) == (2, 2, 2, 1)
    assert data["as_of"] == "2026-03-02"
    assert [(one["name"], one["error"], one["complete_to"]) for one in data["sources"]] == [
        ("crm", None, "2026-03-02"),
        ("usage", None, "2026-03-02"),
        ("events", "no answer [/]", None),
    ]
    assert [(one["kind"], one["destination"], one["account"], one["status"]) for one in data["notices"]] == [
        ("churn_risk", "person:P1", "Acme", "sent"),
        ("churn_risk", "#cs-risk", "Acme", "pending"),
        ("operations", "#cs-ops", "events", "pending"),
    ]
    assert {"kind", "destination", "account", "text", "blocks"} <= data["notices"][0].keys()


def test_the_data_are_json_and_nothing_else(report: NightReport, capfd: pytest.CaptureFixture[str]) -> None:
    print_json(as_data(report, {}))
    out, err = capfd.readouterr()
    assert out.endswith("}\n")
    assert json.loads(out)["as_of"] == "2026-03-02"
    assert err == ""


def test_lines_of_unknown_use_are_neither_tight_nor_idle(report: NightReport) -> None:
    data = as_data(report, {})
    assert [(row["line_id"], row["utilization"], row["account"]) for row in data["tightest"]] == [("L1", 0.5, "Acme")]
    assert data["least_used"] == data["tightest"]


def test_what_the_settings_leave_open_is_told(report: NightReport) -> None:
    left = as_data(report, {})["unmatched"]
    assert [(one["customer"], one["volume"]) for one in left["customers"]] == [("Acme GmbH [x]", {"calls": 5.0})]
    assert left.keys() == {
        "customers",
        "ambiguous",
        "not_ours",
        "unknown_overrides",
        "products_without_meter",
        "meters_without_product",
    }


def test_the_volume_that_is_nobodys_is_part_of_every_summary(report: NightReport) -> None:
    # Of Acme 28 days of one call each, of nobody five calls.
    lost = {"source": "usage", "meter": "calls", "quantity": 5.0, "share": pytest.approx(5 / 33)}
    assert as_data(report, {})["unmatched_volume"] == {
        "days": 28,
        "share": pytest.approx(5 / 33),
        "customers": 1,
        "by_meter": [{**lost, "quantity": 33.0, "unmatched": 5.0, "customers": 1, "bought": True}],
        "largest": [{**lost, "customer": "Acme GmbH [x]"}],
    }


@pytest.mark.parametrize("width", [20, 80, 150])
def test_the_tables_show_what_others_typed_as_it_is_at_any_width(report: NightReport, width: int) -> None:
    with open(os.devnull, "w", encoding="utf-8") as nowhere:  # noqa: PTH123  # a name, no path
        console = Console(width=width, record=True, file=nowhere)
        show(console, report, {}, {"person:P1": "Ann [/] Lee"})
    text = console.export_text()
    assert "Sources" in text
    if width == 150:
        assert "no answer [/]" in text
        assert "[bold]no day" in text
        assert "Acme GmbH [x]" in text
        assert "Nobody's in the last 28 days: 15 % of calls (usage), 5 of 33; customers: 1" in text
        assert "Ann [/] Lee" in text
        assert "2 accounts, 2 contract lines in force, 2 open episodes, 3 new notices" in text


def test_what_is_held_is_shown_one_line_for_each_reason(report: NightReport) -> None:
    assert (report.held, as_data(report, {})["held"]) == ((), [])
    held = tuple(Held(by, f"because of {by} [/]", 1_234) for by in HoldBy)
    assert as_data(replace(report, held=held[:1]), {})["held"] == [
        {"by": "source", "detail": "because of source [/]", "findings": 1_234}
    ]
    with open(os.devnull, "w", encoding="utf-8") as nowhere:  # noqa: PTH123  # a name, no path
        console = Console(width=150, record=True, file=nowhere)
        show(console, replace(report, held=held), {}, {})
    lines = [" ".join(line.split()) for line in console.export_text().splitlines()]
    for guard, by in (("source", "source"), ("fleet", "fleet"), ("churn risk", "inhibited")):
        assert f"│ {guard} │ 1,234 │ because of {by} [/] │" in lines


def test_a_company_of_nothing_is_shown_as_such(tmp_path: Path) -> None:
    with nights(tmp_path, crm(), sql=True) as house:
        report = house.night()
    data = as_data(report, {})
    assert (data["rows"]["total"], data["accounts"], data["tightest"], data["notices"]) == (2, 0, [], [])
    with open(os.devnull, "w", encoding="utf-8") as nowhere:  # noqa: PTH123  # as above
        show(Console(file=nowhere), report, {}, {})


@pytest.mark.parametrize(
    ("given", "written"),
    [
        ({"a": float("nan"), "b": [float("inf"), 1.5]}, '{"a": null, "b": [null, 1.5]}\n'),
        ({"a": "Söhne ✓"}, '{"a": "Söhne ✓"}\n'),
    ],
)
def test_json_is_strict_and_in_utf_8(
    given: dict[str, Any], written: str, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    print_json(given)
    assert capfdbinary.readouterr().out == written.encode()
