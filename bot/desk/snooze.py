"""`snooze Acme near-limit until 2026-04-01 they are on holiday`: an alert is silent until a day."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final, Protocol

from bot.core.acts import snooze_fault
from bot.core.episode import Phase
from bot.desk.asking import Answer
from bot.messages.choices import RUN
from bot.messages.escape import mention, mrkdwn, plain, short
from bot.messages.message import Buttons, Headline, Menu, Message, Text
from bot.messages.views.acts import REASON_MOST

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bot.core.episode import Episode
    from bot.desk.acting import Acting
    from bot.desk.asking import Question
    from bot.desk.lookup import Lookup
    from bot.messages.message import Block
    from bot.messages.speech import Speech
    from bot.state.rows import AccountView

DAYS: Final = 7
"""For so long where nothing else is said."""
TERMINAL: Final = "terminal"
"""Who acts where it is nobody of Slack."""

_NAME_MOST: Final = 80
_VALUE_MOST: Final = 150
_HEADLINE_MOST: Final = 150
_SPAN: Final = re.compile(r"(?:for\s+)?(\d{1,4})(?:\s*d(?:ays?)?)?(?=\s|$)", re.IGNORECASE)
_UNTIL: Final = re.compile(r"until(?:\s+(\S+))?(?=\s|$)", re.IGNORECASE)
_SAID: Final = re.compile(r"(.*?)(?:\s+((?:until|for)\b.*|\d{1,4}\b.*))?", re.IGNORECASE)
_ACTIVE: Final = frozenset({Phase.FIRING, Phase.CLAIMED, Phase.SNOOZED})


class Episodes(Protocol):
    """The episodes of the state store."""

    def episodes_of(self, subject: str) -> tuple[Episode, ...]:
        """Return every episode of a subject, newest first."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants silent, for how long, and why."""

    view: AccountView
    rule: str | None
    rest: str
    """What follows the account and the rule, as it was typed."""


