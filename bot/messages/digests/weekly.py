"""A team's week: who is at risk and could buy more, what comes up, what moved, and who has what unclaimed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from bot.core.book import Sums
from bot.messages import phrases
from bot.messages.amounts import by_currency
from bot.messages.digest import KIND, Entry, entries_line
from bot.messages.digests.parts import Part, lay_out
from bot.messages.escape import mention, mrkdwn, short
from bot.messages.message import Message, Note

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import date

    from bot.core.digesting import Moved, Week
    from bot.messages.render import Templates
    from bot.messages.speech import Speech

TEMPLATE: Final = "weekly"
_SHOWN: Final = 10
_NAME_MOST: Final = 80


@dataclass(frozen=True, slots=True)
class Alerted:
    """An open alert of the week."""

    entry: Entry
    claimed_by: str | None
    """Slack user id."""


@dataclass(frozen=True, slots=True)
class Unclaimed:
    """What one owner has open that nobody has taken on."""

    owner: str | None
    """Name; None: the accounts have none."""
    unclaimed: int
    open: int
    at_stake: Sums
    """Of the unclaimed ones."""


@dataclass(frozen=True, slots=True)
class Weekly:
    """Everything that a weekly digest is written from. The texts are plain."""

    whose: str
    """Whose accounts these are, as a sentence begins: "All accounts"."""
    risks: Sequence[Alerted]
    """What matters most first; so are all the others."""
    upsells: Sequence[Alerted]
    weeks: Sequence[Week]
    """Of the weeks ahead, those without a renewal too."""
    undated: int
    """Accounts whose deadline nobody knows."""
    at_stake: Sums
    moved: Sequence[Moved]
    since: date | None
    """The day of the digest before; None: there was none to compare with."""
    arr: Mapping[str | None, float]
    """Of all these accounts, by currency."""
    unclaimed: Sequence[Unclaimed]
    as_of: date
    company: str
    command: str


def weekly(templates: Templates, told: Weekly, speech: Speech) -> tuple[Message, ...]:
    """Write the digest, and after it the messages of its thread.

    Raises TemplateError where the template cannot be rendered.
    """
    laid = lay_out(list(_parts(told, speech)), _SHOWN, speech)
    given = {
        "as_of": told.as_of,
        "company": told.company,
        "lines": [one.entry for one in told.risks],
        "lead_value": amounts(Sums(told.at_stake.amounts, 0), speech),
        "reason": told.whose,
    }
    command = mrkdwn(f"{told.command} NAME")
    note = Note(
        (
            speech.t("As of {day}", day=speech.day(told.as_of)),
            speech.t("An account counts once, with the most that one of its alerts puts at stake"),
            speech.t("`{command}` shows what is open with an account", command=command),
        )
    )
    first = templates.composed(TEMPLATE, given, (*laid.blocks, note), speech)
    return (first, *(Message(KIND, first.summary, blocks) for blocks in laid.thread))


def _parts(told: Weekly, speech: Speech) -> Iterator[Part]:
    heading = speech.t("At stake")
    if told.since is not None:
        heading = speech.t("At stake since {day}", day=speech.day(told.since))
    yield Part(heading, tuple(_moved(one, told, speech) for one in told.moved), count=False)
    yield Part(speech.t("Churn risks"), tuple(_alert(one, speech) for one in told.risks))
    yield Part(speech.t("Upsells"), tuple(_alert(one, speech) for one in told.upsells))
    yield Part(speech.t("Renewals by week"), tuple(_weeks(told, speech)), count=False, shown=len(told.weeks) + 2)
    yield Part(speech.t("Nobody has claimed"), tuple(_unclaimed(one, speech) for one in told.unclaimed), count=False)


def _alert(one: Alerted, speech: Speech) -> str:
    line = entries_line(one.entry, speech)
    if one.claimed_by is None:
        return line
    return f"{line} · {speech.t('claimed by {person}', person=mention(one.claimed_by))}"


def _moved(moved: Moved, told: Weekly, speech: Speech) -> str:
    line = f"• {_now(moved, told, speech)}"
    if told.since is None:
        return line
    said = [speech.t("{amount} before", amount=mrkdwn(speech.money(moved.before, moved.currency)))]
    said += [text for amount, text in _steps(moved, speech) if amount]
    return f"{line}: {', '.join(said)}"


def _now(moved: Moved, told: Weekly, speech: Speech) -> str:
    unknown = speech.many("1 account with an unknown amount", "{count} accounts with unknown amounts", moved.unknown)
    if moved.unknown and not moved.now:
        return unknown  # of nothing but unknown amounts the sum is unknown, too
    said = [f"*{mrkdwn(speech.money(moved.now, moved.currency))}*"]
    if arr := told.arr.get(moved.currency):
        said.append(speech.t("{share} of ARR", share=speech.percent(moved.now / arr, 1)))
    return ", ".join([*said, *([unknown] if moved.unknown else [])])


def _steps(moved: Moved, speech: Speech) -> Iterator[tuple[float, str]]:
    yield moved.opened, speech.t("+{amount} opened", amount=speech.number(moved.opened))
    sign = "+" if moved.changed > 0 else "−"
    yield moved.changed, speech.t("{amount} changed", amount=f"{sign}{speech.number(abs(moved.changed))}")
    for outcome, amount in sorted(moved.closed.items()):
        word = phrases.word(outcome.replace("_", " "), speech)
        yield amount, speech.t("−{amount} {outcome}", amount=speech.number(amount), outcome=mrkdwn(word))


def _weeks(told: Weekly, speech: Speech) -> Iterator[str]:
    for week in told.weeks:
        if week.accounts:
            count = speech.many("1 account", "{count} accounts", week.accounts)
            money = mrkdwn(amounts(week.arr, speech))
            day = speech.t("Week of {day}", day=speech.day(week.begins))
            yield f"• {day}: {count}{f', {money}' if money else ''}"
    idle = sum(1 for week in told.weeks if not week.accounts)
    if idle:
        yield f"• {speech.many('1 week without any', '{count} weeks without any', idle)}"
    if told.undated:
        unknown = speech.many(
            "1 account has no known deadline", "{count} accounts have no known deadline", told.undated
        )
        yield f"• {unknown}"


def _unclaimed(one: Unclaimed, speech: Speech) -> str:
    name = mrkdwn(short(one.owner, _NAME_MOST)) if one.owner else speech.t("no owner")
    count = speech.many(
        "{unclaimed} of {count} alert",
        "{unclaimed} of {count} alerts",
        one.open,
        unclaimed=speech.number(one.unclaimed),
    )
    money = mrkdwn(amounts(one.at_stake, speech))
    stake = f", {speech.t('{amount} at stake', amount=money)}" if money else ""
    return f"• {name}: {count}{stake}"


def amounts(sums: Sums, speech: Speech) -> str:
    """Write sums, a currency each; what is unknown is counted. Plain text; empty where there is nothing."""
    unknown = speech.many("1 of unknown amount", "{count} of unknown amounts", sums.unknown) if sums.unknown else ""
    return ", ".join(filter(None, (by_currency(sums, speech), unknown)))
