from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, Any, Literal

import pytest

from bot.messages.limits import as_slack_says, total_text, validate, validate_message

if TYPE_CHECKING:
    from collections.abc import Callable


def plain(length: int) -> dict[str, Any]:
    return {"type": "plain_text", "text": "x" * length}


def mrkdwn(length: int) -> dict[str, Any]:
    return {"type": "mrkdwn", "text": "x" * length}


def section(**more: object) -> dict[str, Any]:
    return {"type": "section", "text": mrkdwn(5), **more}


def button(number: int = 0, **more: object) -> dict[str, Any]:
    return {"type": "button", "text": plain(3), "action_id": f"a{number}", **more}


def actions(*elements: dict[str, Any], **more: object) -> dict[str, Any]:
    return {"type": "actions", "elements": list(elements), **more}


def option(number: int = 0, **more: object) -> dict[str, Any]:
    return {"text": plain(3), "value": str(number), **more}


def confirm(**more: object) -> dict[str, Any]:
    return {"title": plain(5), "text": plain(5), "confirm": plain(3), "deny": plain(3), **more}


def accessory(kind: str, **more: object) -> dict[str, Any]:
    return section(accessory={"type": kind, "action_id": "a", **more})


def table(rows: int, columns: int, length: int = 1) -> dict[str, Any]:
    return {"type": "table", "rows": [[{"type": "raw_text", "text": "x" * length}] * columns] * rows}


def chart(series: int, points: int, name: int = 3) -> dict[str, Any]:
    data = [{"label": str(n), "value": n} for n in range(points)]
    return {
        "type": "data_visualization",
        "title": "Usage",
        "chart": {
            "type": "line",
            "series": [{"name": "x" * name, "data": data}] * series,
            "axis_config": {"categories": [str(n) for n in range(points)]},
        },
    }


def image(**more: object) -> dict[str, Any]:
    return {"type": "image", "alt_text": "a chart", "image_url": "https://x.example/1.png", **more}


# What, how to make it of a size, the largest size that Slack takes, and where it says that one more is too much.
AT_MOST = [
    ("section text", lambda n: [section(text=mrkdwn(n))], 3000, "/0/text/text"),
    ("header", lambda n: [{"type": "header", "text": plain(n)}], 150, "/0/text/text"),
    ("fields", lambda n: [section(fields=[mrkdwn(1)] * n)], 10, "/0/fields"),
    ("a field", lambda n: [section(fields=[mrkdwn(n)])], 2000, "/0/fields/0/text"),
    ("context elements", lambda n: [{"type": "context", "elements": [mrkdwn(1)] * n}], 10, "/0/elements"),
    ("actions", lambda n: [actions(*[button(i) for i in range(n)])], 25, "/0/elements"),
    ("button text", lambda n: [actions(button(text=plain(n)))], 75, "/0/elements/0/text/text"),
    ("button value", lambda n: [actions(button(value="x" * n))], 2000, "/0/elements/0/value"),
    ("button url", lambda n: [actions(button(url="x" * n))], 3000, "/0/elements/0/url"),
    ("action_id", lambda n: [actions(button(action_id="x" * n))], 255, "/0/elements/0/action_id"),
    ("block_id", lambda n: [section(block_id="x" * n)], 255, "/0/block_id"),
    ("image url", lambda n: [image(image_url="x" * n)], 3000, "/0/image_url"),
    ("alt text", lambda n: [image(alt_text="x" * n)], 2000, "/0/alt_text"),
    ("image title", lambda n: [image(title=plain(n))], 2000, "/0/title/text"),
    (
        "select options",
        lambda n: [accessory("static_select", options=[option(i) for i in range(n)])],
        100,
        "/0/accessory/options",
    ),
    ("overflow options", lambda n: [accessory("overflow", options=[option()] * n)], 5, "/0/accessory/options"),
    ("checkboxes", lambda n: [accessory("checkboxes", options=[option()] * n)], 10, "/0/accessory/options"),
    (
        "option text",
        lambda n: [accessory("overflow", options=[option(text=plain(n))])],
        75,
        "/0/accessory/options/0/text/text",
    ),
    (
        "option value",
        lambda n: [accessory("overflow", options=[option(value="x" * n)])],
        150,
        "/0/accessory/options/0/value",
    ),
    (
        "confirm title",
        lambda n: [actions(button(confirm=confirm(title=plain(n))))],
        100,
        "/0/elements/0/confirm/title/text",
    ),
    (
        "confirm text",
        lambda n: [actions(button(confirm=confirm(text=plain(n))))],
        300,
        "/0/elements/0/confirm/text/text",
    ),
    (
        "confirm button",
        lambda n: [actions(button(confirm=confirm(deny=plain(n))))],
        30,
        "/0/elements/0/confirm/deny/text",
    ),
    ("table rows", lambda n: [table(n, 2)], 100, "/0/rows"),
    ("table columns", lambda n: [table(1, n)], 20, "/0/rows/0"),
    ("table text", lambda n: [table(1, 1, n)], 10_000, "/0/rows"),
    ("charts", lambda n: [chart(1, 3)] * n, 2, "/2"),
    ("series", lambda n: [chart(n, 3)], 12, "/0/chart/series"),
    ("series name", lambda n: [chart(1, 3, n)], 20, "/0/chart/series/0/name"),
    ("blocks", lambda n: [section()] * n, 50, ""),
    ("text of all blocks", lambda n: [section(text=mrkdwn(2600))] * 4 + [section(text=mrkdwn(n - 10_400))], 13_000, ""),
]


