"""Amounts of several currencies, which are never added up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.messages.escape import plain, short

if TYPE_CHECKING:
    from bot.core.book import Sums
    from bot.messages.speech import Speech

_CURRENCY_MOST: Final = 12


def code_of(currency: object) -> str | None:
    """Write a currency as the CRM names it: it may be any text. None: it names none."""
    return short(plain(str(currency)), _CURRENCY_MOST) or None if currency else None


def by_currency(sums: Sums, speech: Speech, joint: str = ", ") -> str:
    """Write sums one beside the other: `USD 1.2 million, EUR 300,000`. Plain text; empty where nothing is known."""
    return joint.join(speech.money(amount, code_of(currency)) for currency, amount in sums.amounts)
