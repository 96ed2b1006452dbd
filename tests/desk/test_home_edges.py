"""What is kept of a Home in its view, and that every Home is one that Slack takes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.book import Whose
from bot.messages.home.compose import closed_message, failed_message, home_message, loading_message
from bot.messages.home.looking import Looking, looking_of
from bot.messages.home.view import home_view
from bot.messages.speech import ENGLISH
from tests.desk.books import Book, checked, holding, shown, written
from tests.state.samples import episode

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.messages.message import Message

# what is kept in the view


@pytest.mark.parametrize(
    "looking",
    [
        Looking(),
        Looking(Whose.TEAM, "Mid-Market “EMEA”", "renewal", "red", 3),
        Looking(segment="S" * 150, page=12),
    ],
)
def test_what_is_looked_at_comes_back_from_the_view(looking: Looking) -> None:
    assert looking_of(looking.as_text()) == looking


@pytest.mark.parametrize(
    "kept", ["", "{", "[]", "null", '{"page": -1}', '{"kind": "all", "whose": "his", "page": "x"}']
)
def test_what_cannot_be_read_is_as_if_nobody_had_chosen(kept: str) -> None:
    assert looking_of(kept) == Looking()


def test_a_filter_begins_with_the_first_page_and_any_takes_it_off() -> None:
    there = Looking(page=4).turned("band", "red")
    assert there == Looking(band="red")
    assert there.turned("page", "2") == Looking(band="red", page=2)
    assert there.turned("band", "*") == Looking()
    assert there.turned("size", "huge") == there


# edges: every Home is one that Slack takes


def marked_up(value: object) -> Iterator[str]:
    """Yield every text that Slack reads marks in."""
    if isinstance(value, list):
        for item in value:
            yield from marked_up(item)
    elif isinstance(value, dict):
        if value.get("type") == "mrkdwn":
            yield value["text"]
        for item in value.values():
            yield from marked_up(item)


NAMES = st.text(max_size=160) | st.sampled_from(
    [
        "<!channel> & <@U1>",
        "*bold* _x_ ~s~ `c`",
        "شركة الاتصالات",
        "A" * 150,
        "<https://evil.example|Acme>",
        "\u202etxt",
    ]
)
FIGURES = st.none() | st.floats(allow_nan=False, allow_infinity=False) | st.sampled_from([0.0, -1.0, 1e15])


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.tuples(NAMES, FIGURES, st.none() | NAMES, st.none() | st.text(max_size=4)), max_size=14), st.booleans()
)
def test_whatever_the_crm_holds_makes_a_view_that_slack_takes(
    rows: list[tuple[str, float | None, str | None, str | None]], native: bool
) -> None:
    accounts = [
        holding(number, arr=arr, segment=segment, currency=currency)
        for number, (_, arr, segment, currency) in enumerate(rows)
    ]
    accounts = [replace(one, name=row[0]) for one, row in zip(accounts, rows, strict=True)]
    alerts = [episode(one.account_id, at_stake=one.arr, claimed_by=one.segment) for one in accounts]
    sheet = shown(Book(accounts, alerts), native=native, tasks=True)
    written(sheet)
    for text in marked_up(home_view(home_message(sheet, "/headroom", ENGLISH))["blocks"]):
        assert not any(mark in text for mark in ("<!", "<@U1", "<https://evil"))


@pytest.mark.parametrize(
    "message",
    [
        loading_message(ENGLISH),
        closed_message("you are a guest of this workspace", "#cs-ops", ENGLISH),
        closed_message("<!channel> " * 300, "", ENGLISH),
        failed_message("Sorry, that did not work.", ENGLISH),
        home_message(shown(Book()), "/headroom", ENGLISH),
    ],
)
def test_what_is_said_instead_of_a_home_is_a_view_that_slack_takes(message: Message) -> None:
    checked(message, Looking().as_text())
    assert "<!channel" not in str(home_view(message))
