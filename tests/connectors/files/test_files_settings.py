from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any, Final

import pytest
from pydantic import BaseModel, ValidationError

from connectors.base import Places, SourceSettingsError
from connectors.files import Settings, open_source
from connectors.files.tables import AccountsMap, LinesMap, PeopleMap, TableMap, UsageMap
from connectors.registry import connector
from connectors.schema import SCHEMAS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.connectors.files.reading import Read

ACCOUNTS: Final = {"accounts": {"account_id": "Id", "name": "Name"}}


def _checked(**changes: object) -> Settings:
    return Settings.model_validate({"files": [{"path": "a.csv", "tables": ACCOUNTS, **changes}]})


@pytest.mark.parametrize("table", [AccountsMap, PeopleMap, LinesMap, UsageMap])
def test_the_settings_have_every_field_of_the_schema_and_no_other(table: type[TableMap]) -> None:
    schema = SCHEMAS[table.table]
    known = set(table.model_fields) - {"reading"}
    assert known == set(schema.names)
    assert {name for name, field in table.model_fields.items() if field.is_required()} == {
        field.name for field in schema if not field.nullable
    }


def _described(model: type[BaseModel]) -> Iterator[tuple[str, str | None]]:
    for name, field in model.model_fields.items():
        yield f"{model.__name__}.{name}", field.description


def test_every_key_of_a_set_of_files_is_described() -> None:
    assert _checked().files[0].path == "a.csv"
    for name, description in _described(type(_checked().files[0])):
        assert description, name


def test_the_registry_finds_the_connector() -> None:
    assert connector("files").Settings is Settings


FAULTS = [
    ({"tables": {}}, "at least one of accounts"),
    ({"tables": {"accounts": {"account_id": "Id"}}}, "name"),
    ({"tables": {"accounts": {"account_id": "Id", "name": "Name", "owner": "x"}}}, "owner"),
    ({"tables": {"accounts": {"account_id": {"column": "Id", "value": "x"}, "name": "Name"}}}, "name one origin"),
    ({"tables": {"accounts": {"account_id": {}, "name": "Name"}}}, "name one origin"),
    ({"day": {"pattern": "FY-\\d+", "format": "%Y"}}, "exactly one group"),
    ({"day": {"pattern": "FY-(", "format": "%Y"}}, "is no regular expression"),
    ({"day": {"pattern": "FY-(.*)"}}, "either `days` or `format`"),
    ({"day": "soon"}, "date"),
    ({"delimiter": ",,"}, "one character"),
    ({"encoding": "utf-99"}, "cp1252"),
    ({"format": "xls"}, "csv"),
    ({"unique": {"by": "accounts.account_id"}}, "name one of `keep`"),
    ({"unique": {"by": "accounts.accountid", "keep": "first"}}, "did you mean 'accounts.account_id'"),
    ({"unique": {"by": "accounts.account_id", "highest": "lines.start"}}, "is not filled"),
    ({"coverage": {"to": "snapshot", "lag_days": 1}}, "not both"),
    ({"colour": "red"}, "colour"),
]


@pytest.mark.parametrize(("changes", "said"), FAULTS)
def test_a_wrong_setting_is_named(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match="(?s)" + said.replace("(", "\\(")):
        _checked(**changes)


@pytest.mark.parametrize(
    ("field", "origin", "said"),
    [
        ("kind", {"value": "licence"}, "allowance, commit, seats, service"),
        ("price_period", {"value": "week"}, "month, quarter, term, year"),
        ("start", {"column": "s", "formats": ["MM/DD/YYYY"]}, "'MM/DD/YYYY' is no format"),
        ("start", {"column": "s", "formats": []}, "at least 1"),
        ("start", {"column": "s", "timezone": "Mars"}, "IANA"),
        ("start", {"column": "s", "snapshot": True}, "name one origin"),
        ("quantity", {"value": "NaN"}, "finite"),
        ("quantity", {"column": "q", "formats": ["iso"]}, "formats"),
    ],
)
def test_a_wrong_field_is_named(field: str, origin: dict[str, Any], said: str) -> None:
    line = {"line_id": "i", "account_id": "a", "quantity": "q", "start": "s", "end": "e", field: origin}
    with pytest.raises(ValidationError, match=said):
        _checked(tables={"lines": line})


def test_a_fault_in_a_set_of_files_is_the_only_one_that_is_said() -> None:
    with pytest.raises(ValidationError) as caught:
        _checked(colour="red")
    assert [error["loc"] for error in caught.value.errors()] == [("files", 0, "colour")]
    with pytest.raises(ValidationError, match="at least one set"):
        Settings.model_validate({"files": []})


