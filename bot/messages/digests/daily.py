"""A person's day: the alerts that were held back, and what changed about their accounts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from bot.core.digesting import BY_ITSELF, Band, What
from bot.messages import phrases
from bot.messages.digest import KIND, entries_line
from bot.messages.digests.parts import Part, lay_out
from bot.messages.escape import link, mention, mrkdwn, short
from bot.messages.message import Message, Note

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import date

    from bot.core.digesting import Change
    from bot.messages.digest import Entry
    from bot.messages.render import Templates
    from bot.messages.speech import Speech

_SHOWN: Final = 40
_SHOWN_CHANGES: Final = 15
_NAME_MOST: Final = 80


@dataclass(frozen=True, slots=True)
class Changed:
    """A change, and the account that it is about. The texts are plain."""

    change: Change
    name: str
    url: str | None


@dataclass(frozen=True, slots=True)
class Daily:
    """What a person is told together; at least one of both."""

    entries: Sequence[Entry]
    """Alerts that were held back, what matters most first ..."""
    changes: Sequence[Changed]
    """... and what is not as it was."""
    per_day: int
    day: date
    since: date | None
    """The day that the changes are since."""
    company: str
    command: str


def daily(templates: Templates, told: Daily, speech: Speech) -> tuple[Message, ...]:
    """Write the digest, and after it the messages of its thread.

    Raises TemplateError where the template cannot be rendered.
    """
    held = Part("", tuple(entries_line(entry, speech) for entry in told.entries), count=False)
    lines = tuple(change_line(one, speech) for one in told.changes)
    both = bool(told.entries)
    changed = Part(_since(told, speech) if both else "", lines, count=both, shown=_SHOWN_CHANGES if both else _SHOWN)
    laid = lay_out([held, changed], _SHOWN, speech)
    given = {
        "as_of": told.day,
        "company": told.company,
        "lines": told.entries,
        "changes": told.changes,
        "reason": _reason(told, speech),
    }
    hint = Note((speech.t("`{command} NAME` shows what is open with an account", command=mrkdwn(told.command)),))
    first = templates.composed(KIND, given, (*laid.blocks, hint), speech)
    return (first, *(Message(KIND, first.summary, blocks) for blocks in laid.thread))


def _reason(told: Daily, speech: Speech) -> str:
    if not told.entries:
        return f"{_since(told, speech)}."
    return speech.many(
        "At most 1 alert a day comes by itself; these are the rest.",
        "At most {count} alerts a day come one by one; these are the rest.",
        told.per_day,
    )


def _since(told: Daily, speech: Speech) -> str:
    return speech.t("What changed since {day}", day=speech.day(told.since))


def change_line(one: Changed, speech: Speech) -> str:
    """Write a change as a line of mrkdwn."""
    account = link(short(one.name, _NAME_MOST), one.url)
    return f"• {account}: {_SAID[one.change.what](one.change, speech)}"


def _health(change: Change, speech: Speech) -> str:
    before, after = (phrases.word(str(band), speech) for band in (change.before, change.after))
    return speech.t("health is {after}, was {before}", after=mrkdwn(after), before=mrkdwn(before))


def _utilization(change: Change, speech: Speech) -> str:
    share = speech.percent(change.share)
    texts = {
        Band.LOW: speech.t("uses {share} of its fullest contract line: hardly used", share=share),
        Band.FAIR: speech.t("uses {share} of its fullest contract line", share=share),
        Band.TIGHT: speech.t("uses {share} of its fullest contract line: near the limit", share=share),
        Band.OVER: speech.t("uses {share} of its fullest contract line: more than was bought", share=share),
    }
    return texts[Band(str(change.after))]


def _deadline(change: Change, speech: Speech) -> str:
    if change.before is None:
        return speech.t("a deadline is known now: {day}", day=speech.day(change.after))
    return speech.t(
        "the deadline is {after}, was {before}", after=speech.day(change.after), before=speech.day(change.before)
    )


def _ended(change: Change, speech: Speech) -> str:
    rule, outcome = mrkdwn(str(change.before)), str(change.after)
    if outcome == BY_ITSELF:
        return speech.t("{alert} is over: the condition no longer holds", alert=rule)
    word = phrases.word(outcome.replace("_", " "), speech)
    return speech.t("{alert} is over: {outcome}", alert=rule, outcome=mrkdwn(word))


def _claimed(change: Change, speech: Speech) -> str:
    return speech.t(
        "{person} has taken on {alert}", person=mention(str(change.after)), alert=mrkdwn(str(change.before))
    )


_SAID: Final[Mapping[What, Callable[[Change, Speech], str]]] = {
    What.HEALTH: _health,
    What.UTILIZATION: _utilization,
    What.DEADLINE: _deadline,
    What.ENDED: _ended,
    What.CLAIMED: _claimed,
}
