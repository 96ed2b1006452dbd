"""The examples of docs/routing.md do what the page says of them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import pytest
import yaml

from bot.core.routing import Facts, destinations
from bot.core.rules import parse_rules
from bot.core.working_time import CompanyHours
from bot.manners import AttentionSettings, RouteEntry, WorkingTimeSettings
from tests.documents.markdown import DOCS, blocks, code, rows, section

EXAMPLES: Final = [yaml.safe_load(text) for text in blocks(DOCS["routing.md"], "yaml")]
OWN: Final = ("owner", "#cs-risk")


def example(key: str) -> Any:  # noqa: ANN401  # YAML is anything
    (found,) = (one[key] for one in EXAMPLES if isinstance(one, dict) and key in one)
    return found


@pytest.mark.parametrize(
    ("facts", "told"),
    [
        (("churn_risk", "high", "x", "Enterprise", "EMEA", 5_000.0), ("csm", "#cs-enterprise")),
        (("churn_risk", "critical", "x", "Enterprise", None, None), ("csm", "#cs-enterprise", "manager")),
        (("churn_risk", "high", "x", "SMB", "DACH south", 50_000.0), (*OWN, "#cs-emea")),
        (("churn_risk", "high", "x", "SMB", "EMEA", 9_999.0), ("#cs-digital", "#cs-emea")),
        (("churn_risk", "high", "licence-underuse", None, "EMEA", 100_000.0), (*OWN, "#cs-emea", "account_channel")),
        (("upsell", "high", "near-limit", None, None, None), OWN),
    ],
)
def test_the_routes_tell_whom_their_comments_say(facts: tuple[Any, ...], told: tuple[str, ...]) -> None:
    routes = [RouteEntry.model_validate(one).route() for one in example("routing")]
    assert destinations(routes, Facts(*facts), OWN) == told


def test_the_working_time_is_that_of_the_text() -> None:
    hours = WorkingTimeSettings.model_validate(example("working_time")).company_hours(example("timezone"))
    zones = {"America/New_York": "US", "Europe/London": "GB", "Asia/Tokyo": None, "Europe/Berlin": "DE", None: "DE"}
    assert {zone: hours.of(zone).country for zone in zones} == zones
    assert AttentionSettings.model_validate(example("attention")).per_day == 10


def test_an_alert_of_thursday_noon_goes_up_on_tuesday_noon() -> None:
    (text,) = (text for text in blocks(DOCS["routing.md"], "yaml") if "escalate" in text)
    (rule,) = parse_rules(text, "routing.md")
    assert rule.escalate is not None
    berlin = CompanyHours("Europe/Berlin").of(None)
    thursday = datetime(2026, 3, 5, 12, tzinfo=ZoneInfo("Europe/Berlin"))
    assert berlin.after(thursday, rule.escalate) == thursday + timedelta(days=5)


def test_every_destination_is_described() -> None:
    described = [code(row[0]).strip('"') for row in rows(section("routing.md", "Destinations"))]
    assert described == ["owner", "csm", "manager", "account_channel", "#cs-risk"]
