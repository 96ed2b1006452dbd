"""What customers are worth: segment by segment, what has changed, and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from bot.core.portfolio import Cause
from bot.messages.amounts import code_of
from bot.messages.escape import mrkdwn
from bot.messages.lists.common import fitting, name_of, shown_of
from bot.messages.message import Cell, Column, Headline, Message, Note, Row, Table, Text
from bot.messages.speech import msg, msgs
from bot.messages.split import cut

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date

    from bot.core.portfolio import InCurrency, Movement, Segment
    from bot.messages.message import Block, Chart
    from bot.messages.speech import Speech

_SEGMENTS_MOST: Final = 15
_TOLD_MOST: Final = 6
"""Segments whose change is told in words."""
_OUTLIERS_MOST: Final = 5
_WORDS_MOST: Final = 2_000
_SEASON: Final = 0.02
"""A month that lies no further off the year's course has no season to speak of."""
_SAME_BEFORE: Final = 0.005

_CAUSES: Final = {
    Cause.SAME: msg("mostly because of existing customers"),
    Cause.CAME: msg("mostly because of new customers"),
    Cause.LEFT: msg("mostly because of customers who left"),
}


@dataclass(frozen=True, slots=True)
class Far:
    """A customer that lies far off its segment."""

    name: str
    segment: str | None
    currency: str | None
    arr: float
    median: float | None
    """Of its segment."""


@dataclass(frozen=True, slots=True)
class Worth:
    """What the customers that may be seen are worth."""

    as_of: date
    since: date
    """What the present is compared with: the day before a campaign, or a year ago."""
    campaign: date | None
    currencies: tuple[InCurrency, ...]
    outliers: tuple[Far, ...]
    """On the as-of day, the largest first."""
    charts: tuple[Chart, ...] = ()


def portfolio_message(found: Worth, speech: Speech, *, native: bool) -> Message:
    """Write what customers are worth, and what has changed."""
    if not found.currencies:
        title = speech.t("There is no active customer that you may see")
        told = speech.t("A customer is active whose contract in force buys more than services.")
        return Message("answer", title, (Headline(title), Text(told), _print(found, speech)))
    title = _title(found, speech)
    columns = _columns(found, speech)
    rows = tuple(_rows(found, speech))
    shown = fitting(columns, rows, _SEGMENTS_MOST)
    left = shown_of(rows) - shown_of(shown)
    more = [Text(speech.more(left))] if left else []
    told = cut("\n".join(_told(found, speech)), _WORDS_MOST)
    blocks = (
        Headline(title),
        Table(columns, shown, native=native),
        *more,
        *([Text(told)] if told else []),
        *_far(found, speech),
        *found.charts,
        _print(found, speech),
    )
    return Message("answer", mrkdwn(title), blocks)


def _title(found: Worth, speech: Speech) -> str:
    first = found.currencies[0]
    values = [speech.money(one.value, code_of(one.currency)) for one in found.currencies]
    customers = speech.many(
        "One active customer", "{count} active customers", sum(c.customers for c in found.currencies)
    )
    if first.value is None and len(values) == 1:
        return speech.t("{customers}, of unknown value", customers=customers)
    return speech.t("{customers}, worth {value} each on average", customers=customers, value=" / ".join(values))


def _columns(found: Worth, speech: Speech) -> tuple[Column, ...]:
    since = speech.day(found.since)
    return (
        Column(speech.t("Segment")),
        Column(speech.t("Customers"), right=True, said=speech.t("{} customers")),
        Column(speech.t("ARR per customer"), right=True, said=speech.t("{} each")),
        Column(speech.t("Median"), right=True, said=speech.t("median {}")),
        Column(speech.t("On {day}", day=since), right=True, said=speech.t("{} on ") + since),
        Column(speech.t("Change"), right=True),
        Column(speech.t("Without outliers"), right=True, said=speech.t("{} without outliers")),
    )


def _rows(found: Worth, speech: Speech) -> Iterator[Row]:
    for part in found.currencies:
        if len(found.currencies) > 1:
            yield _heading(part, speech)
        yield from (_row(one, speech) for one in part.segments)


def _heading(part: InCurrency, speech: Speech) -> Row:
    name = code_of(part.currency) or speech.t("Several currencies, or none that is known")
    customers = speech.many("one customer", "{count} customers", part.customers)
    each = speech.t("{value} each", value=speech.money(part.value, code_of(part.currency)))
    return Row((Cell(name), Cell(customers), Cell(each), *(Cell(),) * 4), heading=True)


def _row(one: Segment, speech: Speech) -> Row:
    currency, moved = code_of(one.currency), one.movement
    return Row(
        (
            Cell(_segment(one.name, speech)),
            Cell(_customers(one, speech)),
            Cell(speech.money(one.value, currency)),
            Cell(speech.money(one.median, currency)),
            Cell(speech.money(moved.value_before if moved else None, currency)),
            Cell(speech.change(moved.change if moved else None)),
            Cell(speech.money(one.value_without_outliers, currency) if one.outliers else ""),
        )
    )


