"""Values to put into a store, each with only the difference that a test is about, and a clock that stands."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

from bot.core.acts import claim
from bot.core.episodes import Episode, Phase, Step
from bot.messages.message import Headline, Message, Note, Text
from bot.state.keys import notice_id
from bot.state.rows import AccountView, Act, Judgement, LineView, Notice, Person

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.state.store import Store

START = datetime(2026, 3, 2, 5, 0, tzinfo=UTC)
LEASE = timedelta(minutes=2)

ACME = AccountView(
    account_id="0015g00000KqXyZAAV",
    name="Acme, Inc.",
    domain="acme.example",
    url="https://crm.example/0015g00000KqXyZAAV",
    owner_id="005A",
    csm_id=None,
    as_of=date(2026, 3, 1),
    metrics={"licence_utilization": 0.41, "renewal_date": date(2026, 6, 30), "nps": None, "auto_renew": True},
    lines=(
        LineView("Seats", "seats", 1000.0, 412.0, 0.412, None, "users", date(2025, 7, 1), date(2026, 6, 30)),
        LineView("Calls", "commit", 5e6, None, None, None, "calls", date(2025, 7, 1), date(2026, 6, 30)),
    ),
    external_id="acme-eu",
)
DANA = Person("005A", "Dana Reyes", "dana@ours.example", "005M", active=True, timezone="Europe/Berlin")


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.time = START

    def __call__(self) -> datetime:
        return self.time

    def monotonic(self) -> float:
        """The same clock in seconds."""
        return self.time.timestamp()

    def sleep(self, seconds: float) -> None:
        """Let so much time pass at once."""
        self.time += timedelta(seconds=seconds)

    def forward(self, **span: float) -> None:
        """Let a `timedelta` pass at once."""
        self.time += timedelta(**span)


def account(number: int, name: str, **changes: object) -> AccountView:
    return replace(ACME, account_id=f"001{number:06d}", name=name, domain=None, external_id=None, **changes)  # type: ignore[arg-type]  # a test's own words


def message(text: str = "Acme uses 41 % of its licences") -> Message:
    return Message("churn_risk", text, (Headline(text), Text("Renewal on 30 June."), Note(("as of 1 March",))))


def episode(subject: str = "Acme", rule: str = "licence-underuse", **changes: object) -> Episode:
    made = Episode(
        episode_id=f"{rule}/{subject}",
        rule=rule,
        rule_version="a1b2",
        subject=subject,
        phase=Phase.FIRING,
        opened_on=date(2026, 2, 15),
        fired_at=START,
        notified_at=START,
        step=None,
        claimed_by=None,
        claimed_at=None,
        resolved_at=None,
        severity="high",
        at_stake=120_000.0,
    )
    return replace(made, **changes)  # type: ignore[arg-type]  # a test's own words


def notice(
    of: Episode, destination: str = "#cs-risk", transition: str = "fired", act: Act = Act.POST, text: str | None = None
) -> Notice:
    return Notice(
        notice_id=notice_id(of.episode_id, transition, destination, act),
        episode_id=of.episode_id,
        transition=transition,
        destination=destination,
        act=act,
        kind="churn_risk",
        subject=of.subject,
        message=message(text) if text else message(),
        created_at=START,
    )


def judgement(**parts: object) -> Judgement:
    empty = Judgement(date(2026, 3, 1), START, (), (), (), (), (), ())
    return replace(empty, **parts)  # type: ignore[arg-type]  # a test's own words


def said(*notices: Notice) -> Judgement:
    """A judgement of these notices, with an episode for each."""
    episodes = {one.episode_id: episode(one.subject, one.episode_id.split("/")[0]) for one in notices}
    return judgement(episodes=tuple(episodes.values()), notices=notices)


def take_on(
    store: Store, episode_id: str, user: str, now: datetime, render: Callable[[Episode, Notice], Message]
) -> Step:
    """Let somebody claim an episode."""
    return store.act_on_episode(episode_id, (user, now), lambda seen: claim(seen, user, now), render)