@pytest.mark.parametrize(("make", "most", "pointer"), [case[1:] for case in AT_MOST], ids=[case[0] for case in AT_MOST])
def test_slack_takes_so_much_and_no_more(make: Callable[[int], list[dict[str, Any]]], most: int, pointer: str) -> None:
    assert validate(make(most)) == []
    assert [error["pointer"] for error in validate(make(most + 1))] == [pointer]


# What is wrong, the blocks, and what Slack says of them.
WRONG = [
    ("an unknown block", [{"type": "sektion"}], "unsupported type: sektion [json-pointer:/0/type]"),
    ("no type", [{"text": plain(1)}], "missing required field: type [json-pointer:/0]"),
    ("a section of nothing", [{"type": "section"}], "must define either `text` or `fields` [json-pointer:/0]"),
    ("an unknown property", [section(color="red")], "invalid additional property: color [json-pointer:/0]"),
    ("a missing alt text", [{"type": "image", "image_url": "u"}], "missing required field: alt_text [json-pointer:/0]"),
    (
        "a header in mrkdwn",
        [{"type": "header", "text": mrkdwn(3)}],
        "unsupported type: mrkdwn [json-pointer:/0/text/type]",
    ),
    ("empty text", [section(text=mrkdwn(0))], "must be more than 0 characters [json-pointer:/0/text/text]"),
    ("a text for an object", [section(text="hello")], "must provide an object [json-pointer:/0/text]"),
    ("a number for a text", [section(block_id=7)], "must provide a string [json-pointer:/0/block_id]"),
    ("an object for a list", [{"type": "actions", "elements": {}}], "must provide an array [json-pointer:/0/elements]"),
    ("no actions", [actions()], "no fewer than 1 items allowed [json-pointer:/0/elements]"),
    (
        "an unknown style",
        [actions(button(style="green"))],
        "must be one of: primary, danger [json-pointer:/0/elements/0/style]",
    ),
    (
        "an image in actions",
        [actions(image())],
        "unsupported type: image [json-pointer:/0/elements/0/type]",
    ),
    (
        "one action twice in a block",
        [actions(button(1), button(1))],
        '`action_id` "a1" already exists [json-pointer:/0/elements/1/action_id]',
    ),
    (
        "one block_id twice",
        [section(block_id="b"), section(block_id="b")],
        '`block_id` "b" already exists [json-pointer:/1/block_id]',
    ),
    ("two tables", [table(1, 1), table(1, 1)], "no more than 1 table blocks allowed in a message [json-pointer:/1]"),
    (
        "both options and groups",
        [accessory("static_select", options=[option()], option_groups=[{"label": plain(1), "options": [option()]}])],
        "cannot define both `options` and `option_groups` [json-pointer:/0/accessory]",
    ),
    (
        "a loose text in rich text",
        [{"type": "rich_text", "elements": [{"type": "text", "text": "x"}]}],
        "unsupported type: text [json-pointer:/0/elements/0/type]",
    ),
    (
        "a mark in rich text that nobody knows",
        [
            {
                "type": "rich_text",
                "elements": [
                    {"type": "rich_text_section", "elements": [{"type": "text", "text": "x", "style": {"loud": True}}]}
                ],
            }
        ],
        "invalid additional property: loud [json-pointer:/0/elements/0/elements/0/style]",
    ),
    (
        "yes for true",
        [section(text={"type": "mrkdwn", "text": "x", "verbatim": "yes"})],
        "must provide a boolean [json-pointer:/0/text/verbatim]",
    ),
    ("no blocks at all", {"type": "section"}, "must provide an array [json-pointer:]"),
]


@pytest.mark.parametrize(("blocks", "said"), [case[1:] for case in WRONG], ids=[case[0] for case in WRONG])
def test_what_slack_refuses_is_said_in_its_words(blocks: object, said: str) -> None:
    assert as_slack_says(validate(blocks)) == [said]


def test_an_error_has_the_form_of_slacks_own_validation() -> None:
    # The example of Slack's reference of blocks.validate.
    blocks = [{"type": "section", "text": {"type": "invalid", "text": "x"}}]
    assert validate(blocks) == [
        {
            "pointer": "/0/text/type",
            "code": "failed_constraint",
            "message": "unsupported type: invalid",
            "constraint": {"type": "enum", "expected": ["plain_text", "mrkdwn"]},
        }
    ]


def test_every_fault_is_told_at_once() -> None:
    blocks = [section(text=mrkdwn(3001)), {"type": "sektion"}, actions()]
    assert [error["pointer"] for error in validate(blocks)] == ["/0/text/text", "/1/type", "/2/elements"]


