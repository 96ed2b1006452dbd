"""What is told together, laid out as people get it: a person's day, a team's week, a renewal brief with its parts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from bot.core.book import Stake, at_stake
from bot.core.brief.brief import Basis
from bot.core.brief.policy import PrepPolicy
from bot.core.digesting import Change, Held, State, What, book_changes, by_week, movement
from bot.core.episodes import Phase
from bot.core.scoring.shipped import SHIPPED
from bot.desk.prep import buttons_of
from bot.messages.brief.slack import thread
from bot.messages.digest import Entry, headline_of
from bot.messages.digests.daily import Changed, Daily, daily
from bot.messages.digests.weekly import Alerted, Unclaimed, Weekly, weekly
from bot.prep.briefs import BriefMaker
from bot.preview.samples import SAMPLES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import date

    from bot.core.digesting import Moved
    from bot.core.episodes import Episode
    from bot.messages.message import Message
    from bot.messages.render import Templates
    from bot.messages.speech import Speech
    from bot.preview.subject import Subject
    from bot.state.rows import Person

    Laying = Callable[[Subject, Templates, Speech], tuple[Message, ...]]

_COMMAND: Final = "/headroom"
_PER_DAY: Final = 10
_WEEK: Final = timedelta(days=7)
_OVER: Final = frozenset({Phase.CLOSED, Phase.RESOLVED})


@dataclass(frozen=True, slots=True)
class _Shelf:
    """Everything that a brief asks for, of one subject."""

    subject: Subject

    def person(self, person_id: str) -> Person | None:
        return self.subject.people().get(person_id)

    def episodes_of(self, account_id: str) -> Sequence[Episode]:
        return (self.subject.episode(),) if account_id == self.subject.account_id else ()


def brief_of(subject: Subject, templates: Templates, speech: Speech) -> tuple[Message, ...]:
    """Write the brief of an account: the card, and the parts of its thread."""
    basis = Basis(PrepPolicy(), SHIPPED, {subject.rule.name: subject.rule})
    by_account = {subject.account_id: subject.courses}
    maker = BriefMaker(_Shelf(subject), basis, lambda _: by_account, templates, subject.company)
    prepared = maker.prepared(subject.view(), speech)
    card = maker.card(subject.view(), prepared, speech, buttons_of(subject.account_id, speech))
    return (card, *thread(prepared.document, speech))


def day_of(subject: Subject, templates: Templates, speech: Speech) -> tuple[Message, ...]:
    """Write a person's day: alerts that were held back, and what changed; with its thread."""
    since = subject.as_of - timedelta(days=1)
    entries = [one for one, _ in _entries(subject, templates, speech)]
    told = Daily(entries, list(_changes(subject)), _PER_DAY, subject.as_of, since, subject.company, _COMMAND)
    return daily(templates, told, speech)


def week_of(subject: Subject, templates: Templates, speech: Speech) -> tuple[Message, ...]:
    """Write a team's week, with its thread."""
    told = list(_entries(subject, templates, speech))
    stakes = [_stake(entry, number) for number, (entry, _) in enumerate(told)]
    unclaimed = [one for one, (_, claimed_by) in zip(stakes, told, strict=True) if claimed_by is None]
    owner = subject.owner.name if subject.owner else None
    waiting = Unclaimed(owner, len(unclaimed), len(told), at_stake(unclaimed))
    coming = list(_coming(subject))
    week = Weekly(
        whose=speech.t("All accounts"),
        risks=[Alerted(entry, claimed_by) for entry, claimed_by in told],
        upsells=_upsells(subject, templates, speech),
        weeks=by_week(coming, subject.as_of),
        undated=len(_names(subject)) - len(coming),
        at_stake=at_stake(stakes),
        moved=_moved(stakes, subject),
        since=subject.as_of - _WEEK,
        arr=_arr(subject),
        unclaimed=[waiting] if unclaimed else [],
        as_of=subject.as_of,
        company=subject.company,
        command=_COMMAND,
    )
    return weekly(templates, week, speech)


TOGETHER: Final[Mapping[str, Laying]] = {"digest": day_of, "weekly": week_of, "brief": brief_of}
"""By template, who lays out what stands under its title and sentence."""


def _names(subject: Subject) -> tuple[str, ...]:
    return (subject.name, *subject.others)


def _entries(subject: Subject, templates: Templates, speech: Speech) -> Iterator[tuple[Entry, str | None]]:
    """Yield the open alert of each account, and who has taken it on: the subject's may be claimed, or over."""
    for number, name in enumerate(_names(subject)):
        own = subject if number == 0 else subject.but(name=name, phase=Phase.FIRING, state={})
        if own.phase in _OVER:
            continue
        headline = headline_of(templates.alert(own.but(name=name).context(), speech))
        stake = None if subject.at_stake is None else subject.at_stake / (number + 1)
        yield Entry(headline, name, subject.url, "high", stake, _currency(subject)), own.episode().claimed_by


def _upsells(subject: Subject, templates: Templates, speech: Speech) -> list[Alerted]:
    about = SAMPLES["upsell"]
    return [
        Alerted(
            Entry(
                headline_of(templates.alert(about.but(name=name).context(), speech)),
                name,
                subject.url,
                "medium",
                about.at_stake,
                _currency(about),
            ),
            None,
        )
        for name in subject.others[:1]
    ]


def _changes(subject: Subject) -> Iterator[Changed]:
    """Yield what changed: all that can about the subject, and of the other accounts one thing each."""
    account, m = subject.account_id, subject.m
    was = State("green", 0.6, None)
    now = State(m.get("health_band"), m.get("peak_utilization"), m.get("deadline"))
    for change in book_changes({account: was}, {account: now}, subject.as_of):
        yield Changed(change, subject.name, subject.url)
    ended = Change(account, What.ENDED, "usage-cliff", "expanded")
    taken = Change(account, What.CLAIMED, subject.rule.name, "U02ADA")
    for number, name in enumerate(subject.others or (subject.name,)):
        yield Changed(taken if number % 2 else ended, name, subject.url)


def _moved(stakes: Sequence[Stake], subject: Subject) -> tuple[Moved, ...]:
    """Return how what is at stake moved since a week in which one account was lost and the first was known."""
    held = {one.account: Held(one.at_stake, one.currency) for one in stakes}
    before = {account: Held(60_000.0, _currency(subject)) for account in (*list(held)[:1], "gone")}
    return movement(before, held, {"gone": "lost"})


def _stake(entry: Entry, number: int) -> Stake:
    return Stake(str(number), str(number), entry.severity, entry.at_stake, entry.currency, None)


def _coming(subject: Subject) -> Iterator[tuple[date, str | None, float | None]]:
    deadline = subject.m.get("deadline")
    if deadline is not None:
        for number, _ in enumerate(_names(subject)):
            yield deadline - (2 + number % 5) * _WEEK, _currency(subject), subject.m.get("arr")


def _arr(subject: Subject) -> dict[str | None, float]:
    arr = subject.m.get("arr")
    return {} if arr is None else {_currency(subject): arr * len(_names(subject))}


def _currency(subject: Subject) -> str | None:
    currency = subject.m.get("currency")
    return currency if isinstance(currency, str) else None
