"""What is said where a message cannot be said as it was meant: elsewhere, or in short."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from bot.messages.escape import mrkdwn
from bot.messages.message import Headline, Message, Note, Text
from bot.slack.people import PERSON
from bot.state.keys import notice_id
from bot.state.rows import Act

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.errors import DeliveryError
    from bot.slack.people import PeopleStore
    from bot.state.rows import Notice, Person

_MEANT_FOR: Final = "Meant for "
_IN_SHORT: Final = "Slack refused the full card; this is its summary."


def stand_in(notice: Notice, fallback: str, error: DeliveryError, store: PeopleStore) -> Notice | None:
    """Return the notice that says the same in the fallback channel, and whom it was meant for.

    None where it was meant for that channel itself.
    """
    if notice.destination == fallback:
        return None
    name = _name(notice.destination, store.person)
    reason = error.problem if error.problem.startswith(name) else f"{name}: {error.problem}"
    return replace(
        notice,
        notice_id=notice_id(notice.episode_id, notice.transition, fallback, Act.POST),
        destination=fallback,
        message=_noted(notice.message, f"{_MEANT_FOR}{reason}"),
    )


def with_note(message: Message, meant_for: str | None, person: Callable[[str], Person | None]) -> Message:
    """Say whom a message was meant for, where it stands in another place and does not say so yet."""
    if meant_for is None or any(_says_whom(block) for block in message.blocks):
        return message
    return _noted(message, f"{_MEANT_FOR}{_name(meant_for, person)}")


def in_short(message: Message) -> Message:
    """Reduce a message to its summary: a card that Slack refuses must not take the news with it."""
    return replace(message, blocks=(Text(message.summary), Note((_IN_SHORT,))))


def is_short(message: Message) -> bool:
    """Tell whether a message was reduced already."""
    return Note((_IN_SHORT,)) in message.blocks


def _noted(message: Message, reason: str) -> Message:
    note = Note((mrkdwn(reason),))
    headed = bool(message.blocks) and isinstance(message.blocks[0], Headline)
    return replace(message, blocks=(*message.blocks[:headed], note, *message.blocks[headed:]))


def _says_whom(block: object) -> bool:
    return isinstance(block, Note) and any(part.startswith(_MEANT_FOR) for part in block.parts)


def _name(destination: str, person: Callable[[str], Person | None]) -> str:
    if not destination.startswith(PERSON):
        return destination
    person_id = destination.removeprefix(PERSON)
    known = person(person_id) if person_id else None
    return known.name if known else person_id or "the account's owner"
