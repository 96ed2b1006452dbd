"""The thirteen reports of Philadelphia, against counts and figures that were found without the connector."""

from __future__ import annotations

import csv
import io
from collections import Counter, defaultdict
from datetime import date
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pytest
import yaml

from connectors.base import Batch, Places, Rejects, Window
from connectors.files import Settings, open_source

ROOT: Final = Path(__file__).parents[3]
FOLDER: Final = ROOT / "examples" / "philadelphia"
AS_OF: Final = date(2016, 3, 31)
ROWS: Final = {
    "FY-2013-Q4": 1763,
    "FY-2014-Q1": 1200,
    "FY-2014-Q2": 1531,
    "FY-2014-Q3": 1645,
    "FY-2014-Q4": 1775,
    "FY-2015-Q1": 1197,
    "FY-2015-Q2": 1495,
    "FY-2015-Q3": 1652,
    "FY-2015-Q4": 1753,
    "FY-2016-Q1": 1073,
    "FY-2016-Q2": 1440,
    "FY-2016-Q3": 1613,
    "FY-2016-Q4": 1763,
}
BY_HAND: Final = ROOT / "tests" / "acceptance" / "philadelphia_by_hand.csv"


def _read(path: str = "FY-*.csv", until: date = AS_OF, since: date | None = None) -> tuple[list[Batch], Rejects]:
    (entry,) = yaml.safe_load((FOLDER / "headroom.yaml").read_text())["sources"]
    (files,) = entry["files"]
    assert files["path"] == "FY-*.csv"
    rejects = Rejects()
    source = open_source(
        "contracts", Settings.model_validate({"files": [{**files, "path": path}]}), Places.within(FOLDER)
    )
    return list(source.read(Window(since, until), rejects)), rejects


@pytest.fixture(scope="module")
def pulled() -> tuple[list[Batch], Rejects]:
    return _read()


@pytest.fixture(scope="module")
def raw() -> dict[str, list[dict[str, str]]]:
    """All rows by file, read by the csv module alone, with one name for each column."""
    found = {}
    for path in sorted(FOLDER.glob("FY-*.csv")):
        headers, *rows = [row for row in csv.reader(io.StringIO(path.read_bytes().decode("ascii"), newline="")) if row]
        names = [name.replace(" ", "_").replace("contract_amount", "amt") for name in headers]
        found[path.stem] = [dict(zip(names, row, strict=True)) for row in rows]
    return found


def _rows(batches: list[Batch], table: str, day: date | None = None) -> list[dict[str, Any]]:
    return [
        row for batch in batches if batch.table == table and day in {None, batch.day} for row in batch.rows.to_pylist()
    ]


def test_every_row_of_the_thirteen_files_is_read_or_rejected(
    pulled: tuple[list[Batch], Rejects], raw: dict[str, list[dict[str, str]]]
) -> None:
    batches, rejects = pulled
    assert {name: len(rows) for name, rows in raw.items()} == ROWS
    assert rejects.total == sum(ROWS.values()) == 19_900
    assert rejects.read == len(_rows(batches, "lines")) == 19_811
    assert rejects.by_reason() == {
        "duplicate-key": 67,
        "negative-quantity": 12,
        "missing-value": 9,
        "date-unreadable": 1,
    }


def test_the_rejected_rows_are_those_that_a_plain_look_finds(
    pulled: tuple[list[Batch], Rejects], raw: dict[str, list[dict[str, str]]]
) -> None:
    expected: Counter[str] = Counter()
    for rows in raw.values():
        amounts = [row["amt"].strip() for row in rows]
        expected["negative-quantity"] += sum(amount[:1] in {"-", "("} and amount != "-" for amount in amounts)
        expected["missing-value"] += sum(not amount for amount in amounts)
        expected["date-unreadable"] += sum(not row["start_dt"][0].isdigit() for row in rows)
        expected["duplicate-key"] += len(rows) - len({row["current_item_id"] for row in rows})
    assert pulled[1].by_reason() == dict(expected)


def test_a_reject_names_file_and_line_of_the_row(pulled: tuple[list[Batch], Rejects]) -> None:
    for reject in pulled[1].rows:
        name, line = reject.place.split(":")
        text = (FOLDER / name).read_bytes().decode("ascii")
        item = text.splitlines()[int(line) - 1].split(",")[1]
        assert f'"current_item_id": "{item}"' in reject.raw


def test_each_report_is_a_snapshot_of_the_last_day_of_its_quarter(pulled: tuple[list[Batch], Rejects]) -> None:
    for table in ("accounts", "lines"):
        days = [batch.day for batch in pulled[0] if batch.table == table]
        assert days == sorted(days)
        assert (len(days), days[0], days[-2]) == (13, date(2013, 6, 30), AS_OF)


