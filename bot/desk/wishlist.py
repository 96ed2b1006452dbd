"""What is wished for, listed, each with how to end it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.core.addressing import PERSON
from bot.core.subscriptions import Verb
from bot.desk.asking import Answer
from bot.desk.wishes import ENDING, HERE, RefusedWishError, alerts_of, ending, typed_form
from bot.messages.choices import RUN
from bot.messages.digests.parts import fitting
from bot.messages.escape import mrkdwn, short
from bot.messages.message import Block, Buttons, Headline, Menu, Message, Note, Text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bot.core.subscriptions import Subscription
    from bot.desk.asking import Question
    from bot.desk.wishes import Reader
    from bot.messages.speech import Speech

_SHOWN_MOST: Final = 40
_TEXT_MOST: Final = 5_500
"""Characters of lines: the menu under them has up to 2,800."""
_NAME_MOST: Final = 80
_CHOICE_MOST: Final = 150  # characters of a choice's value that Slack takes
_LABEL_MOST: Final = 70


def listed(reader: Reader, question: Question, target: str | None = None) -> Answer:
    """List the wishes of a destination; without one those of who asks and of the channel they ask in.

    In the terminal that is everybody's.
    """
    found = _found(reader, question, target)
    speech = question.asker.speech
    data = {"wishes": [{**as_data(one), "end": typed_form(one, ENDING[one.verb])} for one in found]}
    title = speech.t("What is subscribed to and muted") if found else speech.t("Nothing is subscribed to or muted")
    return Answer(Message("answer", title, (Headline(title), *_blocks(found, question))), data)


def _found(reader: Reader, question: Question, target: str | None) -> list[Subscription]:
    if target is not None:
        return list(reader.wishes.subscriptions(target))
    if not question.asker.user:
        return list(reader.wishes.subscriptions())
    question.asker.sight.readable(())
    return [one for place in _places(reader, question) for one in reader.wishes.subscriptions(place)]


def _places(reader: Reader, question: Question) -> Iterator[str]:
    """Yield who asks, and the channel that they ask in, as far as they have wishes at all."""
    seen: set[str] = set()
    for word in ("", HERE):
        try:
            place = reader.target(word, question)
        except RefusedWishError:
            continue  # what cannot be wished for there does not hold there
        if place not in seen:
            seen.add(place)
            yield place


def _blocks(found: Sequence[Subscription], question: Question) -> Iterator[Block]:
    speech, command = question.asker.speech, question.command
    written = [_line(one, command, speech) for one in found[:_SHOWN_MOST]]
    shown = found[: fitting(written, _TEXT_MOST)]
    for target in dict.fromkeys(one.target for one in shown):
        lines = [line for one, line in zip(shown, written, strict=False) if one.target == target]
        yield Text("\n".join([f"*{mrkdwn(short(_heading(target, question), _NAME_MOST))}*", *lines]))
    if len(found) > len(shown):
        yield Note((speech.more(len(found) - len(shown)),))
    if choices := tuple(_choices(shown, speech)):
        yield Buttons((), Menu(speech.t("End one"), RUN, choices))
    channel = "#cs-team" if command.startswith("/") else "'#cs-team'"
    example = mrkdwn(f"{command} subscribe churn_risk Enterprise {channel}")
    yield Note((speech.t("For example: {command}", command=f"`{example}`"),))


def _line(wish: Subscription, command: str, speech: Speech) -> str:
    alerts = mrkdwn(alerts_of(wish, speech))
    said = speech.t("hears of {alerts}", alerts=alerts)
    if wish.verb is Verb.MUTE:
        said = speech.t("hears nothing of {alerts}", alerts=alerts)
    return f"• {said} · `{mrkdwn(ending(wish, command))}`"


def _choices(found: Sequence[Subscription], speech: Speech) -> Iterator[tuple[str, str]]:
    for wish in found:
        value = typed_form(wish, ENDING[wish.verb])
        if len(value) <= _CHOICE_MOST:
            word = speech.t("Unsubscribe") if wish.verb is Verb.SUBSCRIBE else speech.t("Unmute")
            yield short(f"{word}: {named(wish.target, speech)}, {alerts_of(wish, speech)}", _LABEL_MOST), value


def _heading(target: str, question: Question) -> str:
    # In the terminal everybody's wishes are listed, and none of them are "yours".
    return named(target, question.asker.speech) if question.asker.user else target


def named(target: str, speech: Speech) -> str:
    """Name the destination of who asks. Plain text."""
    return speech.t("You") if target.startswith(PERSON) else target


def as_data(wish: Subscription) -> dict[str, object]:
    """Return a wish as JSON values."""
    return {
        "target": wish.target,
        "verb": wish.verb.value,
        "kind": wish.kind or None,
        "segment": wish.segment or None,
        "by": wish.by_user or None,
        "at": wish.at.isoformat() if wish.at else None,
    }
