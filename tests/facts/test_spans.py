from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

from bot.facts import spans
from bot.facts.spans import Span
from connectors.base import Window
from tests.facts.world import day

if TYPE_CHECKING:
    from collections.abc import Iterable

MARCH = Window(date(2026, 3, 1), date(2026, 3, 31))
UP_TO_MARCH = Window(None, date(2026, 3, 31))


def of(*texts: str, meter: str | None = None, customer: str | None = None) -> list[Span]:
    pairs = [text.split("..") for text in texts]
    return [Span(meter, customer, day(first), day(last)) for first, last in pairs]


def said(some: Iterable[Span]) -> list[str]:
    return [f"{span.first:%m-%d}..{span.last:%m-%d}" for span in some]


@pytest.mark.parametrize(
    ("given", "joined"),
    [
        (["01-01..01-05", "01-06..01-09"], ["01-01..01-09"]),  # they touch
        (["01-04..01-09", "01-01..01-05"], ["01-01..01-09"]),  # they overlap
        (["01-01..01-31", "01-05..01-06"], ["01-01..01-31"]),  # one holds the other
        (["01-01..01-05", "01-07..01-09"], ["01-01..01-05", "01-07..01-09"]),  # a day is missing
    ],
)
def test_spans_that_touch_are_one(given: list[str], joined: list[str]) -> None:
    assert said(spans.merged(of(*given))) == joined


def test_spans_of_different_customers_stay_apart() -> None:
    both = [*of("01-01..01-05"), *of("01-06..01-09", customer="acme"), *of("01-06..01-09", meter="calls")]
    assert len(spans.merged(both)) == 3


@pytest.mark.parametrize(
    ("window", "inside", "outside"),
    [
        (MARCH, ["03-01..03-31"], ["02-01..02-28", "04-01..04-30"]),
        (UP_TO_MARCH, ["02-01..03-31"], ["04-01..04-30"]),
    ],
)
def test_a_span_is_cut_at_the_window(window: Window, inside: list[str], outside: list[str]) -> None:
    assert said(spans.inside(of("02-01..04-30"), window)) == inside
    assert said(spans.outside(of("02-01..04-30"), window)) == outside


@pytest.mark.parametrize(
    ("old", "new", "kept"),
    [
        (of("02-01..03-20"), of("03-01..03-20"), True),  # February is not in the window
        (of("02-01..03-20"), of("03-01..03-19"), False),
        (of("03-01..03-20"), of("03-01..03-10", "03-11..03-31"), True),
        (of("03-01..03-20", customer="acme"), of("03-01..03-31"), True),  # everybody is acme, too
        (of("03-01..03-20"), of("03-01..03-31", customer="acme"), False),
        (of("03-01..03-20", meter="calls"), of("03-01..03-31", meter="clicks"), False),
        ([], [], True),
    ],
)
def test_whether_a_new_reading_still_promises_the_old_days(old: list[Span], new: list[Span], kept: bool) -> None:
    assert spans.still_promised(old, new, MARCH) is kept


def test_rows_and_spans_are_the_same() -> None:
    some = [*of("01-01..01-05"), *of("01-06..01-09", meter="calls", customer="acme")]
    assert spans.from_rows(spans.to_rows(some)) == some
