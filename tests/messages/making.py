"""Contexts that messages are written from, built out of what matters to a test."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot.core.episodes import Episode, Phase
from bot.core.verdicts import Evidence, Finding, Mode, Rule, Scope, Truth
from bot.messages.context import Context
from bot.state.rows import AccountView, LineView, Person

if TYPE_CHECKING:
    from bot.core.verdicts import Value

SHIPPED = Path(__file__).parents[2] / "templates"
DAY = date(2026, 1, 3)
NOW = datetime(2026, 1, 4, 6, 0, tzinfo=UTC)
PEOPLE = {
    "p1": Person("p1", "Ada Okafor", "ada@example.com", None, active=True, timezone="Europe/Berlin"),
    "p2": Person("p2", "Tomás Ruiz", "tomas@example.com", None, active=True, timezone=None),
}


def seats(product: str = "Platform licence", contracted: float = 100, used: float | None = 41) -> LineView:
    return line("seats", product, contracted, used, "seats")


def line(
    kind: str | None, product: str, contracted: float, used: float | None, unit: str, pace: float | None = None
) -> LineView:
    share = used / contracted if used is not None and contracted else None
    return LineView(product, kind, contracted, used, share, pace, unit, date(2025, 4, 1), date(2026, 3, 31))


METRICS: dict[str, Value | date] = {
    "name": "Northwind Freight",
    "segment": "Enterprise",
    "region": "EMEA",
    "currency": "USD",
    "nps": None,
    "arr": 120_000.0,
    "contract_value": 120_000.0,
    "active_lines": 1,
    "tenure_days": 642,
    "days_to_renewal": 87,
    "days_to_notice": None,
    "days_to_deadline": 87,
    "renewal_date": date(2026, 3, 31),
    "deadline": date(2026, 3, 31),
    "auto_renew": True,
    "seats": 100.0,
    "active_users": 41,
    "licence_utilization": 0.41,
    "shelfware": 59.0,
    "allowance_utilization": None,
    "allowance_pace": None,
    "commit_utilization": None,
    "commit_pace": None,
    "service_utilization": None,
    "peak_utilization": 0.41,
    "peak_pace": None,
    "peak_line": "Platform licence",
    "lowest_commit_pace": None,
    "overage_value": None,
    "cus": 41.0,
    "usage_change_month": -0.12,
    "usage_as_of": date(2026, 1, 2),
    "usage_age_days": 1,
}
UNKNOWN: dict[str, Value | date] = dict.fromkeys(METRICS)

SOURCE: dict[str, Value | date] = {
    "name": "posthog",
    "age_days": 4,
    "complete_to": date(2025, 12, 30),
    "stale_after_days": 2,
    "failed": True,
    "error": "HTTP 502 from https://posthog.example.com after 5 tries",
    "rows_total": 5_000,
    "rows_rejected": 12,
}

FLEET: dict[str, Value | date] = {
    "falling_accounts": 51.0,
    "falling_limit": 30.0,
    "falling_share": 0.255,
    "watched_accounts": 200.0,
    "falling_since": date(2025, 12, 27),
    "falling_until": date(2025, 12, 28),
    "falling_names": "Northwind Freight · Blue Harbor · Fish & <Chips> · and 48 more",
    "falling_arr": 4_120_000.0,
    "currency": "USD",
    "incident_days": 0.0,
    "at_most_days": 7.0,
}


def held(text: str, **values: Value) -> Evidence:
    return Evidence(text, Truth.TRUE, tuple(values.items()))


UNDERUSE = (
    held("licence_utilization < 0.5", licence_utilization=0.41),
    held("tenure_days > 60", tenure_days=642),
    held("days_to_renewal BETWEEN 0 AND 180", days_to_renewal=87),
)


@dataclass(frozen=True)
class Make:
    """Builds the context of an alert out of what matters to a test."""

    kind: str = "churn_risk"
    template: str = "churn_risk"
    rule: str = "licence-underuse"
    scope: Scope = Scope.ACCOUNT
    evidence: tuple[Evidence, ...] = UNDERUSE
    at_stake: float | None = 120_000.0
    name: str = "Northwind Freight"
    url: str | None = "https://northwind.lightning.force.com/lightning/r/Account/001/view"
    owner: str | None = "p1"
    csm: str | None = "p2"
    lines: tuple[LineView, ...] = (seats(),)
    phase: Phase = Phase.FIRING
    claimed_by: str | None = None
    reason: str = "it held for 14 days"
    countdown: int | None = None

    def __call__(self, base: dict[str, Value | date] | None = None, **metrics: Value | date) -> Context:
        m = {**(METRICS if base is None else base), **metrics}
        if self.scope is not Scope.ACCOUNT:
            return Context.of_source(m, self._finding(), self._episode(), self._rule(), self.reason, "Acme")
        view = self.view(m)
        return Context.of(view, PEOPLE, self._finding(), self._episode(), self._rule(), self.reason, "Acme")

    def view(self, m: dict[str, Value | date]) -> AccountView:
        return AccountView("001", self.name, "northwind.example", self.url, self.owner, self.csm, DAY, m, self.lines)

    def _rule(self) -> Rule:
        return Rule(
            name=self.rule,
            kind=self.kind,
            scope=self.scope,
            when="",
            clear="",
            hold=timedelta(days=14),
            repeat=None,
            countdown=None,
            steps=(),
            severity="",
            at_stake=None,
            to=("owner",),
            template=self.template,
            mode=Mode.LIVE,
            version="3f2a91c0",
        )

    def _finding(self) -> Finding:
        return Finding(
            self.rule, "001", DAY, Truth.TRUE, Truth.FALSE, "high", self.at_stake, self.countdown, self.evidence
        )

    def _episode(self) -> Episode:
        return Episode(
            episode_id="5b0c4a3e-1d2f-5e6a-8b9c-0d1e2f3a4b5c",
            rule=self.rule,
            rule_version="3f2a91c0",
            subject="001",
            phase=self.phase,
            opened_on=date(2025, 12, 20),
            fired_at=NOW,
            notified_at=NOW,
            step=None,
            claimed_by=self.claimed_by,
            claimed_at=NOW if self.claimed_by else None,
            resolved_at=NOW + timedelta(days=9) if self.phase is Phase.RESOLVED else None,
            severity="high",
            at_stake=self.at_stake,
        )

    def but(self, **changes: Any) -> Make:  # noqa: ANN401 - whatever the field takes
        return replace(self, **changes)


CHURN = Make()
UPSELL = Make(
    kind="upsell",
    template="upsell",
    rule="near-limit",
    evidence=(held("peak_utilization >= 0.8", peak_utilization=0.92), held("peak_pace > 1", peak_pace=1.31)),
    at_stake=24_000.0,
    lines=(line("allowance", "API calls", 1_000_000, 920_000, "calls", 1.31), seats(used=71)),
)
RENEWAL = Make(
    kind="renewal",
    template="renewal",
    rule="renewal-reminder",
    evidence=(held("days_to_deadline BETWEEN 0 AND 120", days_to_deadline=87),),
    reason="90 days are left",
    countdown=87,
)
OPERATIONS = Make(
    kind="operations",
    template="operations",
    rule="source-stale",
    scope=Scope.SOURCE,
    evidence=(held("age_days > stale_after_days", age_days=4, stale_after_days=2),),
    at_stake=None,
    reason="it held for 1 day",
)
FLEET_DROP = Make(
    kind="operations",
    template="fleet_drop",
    rule="fleet-drop",
    scope=Scope.FLEET,
    evidence=(
        held("falling_accounts > falling_limit", falling_accounts=51.0, falling_limit=30.0),
        held("incident_days < at_most_days", incident_days=0.0, at_most_days=7.0),
    ),
    at_stake=4_120_000.0,
    reason="it holds",
)
