"""Modals: what Slack would take, what comes back, and what is said of what was filled in wrongly."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.episode import Outcome
from bot.messages.message import Button, Buttons, Headline, Menu, Message, Meter, Meters, Note, Text
from bot.messages.speech import ENGLISH
from bot.messages.views.acts import (
    Alert,
    close_modal,
    false_alarm_modal,
    outcome_of,
    reason_of,
    said_modal,
    snooze_modal,
    until_of,
)
from bot.messages.views.lookup import look_up_modal, looking_modal, shown_modal
from bot.messages.views.modal import Day, Modal, Pick, Search, Write
from bot.messages.views.slack import filled, options, to_view
from bot.sandbox.slack_views import view_faults

TODAY = date(2026, 3, 1)
ALERT = Alert("5f1e0a52-6f0c-4b0e-9a53-0d7c2c4f7a11", "licence-underuse", "churn_risk")
NAMES = ("licence-underuse", "x" * 150, "<!channel> *_~`", "שלום <@U1>", "")
ANSWER = Message(
    "answer",
    "Acme",
    (
        Headline("Acme"),
        Text("41 %"),
        Meters((Meter("Seats", None, "unknown"),), 3),
        Buttons(
            (Button("Claim", "claim", "e1"), Button("Open", "open_crm", url="https://a.example/")), Menu("m", "a", ())
        ),
        Note(("As of today",)),
    ),
)


@pytest.mark.parametrize("rule", NAMES)
@pytest.mark.parametrize("kind", ["churn_risk", "upsell", "renewal", "operations", ""])
def test_slack_takes_every_modal_whatever_the_rule_is_called(rule: str, kind: str) -> None:
    alert = replace(ALERT, rule=rule, kind=kind)
    modals = [
        snooze_modal(alert, TODAY, ENGLISH),
        close_modal(alert, ENGLISH),
        false_alarm_modal(alert, ENGLISH),
        said_modal("Nothing was changed", "why", ENGLISH),
        look_up_modal(ENGLISH, "No account is named."),
        looking_modal(ENGLISH),
        shown_modal(ANSWER, ENGLISH),
    ]
    assert [fault for modal in modals for fault in view_faults(to_view(modal), "modal")] == []


def test_no_modal_about_an_alert_names_the_account() -> None:
    assert "Acme" not in str(
        [to_view(make) for make in (snooze_modal(ALERT, TODAY, ENGLISH), close_modal(ALERT, ENGLISH))]
    )


@given(st.text(max_size=300), st.text(max_size=300), st.text(max_size=80))
def test_slack_takes_a_modal_of_any_texts(label: str, hint: str, choice: str) -> None:
    parts = (
        Write("w", label, hint, most=10, initial=hint, hint=hint),
        Pick("p", label, ((choice, "1"), (label, "2")), initial="2"),
        Day("d", label, TODAY, hint),
        Search("s", label, hint),
    )
    view = to_view(Modal("m", label, parts, submit=label or "ok", close=hint))
    assert view_faults(view, "modal") == []


def test_what_is_shown_in_a_modal_can_be_read_or_followed_but_not_pressed() -> None:
    blocks = to_view(shown_modal(ANSWER, ENGLISH))["blocks"]
    pressed = [element for block in blocks if block["type"] == "actions" for element in block["elements"]]
    assert [one["action_id"] for one in pressed] == ["open_crm"]
    assert [block["type"] for block in blocks] == ["header", "section", "rich_text", "actions", "context"]


def test_a_long_list_of_choices_is_a_menu_and_a_short_one_is_buttons() -> None:
    def kind(count: int) -> str:
        pick = Pick("p", "Which?", tuple((str(one), str(one)) for one in range(count)))
        element: str = to_view(Modal("m", "t", (pick,), submit="s"))["blocks"][0]["element"]["type"]
        return element

    assert (kind(10), kind(11)) == ("radio_buttons", "static_select")


STATES = [
    ("filled", {"w": {"w": {"type": "plain_text_input", "value": " a  b "}}}, {"w": "a  b"}),
    ("empty", {"w": {"w": {"type": "plain_text_input", "value": None}}}, {"w": None}),
    ("a day", {"d": {"d": {"type": "datepicker", "selected_date": "2026-03-02"}}}, {"d": "2026-03-02"}),
    ("a choice", {"p": {"p": {"type": "radio_buttons", "selected_option": {"value": "lost"}}}}, {"p": "lost"}),
    ("none chosen", {"p": {"p": {"type": "radio_buttons", "selected_option": None}}}, {"p": None}),
    ("of another app", {"hspI": {"maBWU": {"type": "plain_text_input", "value": "test"}}}, {}),
    ("no values", [], {}),
]


@pytest.mark.parametrize(("_case", "values", "found"), STATES, ids=[case for case, *_ in STATES])
def test_what_was_filled_in_is_read_by_the_names_of_the_fields(_case: str, values: object, found: object) -> None:
    assert filled({"state": {"values": values}}) == found


@pytest.mark.parametrize("view", [{}, {"state": None}, {"state": {}}, {"state": {"values": {"a": None}}}])
def test_a_view_of_any_other_shape_was_left_empty(view: dict[str, object]) -> None:
    assert filled(view) == {}


DAYS = [
    ("2026-03-02", date(2026, 3, 2)),
    ("2027-03-02", date(2027, 3, 2)),  # 366 days: today of the next year
    ("2027-03-03", None),
    ("2026-03-01", None),
    ("2025-12-31", None),
    ("soon", None),
    (None, None),
]


@pytest.mark.parametrize(("chosen", "until"), DAYS)
def test_a_snooze_ends_after_today_and_within_a_year(chosen: str | None, until: date | None) -> None:
    assert date(2027, 3, 2) - TODAY == timedelta(days=366)
    found, wrong = until_of({"until": chosen}, TODAY, ENGLISH)
    assert found == until
    assert (wrong == {}) == (until is not None)
    assert wrong.keys() <= {"until"}


def test_what_became_of_an_alert_is_one_of_the_outcomes() -> None:
    assert outcome_of({"outcome": "lost"}, ENGLISH) == (Outcome.LOST, {})
    assert outcome_of({"outcome": "perhaps"}, ENGLISH) == (None, {"outcome": "Choose what became of it."})
    assert outcome_of({}, ENGLISH)[0] is None


def test_a_reason_is_one_line_of_at_most_500_characters() -> None:
    assert reason_of({"reason": " on\n holiday "}) == "on holiday"
    assert len(reason_of({"reason": "x" * 900}) or "") == 500
    assert reason_of({"reason": "  "}) is None
    assert reason_of({}) is None


def test_more_than_a_hundred_suggestions_are_cut_to_what_slack_takes() -> None:
    made = options([(f"Company {number}", str(number)) for number in range(150)])
    assert len(made["options"]) == 100
