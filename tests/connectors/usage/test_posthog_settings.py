from __future__ import annotations

import json
from typing import Any

import pytest
from pydantic import ValidationError

from connectors.registry import connector
from connectors.usage.posthog.settings import Settings, SumOf
from tests.connectors.usage.making import COUNT, SUM, USERS

GOOD = {"host": "https://eu.posthog.com", "project": 7, "meters": [USERS]}


def _settings(**changes: object) -> Settings:
    return Settings.model_validate(GOOD | changes)


@pytest.mark.parametrize(
    ("host", "kept"),
    [
        ("https://eu.posthog.com/", "https://eu.posthog.com"),
        ("https://analytics.acme.com/posthog/", "https://analytics.acme.com/posthog"),
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000"),
        ("http://localhost:8000", "http://localhost:8000"),
        ("http://[::1]:8000", "http://[::1]:8000"),
    ],
)
def test_https_is_taken_and_http_on_loopback(host: str, kept: str) -> None:
    assert _settings(host=host).host == kept


@pytest.mark.parametrize(
    "host",
    [
        "http://eu.posthog.com",
        "http://127.0.0.1.evil.example",
        "eu.posthog.com",
        "ftp://localhost",
        "https://user:secret@eu.posthog.com",
        "https://eu.posthog.com/?a=b",
        "",
    ],
)
def test_a_host_to_which_the_key_would_travel_in_clear_text_is_refused(host: str) -> None:
    with pytest.raises(ValidationError, match="host"):
        _settings(host=host)


@pytest.mark.parametrize(
    "path",
    [
        "$group_0",
        "$group_4",
        "group_1.key",
        "group_0.properties.account_id",
        "properties.$groups.company",
        "properties.account id",
        "properties.account-id",
        "person.properties.company",
        "distinct_id",
    ],
)
def test_a_property_path_names_the_customer(path: str) -> None:
    assert _settings(customer=path).customer == path


@pytest.mark.parametrize(
    "path",
    [
        "$group_5",
        "properties",
        "properties.",
        "properties.a..b",
        "properties.a`b",
        "properties.a'b",
        "properties.a) FROM events --",
        "properties.a\nb",
        "properties.a%b",
        "1; DROP TABLE events",
        "lower($group_0)",
        "",
    ],
)
def test_free_sql_does_not_name_the_customer(path: str) -> None:
    with pytest.raises(ValidationError, match="no path that names a customer"):
        _settings(customer=path)


def test_a_bare_name_to_sum_is_a_property_of_the_event() -> None:
    assert _settings(meters=[SUM]).meters[0].measure == SumOf(sum="properties.quantity")


def test_sql_cannot_be_summed() -> None:
    with pytest.raises(ValidationError, match="no property of an event"):
        _settings(meters=[SUM | {"measure": {"sum": "quantity) --"}}])


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"meters": []}, "at least 1 item"),
        ({"meters": [COUNT, COUNT]}, "'exports' stands twice"),
        ({"meters": [COUNT | {"measure": "median"}]}, "measure"),
        ({"meters": [COUNT | {"events": [""]}]}, "events"),
        ({"project": 0}, "project"),
        ({"project": "acme"}, "project"),
        ({"timezone": "Berlin"}, "IANA"),
        ({"page_rows": 50_001}, "page_rows"),
        ({"lookback": 3}, "lookback"),
    ],
)
def test_a_wrong_setting_is_named(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        _settings(**changes)


def test_all_faults_are_told_at_once() -> None:
    with pytest.raises(ValidationError) as caught:
        _settings(host="nowhere", project=-1, customer="x", timezone="y")
    assert {fault["loc"][0] for fault in caught.value.errors()} == {"host", "project", "customer", "timezone"}


def test_settings_can_be_written_as_json_without_the_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POSTHOG_API_KEY", "phx_secret")
    assert "phx_secret" not in json.dumps(_settings().model_dump(mode="json"))


def test_the_registry_knows_the_connector() -> None:
    assert connector("posthog").Settings is Settings
