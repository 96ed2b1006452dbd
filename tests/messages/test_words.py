from __future__ import annotations

from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.metrics import METRICS
from bot.core.verdicts import Evidence, Finding, Scope, Truth
from bot.messages import words
from bot.messages.blocks import bar
from bot.messages.evidence import explain, lead


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (1234, "1,234"),
        (12.5, "12.5"),
        (0.123456, "0.123"),
        (999_999.6, "1 million"),
        (1_250_000, "1.25 million"),
        (1_320_000, "1.32 million"),
        (123_456_789, "123 million"),
        (-2_500_000_000, "-2.5 billion"),
        (None, "unknown"),
        (float("nan"), "unknown"),
        (float("inf"), "unknown"),
    ],
)
def test_numbers_are_written_as_people_read_them(value: float | None, text: str) -> None:
    assert words.number(value) == text


@pytest.mark.parametrize(
    ("value", "currency", "text"),
    [
        (120_000.0, "USD", "USD 120,000"),
        (0.0, "USD", "USD 0"),
        (12.5, "EUR", "EUR 12.5"),
        (0.25, "EUR", "EUR 0.25"),
        (-300.0, "EUR", "EUR -300"),
        (1.234e12, "USD", "USD 1.23 trillion"),
        (500.0, None, "500"),
        (None, "USD", "unknown"),
    ],
)
def test_money_names_its_currency_where_it_is_known(value: float | None, currency: str | None, text: str) -> None:
    assert words.money(value, currency) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.41, "41 %"),
        (0, "0 %"),
        (1, "100 %"),
        (1.32, "132 %"),
        (0.996, "99.6 %"),
        (0.004, "0.4 %"),
        (0.00001, "under 0.1 %"),
        (1.002, "100.2 %"),
        (57.3, "5,730 %"),
        (None, "unknown"),
    ],
)
def test_nearly_nothing_is_not_nothing_and_nearly_full_is_not_full(value: float | None, text: str) -> None:
    assert words.percent(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(-0.34, "down 34 %"), (0.12, "up 12 %"), (0, "unchanged"), (-1, "down 100 %"), (None, "unknown")],
)
def test_a_change_has_a_direction(value: float | None, text: str) -> None:
    assert words.change(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(45, "in 45 days"), (1, "in 1 day"), (0, "today"), (-3, "3 days ago"), (-1, "1 day ago"), (None, "unknown")],
)
def test_days_say_in_which_direction_they_lie(value: int | None, text: str) -> None:
    assert words.days(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (date(2026, 3, 31), "31 Mar 2026"),
        (datetime(2026, 3, 1, 23, 59), "1 Mar 2026"),  # noqa: DTZ001 - only its day is shown
        ("2026-03-31", "31 Mar 2026"),
        ("soon", "unknown"),
        (None, "unknown"),
    ],
)
def test_dates_are_written_with_the_months_name(value: date | str | None, text: str) -> None:
    assert words.day(value) == text


@pytest.mark.parametrize("scope", Scope)
def test_every_metric_of_the_catalogue_can_be_shown_known_or_not(scope: Scope) -> None:
    for name in METRICS[scope]:
        assert words.show(None, name, scope) == "unknown"
        assert words.label(name, scope) == METRICS[scope][name].label


def test_a_label_within_a_sentence_keeps_its_abbreviation() -> None:
    assert words.running("Licence utilization") == "licence utilization"
    assert words.running("ARR") == "ARR"


@given(st.floats(min_value=0, allow_nan=False, allow_infinity=False))
def test_a_bar_is_empty_at_zero_only_and_full_from_one_only(share: float) -> None:
    drawn = bar(share)
    assert len(drawn) == 10
    assert (drawn == "░" * 10) == (share == 0)
    assert (drawn == "▓" * 10) == (share >= 1)


def test_an_unknown_bar_is_neither_empty_nor_full() -> None:
    assert bar(None) == "─" * 10


def _finding(*evidence: Evidence) -> Finding:
    return Finding("r", "s", date(2026, 1, 3), Truth.TRUE, Truth.FALSE, "high", None, None, evidence)