def _customers(one: Segment, speech: Speech) -> str:
    if one.priced == one.customers:
        return speech.number(one.customers)
    unknown = speech.number(one.customers - one.priced)
    return speech.t("{count} ({unknown} of unknown value)", count=speech.number(one.customers), unknown=unknown)


def _segment(name: str | None, speech: Speech) -> str:
    return name_of(name) if name else speech.t("no segment")


def _told(found: Worth, speech: Speech) -> Iterator[str]:
    every = [one for part in found.currencies for one in part.segments if one.movement is not None]
    for one in every[:_TOLD_MOST]:
        assert one.movement is not None, "left out above"
        yield f"• {_change(one, one.movement, found, speech)}"
        yield from _season(one, found.as_of, speech)


def _change(one: Segment, moved: Movement, found: Worth, speech: Speech) -> str:
    name, currency = f"*{mrkdwn(_segment(one.name, speech))}*", code_of(one.currency)
    since = speech.day(found.since)
    if not moved.customers_before:
        return speech.t("{segment}: no customers on {day}.", segment=name, day=since)
    if not moved.customers_after:
        count = speech.many("its one customer has left", "its {count} customers have left", moved.customers_before)
        return speech.t("{segment}: {left} since {day}.", segment=name, left=count, day=since)
    if moved.value_before is None or moved.value_after is None:
        return speech.t("{segment}: what has changed since {day} is unknown.", segment=name, day=since)
    parts = [
        speech.t(
            "{segment}: {before} per customer on {day}, {after} now ({change})",
            segment=name,
            before=mrkdwn(speech.money(moved.value_before, currency)),
            day=since,
            after=mrkdwn(speech.money(moved.value_after, currency)),
            change=speech.change(moved.change),
        ),
        *_because(moved, speech),
    ]
    return f"{', '.join(parts)}. {' '.join(_comings(moved, currency, speech))}".strip()


def _because(moved: Movement, speech: Speech) -> Iterator[str]:
    # A cause is told only where there is something to be explained.
    if moved.parts and moved.change is not None and abs(moved.change) >= _SAME_BEFORE:
        yield speech.t(_CAUSES[moved.parts[0][0]])


def _comings(moved: Movement, currency: str | None, speech: Speech) -> Iterator[str]:
    if moved.same_customers:
        count = speech.many("One existing customer", "{count} existing customers", moved.same_customers)
        yield speech.t("{count}: {change}.", count=count, change=speech.change(moved.same_change))
    for number, value, told in (
        (moved.customers_came, moved.value_came, msgs("One came, worth {value}.", "{count} came, worth {value} each.")),
        (moved.customers_left, moved.value_left, msgs("One left, worth {value}.", "{count} left, worth {value} each.")),
    ):
        if number:
            yield speech.many(*told, number, value=mrkdwn(speech.money(value, currency)))


def _season(one: Segment, as_of: date, speech: Speech) -> Iterator[str]:
    if one.season is None or abs(one.season - 1) < _SEASON:
        return
    yield "   " + speech.t(
        "Season: {month} is usually {change} on the rest of the year; without that, {value} per customer.",
        month=speech.month(as_of),
        change=speech.change(one.season - 1),
        value=mrkdwn(speech.money(one.value_without_season, code_of(one.currency))),
    )


def _far(found: Worth, speech: Speech) -> Sequence[Block]:
    if not found.outliers:
        return ()
    title = speech.many(
        "One customer lies far off its segment:", "{count} customers lie far off their segments:", len(found.outliers)
    )
    lines = [_outlier(one, speech) for one in found.outliers[:_OUTLIERS_MOST]]
    if len(found.outliers) > _OUTLIERS_MOST:
        lines.append(speech.more(len(found.outliers) - _OUTLIERS_MOST))
    return (Text("\n".join([f"*{title}*", *lines])),)


def _outlier(one: Far, speech: Speech) -> str:
    values = {
        "name": mrkdwn(name_of(one.name)),
        "value": mrkdwn(speech.money(one.arr, code_of(one.currency))),
        "segment": mrkdwn(_segment(one.segment, speech)),
    }
    median = mrkdwn(speech.money(one.median, code_of(one.currency)))
    return "• " + speech.t("{name}: {value} ({segment}: median {median})", **values, median=median)


def _print(found: Worth, speech: Speech) -> Note:
    if found.campaign is None:
        compared = speech.t("compared with {day}, a year before", day=speech.day(found.since))
    else:
        compared = speech.t("compared with {day}, the day before the campaign", day=speech.day(found.since))
    return Note(
        (
            speech.t("As of {day}", day=speech.day(found.as_of)),
            compared,
            speech.t("by the contracts of today, of accounts that you may see"),
        )
    )
