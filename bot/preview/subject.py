"""What a previewed message is written from: a sample that ships, or an account of the state store."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from bot.core.episodes import Episode, Phase
from bot.core.verdicts import Evidence, Finding, Mode, Rule, Scope, Truth
from bot.messages.context import Context
from bot.state.rows import AccountView, LineView, Person

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.core.courses import Course
    from bot.core.verdicts import Value

Metrics = dict[str, Any]
"""Metrics by name, as a snapshot holds them: a Value or a date."""

DAY: Final = date(2026, 1, 3)
NOW: Final = datetime(2026, 1, 4, 6, 0, tzinfo=UTC)
BEGIN: Final = date(2025, 4, 1)
END: Final = date(2026, 3, 31)
"""The term of the sample's contract."""
COMPANY: Final = "Vendor"


@dataclass(frozen=True, slots=True)
class Subject:
    """An account, a source or the fleet, and an alert about it."""

    template: str
    rule: Rule
    evidence: tuple[Evidence, ...]
    m: Metrics
    name: str = "Northwind Freight"
    url: str | None = "https://example.my.salesforce.com/001"
    owner: Person | None = None
    csm: Person | None = None
    lines: tuple[LineView, ...] = ()
    at_stake: float | None = None
    reason: str = "held for 14 days"
    countdown: int | None = None
    as_of: date = DAY
    account_id: str = "001"
    phase: Phase = Phase.FIRING
    state: Mapping[str, Any] | None = None
    """Fields of the episode that differ from one that has just fired."""
    company: str = COMPANY
    others: tuple[str, ...] = ()
    """Names of further accounts that a digest tells of."""
    courses: tuple[Course, ...] = ()
    """Daily use of the lines, as a brief proposes quantities from it."""
    told: Mapping[str, Any] = field(default_factory=dict)
    """What else the CRM says of the account, by name of a field of AccountView."""

    def but(self, **changes: Any) -> Subject:  # noqa: ANN401 - whatever the field takes
        """Return it with some things changed."""
        return replace(self, **changes)

    def view(self) -> AccountView:
        """Return the account's snapshot."""
        owner, csm = (one.person_id if one else None for one in (self.owner, self.csm))
        domain = "northwind.example"
        known = (self.account_id, self.name, domain, self.url, owner, csm, self.as_of, self.m, self.lines)
        return AccountView(*known, **self.told)

    def people(self) -> dict[str, Person]:
        """Return who has to do with the account, by id."""
        return {one.person_id: one for one in (self.owner, self.csm) if one}

    def context(self) -> Context:
        """Return what an alert is written from."""
        said = (self.finding(), self.episode(), self.rule, self.reason, self.company)
        if self.rule.scope is not Scope.ACCOUNT:
            return Context.of_source(self.m, *said)
        return Context.of(self.view(), self.people(), *said)

    def finding(self) -> Finding:
        """Return what the rule sees."""
        return Finding(
            rule=self.rule.name,
            subject=self.account_id,
            as_of=self.as_of,
            holds=Truth.TRUE,
            clears=Truth.FALSE,
            severity="high",
            at_stake=self.at_stake,
            countdown=self.countdown,
            evidence=self.evidence,
        )

    def episode(self) -> Episode:
        """Return the alert."""
        fired = Episode(
            episode_id="5b0c4a3e-1d2f-5e6a-8b9c-0d1e2f3a4b5c",
            rule=self.rule.name,
            rule_version=self.rule.version,
            subject=self.account_id,
            phase=self.phase,
            opened_on=self.as_of - timedelta(days=14),
            fired_at=NOW,
            notified_at=NOW,
            step=None,
            claimed_by=None,
            claimed_at=None,
            resolved_at=None,
            severity="high",
            at_stake=self.at_stake,
        )
        return replace(fired, **(self.state or {}))


def rule(name: str, kind: str, template: str, scope: Scope = Scope.ACCOUNT) -> Rule:
    """Return a rule as far as messages know rules."""
    return Rule(
        name=name,
        kind=kind,
        scope=scope,
        when="",
        clear="",
        hold=timedelta(days=14),
        repeat=None,
        countdown=None,
        steps=(),
        severity="",
        at_stake=None,
        to=("owner",),
        template=template,
        mode=Mode.LIVE,
        version="3f2a91c0",
    )


def held(text: str, **values: Value) -> Evidence:
    """Return a comparison that holds."""
    return Evidence(text, Truth.TRUE, tuple(values.items()))


def line(
    product: str,
    kind: str,
    contracted: float,
    used: float | None,
    unit: str,
    **metrics: Value | date,
) -> LineView:
    """Return a contract line of the sample's year; `metrics`: what else is known of it."""
    share = used / contracted if used is not None and contracted else None
    return LineView(product, kind, contracted, used, share, None, unit, BEGIN, END, metrics)
