"""Whatever nights hand in, again or anew: each alert is said once, alone or in a digest, and nobody gets too many."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.verdicts import SEVERITIES, Finding, Truth
from bot.core.working_time import CompanyHours
from bot.notices.budget import within_budget
from bot.notices.cards import Cards
from bot.notices.drafts import Draft
from bot.notices.manners import Clocks, Manners
from bot.state.digests import Said
from bot.state.keys import notice_id
from bot.state.rows import AccountView, Act, Notice, Person
from tests.nights import DAY, shipped_templates
from tests.state.samples import episode, message

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from bot.notices.budget import Budgeted

PEOPLE: Final = {key: Person(key, key, None, None, True, zone) for key, zone in (("P1", None), ("P2", "Asia/Tokyo"))}
START: Final = datetime(2026, 3, 6, 5, tzinfo=UTC)  # a Friday
VIEW: Final = AccountView("acme", "Acme", None, None, "P1", None, DAY, {}, ())


def draft(number: int, person: str, severity: str, now: datetime) -> Draft:
    of = episode(f"account-{number}", severity=severity)
    destination = f"person:{person}"
    notice = Notice(
        notice_id=notice_id(of.episode_id, "fired", destination, Act.POST),
        episode_id=of.episode_id,
        transition="fired",
        destination=destination,
        act=Act.POST,
        kind="churn_risk",
        subject=of.subject,
        message=message(),
        created_at=now,
    )
    finding = Finding(of.rule, of.subject, DAY, Truth.TRUE, Truth.FALSE, severity, None, None, ())
    return Draft(notice, of, finding, VIEW)


@dataclass
class Memory:
    """What the store would know."""

    said: list[Said] = field(default_factory=list)
    digested: list[tuple[str, str, str]] = field(default_factory=list)

    def said_to_people(self, since: datetime) -> Sequence[Said]:
        return [one for one in self.said if one.created_at >= since]

    def enqueued(self, notice_ids: Collection[str]) -> frozenset[str]:
        return frozenset(one.notice_id for one in self.said) & frozenset(notice_ids)

    def digested_of(self, subjects: Collection[str]) -> frozenset[tuple[str, str, str]]:
        return frozenset(self.digested)

    def keep(self, drafts: Sequence[Draft], budgeted: Budgeted) -> None:
        """Store what a night commits; the outbox takes each notice once under its key."""
        alone = [one.notice for one in drafts if one.notice.notice_id not in budgeted.left_out]
        known = {one.notice_id for one in self.said}
        for one in (*alone, *budgeted.digests):
            if one.notice_id not in known:
                self.said.append(Said(one.notice_id, one.episode_id, one.destination, one.kind, one.created_at))
        for line in budgeted.audit:
            keys = (str(line.detail["episode"]), str(line.detail["transition"]), str(line.detail["destination"]))
            self.digested.append(keys)


ALERTS = st.tuples(st.integers(0, 30), st.sampled_from(["P1", "P2"]))
NIGHTS = st.lists(st.tuples(st.integers(0, 30), st.lists(ALERTS, unique=True, max_size=12)), min_size=1, max_size=6)


@settings(deadline=None)
@given(NIGHTS, st.integers(1, 4), st.booleans())
def test_each_alert_is_said_once_and_nobody_is_told_too_much(
    nights: list[tuple[int, list[tuple[int, str]]]], per_day: int, quiet: bool
) -> None:
    memory, now = Memory(), START
    clocks = Clocks(Manners(hours=CompanyHours("UTC"), quiet=quiet, per_day=per_day), PEOPLE)
    cards = Cards(shipped_templates(), "Vendor", {}, PEOPLE, {})
    wanted: dict[str, Draft] = {}
    for hours, alerts in nights:
        now += timedelta(hours=hours)
        # The same alert is as severe each time.
        drafts = [draft(number, person, SEVERITIES[number % 4], now) for number, person in alerts]
        wanted |= {one.notice.notice_id: one for one in drafts}
        memory.keep(drafts, within_budget(drafts, memory, cards, clocks, now))

    posts = {one.notice_id: one for one in memory.said if one.kind != "digest"}
    digested = Counter(memory.digested)
    in_digests = {notice_id(one, transition, destination, Act.POST) for one, transition, destination in digested}
    assert set(digested.values()) <= {1}
    assert posts.keys() | in_digests == wanted.keys()
    assert posts.keys() & in_digests == set()
    assert not any(wanted[key].alert().always for key in in_digests)

    days = Counter(
        (one.destination, clocks.day(one.destination.removeprefix("person:"), one.created_at))
        for one in posts.values()
        if not wanted[one.notice_id].alert().always
    )
    assert max(days.values(), default=0) <= per_day
    assert cards.problems == []


def test_a_draft_of_nobody_in_particular_is_left_alone() -> None:
    clocks = Clocks(Manners(per_day=1), PEOPLE)
    drafts = [draft(number, "P1", "low", START) for number in range(3)]
    channel = [replace(one, notice=replace(one.notice, destination="#cs-risk")) for one in drafts]
    cards = Cards(shipped_templates(), "Vendor", {}, PEOPLE, {})
    assert within_budget(channel, Memory(), cards, clocks, START).left_out == frozenset()
    assert len(within_budget(drafts, Memory(), cards, clocks, START).left_out) == 2
