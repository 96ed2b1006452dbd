"""What somebody wishes to hear of or not, as they type it and as it is listed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from shlex import quote
from typing import TYPE_CHECKING, Final, Protocol

from bot.core.addressing import PERSON
from bot.core.located import did_you_mean
from bot.core.subscriptions import Subscription, Verb
from bot.desk.asking import MustAskError
from bot.desk.typed import unquoted
from bot.errors import HeadroomError
from bot.messages.escape import plain

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from bot.desk.asking import Question
    from bot.messages.speech import Speech
    from bot.state.subscriptions import Wished

ANY: Final = "any"
"""Word for any kind of alerts."""
ALL: Final = "all"
HERE: Final = "here"
KINDS: Final[Mapping[str, str]] = {
    **dict.fromkeys((ANY, ALL, "everything"), ""),
    **dict.fromkeys(("churn_risk", "churn", "risk", "risks"), "churn_risk"),
    **dict.fromkeys(("upsell", "upsells"), "upsell"),
    **dict.fromkeys(("renewal", "renewals"), "renewal"),
    **dict.fromkeys(("operations", "ops"), "operations"),
}
"""What people may type for a kind of alerts."""
USAGE: Final = "[any|churn_risk|upsell|renewal|operations] [segment] [here|#channel]"
_PRIVATE: Final = "D"  # how the ids of direct messages begin


class Wishes(Protocol):
    """The wishes of the state store."""

    def subscriptions(self, target: str | None = None) -> Sequence[Subscription]:
        """Return the wishes of one destination or of all."""

    def segments(self) -> Sequence[str]:
        """Return every segment that an account has."""

    def introduce(self, person_id: str, user_id: str) -> None:
        """Keep who a person is in Slack, where that was never looked up."""

    def wish(self, wished: Subscription, now: datetime) -> Wished:
        """Keep a wish."""

    def unwish(self, ended: Subscription, now: datetime) -> bool:
        """End a wish; False where there was none."""


class Rooms(Protocol):
    """Channels as somebody may speak for them."""

    def speaks_for(self, channel: str, user: str, *, here: bool, speech: Speech) -> str:
        """Return a channel, given by name or id, as a destination, like `#cs-team`.

        `user` has to be a member, unless they type `here`, and so does the app; empty: whoever runs Headroom. Raises
        RefusedWishError.
        """


class RefusedWishError(HeadroomError):
    """Something that cannot be wished for; says why, in words of the catalogue."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What was typed: which alerts, for whom."""

    target: str
    kind: str | None
    """None: no alerts are named."""
    segment: str = ""
    everything: bool = False
    """Whether `all` was typed: of wishes that end, every one."""

    def wish(self, verb: Verb, question: Question) -> Subscription:
        """Return it as a wish of who asks."""
        return Subscription(self.target, verb, self.kind or "", self.segment, question.asker.user, question.now)


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads what people type."""

    wishes: Wishes
    rooms: Rooms

    def read(self, question: Question) -> Wanted:
        """Read kind, segment and target. Raises RefusedWishError; MustAskError where Slack has to be asked."""
        # Guests and members of other companies wish for nothing.
        question.asker.sight.readable(())
        words = question.text.split()
        places = [word for word in words if word.startswith("#") or word.lower() == HERE]
        rest = [word for word in words if word not in places]
        if len(places) > 1:
            raise RefusedWishError(question.asker.speech.t("Name one channel at a time."))
        target = self.target(places[0] if places else "", question)
        if not rest:
            return Wanted(target, None)
        kind, segment = _kind_of(rest)
        everything = [word.lower() for word in rest] == [ALL]
        return Wanted(target, kind, self._segment(segment, question.asker.speech), everything)

    def target(self, place: str, question: Question) -> str:
        """Return the destination of a word: a channel, or without one the person who asks."""
        if place:
            return self._channel(place, question)
        person = question.asker.person
        if person is not None:
            return f"{PERSON}{person.person_id}"
        speech = question.asker.speech
        if not question.asker.user:
            raise RefusedWishError(
                speech.t("Name a channel, like #cs-team, or say for whom: nobody in particular asks here.")
            )
        raise unknown_to_the_crm(speech)

    def _channel(self, place: str, question: Question) -> str:
        here = place.lower() == HERE
        channel = question.channel if here else place.removeprefix("#")
        if not channel or (here and channel.startswith(_PRIVATE)):
            return self.target("", question)
        if not question.asker.asks:
            raise MustAskError
        asker, inside = question.asker, here or channel == question.channel
        return self.rooms.speaks_for(channel, asker.user, here=inside, speech=asker.speech)

    def _segment(self, segment: str, speech: Speech) -> str:
        """Return a segment as the CRM writes it."""
        if not segment:
            return ""
        known = self.wishes.segments()
        found = next((one for one in known if one.casefold() == segment.casefold()), None)
        if found is None:
            raise RefusedWishError(
                speech.t("No account is in a segment “{segment}”", segment=segment) + did_you_mean(segment, known) + "."
            )
        return found


def unknown_to_the_crm(speech: Speech) -> RefusedWishError:
    """Return why somebody whom the CRM does not know is shown nothing."""
    return RefusedWishError(
        speech.t("Your address in Slack is nobody's in the CRM, so that it cannot say what you may see.")
    )


def _kind_of(words: Sequence[str]) -> tuple[str, str]:
    """Part the kind, which stands first or last, from the segment; alerts of any kind where none is named."""
    for kind, others in ((words[0], words[1:]), (words[-1], words[:-1])):
        if (known := KINDS.get(kind.lower())) is not None:
            return known, unquoted(" ".join(others))
    return "", unquoted(" ".join(words))


def typed_form(wish: Subscription, word: str) -> str:
    """Write what somebody would type, after the command, to end a wish or to have it again."""
    place = "" if wish.target.startswith(PERSON) else wish.target
    return " ".join(filter(None, (word, wish.kind or ANY, wish.segment, place)))


def ending(wish: Subscription, command: str) -> str:
    """Write the whole command that ends a wish, as it can be pasted: in a shell `#` would begin a comment."""
    word = ENDING[wish.verb]
    if not command.startswith("/"):
        wish = replace(wish, segment=wish.segment and quote(wish.segment), target=_quoted(wish.target))
    return f"{command} {typed_form(wish, word)}"


def _quoted(target: str) -> str:
    return target if target.startswith(PERSON) else quote(target)


def alerts_of(wish: Subscription, speech: Speech) -> str:
    """Name the alerts of a wish. Plain text."""
    kinds = {
        "": speech.t("all alerts about accounts"),
        "churn_risk": speech.t("churn risks"),
        "upsell": speech.t("upsells"),
        "renewal": speech.t("renewals"),
        "operations": speech.t("alerts about Headroom itself"),
    }
    named = kinds.get(wish.kind, wish.kind)
    return speech.t("{alerts} in {segment}", alerts=named, segment=plain(wish.segment)) if wish.segment else named


def undone_by(wish: Subscription, user: str) -> Subscription:
    """Return a wish as ended by somebody."""
    return replace(wish, by_user=user)


ENDING: Final[Mapping[Verb, str]] = {Verb.SUBSCRIBE: "unsubscribe", Verb.MUTE: "unmute"}
"""The word that ends a wish."""
