"""The words of a chart tell what its picture shows."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from bot.charts.making import chart, key_of
from bot.charts.wording import ALT_MOST, TITLE_MOST, alt, title
from bot.core.chart import Group, Point, Trend
from bot.messages.speech import ENGLISH
from tests.charts.specs import ALL, AS_OF, CALLS, FALL, SEATS, WORTH, hostile


def test_a_commit_tells_what_is_used_when_it_runs_out_and_what_is_forecast() -> None:
    assert alt(CALLS, ENGLISH) == (
        "Acme: API calls, used and contracted. 54,600 of 60,000 calls used since 1 Jan 2026, 91 %. "
        "At the present rate it is used up on 27 Oct 2026; with 80 % confidence between 20 Oct 2026 and 5 Nov 2026. "
        "Forecast for 31 Dec 2026: 73,000, with 80 % confidence between 68,000 and 80,000. "
        "One of the points is unknown and drawn as a gap. As of 30 Sep 2026."
    )


def test_seats_tell_where_they_began_and_which_way_they_went() -> None:
    assert alt(SEATS, ENGLISH) == (
        "Acme: Standard seat, used and contracted. 410 of 1,000 seats active in the last 28 days, 41 %. "
        "On 9 Sep 2026 it was 820: down 50 % since. As of 30 Sep 2026."
    )


def test_a_fall_tells_its_ends_its_size_and_since_when() -> None:
    assert alt(FALL, ENGLISH) == (
        "Acme: Standard seat by week. From 400 users a day in the week of 29 Jul 2026 to 264 in the week of "
        "30 Sep 2026. Changed for good since 9 Sep 2026: down 34 %. "
        "One of the points is unknown and drawn as a gap. As of 30 Sep 2026."
    )


def test_a_portfolio_tells_each_segment_and_names_what_lies_far_off() -> None:
    assert alt(WORTH, ENGLISH) == (
        "Contract value per active customer, USD. "
        "Enterprise: USD 150,000 on 31 Jul 2026, USD 180,000 on 30 Sep 2026, up 20 %. "
        "Mid-market: USD 52,000 on 31 Aug 2026, USD 52,000 on 30 Sep 2026, unchanged. Small: unknown. "
        "2 more segments are not shown. 2 values lie far off their segments: "
        "Initech, USD 900,000 on 30 Sep 2026; Globex, USD 120,000 on 31 Aug 2026. As of 30 Sep 2026."
    )


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"run_out": date(2026, 9, 1)}, "All of it was used up on 1 Sep 2026."),
        ({"run_out": date(2027, 2, 1)}, "At the present rate it lasts beyond its end on 31 Dec 2026."),
        ({"earliest": None, "latest": None}, "At the present rate it is used up on 27 Oct 2026."),
        ({"latest": None}, "used up on 27 Oct 2026; with 80 % confidence not before 20 Oct 2026."),
        ({"contracted": None}, "54,600 of unknown calls used since 1 Jan 2026, unknown."),
    ],
)
def test_what_is_not_as_usual_is_said_as_it_is(changed: dict[str, object], said: str) -> None:
    assert said in alt(replace(CALLS, **changed), ENGLISH)  # type: ignore[arg-type]  # of any field


def test_without_a_forecast_none_is_told() -> None:
    told = alt(replace(CALLS, ahead=(), run_out=None), ENGLISH)
    assert "orecast" not in told
    assert "used up" not in told


@pytest.mark.parametrize(
    ("grain", "measure", "said"),
    [
        ("week", "sum", "From 400 users in the week of 29 Jul 2026 to 264 in the week of 30 Sep 2026."),
        ("month", "sum", "From 400 users in the month from 29 Jul 2026 to 264 in the month from 30 Sep 2026."),
        ("month", "mean", "From 400 users a day in the month from 29 Jul 2026 to 264 in the month from 30 Sep 2026."),
    ],
)
def test_a_trend_says_what_its_points_are(grain: str, measure: str, said: str) -> None:
    assert said in alt(replace(FALL, grain=grain, measure=measure), ENGLISH)  # type: ignore[arg-type]  # as listed


def test_a_trend_that_is_none_or_unknown_says_so() -> None:
    assert "No lasting change." in alt(replace(FALL, direction="flat", change=None, size=None), ENGLISH)
    assert "cannot be told" in alt(replace(FALL, direction=None, change=None, size=None), ENGLISH)
    assert "Changed for good since 9 Sep 2026." in alt(replace(FALL, size=None), ENGLISH)


def test_a_trend_of_nothing_known_has_words_too() -> None:
    unknown = Trend(
        account="Acme",
        product="Seat",
        unit="users",
        measure="sum",
        grain="month",
        as_of=AS_OF,
        points=(Point(AS_OF, None),),
    )
    assert alt(unknown, ENGLISH).startswith("Acme: Seat by month. Whether it has changed")


def test_words_are_never_longer_than_slack_takes() -> None:
    many = replace(WORTH, groups=tuple(Group(f"{'Segment ' * 9}{at}", (1.0, 2.0, 3.0)) for at in range(40)))
    assert len(alt(many, ENGLISH)) == ALT_MOST
    for spec in hostile():
        assert len(alt(spec, ENGLISH)) <= ALT_MOST
        assert len(title(spec, ENGLISH)) <= TITLE_MOST
        assert "\x07" not in alt(spec, ENGLISH)
        assert "\u202e" not in alt(spec, ENGLISH)


def test_the_same_figures_have_the_same_key_and_any_other_another() -> None:
    keys = [key_of(spec, "en") for spec in ALL] + [key_of(CALLS, "de"), key_of(replace(CALLS, contracted=1.0), "en")]
    assert len(set(keys)) == len(keys)
    assert chart(replace(CALLS)).key == key_of(CALLS, "en")
