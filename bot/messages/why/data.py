"""Why, as plain JSON values, whose words are English for every reader."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bot.core.metrics import METRICS
from bot.messages import evidence, words
from bot.messages.spans import plain_text
from bot.messages.speech import ENGLISH
from bot.messages.why import lines

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from bot.core.episode import Episode
    from bot.core.verdicts import Evidence, Rule, Value
    from bot.core.why.case import Answer, Told

Record = dict[str, Any]
"""A JSON object."""


def rule_data(answer: Answer, currency: Value) -> Record:
    """Return one rule's answer: where it stands, what holds it, what it sees, and what was said to whom."""
    rule = answer.rule
    return {
        "rule": rule.name,
        "kind": rule.kind,
        "version": rule.version,
        "mode": str(rule.mode),
        "state": str(answer.state),
        "holds": str(answer.finding.holds),
        "held_by": _held_by(answer, currency),
        "gap": answer.gap,
        "decided_by": [item.text for item in answer.deciding],
        "evidence": list(_evidence(answer.finding.evidence, rule, currency)),
        "clear": list(_evidence(answer.clear, rule, currency)),
        "episode": _episode(answer.episode, rule, currency),
        "said": [_told(one) for one in answer.told],
    }


def _held_by(answer: Answer, currency: Value) -> Record | None:
    if answer.held_by is None:
        return None
    until = answer.held_by.until
    detail = plain_text(lines.held(answer, currency, ENGLISH))
    return {"what": str(answer.held_by.what), "detail": detail, "until": str(until) if until else None}


def _evidence(items: Iterable[Evidence], rule: Rule, currency: Value) -> Iterator[Record]:
    """Yield a record for each metric of each comparison."""
    for item in items:
        seen = evidence.compared(item, rule.scope, currency)
        before = dict(item.before)
        for name, value in item.values:
            yield {
                "comparison": item.text,
                "truth": str(item.truth),
                "metric": name,
                "label": words.label(name, rule.scope),
                "value": value,
                "window": METRICS[rule.scope][name].window if name in METRICS[rule.scope] else None,
                "previous": before.get(name),
                "previous_on": str(item.before_on) if before.get(name) is not None else None,
                "threshold": next((one.threshold for one in reversed(seen) if one.threshold), ""),
                "words": " · ".join(map(str, seen)),
            }


def _episode(episode: Episode | None, rule: Rule, currency: Value) -> Record | None:
    if episode is None:
        return None
    return {
        "phase": str(episode.phase),
        "version": episode.rule_version,
        "severity": episode.severity,
        "at_stake": episode.at_stake,
        "opened_on": str(episode.opened_on),
        "fired_at": _moment(episode.fired_at),
        "claimed_by": episode.claimed_by,
        "snoozed_until": str(episode.snoozed_until) if episode.snoozed_until else None,
        "outcome": str(episode.outcome) if episode.outcome else None,
        "closed_by": episode.closed_by,
        "resolved_at": _moment(episode.resolved_at),
        "as_of": str(episode.evidence_on) if episode.evidence_on else None,
        "evidence": list(_evidence(episode.evidence, rule, currency)),
    }


def _told(one: Told) -> Record:
    return {
        "what": one.transition,
        "to": one.to,
        "how": str(one.how),
        "at": _moment(one.at),
        "detail": one.detail,
        "version": one.version,
    }


def _moment(moment: Any) -> str | None:  # noqa: ANN401  # a datetime, or nothing
    return moment.isoformat() if moment is not None else None
