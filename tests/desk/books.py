"""Books of business for tests of the Home tab: accounts and alerts in memory, and who may see which."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from bot.core.episodes import Phase
from bot.core.holdings import Holding, Scope
from bot.desk.asking import Asker, ClosedError
from bot.desk.home import Homes
from bot.messages.blocks import to_text
from bot.messages.home.compose import home_message
from bot.messages.home.looking import Looking
from bot.messages.home.view import home_view
from bot.messages.limits import validate
from bot.messages.speech import ENGLISH, Speech
from bot.sandbox.slack_views import view_faults
from bot.state.rows import AccountView, Person, SourceState
from tests.state.samples import episode

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from bot.core.episodes import Episode
    from bot.messages.home.sheet import Sheet
    from bot.messages.message import Message

TODAY = date(2026, 3, 2)
NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
KINDS = {"licence-underuse": "churn_risk", "near-limit": "upsell"}
DANA = Person("005A", "Dana", "dana@ours.example", "005M", active=True, timezone=None)
MO = Person("005M", "Mo", "mo@ours.example", None, active=True, timezone=None)
NEW = Person("005N", "Nia", "nia@ours.example", None, active=True, timezone=None)


def holding(number: int, name: str = "", **changes: Any) -> Holding:  # noqa: ANN401 - a test's own words
    made = Holding(
        account_id=f"001{number:06d}",
        name=name or f"Customer {number}",
        as_of=TODAY - timedelta(days=1),
        owner_id="005A",
        csm_id=None,
        segment="SMB",
        currency="EUR",
        arr=1000.0,
        renewal_on=TODAY + timedelta(days=60),
        deadline_on=TODAY + timedelta(days=30),
        health_band="green",
    )
    return replace(made, **changes)


@dataclass
class Book:
    """A state store that is a list."""

    accounts: Sequence[Holding] = ()
    episodes: Sequence[Episode] = ()
    lines: Mapping[str, AccountView] = field(default_factory=dict)

    def holdings(self, scope: Scope, limit: int) -> Sequence[Holding]:
        found = [one for one in map(self._with_alerts, self.accounts) if self._fits(one, scope)]
        found = [one for one in found if one.alerts or scope.rules is None]
        return sorted(found, key=lambda one: -(one.at_stake or 0))[:limit]

    def coming_up(self, scope: Scope, since: date, until: date, limit: int) -> Sequence[Holding]:
        found = [one for one in self.accounts if one.deadline_on and since <= one.deadline_on <= until]
        found = [one for one in found if self._fits(one, scope)]
        return sorted(found, key=lambda one: one.deadline_on or since)[:limit]

    def open_alerts(self, scope: Scope, limit: int) -> Sequence[Episode]:
        mine = {one.account_id for one in self.accounts if self._fits(one, scope)}
        return [one for one in self.episodes if one.subject in mine and (not scope.rules or one.rule in scope.rules)][
            :limit
        ]

    def views(self, account_ids: Collection[str]) -> Mapping[str, AccountView]:
        return {key: view for key, view in self.lines.items() if key in account_ids}

    def has_accounts(self, people: Collection[str]) -> bool:
        return any(one.owner_id in people or one.csm_id in people for one in self.accounts)

    def segments(self) -> Sequence[str]:
        return sorted({one.segment for one in self.accounts if one.segment})

    def people(self) -> Mapping[str, Person]:
        return {one.person_id: one for one in (DANA, MO, NEW)}

    def sources(self) -> Sequence[SourceState]:
        return (
            SourceState("posthog", NOW, date(2026, 2, 27), "refused", 1, 0),
            SourceState("salesforce", NOW, TODAY - timedelta(days=1), None, 1, 0),
        )

    def _fits(self, one: Holding, scope: Scope) -> bool:
        mine = scope.people is None or one.owner_id in scope.people or one.csm_id in scope.people
        return mine and scope.segment in {None, one.segment} and scope.band in {None, one.health_band}

    def _with_alerts(self, one: Holding) -> Holding:
        found = [alert for alert in self.episodes if alert.subject == one.account_id]
        stakes = [alert.at_stake for alert in found if alert.at_stake is not None]
        return replace(one, alerts=len(found), at_stake=max(stakes, default=None))


@dataclass(frozen=True)
class Only:
    """Sees some accounts; notes what was asked."""

    account_ids: frozenset[str]
    closed: str = ""

    def readable(self, account_ids: Collection[str]) -> frozenset[str]:
        if self.closed:
            raise ClosedError(self.closed)
        return self.account_ids & frozenset(account_ids)


def shown(book: Book, asker: Asker | None = None, looking: Looking | None = None, **options: Any) -> Sheet:  # noqa: ANN401 - likewise
    homes = Homes(book, KINDS, "#cs-ops", **options)
    return homes.sheet(asker or Asker(person=DANA), looking or Looking(), NOW)


def written(sheet: Sheet, speech: Speech = ENGLISH) -> str:
    """Return a Home as text; it has to be one that Slack takes."""
    message = home_message(sheet, "/headroom", speech)
    checked(message, sheet.looking.as_text())
    return to_text(message)


def checked(message: Message, kept: str = "") -> None:
    view = home_view(message, kept)
    assert validate(view["blocks"], "home") == []
    assert view_faults(view, "home") == []


ACME, BRICK, COBALT = holding(1, "Acme"), holding(2, "Brick", arr=None), holding(3, "Cobalt", currency="USD")
ALERTS = (
    episode("001000001", at_stake=400.0),
    episode("001000001", "near-limit", at_stake=100.0, phase=Phase.CLAIMED, claimed_by="U2"),
    episode("001000003", at_stake=70.0),
)
BOOK = Book((ACME, BRICK, COBALT), ALERTS)
