"""Preferences: when somebody is told what, and how their choices are typed, stored and refused."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.choices import ChoiceError, chosen, kept, stored, told
from bot.core.preferences import CHOOSABLE, NOTHING_CHOSEN, Preferences, Rhythm, at_work, told_within
from bot.core.working_time import WEEK, CompanyHours
from bot.messages.preferences import PROBLEMS

COMPANY = CompanyHours("Europe/Berlin", country="DE")
SATURDAY = datetime(2026, 3, 7, 11, tzinfo=UTC)
MONDAY_EVENING = datetime(2026, 3, 2, 20, tzinfo=UTC)  # nine in the evening in Berlin
EASTER_MONDAY = datetime(2026, 4, 6, 10, tzinfo=UTC)
OWN = Preferences(quiet_from=time(18), quiet_to=time(8))


def next_told(preferences: Preferences, moment: datetime, *, quiet: bool, timezone: str | None = None) -> datetime:
    """Return when somebody is told something that is written at a moment."""
    within = told_within(COMPANY, preferences, timezone, quiet=quiet)
    return moment if within is None else within.next_open(moment)


def test_nothing_chosen_is_the_companys_way() -> None:
    assert next_told(NOTHING_CHOSEN, SATURDAY, quiet=False) == SATURDAY
    assert next_told(NOTHING_CHOSEN, MONDAY_EVENING, quiet=True) == datetime(2026, 3, 3, 8, tzinfo=UTC)


def test_own_quiet_hours_go_before_the_companys() -> None:
    assert next_told(OWN, MONDAY_EVENING, quiet=False) == datetime(2026, 3, 3, 7, tzinfo=UTC)
    assert next_told(OWN, MONDAY_EVENING, quiet=True) == datetime(2026, 3, 3, 7, tzinfo=UTC)


def test_own_hours_keep_the_companys_days_only_where_the_company_is_quiet() -> None:
    assert next_told(OWN, SATURDAY, quiet=False) == SATURDAY
    assert next_told(OWN, SATURDAY, quiet=True) == datetime(2026, 3, 9, 7, tzinfo=UTC)
    assert next_told(OWN, EASTER_MONDAY, quiet=False) == EASTER_MONDAY
    assert next_told(OWN, EASTER_MONDAY, quiet=True) == datetime(2026, 4, 7, 6, tzinfo=UTC)


def test_no_quiet_hours_of_ones_own_undo_the_companys() -> None:
    off = chosen(NOTHING_CHOSEN, {"quiet": "off"})
    assert off.has_quiet_hours is False
    assert next_told(off, MONDAY_EVENING, quiet=True) == MONDAY_EVENING


def test_own_days_without_hours_are_told_around_the_clock_or_within_the_companys() -> None:
    sunday_to_thursday = chosen(NOTHING_CHOSEN, {"days": "sun-thu"})
    friday = datetime(2026, 3, 6, 12, tzinfo=UTC)
    assert next_told(sunday_to_thursday, friday, quiet=False) == datetime(2026, 3, 7, 23, tzinfo=UTC)
    assert next_told(sunday_to_thursday, friday, quiet=True) == datetime(2026, 3, 8, 8, tzinfo=UTC)


def test_own_time_zone_goes_before_the_crms_and_one_that_is_none_does_not() -> None:
    tokyo = Preferences(timezone="Asia/Tokyo")
    assert at_work(COMPANY, tokyo, "America/New_York").zone.key == "Asia/Tokyo"
    assert at_work(COMPANY, Preferences(timezone="Mars/Base"), "America/New_York").zone.key == "America/New_York"
    assert at_work(COMPANY, NOTHING_CHOSEN, None).zone.key == "Europe/Berlin"


def test_quiet_hours_are_no_working_time() -> None:
    night_owl = Preferences(quiet_from=time(6), quiet_to=time(22), working_days=frozenset({5}))
    hours = at_work(COMPANY, night_owl, None)
    assert (hours.opens, hours.closes, hours.days) == (time(9), time(17), frozenset({5}))


def test_kinds_that_nobody_can_choose_always_come() -> None:
    none = chosen(NOTHING_CHOSEN, {"kinds": "none"})
    assert not none.wants("upsell")
    assert none.wants("operations")
    assert NOTHING_CHOSEN.wants("upsell")


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ({"quiet": "18:00 - 8:00"}, {"quiet": "18:00-08:00"}),
        ({"quiet": "22.30–6.15"}, {"quiet": "22:30-06:15"}),
        ({"quiet": "18:00-24:00"}, {"quiet": "18:00-00:00"}),
        ({"quiet": "OFF"}, {"quiet": "off"}),
        ({"days": "Monday, wed Friday"}, {"days": "mon,wed,fri"}),
        ({"days": "sat-mon"}, {"days": "mon,sat,sun"}),
        ({"digest": "Weekly", "digest_day": "thurs", "digest_time": "7:30"},
         {"digest": "weekly", "digest_day": "thu", "digest_time": "07:30"}),
        ({"language": "DE"}, {"language": "de"}),
        ({"language": "pt-br"}, {"language": "pt_BR"}),
        ({"timezone": "europe/berlin"}, {"timezone": "Europe/Berlin"}),
        ({"timezone": "America/New York"}, {"timezone": "America/New_York"}),
        ({"kinds": "upsell churn_risk"}, {"kinds": "churn_risk,upsell"}),
        ({"kinds": ", ".join(CHOOSABLE)}, {"kinds": "all"}),
    ],
)  # fmt: skip
def test_choices_are_taken_as_people_type_them(typed: dict[str, str], shown: dict[str, str]) -> None:
    after = chosen(NOTHING_CHOSEN, typed, ("en", "de", "pt_BR"))
    assert {key: told(after)[key] for key in shown} == shown
    assert stored(after) == {key: value for key, value in shown.items() if value != told(NOTHING_CHOSEN)[key]}


@pytest.mark.parametrize(
    "typed",
    [
        {"quiet": "late"}, {"quiet": "25:00-08:00"}, {"quiet": "08:00-08:00"}, {"quiet": "18:00"},
        {"days": ""}, {"days": "mon-"}, {"days": "caturday"}, {"days": "tu"},
        {"digest": "hourly"}, {"digest_day": "someday"}, {"digest_time": "noon"},
        {"language": "xx"}, {"timezone": "Berlin"}, {"kinds": "operations"}, {"kinds": ""}, {"mood": "good"},
    ],
)  # fmt: skip
def test_what_cannot_be_taken_changes_nothing_and_says_why(typed: dict[str, str]) -> None:
    with pytest.raises(ChoiceError) as refused:
        chosen(NOTHING_CHOSEN, typed, ("en", "de"))
    (key,) = typed
    assert list(refused.value.problems) == [key]
    assert refused.value.problems[key].text in PROBLEMS, "a text that no catalogue can hold"


def test_every_wrong_key_is_told_at_once() -> None:
    with pytest.raises(ChoiceError) as refused:
        chosen(NOTHING_CHOSEN, {"quiet": "x", "digest": "daily", "timezone": "Europe/Berlim"})
    assert set(refused.value.problems) == {"quiet", "timezone"}
    assert "did you mean 'Europe/Berlin'?" in str(refused.value)


def test_company_undoes_every_choice() -> None:
    typed = {"quiet": "18:00-08:00", "days": "mon", "digest": "never", "digest_day": "fri", "digest_time": "8:00",
             "language": "de", "timezone": "Asia/Tokyo", "kinds": "none"}  # fmt: skip
    after = chosen(NOTHING_CHOSEN, typed, ("de",))
    assert len(stored(after)) == len(typed)
    assert chosen(after, dict.fromkeys(typed, "company")) == NOTHING_CHOSEN


def test_what_another_version_stored_does_not_undo_the_rest() -> None:
    found, dropped = kept({"quiet": "18:00-08:00", "mood": "good", "digest": "hourly"})
    assert found == OWN
    assert dropped == ("mood", "digest")


TIMES = st.times().map(lambda moment: moment.replace(second=0, microsecond=0))


@st.composite
def preferences(draw: st.DrawFn) -> Preferences:
    """Any preferences that can be chosen."""
    hours = draw(st.none() | st.tuples(TIMES, TIMES))
    if hours is not None and hours[0] == hours[1]:
        hours = (time(), time())
    return Preferences(
        quiet_from=hours[0] if hours else None,
        quiet_to=hours[1] if hours else None,
        working_days=draw(st.none() | st.frozensets(st.integers(0, 6), min_size=1)),
        digest=draw(st.sampled_from(Rhythm)),
        digest_day=draw(st.integers(0, 6)),
        digest_time=draw(st.none() | TIMES),
        language=draw(st.none() | st.sampled_from(("en", "de", "pt_BR"))),
        timezone=draw(st.none() | st.sampled_from(("Europe/Berlin", "Asia/Tokyo", "UTC"))),
        kinds=draw(st.none() | st.frozensets(st.sampled_from(CHOOSABLE), max_size=2)),
    )


@given(preferences())
def test_what_is_stored_or_shown_can_be_read_again(some: Preferences) -> None:
    assert kept(stored(some)) == (some, ())
    assert chosen(NOTHING_CHOSEN, told(some)) == some


MOMENTS = st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - given there


@given(preferences(), MOMENTS, st.booleans())
def test_nobody_is_told_within_their_own_quiet_hours(some: Preferences, moment: datetime, quiet: bool) -> None:
    # A zone whose clocks never change: an hour that is skipped would come an hour later by the wall.
    some = replace(some, timezone="Asia/Tokyo")
    within = told_within(COMPANY, some, None, quiet=quiet)
    when = moment if within is None else within.next_open(moment)
    assert when >= moment
    if some.has_quiet_hours and some.quiet_from is not None and some.quiet_to is not None:
        at = when.astimezone(ZoneInfo("Asia/Tokyo")).time()
        begins, ends = some.quiet_from, some.quiet_to
        assert not (begins <= at < ends if begins < ends else at >= begins or at < ends)


def test_days_are_named_as_the_settings_name_them() -> None:
    assert told(chosen(NOTHING_CHOSEN, {"days": "mon-sun"}))["days"] == ",".join(WEEK)
