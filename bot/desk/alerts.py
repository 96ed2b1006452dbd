"""`risks team`, `upsell`: the open alerts of one kind, what matters most first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.core.book import Stake, at_stake, most_urgent_first
from bot.core.episode import Phase
from bot.desk.asking import Answer
from bot.desk.listing import (
    EVERY_ROW,
    UnknownWordError,
    answerable,
    first_row,
    names_of,
    nobody,
    nothing_read,
    read,
    scope_of,
    seen,
    unknown_word,
)
from bot.desk.renewals import sums_data
from bot.messages.lists.alerts import Alerts, Listing, alerts_message, why
from bot.messages.lists.common import SHOWN, Frame
from bot.messages.speech import ENGLISH

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from datetime import date

    from bot.desk.asking import Question
    from bot.desk.listing import Books, Scope, Wanted
    from bot.state.lists import OpenAlert

_ASLEEP_MOST = 20


@dataclass(frozen=True, slots=True)
class AlertsCommand:
    """Lists the open alerts of one kind."""

    books: Books
    kind: str
    """Of rules: churn_risk, upsell."""
    rules: Collection[str]
    """Names of the live rules of this kind."""
    name: str
    usage: str
    purpose: str
    native: bool = False
    """Whether Slack shows tables of its own."""

    def answer(self, question: Question) -> Answer:
        """List what the asker may see. MustAskError and ClosedError go to the caller."""
        try:
            wanted = read(question.text)
        except UnknownWordError as error:
            return unknown_word(error, question, self.usage)
        as_of = self.books.snapshot_day()
        if as_of is None:
            return nothing_read(question.asker.speech)
        scope = scope_of(question.asker, wanted.whose, self.books)
        return nobody(question) if scope is None else self._listed(question, wanted, scope, as_of)

    def _listed(self, question: Question, wanted: Wanted, scope: Scope, as_of: date) -> Answer:
        every = self.books.alerts(self.rules, scope.people)
        found = seen(question.asker, every, lambda one: one.account_id)
        awake = [one for one in found if one.phase is not Phase.SNOOZED]
        asleep = sorted((one for one in found if one.phase is Phase.SNOOZED), key=_waking)
        frame = Frame(
            f"{self.name} {scope.whose}",
            question.command,
            as_of,
            scope.whose,
            first_row(wanted, len(awake)),
            len(awake),
            press=bool(question.asker.user),
            native=self.native,
        )
        most = EVERY_ROW if wanted.full and not frame.press else SHOWN
        alerts = self._alerts(awake, asleep, as_of, (frame.start - 1, most))
        message, shown = alerts_message(alerts, frame, question.asker.speech, most)
        return Answer(question.asker.speech.write(message), _data(alerts, frame, shown))

    def _alerts(
        self, awake: Sequence[OpenAlert], asleep: Sequence[OpenAlert], as_of: date, part: tuple[int, int]
    ) -> Alerts:
        start, most = part
        stakes = [_stake(one, as_of) for one in awake]
        by_id = {one.episode_id: one for one in awake}
        order = most_urgent_first(stakes)[start:][:most]
        shown = [*(by_id[episode_id] for episode_id in order), *asleep[:_ASLEEP_MOST]]
        listed = list(self._full(shown))
        return Alerts(
            self.kind,
            tuple(one for one in listed if one.episode.phase is not Phase.SNOOZED),
            len({one.account_id for one in awake}),
            at_stake(stakes),
            sum(one.phase is not Phase.CLAIMED for one in awake),
            tuple(one for one in listed if one.episode.phase is Phase.SNOOZED),
            len(asleep),
        )

    def _full(self, found: Sequence[OpenAlert]) -> Iterator[Listing]:
        views = self.books.views({one.account_id for one in found})
        episodes = self.books.episodes_by_id([one.episode_id for one in found])
        names = names_of(self.books, views.values())
        users = {user for one in episodes.values() for user in (one.claimed_by, one.snoozed_by) if user}
        people = {user: person.name for user in users if (person := self.books.person_in_slack(user)) is not None}
        for one in found:
            view, episode = views.get(one.account_id), episodes.get(one.episode_id)
            if view is not None and episode is not None:  # gone since the list was read
                yield Listing(
                    episode,
                    one.account_id,
                    view.name,
                    view.url,
                    one.currency,
                    one.deadline_on,
                    answerable(view, names),
                    people.get(episode.claimed_by or ""),
                    people.get(episode.snoozed_by or ""),
                )


def risks(books: Books, rules: Collection[str], *, native: bool = False) -> AlertsCommand:
    """Return who lists churn risks."""
    usage, purpose = "risks [mine|team|all]", "open churn risks, what matters most first"
    return AlertsCommand(books, "churn_risk", rules, "risks", usage, purpose, native)


def upsell(books: Books, rules: Collection[str], *, native: bool = False) -> AlertsCommand:
    """Return who lists chances to sell more."""
    usage, purpose = "upsell [mine|team|all]", "who has outgrown their contract, what matters most first"
    return AlertsCommand(books, "upsell", rules, "upsell", usage, purpose, native)


def _stake(one: OpenAlert, as_of: date) -> Stake:
    left = None if one.deadline_on is None else (one.deadline_on - as_of).days
    return Stake(one.episode_id, one.account_id, one.severity, one.at_stake, one.currency, left)


def _waking(one: OpenAlert) -> tuple[str, str]:
    return str(one.snoozed_until), one.episode_id


def _data(found: Alerts, frame: Frame, shown: int) -> dict[str, object]:
    return {
        "as_of": str(frame.as_of),
        "kind": found.kind,
        "whose": str(frame.whose),
        "total": frame.total,
        "first": frame.start,
        "shown": shown,
        "accounts": found.accounts,
        "unclaimed": found.unclaimed,
        "at_stake": sums_data(found.stake),
        "rows": [_row(one, frame.as_of) for one in found.rows[:shown]],
        "snoozed": [_row(one, frame.as_of) for one in found.snoozed],
        "snoozed_total": found.snoozed_count,
    }


def _row(one: Listing, as_of: date) -> dict[str, object]:
    episode = one.episode
    return {
        "account": one.name,
        "account_id": one.account_id,
        "url": one.url,
        "episode": episode.episode_id,
        "rule": episode.rule,
        "phase": str(episode.phase),
        "severity": episode.severity,
        "at_stake": episode.at_stake,
        "currency": one.currency,
        "deadline": str(one.deadline_on) if one.deadline_on else None,
        "since": str(episode.opened_on),
        "why": why(episode, one.currency, as_of, ENGLISH),
        "claimed_by": one.claimed_by or episode.claimed_by,
        "claimed_at": episode.claimed_at.isoformat() if episode.claimed_at else None,
        "snoozed_until": str(episode.snoozed_until) if episode.snoozed_until else None,
        "owner": one.owner,
    }
