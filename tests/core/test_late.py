"""Alerts that late data undo: timelines of what was found, and what is found of the same days now."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.course import Judged
from bot.core.episodes import Phase, Reason, advance
from bot.core.late import first_changes, suspects, undone
from bot.core.rules import parse_rules
from bot.core.verdicts import Finding, Truth

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.core.episodes import Episode
    from bot.core.late import Suspect, Undone
    from bot.core.verdicts import Rule

FIRST = date(2026, 3, 1)
TRUTHS = {"T": Truth.TRUE, "F": Truth.FALSE, "?": Truth.UNKNOWN}


def rule(hold: int = 0, when: str = "licence_utilization < 0.5") -> Rule:
    text = f"""\
- name: low
  kind: churn_risk
  when: {when}
  clear: licence_utilization > 0.9
  for: {hold}d
  to: [owner]
  template: churn_risk
"""
    (one,) = parse_rules(text, "rules.yaml")
    return one


def at(day: date) -> datetime:
    return datetime.combine(day, time(5), UTC)


def found(days: str, first: date = FIRST) -> list[Judged]:
    """A finding for each letter: T holds, F does not (and is not clear), ? is unknown, - is no night."""
    return [
        Judged(0, Finding("low", "acme", day, TRUTHS[letter], Truth.FALSE, "medium", None, None, ()), at(day))
        for place, letter in enumerate(days)
        for day in [first + timedelta(days=place)]
        if letter != "-"
    ]


def after(days: str, one: Rule) -> Episode:
    episode = None
    for judged in found(days):
        episode = advance(episode, judged.finding, one, judged.now).episode
    assert episode is not None
    return episode


def suspect(days: str, changed: int, one: Rule) -> tuple[Suspect, ...]:
    return suspects(
        [after(days, one)], {"low": one}, {"acme": FIRST + timedelta(days=changed)},
        FIRST + timedelta(days=len(days)), lambda moment: moment.date(),
    )  # fmt: skip


def decided(then: str, now: str, hold: int = 0, changed: int = 0) -> Undone | None:
    """`then`: what the nights found; `now`: what is found of the same days, and of tonight with its last letter."""
    one = rule(hold)
    (found_one,) = suspect(then, changed, one)
    judged = [item for item in found(now) if item.finding.as_of >= found_one.since]
    return undone(found_one, judged[:-1], judged[-1:], one, at(FIRST + timedelta(days=len(then))))


@pytest.mark.parametrize(
    ("then", "now", "hold", "changed", "expected"),
    [
        # it fired today by a half-delivered day: gone, though `clear` does not hold
        ("T", "FF", 0, 0, "undone"),
        # with the new data it holds as well
        ("T", "TF", 0, 0, "stands"),
        # it did not hold then, and does tonight: people have the right alert
        ("T", "FT", 0, 0, "stands"),
        # unknown undoes nothing
        ("T", "?F", 0, 0, "stands"),
        # held for three days, one of which was wrong: it has held for one day only
        ("TTTT", "TFTTT", 3, 1, "undone, pending since 2"),
        ("TTTT", "TFFFF", 3, 1, "undone"),
        # it was wrong then, and has held for long enough since
        ("TTTT-", "FTTTTT", 3, 0, "stands"),
        # the day itself is judged again
        ("T", "F", 0, 0, "undone"),
        # what changed after it fired undoes nothing
        ("TT", "TFF", 0, 1, "no suspect"),
    ],
)
def test_an_alert_is_undone_where_it_would_not_have_fired(
    then: str, now: str, hold: int, changed: int, expected: str
) -> None:
    if expected == "no suspect":
        assert suspect(then, changed, rule(hold)) == ()
        return
    what = decided(then, now, hold, changed)
    if expected == "stands":
        assert what is None
        return
    assert what is not None
    since = "" if what.pending is None else f", pending since {(what.pending.opened_on - FIRST).days}"
    assert f"undone{since}" == expected
    assert what.step.episode is not None
    assert (what.step.reason, what.step.notify, what.step.episode.phase) == (Reason.LATE, True, Phase.RESOLVED)
    assert what.step.detail.startswith("data arrived late")


@pytest.mark.parametrize(
    ("changes", "count"),
    [
        ({}, 1),
        ({"phase": Phase.CLAIMED}, 1),
        ({"phase": Phase.SNOOZED, "snoozed_until": FIRST + timedelta(days=9)}, 1),
        ({"phase": Phase.CLOSED}, 0),  # somebody has said what became of it
        ({"phase": Phase.PENDING, "fired_at": None}, 0),
        ({"snoozed_until": FIRST}, 0),  # woke: it fired long before
        ({"subject": "bolt"}, 0),  # nothing of it has changed
        ({"rule": "gone"}, 0),
    ],
)
def test_only_what_stands_and_rests_on_what_has_changed_is_a_suspect(changes: Mapping[str, object], count: int) -> None:
    one = rule()
    episode = replace(after("T", one), **changes)  # type: ignore[arg-type]  # any of its fields
    assert len(suspects([episode], {"low": one}, {"acme": FIRST}, FIRST, lambda moment: moment.date())) == count


def test_a_rule_that_does_not_rest_on_usage_has_no_suspects() -> None:
    reminder = replace(rule(), when="days_to_renewal < 30", clear="days_to_renewal > 30")
    assert suspects([after("T", rule())], {"low": reminder}, {"acme": FIRST}, FIRST, lambda moment: moment.date()) == ()


def test_what_fired_more_than_a_week_ago_is_left_alone() -> None:
    one = rule()
    asked = [
        suspects([after("T", one)], {"low": one}, {"acme": FIRST}, FIRST + timedelta(days=ago), lambda t: t.date())
        for ago in (7, 8)
    ]
    assert [len(some) for some in asked] == [1, 0]


def test_the_day_for_which_a_claimed_alert_fired_is_the_day_of_that_moment() -> None:
    one = rule()
    claimed = replace(after("T", one), phase=Phase.CLAIMED, notified_at=at(FIRST + timedelta(days=2)))
    (found_one,) = suspects([claimed], {"low": one}, {"acme": FIRST}, FIRST, lambda moment: moment.date())
    assert (found_one.fired_on, found_one.since) == (FIRST, FIRST)


def test_an_account_has_changed_on_the_first_day_on_which_any_of_its_customers_has() -> None:
    def table(*rows: tuple[object, ...], names: tuple[str, ...]) -> pa.Table:
        return pa.Table.from_pylist([dict(zip(names, row, strict=True)) for row in rows])

    changed = table(
        ("eu", "a-1", FIRST + timedelta(days=1)),
        ("eu", "a-2", FIRST),
        ("us", None, FIRST + timedelta(days=3)),
        names=("source", "customer", "day"),
    )
    attributed = table(
        ("eu", "a-1", "acme"), ("eu", "a-2", "acme"), ("us", "a-1", "bolt"), ("us", None, "corp"), ("eu", "d", "dorn"),
        names=("source", "customer", "account_id"),
    )  # fmt: skip
    assert first_changes(changed, attributed) == {
        "acme": FIRST,
        "bolt": FIRST + timedelta(days=3),
        "corp": FIRST + timedelta(days=3),
    }


@settings(deadline=None)  # a busy machine is no fault
@given(st.text("TF?", min_size=1, max_size=6), st.integers(0, 3), st.integers(0, 5), st.sampled_from("TF?"))
def test_days_that_are_found_as_they_were_undo_nothing(days: str, hold: int, changed: int, tonight: str) -> None:
    one = rule(hold)
    episode = None
    for judged in found(days):
        episode = advance(episode, judged.finding, one, judged.now).episode
    if episode is None or episode.phase is not Phase.FIRING:
        return
    for each in suspects(
        [episode],
        {"low": one},
        {"acme": FIRST + timedelta(days=changed)},
        FIRST + timedelta(days=6),
        lambda t: t.date(),
    ):
        judged_days = [item for item in found(days + tonight) if item.finding.as_of >= each.since]
        assert undone(each, judged_days[:-1], judged_days[-1:], one, at(FIRST)) is None
