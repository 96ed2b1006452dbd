"""A week of nights, and what a team is told of it."""

from __future__ import annotations

from datetime import time, timedelta
from threading import Barrier, Thread
from typing import TYPE_CHECKING

from bot.core import acts
from bot.core.episodes import Outcome
from bot.core.preferences import Preferences, Rhythm
from bot.digests.targets import WeeklyPlan
from tests.digests.week import MONDAY, at, company, days, fine, risk, text_of

if TYPE_CHECKING:
    from pathlib import Path

    from bot.state.rows import Notice
    from tests.digests.week import Week

NEXT = MONDAY + timedelta(days=7)
TEAM = WeeklyPlan("#cs-team")


def close(week: Week, account_id: str, outcome: Outcome) -> None:
    now = at(week.nights.day, 12)
    week.store.act_on_episode(
        week.episode(account_id),
        ("U9", now),
        lambda seen: acts.close(seen, "U9", outcome, None, now),
        lambda _, notice: notice.message,
    )


def section(text: str, heading: str) -> list[str]:
    """Return the lines under a heading, up to the next one that begins no list."""
    lines = text.splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith(heading))
    found = []
    for line in lines[start + 1 :]:
        if not line.startswith("•"):
            break
        found.append(line.removeprefix("• "))
    return found


def test_a_week_is_told_with_what_moved_since_the_one_before(tmp_path: Path) -> None:
    deadline = MONDAY + timedelta(days=10)
    accounts = {
        "acme": risk(100_000.0, deadline=deadline),
        "bolt": risk(50_000.0),
        "cove": risk(30_000.0, currency="EUR"),
        "dune": risk(20_000.0),
        "eden": fine(800_000.0, deadline=MONDAY + timedelta(days=400)),
        "fern": {"nps": 9.0, "arr": 40_000.0, "currency": "USD"},
    }
    with company(tmp_path, **accounts) as week:
        week.plans = (TEAM,)
        week.night(MONDAY)
        assert week.weekly(at(MONDAY, 8, 29)) == []
        (first,) = week.weekly(at(MONDAY, 8, 31))
        text = text_of(first)
        assert (first.destination, first.episode_id) == ("#cs-team", "digest:weekly:#cs-team:2026-03-02")
        assert text.splitlines()[0] == "This week: 4 churn risks, USD 170,000, EUR 30,000 at stake"
        # 170,000 of 1,010,000
        assert section(text, "At stake") == ["USD 170,000, 16.8 % of ARR", "EUR 30,000, 100.0 % of ARR"]
        assert section(text, "Renewals by week") == [
            "Week of 9 Mar 2026: 1 account, USD 100,000",
            "11 weeks without any",
            "4 accounts have no known deadline",
        ]
        assert section(text, "Nobody has claimed") == ["Dana Reyes: 5 of 5 alerts, USD 210,000, EUR 30,000 at stake"]
        assert "Upsells: 1" in text

        close(week, "bolt", Outcome.LOST)
        week.change("dune", nps=7.0)
        week.change("acme", arr=120_000.0)
        for day in days(7)[1::2]:
            week.night(day)
            assert week.weekly(at(day, 9)) == []
        week.change("gale", **risk(10_000.0))
        week.night(NEXT)
        (second,) = week.weekly(at(NEXT, 9))
        # 170,000 + 10,000 + 20,000 - 50,000 - 20,000 = 130,000
        (dollars, euros) = section(text_of(second), "At stake since 2 Mar 2026")
        assert dollars.endswith("170,000 before, +10,000 opened, +20,000 changed, −50,000 lost, −20,000 resolved")
        assert dollars.startswith("USD 130,000")
        assert euros.endswith("EUR 30,000 before")


def test_done_over_or_by_two_replicas_it_is_said_once(tmp_path: Path) -> None:
    with company(tmp_path, acme=risk(1.0)) as week:
        week.plans = (TEAM, WeeklyPlan("#cs-emea", segments=("EMEA",)))
        week.night(MONDAY)
        told: list[Notice] = []
        together = Barrier(2)

        def send() -> None:
            together.wait()
            told.extend(week.weekly(at(MONDAY)))

        replicas = [Thread(target=send) for _ in range(2)]
        for one in replicas:
            one.start()
        for one in replicas:
            one.join()
        assert [one.destination for one in told] == ["#cs-team"]
        assert week.weekly(at(MONDAY, 10)) == []
        assert len(week.store.runs("digest:weekly:#cs-team")) == 1


def test_a_segment_and_a_team_have_digests_of_their_own(tmp_path: Path) -> None:
    accounts = {
        "acme": risk(1.0, segment="Enterprise"),
        "bolt": risk(2.0, segment="SMB"),
        "cove": risk(4.0, segment="enterprise", owner_id="P2"),
        "dune": risk(8.0, segment="Enterprise", owner_id="P9"),
    }
    with company(tmp_path, **accounts) as week:
        week.plans = (
            WeeklyPlan("#ent", segments=("Enterprise",)),
            WeeklyPlan("#ent", segments=("Enterprise",), team="mo@ours.example"),
            WeeklyPlan("#nobody", team="nobody@ours.example"),
        )
        week.night(MONDAY)
        told = {text_of(one).splitlines()[1]: text_of(one) for one in week.weekly(at(MONDAY))}
        assert {whose: text.splitlines()[0] for whose, text in told.items()} == {
            "All accounts: Enterprise": "This week: 3 churn risks, USD 13 at stake",
            "The accounts of the team of Mo Lee: Enterprise": "This week: 2 churn risks, USD 5 at stake",
        }
        assert "Bolt" not in "".join(told.values())


