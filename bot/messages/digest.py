"""What digests are made of: an alert as one line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from bot.messages import phrases
from bot.messages.escape import link, mrkdwn, short
from bot.messages.message import Headline
from bot.messages.speech import ENGLISH

if TYPE_CHECKING:
    from bot.messages.message import Message
    from bot.messages.speech import Speech

KIND: Final = "digest"

_HEADLINE_MOST: Final = 110


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


def entries_line(entry: Entry, speech: Speech = ENGLISH) -> str:
    """Write an alert as a line of mrkdwn."""
    headline = short(entry.headline, _HEADLINE_MOST)
    money = None if entry.at_stake is None else speech.money(entry.at_stake, entry.currency)
    said = money is None or money in headline
    stake = "" if said else f" · {speech.t('{amount} at stake', amount=mrkdwn(str(money)))}"
    return f"• {link(headline, entry.url)}{stake} · {mrkdwn(phrases.word(entry.severity, speech))}"
