from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from connectors.base import SourceSettingsError

if TYPE_CHECKING:
    from pathlib import Path

    from tests.connectors.files.reading import Read

Settings = dict[str, Any]


def _lines(lines: Settings, **fields: object) -> Settings:
    return {**lines, "tables": {"lines": {**lines["tables"]["lines"], **fields}}}


@pytest.mark.parametrize("header", ["short_desc", "short desc", "Short Desc", " SHORT  DESC "])
def test_headers_match_whatever_their_capitals_spaces_and_underscores(
    read: Read, lines: Settings, tmp_path: Path, header: str
) -> None:
    (tmp_path / "lines.csv").write_text(
        f"id,account,quantity,start,end,{header}\nL1,A1,5,2026-01-01,2026-12-31,Audit\n"
    )
    assert read(_lines(lines, contract_name="short_desc")).column("lines", "contract_name") == ["Audit"]


def test_an_exact_header_goes_before_one_that_is_only_like_it(read: Read, lines: Settings, tmp_path: Path) -> None:
    (tmp_path / "lines.csv").write_text("id,ID,account,quantity,start,end\nL1,X1,A1,5,2026-01-01,2026-12-31\n")
    assert read(lines).column("lines", "line_id") == ["L1"]
    assert read(_lines(lines, line_id="ID")).column("lines", "line_id") == ["X1"]
    with pytest.raises(SourceSettingsError, match="several headers are like it"):
        read(_lines(lines, line_id="Id"))


def test_of_several_headers_the_first_that_is_there_is_taken(read: Read, lines: Settings, tmp_path: Path) -> None:
    (tmp_path / "lines-1.csv").write_text("id,account,amt,start,end\nL1,A1,5,2026-01-01,2026-12-31\n")
    (tmp_path / "lines-2.csv").write_text("id,account,contract_amount,start,end\nL2,A1,6,2026-01-01,2026-12-31\n")
    reading = read({**_lines(lines, quantity=["amt", "contract_amount"]), "path": "lines-*.csv"})
    assert reading.column("lines", "quantity") == [5.0, 6.0]


def test_missing_columns_are_said_at_once_with_file_and_nearest_header_before_any_row(
    read: Read, lines: Settings, tmp_path: Path
) -> None:
    (tmp_path / "lines-1.csv").write_text("id,account,quantity,start_dt,end\nL1,A1,5,2026-01-01,2026-12-31\n")
    (tmp_path / "lines-2.csv").write_text("id,acount,quantity,start,end\nL2,A1,6,2026-01-01,2026-12-31\n")
    with pytest.raises(SourceSettingsError) as caught:
        read({**lines, "path": "lines-*.csv"})
    assert caught.value.problem.splitlines() == [
        "lines-1.csv: column 'start' for lines.start is in no header; nearest: 'start_dt'",
        "lines-2.csv: column 'account' for lines.account_id is in no header; nearest: 'acount'",
    ]


def test_a_header_that_stands_twice_is_refused_only_where_it_is_wanted(
    read: Read, lines: Settings, tmp_path: Path
) -> None:
    text = "id,account,quantity,start,end,note,note\nL1,A1,5,2026-01-01,2026-12-31,a,b\n"
    (tmp_path / "lines.csv").write_text(text)
    assert read(lines).rejects.read == 1
    with pytest.raises(SourceSettingsError, match="'note' stands 2 times"):
        read(_lines(lines, status="note"))


def test_a_column_may_be_missing_only_where_the_settings_say_so(read: Read, lines: Settings, tmp_path: Path) -> None:
    (tmp_path / "lines.csv").write_text("id,account,quantity,start,end\nL1,A1,5,2026-01-01,2026-12-31\n")
    # A field that may be unknown is no licence to overlook a header that was mistyped.
    with pytest.raises(SourceSettingsError, match=r"column 'stage' for lines\.status"):
        read(_lines(lines, status="stage"))
    assert read(_lines(lines, status={"column": "stage", "optional": True})).rows("lines")[0].get("status") is None


def test_blank_is_unknown_where_the_schema_allows_it_and_missing_where_not(
    read: Read, lines: Settings, tmp_path: Path
) -> None:
    text = "id,account,quantity,start,end,price\nL1,A1,5,2026-01-01,2026-12-31,\nL2,A1, ,2026-01-01,2026-12-31,3\n"
    (tmp_path / "lines.csv").write_text(text)
    reading = read(_lines(lines, unit_price="price"))
    assert [row.get("unit_price", "unknown") for row in reading.rows("lines")] == ["unknown"]
    assert [(reject.reason, reject.detail) for reject in reading.rejects.rows] == [
        ("missing-value", "quantity: is blank")
    ]
    strict = read(_lines(lines, unit_price={"column": "price", "optional": False}))
    assert strict.reasons == {"missing-value": 2}


def test_words_that_stand_for_nothing_are_declared(read: Read, lines: Settings, tmp_path: Path) -> None:
    text = "id,account,quantity,start,end,price\nL1,A1,5,2026-01-01,2026-12-31,N/A\n"
    (tmp_path / "lines.csv").write_text(text)
    settings = _lines(lines, unit_price="price")
    assert read(settings).reasons == {"number-unreadable": 1}
    assert read({**settings, "blank": ["N/A"]}).rejects.read == 1
