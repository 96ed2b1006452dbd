"""How far each notice came, in a word."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.state.rows import Status

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from bot.state.rows import Delivery

FALLBACK: Final = "fallback"
"""It could not be said where it was meant to; it stands with somebody else or in the fallback channel."""
DEFERRED: Final = "deferred"
"""It waits for the end of somebody's quiet hours, or changes a message that does."""


def outcomes(deliveries: Iterable[Delivery]) -> dict[str, str]:
    """Return, by notice id, a Status, `fallback` or `deferred`.

    While what is said in place of a refused notice is under way itself, its status is that of the refused one.
    """
    by_id = {item.notice.notice_id: item for item in deliveries}
    return {key: _outcome(item, by_id) for key, item in by_id.items()}


def _outcome(delivery: Delivery, by_id: Mapping[str, Delivery]) -> str:
    if _waits(delivery) or _waits(by_id.get(delivery.notice.post_id or "")):
        return DEFERRED if delivery.status is Status.PENDING else str(delivery.status)
    instead, seen = by_id.get(delivery.spoken_by or ""), {delivery.notice.notice_id}
    if instead is None:
        return str(delivery.status)
    # Who was to hear it instead may have been out of reach, too.
    while instead.spoken_by in by_id and instead.notice.notice_id not in seen:
        seen.add(instead.notice.notice_id)
        instead = by_id[instead.spoken_by or ""]
    return FALLBACK if instead.status is Status.SENT else str(instead.status)


def _waits(delivery: Delivery | None) -> bool:
    """Tell whether a notice is put off. One that was tried and waits to be tried again is not."""
    if delivery is None or delivery.status is not Status.PENDING:
        return False
    return delivery.attempts == 0 and delivery.notice.not_before is not None
