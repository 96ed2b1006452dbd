"""Alerts that nobody claims: when the manager is told, what, and what becomes of that message."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

from bot.core import acts
from bot.core.subscriptions import Subscription, Verb
from bot.core.working_time import CompanyHours
from bot.messages.blocks import to_text
from bot.messages.revise import revised
from bot.notices import Manners
from bot.run import escalations
from bot.state.rows import Act
from connectors.schema import Table
from tests.nights import PEOPLE, UNHAPPY, crm, nights

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from bot.core.episodes import Episode, Step
    from bot.messages.message import Message
    from bot.state.rows import Notice
    from tests.nights import Nights, Row, Script

RULES = UNHAPPY.replace("  to:", "  escalate: 24h\n  to:")
STAFF = [{**PEOPLE[0], "manager_id": "M1", "timezone": "UTC"}, PEOPLE[1]]
MAX = {"person_id": "M1", "name": "Max Ito", "email": "max@ours.example", "timezone": "America/New_York"}
MONDAY = datetime(2026, 3, 2, 5, tzinfo=UTC)
"""The night; the owner's office opens at nine. Three days of eight hours later it is Wednesday, 17:00."""
WEDNESDAY = datetime(2026, 3, 4, 17, tzinfo=UTC)
MANNERS = Manners(hours=CompanyHours("UTC"), fallback="#cs-ops")


@dataclass
class Watched:
    """A house with a clock of its own."""

    nights: Nights
    source: Script
    now: datetime = MONDAY
    delivered: list[Notice] = field(default_factory=list)

    def night(self, days_later: int = 0, nps: float = 3.0) -> None:
        self.source.tables[Table.ACCOUNTS][0]["nps"] = nps
        self.now = MONDAY + timedelta(days=days_later)
        self.nights.night((self.now.date() - self.nights.day).days)

    def deliver(self) -> None:
        self.nights.deliver()

    def escalate(self, now: datetime) -> list[str]:
        self.now = now
        return [one.destination for one in escalations(self.nights.house).escalate(now)]

    def act(self, act: Callable[[Episode], Step]) -> Step:
        (episode,) = self.nights.house.store.episodes_of("acme")

        def render(seen: Episode, notice: Notice) -> Message:
            return revised(notice.message, seen)

        return self.nights.house.store.act_on_episode(episode.episode_id, ("U1", self.now), act, render)

    def claim(self) -> Step:
        return self.act(lambda episode: acts.claim(episode, "U1", self.now))

    def last(self, destination: str) -> Notice:
        """What a destination was told last."""
        return [one.notice for one in self.nights.house.store.deliveries() if one.notice.destination == destination][-1]


@contextmanager
def watched(
    folder: Path, *, rules: str = RULES, people: list[Row] | None = None, manners: Manners = MANNERS, **account: object
) -> Iterator[Watched]:
    source = crm({"account_id": "acme", "nps": 3.0, **account})
    source.tables[Table.PEOPLE] = [*STAFF, MAX] if people is None else people
    holder: list[Watched] = []
    with nights(folder, source, rules=rules, clock=lambda: holder[0].now if holder else MONDAY) as house:
        house.house = replace(house.house, manners=manners)
        holder.append(Watched(house, source))
        yield holder[0]


@contextmanager
def told(
    folder: Path, *, rules: str = RULES, people: list[Row] | None = None, manners: Manners = MANNERS, **account: object
) -> Iterator[Watched]:
    """The owner and the channel have been told on Monday morning."""
    with watched(folder, rules=rules, people=people, manners=manners, **account) as house:
        house.night()
        house.deliver()
        yield house


def test_after_so_much_working_time_the_manager_is_told_once(tmp_path: Path) -> None:
    with told(tmp_path) as house:
        assert house.escalate(WEDNESDAY - timedelta(minutes=1)) == []
        assert house.escalate(WEDNESDAY) == ["person:M1"]
        assert house.escalate(WEDNESDAY + timedelta(days=5)) == []


def test_the_manager_reads_how_long_whose_it_is_and_the_alert_itself(tmp_path: Path) -> None:
    with told(tmp_path) as house:
        alert = house.last("person:P1").message
        house.escalate(WEDNESDAY)
        card = house.last("person:M1")
    text = to_text(card.message)
    assert "Escalated: nobody has claimed it for 24 hours of working time. Its owner is Dana Reyes." in text
    assert text.splitlines()[0] == to_text(alert).splitlines()[0]
    assert "[Claim]" in text
    assert card.message.summary.endswith(alert.summary)
    assert (card.act, card.transition, card.kind, card.chain, card.broadcast) == (
        Act.POST,
        "escalated",
        "churn_risk",
        (),
        True,
    )


