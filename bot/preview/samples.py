"""The sample that each template is shown on: a freight company with 41 of 100 licences in use, and what befalls it."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from bot.core.courses import Course
from bot.core.metrics import METRICS
from bot.core.verdicts import Scope
from bot.preview.subject import BEGIN, DAY, END, Subject, held, line, rule
from bot.state.rows import Person

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.core.verdicts import Rule

OWNER: Final = Person("p1", "Ada Okafor", "ada@example.com", None, active=True, timezone="Europe/Berlin")
CSM: Final = Person("p2", "Tomás Ruiz", "tomas@example.com", None, active=True, timezone=None)
_DAYS: Final = 500
NO_METRICS: Final[Mapping[Scope, Mapping[str, Any]]] = {scope: dict.fromkeys(METRICS[scope]) for scope in Scope}
"""Nothing is known."""

_ACCOUNT: Final[dict[str, Any]] = {
    **NO_METRICS[Scope.ACCOUNT],
    "name": "Northwind Freight",
    "segment": "Enterprise",
    "region": "EMEA",
    "currency": "USD",
    "arr": 120_000.0,
    "contract_value": 120_000.0,
    "active_lines": 2,
    "tenure_days": 642,
    "days_to_renewal": 87,
    "days_to_deadline": 87,
    "renewal_date": date(2026, 3, 31),
    "deadline": date(2026, 3, 31),
    "auto_renew": True,
    "seats": 100.0,
    "active_users": 41,
    "licence_utilization": 0.41,
    "shelfware": 59.0,
    "peak_utilization": 0.41,
    "peak_line": "Platform licence",
    "cus": 41.0,
    "usage_change_month": -0.12,
    "usage_as_of": date(2026, 1, 2),
    "usage_age_days": 1,
    "trend_direction": "falling",
    "trend_size": -0.34,
    "trend_start": date(2025, 12, 12),
    "trend_line": "Platform licence",
    "trend_words": "down 34 % since 12 December 2025, against its own weekday pattern; the fleet is flat",
    "health": 43.0,
    "health_band": "yellow",
}
_TIGHT: Final[dict[str, Any]] = {
    **_ACCOUNT,
    "peak_utilization": 0.92,
    "peak_pace": 1.31,
    "peak_line": "API calls",
    "licence_utilization": 0.71,
    "active_users": 71,
    "shelfware": 29.0,
    "usage_change_month": 0.08,
    "run_out_date": date(2026, 1, 24),
    "days_to_run_out": 21,
    "run_out_gap_days": 66,
    "run_out_earliest": date(2026, 1, 19),
    "run_out_latest": date(2026, 2, 2),
    "run_out_line": "API calls",
    "trend_direction": "rising",
    "trend_size": 0.4,
    "trend_words": "up 40 % since 12 December 2025, against its own weekday pattern; the fleet is flat",
}
_SOURCE: Final[Mapping[str, Any]] = {
    **NO_METRICS[Scope.SOURCE],
    "name": "posthog",
    "age_days": 4,
    "complete_to": date(2025, 12, 30),
    "stale_after_days": 2,
    "failed": True,
    "error": "HTTP 502 from https://posthog.example.com after 5 tries",
    "rows_total": 5_000,
    "rows_rejected": 12,
}
_FLEET: Final[Mapping[str, Any]] = {
    **NO_METRICS[Scope.FLEET],
    "falling_accounts": 51.0,
    "falling_limit": 30.0,
    "falling_share": 0.255,
    "watched_accounts": 200.0,
    "falling_since": date(2025, 12, 27),
    "falling_until": date(2025, 12, 28),
    "falling_names": "Northwind Freight · Blue Harbor · and 49 more",
    "falling_arr": 4_120_000.0,
    "currency": "USD",
    "incident_days": 0.0,
    "at_most_days": 7.0,
}
_PREPARED: Final[dict[str, Any]] = {
    "days_to_notice": 26,
    "days_to_deadline": 26,
    "deadline": date(2026, 1, 29),
    "mau": 41.0,
    "top_user_share": 0.31,
    "discount": 0.25,
    "csat": 88.0,
    "open_cases": 4.0,
    "urgent_cases": 1.0,
}
_CRM_SAYS: Final[Mapping[str, Any]] = {
    "opportunity": {
        "stage": "Proposal",
        "forecast": "Best Case",
        "amount": 96_000.0,
        "currency": "USD",
        "close": date(2026, 3, 20),
        "url": "https://example.my.salesforce.com/006",
    },
    "before": {"licence_utilization": 0.52, "health": 55.0},
    "before_on": date(2025, 12, 3),
}
_OTHERS: Final = ("Blue Harbor", "Kestrel Labs")
_LINES: Final = (
    line(
        "Platform licence", "seats", 100, 41, "seats",
        line_id="L1", meter="active_users", quantity=100.0, arr=96_000.0, currency="USD", discount=0.25,
        notice_date=date(2026, 1, 29), auto_renew=True, shelfware=59.0, overage=0.0,
    ),
    line(
        "API calls", "allowance", 1_000_000, 620_000, "calls",
        line_id="L2", meter="api_calls", quantity=1_000_000.0, arr=24_000.0, currency="USD", auto_renew=True,
    ),
    line("Trainings", "service", 10, 2, "sessions", line_id="L3"),
)  # fmt: skip
_SEATS: Final = line("Platform licence", "seats", 100, 41, "seats")
_CALLS: Final = line("API calls", "allowance", 1_000_000, 920_000, "calls")


def _courses() -> tuple[Course, ...]:
    """Return the daily use of the seats: 500 days by the weekday, a third less since the middle of December."""
    weekday = np.resize([1.0, 1.05, 1.02, 0.98, 0.9, 0.12, 0.08], _DAYS)
    level = np.where(np.arange(_DAYS) < _DAYS - 22, 38.0, 25.0)
    seats = _LINES[0]
    told = Course(
        account_id="001",
        line_id="L1",
        product=seats.product,
        kind="seats",
        meter="active_users",
        unit=seats.unit,
        aggregation="unique_users",
        cadence="day",
        as_of=DAY,
        known_to=DAY - timedelta(days=1),
        contracted=seats.contracted,
        used=seats.used,
        utilization=seats.utilization,
        start=BEGIN,
        end=END,
        counts=np.round(level * weekday),
    )
    return (told,)


_CHURN: Final = Subject(
    template="churn_risk",
    rule=rule("licence-underuse", "churn_risk", "churn_risk"),
    evidence=(
        held("licence_utilization < 0.5", licence_utilization=0.41),
        held("tenure_days > 60", tenure_days=642),
        held("days_to_renewal BETWEEN 0 AND 180", days_to_renewal=87),
    ),
    m=dict(_ACCOUNT),
    owner=OWNER,
    csm=CSM,
    lines=(_SEATS, line("Trainings", "service", 10, 2, "sessions")),
    at_stake=120_000.0,
)
SAMPLES: Final[Mapping[str, Subject]] = {
    "churn_risk": _CHURN,
    "account": _CHURN.but(template="account"),
    "upsell": _CHURN.but(
        template="upsell",
        rule=rule("near-limit", "upsell", "upsell"),
        evidence=(held("peak_utilization >= 0.8", peak_utilization=0.92), held("peak_pace > 1", peak_pace=1.31)),
        m=dict(_TIGHT),
        lines=(_CALLS, _SEATS),
        at_stake=24_000.0,
    ),
    "renewal": _CHURN.but(
        template="renewal",
        rule=rule("renewal-reminder", "renewal", "renewal"),
        evidence=(held("days_to_deadline BETWEEN 0 AND 120", days_to_deadline=87),),
        reason="90 days left",
        countdown=87,
    ),
    "operations": Subject(
        template="operations",
        rule=rule("source-stale", "operations", "operations", Scope.SOURCE),
        evidence=(held("age_days > stale_after_days", age_days=4, stale_after_days=2),),
        m=dict(_SOURCE),
        name="posthog",
        reason="held for 1 day",
    ),
    "fleet_drop": Subject(
        template="fleet_drop",
        rule=rule("fleet-drop", "operations", "fleet_drop", Scope.FLEET),
        evidence=(held("falling_accounts > falling_limit", falling_accounts=51.0, falling_limit=30.0),),
        m=dict(_FLEET),
        name="fleet",
        at_stake=4_120_000.0,
        reason="it holds",
    ),
    "digest": _CHURN.but(template="digest", others=_OTHERS),
    "weekly": _CHURN.but(template="weekly", others=_OTHERS),
    "brief": _CHURN.but(
        template="brief", m=_ACCOUNT | _PREPARED, lines=_LINES, courses=_courses(), told=dict(_CRM_SAYS)
    ),
}
"""By template; `sample_of` finds one for a template that does not ship, too."""
_BY_SCOPE: Final = {Scope.ACCOUNT: "churn_risk", Scope.SOURCE: "operations", Scope.FLEET: "fleet_drop"}
_KINDS: Final = ("churn_risk", "upsell", "renewal")


def sample_of(template: str, rules: tuple[Rule, ...] = ()) -> Subject:
    """Return what a template is shown on; one of the user's own, on what the first rule is about that names it."""
    if template in SAMPLES:
        return SAMPLES[template]
    named = next((one for one in rules if one.template == template), None)
    if named is None:
        return SAMPLES["churn_risk"].but(template=template, rule=rule("of-the-user", "churn_risk", template))
    like = named.kind if named.scope is Scope.ACCOUNT and named.kind in _KINDS else _BY_SCOPE[named.scope]
    return SAMPLES[like].but(template=template, rule=named)
