"""What keeps a rule from speaking, what it sees and what was said of it, a line each. Escaped mrkdwn."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Final

from bot.core.episode import Phase
from bot.core.verdicts import Truth
from bot.core.why.case import How, State, What
from bot.messages import evidence, phrases
from bot.messages.choices import outcome_word
from bot.messages.escape import Safe, mention, mrkdwn, short
from bot.messages.speech import msg

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from bot.core.episode import Episode
    from bot.core.verdicts import Evidence, Rule, Value
    from bot.core.why.case import Answer, Told
    from bot.messages.speech import Speech

DOT: Final = " · "
MARKS: Final = {Truth.TRUE: "✓", Truth.FALSE: "✗", Truth.UNKNOWN: "?"}
_DETAIL_MOST: Final = 200
_OPEN: Final = frozenset({State.FIRING, State.CLAIMED, State.SNOOZED, State.CLOSED})

_IN_DIGEST: Final = msg("it stands in the addressee's digest")
_ACTS: Final = frozenset({What.SNOOZE, What.CLOSED, What.CLAIMED})
_PHRASES: Final = {
    What.GUARD: msg("a guard holds it back"),
    What.INHIBITION: msg("something that matters more is open on the same line"),
    What.FOR: msg("it has to hold longer"),
    What.QUIET_HOURS: msg("it waits for the addressee's working time"),
    What.DELIVERY: msg("it could not be delivered"),
}
_HOW: Final = {
    How.WAITING: msg("on its way"),
    How.DEFERRED: msg("waits for working time"),
    How.ELSEWHERE: msg("could not be reached, it stands elsewhere"),
    How.FAILED: msg("refused"),
    How.UNCERTAIN: msg("nobody knows whether it arrived"),
}
_TRANSITIONS: Final = {
    "fired": msg("fired"),
    "repeat": msg("repeat"),
    "woke": msg("woke"),
    "step": msg("step"),
    "worsened": msg("worsened"),
    "escalated": msg("escalated"),
    "resolved": msg("resolved"),
    "claimed": msg("claimed"),
    "snoozed": msg("snoozed"),
    "closed": msg("closed"),
}


def fires(answer: Answer) -> bool:
    """Tell whether an alert of the rule stands open, whoever has it."""
    return answer.state in _OPEN


def held(answer: Answer, currency: Value, speech: Speech) -> Safe:
    """Say what keeps the rule from speaking; empty where nothing does."""
    if answer.held_by is None:
        return Safe("")
    what = answer.held_by.what
    if what is What.CONDITION:
        return _condition(answer, currency, speech)
    if what in _ACTS:
        return _act(answer, what, speech)
    detail, until = _detail(answer.held_by.detail, speech), answer.held_by.until
    if what is What.BUDGET:
        detail = detail or mrkdwn(speech.t(_IN_DIGEST))
    because = f"{speech.t(_PHRASES[what])}{_beside(detail)}" if what in _PHRASES else detail
    if until is None:
        return Safe(because)
    return Safe(speech.t("{because}, {day} at the earliest", because=because, day=speech.day(until)))


def _detail(detail: str, speech: Speech) -> Safe:
    return mrkdwn(short(phrases.said(detail, speech), _DETAIL_MOST))


def _beside(detail: str) -> str:
    return f": {detail}" if detail else ""


def _condition(answer: Answer, currency: Value, speech: Speech) -> Safe:
    seen = DOT.join(_needed(item, answer.rule, currency, speech) for item in answer.deciding)
    detail = phrases.said(answer.held_by.detail, speech) if answer.held_by and fires(answer) else ""
    return Safe(f"{detail}: {seen}" if detail else seen)


def _needed(item: Evidence, rule: Rule, currency: Value, speech: Speech) -> str:
    """Say a comparison that does not hold, and what would make it hold."""
    said = [
        f"{one.label} {one.value}" + "".join(f"; {part}" for part in (_fires(one.threshold, speech), one.was) if part)
        for one in evidence.compared(item, rule.scope, currency, speech)
    ]
    return DOT.join(map(mrkdwn, said)) or mrkdwn(item.text)


def _fires(threshold: str, speech: Speech) -> str:
    if not threshold:
        return ""
    if threshold.startswith("is"):
        return speech.t("fires when it {threshold}", threshold=threshold)
    return speech.t("fires when {threshold}", threshold=threshold)


def _act(answer: Answer, what: What, speech: Speech) -> Safe:
    episode = answer.episode
    assert episode is not None, "only an episode can be acted on"
    if what is What.SNOOZE:
        day, who = speech.day(episode.snoozed_until), mention(episode.snoozed_by)
        return Safe(speech.t("snoozed until {day} by {who}", day=day, who=who) + _because(episode.snooze_reason))
    if what is What.CLAIMED:
        day, who = speech.day(episode.claimed_at), mention(episode.claimed_by)
        return Safe(speech.t("claimed by {who} on {day}: reminders stop, steps and the end are told", who=who, day=day))
    text = speech.t(
        "closed as {outcome} by {who} on {day}",
        outcome=outcome_word(episode.outcome, speech),
        who=mention(episode.closed_by),
        day=speech.day(episode.closed_at),
    )
    return Safe(text + _because(episode.close_reason))


def _because(reason: str | None) -> str:
    return f": {mrkdwn(short(reason, _DETAIL_MOST))}" if reason else ""


def seen(items: Iterable[Evidence], rule: Rule, currency: Value, speech: Speech) -> Safe:
    """Say comparisons in one line, with their values of now and before."""
    said = dict.fromkeys(str(one) for item in items for one in evidence.compared(item, rule.scope, currency, speech))
    return Safe(DOT.join(map(mrkdwn, said)))


def marked(items: Iterable[Evidence], rule: Rule, currency: Value, speech: Speech) -> Iterator[str]:
    """Say comparisons a line each, with a mark for what holds, what does not and what nobody knows."""
    for item in items:
        yield f"{MARKS[item.truth]} {seen([item], rule, currency, speech) or mrkdwn(item.text)}"


def since(answer: Answer, speech: Speech) -> Safe:
    """Say where the episode stands, and since when."""
    episode = answer.episode
    if episode is None:
        about = answer.rule.scope == "account"
        return Safe(speech.t("it has never fired for this account") if about else speech.t("it has never fired"))
    if episode.phase is Phase.RESOLVED:
        return Safe(_ended(episode, speech))
    if episode.phase is Phase.PENDING:
        return Safe(speech.t("the condition holds since {day}", day=speech.day(episode.opened_on)))
    severity = mrkdwn(phrases.word(episode.severity, speech))
    said = speech.t("{severity}, fired on {day}", severity=severity, day=speech.day(episode.fired_at))
    if episode.escalated_at:
        said += f", {speech.t('escalated on {day}', day=speech.day(episode.escalated_at))}"
    return Safe(said)


def _ended(episode: Episode, speech: Speech) -> str:
    fired, ended = speech.day(episode.fired_at), speech.day(episode.resolved_at)
    if episode.outcome is None:
        return speech.t("last fired on {fired}, ended on {ended}", fired=fired, ended=ended)
    outcome = outcome_word(episode.outcome, speech)
    return speech.t("last fired on {fired}, ended on {ended} as {outcome}", fired=fired, ended=ended, outcome=outcome)


def told(messages: Sequence[Told], most: int, speech: Speech) -> Iterator[str]:
    """Say what was said to whom, newest first, a line for each thing that was said."""
    groups = [list(group) for _, group in groupby(messages, key=lambda one: one.transition)]
    for group in reversed(groups[-most:]):
        version = group[0].version
        by = f" ({speech.t('rule version {version}', version=mrkdwn(version))})" if version else ""
        to = ", ".join(_addressee(one, speech) for one in group)
        what = mrkdwn(_said(group[0].transition, speech))
        yield f"{speech.t('{what} on {day}', what=what, day=speech.day(group[0].at))}{by}: {to}"


def _said(transition: str, speech: Speech) -> str:
    """Write a transition as people do: `repeat-2026-03-01` as `repeat`, the day stands beside it."""
    name = transition.partition("@")[0]
    kind, _, rest = name.partition("-")
    known = speech.t(_TRANSITIONS[kind]) if kind in _TRANSITIONS else kind
    return known if kind in {"repeat", "woke"} else f"{known} {phrases.word(rest, speech)}".strip()


def _addressee(one: Told, speech: Speech) -> str:
    to, detail = mrkdwn(short(one.to, 80)), _detail(one.detail, speech)
    if one.how is How.DIGESTED:
        return f"{to} ({detail or mrkdwn(speech.t(_IN_DIGEST))})"
    how = _HOW.get(one.how)
    return f"{to} ({speech.t(how)}{_beside(detail)})" if how else to


def spoke(episode: Episode, rule: Rule, speech: Speech) -> str | None:
    """Name the version that the episode last held by, where the rule has changed since."""
    if episode.rule_version == rule.version:
        return None
    version = mrkdwn(episode.rule_version)
    return speech.t("held by rule version {version}; the rule has changed since", version=version)
