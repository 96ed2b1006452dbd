from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from connectors.base import SourceError, SourceSettingsError

if TYPE_CHECKING:
    from pathlib import Path

    from tests.connectors.files.reading import Read

Settings = dict[str, Any]


def _events(**changes: object) -> Settings:
    usage = {
        "customer": "properties.company",
        "meter": "event",
        "day": {"column": "time", "formats": ["unix"]},
        "quantity": {"value": 1},
        "user_id": {"column": "properties.user", "optional": True},
    }
    return {"path": "events.jsonl", "tables": {"usage": {**usage, **changes}}}


def _write(tmp_path: Path, *rows: object) -> None:
    text = "".join((row if isinstance(row, str) else json.dumps(row)) + "\n" for row in rows)
    (tmp_path / "events.jsonl").write_text(text)


def _event(company: str | None, user: str | None = None, time: int = 1_772_323_200) -> Settings:
    return {"event": "export", "time": time, "properties": {"company": company, "user": user}}


def test_json_lines_are_read_with_inner_keys_joined_by_dots(read: Read, tmp_path: Path) -> None:
    _write(tmp_path, _event("acme", "jo"), "", _event("beta"))
    reading = read(_events())
    assert reading.rows("usage") == [
        {"customer": "acme", "meter": "export", "day": date(2026, 3, 1), "quantity": 1.0, "user_id": "jo"},
        {"customer": "beta", "meter": "export", "day": date(2026, 3, 1), "quantity": 1.0},
    ]
    assert reading.rejects.total == 2


@pytest.mark.parametrize(
    ("line", "detail"),
    [
        ('{"event": ', "not valid JSON"),
        ("[1, 2]", "an object was expected, here is list"),
        ("null", "an object was expected, here is NoneType"),
        ("[" * 100_000, "not valid JSON: nested too deeply"),
    ],
    ids=["broken off", "a list", "null", "a pit"],
)
def test_a_line_that_is_no_object_is_rejected(read: Read, tmp_path: Path, line: str, detail: str) -> None:
    _write(tmp_path, _event("acme"), line, _event("beta"))
    reading = read(_events())
    assert reading.column("usage", "customer") == ["acme", "beta"]
    (reject,) = reading.rejects.rows
    assert (reject.place, reject.reason) == ("events.jsonl:2", "json-unreadable")
    assert reject.detail.startswith(detail)
    assert json.loads(reject.raw) == line


def test_a_missing_key_and_a_null_are_blank(read: Read, tmp_path: Path) -> None:
    _write(tmp_path, _event("acme"), _event(None), {"event": "export", "time": 1_772_323_200})
    reading = read(_events())
    assert reading.reasons == {"missing-value": 2}
    assert json.loads(reading.rejects.rows[1].raw)["event"] == "export"


def test_a_key_that_appears_late_is_read(read: Read, tmp_path: Path) -> None:
    _write(tmp_path, *[_event("acme")] * 1_200, {**_event("beta"), "plan": "pro"})
    settings = _events(user_id={"column": "plan", "optional": True})
    assert read(settings).column("usage", "user_id")[-1] == "pro"


def test_a_key_that_no_object_has_is_a_fault_of_the_settings(read: Read, tmp_path: Path) -> None:
    _write(tmp_path, _event("acme"))
    with pytest.raises(SourceSettingsError, match=r"'properties\.firm' .* nearest"):
        read(_events(customer="properties.firm"))


def test_no_lines_at_all_are_no_rows(read: Read, tmp_path: Path) -> None:
    _write(tmp_path)
    assert read(_events()).rejects.total == 0


@pytest.mark.parametrize("value", ["NaN", "1e999", "-Infinity"])
def test_json_numbers_that_are_not_finite_are_refused(read: Read, tmp_path: Path, value: str) -> None:
    _write(tmp_path, _event("acme"), f'{{"event": "export", "time": 1772323200, "n": {value}}}')
    settings = _events(customer={"value": "acme"}, quantity={"column": "n", "optional": True})
    assert read(settings).reasons == {"number-unreadable": 1}


