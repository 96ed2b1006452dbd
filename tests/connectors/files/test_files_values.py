from __future__ import annotations

import math
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.base import UnfitError
from connectors.files.shapes import domain, name_key, salesforce_id
from connectors.files.values import Raw, is_blank, read_day, read_flag, read_number, read_text

NUMBERS = [
    ("5", 5.0),
    ("  5.50 ", 5.5),
    (".5", 0.5),
    ("5.", 5.0),
    ("12,500.00", 12500.0),
    (" 1,234,567.89 ", 1234567.89),
    ("12,34,567", 1234567.0),
    ("1 234 567.5", 1234567.5),
    ("1'234.50", 1234.5),
    ("1\u00a0234", 1234.0),
    ("2.668661683E7", 26686616.83),
    ("1e-3", 0.001),
    ("-450,000.00", -450000.0),
    ("\u22125", -5.0),
    ("+5", 5.0),
    (" (120,000.00)", -120000.0),
    ("$1,420.00", 1420.0),
    ("($1,420.00)", -1420.0),
    ("$(1,420.00)", -1420.0),
    ("-$5", -5.0),
    ("$-5", -5.0),
    ("5 €", 5.0),
    (7, 7.0),
    (Decimal("7.25"), 7.25),
    ("0", 0.0),
]


@pytest.mark.parametrize(("cell", "value"), NUMBERS)
def test_numbers_are_read_as_spreadsheets_print_them(cell: Raw, value: float) -> None:
    assert read_number(cell) == value


@pytest.mark.parametrize(
    "cell",
    [
        *("NaN", "inf", "-Infinity", "1e999", math.nan, math.inf, 10**400),
        *("1,50", "1234,567", "1,2345", "1..5", "(-5)", "--5", "5-", "(", "$", "-"),
        *("USD 5", "5%", "0x10", "٣", "1_000", "Placement Services", "7/1/2015"),
        *(True, b"5", date(2026, 1, 1)),
    ],
)
def test_what_is_no_finite_number_is_refused(cell: Raw) -> None:
    with pytest.raises(UnfitError) as caught:
        read_number(cell)
    assert caught.value.reason == "number-unreadable"


def test_a_lone_dash_is_what_the_settings_say() -> None:
    for dash in ("-", " -   ", "$ -   ", "–"):
        assert read_number(dash, dash="zero") == 0.0
        assert read_number(dash, dash="blank") is None
    with pytest.raises(UnfitError, match="declare `dash: zero`"):
        read_number(" -   ")


def test_a_decimal_comma_is_declared_and_suspected_where_it_is_not() -> None:
    assert read_number("1.234.567,89", decimal=",") == 1234567.89
    assert read_number("1 234,5", decimal=",") == 1234.5
    assert read_number("-5,25 €", decimal=",") == -5.25
    with pytest.raises(UnfitError, match="is `decimal: ','` meant"):
        read_number("1234,5")


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_every_number_that_python_writes_is_read_back(number: float) -> None:
    assert read_number(repr(number)) == number


@given(st.decimals(min_value=-(10**12), max_value=10**12, places=2))
def test_thousands_separators_change_nothing(number: Decimal) -> None:
    assert read_number(f"{number:,}") == float(number)
    swapped = f"{number:,}".translate(str.maketrans(",.", ".,"))
    assert read_number(swapped, decimal=",") == float(number)


FORMATS = ("%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%d", "%m/%d/%Y", "%m/%d/%y")
DAYS = [
    ("2012-07-11T16:21:27Z", date(2012, 7, 11)),
    ("2013-07-26", date(2013, 7, 26)),
    ("7/1/2015", date(2015, 7, 1)),
    ("10/31/2015", date(2015, 10, 31)),
    (" 2/6/15 ", date(2015, 2, 6)),
    ("8/1/31", date(2031, 8, 1)),
]


@pytest.mark.parametrize(("cell", "day"), DAYS)
def test_days_are_read_in_the_first_format_that_fits(cell: str, day: date) -> None:
    assert read_day(cell, FORMATS) == day


@pytest.mark.parametrize(
    "cell", ["Placement Services", "0", "28", "13/1/2015", "2/30/15", "2/6/0015", "7-1-2015", 5, True]
)
def test_a_day_in_none_of_the_formats_is_refused_with_their_names(cell: Raw) -> None:
    with pytest.raises(UnfitError, match="%m/%d/%y") as caught:
        read_day(cell, FORMATS)
    assert caught.value.reason == "date-unreadable"


@pytest.mark.parametrize(
    ("cell", "formats", "day"),
    [
        ("2016-03-31T23:30:00.000+0000", ["iso"], date(2016, 3, 31)),
        ("2016-03-31 23:30", ["iso"], date(2016, 3, 31)),
        ("20160331", ["iso"], date(2016, 3, 31)),
        (date(2016, 3, 31), ["iso"], date(2016, 3, 31)),
        (datetime(2016, 3, 31, 23, tzinfo=UTC), ["iso"], date(2016, 3, 31)),
        (1459465200, ["unix"], date(2016, 3, 31)),
        ("1459465200000", ["unix_ms"], date(2016, 3, 31)),
        (42460, ["excel"], date(2016, 3, 31)),
        ("42460.75", ["excel"], date(2016, 3, 31)),
    ],
)
def test_days_have_named_formats_too(cell: Raw, formats: list[str], day: date) -> None:
    assert read_day(cell, formats) == day


