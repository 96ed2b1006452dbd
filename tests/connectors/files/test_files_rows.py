from __future__ import annotations

import json
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.connectors.files.reading import Read

Settings = dict[str, Any]
HEADERS = "id,account,quantity,start,end\n"


def _write(tmp_path: Path, *rows: str, headers: str = HEADERS) -> None:
    (tmp_path / "lines.csv").write_text(headers + "".join(f"{row}\n" for row in rows))


def _with(lines: Settings, **fields: object) -> Settings:
    return {**lines, "tables": {"lines": {**lines["tables"]["lines"], **fields}}}


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("L1,A1,-1,2026-01-01,2026-12-31", "negative-quantity"),
        ("L1,A1,5,2026-12-31,2026-01-01", "end-before-start"),
        ("L1,A1,5,Placement Services,7/1/2015", "date-unreadable"),
        ("L1,A1,many,2026-01-01,2026-12-31", "number-unreadable"),
        ("L1,,5,2026-01-01,2026-12-31", "missing-value"),
    ],
)
def test_a_row_that_cannot_be_true_is_rejected_with_its_reason(
    read: Read, lines: Settings, tmp_path: Path, row: str, reason: str
) -> None:
    _write(tmp_path, row)
    reading = read(lines)
    assert (reading.reasons, reading.batches) == ({reason: 1}, [])
    assert reading.rejects.rows[0].place == "lines.csv:2"
    assert list(json.loads(reading.rejects.rows[0].raw).values()) == row.split(",")


def test_a_reject_tells_all_that_is_wrong_with_its_row(read: Read, lines: Settings, tmp_path: Path) -> None:
    _write(tmp_path, "L1,,much,soon,2026-12-31")
    (reject,) = read(lines).rejects.rows
    assert reject.reason == "missing-value"
    assert reject.detail == "account: is blank; quantity: 'much' is no number; start: 'soon' is no date in any of iso"


def test_a_quantity_of_zero_and_a_term_of_one_day_are_read(read: Read, lines: Settings, tmp_path: Path) -> None:
    _write(tmp_path, "L1,A1,0,2026-01-01,2026-01-01")
    assert read(lines).rows("lines") == [
        {"line_id": "L1", "account_id": "A1", "quantity": 0.0, "start": date(2026, 1, 1), "end": date(2026, 1, 1)}
    ]


def test_a_discount_in_percent_is_rejected_until_it_is_scaled(read: Read, lines: Settings, tmp_path: Path) -> None:
    _write(tmp_path, "L1,A1,5,2026-01-01,2026-12-31,20", headers="id,account,quantity,start,end,discount\n")
    assert read(_with(lines, discount="discount")).reasons == {"discount-out-of-range": 1}
    assert read(_with(lines, discount={"column": "discount", "scale": 0.01})).column("lines", "discount") == [0.2]


def test_words_of_the_file_are_translated_and_unknown_ones_rejected(
    read: Read, lines: Settings, tmp_path: Path
) -> None:
    headers = "id,account,quantity,start,end,type\n"
    term = "5,2026-01-01,2026-12-31"
    _write(tmp_path, f"L1,A1,{term},Licence", f"L2,A1,{term},commit", f"L3,A1,{term},Other", headers=headers)
    reading = read(_with(lines, kind={"column": "type", "map": {"Licence": "seats"}}))
    assert reading.column("lines", "kind") == ["seats", "commit"]
    assert reading.reasons == {"word-unknown": 1}


def test_a_link_is_made_of_an_id_and_never_anything_but_https(read: Read, lines: Settings, tmp_path: Path) -> None:
    _write(tmp_path, "L1,A1,5,2026-01-01,2026-12-31")
    linked = _with(lines, url={"column": "id", "prefix": "https://crm.example/"})
    assert read(linked).column("lines", "url") == ["https://crm.example/L1"]
    assert read(_with(lines, url={"column": "id", "prefix": "http://crm.example/"})).reasons == {"url-not-https": 1}


def test_the_same_account_in_many_rows_is_one_account_and_the_last_text_wins(read: Read, tmp_path: Path) -> None:
    text = "vendor,region\nAcme  Inc.,East\nACME INC,\nBeta,West\nacme inc,North\n"
    (tmp_path / "a.csv").write_text(text)
    accounts = {"account_id": {"column": "vendor", "as": "name_key"}, "name": "vendor", "region": "region"}
    reading = read({"path": "a.csv", "tables": {"accounts": accounts}})
    assert reading.rows("accounts") == [
        {"account_id": "acme inc", "name": "acme inc", "region": "North"},
        {"account_id": "beta", "name": "Beta", "region": "West"},
    ]
    assert (reading.rejects.read, reading.rejects.rejected) == (4, 0)


