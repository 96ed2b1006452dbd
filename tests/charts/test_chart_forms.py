"""A chart in every form of a message: for Slack, for a terminal, for a page, and in the outbox."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from rich.console import Console

from bot.charts.making import chart
from bot.core.chart import Group, Point, Spec
from bot.messages.blocks import to_blocks, to_text
from bot.messages.cards import card
from bot.messages.charts import sparkline
from bot.messages.limits import validate
from bot.messages.message import MESSAGE, Headline, Message
from bot.messages.page import page
from tests.charts.specs import ALL, CALLS, FALL, SEATS, WORTH, hostile

EMPTY = replace(WORTH, groups=(Group("Small", (None, None, None)),), outliers=(), more=0)
EVERY = [*ALL, *hostile(), EMPTY, replace(CALLS, contracted=None, ahead=()), replace(SEATS, contracted=0.0)]
SHOWN: list[dict[str, object]] = [{}, {"file": "F0123456789"}, {"native": True}]


def said(spec: Spec, **shown: object) -> Message:
    return Message("upsell", "Acme", (Headline("Acme"), replace(chart(spec), **shown)))  # type: ignore[arg-type]  # of any field


@pytest.mark.parametrize("shown", SHOWN, ids=["words", "picture", "native"])
@pytest.mark.parametrize("spec", EVERY, ids=lambda spec: spec.form)
def test_slack_takes_every_chart_in_every_form(spec: Spec, shown: dict[str, object]) -> None:
    assert validate(to_blocks(said(spec, **shown))) == []


def test_words_stand_for_a_picture_that_is_not_there_and_can_neither_ping_nor_format() -> None:
    (_, note) = to_blocks(said(hostile()[0]))
    (words,) = note["elements"]
    assert (note["type"], words["type"], words["verbatim"]) == ("context", "mrkdwn", True)
    assert "&lt;!channel&gt;" in words["text"]
    assert "*" not in words["text"]
    assert to_blocks(said(CALLS))[1]["elements"][0]["text"] == chart(CALLS).alt


def test_an_image_has_its_file_its_title_and_its_words() -> None:
    assert to_blocks(said(CALLS, file="F0123456789"))[1] == {
        "type": "image",
        "slack_file": {"id": "F0123456789"},
        "alt_text": chart(CALLS).alt,
        "title": {"type": "plain_text", "text": "Acme: API calls, used and contracted", "emoji": True},
    }


def test_slack_draws_what_is_known_and_no_zero_for_what_is_not() -> None:
    (_, drawn, words) = to_blocks(said(CALLS, native=True))
    assert (drawn["type"], drawn["chart"]["type"], words["type"]) == ("data_visualization", "line", "context")
    used, forecast, contracted = drawn["chart"]["series"]
    assert [point["value"] for point in used["data"]] == [0.0, 10_000.0, 20_000.0, 40_000.0, 54_600.0]
    assert [point["label"] for point in forecast["data"]] == ["2026-11-15", "2026-12-31"]
    assert {point["value"] for point in contracted["data"]} == {60_000.0}
    assert drawn["chart"]["axis_config"]["categories"][0] == used["data"][0]["label"]


def test_slack_is_given_at_most_twenty_points_the_first_and_the_last_among_them() -> None:
    points = tuple(Point(date(2025, 1, 1) + timedelta(weeks=at), float(at)) for at in range(53))
    series = to_blocks(said(replace(FALL, points=points), native=True))[1]["chart"]["series"]
    values = [point["value"] for point in series[0]["data"]]
    assert (len(values), values[0], values[-1]) == (20, 0.0, 52.0)


def test_nothing_known_is_told_in_words_and_drawn_by_nobody() -> None:
    assert [block["type"] for block in to_blocks(said(EMPTY, native=True))] == ["header", "context"]


def test_a_terminal_shows_bars_with_dots_for_gaps_and_the_place_of_a_change() -> None:
    assert sparkline(SEATS) == ("▇▅▅▄",)
    assert sparkline(CALLS) == ("▁▂▃·▆▇",)
    assert sparkline(FALL) == ("██·███▅▅▅▆", "      ↑")
    assert sparkline(WORTH) == ("▇▇█  Enterprise", "·▃▃  Mid-market", "···  Small")
    console = Console(width=100, record=True, force_terminal=False)
    console.print(card(said(CALLS)))
    shown = console.export_text()
    assert "▁▂▃·▆▇" in shown
    assert "54,600 of 60,000 calls" in shown


def test_plain_text_has_the_words_and_the_bars() -> None:
    assert to_text(said(SEATS)) == f"Acme\n{chart(SEATS).alt}\n▇▅▅▄"


def test_a_page_holds_the_picture_itself_with_its_words_or_the_bars() -> None:
    shown = page([("#cs", said(CALLS))], draw=lambda _: b"png")
    assert '<img src="data:image/png;base64,cG5n"' in shown
    assert f'alt="{chart(CALLS).alt}"' in shown
    assert "▁▂▃·▆▇" not in shown
    assert "<pre>▁▂▃·▆▇</pre>" in page([("#cs", said(CALLS))])
    assert "<!channel>" not in page([("#cs", said(hostile()[0]))], draw=lambda _: b"png")


@pytest.mark.parametrize("spec", EVERY, ids=lambda spec: spec.form)
def test_a_chart_comes_back_from_the_outbox_as_it_went_in(spec: Spec) -> None:
    message = said(spec)
    assert MESSAGE.validate_json(MESSAGE.dump_json(message)) == message
