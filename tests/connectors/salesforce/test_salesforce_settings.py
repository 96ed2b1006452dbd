from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from pydantic import ValidationError

from connectors.addresses import base_address
from connectors.base import Places, SourceSettingsError
from connectors.registry import connector
from connectors.salesforce import Settings, open_source
from connectors.salesforce.library import find_mapping, shipped_names

if TYPE_CHECKING:
    from pathlib import Path

LOGIN: dict[str, Any] = {
    "kind": "client_credentials",
    "host": "https://acme.my.salesforce.com",
    "client_id": "x",
    "client_secret": {"env": "SF_SECRET"},
}
ACCOUNTS: dict[str, Any] = {"object": "Account", "map": {"name": "Name"}}


def _faults(**given: object) -> str:
    with pytest.raises(ValidationError) as caught:
        Settings.model_validate({"login": LOGIN, **given})
    return "\n".join(f"{fault['loc']}: {fault['msg']}" for fault in caught.value.errors())


def _lines(**changed: object) -> dict[str, Any]:
    columns = {"account_id": "A", "quantity": "Q", "start": "S", "end": "E"}
    return {"lines": {"object": "OrderItem", "map": columns} | changed}


def test_the_registry_finds_the_connector(tmp_path: Path) -> None:
    found = connector("salesforce")
    source = found.open_source("crm", found.Settings.model_validate({"login": LOGIN}), Places.within(tmp_path))
    assert source.name == "crm"
    assert source.calls() is None


@pytest.mark.parametrize(
    "login",
    [
        {"kind": "soap", "username": "u"},
        {"kind": "password"},
        {"username": "u", "password": "p", "security_token": "t"},
    ],
)
def test_a_password_login_is_refused_with_what_to_do_instead(login: dict[str, str]) -> None:
    told = _faults(login=login)
    assert "(SOAP login()) is gone" in told
    assert "client_credentials" in told
    assert "External Client App" in told


def test_an_unknown_kind_of_login_names_those_that_there_are() -> None:
    assert "client_credentials or jwt_bearer" in _faults(login={**LOGIN, "kind": "web_server"})


def test_client_credentials_want_the_orgs_own_host() -> None:
    assert "My Domain" in _faults(login={**LOGIN, "host": "https://login.salesforce.com"})


@pytest.mark.parametrize(
    ("host", "problem"),
    [
        ("http://acme.my.salesforce.com", "would send secrets in the clear; write https://acme.my.salesforce.com"),
        ("acme.my.salesforce.com", "no address of a server"),
        ("ftp://acme.my.salesforce.com", "no address of a server"),
        ("https://acme.my.salesforce.com/services", "something after the host"),
        ("https://user:secret@acme.my.salesforce.com", "no address of a server"),
        ("https://acme:port", "no address"),
        ("http://127.0.0.1.evil.example", "in the clear"),
    ],
)
def test_a_host_that_cannot_be_used_is_told(host: str, problem: str) -> None:
    assert problem in _faults(login={**LOGIN, "host": host})


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("https://Acme.my.salesforce.com/", "https://acme.my.salesforce.com"),
        ("https://acme.my.salesforce.com:443", "https://acme.my.salesforce.com"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("http://localhost:443", "http://localhost:443"),
        ("http://[::1]:80/", "http://[::1]:80"),
    ],
)
def test_a_host_is_written_in_one_way(written: str, meant: str) -> None:
    assert base_address(written) == meant


def test_an_unknown_key_is_refused() -> None:
    assert "('pagesize',): Extra inputs" in _faults(pagesize=2000)


def test_a_version_without_quotes_in_yaml_is_understood() -> None:
    assert Settings.model_validate({"login": LOGIN, "api_version": 67.0}).api_version == "67.0"
    assert "api_version" in _faults(api_version="v67")


@pytest.mark.parametrize("name", ["Order; DROP", "Account'", "a b", "A.B", "", "1A", "A__", "Id\n"])
def test_nothing_but_an_api_name_is_an_object(name: str) -> None:
    assert "no API name of an object" in _faults(mapping={"accounts": {**ACCOUNTS, "object": name}})


@pytest.mark.parametrize("path", ["Name FROM User", "Name,Id", "COUNT()", "A..B", "Name'", "(SELECT Id FROM Orders)"])
def test_nothing_but_an_api_name_is_a_field(path: str) -> None:
    told = _faults(mapping={"accounts": {**ACCOUNTS, "map": {"name": path}}})
    assert "no API name of a field" in told


