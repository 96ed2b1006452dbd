"""Episodes over several days of findings: what is stored, what is said, and what ends because its ground is gone."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING

import pyarrow as pa

from bot.core.episodes import Phase
from bot.facts.engine import Analysis, Unattributed
from bot.watch import GONE, NO_RULE, Watch
from tests.nights import DAY, STALE, UNHAPPY, rules_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.core.episodes import Episode

RULES = rules_of(UNHAPPY + STALE)
PATIENT = rules_of(UNHAPPY.replace("  repeat", "  for: 2d\n  repeat"))


def analysis(nps: Mapping[str, float | None], failed: Mapping[str, bool] | None = None) -> Analysis:
    """Accounts with what they think, and sources with whether they failed."""
    accounts = pa.table(
        {"subject": pa.array(list(nps), pa.string()), "nps": pa.array(list(nps.values()), pa.float64())}
    )
    told = failed or {}
    sources = pa.table(
        {
            "subject": pa.array(list(told), pa.string()),
            "failed": pa.array(list(told.values()), pa.bool_()),
            "age_days": pa.array([0] * len(told), pa.int64()),
            "stale_after_days": pa.array([2.0] * len(told), pa.float64()),
        }
    )
    return Analysis(DAY, accounts, pa.table({}), sources, Unattributed((), (), (), pa.table({}), ()), ())


def at(day: date) -> datetime:
    return datetime.combine(day, time(5), UTC)


def judged(watch: Watch, *nights: Analysis, first: date = DAY) -> Watch:
    for number, each in enumerate(nights):
        day = first + timedelta(days=number)
        watch.judge(each, day, at(day), sources_too=number == len(nights) - 1)
    watch.conclude(nights[-1], at(first + timedelta(days=len(nights) - 1)))
    return watch


def open_after(watch: Watch) -> dict[tuple[str, str], Episode]:
    return {(one.rule, one.subject): one for one in watch.changed() if one.phase is not Phase.RESOLVED}


def said(watch: Watch) -> list[tuple[str, str]]:
    return [(step.episode.subject, step.transition) for step in watch.to_say() if step.episode]


def test_an_episode_that_opens_and_fires_within_the_days_is_stored_once_in_its_last_state() -> None:
    watch = judged(Watch(PATIENT, {}), *[analysis({"acme": 3.0})] * 3)
    (episode,) = watch.changed()
    assert (episode.phase, episode.opened_on, episode.fired_at) == (Phase.FIRING, DAY, at(DAY + timedelta(days=2)))
    assert said(watch) == [("acme", "fired")]
    assert watch.open_count() == 1


def test_what_does_not_hold_leaves_nothing() -> None:
    watch = judged(Watch(RULES, {}), analysis({"acme": 9.0, "bolt": None}))
    assert (watch.changed(), watch.to_say(), watch.audit(at(DAY)), watch.open_count()) == ((), (), (), 0)


def test_sources_are_judged_on_the_last_day_only() -> None:
    failing = analysis({"acme": 9.0}, {"crm": True})
    watch = judged(Watch(RULES, {}), failing, failing)
    (episode,) = watch.changed()
    assert (episode.rule, episode.subject, episode.opened_on) == ("source-stale", "crm", DAY + timedelta(days=1))


def test_each_step_that_had_something_to_say_is_audited_even_where_people_hear_of_the_last_alone() -> None:
    rule = rules_of(UNHAPPY.replace("repeat: 30d", "repeat: 1d"))
    watch = judged(Watch(rule, {}), *[analysis({"acme": 3.0})] * 3)
    assert [line.verb for line in watch.audit(at(DAY))] == ["fired", "repeat-2026-03-03", "repeat-2026-03-04"]
    assert said(watch) == [("acme", "fired")]


def test_an_episode_of_a_rule_that_is_gone_ends() -> None:
    known = open_after(judged(Watch(RULES, {}), analysis({"acme": 3.0})))
    watch = judged(Watch([], known), analysis({"acme": 3.0}), first=DAY + timedelta(days=1))
    (episode,) = watch.changed()
    assert (episode.phase, episode.resolved_at) == (Phase.RESOLVED, at(DAY + timedelta(days=1)))
    (step,) = watch.to_say()
    assert (step.transition, step.detail, watch.rule("unhappy"), watch.finding(episode)) == (
        "resolved",
        NO_RULE,
        None,
        None,
    )


def test_an_episode_nobody_heard_of_ends_with_its_rule_in_silence() -> None:
    known = open_after(judged(Watch(PATIENT, {}), analysis({"acme": 3.0})))
    assert [one.phase for one in known.values()] == [Phase.PENDING]
    watch = judged(Watch([], known), analysis({"acme": 3.0}), first=DAY + timedelta(days=1))
    assert [one.phase for one in watch.changed()] == [Phase.RESOLVED]
    assert (watch.to_say(), watch.audit(at(DAY))) == ((), ())


def test_an_episode_of_an_account_that_is_gone_ends() -> None:
    known = open_after(judged(Watch(RULES, {}), analysis({"acme": 3.0, "bolt": 3.0})))
    watch = judged(Watch(RULES, known), analysis({"bolt": 3.0}), first=DAY + timedelta(days=1))
    (step,) = watch.to_say()
    assert step.episode is not None
    assert (step.episode.subject, step.detail) == ("acme", GONE[RULES[0].scope])
    assert watch.open_count() == 1


def test_no_accounts_at_all_are_a_crm_that_said_nothing() -> None:
    known = open_after(judged(Watch(RULES, {}), analysis({"acme": 3.0})))
    watch = judged(Watch(RULES, known), analysis({}), first=DAY + timedelta(days=1))
    assert (watch.changed(), watch.open_count()) == ((), 1)


def test_an_account_that_was_missing_on_a_day_that_is_made_up_for_is_not_gone() -> None:
    known = open_after(judged(Watch(RULES, {}), analysis({"acme": 3.0, "bolt": 9.0})))
    nights = analysis({"bolt": 9.0}), analysis({"acme": 3.0, "bolt": 9.0})
    watch = judged(Watch(RULES, known), *nights, first=DAY + timedelta(days=1))
    assert (said(watch), watch.open_count()) == ([], 1)


def test_an_episode_of_a_source_that_is_gone_ends() -> None:
    known = open_after(judged(Watch(RULES, {}), analysis({"acme": 9.0}, {"crm": False, "old": True})))
    watch = judged(Watch(RULES, known), analysis({"acme": 9.0}, {"crm": False}), first=DAY + timedelta(days=1))
    assert said(watch) == [("old", "resolved")]
