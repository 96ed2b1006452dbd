from __future__ import annotations

import gzip
from typing import TYPE_CHECKING, Any

import pytest

from connectors.base import SourceError, SourceSettingsError

if TYPE_CHECKING:
    from pathlib import Path

    from tests.connectors.files.reading import Read, Reading

Settings = dict[str, Any]

PLAIN = "customer,day,calls\nacme,2026-03-01,5\nbeta,2026-03-02,7\n"
PLAIN_ROWS = [("acme", 5.0), ("beta", 7.0)]


def _pairs(reading: Reading) -> list[tuple[str, float]]:
    return [(row["customer"], row["quantity"]) for row in reading.rows("usage")]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"], ids=["LF", "CRLF", "CR"])
def test_rows_end_in_any_of_the_three_line_ends(read: Read, usage: Settings, tmp_path: Path, end: str) -> None:
    (tmp_path / "usage.csv").write_bytes(PLAIN.replace("\n", end).encode())
    reading = read(usage)
    assert _pairs(reading) == PLAIN_ROWS
    assert (reading.rejects.total, reading.rejects.read) == (2, 2)


def test_a_mark_at_the_start_of_utf_8_is_no_part_of_the_first_header(
    read: Read, usage: Settings, tmp_path: Path
) -> None:
    (tmp_path / "usage.csv").write_bytes(PLAIN.encode("utf-8-sig"))
    assert _pairs(read(usage)) == PLAIN_ROWS
    assert _pairs(read({**usage, "encoding": "utf-8"})) == PLAIN_ROWS


def test_blank_lines_between_rows_are_not_counted(read: Read, usage: Settings, tmp_path: Path) -> None:
    (tmp_path / "usage.csv").write_text("\ncustomer,day,calls\n\nacme,2026-03-01,5\n   \n\nbeta,2026-03-02,7\n\n")
    reading = read(usage)
    assert _pairs(reading) == PLAIN_ROWS
    assert reading.rejects.total == 2


def test_a_row_of_commas_alone_is_a_row_and_rejected(read: Read, usage: Settings, tmp_path: Path) -> None:
    (tmp_path / "usage.csv").write_text(PLAIN + ",,\n")
    reading = read(usage)
    assert (reading.rejects.total, reading.reasons) == (3, {"missing-value": 1})


def test_a_quoted_cell_may_hold_line_ends_and_rows_after_it_keep_their_line_number(
    read: Read, usage: Settings, tmp_path: Path
) -> None:
    (tmp_path / "usage.csv").write_text('customer,day,calls\n"acme\n\nltd",2026-03-01,5\nbeta,never,7\n')
    reading = read(usage)
    assert reading.column("usage", "customer") == ["acme\n\nltd"]
    assert [reject.place for reject in reading.rejects.rows] == ["usage.csv:5"]


def test_a_quote_that_is_never_closed_costs_its_own_row_only(read: Read, usage: Settings, tmp_path: Path) -> None:
    (tmp_path / "usage.csv").write_text(
        'customer,day,calls\n"acme,2026-03-01,5\nbeta,2026-03-02,7\ngamma,2026-03-03,1\n'
    )
    reading = read(usage)
    assert _pairs(reading) == [("beta", 7.0), ("gamma", 1.0)]
    assert reading.reasons == {"quotes-unreadable": 1}
    assert reading.rejects.rows[0].place == "usage.csv:2"
    assert '\\"acme,2026-03-01,5' in reading.rejects.rows[0].raw


def test_text_after_a_closing_quote_is_rejected_and_not_glued_on(read: Read, usage: Settings, tmp_path: Path) -> None:
    (tmp_path / "usage.csv").write_text('customer,day,calls\n"ac"me,2026-03-01,5\nbeta,2026-03-02,7\n')
    reading = read(usage)
    assert _pairs(reading) == [("beta", 7.0)]
    assert reading.reasons == {"quotes-unreadable": 1}


def test_quotes_within_an_unquoted_cell_are_text(read: Read, usage: Settings, tmp_path: Path) -> None:
    (tmp_path / "usage.csv").write_text('customer,day,calls\n3.5" pipes,2026-03-01,5\n"the ""best""",2026-03-01,6\n')
    assert _pairs(read(usage)) == [('3.5" pipes', 5.0), ('the "best"', 6.0)]


