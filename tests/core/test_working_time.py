"""When somebody is at work: nights, weekends, holidays, changes of clocks."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.working_time import CompanyHours, WorkingTime, is_holiday, known_zone

BERLIN = ZoneInfo("Europe/Berlin")
OFFICE = WorkingTime(frozenset(range(5)), time(9), time(17), BERLIN)
NIGHTS = WorkingTime(frozenset(range(7)), time(22), time(6), BERLIN)
ALWAYS = WorkingTime(frozenset(range(7)), time(0), time(0), BERLIN)


def berlin(text: str, fold: int = 0) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN, fold=fold)


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        ("2026-03-04 08:59:59", False),
        ("2026-03-04 09:00", True),  # a Wednesday; the first moment counts ...
        ("2026-03-04 16:59:59", True),
        ("2026-03-04 17:00", False),  # ... and the last does not
        ("2026-03-07 12:00", False),
        ("2026-03-08 12:00", False),
    ],
)
def test_an_office_is_open_by_its_own_clock(moment: str, expected: bool) -> None:
    assert OFFICE.is_open(berlin(moment)) is expected
    assert OFFICE.is_open(berlin(moment).astimezone(ZoneInfo("Asia/Tokyo"))) is expected


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        ("2026-03-04 12:00", "2026-03-04 12:00"),
        ("2026-03-04 07:30", "2026-03-04 09:00"),
        ("2026-03-04 17:00", "2026-03-05 09:00"),
        ("2026-03-06 18:00", "2026-03-09 09:00"),  # from Friday evening to Monday
        ("2026-03-27 18:00", "2026-03-30 09:00"),  # over the change of clocks: nine by the new time
    ],
)
def test_the_next_opening_is_the_moment_itself_or_the_next_morning_of_work(moment: str, expected: str) -> None:
    assert OFFICE.next_open(berlin(moment)) == berlin(expected).astimezone(UTC)


@pytest.mark.parametrize(
    ("start", "end", "hours"),
    [
        ("2026-03-04 09:00", "2026-03-04 17:00", 8),
        ("2026-03-04 16:00", "2026-03-05 10:00", 2),
        ("2026-03-06 12:00", "2026-03-09 12:00", 8),  # over a weekend
        ("2026-03-07 00:00", "2026-03-08 23:00", 0),
        ("2026-03-05 12:00", "2026-03-04 12:00", 0),  # backwards
        ("2026-03-23 00:00", "2026-04-06 00:00", 80),  # ten days, a change of clocks between them
    ],
)
def test_only_hours_of_work_count(start: str, end: str, hours: int) -> None:
    assert OFFICE.worked(berlin(start), berlin(end)) == timedelta(hours=hours)


def test_so_much_working_time_later() -> None:
    assert OFFICE.after(berlin("2026-03-06 16:00"), timedelta(hours=9)) == berlin("2026-03-09 17:00").astimezone(UTC)
    assert OFFICE.after(berlin("2026-03-06 20:00"), timedelta()) == berlin("2026-03-06 20:00").astimezone(UTC)
    assert OFFICE.after(berlin("2026-03-04 05:00"), timedelta(hours=24)) == berlin("2026-03-06 17:00").astimezone(UTC)


def test_a_night_shift_goes_on_after_midnight_and_belongs_to_the_day_before() -> None:
    weekdays = WorkingTime(frozenset(range(5)), time(22), time(6), BERLIN)
    assert weekdays.is_open(berlin("2026-03-07 05:59"))  # Saturday: Friday's shift
    assert not weekdays.is_open(berlin("2026-03-07 06:00"))
    assert not weekdays.is_open(berlin("2026-03-07 23:00"))
    assert not weekdays.is_open(berlin("2026-03-09 05:00"))  # Monday: Sunday has none
    assert weekdays.is_open(berlin("2026-03-09 22:00"))


def test_a_night_is_an_hour_shorter_in_spring_and_longer_in_autumn() -> None:
    assert NIGHTS.worked(berlin("2026-03-28 20:00"), berlin("2026-03-29 08:00")) == timedelta(hours=7)
    assert NIGHTS.worked(berlin("2026-10-24 20:00"), berlin("2026-10-25 08:00")) == timedelta(hours=9)
    assert NIGHTS.worked(berlin("2026-06-06 20:00"), berlin("2026-06-07 08:00")) == timedelta(hours=8)


def test_around_the_clock_is_always_open_and_loses_and_doubles_no_hour() -> None:
    start, end = berlin("2026-03-28 12:00").astimezone(UTC), berlin("2026-11-01 12:00").astimezone(UTC)
    assert ALWAYS.worked(start, end) == end - start
    assert all(ALWAYS.is_open(start + timedelta(minutes=17 * count)) for count in range(300))


def test_hours_that_begin_in_the_skipped_hour_begin_an_hour_later_by_the_wall() -> None:
    early = WorkingTime(frozenset(range(7)), time(2, 30), time(10), BERLIN)
    assert early.next_open(berlin("2026-03-29 00:00")) == berlin("2026-03-29 03:30").astimezone(UTC)
    assert early.worked(berlin("2026-03-29 00:00"), berlin("2026-03-29 12:00")) == timedelta(hours=6.5)


def test_hours_that_lie_in_the_skipped_hour_alone_are_none_on_that_day() -> None:
    gap = WorkingTime(frozenset(range(7)), time(2, 30), time(3), BERLIN)
    assert gap.worked(berlin("2026-03-29 00:00"), berlin("2026-03-29 12:00")) == timedelta()
    assert gap.worked(berlin("2026-03-30 00:00"), berlin("2026-03-30 12:00")) == timedelta(minutes=30)


def test_of_an_hour_that_comes_twice_the_first_counts() -> None:
    early = WorkingTime(frozenset(range(7)), time(2, 30), time(10), BERLIN)
    assert early.next_open(berlin("2026-10-25 00:00")) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert early.worked(berlin("2026-10-25 00:00"), berlin("2026-10-25 12:00")) == timedelta(hours=8.5)


def test_shifts_that_a_change_of_clocks_lets_overlap_count_once() -> None:
    # Ends at 02:30, which is 03:30 in that night; the next begins at 03:15.
    long = WorkingTime(frozenset(range(7)), time(3, 15), time(2, 30), BERLIN)
    start, end = berlin("2026-03-28 12:00").astimezone(UTC), berlin("2026-03-29 12:00").astimezone(UTC)
    assert long.worked(start, end) == end - start


def test_midnight_itself_may_be_skipped() -> None:
    beirut = WorkingTime(frozenset(range(7)), time(0), time(0), ZoneInfo("Asia/Beirut"))
    start = datetime(2026, 3, 27, 12, tzinfo=UTC)
    assert beirut.worked(start, start + timedelta(days=3)) == timedelta(days=3)


def test_public_holidays_are_no_working_days() -> None:
    germany = WorkingTime(frozenset(range(5)), time(9), time(17), BERLIN, "DE")
    # 1 May 2026 is a Friday.
    assert germany.next_open(berlin("2026-04-30 17:00")) == berlin("2026-05-04 09:00").astimezone(UTC)
    assert OFFICE.next_open(berlin("2026-04-30 17:00")) == berlin("2026-05-01 09:00").astimezone(UTC)


def test_a_holiday_is_kept_on_the_day_on_which_it_is_observed() -> None:
    # 4 July 2026 is a Saturday: observed on Friday. 1 January 2028 is one, too: observed in the year before.
    assert is_holiday("US", date(2026, 7, 3))
    assert is_holiday("US", date(2027, 12, 31))
    assert not is_holiday("US", date(2026, 7, 6))
    assert not is_holiday(None, date(2026, 12, 25))


def test_a_night_shift_that_begins_on_a_holiday_is_none_and_one_that_runs_into_it_is_whole() -> None:
    germany = WorkingTime(frozenset(range(7)), time(22), time(6), BERLIN, "DE")
    assert not germany.is_open(berlin("2026-05-02 02:00"))
    assert germany.is_open(berlin("2026-05-01 02:00"))


def test_who_never_works_has_no_next_hour() -> None:
    never = WorkingTime(frozenset(), time(9), time(17), BERLIN)
    assert never.worked(berlin("2026-01-01 00:00"), berlin("2026-12-31 00:00")) == timedelta()
    with pytest.raises(ValueError, match="ever works"):
        never.next_open(berlin("2026-03-04 12:00"))
    with pytest.raises(ValueError, match="never reached"):
        never.after(berlin("2026-03-04 12:00"), timedelta(hours=1))


def test_a_person_keeps_the_hours_of_the_company_by_their_own_clock() -> None:
    company = CompanyHours("Europe/Berlin")
    at_noon = datetime(2026, 3, 4, 12, tzinfo=UTC)
    assert company.of("Europe/Berlin").is_open(at_noon)
    assert not company.of("America/Los_Angeles").is_open(at_noon)


@pytest.mark.parametrize("zone", [None, "", "Mars/Olympus", "../../etc/passwd", "America", "Eastern Standard Time"])
def test_a_person_without_a_time_zone_has_the_companys(zone: str | None) -> None:
    assert known_zone(zone) is None
    assert CompanyHours("Europe/Berlin").of(zone).zone == BERLIN


def test_whose_holidays_are_kept_goes_by_the_time_zone() -> None:
    places = (("America/New_York", "US"), ("Europe/London", None), ("europe/*", "DE"), ("*", "FR"))
    company = CompanyHours("UTC", country="SE", countries=places)
    zones = ("America/New_York", "Europe/London", "Europe/Vienna", "Asia/Tokyo")
    assert [company.of(zone).country for zone in zones] == ["US", None, "DE", "FR"]
    assert CompanyHours("UTC", country="SE", countries=places[:1]).of("Asia/Tokyo").country == "SE"


# what must hold whatever the hours

ZONES = st.sampled_from(["Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "Asia/Beirut"])


def working(days: frozenset[int], opens: int, minutes: int, zone: str, country: str | None) -> WorkingTime:
    """An hour a day at the least: else nobody lives to see so much of it."""
    closes = (opens + minutes) % 1440
    return WorkingTime(days, time(*divmod(opens, 60)), time(*divmod(closes, 60)), ZoneInfo(zone), country)


WORKING = st.builds(
    working,
    st.frozensets(st.integers(0, 6), min_size=1),
    st.integers(0, 1439),
    st.integers(60, 1440),
    ZONES,
    st.sampled_from([None, "DE", "US"]),
)
MOMENTS = st.integers(0, 4 * 366 * 86_400).map(lambda seconds: datetime(2024, 1, 1, tzinfo=UTC) + timedelta(0, seconds))
SPANS = st.timedeltas(timedelta(), timedelta(hours=60))


@settings(deadline=None)
@given(WORKING, MOMENTS, SPANS)
def test_after_so_much_work_so_much_was_worked(hours: WorkingTime, start: datetime, span: timedelta) -> None:
    end = hours.after(start, span)
    assert hours.worked(start, end) == span
    if span:
        assert hours.worked(start, end - timedelta(microseconds=1)) < span


@settings(deadline=None)
@given(WORKING, MOMENTS, SPANS, SPANS)
def test_working_time_adds_up(hours: WorkingTime, start: datetime, first: timedelta, second: timedelta) -> None:
    middle, end = start + first, start + first + second
    parts = hours.worked(start, middle) + hours.worked(middle, end)
    assert hours.worked(start, end) == parts
    assert timedelta() <= parts <= end - start


@settings(deadline=None)
@given(WORKING, MOMENTS)
def test_the_next_opening_is_open_and_nothing_before_it_is(hours: WorkingTime, moment: datetime) -> None:
    opens = hours.next_open(moment)
    assert opens >= moment
    assert hours.is_open(opens)
    assert hours.worked(moment, opens) == timedelta()
    assert (opens == moment) == hours.is_open(moment)


@settings(deadline=None)
@given(WORKING, MOMENTS)
def test_open_moments_are_those_in_which_time_is_worked(hours: WorkingTime, moment: datetime) -> None:
    instant = timedelta(microseconds=1)
    assert hours.is_open(moment) == (hours.worked(moment, moment + instant) == instant)