def test_managers_hear_of_their_team_as_far_as_the_crm_lets_them(tmp_path: Path) -> None:
    with company(tmp_path, acme=risk(1.0), bolt=risk(2.0, owner_id="P2"), cove=risk(4.0, owner_id="P2")) as week:
        week.plans = (WeeklyPlan("managers"),)
        week.readable = lambda person, ids: frozenset(ids) - {"cove"} if person.person_id == "M1" else frozenset()
        week.night(MONDAY)
        (told,) = week.weekly(at(MONDAY))
        text = text_of(told)
        assert told.destination == "person:M1"
        assert text.splitlines()[:2] == ["This week: 2 churn risks, USD 3 at stake", "The accounts of your team"]
        assert "Cove" not in text


def test_how_it_ended_is_not_told_of_an_account_that_its_reader_sees_no_more(tmp_path: Path) -> None:
    with company(tmp_path, acme=risk(1.0), bolt=risk(2.0), cove=risk(4.0)) as week:
        week.plans = (WeeklyPlan("managers"),)
        week.night(MONDAY)
        assert len(week.weekly(at(MONDAY))) == 1
        close(week, "bolt", Outcome.LOST)
        close(week, "cove", Outcome.LOST)
        week.readable = lambda _person, ids: frozenset(ids) - {"cove"}
        for day in days(8)[1:]:
            week.night(day)
        (told,) = week.weekly(at(NEXT))
        (moved,) = section(text_of(told), "At stake since 2 Mar 2026")
        assert moved == "USD 1, 33.3 % of ARR: USD 3 before, −2 lost"


def test_where_the_crm_cannot_tell_nothing_is_said_and_it_is_tried_again(tmp_path: Path) -> None:
    with company(tmp_path, acme=risk(1.0)) as week:
        week.plans = (WeeklyPlan("mo@ours.example"),)
        week.readable = lambda _person, _ids: frozenset()
        week.night(MONDAY)
        assert week.weekly(at(MONDAY, 9)) == []
        week.readable = lambda _person, ids: frozenset(ids)
        assert [one.destination for one in week.weekly(at(MONDAY, 10))] == ["person:M1"]


def test_whoever_wants_to_hear_once_a_week_hears_of_their_own_accounts_on_their_day(tmp_path: Path) -> None:
    with company(tmp_path, acme=risk(1.0), bolt=risk(2.0, owner_id="P2")) as week:
        week.night(MONDAY)
        week.is_in_slack("P2", "U2")
        wanted = Preferences(digest=Rhythm.WEEKLY, digest_day=2, digest_time=time(10, 15))
        week.store.choose("U2", lambda _: wanted, at(MONDAY))
        wednesday = MONDAY + timedelta(days=2)
        assert week.weekly(at(wednesday, 10, 14)) == []
        (told,) = week.weekly(at(wednesday, 10, 16))
        assert told.destination == "person:P2"
        assert text_of(told).splitlines()[1] == "Your accounts"
        assert "Acme" not in text_of(told)


def test_a_long_week_goes_on_in_the_thread(tmp_path: Path) -> None:
    accounts = {f"n{number:03}": risk(float(number)) for number in range(1, 61)}
    with company(tmp_path, **accounts) as week:
        week.plans = (TEAM,)
        week.night(MONDAY)
        first, *rest = week.weekly(at(MONDAY))
        lines = section(text_of(first), "Churn risks: 60")
        assert len(lines) == 10
        assert "N060" in lines[0]
        assert "and 50 more, in the thread" in text_of(first)
        assert [(one.transition, one.broadcast) for one in rest] == [
            ("digest-thread-1", False),
            ("digest-thread-2", False),
        ]
        assert sum(text_of(one).count("• ") for one in rest) == 50
        assert {one.episode_id for one in rest} == {first.episode_id}


def test_with_nobody_at_risk_the_renewals_are_told(tmp_path: Path) -> None:
    with company(tmp_path, acme=fine(5.0, deadline=MONDAY)) as week:
        week.plans = (TEAM,)
        week.night(MONDAY)
        text = text_of(week.weekly(at(MONDAY))[0])
        assert text.splitlines()[0] == "This week: no churn risk is open"
        assert section(text, "Renewals by week")[0] == "Week of 2 Mar 2026: 1 account, USD 5"


def test_before_the_first_night_there_is_nothing_to_say(tmp_path: Path) -> None:
    with company(tmp_path) as week:
        week.plans = (TEAM,)
        assert week.weekly(at(MONDAY)) == []