# A comparison as SQL, what it saw, and how people read it.
EVIDENCE = [
    ("licence_utilization < 0.50", {"licence_utilization": 0.41}, "Licence utilization 41 % (under 50 %)"),
    ("licence_utilization < 0.5", {"licence_utilization": 0.497}, "Licence utilization 49.7 % (under 50 %)"),
    ("0.5 > licence_utilization", {"licence_utilization": 0.41}, "Licence utilization 41 % (under 50 %)"),
    ("days_to_renewal BETWEEN 0 AND 180", {"days_to_renewal": 87}, "Days to renewal 87 (0 to 180)"),
    (
        "usage_change_month <= -0.25",
        {"usage_change_month": -0.34},
        "Change month on month down 34 % (down at least 25 %)",
    ),
    ("usage_change_month > 0.1", {"usage_change_month": 0.3}, "Change month on month up 30 % (up more than 10 %)"),
    ("arr >= 100000", {"arr": 120_000.0}, "ARR USD 120,000 (at least USD 100,000)"),
    ("tenure_days > 60", {"tenure_days": 642}, "Tenure 642 days (over 60 days)"),
    ("segment = 'Enterprise'", {"segment": "Enterprise"}, "Segment Enterprise (is Enterprise)"),
    ("NOT auto_renew", {"auto_renew": False}, "Auto-renew no"),
    ("peak_pace IS NULL", {"peak_pace": None}, "Pace of that line unknown"),
    ("nps IS NOT NULL", {"nps": 7}, "NPS 7"),
    ("segment IN ('SMB', 'Mid')", {"segment": "SMB"}, "Segment SMB (one of SMB, Mid)"),
    ("peak_utilization BETWEEN 0.90 AND 1.0", {"peak_utilization": 0.93}, "Highest utilization 93 % (90 to 100 %)"),
    # on the limit itself it is written as the limit is, just under it with what keeps it from it
    ("peak_utilization BETWEEN 0.90 AND 1.0", {"peak_utilization": 1.0}, "Highest utilization 100 % (90 to 100 %)"),
    ("licence_utilization >= 0.5", {"licence_utilization": 0.5}, "Licence utilization 50 % (at least 50 %)"),
    ("health < 40", {"health": 38.7}, "Health 39 (under 40)"),
    ("health < 40", {"health": 39.7}, "Health 39.7 (under 40)"),
    ("auto_renew", {"auto_renew": True}, "Auto-renew yes"),
    (
        "active_users < seats",
        {"active_users": 41, "seats": 100.0},
        "Active users 41 (under licences: 100)",
    ),
    ("commit_pace * 2 < 1", {"commit_pace": 0.4}, "Commit pace 0.4 (commit_pace * 2 < 1)"),
    ("cus + nps < 10", {"cus": 5.0, "nps": 1}, "CUS 5 · NPS 1 (cus + nps < 10)"),
    ("not sql (", {"cus": 5.0}, "CUS 5 (not sql ()"),
]


@pytest.mark.parametrize(("text", "values", "expected"), EVIDENCE)
def test_a_comparison_is_told_in_words(text: str, values: dict[str, float | str | bool], expected: str) -> None:
    finding = _finding(Evidence(text, Truth.TRUE, tuple(values.items())))
    assert " · ".join(map(str, explain(finding, Scope.ACCOUNT, "USD"))) == expected


def test_a_value_is_said_once() -> None:
    seen = ("peak_pace", 0.8)
    finding = _finding(
        Evidence("peak_pace > 1.05", Truth.FALSE, (seen,)), Evidence("peak_pace IS NULL", Truth.FALSE, (seen,))
    )
    told = [str(one) for one in explain(finding, Scope.ACCOUNT, "USD", ended=True)]
    assert told == ["Pace of that line 0.8 (alerts when over 1.05)"]


def test_what_did_not_hold_is_no_reason() -> None:
    finding = _finding(
        Evidence("cus < 30", Truth.FALSE, (("cus", 41.0),)), Evidence("nps < 0", Truth.UNKNOWN, (("nps", None),))
    )
    assert list(explain(finding, Scope.ACCOUNT, "USD")) == []


def test_the_telling_metric_is_no_date_and_no_size() -> None:
    evidence = (
        Evidence("arr > 1", Truth.TRUE, (("arr", 120_000.0),)),
        Evidence("days_to_renewal < 90", Truth.TRUE, (("days_to_renewal", 87),)),
        Evidence("cus < 30", Truth.FALSE, (("cus", 41.0),)),
        Evidence("licence_utilization < 0.5", Truth.TRUE, (("licence_utilization", 0.41),)),
    )
    assert lead(_finding(*evidence), Scope.ACCOUNT) == "licence_utilization"
    assert lead(_finding(evidence[1]), Scope.ACCOUNT) == "days_to_renewal"
    assert lead(_finding(), Scope.ACCOUNT) is None
