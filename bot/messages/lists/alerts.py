"""Open alerts of one kind, what matters most first; those that somebody has snoozed stand apart."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from bot.core.episode import Phase
from bot.core.verdicts import Finding, Scope, Truth
from bot.messages.amounts import code_of
from bot.messages.escape import link, mrkdwn, plain, short
from bot.messages.evidence import explain, lead
from bot.messages.lists.common import (
    accounts_menu,
    fitting,
    menu,
    missing_of,
    name_of,
    rest,
    shown_of,
    small_print,
    telling,
    told,
)
from bot.messages.lists.renewals import whose_choices
from bot.messages.message import Cell, Column, Headline, Message, Row, Table, Text
from bot.messages.speech import msg, msgs

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date

    from bot.core.book import Sums
    from bot.core.episode import Episode
    from bot.messages.lists.common import Frame
    from bot.messages.message import Block
    from bot.messages.speech import Speech

_WHY_MOST: Final = 70
_SNOOZED_MOST: Final = 8
_REASON_MOST: Final = 80


@dataclass(frozen=True, slots=True)
class Listing:
    """One alert of a list. Texts as the CRM has them."""

    episode: Episode
    account_id: str
    name: str
    url: str | None
    currency: str | None
    deadline_on: date | None
    owner: str | None
    claimed_by: str | None
    """Name of who has taken it on."""
    snoozed_by: str | None


@dataclass(frozen=True, slots=True)
class Wording:
    """How a list of one kind is headed."""

    title: tuple[str, str]
    none: str
    stake: str
    """What the sum is of."""


WORDING: Final = {
    "churn_risk": Wording(
        msgs("One open churn risk", "{count} open churn risks"),
        msg("No churn risk is open."),
        msg("At stake: *{amount}*."),
    ),
    "upsell": Wording(
        msgs("One open upsell", "{count} open upsells"),
        msg("No upsell is open."),
        msg("Could be added, or is at stake: *{amount}*."),
    ),
}


@dataclass(frozen=True, slots=True)
class Alerts:
    """Open alerts of one kind."""

    kind: str
    rows: tuple[Listing, ...]
    """Those that may be shown, the most urgent first; not all of the list."""
    accounts: int
    """How many accounts the whole list is about."""
    stake: Sums
    """Of the whole list, every account once."""
    unclaimed: int
    """Of the whole list."""
    snoozed: tuple[Listing, ...]
    """Some of them, the first to wake first ..."""
    snoozed_count: int
    """... of so many."""


def alerts_message(found: Alerts, frame: Frame, speech: Speech, most: int) -> tuple[Message, int]:
    """Write the list, no more than `most` rows of it; return how many rows it shows, too."""
    wording = WORDING[found.kind]
    title = speech.many(*wording.title, frame.total)
    blocks: list[Block] = [Headline(title)]
    shown, missing = 0, tuple[str, ...]()
    if found.rows:
        every = [_row(one, frame, speech) for one in found.rows]
        columns, rows, missing = telling(_columns(speech), every, speech.unknown)
        rows = fitting(columns, rows, most)
        shown = shown_of(rows)
        blocks += [
            Text(" ".join(_totals(found, wording, speech))),
            Table(columns, rows, native=frame.native),
            *rest(frame, shown, speech),
        ]
    else:
        blocks.append(Text(speech.t(wording.none)))
    blocks += [*_snoozed(found, speech), *_menus(found, frame, shown, speech), _print(frame, missing, speech)]
    stake = mrkdwn(told(found.stake, speech))
    summary = speech.t("{title}: {amount} at stake", title=title, amount=stake) if found.rows else title
    return Message("answer", summary, tuple(blocks)), shown


def _totals(found: Alerts, wording: Wording, speech: Speech) -> Iterator[str]:
    yield speech.t(wording.stake, amount=mrkdwn(told(found.stake, speech)))
    yield speech.many("One account, counted once.", "{count} accounts, each counted once.", found.accounts)
    if found.unclaimed:
        yield speech.many("One is unclaimed.", "{count} are unclaimed.", found.unclaimed)
    else:
        yield speech.t("All are claimed.")


def _columns(speech: Speech) -> tuple[Column, ...]:
    return (
        Column(speech.t("Account")),
        Column(speech.t("Why")),
        Column(speech.t("At stake"), right=True, said=speech.t("{} at stake")),
        Column(speech.t("Severity"), said=speech.t("{} severity")),
        Column(speech.t("Deadline"), said=speech.t("deadline {}")),
        Column(speech.t("Since"), said=speech.t("since {}")),
        Column(speech.t("Claimed by"), said=speech.t("claimed by {}")),
        Column(speech.t("Owner"), said=speech.t("owner {}")),
    )


def _row(one: Listing, frame: Frame, speech: Speech) -> Row:
    episode = one.episode
    return Row(
        (
            Cell(name_of(one.name), one.url),
            Cell(why(episode, one.currency, frame.as_of, speech)),
            Cell(speech.money(episode.at_stake, code_of(one.currency))),
            Cell(speech.t(episode.severity)),
            Cell(_deadline(one.deadline_on, frame.as_of, speech)),
            Cell(speech.day(episode.opened_on)),
            Cell(_taken(one, speech)),
            Cell(name_of(one.owner) if one.owner else speech.unknown),
        )
    )


def why(episode: Episode, currency: str | None, as_of: date, speech: Speech) -> str:
    """Say in half a line what a rule saw when it last spoke: what tells most, else the rule's name. Plain text."""
    finding = Finding(
        episode.rule, episode.subject, as_of, Truth.TRUE, Truth.FALSE, episode.severity, None, None, episode.evidence
    )
    metric = lead(finding, Scope.ACCOUNT)
    label = speech.label(metric, Scope.ACCOUNT) if metric else None
    seen = next((one for one in explain(finding, Scope.ACCOUNT, currency, speech=speech) if one.label == label), None)
    return short(plain(f"{seen.label} {seen.value}" if seen else episode.rule), _WHY_MOST)