@dataclass(frozen=True, slots=True)
class SnoozeCommand:
    """Silences an alert about an account, as its menu in Slack does."""

    lookup: Lookup
    acting: Acting
    episodes: Episodes
    rules: Sequence[str]
    name: str = "snooze"
    usage: str = "snooze <account> [rule] [7|14|until 2026-04-01] [reason]"
    purpose: str = "nobody hears of an alert until then"

    def answer(self, question: Question) -> Answer:
        """Snooze the one alert that is meant, or say which could be."""
        wish = self._wish(question)
        if wish is None:
            return self._nearest(question)
        until, reason, fault = _until(wish.rest, self.acting.today(question.now), question.asker.speech)
        if until is None:
            return _refused(fault, question.asker.speech)
        active = [one for one in self.episodes.episodes_of(wish.view.account_id) if one.phase in _ACTIVE]
        meant = [one for one in active if wish.rule in {None, one.rule}]
        if len(meant) != 1:
            return self._which(wish, meant, question.asker.speech)
        return self._snoozed(wish.view, meant[0], (until, reason), question)

    def _wish(self, question: Question) -> Wish | None:
        """Read whom it is about: the longest beginning that is an account, with or without a rule behind it."""
        words = question.text.split()
        for count in range(len(words), 0, -1):
            head, last = " ".join(words[:count]), words[count - 1].lower()
            rest = " ".join(words[count:])
            if (view := self.lookup.exactly(head, question.asker)) is not None:
                return Wish(view, None, rest)
            if count > 1 and last in self.rules:
                view = self.lookup.exactly(" ".join(words[: count - 1]), question.asker)
                if view is not None:
                    return Wish(view, last, rest)
        return None

    def _nearest(self, question: Question) -> Answer:
        """Offer the nearest accounts; what was said of time goes with the choice."""
        found = _SAID.fullmatch(question.text)
        asked, tail = (found[1], found[2] or "") if found else (question.text, "")
        answer = self.lookup.instead(asked, question, f"{self.name} ")
        blocks = tuple(_with_tail(block, tail) for block in answer.message.blocks)
        return replace(answer, message=replace(answer.message, blocks=blocks))

    def _which(self, wish: Wish, meant: Sequence[Episode], speech: Speech) -> Answer:
        name = short(wish.view.name, _NAME_MOST)
        if not meant:
            title = speech.t("Nothing to snooze")
            told = speech.t("{account} has no open alert.", account=mrkdwn(name))
            if wish.rule is not None:
                told = speech.t(
                    "{account} has no open alert of the rule {rule}.", account=mrkdwn(name), rule=mrkdwn(wish.rule)
                )
            return Answer(Message("answer", told, (Headline(title), Text(told))), {"account": wish.view.name})
        title, told = speech.t("Which alert?"), speech.t("{account} has several.", account=mrkdwn(name))
        menu = Menu(speech.t("Choose an alert"), RUN, tuple(self._choices(wish, meant)))
        rules = [one.rule for one in meant]
        blocks = (Headline(title), Text(told), Buttons((), menu))
        return Answer(Message("answer", told, blocks), {"account": wish.view.name, "rules": rules}, found=False)

    def _choices(self, wish: Wish, meant: Sequence[Episode]) -> Iterator[tuple[str, str]]:
        for one in meant:
            words = f"{self.name} {wish.view.account_id} {one.rule}"
            whole = f"{words} {wish.rest}".strip()
            yield one.rule, whole if len(whole) <= _VALUE_MOST else words

    def _snoozed(
        self, view: AccountView, episode: Episode, until: tuple[date, str | None], question: Question
    ) -> Answer:
        user, speech = question.asker.user or TERMINAL, question.asker.speech
        step = self.acting.snooze_episode(episode.episode_id, user, *until, question.now)
        if not step.notify:
            return _refused(speech.t("Nothing was changed: {reason}.", reason=mrkdwn(step.detail)), speech)
        day, name = speech.day(until[0]), short(plain(view.name), _NAME_MOST)
        title = speech.t("{account} is snoozed until {day}", account=name, day=day)
        told = speech.t("Rule {rule}, by {person}", rule=mrkdwn(episode.rule), person=mention(user))
        why = f": {mrkdwn(until[1])}" if until[1] else "."
        data = {"account": view.name, "account_id": view.account_id, "rule": episode.rule}
        return Answer(
            Message("answer", mrkdwn(title), (Headline(short(title, _HEADLINE_MOST)), Text(told + why))),
            {**data, "until": until[0].isoformat(), "reason": until[1]},
        )


def _with_tail(block: Block, tail: str) -> Block:
    if not tail or not isinstance(block, Buttons) or block.menu is None:
        return block
    choices = tuple((label, f"{value} {tail}"[:_VALUE_MOST]) for label, value in block.menu.choices)
    return replace(block, menu=replace(block.menu, choices=choices))


def _until(rest: str, today: date, speech: Speech) -> tuple[date | None, str | None, str]:
    """Read until when, and why; or what is wrong with it."""
    until, reason = today + timedelta(days=DAYS), rest
    if (found := _UNTIL.match(rest)) is not None:
        try:
            until, reason = date.fromisoformat(found[1] or ""), rest[found.end() :]
        except ValueError:
            typed = mrkdwn(short(found[1] or "", _NAME_MOST)) or speech.t("nothing")
            return None, None, speech.t("“{typed}” is no day: write it like 2026-04-01.", typed=typed)
    elif (found := _SPAN.match(rest)) is not None:
        until, reason = today + timedelta(days=int(found[1])), rest[found.end() :]
    if (fault := snooze_fault(until, today)) is not None:
        return None, None, speech.t("Nothing was changed: {reason}.", reason=fault)
    return until, short(reason, REASON_MOST) or None, ""


def _refused(fault: str, speech: Speech) -> Answer:
    message = Message("answer", fault, (Headline(speech.t("Not snoozed")), Text(fault)))
    return Answer(message, {"account": None}, found=False)
