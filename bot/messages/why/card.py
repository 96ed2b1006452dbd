"""Why, as a message: all rules of a subject at a glance, or one rule with everything that it looks at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from bot.core.metrics import METRICS, Unit
from bot.core.verdicts import Mode
from bot.core.why.case import State
from bot.messages import words
from bot.messages.escape import mrkdwn, plain, short
from bot.messages.message import Headline, Message, Note, Text
from bot.messages.revise import HEADLINE_MOST
from bot.messages.split import cut
from bot.messages.why import lines

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date

    from bot.core.verdicts import Evidence, Rule, Value
    from bot.core.why.case import Answer
    from bot.messages.message import Block

_RULES_MOST: Final = 15
_SAID_MOST: Final = 8
_RULE_TEXT_MOST: Final = 550
_PART_MOST: Final = 1_500
_NAME_MOST: Final = 60
_MEASURED: Final = frozenset({Unit.SHARE, Unit.CHANGE, Unit.COUNT, Unit.RATIO, Unit.SCORE, Unit.MONEY})
"""Units of metrics that look at a stretch of days; dates and names have none that anybody asks for."""
_MARKS: Final = {State.PENDING: "◐", State.QUIET: "○", State.UNKNOWN: "?"}


@dataclass(frozen=True, slots=True)
class Asked:
    """Whom it was asked about."""

    name: str
    as_of: date
    before_on: date | None
    """The day of the earlier values."""
    currency: Value
    command: str
    """What asks for one rule, when the name of the rule follows: `/headroom why Acme`."""


def why_card(answers: Sequence[Answer], asked: Asked) -> Message:
    """Write the answer for all rules, most telling first; the last ones are counted where they are too many."""
    title = f"{short(asked.name, _NAME_MOST)}: {_counted(answers)}"
    shown = answers[:_RULES_MOST]
    blocks: list[Block] = [Headline(short(plain(title), HEADLINE_MOST))]
    blocks += [Text(cut("\n".join(_at_a_glance(answer, asked.currency)), _RULE_TEXT_MOST)) for answer in shown]
    if len(answers) > len(shown):
        more = ", ".join(mrkdwn(answer.rule.name) for answer in answers[len(shown) :])
        blocks.append(Text(cut(f"and {len(answers) - len(shown)} more: {more}", _RULE_TEXT_MOST)))
    if not answers:
        blocks.append(Text("No rule is about this."))
    else:
        blocks.append(Text(f"Everything about one rule: `{mrkdwn(asked.command)} {mrkdwn(answers[0].rule.name)}`"))
    blocks.append(Note((*_days(asked),)))
    return Message("answer", mrkdwn(title), tuple(blocks))


def rule_card(answer: Answer, asked: Asked) -> Message:
    """Write the answer for one rule: each comparison, what would clear it, and what was said to whom."""
    rule = answer.rule
    verb = _VERBS[answer.state]
    title = f"{short(asked.name, _NAME_MOST)}: {rule.name} {verb}"
    parts = [Text(cut(text, _PART_MOST)) for text in _parts(answer, asked.currency) if text]
    shadow = ("In shadow mode: recorded, not sent",) if rule.mode is Mode.SHADOW else ()
    note = Note((*_days(asked), f"Rule version {mrkdwn(rule.version)}", *shadow))
    return Message("answer", mrkdwn(title), (Headline(short(plain(title), HEADLINE_MOST)), *parts, note))


def misfit(rule: Rule, asked: Asked) -> Message:
    """Say that a rule is about something else than what was asked about."""
    title = f"{rule.name} is about each {rule.scope}"
    text = f"Rule {mrkdwn(rule.name)} is about each {rule.scope}: it says nothing of {mrkdwn(asked.name)}."
    return Message("answer", mrkdwn(title), (Headline(plain(title)), Text(text)))


_VERBS: Final = {
    State.FIRING: "fires",
    State.CLAIMED: "fires, and is claimed",
    State.SNOOZED: "is snoozed",
    State.CLOSED: "is closed",
    State.PENDING: "holds, but is not said",
    State.QUIET: "does not fire",
    State.UNKNOWN: "does not fire: unknown",
}


def _counted(answers: Sequence[Answer]) -> str:
    open_ones = sum(map(lines.fires, answers))
    waiting = sum(answer.state is State.PENDING for answer in answers)
    counts = [f"{open_ones or 'no'} {'alert' if open_ones == 1 else 'alerts'} open"]
    counts += [f"{waiting} held back"] if waiting else []
    return f"{', '.join(counts)}, {len(answers) - open_ones - waiting} of {len(answers)} rules quiet"


def _at_a_glance(answer: Answer, currency: Value) -> Iterator[str]:
    name, held = mrkdwn(answer.rule.name), lines.held(answer, currency)
    if lines.fires(answer):
        yield f"● *{name}*: {lines.since(answer)}"
        yield lines.seen(answer.deciding, answer.rule, currency)
        yield from (f"Said: {one}" for one in lines.told(answer.told, 1))
        if held:
            yield f"Now: {held}"
    else:
        yield f"{_MARKS[answer.state]} *{name}*: {held}"
        if answer.state is State.PENDING:
            yield lines.seen(answer.deciding, answer.rule, currency)


def _parts(answer: Answer, currency: Value) -> Iterator[str]:
    rule, held = answer.rule, lines.held(answer, currency)
    if held:
        yield f"*{'Now' if lines.fires(answer) else 'Held by'}:* {held}"
    yield f"*Episode:* {lines.since(answer)}"
    yield _list("*When*", [_comparison(item, rule, currency) for item in answer.finding.evidence])
    yield _list("*Ends when*", list(lines.marked(answer.clear, rule, currency)))
    episode = answer.episode
    if episode is not None and episode.evidence and episode.evidence_on != answer.finding.as_of:
        then = lines.seen(episode.evidence, rule, currency)
        yield f"*Seen when it last spoke, as of {words.day(episode.evidence_on)}:* {then}"
    said = list(lines.told(answer.told, _SAID_MOST))
    yield _list("*Said*", said) if said else ""
    if episode is not None and lines.fires(answer) and (changed := lines.spoke(episode, rule)):
        yield changed[0].upper() + changed[1:]


def _comparison(item: Evidence, rule: Rule, currency: Value) -> str:
    (line,) = lines.marked([item], rule, currency)
    known = [METRICS[rule.scope][name] for name, _ in item.values]
    windows = dict.fromkeys(one.window for one in known if one.unit in _MEASURED and one.window != "as-of")
    return f"{line}, _{mrkdwn('; '.join(windows))}_" if windows else line


def _list(title: str, items: Sequence[str]) -> str:
    return "\n".join((title, *items))


def _days(asked: Asked) -> Iterator[str]:
    yield f"As of {words.day(asked.as_of)}"
    if asked.before_on is not None:
        yield f"Earlier values of {words.day(asked.before_on)}"
