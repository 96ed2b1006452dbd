"""Answers to why, made by the core out of what matters to a test."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

from bot.core.episode import Episode, Outcome, Phase, Reason
from bot.core.episodes import advance
from bot.core.judge import judge_one
from bot.core.rules import parse_rules
from bot.core.verdicts import Scope
from bot.core.why.asking import why
from bot.core.why.case import Case, How, Stood, Told
from bot.messages.why.card import Asked
from bot.shipped import CONFIG
from tests.messages.making import METRICS

if TYPE_CHECKING:
    from bot.core.verdicts import Rule, Value
    from bot.core.why.case import Answer

Row = dict[str, "Value | date"]

DAY = date(2026, 1, 3)
NOW = datetime(2026, 1, 4, 6, 0, tzinfo=UTC)
THEN: Row = {"licence_utilization": 0.52, "peak_utilization": 0.52, "trend_size": -0.05, "segment": "SMB"}
BEFORE = (date(2025, 12, 6), THEN)
SHIPPED = parse_rules((CONFIG / "rules.yaml").read_text(encoding="utf-8"), "rules.yaml")
ASKED = Asked("Northwind Freight", DAY, BEFORE[0], "USD", "/headroom why Northwind Freight")


def rule(name: str) -> Rule:
    return next(one for one in SHIPPED if one.name == name)


def episode(name: str, row: Row | None = None, days: int = 15, said: bool = True) -> Episode:
    """An episode that opened so many days ago."""
    judged, opened = rule(name), DAY - timedelta(days=days)
    found = judge_one([judged], Scope.ACCOUNT, "001", row or METRICS, opened, before=BEFORE)[0]
    judged = replace(judged, hold=timedelta(0)) if said else judged
    step = advance(None, found, judged, NOW - timedelta(days=days))
    assert step.episode is not None
    return replace(step.episode, episode_id=name)


def told(how: How = How.SENT, to: str = "Ada Okafor", transition: str = "fired", detail: str = "") -> Told:
    return Told(transition, to, how, NOW, detail, "3f2a91c0")


def answers(*episodes: Episode, row: Row | None = None, only: str | None = None, said: tuple[Told, ...] = (),
            stood: dict[str, Stood] | None = None, rules: tuple[Rule, ...] = SHIPPED,
            ) -> tuple[Answer, ...]:  # fmt: skip
    known = Case(
        "001", Scope.ACCOUNT, DAY, METRICS if row is None else row, BEFORE, episodes, stood or {},
        {one.episode_id: said for one in episodes},
    )  # fmt: skip
    return why(known, rules, only)


def one(*episodes: Episode, row: Row | None = None, only: str = "licence-underuse", said: tuple[Told, ...] = (),
        stood: dict[str, Stood] | None = None) -> Answer:  # fmt: skip
    (found,) = answers(*episodes, row=row, only=only, said=said, stood=stood)
    return found


FIRING = episode("licence-underuse")
CLAIMED = replace(FIRING, phase=Phase.CLAIMED, claimed_by="U02ADA", claimed_at=NOW)
SNOOZED = replace(
    FIRING, phase=Phase.SNOOZED, snoozed_until=date(2026, 2, 1), snoozed_by="U02ADA", snooze_reason="talks <go> on"
)
CLOSED = replace(FIRING, phase=Phase.CLOSED, outcome=Outcome.LOST, closed_by="U02ADA", closed_at=NOW)
ENDED = replace(FIRING, phase=Phase.RESOLVED, resolved_at=NOW, outcome=Outcome.RECOVERED)
FINE: Row = {
    **METRICS,
    "licence_utilization": 0.64,
    "peak_utilization": 0.88,
    "trend_size": None,
    "days_to_deadline": 130,
}
SAID = (told(), told(to="#cs-risk"))
WAYS = (
    told(),
    told(How.ELSEWHERE, "Tomás Ruiz", detail="#cs-fallback"),
    told(How.DEFERRED, "Kim *Ito*", "repeat-2026-01-03", "until 5 Jan 2026, 09:00 Europe/Berlin"),
    told(How.DIGESTED, "Ada Okafor", "repeat-2026-01-03"),
    told(How.FAILED, "#cs-<risk>", "repeat-2026-01-03", "channel_not_found"),
    told(How.UNCERTAIN, "#cs-ops", "worsened-high"),
    told(How.WAITING, "#cs-sales", "worsened-high"),
)
GUARD = {"licence-underuse": Stood(Reason.HELD, "usage is complete to 28 Dec 2025 only")}