def test_a_moment_falls_on_the_day_as_written_unless_a_zone_is_named() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    assert read_day("2016-03-31T23:30:00Z", ["iso"]) == date(2016, 3, 31)
    assert read_day("2016-03-31T23:30:00Z", ["iso"], berlin) == date(2016, 4, 1)
    assert read_day(1459465200, ["unix"], berlin) == date(2016, 4, 1)
    moment = datetime(2016, 3, 31, 20, tzinfo=timezone(timedelta(hours=-8)))
    assert read_day(moment, ["iso"], berlin) == date(2016, 4, 1)
    # A moment without an offset tells no zone to come from.
    assert read_day("2016-03-31T23:30:00", ["iso"], berlin) == date(2016, 3, 31)


@given(st.dates(min_value=date(1970, 1, 1), max_value=date(2068, 12, 31)), st.sampled_from(FORMATS))
def test_every_day_written_in_a_format_is_read_back(day: date, form: str) -> None:
    assert read_day(day.strftime(form), FORMATS) == day


@given(st.one_of(st.text(), st.integers(), st.floats(), st.binary(), st.booleans(), st.dates(), st.decimals()))
def test_any_cell_is_read_or_refused_and_nothing_else(cell: Raw) -> None:
    reasons: set[str] = set()
    formats = ("iso", "%d.%m.%Y", "unix", "unix_ms", "excel")
    for read in (read_number, read_text, read_flag, lambda raw: read_day(raw, formats, ZoneInfo("Asia/Tokyo"))):
        try:
            read(cell)
        except UnfitError as error:
            reasons.add(error.reason)
    assert reasons <= {"number-unreadable", "text-unreadable", "flag-unreadable", "date-unreadable"}


def test_blank_is_white_space_and_the_words_that_stand_for_nothing() -> None:
    assert is_blank(None)
    assert is_blank(" \t\u00a0")
    assert is_blank(" N/A ", frozenset({"N/A"}))
    assert not is_blank("N/A")
    assert not is_blank(0)


def test_an_id_that_was_kept_as_a_number_loses_its_point() -> None:
    assert read_text(1520399.0) == "1520399"
    assert read_text(1520399) == "1520399"
    assert read_text(" 0820428 ") == "0820428"
    assert read_text(1.5) == "1.5"
    assert read_text(float("nan")) == "nan"


def test_half_of_a_surrogate_pair_is_no_text() -> None:
    with pytest.raises(UnfitError, match="character 2"):
        read_text("a\ud800")


def test_flags_are_words_and_digits() -> None:
    assert [read_flag(cell) for cell in ("TRUE", "yes", "1", True, 1)] == [True] * 5
    assert [read_flag(cell) for cell in ("false", "N", "0", False, 0)] == [False] * 5
    with pytest.raises(UnfitError, match="neither true nor false"):
        read_flag("maybe")


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("Carter Hayes Associates,  Inc", "carter hayes associates, inc"),
        ("ACME WIDGETS, INC. ", "acme widgets, inc"),
        ("Path (People Acting to Help), Inc.", "path (people acting to help), inc"),
        ("Acme (US)", "acme (us)"),
        ("Straße -", "strasse"),
        ("...", "..."),
    ],
)
def test_a_name_becomes_a_key(name: str, key: str) -> None:
    assert name_key(name) == key


@given(st.text(min_size=1))
def test_a_key_of_a_key_is_the_same_key(name: str) -> None:
    assert name_key(name_key(name)) == name_key(name)


@pytest.mark.parametrize(
    ("text", "host"),
    [
        ("https://www.acme.com/about?x=1", "acme.com"),
        ("acme.com", "acme.com"),
        ("WWW.Acme.com/", "acme.com"),
        ("jane.doe@acme.com", "acme.com"),
        ("http://acme.co.uk:8080", "acme.co.uk"),
    ],
)
def test_a_domain_is_found_in_addresses(text: str, host: str) -> None:
    assert domain(text) == host


@pytest.mark.parametrize("text", ["https://", "no domain here", "http://[::1"])
def test_what_names_no_domain_is_refused(text: str) -> None:
    with pytest.raises(UnfitError, match="names no domain"):
        domain(text)


def test_a_salesforce_id_of_15_characters_gets_its_three_more() -> None:
    # From Salesforce's own description: capitals of each five characters, least first, as a digit of base 32.
    assert salesforce_id("001A0000006Vm9r") == "001A0000006Vm9rIAC"
    assert salesforce_id("001A0000006Vm9rIAC") == "001A0000006Vm9rIAC"
    with pytest.raises(UnfitError, match="15 or 18"):
        salesforce_id("acme")
