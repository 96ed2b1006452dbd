"""Values as fields take them: percent, scale, length, and what stands there read back."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.salesforce.writing.values import Target
from connectors.writeback import Form


def target(kind: str, form: Form, **changed: Any) -> Target:  # noqa: ANN401 - fields of any kind
    return Target("Field__c", kind, "measure", form, **changed)


@pytest.mark.parametrize(
    ("kind", "form", "scale", "value", "taken"),
    [
        # a share is 41 in a percent field and 0.41 in a number
        ("percent", Form.SHARE, 0, 0.414, 41),
        ("percent", Form.SHARE, 1, 0.4146, 41.5),
        ("double", Form.SHARE, 2, 0.414, 0.41),
        # a score is in percent already
        ("percent", Form.NUMBER, 0, 58.0, 58),
        # halves go away from zero, as people round
        ("double", Form.NUMBER, 0, 2.5, 3),
        ("double", Form.NUMBER, 1, 0.25, 0.3),
        ("currency", Form.MONEY, 2, 1.005, 1.01),
        ("double", Form.NUMBER, 0, -0.4, 0),
        ("int", Form.NUMBER, 0, 12.5, 13),
        ("int", Form.NUMBER, 0, 12, 12),
        ("percent", Form.SHARE, 2, 1.2, 120.0),
        ("double", Form.NUMBER, 2, float("inf"), None),
        ("double", Form.NUMBER, 2, None, None),
    ],
)
def test_numbers_are_rounded_to_the_scale(kind: str, form: Form, scale: int, value: float, taken: object) -> None:
    assert target(kind, form, scale=scale).taken(value) == taken


def test_a_whole_number_is_written_without_a_point() -> None:
    assert repr(target("double", Form.NUMBER, scale=0).taken(58.0)) == "58"
    assert repr(target("double", Form.NUMBER, scale=0).taken(-0.2)) == "0"


@pytest.mark.parametrize(
    ("length", "value", "taken"),
    [(0, " red ", "red"), (3, "yellow", "yel"), (4, "one two", "one"), (0, "   ", None), (0, "", None)],
)
def test_texts_are_cut_and_stripped_as_the_org_keeps_them(length: int, value: str, taken: str | None) -> None:
    assert target("string", Form.TEXT, length=length).taken(value) == taken


def test_a_day_is_midnight_where_the_field_holds_a_moment() -> None:
    day = date(2026, 3, 31)
    assert target("date", Form.DATE).taken(day) == "2026-03-31"
    assert target("datetime", Form.DATE).taken(day) == "2026-03-31T00:00:00.000Z"


@pytest.mark.parametrize(
    "written", ["2026-03-31T00:00:00.000+0000", "2026-03-31T02:00:00+02:00", "2026-03-31T00:00:00Z"]
)
def test_one_moment_in_several_spellings_is_one(written: str) -> None:
    assert target("datetime", Form.DATE).standing(written) == "2026-03-31T00:00:00.000Z"


def test_what_stands_with_more_digits_than_the_field_shows_is_read_as_it_shows() -> None:
    assert target("double", Form.NUMBER, scale=1).standing(0.3000000001) == 0.3


@given(
    st.floats(allow_nan=False, allow_infinity=False, min_value=-1e12, max_value=1e12),
    st.sampled_from(["double", "percent", "currency", "int"]),
    st.sampled_from([Form.NUMBER, Form.SHARE, Form.MONEY]),
    st.integers(0, 6),
)
def test_what_was_written_reads_back_as_no_difference(value: float, kind: str, form: Form, scale: int) -> None:
    field = target(kind, form, scale=scale)
    taken = field.taken(value)
    assert field.standing(taken) == taken


@given(st.text(max_size=40), st.integers(0, 20))
def test_a_text_that_was_written_reads_back_as_no_difference(value: str, length: int) -> None:
    field = target("string", Form.TEXT, length=length)
    taken = field.taken(value)
    assert field.standing(taken) == taken
    assert length == 0 or taken is None or len(str(taken)) <= length
