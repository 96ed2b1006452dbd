"""What is said where a message cannot be said as it was meant: elsewhere, or in short."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final, Protocol

from bot.core.addressing import PERSON
from bot.messages.escape import mrkdwn
from bot.messages.message import Message, Note, Text
from bot.messages.placing import MEANT_FOR, meant_note, under_headline, without_meant_for
from bot.state.keys import notice_id
from bot.state.rows import Act

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bot.errors import DeliveryError
    from bot.state.rows import AccountView, Claimed, Notice, Person

_ROLE: Final = "; "
_IN_SHORT: Final = "Slack refused the full card; this is its summary."


class Known(Protocol):
    """Whom the CRM knows: the state store."""

    def person(self, person_id: str) -> Person | None:
        """Return a person of the CRM."""

    def account(self, account_id: str) -> AccountView | None:
        """Return an account of the snapshot."""


def stand_ins(
    claimed: Claimed, chain: Sequence[str], fallback: str | None, error: DeliveryError, known: Known
) -> tuple[Notice, ...]:
    """Return the notices that could say the same elsewhere, in the order in which to try: the chain, then `fallback`.

    Each says whom it was meant for, why that failed, and why it comes to where it stands. The first that is not
    undeliverable itself is to be taken; it has what follows it in the chain as its own.
    """
    notice = claimed.notice
    steps = [place for place in dict.fromkeys(chain) if place not in {notice.destination, fallback}]
    last = [fallback] if fallback and fallback != notice.destination else []
    told = _told(notice, error, known)
    return tuple(
        replace(
            notice,
            notice_id=notice_id(notice.episode_id, notice.transition, place, Act.POST),
            destination=place,
            message=_noted(notice.message, f"{told}{_ROLE}{_role(place, claimed, fallback, known)}"),
            chain=tuple(steps[number + 1 :]),
            not_before=None,
        )
        for number, place in enumerate([*steps, *last])
    )


def _told(notice: Notice, error: DeliveryError, known: Known) -> str:
    """Say whom a notice was meant for and why that failed, after what it says of earlier ones; escaped."""
    name = _name(notice.destination, known.person)
    reason = mrkdwn(error.problem if error.problem.startswith(name) else f"{name}: {error.problem}")
    before = next((note for block in notice.message.blocks if (note := meant_note(block))), None)
    return f"{before.rpartition(_ROLE)[0] or before}; then for {reason}" if before else f"{MEANT_FOR}{reason}"


def _role(place: str, claimed: Claimed, fallback: str | None, known: Known) -> str:
    """Say why it comes to this person or channel."""
    if not place.startswith(PERSON):
        return "this is the fallback channel" if place == fallback else "this channel is next in line"
    person_id = place.removeprefix(PERSON)
    account = known.account(claimed.notice.subject)
    meant_for = (claimed.meant_for or claimed.notice.destination).removeprefix(PERSON)
    above = [known.person(one) for one in (meant_for, account.owner_id if account else None) if one]
    if account is not None and person_id == account.csm_id:
        return "you are the CSM"
    if any(one is not None and one.manager_id == person_id for one in above):
        return "you are the manager"
    return "you are the owner" if account is not None and person_id == account.owner_id else "you are next in line"


def with_note(message: Message, meant_for: str | None, person: Callable[[str], Person | None]) -> Message:
    """Say whom a message was meant for, where it stands in another place and does not say so yet."""
    if meant_for is None or any(meant_note(block) for block in message.blocks):
        return message
    return _noted(message, f"{MEANT_FOR}{mrkdwn(_name(meant_for, person))}")


def in_short(message: Message) -> Message:
    """Reduce a message to its summary: a card that Slack refuses must not take the news with it."""
    return replace(message, blocks=(Text(message.summary), Note((_IN_SHORT,))))


def is_short(message: Message) -> bool:
    """Tell whether a message was reduced already."""
    return Note((_IN_SHORT,)) in message.blocks


def _noted(message: Message, reason: str) -> Message:
    return under_headline(without_meant_for(message), Note((reason,)))


def _name(destination: str, person: Callable[[str], Person | None]) -> str:
    if not destination.startswith(PERSON):
        return destination
    person_id = destination.removeprefix(PERSON)
    known = person(person_id) if person_id else None
    return known.name if known else person_id or "the account's owner"
