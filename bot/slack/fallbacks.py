"""What is said where a message cannot be said as it was meant: elsewhere, or in short."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final, Protocol

from bot.core.addressing import PERSON
from bot.messages.escape import mrkdwn
from bot.messages.message import Message, Note, Text
from bot.messages.placing import meant_for as marked
from bot.messages.placing import meant_note, whom_it_was_meant_for, without_meant_for
from bot.messages.speech import msg, speech_of
from bot.slack.channels import SharedChannelError
from bot.slack.people import UnreachableError
from bot.state.keys import notice_id
from bot.state.rows import Act

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bot.errors import DeliveryError
    from bot.messages.speech import Speech
    from bot.state.rows import AccountView, Claimed, Notice, Person

_IN_SHORT: Final = msg("Slack refused the full card; this is its summary.")


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
    told, bare = _told(notice, error, known), without_meant_for(notice.message)
    return tuple(
        replace(
            notice,
            notice_id=notice_id(notice.episode_id, notice.transition, place, Act.POST),
            destination=place,
            message=marked(bare, told, _role(place, claimed, fallback, known)),
            chain=tuple(steps[number + 1 :]),
            not_before=None,
        )
        for number, place in enumerate([*steps, *last])
    )


def _told(notice: Notice, error: DeliveryError, known: Known) -> str:
    """Say whom a notice was meant for and why that failed, after what it says of earlier ones; escaped."""
    speech = speech_of(notice.message)
    reason = mrkdwn(_reason(_name(notice.destination, known.person, speech), error, speech))
    before = whom_it_was_meant_for(notice.message)
    if before:
        return speech.t("{before}; then for {reason}", before=before, reason=reason)
    return speech.t("Meant for {reason}", reason=reason)


def _reason(name: str, error: DeliveryError, speech: Speech) -> str:
    if isinstance(error, UnreachableError | SharedChannelError):
        return f"{name}, {speech.t(error.why)}"
    return f"{name}: {error.problem}"


def _role(place: str, claimed: Claimed, fallback: str | None, known: Known) -> str:
    """Say why it comes to this person or channel."""
    speech = speech_of(claimed.notice.message)
    if not place.startswith(PERSON):
        here = place == fallback
        return speech.t("this is the fallback channel") if here else speech.t("this channel is next in line")
    person_id = place.removeprefix(PERSON)
    account = known.account(claimed.notice.subject)
    meant_for = (claimed.meant_for or claimed.notice.destination).removeprefix(PERSON)
    above = [known.person(one) for one in (meant_for, account.owner_id if account else None) if one]
    if account is not None and person_id == account.csm_id:
        return speech.t("you are the CSM")
    if any(one is not None and one.manager_id == person_id for one in above):
        return speech.t("you are the manager")
    owns = account is not None and person_id == account.owner_id
    return speech.t("you are the owner") if owns else speech.t("you are next in line")


def with_note(message: Message, meant_for: str | None, person: Callable[[str], Person | None]) -> Message:
    """Say whom a message was meant for, where it stands in another place and does not say so yet."""
    if meant_for is None or meant_note(message) is not None:
        return message
    speech = speech_of(message)
    return marked(message, speech.t("Meant for {reason}", reason=mrkdwn(_name(meant_for, person, speech))))


def in_short(message: Message) -> Message:
    """Reduce a message to its summary: a card that Slack refuses must not take the news with it."""
    note = Note((speech_of(message).t(_IN_SHORT),), about="in_short")
    return replace(message, blocks=(Text(message.summary), note))


def is_short(message: Message) -> bool:
    """Tell whether a message was reduced already."""
    return any(isinstance(block, Note) and block.about == "in_short" for block in message.blocks)


def _name(destination: str, person: Callable[[str], Person | None], speech: Speech) -> str:
    if not destination.startswith(PERSON):
        return destination
    person_id = destination.removeprefix(PERSON)
    known = person(person_id) if person_id else None
    return known.name if known else person_id or speech.t("the account's owner")
