"""In which order guards hold, and that nothing of what they hold is lost or said twice."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.course import Course, Judged
from bot.core.guarding.doubts import doubts_of
from bot.core.guarding.falls import Crowd
from bot.core.guarding.lines import Risk, Risks
from bot.core.guarding.rules import changes, follows_the_trend, rests_on
from bot.core.guarding.surge import Surge
from bot.core.guards import holds
from bot.core.verdicts import Finding, Hold, HoldBy, Truth
from connectors.schema import Table
from tests.core.guarding.making import (
    DAY,
    DROP,
    FALLING,
    FULL,
    REMINDER,
    SLOWER,
    STALE,
    UNDERUSE,
    analysis,
    at,
    rule,
    ruled,
    rules_of,
    source,
)

if TYPE_CHECKING:
    from bot.core.episode import Episode

ROW = {"peak_line": "Suite", "trend_line": "Suite"}


def test_the_first_guard_that_has_something_against_a_finding_holds_it() -> None:
    rules = rules_of(FALLING + FULL + REMINDER + STALE + DROP)
    night = analysis({"acme": ROW, "bolt": ROW}, [source(age_days=9)], [("acme", "usage", "usage")])
    doubts = doubts_of(night.sources, night.concerns, {"acme", "bolt"}, {"acme", "bolt"})
    crowd = Crowd(frozenset({"acme", "bolt"}), frozenset({DAY}), over=True)
    surge = Surge(crowd, {("falling", "acme"): DAY, ("falling", "bolt"): DAY}, night.accounts)
    risks = Risks([Risk(rule(FALLING), one) for one in ("acme", "bolt")], {"acme", "bolt"}, night.accounts, night.lines)
    keys = [(name, subject) for name in rules for subject in ("acme", "bolt")]
    found = {key: hold.by for key, hold in holds(keys, rules, doubts, surge, risks).items()}
    assert found == {
        ("falling", "acme"): HoldBy.SOURCE,
        ("falling", "bolt"): HoldBy.FLEET,
        ("full", "acme"): HoldBy.SOURCE,
        ("full", "bolt"): HoldBy.INHIBITED,
    }
    assert holds(keys, rules, doubts).keys() == {("falling", "acme"), ("full", "acme")}


def test_a_rule_rests_on_what_decides_when_it_begins_and_ends() -> None:
    assert rests_on(rule(REMINDER)) == {Table.LINES}
    assert rests_on(rule(UNDERUSE)) == {Table.ACCOUNTS, Table.LINES, Table.USAGE}
    assert rests_on(ruled("nps < 0")) == {Table.ACCOUNTS}
    clear = "- {name: r, kind: churn_risk, when: nps < 0, clear: active_lines = 0, to: [owner], template: churn_risk}\n"
    assert rests_on(rule(clear)) == {Table.ACCOUNTS, Table.LINES}
    assert rests_on(rule(STALE)) == rests_on(rule(DROP)) == frozenset()


def test_a_churn_rule_that_names_a_change_is_about_a_fall() -> None:
    assert changes(rule(FALLING)) == ("trend_size",)
    assert changes(rule(SLOWER)) == ("usage_change_month",)
    assert changes(rule(UNDERUSE)) == ()
    assert changes(ruled("trend_size > 0.3", kind="upsell")) == ()
    assert [follows_the_trend(rule(text)) for text in (FALLING, SLOWER)] == [True, False]


HOLDS = st.sampled_from([None, *HoldBy])
TRUTHS = st.sampled_from(list(Truth))
REPEATS = st.sampled_from([1, 3, 30])


def _finding(holds_: Truth, day: date) -> Finding:
    clears = Truth.TRUE if holds_ is Truth.FALSE else Truth.FALSE
    return Finding("falling", "acme", day, holds_, clears, "high", None, None, ())


def _live(days: list[tuple[Truth, HoldBy | None]], wanted: int, repeat: int) -> list[list[str]]:
    """The transitions that each night says of one account, one night a day."""
    text = FALLING.replace("30d", f"{repeat}d").replace("  at_stake", f"  for: {wanted}d\n  at_stake")
    rules = rules_of(text)
    opened: dict[tuple[str, str], Episode] = {}
    heard = []
    for number, (truth, by) in enumerate(days):
        day = DAY + timedelta(days=number)
        course = Course(rules, opened)
        held = {("falling", "acme"): Hold(by, "held")} if by is not None else {}
        course.take([Judged(0, _finding(truth, day), at(day))], held)
        opened = course.open
        heard.append([step.transition for step in course.steps() if step.notify])
    return heard


@settings(deadline=None)
@given(st.lists(HOLDS, min_size=1, max_size=12), st.integers(0, 4))
def test_whatever_held_it_an_alert_that_goes_on_is_said_exactly_once_when_nothing_holds_it(
    holds_: list[HoldBy | None], wanted: int
) -> None:
    nights = [(Truth.TRUE, by) for by in holds_] + [(Truth.TRUE, None)] * (wanted + 1)
    said = _live(nights, wanted, 30)
    free = [number for number, (_, by) in enumerate(nights) if by is None and number >= wanted]
    assert [number for number, one in enumerate(said) if "fired" in one] == free[:1]
    assert sum(map(len, said)) == 1


@settings(deadline=None)
@given(st.lists(st.tuples(TRUTHS, HOLDS), min_size=1, max_size=14), st.integers(0, 3), REPEATS)
def test_a_night_that_is_held_says_nothing_but_the_end_of_what_was_heard(
    nights: list[tuple[Truth, HoldBy | None]], wanted: int, repeat: int
) -> None:
    said = _live(nights, wanted, repeat)
    for (_, by), one in zip(nights, said, strict=True):
        assert one in ([], ["resolved"]) or by is None
        assert one == [] or by is not HoldBy.SOURCE
    told = [one for night in said for one in night]
    # Nothing ends that was not begun, and nothing begins twice before it ended.
    edges = [one for one in told if one in {"fired", "resolved"}]
    assert edges == (["fired", "resolved"] * len(edges))[: len(edges)]


@settings(deadline=None)
@given(st.lists(st.tuples(TRUTHS, HOLDS), min_size=1, max_size=14), st.integers(0, 3))
def test_what_holds_at_the_end_without_a_guard_has_been_heard_of(
    nights: list[tuple[Truth, HoldBy | None]], wanted: int
) -> None:
    said = _live([*nights, *[(Truth.TRUE, None)] * (wanted + 1)], wanted, 30)
    told = [one for night in said for one in night if one in {"fired", "resolved"}]
    assert told[-1] == "fired"
    assert told == ["fired", "resolved"] * (len(told) // 2) + ["fired"]
