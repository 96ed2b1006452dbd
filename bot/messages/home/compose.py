"""The whole of a Home, and what is said instead of one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.core.book import Sums
from bot.messages.amounts import by_currency
from bot.messages.escape import mrkdwn
from bot.messages.home.filters import controls, refresh, title
from bot.messages.home.rows import alerts, book, renewals
from bot.messages.message import Buttons, Divider, Headline, Message, Note, Text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.messages.home.sheet import Sheet
    from bot.messages.message import Block
    from bot.messages.speech import Speech
    from bot.state.rows import SourceState

KIND: Final = "home"
"""Kind of the message."""


def home_message(sheet: Sheet, command: str, speech: Speech) -> Message:
    """Write a Home. `command` is what people type in Slack."""
    heading = title(sheet.whose, speech)
    blocks = (
        Headline(heading),
        *_verdict(sheet, speech),
        *controls(sheet, speech),
        *alerts(sheet, command, speech),
        *book(sheet, speech),
        *renewals(sheet, command, speech),
        Divider(),
        Note(tuple(_freshness(sheet, speech))),
    )
    return speech.write(Message(KIND, mrkdwn(heading), blocks))


def loading_message(speech: Speech) -> Message:
    """Say that a Home is on its way."""
    told = speech.t("Loading: the CRM is asked which accounts you may see…")
    return speech.write(Message(KIND, told, (Text(told),)))


def closed_message(reason: str, ask: str, speech: Speech) -> Message:
    """Say why there is nothing to see. `reason` is plain text; `ask`: the channel where to ask, or empty."""
    heading = speech.t("Nothing can be shown to you")
    why = speech.t("The reason: {reason}.", reason=mrkdwn(reason).removesuffix("."))
    blocks = (Headline(heading), Text(f"{why} {whom_to_ask(ask, speech)}"), Buttons((refresh(speech),)))
    return speech.write(Message(KIND, mrkdwn(heading), blocks))


def failed_message(told: str, speech: Speech) -> Message:
    """Say that it did not work; `told` is mrkdwn and tells where the reason is found."""
    heading = speech.t("Your accounts could not be loaded")
    return speech.write(Message(KIND, mrkdwn(heading), (Headline(heading), Text(told), Buttons((refresh(speech),)))))


def whom_to_ask(channel: str, speech: Speech) -> str:
    """Say where people can ask; `channel` may be empty."""
    if not channel:
        return speech.t("Ask whoever runs Headroom.")
    return speech.t("Ask whoever runs Headroom, in {channel}.", channel=mrkdwn(channel))


def _verdict(sheet: Sheet, speech: Speech) -> Iterator[Block]:
    totals = sheet.totals
    if totals.accounts and sheet.whole:
        accounts = speech.many("*1 account*", "*{count} accounts*", totals.accounts)
        told = speech.t("no open alert")
        if totals.alerts:
            told = speech.many("*1 open alert*", "*{count} open alerts*", totals.alerts)
            told += _with_stake(totals.at_stake, speech)
        yield Text(f"{accounts} · {_arr(totals.arr, speech)} · {told}")
    elif totals.accounts:
        yield Text(speech.t("What has most at stake comes first; a filter shows what lies further down."))
    if sheet.hint:
        yield Text(sheet.hint)


def _with_stake(at_stake: Sums, speech: Speech) -> str:
    if not at_stake.amounts:
        return speech.t(", what is at stake is unknown")
    known = speech.t(", {money} at stake", money=_sum(at_stake, speech))
    return known + _unknown(at_stake, speech)


def _arr(arr: Sums, speech: Speech) -> str:
    if not arr.amounts:
        return speech.t("ARR unknown")
    return speech.t("{money} ARR", money=_sum(arr, speech)) + _unknown(arr, speech)


def _unknown(sums: Sums, speech: Speech) -> str:
    return speech.many(" (1 account unknown)", " ({count} accounts unknown)", sums.unknown) if sums.unknown else ""


def _sum(sums: Sums, speech: Speech) -> str:
    # Nothing in a currency is no part of a sum, unless there is nothing at all.
    some = tuple(one for one in sums.amounts if one[1]) or sums.amounts[:1]
    return mrkdwn(by_currency(Sums(some, 0), speech, " + "))


def _freshness(sheet: Sheet, speech: Speech) -> Iterator[str]:
    if sheet.as_of is not None:
        yield speech.t("As of {day}", day=speech.day(sheet.as_of))
    for source in sheet.sources:
        yield _source(source, speech)


def _source(source: SourceState, speech: Speech) -> str:
    name = mrkdwn(source.name)
    if source.complete_to is None:
        told = speech.t("{source}: nothing complete yet", source=name)
    else:
        told = speech.t("{source} complete to {day}", source=name, day=speech.day(source.complete_to))
    return f"⚠️ {told}, {speech.t('the last reading failed')}" if source.error else told
