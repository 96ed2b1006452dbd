"""What the core and the connectors say in English sentences of their own, in the reader's language.

They know no reader: the core gives reasons like "held for 14 days". Each kind of sentence stands here once
with its holes, is recognized by them, and said again in the reader's language; what is recognized by none stays as it
is. `tests/messages/test_phrases.py` holds the table to what the core says.
"""

from __future__ import annotations

import re
from datetime import date, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from bot.messages.speech import msg

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from bot.messages.speech import Speech

WORDS: Final = (
    *(msg("low"), msg("medium"), msg("high"), msg("critical")),
    *(msg("red"), msg("yellow"), msg("green")),
    *(msg("recovered"), msg("expanded"), msg("renewed"), msg("lost"), msg("false alarm")),
    *(msg("account"), msg("source"), msg("fleet"), msg("owner"), msg("csm"), msg("manager")),
)
"""Severities, bands, outcomes, scopes and roles."""

SENTENCES: Final = (
    # episodes
    msg("it holds"),
    msg("held for {days}"),
    msg("held for {days} of {span}"),
    msg("it held for {days}"),
    msg("the days left are unknown"),
    msg("{days} left"),
    msg("{days} are left"),
    msg("after {days}"),
    msg("the deadline moved: {days} left"),
    msg("now {word}"),
    msg("said {days} ago"),
    msg("it was snoozed until {day}, and still holds"),
    msg("it has held for {days}; the rule is live now"),
    msg("it ended on the day that it opened; a new one can open tomorrow"),
    msg("the condition no longer holds"),
    msg("data arrived late: with the usage as it is known now, the condition did not hold on {day}"),
    # what people do
    msg("claimed by {who}"),
    msg("closed as {word} by {who}"),
    msg("snoozed until {day} by {who}"),
    msg("it has ended: there is nothing left to take on"),
    msg("it has ended: there is nothing left to snooze"),
    msg("{who} has closed it"),
    msg("{who} has closed it: it is silent already"),
    msg("{who} has closed it as {word}"),
    msg("{who} has had it"),
    msg("{who} has had it since {moment}"),
    msg("it has not fired yet: there is nothing to take on"),
    msg("it has not fired yet: there is nothing to snooze"),
    msg("it has not fired yet: there is nothing to close"),
    msg("{day} does not lie ahead"),
    msg("{day} is more than a year away"),
    msg("it ended before it fired"),
    msg("there is nothing to escalate"),
    msg("the manager has been told"),
    msg("{span} of {other} have passed"),
    msg("nobody has claimed it for {span} of working time"),
    # why
    msg("unknown: that neither fires nor ends anything"),
    msg("unknown, and unknown never fires"),
    msg("it does not hold"),
    msg("it no longer holds"),
    msg("it no longer holds, and is not clear of it yet"),
    msg("the next night judges it"),
    msg("day {number} of {total}"),
    msg("the first step is at {days}; how many are left is unknown"),
    msg("the first step is at {days}; {span} are left"),
    msg("the rule is in shadow mode: recorded, not sent"),
    msg("the rule is live now; the next night says it"),
    msg("it was said; the rule says it once"),
    msg("it was said; again after {days}"),
    msg("it was said; no step is left"),
    msg("it was said; the next step is at {days}"),
    msg("more than {number} alerts on {day}: it stands in the digest"),
    msg("until {clock}"),
    msg("claimed by {who}: reminders stop; steps, rises and the end are told"),
    # guards
    msg("{source} could not be read: {rest}"),
    msg("{source} has never delivered anything"),
    msg("{source} is stale: {rest}"),
    msg("{source} is incomplete: {rest}"),
    msg("nothing of it is complete"),
    msg("complete to {day}"),
    msg("{share} of its rows were refused"),
    msg("{share} of its accounts are gone"),
    msg("{share} of its usage is no account's"),
    msg("{rule} is open for the account"),
    msg("{rule} is open on the same line: {products}"),
    # trends
    msg("trend unknown: nothing is known of the last 14 days"),
    msg("too little history to tell a trend yet"),
    msg("too little use to tell a trend from chance"),
    msg("no trend: use is as its own weekday pattern lets expect"),
    msg("no trend by the week; there is too little use to judge single days"),
    msg("no trend by the month"),
    msg("against its own weekday pattern"),
    msg("by the week"),
    msg("by the month"),
    msg("as there is too little use to judge single days"),
    msg("provisional, as under 75 days are known"),
    msg("provisional, as only a few weeks are known"),
    msg("up {share}"),
    msg("down {share}"),
    msg("up {share} since {day}"),
    msg("down {share} since {day}"),
    msg("up {share} since the week of {day}"),
    msg("down {share} since the week of {day}"),
    msg("{number} times as much"),
    msg("{number} times as much since {day}"),
    msg("{number} times as much since the week of {day}"),
    msg("no use at all"),
    msg("no use at all since {day}"),
    msg("no use at all since the week of {day}"),
    msg("in use"),
    msg("in use since {day}"),
    msg("in use since the week of {day}"),
    msg("changed"),
    msg("changed since {day}"),
    msg("changed since the week of {day}"),
    msg("with the contract"),
    msg("with the contract: {number} became {total} on {day}"),
    msg("the fleet is flat"),
    msg("the fleet is up {share}"),
    msg("the fleet is down {share}"),
    msg("the fleet too is up {share}"),
    msg("the fleet too is down {share}"),
    msg("which is taken out"),
    # who may see what
    msg("this is nobody who could be shown anything"),
    msg("you are not a member of this workspace"),
    msg("you are a guest of this workspace"),
    msg("your address is not known, so that Salesforce cannot be asked what you may see"),
    msg("Salesforce has no active user with the address {email}"),
    msg("Salesforce has several active users with the address {email}; it must be one"),
    msg("Salesforce could not be asked what you may see: {problem}"),
)
"""Everything that is recognized. A hole's name tells what may stand in it."""

