"""`subscribe churn_risk Enterprise #cs-ent`: to hear of more alerts; and how to end that."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from bot.core.addressing import PERSON
from bot.core.subscriptions import Verb
from bot.desk.asking import Answer
from bot.desk.wishes import USAGE, RefusedWishError, alerts_of, ending, undone_by, unknown_to_the_crm
from bot.desk.wishlist import as_data, listed, named
from bot.messages.escape import mrkdwn
from bot.messages.message import Headline, Message, Note, Text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.core.subscriptions import Subscription
    from bot.desk.asking import Question
    from bot.desk.wishes import Reader, Wanted
    from bot.messages.speech import Speech

_KIND: Final = "answer"


@dataclass(frozen=True, slots=True)
class WishCommand:
    """Keeps a wish, or lists what holds where none is named."""

    reader: Reader
    verb: Verb
    name: str
    purpose: str
    fallback: str
    """The channel of what nobody else would hear."""

    @property
    def usage(self) -> str:
        """Return how it is written."""
        return f"{self.name} {USAGE}"

    def answer(self, question: Question) -> Answer:
        """Keep the wish, or list them; says why where it is refused."""
        try:
            if not question.text.strip():
                return listed(self.reader, question)
            wanted = self.reader.read(question)
            if wanted.kind is None:
                return listed(self.reader, question, wanted.target)
            return self._kept(wanted.wish(self.verb, question), question)
        except RefusedWishError as error:
            return refused(error, question.asker.speech)

    def _kept(self, wish: Subscription, question: Question) -> Answer:
        self._introduce(question)
        wished = self.reader.wishes.wish(wish, question.now)
        speech = question.asker.speech
        told = told_of(wish, speech)
        title = told if wished.new else speech.t("It is so already: {wish}", wish=told)
        end = mrkdwn(ending(wish, question.command))
        notes = [*self._notes(wish, speech), speech.t("To end it: {command}", command=f"`{end}`")]
        message = Message(_KIND, mrkdwn(title), (Headline(title), Text("\n".join(notes))))
        if self.verb is Verb.SUBSCRIBE and self._is_muted(wish):
            command = f"`{mrkdwn(f'{question.command} mute')}`"
            told = speech.t("Something there is muted too, and a mute goes before: see {command}", command=command)
            note = Note((told,))
            message = Message(_KIND, message.summary, (*message.blocks, note))
        return Answer(message, {"wish": as_data(wish), "new": wished.new})

    def _introduce(self, question: Question) -> None:
        """Let the nights know whose eyes a channel sees with: who that user is in the CRM."""
        person, user = question.asker.person, question.asker.user
        if person is not None and user:
            self.reader.wishes.introduce(person.person_id, user)
        elif user and self.verb is Verb.SUBSCRIBE:
            raise unknown_to_the_crm(question.asker.speech)

    def _notes(self, wish: Subscription, speech: Speech) -> Iterator[str]:
        if wish.verb is Verb.MUTE:
            channel = mrkdwn(self.fallback)
            yield speech.t("An alert that nobody else would hear goes to {channel} and says so.", channel=channel)
        elif not wish.by_user:
            yield speech.t("Besides those whom rules and routes name.")
        elif wish.target.startswith(PERSON):
            yield speech.t("Of accounts that the CRM lets you see.")
        else:
            yield speech.t(
                "Of accounts that the CRM lets you see: for as long as it does, the whole channel sees them."
            )

    def _is_muted(self, wish: Subscription) -> bool:
        there = self.reader.wishes.subscriptions(wish.target)
        return any(one.verb is Verb.MUTE and _overlap(one, wish) for one in there)


def _overlap(one: Subscription, other: Subscription) -> bool:
    kinds = not one.kind or not other.kind or one.kind == other.kind
    return kinds and (not one.segment or not other.segment or one.segment == other.segment)


@dataclass(frozen=True, slots=True)
class EndCommand:
    """Ends a wish, or with `all` every one of its verb; lists what holds where none is named."""

    reader: Reader
    verb: Verb
    name: str
    purpose: str

    @property
    def usage(self) -> str:
        """Return how it is written."""
        return f"{self.name} all, or as it was typed"

    def answer(self, question: Question) -> Answer:
        """End what is named; says so where nothing of the kind holds."""
        speech = question.asker.speech
        try:
            if not question.text.strip():
                return listed(self.reader, question)
            wanted = self.reader.read(question)
            if wanted.kind is None:
                return listed(self.reader, question, wanted.target)
            ended = self._ended(wanted, question)
        except RefusedWishError as error:
            return refused(error, speech)
        if not ended:
            title = speech.t("Nothing of the kind holds")
            again = mrkdwn(f"{question.command} {self.name}")
            told = speech.t("{command} lists what does.", command=f"`{again}`")
            return Answer(Message(_KIND, title, (Headline(title), Text(told))), {"ended": []}, found=False)
        title = speech.t("Ended")
        lines = "\n".join(f"• {mrkdwn(told_of(one, speech))}" for one in ended)
        message = Message(_KIND, title, (Headline(title), Text(lines)))
        return Answer(message, {"ended": [as_data(one) for one in ended]})

    def _ended(self, wanted: Wanted, question: Question) -> list[Subscription]:
        user, wishes = question.asker.user, self.reader.wishes
        meant = [wanted.wish(self.verb, question)]
        if wanted.everything:
            meant = [undone_by(one, user) for one in wishes.subscriptions(wanted.target) if one.verb is self.verb]
        return [one for one in meant if wishes.unwish(one, question.now)]


def told_of(wish: Subscription, speech: Speech) -> str:
    """Say a wish in one sentence. Plain text."""
    who, alerts = named(wish.target, speech), alerts_of(wish, speech)
    if wish.target.startswith(PERSON):
        if wish.verb is Verb.SUBSCRIBE:
            return speech.t("You hear of {alerts}", alerts=alerts)
        return speech.t("You hear nothing of {alerts}", alerts=alerts)
    if wish.verb is Verb.SUBSCRIBE:
        return speech.t("{channel} hears of {alerts}", channel=who, alerts=alerts)
    return speech.t("{channel} hears nothing of {alerts}", channel=who, alerts=alerts)


def refused(error: RefusedWishError, speech: Speech) -> Answer:
    """Say why something is not done."""
    title = speech.t("Not done")
    return Answer(Message(_KIND, mrkdwn(f"{title}: {error}"), (Headline(title), Text(mrkdwn(str(error))))), found=False)


def subscribing(reader: Reader, fallback: str) -> tuple[WishCommand, EndCommand]:
    """Make `subscribe` and `unsubscribe`."""
    return (
        WishCommand(reader, Verb.SUBSCRIBE, "subscribe", "hear of more alerts; alone: what holds", fallback),
        EndCommand(reader, Verb.SUBSCRIBE, "unsubscribe", "end that"),
    )
