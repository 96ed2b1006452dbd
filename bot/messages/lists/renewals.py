"""What is up for renewal: a list by week, counted down to the earlier of notice and end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from bot.core.renewals import HORIZONS, Contradiction, monday_of
from bot.messages.amounts import code_of
from bot.messages.escape import mrkdwn, plain, short
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
from bot.messages.message import Cell, Column, Headline, Message, Row, Table, Text
from bot.messages.speech import msg

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import date

    from bot.core.book import Sums
    from bot.core.renewals import Odd, Week
    from bot.core.verdicts import Value
    from bot.messages.lists.common import Frame
    from bot.messages.message import Block
    from bot.messages.speech import Speech

_STAGE_MOST: Final = 60
_ODD: Final = {
    Contradiction.NOTICE_AFTER_END: msg("notice by {day}, after the end on {other}"),
    Contradiction.CLOSES_AFTER_END: msg("opportunity closes on {day}, after the end on {other}"),
    Contradiction.CLOSE_IS_PAST: msg("opportunity should have closed on {day}"),
}


@dataclass(frozen=True, slots=True)
class Renewal:
    """One account that is up for renewal. Texts as the CRM has them."""

    account_id: str
    name: str
    url: str | None
    deadline_on: date
    renewal_on: date | None
    arr: float | None
    currency: str | None
    used: float | None
    """Share of what was contracted, by value."""
    health_band: str | None
    auto_renew: bool | None
    opportunity: Mapping[str, Value | date]
    odd: tuple[Odd, ...]
    owner: str | None

    @property
    def by_notice(self) -> bool:
        """Whether the deadline is the last day to give notice, and not the end."""
        return self.renewal_on is not None and self.deadline_on < self.renewal_on


@dataclass(frozen=True, slots=True)
class Renewals:
    """What is up for renewal within so many days."""

    days: int
    rows: tuple[Renewal, ...]
    """Those that may be shown, by deadline; not all of the list."""
    weeks: tuple[Week, ...]
    """Of the whole list."""
    arr: Sums
    """Of the whole list."""
    bands: tuple[tuple[str, int, Sums], ...]
    """Health bands of the whole list, the worst first: name, count, ARR."""


def renewals_message(found: Renewals, frame: Frame, speech: Speech, most: int) -> tuple[Message, int]:
    """Write the list, no more than `most` rows of it; return how many rows it shows, too."""
    title = speech.many(
        "One renewal in the next {days} days", "{count} renewals in the next {days} days", frame.total, days=found.days
    )
    blocks: list[Block] = [Headline(title)]
    shown, missing = 0, tuple[str, ...]()
    if found.rows:
        columns, rows, missing = telling(_columns(speech), tuple(_rows(found, frame, speech)), speech.unknown)
        rows = fitting(columns, rows, most)
        shown = shown_of(rows)
        blocks += [
            Text(" ".join(_totals(found, speech))),
            Table(columns, rows, native=frame.native),
            *rest(frame, shown, speech),
            *accounts_menu(frame, [(one.account_id, one.name) for one in found.rows[:shown]], speech),
        ]
    else:
        blocks.append(Text(speech.t("Nothing has its last day to give notice, or its end, within these days.")))
    blocks += [
        *menu(frame, speech.t("Another list"), _others(frame, found.days, speech)),
        small_print(frame, speech, *missing_of(missing, speech)),
    ]
    return Message("answer", mrkdwn(f"{title}: {told(found.arr, speech)}"), tuple(blocks)), shown


def _totals(found: Renewals, speech: Speech) -> Iterator[str]:
    yield speech.t("ARR: *{arr}*.", arr=mrkdwn(told(found.arr, speech)))
    bands = [
        f"{mrkdwn(speech.t(band))} {speech.number(count)} ({mrkdwn(told(arr, speech))})"
        for band, count, arr in found.bands
    ]
    if bands:
        yield speech.t("Health: {bands}.", bands=", ".join(bands))


def _columns(speech: Speech) -> tuple[Column, ...]:
    return (
        Column(speech.t("Account")),
        Column(speech.t("Decide by"), said=speech.t("by {}")),
        Column(speech.t("ARR"), right=True, said=speech.t("ARR {}")),
        Column(speech.t("Used"), right=True, said=speech.t("used: {}")),
        Column(speech.t("Health"), said=speech.t("health {}")),
        Column(speech.t("Auto-renewal"), said=speech.t("auto-renewal: {}")),
        Column(speech.t("Opportunity"), said=speech.t("opportunity: {}")),
        Column(speech.t("Owner"), said=speech.t("owner {}")),
        Column(speech.t("Contradicts"), said="⚠ {}"),
    )


def _rows(found: Renewals, frame: Frame, speech: Speech) -> Iterator[Row]:
    weeks = {week.monday: week for week in found.weeks}
    last = None
    for one in found.rows:
        monday = monday_of(one.deadline_on)
        if monday != last:
            yield _heading(weeks[monday], speech)
            last = monday
        yield _row(one, frame, speech)


def _heading(week: Week, speech: Speech) -> Row:
    name = speech.t("Week of {day}", day=speech.day(week.monday))
    count = speech.many("one renewal", "{count} renewals", week.count)
    return Row((Cell(name), Cell(count), Cell(told(week.arr, speech)), *(Cell(),) * 6), heading=True)


def _row(one: Renewal, frame: Frame, speech: Speech) -> Row:
    left = speech.days((one.deadline_on - frame.as_of).days)
    what = speech.t("notice") if one.by_notice else speech.t("end")
    return Row(
        (
            Cell(name_of(one.name), one.url),
            Cell(f"{speech.day(one.deadline_on)}, {left} ({what})"),
            Cell(speech.money(one.arr, code_of(one.currency))),
            Cell(speech.percent(one.used)),
            Cell(speech.t(one.health_band) if one.health_band else speech.unknown),
            Cell(speech.flag(one.auto_renew)),
            Cell(_opportunity(one.opportunity, speech)),
            Cell(name_of(one.owner) if one.owner else speech.unknown),
            Cell("; ".join(_contradiction(odd, speech) for odd in one.odd)),
        )
    )


def _opportunity(opportunity: Mapping[str, Value | date], speech: Speech) -> str:
    stage, forecast = opportunity.get("stage"), opportunity.get("forecast")
    if stage is None and forecast is None:
        return speech.unknown
    names = dict.fromkeys(short(plain(str(one)), _STAGE_MOST) for one in (stage, forecast) if one)
    amount = opportunity.get("amount")
    money = [] if amount is None else [speech.money(amount, code_of(opportunity.get("currency")))]
    return ", ".join([*names, *money])


def _contradiction(odd: Odd, speech: Speech) -> str:
    return speech.t(_ODD[odd.what], day=speech.day(odd.day), other=speech.day(odd.other))


def _others(frame: Frame, days: int, speech: Speech) -> Sequence[tuple[str, str]]:
    horizons = [
        (speech.t("The next {days} days", days=one), f"renewals {one} {frame.whose}") for one in HORIZONS if one != days
    ]
    return [*horizons, *whose_choices(frame, f"renewals {days}", speech)]


def whose_choices(frame: Frame, words: str, speech: Speech) -> list[tuple[str, str]]:
    """Return the same list of other people's accounts to choose from."""
    names = {"mine": speech.t("Mine"), "team": speech.t("My team's"), "all": speech.t("All")}
    return [(name, f"{words} {whose}") for whose, name in names.items() if whose != frame.whose]
