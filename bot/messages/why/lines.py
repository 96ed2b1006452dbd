"""What keeps a rule from speaking, what it sees and what was said of it, a line each. Escaped mrkdwn."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Final

from bot.core.episode import Phase
from bot.core.episodes import word
from bot.core.verdicts import Truth
from bot.core.why.case import How, State, What
from bot.messages import evidence, words
from bot.messages.escape import Safe, mention, mrkdwn, short

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from bot.core.episode import Episode
    from bot.core.verdicts import Evidence, Rule, Value
    from bot.core.why.case import Answer, Told

DOT: Final = " · "
MARKS: Final = {Truth.TRUE: "✓", Truth.FALSE: "✗", Truth.UNKNOWN: "?"}
_DETAIL_MOST: Final = 200
_OPEN: Final = frozenset({State.FIRING, State.CLAIMED, State.SNOOZED, State.CLOSED})

_IN_DIGEST: Final = Safe("it stands in the addressee's digest")
_ACTS: Final = frozenset({What.SNOOZE, What.CLOSED, What.CLAIMED})
_PHRASES: Final = {
    What.GUARD: "a guard holds it back",
    What.INHIBITION: "something that matters more is open on the same line",
    What.FOR: "it has to hold longer",
    What.QUIET_HOURS: "it waits for the addressee's working time",
    What.DELIVERY: "it could not be delivered",
}
_HOW: Final = {
    How.WAITING: "on its way",
    How.DEFERRED: "waits for working time",
    How.ELSEWHERE: "could not be reached, it stands elsewhere",
    How.FAILED: "refused",
    How.UNCERTAIN: "nobody knows whether it arrived",
}


def fires(answer: Answer) -> bool:
    """Tell whether an alert of the rule stands open, whoever has it."""
    return answer.state in _OPEN


def held(answer: Answer, currency: Value) -> Safe:
    """Say what keeps the rule from speaking; empty where nothing does."""
    if answer.held_by is None:
        return Safe("")
    what = answer.held_by.what
    if what is What.CONDITION:
        return _condition(answer, currency)
    if what in _ACTS:
        return _act(answer, what)
    detail, until = mrkdwn(short(answer.held_by.detail, _DETAIL_MOST)), answer.held_by.until
    if what is What.BUDGET:
        detail = detail or _IN_DIGEST
    because = f"{_PHRASES[what]}{_beside(detail)}" if what in _PHRASES else detail
    return Safe(because if until is None else f"{because}, {words.day(until)} at the earliest")


def _beside(detail: str) -> str:
    return f": {detail}" if detail else ""


def _condition(answer: Answer, currency: Value) -> Safe:
    seen = DOT.join(_needed(item, answer.rule, currency) for item in answer.deciding)
    detail = answer.held_by.detail if answer.held_by and fires(answer) else ""
    return Safe(f"{detail}: {seen}" if detail else seen)


def _needed(item: Evidence, rule: Rule, currency: Value) -> str:
    """Say a comparison that does not hold, and what would make it hold."""
    said = [
        f"{one.label} {one.value}" + "".join(f"; {part}" for part in (_fires(one.threshold), one.was) if part)
        for one in evidence.compared(item, rule.scope, currency)
    ]
    return DOT.join(map(mrkdwn, said)) or mrkdwn(item.text)


def _fires(threshold: str) -> str:
    if not threshold:
        return ""
    return f"fires when it {threshold}" if threshold.startswith("is") else f"fires when {threshold}"


def _act(answer: Answer, what: What) -> Safe:
    episode = answer.episode
    assert episode is not None, "only an episode can be acted on"
    if what is What.SNOOZE:
        text = f"snoozed until {words.day(episode.snoozed_until)} by {mention(episode.snoozed_by)}"
        return Safe(f"{text}{_because(episode.snooze_reason)}")
    if what is What.CLAIMED:
        text = f"claimed by {mention(episode.claimed_by)} on {words.day(episode.claimed_at)}"
        return Safe(f"{text}: reminders stop, steps and the end are told")
    text = f"closed as {word(episode.outcome)} by {mention(episode.closed_by)} on {words.day(episode.closed_at)}"
    return Safe(f"{text}{_because(episode.close_reason)}")


def _because(reason: str | None) -> str:
    return f": {mrkdwn(short(reason, _DETAIL_MOST))}" if reason else ""


def seen(items: Iterable[Evidence], rule: Rule, currency: Value) -> Safe:
    """Say comparisons in one line, with their values of now and before."""
    said = dict.fromkeys(str(one) for item in items for one in evidence.compared(item, rule.scope, currency))
    return Safe(DOT.join(map(mrkdwn, said)))


def marked(items: Iterable[Evidence], rule: Rule, currency: Value) -> Iterator[str]:
    """Say comparisons a line each, with a mark for what holds, what does not and what nobody knows."""
    for item in items:
        yield f"{MARKS[item.truth]} {seen([item], rule, currency) or mrkdwn(item.text)}"


def since(answer: Answer) -> Safe:
    """Say where the episode stands, and since when."""
    episode = answer.episode
    if episode is None:
        return Safe("it has never fired for this account" if answer.rule.scope == "account" else "it has never fired")
    if episode.phase is Phase.RESOLVED:
        ended = f"ended on {words.day(episode.resolved_at)}"
        became = f" as {word(episode.outcome)}" if episode.outcome else ""
        return Safe(f"last fired on {words.day(episode.fired_at)}, {ended}{became}")
    if episode.phase is Phase.PENDING:
        return Safe(f"the condition holds since {words.day(episode.opened_on)}")
    escalated = f", escalated on {words.day(episode.escalated_at)}" if episode.escalated_at else ""
    return Safe(f"{mrkdwn(episode.severity)}, fired on {words.day(episode.fired_at)}{escalated}")


def told(messages: Sequence[Told], most: int) -> Iterator[str]:
    """Say what was said to whom, newest first, a line for each thing that was said."""
    groups = [list(group) for _, group in groupby(messages, key=lambda one: one.transition)]
    for group in reversed(groups[-most:]):
        version = group[0].version
        by = f" (rule version {mrkdwn(version)})" if version else ""
        to = ", ".join(map(_addressee, group))
        yield f"{mrkdwn(_said(group[0].transition))} on {words.day(group[0].at)}{by}: {to}"


def _said(transition: str) -> str:
    """Write a transition as people do: `repeat-2026-03-01` as `repeat`, the day stands beside it."""
    name = transition.partition("@")[0]
    kind, _, rest = name.partition("-")
    return kind if kind in {"repeat", "woke"} else f"{kind} {rest}".strip()


def _addressee(one: Told) -> str:
    to, detail = mrkdwn(short(one.to, 80)), mrkdwn(short(one.detail, _DETAIL_MOST))
    if one.how is How.DIGESTED:
        return f"{to} ({detail or _IN_DIGEST})"
    how = _HOW.get(one.how)
    return f"{to} ({how}{_beside(detail)})" if how else to


def spoke(episode: Episode, rule: Rule) -> str | None:
    """Name the version that the episode last held by, where the rule has changed since."""
    if episode.rule_version == rule.version:
        return None
    return f"held by rule version {mrkdwn(episode.rule_version)}; the rule has changed since"
