"""When a weekly digest is due, and who reads one."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.preferences import Preferences, Rhythm
from bot.core.working_time import CompanyHours
from bot.digests.targets import MADE_UP_FOR, Roster, Target, WeeklyPlan
from bot.messages.speech import ENGLISH
from bot.notices import Manners
from bot.notices.manners import Clocks
from bot.state.rows import Person

BERLIN = ZoneInfo("Europe/Berlin")
TARGET = Target("#cs", 0, time(8, 30), BERLIN, "All accounts")

# the moment, and the one at which it was due
DUE = [
    ("2026-03-02T07:29:59+00:00", None),
    ("2026-03-02T07:30:00+00:00", "2026-03-02T07:30:00+00:00"),
    ("2026-03-03T07:29:59+00:00", "2026-03-02T07:30:00+00:00"),
    ("2026-03-03T07:30:00+00:00", None),
    # summer time begins on Sunday 29 March
    ("2026-03-30T06:30:00+00:00", "2026-03-30T06:30:00+00:00"),
]


@pytest.mark.parametrize(("now", "due"), DUE)
def test_a_digest_is_due_on_its_day_and_made_up_for_until_the_next(now: str, due: str | None) -> None:
    found = TARGET.due(datetime.fromisoformat(now))
    assert found == (datetime.fromisoformat(due) if due else None)


@given(st.integers(0, 365 * 24 * 60), st.integers(0, 6), st.times())
def test_what_is_due_is_never_ahead_and_falls_on_its_day(minutes: int, weekday: int, at: time) -> None:
    moment = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    due = replace(TARGET, weekday=weekday, at=at.replace(second=0, microsecond=0)).due(moment)
    if due is not None:
        assert timedelta() <= moment - due < MADE_UP_FOR
        local = due.astimezone(BERLIN)
        # an hour that the clocks skip comes an hour later by the wall, and may fall on the next day
        assert local.weekday() == weekday or local.hour == 0


def roster(**chosen: Preferences) -> Roster:
    manager = {"P1": "M1", "P2": "M1", "M1": None, "M2": None}
    people = {
        key: Person(key, f"N{key}", f"{key.lower()}@ours.example", manager[key], active=True, timezone=zone)
        for key, zone in (("P1", "Europe/Berlin"), ("P2", None), ("M1", "Asia/Tokyo"), ("M2", None))
    }
    manners = Manners(hours=CompanyHours("America/New_York"), speech=ENGLISH)
    return Roster(people, manager, frozenset({"P1", "P2"}), Clocks(manners, people, chosen))


def test_people_have_their_own_clock_and_channels_the_companys() -> None:
    found = roster().targets([WeeklyPlan("#cs"), WeeklyPlan("M1@ours.example")])
    assert [(one.destination, one.zone.key) for one in found] == [
        ("#cs", "America/New_York"),
        ("person:M1", "Asia/Tokyo"),
    ]


def test_managers_are_those_of_people_with_accounts() -> None:
    (found,) = roster().targets([WeeklyPlan("managers")])
    assert (found.destination, found.people) == ("person:M1", frozenset({"M1", "P1", "P2"}))


def test_a_manager_who_wants_none_gets_none_and_one_who_chose_a_day_gets_it_then() -> None:
    assert roster(M1=Preferences(digest=Rhythm.NEVER)).targets([WeeklyPlan("managers")]) == ()
    friday = Preferences(digest=Rhythm.WEEKLY, digest_day=4, digest_time=time(16))
    (found,) = roster(M1=friday).targets([WeeklyPlan("managers")])
    assert (found.weekday, found.at) == (4, time(16))


def test_a_digest_of_the_same_reader_and_accounts_is_one() -> None:
    plans = [WeeklyPlan("#cs"), WeeklyPlan("#cs", weekday=4), WeeklyPlan("#cs", segments=("SMB",))]
    found = roster().targets(plans)
    assert len(found) == 2
    assert found[0].name == "digest:weekly:#cs"
    assert found[1].name.startswith("digest:weekly:#cs:")


def test_who_joins_a_team_does_not_make_it_another_digest() -> None:
    plan = WeeklyPlan("#cs", team="m1@ours.example")
    (before,) = roster().targets([plan])
    grown = replace(roster(), managers={"P1": "M1", "P2": "M1", "M2": "M1", "M1": None})
    (after,) = grown.targets([plan])
    assert before.people != after.people
    assert before.name == after.name


def test_whoever_hears_weekly_and_has_no_accounts_hears_of_none() -> None:
    assert roster(M2=Preferences(digest=Rhythm.WEEKLY)).targets([]) == ()
    (found,) = roster(P1=Preferences(digest=Rhythm.WEEKLY)).targets([])
    assert (found.people, found.at) == (frozenset({"P1"}), time(9))