def test_the_messages_that_stand_say_to_whom_it_was_escalated(tmp_path: Path) -> None:
    with told(tmp_path) as house:
        house.escalate(WEDNESDAY)
        for destination in ("person:P1", "#cs-risk"):
            changed = house.last(destination)
            assert changed.act is Act.UPDATE
            assert "Escalated to Max Ito on 4 Mar 2026: nobody has claimed it" in to_text(changed.message)


def test_weekends_and_holidays_do_not_count(tmp_path: Path) -> None:
    hours = CompanyHours("UTC", country="DE")
    with watched(tmp_path, manners=replace(MANNERS, hours=hours)) as house:
        house.night(58)  # 29 April 2026, a Wednesday; Friday is 1 May
        house.deliver()
        assert house.escalate(datetime(2026, 5, 4, 16, 59, tzinfo=UTC)) == []
        assert house.escalate(datetime(2026, 5, 4, 17, tzinfo=UTC)) == ["person:M1"]


def test_the_hours_are_the_owners(tmp_path: Path) -> None:
    people = [{**STAFF[0], "timezone": "America/New_York"}, MAX]
    with told(tmp_path, people=people) as house:
        assert house.escalate(WEDNESDAY) == []
        assert house.escalate(WEDNESDAY + timedelta(hours=5)) == ["person:M1"]


def test_what_has_not_arrived_cannot_be_claimed_and_is_not_escalated(tmp_path: Path) -> None:
    with watched(tmp_path) as house:
        house.night()
        assert house.escalate(WEDNESDAY) == []
        house.now = WEDNESDAY - timedelta(hours=1)
        house.deliver()  # Slack was away for three days
        assert house.escalate(WEDNESDAY) == []
        assert house.escalate(WEDNESDAY + timedelta(days=5)) == ["person:M1"]


def test_what_somebody_has_claimed_is_not_escalated(tmp_path: Path) -> None:
    with told(tmp_path) as house:
        house.claim()
        assert house.escalate(WEDNESDAY) == []


def test_a_claim_after_the_escalation_changes_the_managers_message_too(tmp_path: Path) -> None:
    with told(tmp_path) as house:
        house.escalate(WEDNESDAY)
        house.deliver()
        house.claim()
        changed = house.last("person:M1")
    assert changed.act is Act.UPDATE
    text = to_text(changed.message)
    assert "Claimed by" in text
    assert "Escalated: nobody has claimed it for 24 hours" in text
    assert "[Claim]" not in text


def test_the_end_changes_the_managers_message_too(tmp_path: Path) -> None:
    with told(tmp_path) as house:
        house.escalate(WEDNESDAY)
        house.deliver()
        house.night(3, nps=9.0)
        changed = house.last("person:M1")
    assert (changed.act, changed.transition) == (Act.UPDATE, "resolved")
    assert "Resolved on" in to_text(changed.message)


def test_what_has_ended_is_not_escalated(tmp_path: Path) -> None:
    with told(tmp_path) as house:
        house.night(1, nps=9.0)
        assert house.escalate(WEDNESDAY) == []


def test_without_a_manager_the_fallback_channel_is_told_and_reads_why(tmp_path: Path) -> None:
    with told(tmp_path, people=[{**STAFF[0], "manager_id": None}]) as house:
        assert house.escalate(WEDNESDAY) == ["#cs-ops"]
        assert "Its owner is Dana Reyes. The CRM names no manager to turn to." in to_text(house.last("#cs-ops").message)
        assert "Escalated to the fallback channel, as the CRM names no manager" in to_text(
            house.last("#cs-risk").message
        )


def test_without_an_owner_the_companys_hours_count_and_the_fallback_channel_is_told(tmp_path: Path) -> None:
    with told(tmp_path, owner_id=None) as house:
        assert house.escalate(WEDNESDAY - timedelta(minutes=1)) == []
        assert house.escalate(WEDNESDAY) == ["#cs-ops"]
        assert "The account has no owner in the CRM." in to_text(house.last("#cs-ops").message)


