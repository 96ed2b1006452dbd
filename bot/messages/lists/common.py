"""What all lists have: sums in words, no more rows than fit, ways to the rest of it, small print."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from bot.core.book import Whose
from bot.messages import grids
from bot.messages.amounts import by_currency
from bot.messages.choices import RUN
from bot.messages.escape import mrkdwn, plain, short
from bot.messages.message import Button, Buttons, Cell, Menu, Note, Table, Text
from bot.messages.speech import msg

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date

    from bot.core.book import Sums
    from bot.messages.message import Block, Column, Row
    from bot.messages.speech import Speech

NAME_MOST: Final = 50
SHOWN: Final = 20
"""Rows of one message."""
_TEXT_MOST: Final = 6_500
"""Characters of a list: Slack has refused messages of 11,300 in all."""
_LABEL_MOST: Final = 70
_CHOICES_MOST: Final = 100
_VALUE_MOST: Final = 150

_WHOSE: Final = {
    Whose.MINE: msg("Accounts that you own or are the CSM of"),
    Whose.TEAM: msg("Accounts of your team"),
    Whose.ALL: msg("All accounts that you may see"),
}


@dataclass(frozen=True, slots=True)
class Frame:
    """What a list was asked for, and how much of it is shown."""

    words: str
    """The question without `from` and `full`: `renewals 90 mine`."""
    command: str
    """What people type before it: `/headroom`."""
    as_of: date
    whose: Whose
    start: int
    """Number of the first row that is shown, from 1."""
    total: int
    """Rows of the whole list."""
    press: bool
    """Whether there is somebody to press buttons: in Slack, and not in a terminal."""
    native: bool = False
    """Whether Slack shows tables of its own."""


def told(found: Sums, speech: Speech) -> str:
    """Write sums: `USD 1.2 million, EUR 300,000; 2 are unknown`."""
    amounts = by_currency(found, speech)
    if not found.unknown:
        return amounts or speech.money(0)
    unknown = speech.many("one is unknown", "{count} are unknown", found.unknown)
    return f"{amounts}; {unknown}" if amounts else speech.unknown


def name_of(name: str, most: int = NAME_MOST) -> str:
    """Write a name from the CRM in a cell: one line, not too long, never nothing."""
    return short(plain(name), most) or "?"


def fitting(columns: Sequence[Column], rows: Sequence[Row], most: int = SHOWN) -> tuple[Row, ...]:
    """Return as many rows as one message takes, at least one; headings do not count, and none stands last.

    Whoever wants more of them than a message shows has no message in mind: then all that are wanted fit.
    """
    kept: list[Row] = []
    length = shown = 0
    for row in rows:
        length += sum(len(line) + 1 for line in grids.lines(Table(tuple(columns), (row,))))
        too_long = most <= SHOWN and length > _TEXT_MOST
        if shown and (too_long or shown >= most):
            break
        kept.append(row)
        shown += not row.heading
    while kept and kept[-1].heading:
        kept.pop()
    return tuple(kept)


def telling(
    columns: Sequence[Column], rows: Sequence[Row], unknown: str
) -> tuple[tuple[Column, ...], tuple[Row, ...], tuple[str, ...]]:
    """Leave out columns that tell nothing of any row, and return the labels of those of which nothing is known."""
    cells = [[row.cells[place].text for row in rows if not row.heading] for place in range(len(columns))]
    kept = [
        place for place, texts in enumerate(cells) if place == 0 or any(text not in {"", unknown} for text in texts)
    ]
    missing = [columns[place].label for place in range(len(columns)) if place not in kept and unknown in cells[place]]
    narrow = tuple(replace(row, cells=_cells(row, kept)) for row in rows)
    return tuple(columns[place] for place in kept), narrow, tuple(missing)


def _cells(row: Row, kept: Sequence[int]) -> tuple[Cell, ...]:
    if not row.heading:
        return tuple(row.cells[place] for place in kept)
    # The cells of a heading stand for themselves, whatever the columns are.
    said = [cell for cell in row.cells if cell.text]
    room = len(kept)
    if len(said) > room:
        said = [*said[: room - 1], Cell(grids.BETWEEN.join(cell.text for cell in said[room - 1 :]))]
    return (*said, *[Cell()] * (room - len(said)))


def missing_of(labels: Sequence[str], speech: Speech) -> Iterator[str]:
    """Say of which columns nothing is known."""
    if labels:
        yield speech.t("unknown of all of them: {columns}", columns=", ".join(map(speech.running, labels)))


def shown_of(rows: Sequence[Row]) -> int:
    """Count rows without the headings."""
    return sum(not row.heading for row in rows)


def rest(frame: Frame, shown: int, speech: Speech) -> Iterator[Block]:
    """Say how much is not shown, and how to see it."""
    after = frame.total - (frame.start - 1) - shown
    if frame.start > 1:
        last = frame.start + shown - 1
        yield Text(
            speech.t(
                "{first} to {last} of {total}.",
                first=speech.number(frame.start),
                last=speech.number(last),
                total=speech.number(frame.total),
            )
        )
    if after <= 0:
        return
    following = f"{frame.words} from {frame.start + shown}"
    more = speech.more(after)
    if frame.press:
        yield Text(more)
        label = speech.t("Show the next {count}", count=speech.number(min(after, SHOWN)))
        yield Buttons((Button(label, RUN, following),))
    else:
        ways = speech.t(
            "`{next}` goes on from here, `{all}` shows every row.",
            next=mrkdwn(f"{frame.command} {following}"),
            all=mrkdwn(f"{frame.command} {frame.words} full"),
        )
        yield Text(f"{more}: {ways}")


def menu(frame: Frame, label: str, choices: Sequence[tuple[str, str]]) -> Iterator[Block]:
    """Offer something to choose from, where there is somebody to choose: label and words of each."""
    fit = [(short(name, _LABEL_MOST), words) for name, words in choices if words and len(words) <= _VALUE_MOST]
    if frame.press and fit:
        yield Buttons((), Menu(label, RUN, tuple(fit[:_CHOICES_MOST])))


def accounts_menu(frame: Frame, accounts: Sequence[tuple[str, str]], speech: Speech) -> Iterator[Block]:
    """Offer the accounts of a list to look at: id and name of each, once."""
    choices = [(name_of(name), f"account {account_id}") for account_id, name in dict.fromkeys(accounts)]
    yield from menu(frame, speech.t("Show an account"), choices)


def small_print(frame: Frame, speech: Speech, *parts: str) -> Note:
    """Say whose accounts these are, and as of when."""
    return Note((speech.t(_WHOSE[frame.whose]), speech.t("As of {day}", day=speech.day(frame.as_of)), *parts))