def test_a_blank_does_not_erase_what_another_row_says(read: Read, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("id,name,region\n1,Acme,East\n1,Acme,\n")
    reading = read({"path": "a.csv", "tables": {"accounts": {"account_id": "id", "name": "name", "region": "region"}}})
    assert reading.column("accounts", "region") == ["East"]


def test_accounts_of_two_files_of_one_day_are_one_snapshot(read: Read, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("id,name\n1,Acme\n")
    (tmp_path / "b.csv").write_text("id,name\n1,Acme Inc\n2,Beta\n")
    tables = {"accounts": {"account_id": "id", "name": "name"}}
    reading = read({"path": "a.csv", "tables": tables}, {"path": "b.csv", "tables": tables})
    assert len(reading.batches) == 1
    assert reading.column("accounts", "name") == ["Acme Inc", "Beta"]


def test_a_row_without_an_owner_yields_its_account_and_no_person(read: Read, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("id,name,owner id,owner\n1,Acme,U1,Jo\n2,Beta,,\n3,Gamma,U1,Jo\n")
    tables: Settings = {
        "accounts": {"account_id": "id", "name": "name", "owner_id": "owner id"},
        "people": {
            "person_id": {"column": "owner id", "optional": True},
            "name": {"column": "owner", "optional": True},
        },
    }
    reading = read({"path": "a.csv", "tables": tables})
    assert reading.rows("people") == [{"person_id": "U1", "name": "Jo"}]
    assert len(reading.rows("accounts")) == reading.rejects.read == 3


def test_a_line_id_that_stands_twice_in_a_snapshot_is_kept_once(read: Read, lines: Settings, tmp_path: Path) -> None:
    _write(tmp_path, "L1,A1,5,2026-01-01,2026-12-31", "L2,A1,6,2026-01-01,2026-12-31", "L1,A1,7,2026-01-01,2026-12-31")
    reading = read(lines)
    assert reading.column("lines", "quantity") == [5.0, 6.0]
    assert reading.reasons == {"duplicate-key": 1}
    assert "lines.csv:2" in reading.rejects.rows[0].detail


def test_a_line_id_may_stand_again_in_the_snapshot_of_another_day(read: Read, lines: Settings, tmp_path: Path) -> None:
    for day in ("20260228", "20260331"):
        (tmp_path / f"lines-{day}.csv").write_text(HEADERS + "L1,A1,5,2026-01-01,2026-12-31\n")
    named = {"pattern": "(\\d{8})", "format": "%Y%m%d"}
    assert read({**lines, "path": "lines-*.csv", "day": named}).rejects.rejected == 0


@pytest.mark.parametrize(
    ("rule", "kept", "why"),
    [
        ({"highest": "lines.start"}, 6.0, "highest lines.start"),
        ({"lowest": "lines.start"}, 5.0, "lowest lines.start"),
        ({"highest": "lines.quantity"}, 7.0, "highest lines.quantity"),
        ({"keep": "first"}, 5.0, "first"),
        ({"keep": "last"}, 7.0, "last"),
    ],
)
def test_of_rows_with_one_key_the_settings_say_which_is_kept(
    read: Read, lines: Settings, tmp_path: Path, rule: Settings, kept: float, why: str
) -> None:
    _write(
        tmp_path,
        "L1,A1,5,2026-01-01,2026-12-31",
        "L1,A1,6,2026-02-01,2026-12-31",
        "L2,A1,1,2026-01-01,2026-12-31",
        "L1,A1,7,2026-02-01,2026-12-31",
    )
    reading = read({**lines, "unique": {"by": "lines.line_id", **rule}})
    assert sorted(reading.column("lines", "quantity")) == sorted([kept, 1.0])
    assert reading.reasons == {"duplicate-key": 2}
    assert all(f"kept ({why})" in reject.detail for reject in reading.rejects.rows)


def test_a_broken_row_does_not_push_out_a_sound_one_with_its_key(read: Read, lines: Settings, tmp_path: Path) -> None:
    _write(tmp_path, "L1,A1,5,2026-01-01,2026-12-31", "L1,A1,-6,2026-02-01,2026-12-31")
    reading = read({**lines, "unique": {"by": "lines.line_id", "highest": "lines.start"}})
    assert reading.column("lines", "quantity") == [5.0]
    assert reading.reasons == {"negative-quantity": 1}


def test_of_overlapping_exports_the_last_file_is_kept(read: Read, usage: Settings, tmp_path: Path) -> None:
    (tmp_path / "usage-1.csv").write_text("customer,day,calls\nacme,2026-03-01,5\nacme,2026-03-02,2\n")
    (tmp_path / "usage-2.csv").write_text("customer,day,calls\nacme,2026-03-02,6\nacme,2026-03-03,7\n")
    unique = {"by": ["usage.customer", "usage.meter", "usage.day"], "keep": "last"}
    reading = read({**usage, "path": "usage-*.csv", "unique": unique})
    assert reading.column("usage", "quantity") == [5.0, 6.0, 7.0]
    assert [reject.place for reject in reading.rejects.rows] == ["usage-1.csv:3"]
