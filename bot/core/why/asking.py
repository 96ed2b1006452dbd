"""Why each rule speaks of a subject, or what keeps it from speaking: the first thing in the order of judgement. Pure.

The condition comes first, as without it there is nothing to hold back: then guards, inhibition, `for`, the steps of a
countdown, what people did with the episode, shadow mode, the attention budget, quiet hours and delivery of what was
said last, and the repeat interval.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from bot.core.episode import Phase, Reason
from bot.core.episodes import days, word
from bot.core.judge import judge_one
from bot.core.verdicts import Mode, Truth
from bot.core.why.case import Answer, Held, How, State, What
from bot.core.why.tree import deciding, gap, tree_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date

    from bot.core.episode import Episode
    from bot.core.verdicts import Evidence, Finding, Rule
    from bot.core.why.case import Case, Stood, Told

_ORDER: Final = tuple(State)
_OF_PHASE: Final = {
    Phase.PENDING: State.PENDING,
    Phase.FIRING: State.FIRING,
    Phase.CLAIMED: State.CLAIMED,
    Phase.SNOOZED: State.SNOOZED,
    Phase.CLOSED: State.CLOSED,
}
_GUARDS: Final = {Reason.HELD: What.GUARD, Reason.INHIBITED: What.INHIBITION}
_SILENT: Final = frozenset({Reason.ALREADY_SAID, Reason.TAKEN, Reason.BETWEEN, None})
"""Reasons for which the last night said nothing of an alert; others said it, and nothing holds it."""
_DAY: Final = timedelta(days=1)
_NEXT_NIGHT: Final = "the next night judges it"
_UNHEARD: Final = {How.DIGESTED: What.BUDGET, How.DEFERRED: What.QUIET_HOURS, How.FAILED: What.DELIVERY}
"""Of a message that stands nowhere by itself: what keeps it."""


def why(case: Case, rules: Sequence[Rule], only: str | None = None) -> tuple[Answer, ...]:
    """Answer for every rule of the case's scope, or for the one of the name `only`, then with what would clear it.

    What fires comes first, then what is held back, then by how near the condition is to holding.
    """
    asked = [rule for rule in rules if rule.scope is case.scope and only in {None, rule.name}]
    found = judge_one(asked, case.scope, case.subject, case.row, case.as_of, before=case.before)
    answers = [_answer(case, rule, finding) for rule, finding in zip(asked, found, strict=True)]
    if only is not None:
        answers = [replace(answer, clear=_clear(case, answer.rule)) for answer in answers]
    return tuple(sorted(answers, key=lambda answer: (_ORDER.index(answer.state), answer.gap)))


def _clear(case: Case, rule: Rule) -> tuple[Evidence, ...]:
    turned = replace(rule, when=rule.clear)
    return judge_one([turned], case.scope, case.subject, case.row, case.as_of, before=case.before)[0].evidence


def _answer(case: Case, rule: Rule, finding: Finding) -> Answer:
    tree, seen = tree_of(rule.when, rule.scope), {item.text: item for item in finding.evidence}
    own = [episode for episode in case.episodes if episode.rule == rule.name]
    opened = next((episode for episode in own if episode.phase is not Phase.RESOLVED), None)
    episode = opened or next((past for past in own if past.fired_at is not None), None)
    told = case.told.get(episode.episode_id, ()) if episode else ()
    return Answer(
        rule=rule,
        state=_state(finding, opened),
        held_by=next(_holds(case, rule, finding, opened), None),
        finding=finding,
        deciding=tuple(seen[leaf.text] for leaf in deciding(tree, seen)),
        gap=gap(tree, seen),
        clear=(),
        episode=episode,
        told=told,
    )


def _state(finding: Finding, opened: Episode | None) -> State:
    if opened is not None:
        return _OF_PHASE[opened.phase]
    return {Truth.TRUE: State.PENDING, Truth.FALSE: State.QUIET, Truth.UNKNOWN: State.UNKNOWN}[finding.holds]


def _holds(case: Case, rule: Rule, finding: Finding, opened: Episode | None) -> Iterator[Held]:
    """Yield what keeps the rule from speaking, in the order of judgement."""
    stood = case.stood.get(rule.name)
    if finding.holds is not Truth.TRUE:
        yield Held(What.CONDITION, _still_open(finding, opened))
    if stood is not None and stood.reason in _GUARDS:
        yield Held(_GUARDS[stood.reason], stood.detail)
    if opened is None:
        yield _unopened(stood, case.as_of)
    elif opened.phase is Phase.PENDING:
        yield from _waits(rule, finding, opened)
    else:
        yield from _acts(opened)
        yield from _unheard(rule, opened, case.told.get(opened.episode_id, ()))
        yield from _said(rule, finding, opened, stood)


def _still_open(finding: Finding, opened: Episode | None) -> str:
    if finding.holds is Truth.UNKNOWN:
        return "unknown: that neither fires nor ends anything" if opened else "unknown, and unknown never fires"
    if opened is None or opened.phase is Phase.PENDING:
        return "it does not hold"
    return "it no longer holds" if finding.clears is Truth.TRUE else "it no longer holds, and is not clear of it yet"


def _unopened(stood: Stood | None, as_of: date) -> Held:
    if stood is not None and stood.reason is Reason.ENDED:
        return Held(What.NIGHT, stood.detail, as_of + _DAY)
    return Held(What.NIGHT, _NEXT_NIGHT)


def _waits(rule: Rule, finding: Finding, opened: Episode) -> Iterator[Held]:
    so_far, wanted = finding.as_of - opened.opened_on, -(-rule.hold // _DAY) * _DAY
    if so_far < rule.hold:
        yield Held(What.FOR, f"day {so_far.days} of {wanted.days}", opened.opened_on + wanted)
    if rule.countdown is not None and (finding.countdown is None or finding.countdown > rule.steps[0]):
        yield _before_steps(rule, finding)
    yield Held(What.NIGHT, _NEXT_NIGHT)


def _before_steps(rule: Rule, finding: Finding) -> Held:
    first = f"the first step is at {days(rule.steps[0])}"
    if finding.countdown is None:
        return Held(What.STEP, f"{first}; how many are left is unknown")
    left = finding.countdown - rule.steps[0]
    return Held(What.STEP, f"{first}; {days(finding.countdown)} are left", finding.as_of + timedelta(days=left))


def _acts(opened: Episode) -> Iterator[Held]:
    because = {Phase.SNOOZED: opened.snooze_reason, Phase.CLOSED: opened.close_reason}.get(opened.phase)
    reason = f": {because}" if because else ""
    if opened.phase is Phase.SNOOZED:
        detail = f"snoozed until {opened.snoozed_until} by {opened.snoozed_by}{reason}"
        yield Held(What.SNOOZE, detail, opened.snoozed_until)
    elif opened.phase is Phase.CLOSED:
        yield Held(What.CLOSED, f"closed as {word(opened.outcome)} by {opened.closed_by}{reason}")
    elif opened.phase is Phase.CLAIMED:
        yield Held(What.CLAIMED, f"claimed by {opened.claimed_by}: reminders stop; steps, rises and the end are told")


def _unheard(rule: Rule, opened: Episode, told: Sequence[Told]) -> Iterator[Held]:
    """Yield why people have not heard of it, or not of what was said last."""
    if not opened.announced and rule.mode is Mode.SHADOW:
        yield Held(What.SHADOW, "the rule is in shadow mode: recorded, not sent")
    elif not opened.announced:
        yield Held(What.NIGHT, "the rule is live now; the next night says it")
    last = [one for one in told if one.transition == told[-1].transition]
    if last and all(one.how in _UNHEARD for one in last):
        yield Held(_UNHEARD[last[0].how], last[0].detail)


def _said(rule: Rule, finding: Finding, opened: Episode, stood: Stood | None) -> Iterator[Held]:
    if opened.notified_at is None or (stood is not None and stood.reason not in _SILENT):
        return
    if rule.countdown is not None:
        yield _next_step(rule, finding)
    elif rule.repeat is None:
        yield Held(What.REPEAT, "it was said; the rule says it once")
    else:
        again = opened.notified_at.date() + rule.repeat
        yield Held(What.REPEAT, f"it was said; again after {days(rule.repeat.days)}", again)


def _next_step(rule: Rule, finding: Finding) -> Held:
    left = finding.countdown
    after = next((step for step in rule.steps if left is not None and step < left), None)
    if left is None or after is None:
        return Held(What.REPEAT, "it was said; no step is left")
    detail = f"it was said; the next step is at {days(after)}"
    return Held(What.STEP, detail, finding.as_of + timedelta(days=left - after))
