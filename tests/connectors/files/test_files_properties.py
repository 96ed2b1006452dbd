"""Whatever stands in a file: each row is read or rejected, never both and never lost."""

from __future__ import annotations

import csv
import io
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.base import SourceError

if TYPE_CHECKING:
    from pathlib import Path

    from tests.connectors.files.reading import Read

# The folder is shared by all examples of a test: each writes its file anew.
shared_folder = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)

CELLS = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=8),
    st.sampled_from(["acme", "2026-03-01", "5", "-5", "1,000", "2026-02-30", " ", "NaN", '"', "a\rb", "a\nb", "\0"]),
)
LINE_FIELDS = {"line_id": "a", "account_id": "b", "quantity": "c", "start": "d", "end": {"value": "2026-12-31"}}


def _tables() -> dict[str, Any]:
    account = {"account_id": "b", "name": {"column": "a", "optional": True}}
    usage = {"customer": "b", "meter": {"value": "m"}, "day": "d", "quantity": {"column": "c", "optional": True}}
    return {"accounts": account, "lines": LINE_FIELDS, "usage": {**usage, "reading": "cumulative"}}


def _holds_nothing(row: list[str]) -> bool:
    return len(row) < 2 and not "".join(row).strip()


@shared_folder
@given(rows=st.lists(st.lists(CELLS, max_size=6), max_size=6), end=st.sampled_from(["\n", "\r\n", "\r"]))
def test_every_row_of_csv_is_counted_once(read: Read, tmp_path: Path, rows: list[list[str]], end: str) -> None:
    out = io.StringIO()
    csv.writer(out, lineterminator=end, quoting=csv.QUOTE_ALL).writerows([["a", "b", "c", "d"], *rows])
    (tmp_path / "any.csv").write_bytes(out.getvalue().encode())
    reading = read({"path": "any.csv", "tables": _tables()})
    assert reading.rejects.total == sum(not _holds_nothing(row) for row in rows)
    assert len({reject.place for reject in reading.rejects.rows}) == reading.rejects.rejected
    assert len(reading.rows("lines")) == reading.rejects.read


@shared_folder
@given(lines=st.lists(st.text(st.characters(codec="latin-1", exclude_characters='\r\n"'), max_size=30), max_size=6))
def test_every_line_of_text_is_counted_once(read: Read, tmp_path: Path, lines: list[str]) -> None:
    (tmp_path / "any.csv").write_bytes("\n".join(["a,b,c,d", *lines]).encode("latin-1"))
    reading = read({"path": "any.csv", "encoding": "latin-1", "tables": _tables()})
    assert reading.rejects.total == sum(bool(line.strip()) for line in lines)


@shared_folder
@given(
    lines=st.lists(st.one_of(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\n"))), max_size=6)
)
def test_every_line_of_json_is_counted_once(read: Read, tmp_path: Path, lines: list[str]) -> None:
    first = '{"a": "L", "b": "acme", "c": 1, "d": "2026-03-01"}'
    (tmp_path / "any.jsonl").write_bytes("\n".join([first, *lines]).encode())
    reading = read({"path": "any.jsonl", "tables": _tables()})
    assert reading.rejects.total == 1 + sum(bool(line.strip()) for line in lines)
    assert reading.rejects.read == 1


@shared_folder
@given(content=st.binary(max_size=200))
def test_any_bytes_are_counted_or_end_the_reading_with_an_error_for_people(
    read: Read, tmp_path: Path, content: bytes
) -> None:
    (tmp_path / "any.csv").write_bytes(b"a,b,c,d\n" + content)
    try:
        reading = read({"path": "any.csv", "tables": _tables()})
    except SourceError as error:
        assert "any.csv: byte 0x" in error.problem  # noqa: PT017  # either outcome is right, each in its own words
        return
    assert reading.rejects.total == reading.rejects.read + len(reading.rejects.rows)
    lines = content.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    assert reading.rejects.total <= sum(bool(line.strip()) for line in lines)


@pytest.mark.parametrize("rows", [1, 2, 3, 100])
def test_a_quote_that_is_never_closed_costs_one_row_wherever_it_stands(
    read: Read, tmp_path: Path, rows: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connectors.files.csv_files.ROWS", rows)
    good = [f'L{row},"ac\n\nme",1,2026-03-01' for row in range(5)]
    lines = ["a,b,c,d", "", *good[:3], 'L9,"acme,1,2026-03-01', "", *good[3:], "L5,acme,soon,2026-03-01"]
    (tmp_path / "any.csv").write_text("\n".join(lines))
    reading = read({"path": "any.csv", "tables": {"lines": LINE_FIELDS}})
    assert reading.column("lines", "line_id") == ["L0", "L1", "L2", "L3", "L4"]
    assert {reject.place: reject.reason for reject in reading.rejects.rows} == {
        "any.csv:12": "quotes-unreadable",
        "any.csv:20": "number-unreadable",
    }


@pytest.mark.parametrize("rows", [0, 1, 5])
def test_chunks_do_not_show(read: Read, tmp_path: Path, rows: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("connectors.files.csv_files.ROWS", 2)
    text = "a,b,c,d\n" + "".join(f"L{row},acme,{row - 1},2026-03-0{row + 1}\n" for row in range(rows))
    (tmp_path / "any.csv").write_text(text)
    tables = {"lines": LINE_FIELDS}
    reading = read({"path": "any.csv", "tables": tables})
    assert (reading.rejects.read, reading.rejects.rejected) == (max(rows - 1, 0), min(rows, 1))
    assert reading.column("lines", "start") == [date(2026, 3, row + 1) for row in range(1, rows)]