def test_half_of_a_surrogate_pair_is_rejected_and_can_still_be_written(read: Read, tmp_path: Path) -> None:
    _write(tmp_path, _event("acme"), '{"event": "export", "time": 1772323200, "properties": {"company": "a\\ud800"}}')
    reading = read(_events())
    assert reading.reasons == {"text-unreadable": 1}
    assert reading.rejects.rows[0].raw.encode()


def test_parquet_is_read_with_the_types_that_it_has(read: Read, tmp_path: Path) -> None:
    table = pa.table(
        {
            "customer": pa.array(["acme", "beta", None, "gamma"]).dictionary_encode(),
            "at": pa.array([datetime(2026, 3, 1, 23, tzinfo=UTC)] * 4, pa.timestamp("ns", "UTC")),
            "usage": pa.array(
                [
                    {"calls": Decimal("1.50"), "users": 3},
                    {"calls": Decimal("-2.00"), "users": None},
                    {"calls": Decimal("1.00"), "users": 1},
                    {"calls": None, "users": 1},
                ],
                pa.struct([("calls", pa.decimal128(10, 2)), ("users", pa.int32())]),
            ),
            "notes": pa.array([["a"], [], None, ["b"]]),
        }
    )
    pq.write_table(table, tmp_path / "usage.parquet", row_group_size=3)
    usage = {
        "customer": "customer",
        "meter": {"value": "calls"},
        "day": "at",
        "quantity": "usage.calls",
        "active_users": "usage.users",
    }
    reading = read({"path": "usage.parquet", "tables": {"usage": usage}})
    assert reading.rows("usage") == [
        {"customer": "acme", "meter": "calls", "day": date(2026, 3, 1), "quantity": 1.5, "active_users": 3},
        {"customer": "beta", "meter": "calls", "day": date(2026, 3, 1), "quantity": -2.0},
    ]
    assert [(reject.place, reject.detail) for reject in reading.rejects.rows] == [
        ("usage.parquet:3", "customer: is blank"),
        ("usage.parquet:4", "usage.calls: is blank"),
    ]


def test_parquet_that_holds_nan_for_nothing_is_refused(read: Read, tmp_path: Path) -> None:
    table = pa.table({"customer": ["acme", "beta"], "day": [date(2026, 3, 1)] * 2, "calls": [1.0, float("nan")]})
    pq.write_table(table, tmp_path / "usage.parquet")
    usage = {"customer": "customer", "meter": {"value": "calls"}, "day": "day", "quantity": "calls"}
    assert read({"path": "usage.parquet", "tables": {"usage": usage}}).reasons == {"number-unreadable": 1}


def test_a_file_that_is_no_parquet_is_an_error(read: Read, tmp_path: Path) -> None:
    (tmp_path / "usage.parquet").write_bytes(b"PAR1 or not")
    with pytest.raises(SourceError, match=r"usage\.parquet: cannot be read as Parquet"):
        read({"path": "usage.parquet", "tables": {"accounts": {"account_id": "id", "name": "name"}}})


def test_the_same_rows_mean_the_same_in_every_format(read: Read, usage: Settings, tmp_path: Path) -> None:
    rows = [
        {"customer": "acme", "day": "2026-03-01", "calls": 5},
        {"customer": "beta", "day": "2026-03-02", "calls": 7.5},
    ]
    (tmp_path / "usage.csv").write_text("customer,day,calls\nacme,2026-03-01,5\nbeta,2026-03-02,7.5\n")
    (tmp_path / "usage.jsonl").write_text("\n".join(map(json.dumps, rows)))
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "usage.parquet")
    first, *others = (read({**usage, "path": f"usage.{ending}"}).batches for ending in ("csv", "jsonl", "parquet"))
    for batches in others:
        assert [(batch.table, batch.rows) for batch in batches] == [(batch.table, batch.rows) for batch in first]