def test_what_stood_in_a_digest_only_is_escalated_with_a_card_of_its_own(tmp_path: Path) -> None:
    rules = RULES.replace('to: [owner, "#cs-risk"]', "to: [owner]")
    with watched(tmp_path, rules=rules, manners=replace(MANNERS, per_day=1)) as house:
        house.source.tables[Table.ACCOUNTS].append({"account_id": "bolt", "name": "Bolt", "owner_id": "P1", "nps": 1.0})
        house.night()
        house.deliver()
        (digest,) = (one for one in house.nights.house.store.deliveries() if one.notice.kind == "digest")
        assert "Acme" in to_text(digest.notice.message)
        assert house.escalate(WEDNESDAY) == ["person:M1"] * 2
        cards = [
            to_text(one.notice.message)
            for one in house.nights.house.store.deliveries()
            if one.notice.destination == "person:M1"
        ]
    (acme,) = (text for text in cards if text.startswith("Acme"))
    assert "nobody has claimed it for 24 hours" in acme
    assert "[Claim]" in acme


def test_rules_in_shadow_mode_and_rules_without_escalation_escalate_nothing(tmp_path: Path) -> None:
    for name, rules in (("a", UNHAPPY), ("b", RULES + "  mode: shadow\n")):
        (tmp_path / name).mkdir()
        with told(tmp_path / name, rules=rules) as house:
            assert house.escalate(WEDNESDAY) == []


def test_a_rule_that_was_live_escalates_nothing_more_in_shadow_mode(tmp_path: Path) -> None:
    with told(tmp_path) as house:
        rules = tuple(replace(rule, mode=type(rule.mode).SHADOW) for rule in house.nights.house.rules)
        house.nights.house = replace(house.nights.house, rules=rules)
        assert house.escalate(WEDNESDAY) == []


def test_what_is_snoozed_waits_and_counts_anew_when_it_wakes(tmp_path: Path) -> None:
    with told(tmp_path) as house:
        house.escalate(WEDNESDAY)
        house.deliver()
        house.act(lambda seen: acts.snooze(seen, "U1", datetime(2026, 3, 9, tzinfo=UTC).date(), None, house.now))
        assert house.escalate(WEDNESDAY + timedelta(days=1)) == []
        house.night(7)  # Monday, 9 March: it wakes
        house.deliver()
        assert house.escalate(WEDNESDAY + timedelta(days=7, minutes=-1)) == []
        assert house.escalate(WEDNESDAY + timedelta(days=7)) == ["person:M1"]
        assert "nobody has claimed it for 24 hours" in to_text(house.last("person:M1").message)


def test_quiet_hours_are_the_managers(tmp_path: Path) -> None:
    with told(tmp_path, manners=replace(MANNERS, quiet=True)) as house:
        house.escalate(WEDNESDAY + timedelta(hours=6))  # 18:00 in New York
        assert house.last("person:M1").not_before == datetime(2026, 3, 5, 14, tzinfo=UTC)


def test_two_that_escalate_at_a_time_tell_the_manager_once(tmp_path: Path) -> None:
    with told(tmp_path) as house, ThreadPoolExecutor(2) as pool:
        house.now = WEDNESDAY
        both = [pool.submit(partial(escalations(house.nights.house).escalate, WEDNESDAY)) for _ in range(2)]
        assert sorted(len(one.result()) for one in both) == [0, 1]
        sent = [one.notice for one in house.nights.house.store.deliveries() if one.notice.act is Act.POST]
        assert [one.destination for one in sent].count("person:M1") == 1


def test_the_audit_tells_of_the_escalation_and_its_rule(tmp_path: Path) -> None:
    with told(tmp_path) as house:
        house.escalate(WEDNESDAY)
        line = house.nights.house.store.audit("acme", limit=1)[0]
    assert (line.verb, line.actor, line.at, line.detail["rule"]) == ("escalated", "headroom", WEDNESDAY, "unhappy")


def test_a_manager_who_muted_it_is_spared_and_the_fallback_channel_reads_why(tmp_path: Path) -> None:
    with told(tmp_path) as house:
        muted = Subscription("person:M1", Verb.MUTE, "churn_risk")
        house.nights.house.store.wish(muted, WEDNESDAY)
        assert house.escalate(WEDNESDAY) == ["#cs-ops"]
        assert "who muted this; nobody else would hear it" in to_text(house.last("#cs-ops").message)