def test_a_vendor_is_one_account_in_a_snapshot(pulled: tuple[list[Batch], Rejects]) -> None:
    accounts = _rows(pulled[0], "accounts", AS_OF)
    ids = [account["account_id"] for account in accounts]
    assert len(ids) == len(set(ids)) == 1014
    assert {line["account_id"] for line in _rows(pulled[0], "lines", AS_OF)} == set(ids)
    assert {
        "account_id": "ceisler media & issue advocacy, llc",
        "name": "Ceisler Media & Issue Advocacy, LLC",
    }.items() <= {account["account_id"]: account for account in accounts}["ceisler media & issue advocacy, llc"].items()


def test_usage_is_complete_up_to_the_newest_report_that_was_known(pulled: tuple[list[Batch], Rejects]) -> None:
    first_start = date(1997, 7, 10)
    assert _rows(pulled[0], "coverage") == [
        {"meter": "payments_usd", "customer": None, "first_day": first_start, "last_day": AS_OF}
    ]
    batches, _ = _read("FY-2016-Q[34].csv", until=date(2016, 5, 15))
    assert [row["last_day"] for row in _rows(batches, "coverage")] == [AS_OF]


def test_payments_that_nobody_reported_stay_unknown(raw: dict[str, list[dict[str, str]]]) -> None:
    first = date(2013, 6, 30)
    batches, _ = _read("FY-201[34]-*.csv", until=first)
    blank = {
        row["current_item_id"] for row in raw["FY-2013-Q4"] if not row["tot_payments"].strip() and row["amt"].strip()
    }
    assert len(blank) == 28
    vendors = {line["account_id"] for line in _rows(batches, "lines", first) if line["line_id"] in blank}
    assert blank.isdisjoint(row["line_id"] for row in _rows(batches, "usage"))
    coverage = _rows(batches, "coverage")
    assert vendors.isdisjoint(row["customer"] for row in coverage)
    assert None not in {row["customer"] for row in coverage}
    assert len(coverage) == 1114 - len(vendors)


def test_twenty_contracts_are_what_they_are_by_hand(pulled: tuple[list[Batch], Rejects]) -> None:
    batches, _ = pulled
    lines = {line["line_id"]: line for line in _rows(batches, "lines", AS_OF)}
    names = {account["account_id"]: account["name"] for account in _rows(batches, "accounts", AS_OF)}
    paid: dict[str, float] = defaultdict(float)
    for row in _rows(batches, "usage"):
        assert row["meter"] == "payments_usd"
        paid[row["line_id"]] += row["quantity"]
    with BY_HAND.open(newline="") as table:
        by_hand = list(csv.DictReader(table))
    assert len(by_hand) == 20
    for row in by_hand:
        line = lines[row["current_item_id"]]
        assert line["quantity"] == float(row["amount"])
        assert paid[line["line_id"]] == pytest.approx(float(row["payments"]), abs=0.005)
        assert (line["start"], line["end"]) == (date.fromisoformat(row["start"]), date.fromisoformat(row["end"]))
        assert names[line["account_id"]] == row["vendor"]
        assert (line["kind"], line["meter"], line["currency"]) == ("commit", "payments_usd", "USD")
        assert (line["unit_price"], line["price_period"]) == (1.0, "term")


def test_the_payments_of_every_item_add_up_to_what_its_report_says(
    pulled: tuple[list[Batch], Rejects], raw: dict[str, list[dict[str, str]]]
) -> None:
    paid: dict[str, float] = defaultdict(float)
    for row in _rows(pulled[0], "usage"):
        paid[row["line_id"]] += row["quantity"]
    latest = {row["current_item_id"]: row for row in sorted(raw["FY-2016-Q3"], key=_start)}
    assert len(latest) == 1603
    for item, row in latest.items():
        assert paid[item] == pytest.approx(float(row["tot_payments"].replace(",", "")), abs=0.005)


def _start(row: dict[str, str]) -> date:
    month, day, year = map(int, row["start_dt"].split("/"))
    return date(year, month, day)


def test_a_window_of_months_holds_what_the_whole_holds_of_them(pulled: tuple[list[Batch], Rejects]) -> None:
    since = date(2016, 1, 1)
    some, _ = _read(since=since)
    whole = pa.concat_tables([batch.rows for batch in pulled[0] if batch.table == "usage"])
    expected = [row for row in whole.to_pylist() if row["day"] >= since]
    assert _rows(some, "usage") == expected
    assert len(expected) == 1603


def test_the_files_are_kept_byte_for_byte() -> None:
    ends = {name: (FOLDER / f"{name}.csv").read_bytes() for name in ("FY-2015-Q3", "FY-2016-Q3", "FY-2016-Q4")}
    assert (ends["FY-2015-Q3"].count(b"\r"), ends["FY-2015-Q3"].count(b"\n")) == (1652, 0)
    assert ends["FY-2016-Q3"].count(b"\r\n") == 1613
    assert ends["FY-2016-Q4"].count(b"\r") == 0
    assert "*.csv -text" in (FOLDER / ".gitattributes").read_text()
