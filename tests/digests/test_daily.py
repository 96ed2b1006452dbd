"""What an owner's day is told together: what the budget held back, and what changed since yesterday."""

from __future__ import annotations

from datetime import time, timedelta
from typing import TYPE_CHECKING

from bot.core import acts
from bot.core.episodes import Outcome
from bot.core.preferences import Preferences, Rhythm
from bot.notices import Manners
from tests.digests.week import MONDAY, at, company, days, fine, risk, text_of

if TYPE_CHECKING:
    from pathlib import Path

    from bot.core.episodes import Episode, Step
    from bot.state.rows import Notice
    from tests.digests.week import Week

TUESDAY = MONDAY + timedelta(days=1)
CHANGES = Manners(per_day=50, changes=True)


def digests(notices: list[Notice]) -> list[Notice]:
    return [one for one in notices if one.kind == "digest"]


def press(week: Week, account_id: str, user: str, outcome: Outcome | None = None) -> None:
    """Let somebody claim an alert, or close it, by the store's own clock: after the last night."""
    now = week.store.now()

    def act(seen: Episode) -> Step:
        return acts.claim(seen, user, now) if outcome is None else acts.close(seen, user, outcome, None, now)

    week.store.act_on_episode(week.episode(account_id), (user, now), act, lambda _, notice: notice.message)


def test_what_changed_about_a_book_is_told_what_matters_most_first(tmp_path: Path) -> None:
    accounts = {
        "acme": fine(10_000.0, health_band="green", peak_utilization=0.7),
        "bolt": fine(90_000.0, health_band="green", peak_utilization=0.7),
        "cove": fine(50_000.0, deadline=MONDAY + timedelta(days=90)),
        "dune": fine(1.0, health_band="green", owner_id="P2"),
    }
    with company(tmp_path, CHANGES, **accounts) as week:
        assert week.night(MONDAY) == []
        week.change("acme", peak_utilization=0.93)
        week.change("bolt", health_band="red")
        week.change("cove", deadline=MONDAY + timedelta(days=455))
        (told,) = digests(week.night(TUESDAY))
        assert (told.destination, told.episode_id) == ("person:P1", "digest:person:P1:2026-03-03")
        assert text_of(told).splitlines()[:5] == [
            "3 changes in your accounts",
            "What changed since 2 Mar 2026.",
            "• Bolt: health is red, was green",
            "• Cove: the deadline is 31 May 2027, was 31 May 2026",
            "• Acme: uses 93 % of its fullest contract line: near the limit",
        ]


def test_where_nothing_changed_nothing_is_said(tmp_path: Path) -> None:
    with company(tmp_path, CHANGES, acme=fine(1.0, health_band="green", peak_utilization=0.6)) as week:
        for day in days(3):
            assert week.night(day) == []


def test_without_the_setting_nothing_is_compared(tmp_path: Path) -> None:
    with company(tmp_path, acme=fine(1.0, health_band="green")) as week:
        week.night(MONDAY)
        week.change("acme", health_band="red")
        assert week.night(TUESDAY) == []


def test_alerts_that_others_took_on_and_that_are_over_are_told(tmp_path: Path) -> None:
    accounts = {name: risk(1.0) for name in ("acme", "bolt", "cove", "dune")}
    with company(tmp_path, CHANGES, **accounts) as week:
        week.night(MONDAY)
        week.is_in_slack("P1", "U1")
        press(week, "acme", "U2")
        press(week, "bolt", "U2", Outcome.RENEWED)
        press(week, "cove", "U1")  # the owner: no news to the owner
        week.change("dune", nps=7.0)
        (told,) = digests(week.night(TUESDAY))
        assert sorted(line for line in text_of(told).splitlines() if line.startswith("•")) == [
            "• Acme: @U2 has taken on unhappy",
            "• Bolt: unhappy is over: renewed",
            "• Dune: unhappy is over: the condition no longer holds",
        ]
        assert digests(week.night(TUESDAY + timedelta(days=1))) == []


