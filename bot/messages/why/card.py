"""Why, as a message: all rules of a subject at a glance, or one rule with everything that it looks at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from bot.core.metrics import METRICS, Unit
from bot.core.verdicts import Mode, Scope
from bot.core.why.case import State
from bot.messages.escape import mrkdwn, plain, short
from bot.messages.message import Headline, Message, Note, Text
from bot.messages.revise import HEADLINE_MOST
from bot.messages.speech import ENGLISH, Speech, msg
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
    speech: Speech = ENGLISH
    """Who asks."""


def why_card(answers: Sequence[Answer], asked: Asked) -> Message:
    """Write the answer for all rules, most telling first; the last ones are counted where they are too many."""
    speech = asked.speech
    title = f"{short(asked.name, _NAME_MOST)}: {_counted(answers, asked.speech)}"
    shown = answers[:_RULES_MOST]
    blocks: list[Block] = [Headline(short(plain(title), HEADLINE_MOST))]
    blocks += [Text(cut("\n".join(_at_a_glance(answer, asked)), _RULE_TEXT_MOST)) for answer in shown]
    if len(answers) > len(shown):
        rest = ", ".join(mrkdwn(answer.rule.name) for answer in answers[len(shown) :])
        count = speech.number(len(answers) - len(shown))
        blocks.append(Text(cut(speech.t("and {count} more: {names}", count=count, names=rest), _RULE_TEXT_MOST)))
    if not answers:
        blocks.append(Text(speech.t("No rule is about this.")))
    else:
        command = f"`{mrkdwn(asked.command)} {mrkdwn(answers[0].rule.name)}`"
        blocks.append(Text(speech.t("Everything about one rule: {command}", command=command)))
    blocks.append(Note((*_days(asked),)))
    return speech.write(Message("answer", mrkdwn(title), tuple(blocks)))


def rule_card(answer: Answer, asked: Asked) -> Message:
    """Write the answer for one rule: each comparison, what would clear it, and what was said to whom."""
    rule, speech = answer.rule, asked.speech
    title = f"{short(asked.name, _NAME_MOST)}: {speech.t(_VERBS[answer.state], rule=rule.name)}"
    parts = [Text(cut(text, _PART_MOST)) for text in _parts(answer, asked) if text]
    shadow = (speech.t("In shadow mode: recorded, not sent"),) if rule.mode is Mode.SHADOW else ()
    version = speech.t("Rule version {version}", version=mrkdwn(rule.version))
    note = Note((*_days(asked), version, *shadow))
    return speech.write(_message(title, parts, note))


def _message(title: str, parts: Sequence[Block], note: Note) -> Message:
    return Message("answer", mrkdwn(title), (Headline(short(plain(title), HEADLINE_MOST)), *parts, note))


def misfit(rule: Rule, asked: Asked) -> Message:
    """Say that a rule is about something else than what was asked about."""
    speech = asked.speech
    title = speech.t(_ABOUT[rule.scope], rule=rule.name)
    nothing = speech.t("It says nothing of {name}.", name=mrkdwn(asked.name))
    text = f"{speech.t(_ABOUT[rule.scope], rule=mrkdwn(rule.name))}. {nothing}"
    return speech.write(Message("answer", mrkdwn(title), (Headline(plain(title)), Text(text))))


_ABOUT: Final = {
    Scope.ACCOUNT: msg("{rule} is about each account"),
    Scope.SOURCE: msg("{rule} is about each source"),
    Scope.FLEET: msg("{rule} is about all accounts together"),
}
_VERBS: Final = {
    State.FIRING: msg("{rule} fires"),
    State.CLAIMED: msg("{rule} fires, and is claimed"),
    State.SNOOZED: msg("{rule} is snoozed"),
    State.CLOSED: msg("{rule} is closed"),
    State.PENDING: msg("{rule} holds, but is not said"),
    State.QUIET: msg("{rule} does not fire"),
    State.UNKNOWN: msg("{rule} does not fire: unknown"),
}


def _counted(answers: Sequence[Answer], speech: Speech) -> str:
    open_ones = sum(map(lines.fires, answers))
    waiting = sum(answer.state is State.PENDING for answer in answers)
    counts = [
        speech.many("{count} alert open", "{count} alerts open", open_ones) if open_ones else speech.t("no alerts open")
    ]
    counts += [speech.t("{count} held back", count=speech.number(waiting))] if waiting else []
    quiet = speech.number(len(answers) - open_ones - waiting)
    counts.append(speech.t("{quiet} of {total} rules quiet", quiet=quiet, total=speech.number(len(answers))))
    return ", ".join(counts)


def _at_a_glance(answer: Answer, asked: Asked) -> Iterator[str]:
    name, currency, speech = mrkdwn(answer.rule.name), asked.currency, asked.speech
    held = lines.held(answer, currency, speech)
    if lines.fires(answer):
        yield f"● *{name}*: {lines.since(answer, speech)}"
        yield lines.seen(answer.deciding, answer.rule, currency, speech)
        yield from (speech.t("Said: {what}", what=one) for one in lines.told(answer.told, 1, speech))
        if held:
            yield speech.t("Now: {what}", what=held)
    else:
        yield f"{_MARKS[answer.state]} *{name}*: {held}"
        if answer.state is State.PENDING:
            yield lines.seen(answer.deciding, answer.rule, currency, speech)


def _parts(answer: Answer, asked: Asked) -> Iterator[str]:
    rule, currency, speech = answer.rule, asked.currency, asked.speech
    held = lines.held(answer, currency, speech)
    if held:
        yield f"*{speech.t('Now:') if lines.fires(answer) else speech.t('Held by:')}* {held}"
    yield f"*{speech.t('Episode:')}* {lines.since(answer, speech)}"
    yield _list(speech.t("*When*"), [_comparison(item, rule, asked) for item in answer.finding.evidence])
    yield _list(speech.t("*Ends when*"), list(lines.marked(answer.clear, rule, currency, speech)))
    yield _then(answer, asked)
    said = list(lines.told(answer.told, _SAID_MOST, speech))
    yield _list(speech.t("*Said*"), said) if said else ""
    episode = answer.episode
    if episode is not None and lines.fires(answer) and (changed := lines.spoke(episode, rule, speech)):
        yield changed[0].upper() + changed[1:]


def _then(answer: Answer, asked: Asked) -> str:
    """Say what was seen when it last spoke, where that was another day."""
    episode, speech = answer.episode, asked.speech
    if episode is None or not episode.evidence or episode.evidence_on == answer.finding.as_of:
        return ""
    when = speech.t("Seen when it last spoke, as of {day}:", day=speech.day(episode.evidence_on))
    return f"*{when}* {lines.seen(episode.evidence, answer.rule, asked.currency, speech)}"


def _comparison(item: Evidence, rule: Rule, asked: Asked) -> str:
    speech = asked.speech
    (line,) = lines.marked([item], rule, asked.currency, speech)
    known = [METRICS[rule.scope][name] for name, _ in item.values]
    windows = dict.fromkeys(one.window for one in known if one.unit in _MEASURED and one.window != "as-of")
    return f"{line}, _{mrkdwn('; '.join(map(speech.t, windows)))}_" if windows else line


def _list(title: str, items: Sequence[str]) -> str:
    return "\n".join((title, *items))


def _days(asked: Asked) -> Iterator[str]:
    speech = asked.speech
    yield speech.t("As of {day}", day=speech.day(asked.as_of))
    if asked.before_on is not None:
        yield speech.t("Earlier values of {day}", day=speech.day(asked.before_on))