def test_pointers_start_where_the_blocks_stand() -> None:
    assert validate([{"type": "no"}], at="/view/blocks")[0]["pointer"] == "/view/blocks/0/type"
    assert validate_message({"blocks": [{"type": "no"}]})[0]["pointer"] == "/blocks/0/type"


@pytest.mark.parametrize(
    ("block", "surfaces"),
    [
        (section(), {"message", "modal", "home"}),
        (table(1, 1), {"message", "home"}),
        (chart(1, 1), {"message"}),
        ({"type": "markdown", "text": "# x"}, {"message"}),
        ({"type": "alert", "text": plain(1)}, {"modal"}),
    ],
)
def test_each_surface_takes_its_own_blocks(block: dict[str, Any], surfaces: set[str]) -> None:
    every: list[Literal["message", "modal", "home"]] = ["message", "modal", "home"]
    assert {surface for surface in every if not validate([block], surface)} == surfaces


def test_a_modal_holds_a_hundred_blocks() -> None:
    assert validate([section()] * 100, "modal") == []
    assert as_slack_says(validate([section()] * 101, "home")) == ["no more than 100 items allowed [json-pointer:]"]


def test_actions_of_one_name_may_stand_in_different_blocks() -> None:
    assert validate([actions(button(1)), actions(button(1))]) == []


def test_a_table_too_many_and_too_much_text_have_codes_of_their_own() -> None:
    assert validate([table(1, 1), table(1, 1)])[0]["code"] == "only_one_table_allowed"
    assert validate([section(text=mrkdwn(2900))] * 5)[0]["code"] == "msg_blocks_too_long"


def test_a_table_within_a_container_counts() -> None:
    container = {"type": "container", "title": plain(1), "child_blocks": [table(1, 1)]}
    assert validate([container]) == []
    assert [error["pointer"] for error in validate([container, table(1, 1)])] == ["/1"]


@pytest.mark.parametrize(("update", "most"), [(False, 40_000), (True, 4_000)])
def test_the_text_of_a_message_has_a_limit_for_posts_and_one_for_updates(update: bool, most: int) -> None:
    assert validate_message({"text": "x" * most}, update=update) == []
    assert validate_message({"text": "x" * (most + 1)}, update=update)[0]["code"] == "msg_too_long"


def test_text_counts_wherever_it_stands() -> None:
    assert total_text([section(text=mrkdwn(10)), actions(button(text=plain(7), value="not counted"))]) == 17


EVERY_KIND: list[dict[str, Any]] = [
    {"type": "header", "text": {"type": "plain_text", "text": "Hello", "emoji": True}, "block_id": "h"},
    section(accessory=button(confirm=confirm(style="danger")), fields=[mrkdwn(2), plain(2)], expand=True),
    {"type": "divider"},
    {
        "type": "context",
        "elements": [mrkdwn(3), image(), {"type": "image", "alt_text": "", "slack_file": {"id": "F1"}}],
    },
    actions(
        button(1, style="primary", url="https://x.example", accessibility_label="Open it"),
        {"type": "static_select", "action_id": "s", "placeholder": plain(3), "options": [option()]},
        {"type": "overflow", "action_id": "o", "options": [option(url="https://x.example")]},
        {"type": "users_select", "action_id": "u", "initial_user": "U1"},
        {"type": "datepicker", "action_id": "d", "initial_date": "2026-01-31"},
        {"type": "timepicker", "action_id": "t", "initial_time": "23:59", "timezone": "Europe/Berlin"},
        {"type": "datetimepicker", "action_id": "m", "initial_date_time": 1628633820},
        {"type": "checkboxes", "action_id": "c", "options": [option(text=mrkdwn(3), description=mrkdwn(3))]},
    ),
    {
        "type": "input",
        "label": plain(3),
        "hint": plain(3),
        "optional": True,
        "element": {"type": "plain_text_input", "action_id": "p", "multiline": True, "max_length": 100},
    },
    {
        "type": "rich_text",
        "elements": [
            {
                "type": "rich_text_section",
                "elements": [
                    {"type": "text", "text": "x", "style": {"bold": True, "italic": False}},
                    {"type": "link", "url": "https://x.example", "text": "y"},
                    {"type": "user", "user_id": "U1"},
                    {"type": "emoji", "name": "wave"},
                ],
            },
            {
                "type": "rich_text_list",
                "style": "bullet",
                "indent": 1,
                "elements": [{"type": "rich_text_section", "elements": []}],
            },
        ],
    },
    table(2, 2) | {"column_settings": [{"align": "right", "is_wrapped": True}]},
    chart(2, 3),
    {"type": "markdown", "text": "# Hello"},
    {"type": "context_actions", "elements": [{"type": "icon_button", "icon": "trash", "text": plain(3)}]},
    {"type": "card", "title": mrkdwn(3), "actions": [button()]},
]


def test_one_of_every_kind_is_taken_and_left_as_it_was() -> None:
    before = copy.deepcopy(EVERY_KIND)
    assert validate(EVERY_KIND) == []
    assert before == EVERY_KIND
    json.dumps(validate([{"type": None}, 1, None, []]))
