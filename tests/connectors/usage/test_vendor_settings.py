from __future__ import annotations

import json
from typing import Any, Final

import pytest
from pydantic import BaseModel, ValidationError

from connectors.usage import amplitude, mixpanel, pendo, posthog
from connectors.usage.meters import MeterQuery, SumOf
from tests.connectors.usage.world import METERS, START

GOOD: Final[dict[str, tuple[type[BaseModel], dict[str, Any]]]] = {
    "mixpanel": (mixpanel.Settings, {"project": 7, "customer": "company", "meters": METERS, "start": START}),
    "amplitude": (amplitude.Settings, {"customer": "groups.company", "meters": METERS, "start": START}),
    "pendo": (pendo.Settings, {"meters": [{"meter": "m", "measure": "users"}], "start": START}),
}
KEYS: Final = {
    "mixpanel": "MIXPANEL_SECRET",
    "amplitude": "AMPLITUDE_SECRET_KEY",
    "pendo": "PENDO_INTEGRATION_KEY",
}


def made(vendor: str, **changes: object) -> Any:  # noqa: ANN401 - settings of one of three
    model, good = GOOD[vendor]
    return model.model_validate(good | changes)


@pytest.mark.parametrize(
    ("vendor", "region", "address"),
    [
        ("mixpanel", "us", "https://data.mixpanel.com"),
        ("mixpanel", "eu", "https://data-eu.mixpanel.com"),
        ("mixpanel", "in", "https://data-in.mixpanel.com"),
        ("amplitude", "us", "https://amplitude.com"),
        ("amplitude", "eu", "https://analytics.eu.amplitude.com"),
        ("pendo", "au", "https://app.au.pendo.io"),
    ],
)
def test_each_region_has_its_address(vendor: str, region: str, address: str) -> None:
    assert made(vendor, region=region).address == address


@pytest.mark.parametrize("vendor", GOOD)
def test_an_address_of_ones_own_goes_before_the_region_and_never_in_the_clear(vendor: str) -> None:
    assert made(vendor, host="https://proxy.example.com/a/").address == "https://proxy.example.com/a"
    with pytest.raises(ValidationError, match="would send secrets in the clear"):
        made(vendor, host="http://proxy.example.com")


@pytest.mark.parametrize("vendor", GOOD)
def test_settings_can_be_written_as_json_without_the_secret(vendor: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(KEYS[vendor], "very-secret")
    written = json.dumps(made(vendor).model_dump(mode="json"))
    assert KEYS[vendor] in written
    assert "very-secret" not in written


@pytest.mark.parametrize("vendor", GOOD)
@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"meters": []}, "at least 1 item"),
        ({"meters": [{"meter": "m", "measure": "count"}] * 2}, "'m' stands twice"),
        ({"meters": [{"meter": "m", "measure": "median"}]}, "measure"),
        ({"start": "soon"}, "start"),
        ({"timezone": "Berlin"}, "IANA"),
        ({"region": "moon"}, "region"),
        ({"late_hours": 169}, "late_hours"),
        ({"lookback": 3}, "lookback"),
    ],
)
def test_a_wrong_setting_is_named(vendor: str, changes: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        made(vendor, **changes)


@pytest.mark.parametrize("path", ["company", "groups", "groups.", "user_id.x", "event_properties"])
def test_amplitude_wants_a_path_that_can_name_a_customer(path: str) -> None:
    with pytest.raises(ValidationError, match="is no path that names a customer"):
        made("amplitude", customer=path)


def test_amplitude_exports_no_hour_before_two_hours_have_passed() -> None:
    with pytest.raises(ValidationError, match="late_hours"):
        made("amplitude", late_hours=1)


@pytest.mark.parametrize(
    ("written", "asked"),
    [("quantity", "properties.quantity"), ("properties.quantity", "properties.quantity"), ("numMinutes", "numMinutes")],
)
def test_pendo_keeps_properties_apart_from_its_own_numbers(written: str, asked: str) -> None:
    found = made("pendo", meters=[{"meter": "m", "measure": {"sum": written}}])
    assert found.meters[0].measure.sum == asked


def test_meters_have_one_form_for_all() -> None:
    assert issubclass(posthog.MeterQuery, MeterQuery)
    assert issubclass(posthog.SumOf, SumOf)
    assert all(isinstance(made(vendor).meters[0], MeterQuery) for vendor in GOOD)