def test_every_fault_of_the_columns_is_told_at_once() -> None:
    told = _faults(mapping={"lines": {"object": "OrderItem", "map": {"quantitty": "Quantity", "line_id": "Id"}}})
    assert "unknown column 'quantitty'; did you mean 'quantity'?" in told
    assert "column 'line_id' is filled by 'key'" in told
    for name in ("account_id", "quantity", "start", "end"):
        assert f"column '{name}' is required" in told


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({}, "name one of: field, value"),
        ({"field": "A", "value": 1}, "name one of: field, value"),
        ({"date": "A"}, "date and one of minus_days and plus_months belong together"),
        ({"value": 1, "as": "domain"}, "'as' and 'values' need a field"),
        ({"fild": "A"}, "Extra inputs"),
        (7, "write a field like"),
        ([], "at least 1 item"),
    ],
)
def test_a_column_that_cannot_be_filled_is_told(given: object, problem: str) -> None:
    assert problem in _faults(mapping={"accounts": {**ACCOUNTS, "map": {"name": given}}})


@pytest.mark.parametrize(
    ("condition", "problem"),
    [
        ({"field": "A", "op": "in", "value": "x"}, "'in' takes a list"),
        ({"field": "A", "op": "in", "value": []}, "a list with something in it"),
        ({"field": "A", "value": ["x"]}, "'=' takes one value"),
        ({"field": "A", "op": "like", "value": 7}, "'like' takes a text"),
        ({"field": "A", "op": "<>", "value": 7}, "Input should be"),
        ({"field": "A", "value": float("nan")}, "must be finite"),
        ({"field": "A", "value": "x", "or": 1}, "Extra inputs"),
        ({"field": "A OR Id != ''", "value": "x"}, "no API name of a field"),
    ],
)
def test_a_condition_that_makes_no_sense_is_told(condition: dict[str, object], problem: str) -> None:
    assert problem in _faults(mapping=_lines(where=[condition]))


def test_a_moment_without_its_zone_is_refused(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(
        "accounts:\n  object: Account\n  map: {name: Name}\n"
        "  where: {field: CreatedDate, op: '>', value: 2026-01-31T00:00:00}\n"
    )
    with pytest.raises(SourceSettingsError, match=r"mine\.yaml: accounts\.where\.0: a moment needs its zone"):
        find_mapping("crm", "mine", tmp_path)


def test_a_mapping_without_a_table_is_refused() -> None:
    assert "names no table; known are accounts, people, lines" in _faults(mapping={})


def test_the_shipped_mapping_is_found_by_its_name(tmp_path: Path) -> None:
    assert "order" in shipped_names()
    assert find_mapping("crm", "order", tmp_path).lines


def test_a_file_beside_the_settings_goes_before_the_shipped_one(tmp_path: Path) -> None:
    (tmp_path / "order.yaml").write_text("accounts: {object: Account, map: {name: Name}}")
    assert find_mapping("crm", "order", tmp_path).lines == ()
    assert find_mapping("crm", "order.yaml", tmp_path).lines == ()


def test_a_mapping_that_is_not_there_names_the_nearest(tmp_path: Path) -> None:
    given = Settings.model_validate({"login": LOGIN, "mapping": "ordre"})
    with pytest.raises(SourceSettingsError, match=r"no mapping 'ordre'.*did you mean 'order'\?"):
        open_source("crm", given, Places.within(tmp_path))


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("accounts: [", r"no valid YAML"),
        ("accounts: {object: A, object: B}", r"key 'object' stands twice"),
        ("accounts: {object: Account, map: {nam: Name}}", r"accounts: unknown column 'nam'; did you mean 'name'\?"),
        ("[]", r"mine\.yaml: the file: "),
        ("", r"mine\.yaml: the file: "),
        ("!!python/object/apply:os.getcwd []", r"no valid YAML"),
    ],
)
def test_a_mapping_with_faults_is_told_with_its_file(tmp_path: Path, text: str, problem: str) -> None:
    (tmp_path / "mine.yaml").write_text(text)
    with pytest.raises(SourceSettingsError, match=problem):
        find_mapping("crm", "mine.yaml", tmp_path)