def test_blank_cells_over_are_none_and_others_make_the_row_unreadable(
    read: Read, usage: Settings, tmp_path: Path
) -> None:
    text = "customer,day,calls\nacme,2026-03-01,5,, \nbeta,2026-03-02,7,8\ngamma,2026-03-03\n"
    (tmp_path / "usage.csv").write_text(text)
    reading = read(usage)
    assert _pairs(reading) == [("acme", 5.0)]
    assert reading.reasons == {"columns-extra": 1, "columns-missing": 1}
    assert [reject.raw for reject in reading.rejects.rows] == [
        '["beta", "2026-03-02", "7", "8"]',
        '["gamma", "2026-03-03"]',
    ]


def test_a_header_may_end_in_a_column_without_a_name(read: Read, usage: Settings, tmp_path: Path) -> None:
    (tmp_path / "usage.csv").write_text("customer,day,calls ,\nacme,2026-03-01,5,\n")
    assert _pairs(read(usage)) == [("acme", 5.0)]


@pytest.mark.parametrize(("declared", "written"), [(";", ";"), ("tab", "\t"), ("|", "|")])
def test_the_delimiter_is_declared(read: Read, usage: Settings, tmp_path: Path, declared: str, written: str) -> None:
    (tmp_path / "usage.csv").write_text(PLAIN.replace(",", written))
    assert _pairs(read({**usage, "delimiter": declared})) == PLAIN_ROWS


def test_a_wrong_delimiter_is_suspected_where_there_is_one_header_only(
    read: Read, usage: Settings, tmp_path: Path
) -> None:
    (tmp_path / "usage.csv").write_text(PLAIN.replace(",", ";"))
    with pytest.raises(SourceSettingsError, match="is `delimiter` right"):
        read({**usage, "tables": {"usage": {**usage["tables"]["usage"], "customer": "firm"}}})


def test_bytes_that_are_not_the_encoding_end_the_reading_with_file_and_offset(
    read: Read, usage: Settings, tmp_path: Path
) -> None:
    before = b"\xef\xbb\xbf" + PLAIN.encode() + b"caf"
    (tmp_path / "usage.csv").write_bytes(before + b"\xe9,2026-03-03,1\n")
    with pytest.raises(SourceError, match=f"usage.csv: byte 0xE9 at offset {len(before)} is not utf-8") as caught:
        read(usage)
    assert not isinstance(caught.value, SourceSettingsError)


def test_the_offset_is_right_far_into_a_large_file(read: Read, usage: Settings, tmp_path: Path) -> None:
    before = PLAIN.encode() + "é,2026-03-03,1\n".encode() * 100_000
    (tmp_path / "usage.csv").write_bytes(before + b"\xff,2026-03-03,1\n")
    with pytest.raises(SourceError, match=f"byte 0xFF at offset {len(before)} "):
        read(usage)


def test_of_several_encodings_the_first_that_fits_the_whole_file_is_taken(
    read: Read, usage: Settings, tmp_path: Path
) -> None:
    text = "customer,day,calls\ncafé,2026-03-01,5\n"
    for encoding in ("utf-8", "cp1252"):
        (tmp_path / "usage.csv").write_bytes(text.encode(encoding))
        assert _pairs(read({**usage, "encoding": ["utf-8", "cp1252"]})) == [("café", 5.0)]


def test_a_gzipped_file_is_read_like_a_plain_one(read: Read, usage: Settings, tmp_path: Path) -> None:
    (tmp_path / "usage.csv.gz").write_bytes(gzip.compress(PLAIN.encode()))
    assert _pairs(read({**usage, "path": "usage.csv.gz"})) == PLAIN_ROWS


def test_a_gzipped_file_that_breaks_off_is_an_error(read: Read, usage: Settings, tmp_path: Path) -> None:
    (tmp_path / "usage.csv.gz").write_bytes(gzip.compress(PLAIN.encode() * 1000)[:-20])
    with pytest.raises(SourceError, match=r"usage\.csv\.gz: cannot be read"):
        read({**usage, "path": "usage.csv.gz"})


def test_a_file_without_a_row_of_headers_is_an_error(read: Read, usage: Settings, tmp_path: Path) -> None:
    (tmp_path / "usage.csv").write_text("\n\n")
    with pytest.raises(SourceError, match=r"usage\.csv: is empty"):
        read(usage)


def test_a_file_of_headers_alone_holds_no_rows(read: Read, usage: Settings, tmp_path: Path) -> None:
    (tmp_path / "usage.csv").write_text("customer,day,calls\n")
    reading = read(usage)
    assert (reading.batches, reading.rejects.total) == ([], 0)