def test_a_night_that_is_done_over_does_not_tell_of_changes_again(tmp_path: Path) -> None:
    with company(tmp_path, CHANGES, acme=fine(1.0, health_band="green"), bolt=risk(1.0)) as week:
        week.night(MONDAY)
        week.change("acme", health_band="red")
        assert len(digests(week.night(TUESDAY))) == 1
        press(week, "bolt", "U2")
        assert week.night(TUESDAY) == []


def test_one_digest_has_what_was_held_back_and_what_changed(tmp_path: Path) -> None:
    accounts = {"acme": fine(5.0, health_band="green"), "bolt": fine(2.0), "cove": fine(1.0)}
    with company(tmp_path, Manners(per_day=1, changes=True), **accounts) as week:
        week.night(MONDAY)
        week.change("acme", health_band="yellow")
        week.change("bolt", nps=3.0)
        week.change("cove", nps=3.0)
        (told,) = digests(week.night(TUESDAY))
        text = text_of(told)
        assert text.splitlines()[0] == "1 more alert for today"
        assert "Cove" in text
        assert "What changed since 2 Mar 2026: 1\n• Acme: health is yellow, was green" in text


def test_a_daily_digest_comes_at_the_time_that_its_reader_chose(tmp_path: Path) -> None:
    with company(tmp_path, CHANGES, acme=fine(1.0, health_band="green")) as week:
        week.night(MONDAY)
        week.is_in_slack("P1", "U1")
        week.store.choose("U1", lambda _: Preferences(digest_time=time(8, 15)), at(MONDAY))
        week.change("acme", health_band="red")
        (told,) = digests(week.night(TUESDAY))
        assert told.not_before == at(TUESDAY, 8, 15)


def test_whoever_wants_no_digest_hears_of_no_change_and_of_what_was_held_back(tmp_path: Path) -> None:
    with company(tmp_path, Manners(per_day=1, changes=True), acme=fine(1.0, health_band="green")) as week:
        week.night(MONDAY)
        week.is_in_slack("P1", "U1")
        week.store.choose("U1", lambda _: Preferences(digest=Rhythm.NEVER), at(MONDAY))
        week.change("acme", health_band="red")
        assert week.night(TUESDAY) == []
        week.change("bolt", **risk(2.0))
        week.change("cove", **risk(1.0))
        (told,) = digests(week.night(TUESDAY + timedelta(days=1)))
        assert "Cove" in text_of(told)


def test_what_is_held_back_for_a_weekly_reader_is_one_message_and_its_thread_on_their_day(tmp_path: Path) -> None:
    with company(tmp_path, Manners(per_day=1), acme=risk(3.0), bolt=risk(2.0)) as week:
        week.night(MONDAY)
        week.is_in_slack("P1", "U1")
        friday = Preferences(digest=Rhythm.WEEKLY, digest_day=4, digest_time=time(9))
        week.store.choose("U1", lambda _: friday, at(MONDAY))
        told: list[Notice] = []
        for number, day in enumerate(days(5)[1:4]):
            week.change(f"c{number}", **risk(2.0))
            week.change(f"d{number}", **risk(1.0))
            told += digests(week.night(day))
        assert {one.episode_id for one in told} == {"digest:person:P1:2026-03-06"}
        assert {one.not_before for one in told} == {at(MONDAY + timedelta(days=4), 9)}
        assert [(one.transition, one.broadcast) for one in told] == [
            ("digest", True),
            ("digest-2", False),
            ("digest-3", False),
        ]


def test_what_has_no_room_in_a_day_goes_on_in_its_thread(tmp_path: Path) -> None:
    accounts = {f"n{number:03}": risk(float(number)) for number in range(1, 72)}
    with company(tmp_path, Manners(per_day=1), **accounts) as week:
        first, *rest = digests(week.night(MONDAY))
        assert text_of(first).count("• ") == 40
        assert "and 30 more, in the thread" in text_of(first)
        assert [(one.transition, one.broadcast, text_of(one).count("• ")) for one in rest] == [
            ("digest-thread-1", False, 30)
        ]