def _deadline(day: date | None, as_of: date, speech: Speech) -> str:
    return speech.unknown if day is None else speech.days((day - as_of).days)


def _taken(one: Listing, speech: Speech) -> str:
    if one.episode.phase is not Phase.CLAIMED:
        return speech.t("nobody")
    who = name_of(one.claimed_by) if one.claimed_by else speech.t("somebody")
    if one.episode.claimed_at is None:
        return who
    return speech.t("{person} on {day}", person=who, day=speech.day(one.episode.claimed_at))


def _snoozed(found: Alerts, speech: Speech) -> Iterator[Block]:
    if not found.snoozed_count:
        return
    lines = [_asleep(one, speech) for one in found.snoozed[:_SNOOZED_MOST]]
    if found.snoozed_count > len(lines):
        lines.append(speech.more(found.snoozed_count - len(lines)))
    title = speech.many("One is snoozed, and in no sum:", "{count} are snoozed, and in no sum:", found.snoozed_count)
    yield Text("\n".join([f"*{title}*", *lines]))


def _asleep(one: Listing, speech: Speech) -> str:
    reason = one.episode.snooze_reason
    said = speech.t(
        "{name}: until {day}, by {person}",
        name=link(name_of(one.name), one.url),
        day=speech.day(one.episode.snoozed_until),
        person=mrkdwn(name_of(one.snoozed_by) if one.snoozed_by else speech.t("somebody")),
    )
    return f"• {said}" + (f" ({mrkdwn(short(plain(reason), _REASON_MOST))})" if reason else "")


def _menus(found: Alerts, frame: Frame, shown: int, speech: Speech) -> Sequence[Block]:
    word = frame.words.partition(" ")[0]
    accounts = [(one.account_id, one.name) for one in found.rows[:shown]]
    return [
        *accounts_menu(frame, accounts, speech),
        *menu(frame, speech.t("Another list"), whose_choices(frame, word, speech)),
    ]


def _print(frame: Frame, missing: Sequence[str], speech: Speech) -> Block:
    order = speech.t("ranked by what is at stake, how severe it is and how near the deadline is")
    return small_print(frame, speech, order, *missing_of(missing, speech))
