"""Days masked by country, against calendars written out by hand."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.trends.occasions import country_code, holidays, occasions


def masked_days(country: str | None, first: date, last: date) -> list[str]:
    days = (last - first).days + 1
    return [
        (first + timedelta(days=int(place))).strftime("%d.%m.")
        for place in np.flatnonzero(holidays(country, first, days))
    ]


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("DE", "DE"),
        ("deu", "DE"),
        ("Germany", "DE"),
        (" germany ", "DE"),
        ("Deutschland", "DE"),
        ("US", "US"),
        ("U.S.A.", "US"),
        ("United States", "US"),
        ("United States of America", "US"),
        ("UK", "GB"),
        ("Great Britain", "GB"),
        ("Korea, Republic of", "KR"),
        ("Viet Nam", "VN"),
        ("Côte d'Ivoire", "CI"),
        ("Österreich", "AT"),
        ("Trinidad & Tobago", "TT"),
        ("Atlantis", None),
        ("", None),
        ("日本", None),
        (None, None),
    ],
)
def test_a_country_is_known_by_its_codes_and_usual_names(written: str | None, code: str | None) -> None:
    assert country_code(written) == code


def test_german_holidays_of_a_spring() -> None:
    assert masked_days("Germany", date(2025, 4, 1), date(2025, 6, 30)) == [
        "18.04.",  # Good Friday
        "21.04.",  # Easter Monday
        "01.05.",  # Labour Day
        "29.05.",  # Ascension
        "09.06.",  # Whit Monday
    ]


def test_a_holiday_on_a_saturday_is_masked_on_the_day_it_is_observed_too() -> None:
    # 4 July 2026 is a Saturday; offices close on the Friday.
    assert masked_days("US", date(2026, 7, 1), date(2026, 7, 10)) == ["03.07.", "04.07."]


def test_the_turn_of_the_year_is_masked_where_christmas_is_kept() -> None:
    winter = masked_days("France", date(2025, 12, 15), date(2026, 1, 20))
    assert (winter[0], winter[-1], len(winter)) == ("22.12.", "06.01.", 16)


def test_a_year_that_begins_within_the_days_asked_for_is_masked_from_its_first_day() -> None:
    assert masked_days("France", date(2026, 1, 1), date(2026, 1, 20))[-1] == "06.01."


def test_where_christmas_is_no_holiday_the_turn_of_the_year_counts() -> None:
    assert masked_days("Japan", date(2025, 12, 15), date(2026, 1, 8)) == ["01.01."]
    assert masked_days("Saudi Arabia", date(2025, 12, 15), date(2026, 1, 8)) == []


def test_a_country_that_is_unknown_has_no_holidays() -> None:
    assert masked_days("Atlantis", date(2025, 1, 1), date(2025, 12, 31)) == []
    assert masked_days(None, date(2025, 1, 1), date(2025, 12, 31)) == []


def test_each_series_is_masked_by_its_own_country() -> None:
    # 4 July is a holiday in the United States, 14 July in France.
    masked = occasions(["US", None, "FR", "us"], date(2025, 7, 1), 20)
    assert masked.shape == (4, 20)
    assert [list(np.flatnonzero(row) + 1) for row in masked] == [[4], [], [14], [4]]


def test_no_series_and_no_days_are_no_error() -> None:
    assert occasions([], date(2025, 7, 1), 20).shape == (0, 20)
    assert occasions(["US"], date(2025, 7, 1), 0).shape == (1, 0)


@given(
    country=st.sampled_from(["DE", "US", "GB", "IN", "CN", "IL"]),
    first=st.dates(date(2015, 1, 1), date(2030, 1, 1)),
    days=st.integers(1, 500),
    cut=st.integers(0, 500),
)
def test_a_day_is_masked_alike_whatever_days_are_asked_for_with_it(
    country: str, first: date, days: int, cut: int
) -> None:
    cut = min(cut, days)
    whole = holidays(country, first, days)
    apart = [holidays(country, first, cut), holidays(country, first + timedelta(days=cut), days - cut)]
    assert np.array_equal(whole, np.concatenate(apart))