def test_distinct_users_have_no_running_total() -> None:
    usage = {"customer": "c", "meter": "m", "day": "d", "quantity": "q", "active_users": "u", "reading": "cumulative"}
    with pytest.raises(ValidationError, match="no running total"):
        _checked(tables={"usage": usage})


def test_no_file_of_that_name_and_no_day_in_a_name_are_said_at_once(tmp_path: Path, read: Read) -> None:
    for name in ("FY-2016-Q3.csv", "FY-2016-Q9.csv", "FY-last.csv"):
        (tmp_path / name).write_text("Id,Name\n1,Acme\n")
    day = {"pattern": "FY-(\\d{4}-Q\\d)", "days": {"2016-Q3": "2016-03-31"}}
    with pytest.raises(SourceSettingsError) as caught:
        read({"path": "FY-*.csv", "day": day, "tables": ACCOUNTS}, {"path": "none-*.csv", "tables": ACCOUNTS})
    said = caught.value.problem.splitlines()
    assert len(said) == 3
    assert said[0] == "FY-2016-Q9.csv: `days` does not say which day '2016-Q9' is; it knows 2016-Q3"
    assert said[1].startswith("FY-last.csv: its name does not have the pattern")
    assert said[2].startswith("none-*.csv: no file has this name in")


def test_the_day_in_a_name_is_read_by_its_format(tmp_path: Path, read: Read) -> None:
    (tmp_path / "accounts-20260301.csv").write_text("Id,Name\n1,Acme\n")
    (tmp_path / "accounts-20260401.csv").write_text("Id,Name\n1,Acme Inc\n")
    day = {"pattern": "-(\\d{8})", "format": "%Y%m%d"}
    reading = read({"path": "accounts-*.csv", "day": day, "tables": ACCOUNTS})
    assert [(batch.day, batch.rows["name"].to_pylist()) for batch in reading.batches] == [
        (date(2026, 3, 1), ["Acme"]),
        # What is known later is handed on as well: whoever asks picks the snapshot.
        (date(2026, 4, 1), ["Acme Inc"]),
    ]


def test_a_day_in_a_name_that_is_no_day_is_a_fault(tmp_path: Path, read: Read) -> None:
    (tmp_path / "accounts-20261301.csv").write_text("Id,Name\n1,Acme\n")
    with pytest.raises(SourceSettingsError, match="'20261301' in its name is no day"):
        read({"path": "*.csv", "day": {"pattern": "-(\\d{8})", "format": "%Y%m%d"}, "tables": ACCOUNTS})


def test_a_file_that_names_no_day_tells_of_the_day_of_the_run(tmp_path: Path, read: Read) -> None:
    (tmp_path / "a.csv").write_text("Id,Name\n1,Acme\n")
    assert read({"path": "a.csv", "tables": ACCOUNTS}).batches[0].day == date(2026, 3, 31)
    assert read({"path": "a.csv", "day": "2026-02-28", "tables": ACCOUNTS}).batches[0].day == date(2026, 2, 28)


def test_a_file_in_two_sets_would_be_counted_twice_and_is_refused(tmp_path: Path, read: Read) -> None:
    (tmp_path / "a.csv").write_text("Id,Name\n1,Acme\n")
    with pytest.raises(SourceSettingsError, match=r"a\.csv: is in two sets"):
        read({"path": "a.csv", "tables": ACCOUNTS}, {"path": "*.csv", "tables": ACCOUNTS})


def test_an_ending_that_tells_no_format_wants_one_declared(tmp_path: Path, read: Read) -> None:
    (tmp_path / "a.export").write_text("Id,Name\n1,Acme\n")
    with pytest.raises(SourceSettingsError, match="say `format`"):
        read({"path": "a.export", "tables": ACCOUNTS})
    assert read({"path": "a.export", "format": "csv", "tables": ACCOUNTS}).column("accounts", "name") == ["Acme"]


def test_a_pattern_may_be_absolute_and_folders_with_brackets_are_plain_names(tmp_path: Path, read: Read) -> None:
    folder = tmp_path / "exports [new]"
    folder.mkdir()
    (folder / "a.csv").write_text("Id,Name\n,Acme\n")
    settings = _checked(path=str(tmp_path / "exports*" / "*.csv"))
    assert read(settings.files[0].model_dump(by_alias=True)).rejects.rows[0].place == "exports [new]/a.csv:2"
    source = open_source("files", _checked(), Places.within(folder))
    assert (source.name, source.calls()) == ("files", None)
