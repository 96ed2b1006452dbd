"""How far each notice came, in a word."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.state.rows import Status

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bot.state.rows import Delivery

FALLBACK: Final = "fallback"
"""It could not be said where it was meant to; it stands in the fallback channel."""


def outcomes(deliveries: Iterable[Delivery]) -> dict[str, str]:
    """Return, by notice id, a Status or `fallback`.

    While what is said in place of a refused notice is under way itself, its status is that of the refused one.
    """
    by_id = {item.notice.notice_id: item for item in deliveries}
    return {key: _outcome(item, by_id.get(item.spoken_by or "")) for key, item in by_id.items()}


def _outcome(delivery: Delivery, instead: Delivery | None) -> str:
    if instead is None:
        return str(delivery.status)
    return FALLBACK if instead.status is Status.SENT else str(instead.status)
