"""What somebody's Home shows: their accounts, what is open about them, what comes up; no more than they may see."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final, Protocol
from zoneinfo import ZoneInfo

from bot.core.book import Stake, Whose, most_urgent_first, sums, team_of
from bot.core.holdings import Scope
from bot.core.working_time import known_zone
from bot.desk.renewals import used
from bot.messages.home.compose import whom_to_ask
from bot.messages.home.sheet import Open, Row, Sheet, Totals

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import date, datetime

    from bot.core.episodes import Episode
    from bot.core.holdings import Holding
    from bot.desk.asking import Asker
    from bot.messages.home.looking import Looking
    from bot.messages.speech import Speech
    from bot.state.rows import AccountView, Person, SourceState

AHEAD: Final = timedelta(days=120)
"""How far deadlines are looked for."""
ROWS: Final = 12
"""Accounts on a page: what can be scrolled through on a phone."""
TABLE_ROWS: Final = 40
"""The same in a table, which may hold 10,000 characters."""
ALERTS: Final = 5
RENEWALS: Final = 12

_OWN_MOST: Final = 1000
_ALL_MOST: Final = 200
"""Of all accounts only so many, those with most at stake: the CRM is asked about each."""
_ALERTS_MOST: Final = 100
_RENEWALS_MOST: Final = 100


class Book(Protocol):
    """What of the state store a Home is made of."""

    def holdings(self, scope: Scope, limit: int) -> Sequence[Holding]:
        """Return accounts, what has most at stake first; those without an alert by their ARR."""

    def coming_up(self, scope: Scope, since: date, until: date, limit: int) -> Sequence[Holding]:
        """Return accounts whose deadline lies between two days, both included; the nearest first."""

    def open_alerts(self, scope: Scope, limit: int) -> Sequence[Episode]:
        """Return the open alerts of accounts of which people were told, what has most at stake first."""

    def views(self, account_ids: Collection[str]) -> Mapping[str, AccountView]:
        """Return some accounts by their ids."""

    def has_accounts(self, people: Collection[str]) -> bool:
        """Tell whether somebody is the owner or CSM of any account."""

    def segments(self) -> Sequence[str]:
        """Return every segment that an account has, by name."""

    def people(self) -> Mapping[str, Person]:
        """Return everybody of the CRM, by id."""

    def sources(self) -> Sequence[SourceState]:
        """Return how the last reading of each source went, by name."""


@dataclass(frozen=True, slots=True)
class _Found:
    """What the state store has for a scope, of which nothing but `readable` may be shown, counted or summed."""

    book: Sequence[Holding]
    coming: Sequence[Holding]
    alerts: Sequence[Episode]
    whole: bool

    def only(self, asker: Asker) -> _Found:
        """Return what the asker may see of it. MustAskError and ClosedError of the sight go to the caller."""
        ids = {one.account_id for one in (*self.book, *self.coming)} | {one.subject for one in self.alerts}
        seen = asker.sight.readable(ids)
        return replace(
            self,
            book=[one for one in self.book if one.account_id in seen],
            coming=[one for one in self.coming if one.account_id in seen],
            alerts=[one for one in self.alerts if one.subject in seen],
        )


@dataclass(frozen=True, slots=True)
class Homes:
    """Makes Homes."""

    store: Book
    kinds: Mapping[str, str]
    """By rule, of what kind its alerts are."""
    ask: str = ""
    """The channel in which people can ask why they see nothing; empty: none."""
    native: bool = False
    """Whether Slack shows tables of its own."""
    tasks: bool = False
    """Whether a task can be made of an alert in the CRM."""

    @property
    def rows(self) -> int:
        """How many accounts stand on a page."""
        return TABLE_ROWS if self.native else ROWS

    def sheet(self, asker: Asker, looking: Looking, now: datetime) -> Sheet:
        """Make what stands in the asker's Home. MustAskError and ClosedError of their sight go to the caller."""
        asker.sight.readable(())  # who may see nothing at all is told why, whatever the accounts are
        today = now.astimezone(known_zone(asker.speech.zone) or ZoneInfo("UTC")).date()
        whose = looking.whose or self._first(asker)
        found = self._found(self._scope(asker, whose, looking), today, whose).only(asker)
        pages = max(-(-len(found.book) // self.rows), 1)
        looking = replace(looking, page=min(looking.page, pages - 1))
        blank = Sheet(looking, today, whose, pages=pages, whole=found.whole, native=self.native, tasks=self.tasks)
        return self._filled(blank, found, asker)

    def _first(self, asker: Asker) -> Whose:
        """Return what somebody sees who has chosen nothing yet."""
        if asker.person is None:
            return Whose.ALL
        mine = frozenset({asker.person.person_id})
        if not self.store.has_accounts(mine) and (team := self._team(asker) - mine) and self.store.has_accounts(team):
            return Whose.TEAM
        return Whose.MINE

    def _team(self, asker: Asker) -> frozenset[str]:
        if asker.person is None:
            return frozenset()
        managers = {person_id: person.manager_id for person_id, person in self.store.people().items()}
        return team_of(asker.person.person_id, managers)

    def _scope(self, asker: Asker, whose: Whose, looking: Looking) -> Scope:
        people: frozenset[str] | None = None
        if whose is Whose.MINE:
            people = frozenset({asker.person.person_id} if asker.person is not None else ())
        elif whose is Whose.TEAM:
            people = self._team(asker)
        rules = frozenset(rule for rule, kind in self.kinds.items() if kind == looking.kind) if looking.kind else None
        return Scope(people, looking.segment or None, looking.band or None, rules)

    def _found(self, scope: Scope, today: date, whose: Whose) -> _Found:
        most = _ALL_MOST if whose is Whose.ALL else _OWN_MOST
        book = self.store.holdings(scope, most)
        # What comes up is of interest whether or not there is an alert of some kind.
        coming = self.store.coming_up(replace(scope, rules=None), today, today + AHEAD, _RENEWALS_MOST)
        return _Found(book, coming, self.store.open_alerts(scope, _ALERTS_MOST), whole=len(book) < most)

    def _filled(self, sheet: Sheet, found: _Found, asker: Asker) -> Sheet:
        place = sheet.looking.page * self.rows
        page, coming = found.book[place : place + self.rows], found.coming[:RENEWALS]
        by_id = {one.account_id: one for one in found.book}
        alerts = _in_order(found.alerts, by_id, sheet.today)[:ALERTS]
        views = self.store.views({*(one.account_id for one in (*page, *coming)), *(one.subject for one in alerts)})
        totals = _totals(found.book)
        return replace(
            sheet,
            rows=tuple(_row(one, views) for one in page),
            totals=totals,
            # A rule that is gone leaves its alerts, of no kind any more, until they end.
            alerts=tuple(Open(one, self.kinds.get(one.rule, ""), _row(by_id[one.subject], views)) for one in alerts),
            more_alerts=max(totals.alerts - len(alerts), 0),
            renewals=tuple(_row(one, views) for one in coming),
            more_renewals=len(found.coming) - len(coming),
            sources=tuple(self.store.sources()),
            # Whoever sees no account at all is not told what segments others are in.
            segments=tuple(self.store.segments()) if found.book or sheet.looking.segment else (),
            hint="" if found.book else self._hint(asker, sheet),
            as_of=max((one.as_of for one in found.book), default=None),
        )

    def _hint(self, asker: Asker, sheet: Sheet) -> str:
        """Say why somebody sees no account; empty where it is their filters."""
        speech, looking = asker.speech, sheet.looking
        if looking.segment or looking.kind or looking.band:
            return ""
        if asker.person is None:
            return f"{_unknown(speech)} {whom_to_ask(self.ask, speech)}"
        if sheet.whose is Whose.MINE:
            told = speech.t(
                "You are not the owner or CSM of any account that Headroom has read. Choose your team’s accounts or "
                "all of them above."
            )
        elif sheet.whose is Whose.TEAM:
            told = speech.t("Nobody of your team is the owner or CSM of an account that you may see.")
        else:
            told = speech.t("The CRM shows you no account that Headroom has read.")
        return f"{told} {whom_to_ask(self.ask, speech)}"


def _unknown(speech: Speech) -> str:
    return speech.t("No active user of the CRM has your e-mail address: it cannot say which accounts are yours.")


def _totals(book: Sequence[Holding]) -> Totals:
    return Totals(
        accounts=len(book),
        alerts=sum(one.alerts for one in book),
        arr=sums((one.currency, one.arr) for one in book),
        at_stake=sums((one.currency, one.at_stake) for one in book if one.alerts),
    )


def _in_order(alerts: Sequence[Episode], by_id: Mapping[str, Holding], today: date) -> list[Episode]:
    """Return alerts by at stake x urgency, those that somebody has taken on after the others."""
    known = {one.episode_id: one for one in alerts if one.subject in by_id}
    stakes = [_stake(one, by_id[one.subject], today) for one in known.values()]
    ranked = [known[key] for key in most_urgent_first(stakes)]
    return sorted(ranked, key=lambda one: one.claimed_by is not None)


def _stake(episode: Episode, holding: Holding, today: date) -> Stake:
    left = (holding.deadline_on - today).days if holding.deadline_on is not None else None
    return Stake(
        episode.episode_id, episode.subject, episode.severity, episode.at_stake, holding.currency, days_left=left
    )


def _row(holding: Holding, views: Mapping[str, AccountView]) -> Row:
    view = views.get(holding.account_id)
    return Row(holding, used(view), view.url) if view is not None else Row(holding, None)
