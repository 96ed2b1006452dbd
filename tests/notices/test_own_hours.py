"""A person's own quiet hours, days and time zone go before the company's: for notices, digests and escalation."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from bot.core.choices import chosen
from bot.core.preferences import NOTHING_CHOSEN, Preferences
from bot.notices import Manners, Writer
from bot.notices.manners import Clocks
from bot.watch import Watch
from tests.nights import shipped_templates
from tests.notices.test_addressees import FRIDAY_EVENING, QUIET, STAFF, VIEW
from tests.test_notices import Outbox, to
from tests.test_watch import analysis, judged

LATE_RISER = chosen(NOTHING_CHOSEN, {"quiet": "17:00-11:00", "days": "sat,sun"})


def deferred(own: dict[str, Preferences], manners: Manners | None = None) -> dict[str, datetime | None]:
    """Return until when each destination of one alert waits that is written on Friday evening."""
    rules = to("owner", "csm", "#cs-risk")
    watch = judged(Watch(rules, {}), analysis({"acme": 3.0}))
    writer = Writer(
        shipped_templates(),
        "Vendor",
        {"acme": VIEW},
        STAFF,
        {},
        FRIDAY_EVENING,
        Outbox().of,
        manners=manners or Manners(),
        chosen=own,
    )
    return {one.destination: one.not_before for one in writer.notices(watch.to_say(), watch)}


def test_whoever_chose_hours_waits_though_the_company_is_never_quiet() -> None:
    assert deferred({"P1": LATE_RISER}) == {
        "person:P1": datetime(2026, 3, 7, 16, tzinfo=UTC),  # eleven on Saturday in New York
        "person:P2": None,
        "#cs-risk": None,
    }


def test_whoever_wants_none_is_told_at_once_though_the_company_is_quiet() -> None:
    off = chosen(NOTHING_CHOSEN, {"quiet": "off"})
    assert deferred({"P1": off}, QUIET)["person:P1"] is None
    assert deferred({"P1": off}, QUIET)["person:P2"] is not None


def test_a_time_zone_of_ones_own_goes_before_the_crms() -> None:
    tokyo = chosen(NOTHING_CHOSEN, {"timezone": "Asia/Tokyo"})
    assert deferred({"P1": tokyo}, QUIET)["person:P1"] == datetime(2026, 3, 9, tzinfo=UTC)  # nine there


def test_the_day_of_a_digest_is_that_on_which_it_is_read() -> None:
    clocks = Clocks(QUIET, STAFF, {"P1": LATE_RISER})
    assert clocks.day("P1", FRIDAY_EVENING) == date(2026, 3, 7)
    assert clocks.day("P2", FRIDAY_EVENING) == date(2026, 3, 9)


def test_two_people_with_the_same_working_time_and_other_quiet_hours_have_days_of_their_own() -> None:
    people = {**STAFF, "P3": replace(STAFF["P1"], person_id="P3")}
    clocks = Clocks(Manners(), people, {"P3": chosen(NOTHING_CHOSEN, {"quiet": "17:00-11:00"})})
    assert clocks.of("P1") == clocks.of("P3")
    assert clocks.day("P1", FRIDAY_EVENING) == date(2026, 3, 6)
    assert clocks.day("P3", FRIDAY_EVENING) == date(2026, 3, 7)


def test_escalation_counts_the_days_that_somebody_works_and_not_their_quiet_hours() -> None:
    clocks = Clocks(QUIET, STAFF, {"P1": LATE_RISER})
    saturday = datetime(2026, 3, 7, tzinfo=UTC)
    assert clocks.of("P1").worked(saturday, saturday + timedelta(days=2)) == timedelta(hours=16)
    assert clocks.of("P2").worked(saturday, saturday + timedelta(days=2)) == timedelta()
