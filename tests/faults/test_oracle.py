"""What the oracle wants of a few days, worked out by hand."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from tests.faults.company import FIRST, TWO_DAYS, Customer, write_day
from tests.faults.oracle import expected

if TYPE_CHECKING:
    from pathlib import Path

FAR = date(2027, 6, 30)


def wanted(folder: Path, *days: tuple[Customer, ...]) -> list[tuple[str, str, str, int | None]]:
    """Account, transition, place, and the number of the day on which it is over."""
    dates = [FIRST + timedelta(days=number) for number in range(len(days))]
    for day, customers in zip(dates, days, strict=True):
        write_day(folder, day, customers)
    found = expected(folder, dates)
    return [
        (one.account, one.transition, one.destination, (one.resolved_on - FIRST).days if one.resolved_on else None)
        for one in found
    ]


def acme(nps: int, end: date = FAR) -> tuple[Customer, ...]:
    return (Customer("A1", "Acme", "P1", nps, end),)


def test_the_two_days_of_the_grid(tmp_path: Path) -> None:
    days = list(TWO_DAYS.days.values())
    assert wanted(tmp_path, *days) == [
        ("Acme", "fired", "Dana Reyes", 1),
        ("Acme", "fired", "#cs-risk", 1),
        ("Borealis", "fired", "Kim Ito", None),
        ("Borealis", "fired", "#cs-risk", None),
        ("Delta", "step-90", "#cs-renewals", None),
        ("Borealis", "worsened-high", "Kim Ito", None),
        ("Borealis", "worsened-high", "#cs-risk", None),
        ("Cyan", "fired", "Dana Reyes", None),
        ("Cyan", "fired", "#cs-risk", None),
        ("Delta", "step-60", "#cs-renewals", None),
    ]


def test_between_the_thresholds_nothing_is_said(tmp_path: Path) -> None:
    assert wanted(tmp_path, acme(6), acme(4), acme(6), acme(3)) == [
        ("Acme", "fired", "Dana Reyes", None),
        ("Acme", "fired", "#cs-risk", None),
    ]


def test_what_is_over_begins_anew(tmp_path: Path) -> None:
    found = wanted(tmp_path, acme(4), acme(7), acme(1))
    assert [(transition, over) for _, transition, place, over in found if place == "#cs-risk"] == [
        ("fired", 1),
        ("fired", None),
    ]


def test_the_end_is_said_of_every_message_of_the_alert(tmp_path: Path) -> None:
    found = wanted(tmp_path, acme(4), acme(1), acme(9))
    assert [(transition, over) for _, transition, place, over in found if place == "#cs-risk"] == [
        ("fired", 2),
        ("worsened-high", 2),
    ]


def test_a_step_is_said_once_and_none_after_the_end(tmp_path: Path) -> None:
    end = FIRST + timedelta(days=1)
    found = wanted(tmp_path, acme(9, end), acme(9, end), acme(9, end))
    assert found == [("Acme", "step-7", "#cs-renewals", None)]
