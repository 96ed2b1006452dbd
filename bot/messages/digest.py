"""The digest: what goes beyond a person's attention for one day, a line each, in one message."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from bot.messages import words
from bot.messages.escape import link, mrkdwn, short
from bot.messages.message import Headline, Note, Text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bot.messages.message import Block, Message

KIND: Final = "digest"

_HEADLINE_MOST: Final = 110
_NAME_MOST: Final = 40
_LINES_MOST: Final = 40
"""More is no digest any more."""
_TEXT_MOST: Final = 6_500
"""Characters of lines: Slack has refused messages of 11,300 in all."""
_NAMES_MOST: Final = 1_500


@dataclass(frozen=True, slots=True)
class Entry:
    """One alert of a digest. The texts are plain."""

    headline: str
    """The verdict in one sentence, with the number that matters."""
    name: str
    """Whom it is about."""
    url: str | None
    """The record in the CRM."""
    severity: str
    at_stake: float | None
    currency: str | None


def headline_of(message: Message) -> str:
    """Return the headline of an alert."""
    return next((block.text for block in message.blocks if isinstance(block, Headline)), message.summary)


def entries_blocks(entries: Sequence[Entry], command: str) -> Iterator[Block]:
    """Make the lines, as many as Slack takes; of the rest the names, and how to see what is open with somebody."""
    lines = [_line(entry) for entry in entries]
    shown = _fitting(lines[:_LINES_MOST], _TEXT_MOST)
    yield Text("\n".join(lines[:shown]))
    if rest := entries[shown:]:
        names = [mrkdwn(short(entry.name, _NAME_MOST)) for entry in rest]
        named = _fitting(names, _NAMES_MOST)
        more = f" and {len(names) - named:,} more" if named < len(names) else ""
        yield Text(f"*{len(rest):,} more:* {', '.join(names[:named])}{more}")
    yield Note((f"`{mrkdwn(command)} NAME` shows what is open with an account",))


def _line(entry: Entry) -> str:
    headline = short(entry.headline, _HEADLINE_MOST)
    money = None if entry.at_stake is None else words.money(entry.at_stake, entry.currency)
    stake = "" if money is None or money in headline else f" · {mrkdwn(money)} at stake"
    return f"• {link(headline, entry.url)}{stake} · {mrkdwn(entry.severity)}"


def _fitting(texts: Sequence[str], most: int) -> int:
    """Return how many texts have no more characters together."""
    length = 0
    for number, text in enumerate(texts):
        length += len(text) + 2
        if length > most:
            return number
    return len(texts)