_FIGURE: Final = r"-?[\d,]+(?:\.\d+)?"
_SPAN: Final = r"\d[\d,]* (?:days?|hours?)"
_DAY: Final = r"\d{4}-\d\d-\d\d|\d{1,2} [A-Z][a-z]+(?: \d{4})?|[A-Z][a-z]+(?: \d{4})?"
_HOLES: Final[Mapping[str, str]] = {
    "days": _SPAN,
    "span": _SPAN,
    "other": _SPAN,
    "day": _DAY,
    "clock": r"\d{1,2} [A-Z][a-z]+ \d{4}, \d\d:\d\d \S+",
    "moment": r"\d{4}-\d\d-\d\d \d\d:\d\d",
    "share": rf"{_FIGURE} %",
    "number": _FIGURE,
    "total": _FIGURE,
    "word": "|".join(WORDS),
}
_ANYTHING: Final = r".+?"
_JOINTS: Final = ("; ", ", ")


def said(text: str, speech: Speech) -> str:
    """Say what the core said in the reader's language; in English, and where the core never said it, as it is."""
    if speech.english or not text:
        return text
    whole = _sentence(text, speech)
    if whole is not None:
        return whole
    for joint in _JOINTS:
        pieces = text.split(joint)
        # The longest beginning that is a sentence: some sentences hold a joint themselves.
        for end in range(len(pieces) - 1, 0, -1):
            head = _sentence(joint.join(pieces[:end]), speech)
            if head is not None:
                return f"{head}{joint}{said(joint.join(pieces[end:]), speech)}"
    head, joint, rest = text.partition(_JOINTS[0])
    return f"{head}{joint}{said(rest, speech)}"


def _sentence(text: str, speech: Speech) -> str | None:
    for sentence, pattern in _patterns():
        found = pattern.fullmatch(text)
        if found is not None:
            return speech.t(sentence, **{name: _filled(name, part, speech) for name, part in found.groupdict().items()})
    return None


def word(text: str, speech: Speech) -> str:
    """Say a severity, a band, an outcome, a scope or a role; what is none stays as it is."""
    return speech.t(text) if text in WORDS else text


@lru_cache(maxsize=1)
def _patterns() -> tuple[tuple[str, re.Pattern[str]], ...]:
    # What has most letters of its own is tried first: `{who} has closed it` fits a longer sentence, too.
    ordered = sorted(SENTENCES, key=lambda one: -len(re.sub(r"{\w+}", "", one)))
    return tuple((one, re.compile(_pattern(one), re.DOTALL)) for one in ordered)


def _pattern(sentence: str) -> str:
    parts = re.split(r"{(\w+)}", sentence)
    return "".join(
        f"(?P<{part}>{_HOLES.get(part, _ANYTHING)})" if place % 2 else re.escape(part)
        for place, part in enumerate(parts)
    )


def _filled(name: str, part: str, speech: Speech) -> str:
    """Write what stood in a hole for the reader; names and reasons that people gave stay as they are."""
    write = _WRITERS.get(name)
    return part if write is None else write(part, speech)


def _span(part: str, speech: Speech) -> str:
    figure, _, unit = part.partition(" ")
    count = int(figure.replace(",", ""))
    return speech.span(count) if unit.startswith("day") else speech.many("1 hour", "{count} hours", count)


def _day(part: str, speech: Speech) -> str:
    known = _parsed(part, ("%Y-%m-%d", "%d %B %Y", "%d %b %Y"))
    if known is not None:
        return speech.day(known)
    # A year that goes without saying is left out by the core; 2000 is leap, so that every day has a place in it.
    if (known := _parsed(f"{part} 2000", ("%d %B %Y",))) is not None:
        return speech.part_of(known, "MMMd")
    if (known := _parsed(f"{part} 2000", ("%B %Y",))) is not None:
        return speech.month(known)
    known = _parsed(part, ("%B %Y",))
    return speech.part_of(known, "yMMMM") if known is not None else part


def _parsed(part: str, forms: Iterable[str]) -> date | None:
    for form in forms:
        try:
            return datetime.strptime(part, form).date()  # noqa: DTZ007 - a day has no time zone
        except ValueError:
            continue
    return None


def _moment(part: str, speech: Speech) -> str:
    return speech.moment(datetime.fromisoformat(f"{part}+00:00"))


def _clock(part: str, speech: Speech) -> str:
    """Write a moment by the clock of whom it is for, whose time zone stands beside it."""
    day, _, rest = part.partition(", ")
    return f"{_day(day, speech)}, {rest}"


def _share(part: str, speech: Speech) -> str:
    return speech.percent(float(part.removesuffix(" %").replace(",", "")) / 100)


def _number(part: str, speech: Speech) -> str:
    return speech.number(float(part.replace(",", "")))


_WRITERS: Final[Mapping[str, Callable[[str, Speech], str]]] = {
    "days": _span,
    "span": _span,
    "other": _span,
    "day": _day,
    "moment": _moment,
    "clock": _clock,
    "share": _share,
    "number": _number,
    "total": _number,
    "word": word,
    "rest": said,
}
