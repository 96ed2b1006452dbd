"""Renewal preparation: the brief goes to an account's people at fixed days before its deadline.

What is said is named by account, deadline and stage: a night done over says nothing twice, and a deadline that moves
counts anew. The brief goes to the CSM, else to the owner; its parts answer in the thread of its card.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

import structlog

from bot.core.addressing import NOBODY, PERSON, addressees
from bot.core.brief.cadence import lefts, stage_due
from bot.core.routing import Facts
from bot.core.scoring.model import RED
from bot.core.subscriptions import hearers
from bot.core.verdicts import figure
from bot.desk.prep import buttons_of
from bot.errors import TemplateError
from bot.messages.brief.slack import KIND, card, thread
from bot.notices.cards import meant_for
from bot.notices.drafts import roles_of
from bot.notices.hearing import muted_kinds
from bot.notices.manners import Clocks
from bot.state.keys import notice_id
from bot.state.rows import Act, Notice

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from bot.core.addressing import Addressee
    from bot.core.brief.policy import PrepPolicy
    from bot.core.courses import Course
    from bot.core.subscriptions import Subscription
    from bot.desk.prep import Prepared
    from bot.messages.message import Message
    from bot.messages.speech import Speech
    from bot.notices.hearing import Readers
    from bot.notices.manners import Manners
    from bot.prep.briefs import BriefMaker
    from bot.state.rows import AccountView, Person
    from bot.state.store import Store

_log = structlog.get_logger(__name__)

PREPARATION: Final = "renewal-prep"
"""Name of the job."""

BRIEF: Final = "brief"
"""Kind of its notices: they take up nobody's attention for alerts."""

_SEVERITY: Final = "medium"
_AT_ONCE: Final = 200
"""Accounts whose daily use is read at once."""


@dataclass(frozen=True, slots=True)
class Due:
    """An account whose brief is to be sent."""

    view: AccountView
    deadline: date
    stage: int

    @property
    def episode_id(self) -> str:
        """Return what its notices are about: this account's deadline."""
        return f"prep:{self.view.account_id}:{self.deadline}"

    @property
    def transition(self) -> str:
        """Return what its card says: that a stage is reached."""
        return f"stage:{self.stage}"


@dataclass(frozen=True, slots=True)
class RenewalPreparation:
    """Writes the briefs that are due into the outbox."""

    store: Store
    briefs: BriefMaker
    policy: PrepPolicy
    manners: Manners
    readers: Readers
    """Who may see what: a CSM of the account need not be one of its readers in the CRM."""

    def prepare(self, now: datetime, today: date) -> tuple[Notice, ...]:
        """Write what is due by the last night's figures; return what is new in the outbox. `today`: the company's."""
        due = self.due(today)
        if not due:
            return ()
        readers = _Addressees.of(self)
        named = [(one, addressee) for one in due if (addressee := readers.addressee(one.view)) is not None]
        meant = self._readable(named, readers.people)
        told: list[Notice] = []
        for start in range(0, len(meant), _AT_ONCE):
            some = meant[start : start + _AT_ONCE]
            courses = self.briefs.courses([one.view.account_id for one, _ in some])
            for one, addressee in some:
                told += self._said(one, addressee, courses.get(one.view.account_id, ()), readers.clocks, now)
        if told:
            _log.info("renewals prepared", accounts=len(meant), notices=len(told))
        return tuple(told)

    def _readable(
        self, meant: Sequence[tuple[Due, Addressee]], people: Mapping[str, Person]
    ) -> list[tuple[Due, Addressee]]:
        """Leave what the readers may see; the CRM is asked once a person. The rest is tried again while it is due."""
        wanted: defaultdict[str, set[str]] = defaultdict(set)
        for due, addressee in meant:
            wanted[addressee.destination].add(due.view.account_id)
        shown = {place: self._shown(people.get(place.removeprefix(PERSON)), ids) for place, ids in wanted.items()}
        found = [(due, one) for due, one in meant if due.view.account_id in shown[one.destination]]
        if len(found) < len(meant):
            _log.warning("briefs whose readers may not see the account", accounts=len(meant) - len(found))
        return found

    def _shown(self, person: Person | None, account_ids: Collection[str]) -> Collection[str]:
        # Who is not among the people of the CRM is nobody's eyes: delivery says so, to those who run this.
        return account_ids if person is None else self.readers(person, sorted(account_ids))

    def due(self, today: date) -> list[Due]:
        """Return whose brief is due and was not sent yet, the nearest deadline first.

        Days are counted as the last night did: from the day that it judged.
        """
        judged = self.store.judged_on()
        if judged is None:
            return []
        # Figures of some days ago still tell of deadlines that lie behind today: no brief is sent for those.
        spans = [
            (max(judged + timedelta(days=fewest), today), judged + timedelta(days=most))
            for fewest, most in lefts(self.policy)
        ]
        of_red = RED, (today, judged + timedelta(days=self.policy.red_from))
        views = self.store.accounts_with_deadline(spans, of_red)
        found = [one for view in views if (one := self._due(view)) is not None]
        posted = self.store.posted_of([one.episode_id for one in found])
        return [one for one in found if (one.episode_id, one.transition) not in posted]

    def _due(self, view: AccountView) -> Due | None:
        m, deadline = view.metrics, view.metrics.get("deadline")
        if not isinstance(deadline, date):
            return None
        band = RED if m.get("health_band") == RED else None
        stage = stage_due((deadline - view.as_of).days, figure(m.get("arr")), band, self.policy)
        return None if stage is None else Due(view, deadline, stage)

    def _said(
        self, due: Due, addressee: Addressee, courses: Sequence[Course], clocks: Clocks, now: datetime
    ) -> tuple[Notice, ...]:
        try:
            messages = self._messages(due, addressee, courses, clocks.speech(addressee.destination))
        except Exception:  # noqa: BLE001  # one brief that cannot be made must not keep the others' deadlines from being told
            _log.exception("no brief could be made", subject=due.view.account_id, deadline=str(due.deadline))
            return ()
        not_before = clocks.not_before(addressee.destination.removeprefix(PERSON), now)
        return self.store.say(tuple(_notices(due, addressee, messages, now, not_before)))

    def _messages(
        self, due: Due, addressee: Addressee, courses: Sequence[Course], speech: Speech
    ) -> tuple[Message, ...]:
        prepared = self.briefs.made(due.view, courses, speech)
        return (
            meant_for(self._card(due, prepared, speech), addressee.instead_of),
            *thread(prepared.document, speech),
        )

    def _card(self, due: Due, prepared: Prepared, speech: Speech) -> Message:
        buttons = buttons_of(due.view.account_id, speech)
        try:
            return self.briefs.card(due.view, prepared, speech, buttons)
        except TemplateError as error:
            # A template of the user's that fails must not keep a deadline from being told.
            _log.error("template failed", template="brief", subject=due.view.account_id, problem=str(error))
            return card(prepared.document, speech, buttons=buttons)


@dataclass(frozen=True, slots=True)
class _Addressees:
    """Whom briefs go to, and how these people want to hear of them."""

    people: Mapping[str, Person]
    wishes: Sequence[Subscription]
    clocks: Clocks

    @classmethod
    def of(cls, by: RenewalPreparation) -> _Addressees:
        people, chosen = by.store.people(), by.store.preferences_by_person()
        wishes = (*by.store.subscriptions(), *muted_kinds(chosen))
        return cls(people, wishes, Clocks(by.manners, people, chosen))

    def addressee(self, view: AccountView) -> Addressee | None:
        """Return whom the brief of an account goes to; None where that one mutes renewals, or is nobody.

        That an account has nobody, its reminders tell: a brief would be prepared by no one.
        """
        meant = addressees(("csm",), roles_of(view, self.people))
        heard = hearers(meant, _facts(view), self.wishes, "", lambda _: False)
        nobody = heard.silenced or heard.addressees[0].destination == NOBODY
        return None if nobody else heard.addressees[0]


def _facts(view: AccountView) -> Facts:
    m = view.metrics
    words = {name: value if isinstance(value := m.get(name), str) else None for name in ("segment", "region")}
    return Facts(KIND, _SEVERITY, PREPARATION, **words, arr=figure(m.get("arr")))


def _notices(
    due: Due, addressee: Addressee, messages: Iterable[Message], now: datetime, not_before: datetime | None
) -> Iterator[Notice]:
    for number, message in enumerate(messages):
        transition = due.transition if number == 0 else f"{due.transition}:part:{number}"
        yield Notice(
            notice_id=notice_id(due.episode_id, transition, addressee.destination, Act.POST),
            episode_id=due.episode_id,
            transition=transition,
            destination=addressee.destination,
            act=Act.POST,
            kind=BRIEF,
            subject=due.view.account_id,
            message=message,
            created_at=now,
            not_before=not_before,
            chain=addressee.chain,
            # The card is news; its parts are for whoever opens the thread.
            broadcast=number == 0,
        )
