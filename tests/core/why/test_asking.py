"""Why a rule speaks, and what keeps it from speaking: the first thing in the order of judgement."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from bot.core.episode import Outcome, Phase, Reason
from bot.core.episodes import advance
from bot.core.judge import judge_one
from bot.core.rules import parse_rules
from bot.core.verdicts import Hold, HoldBy, Scope, Truth
from bot.core.why.asking import why
from bot.core.why.case import Answer, Case, Held, How, State, Stood, Told, What

if TYPE_CHECKING:
    from bot.core.episode import Episode
    from bot.core.verdicts import Rule, Value

DAY = date(2026, 3, 31)
RULES = parse_rules(
    """\
- name: idle
  kind: churn_risk
  when: licence_utilization < 0.5 AND tenure_days > 60
  clear: licence_utilization >= 0.6
  for: 14d
  repeat: 30d
  to: [owner]
  template: churn_risk
- name: near-limit
  kind: upsell
  when: peak_utilization > 0.9
  to: [owner]
  template: upsell
- name: reminder
  kind: renewal
  when: days_to_deadline BETWEEN 0 AND 200
  countdown: days_to_deadline
  steps: [120, 60]
  to: [owner]
  template: renewal
- name: stale
  kind: operations
  scope: source
  when: failed
  to: ["#cs-ops"]
  template: operations
""",
    "rules.yaml",
)
IDLE, LIMIT, REMINDER, STALE = RULES
LOW: dict[str, Value | date] = {"licence_utilization": 0.4, "tenure_days": 400.0}
FULL: dict[str, Value | date] = {"peak_utilization": 1.0}
BETWEEN = {**LOW, "licence_utilization": 0.55}


def at(day: date) -> datetime:
    return datetime.combine(day, time(5), UTC)


def left(days: int) -> dict[str, Value | date]:
    return {"days_to_deadline": float(days)}


def days_ago(count: int) -> date:
    return DAY - timedelta(days=count)


def lived(rule: Rule, row: dict[str, Value | date], opened: date, spoke: date | None = None) -> Episode:
    """An episode that opened on a day and, where that is given, spoke on another."""
    found = judge_one([rule], rule.scope, "A", row, opened)[0]
    step = advance(None, found, replace(rule, hold=timedelta(0)) if spoke else rule, at(opened))
    assert step.episode is not None
    return replace(step.episode, notified_at=at(spoke)) if spoke else step.episode


def case(row: dict[str, Value | date], *episodes: Episode, **known: Any) -> Case:  # noqa: ANN401  # any field
    told = {episodes[0].episode_id: known.pop("said")} if "said" in known else {}
    return replace(Case("A", Scope.ACCOUNT, DAY, row, None, episodes, {}, told), **known)


def answer(rule: Rule, asked: Case) -> Answer:
    (found,) = why(asked, RULES, rule.name)
    return found


def held(rule: Rule, asked: Case) -> Held | None:
    return answer(rule, asked).held_by


def told(how: How, transition: str = "fired", to: str = "Ada", detail: str = "") -> Told:
    return Told(transition, to, how, at(DAY), detail)


def stood(rule: Rule, reason: Reason, detail: str = "") -> dict[str, dict[str, Stood]]:
    return {"stood": {rule.name: Stood(reason, detail)}}


FIRING = lived(IDLE, LOW, days_ago(20), spoke=days_ago(6))
PENDING = lived(IDLE, LOW, days_ago(4))
CLAIMED = replace(FIRING, phase=Phase.CLAIMED, claimed_by="U1", claimed_at=at(DAY))
SNOOZED = replace(
    FIRING, phase=Phase.SNOOZED, snoozed_until=date(2026, 4, 9), snoozed_by="U1", snooze_reason="talks go on"
)
CLOSED = replace(FIRING, phase=Phase.CLOSED, outcome=Outcome.FALSE_ALARM, closed_by="U1", closed_at=at(DAY))
ENDED = replace(FIRING, phase=Phase.RESOLVED, resolved_at=at(days_ago(1)))

# a rule, what is known, the state, and what holds it
CASES = [
    # the condition comes first: without it there is nothing to hold back
    ("quiet", IDLE, case({**LOW, "licence_utilization": 0.7}), State.QUIET, What.CONDITION, None),
    ("unknown", IDLE, case({"tenure_days": 400.0}), State.UNKNOWN, What.CONDITION, None),
    ("ended", IDLE, case({**LOW, "licence_utilization": 0.7}, ENDED), State.QUIET, What.CONDITION, None),
    ("between", IDLE, case(BETWEEN, FIRING), State.FIRING, What.CONDITION, None),
    # guards and inhibition
    ("guard", IDLE, case(LOW, PENDING, **stood(IDLE, Reason.HELD, "usage is stale")), State.PENDING, What.GUARD, None),
    ("inhibited", LIMIT, case(FULL, **stood(LIMIT, Reason.INHIBITED)), State.PENDING,
     What.INHIBITION, None),
    ("guard of what fires", IDLE, case(LOW, FIRING, **stood(IDLE, Reason.HELD)), State.FIRING, What.GUARD, None),
    # `for`, and the steps of a countdown
    ("too short", IDLE, case(LOW, PENDING), State.PENDING, What.FOR, days_ago(-10)),
    ("too early", REMINDER, case(left(130), lived(REMINDER, left(131), days_ago(1))),
     State.PENDING, What.STEP, days_ago(-10)),
    ("new tonight", LIMIT, case(FULL), State.PENDING, What.NIGHT, None),
    ("ended today", LIMIT, case(FULL, **stood(LIMIT, Reason.ENDED)), State.PENDING, What.NIGHT,
     days_ago(-1)),
    # what people did with it
    ("snoozed", IDLE, case(LOW, SNOOZED), State.SNOOZED, What.SNOOZE, date(2026, 4, 9)),
    ("closed", IDLE, case(LOW, CLOSED), State.CLOSED, What.CLOSED, None),
    ("claimed", IDLE, case(LOW, CLAIMED), State.CLAIMED, What.CLAIMED, None),
    # what was said last, and did not come through
    ("digest", IDLE, case(LOW, FIRING, said=(told(How.DIGESTED),)), State.FIRING, What.BUDGET, None),
    ("deferred", IDLE, case(LOW, FIRING, said=(told(How.DEFERRED),)), State.FIRING, What.QUIET_HOURS, None),
    ("refused", IDLE, case(LOW, FIRING, said=(told(How.FAILED),)), State.FIRING, What.DELIVERY, None),
    # said, and the repeat interval has not passed
    ("said", IDLE, case(LOW, FIRING), State.FIRING, What.REPEAT, days_ago(6) + timedelta(days=30)),
    ("said once", LIMIT, case(FULL, lived(LIMIT, FULL, days_ago(3), days_ago(3))),
     State.FIRING, What.REPEAT, None),
    ("next step", REMINDER, case(left(80), lived(REMINDER, left(100), days_ago(20), days_ago(20))),
     State.FIRING, What.STEP, days_ago(-20)),
    ("last step", REMINDER, case(left(30), lived(REMINDER, left(50), days_ago(20), days_ago(20))),
     State.FIRING, What.REPEAT, None),
    # it spoke last night
    ("spoke", IDLE, case(LOW, FIRING, **stood(IDLE, Reason.REPEATED)), State.FIRING, None, None),
]  # fmt: skip


@pytest.mark.parametrize(
    ("rule", "asked", "state", "what", "until"), [one[1:] for one in CASES], ids=[one[0] for one in CASES]
)
def test_the_first_thing_that_holds_a_rule_is_named(
    rule: Rule, asked: Case, state: State, what: What | None, until: date | None
) -> None:
    found = answer(rule, asked)
    assert found.state is state
    assert (found.held_by.what if found.held_by else None) is what
    assert (found.held_by.until if found.held_by else None) == until


def test_what_holds_is_told_with_its_figures() -> None:
    assert held(IDLE, case(LOW, PENDING)) == Held(What.FOR, "day 4 of 14", days_ago(-10))
    assert held(IDLE, case(LOW, SNOOZED)) == Held(
        What.SNOOZE, "snoozed until 2026-04-09 by U1: talks go on", date(2026, 4, 9)
    )
    assert held(IDLE, case(LOW, CLOSED)) == Held(What.CLOSED, "closed as false alarm by U1")
    stale = stood(IDLE, Reason.HELD, "usage is complete to 2 March only")
    assert held(IDLE, case(LOW, PENDING, **stale)) == Held(What.GUARD, "usage is complete to 2 March only")


def test_a_guard_goes_before_for_and_for_before_what_comes_after_it() -> None:
    both = case(LOW, PENDING, **stood(IDLE, Reason.HELD, "stale"))
    assert held(IDLE, both) == Held(What.GUARD, "stale")
    # what does not hold is not held back by anything else
    assert held(IDLE, replace(both, row={**LOW, "tenure_days": 1.0})) == Held(What.CONDITION, "it does not hold")


def test_a_rule_in_shadow_mode_says_so_before_anything_of_repeats() -> None:
    shadow = parse_rules(
        "- {name: quiet, kind: upsell, when: nps > 1, to: [owner], template: upsell, mode: shadow}", "rules.yaml"
    )
    unheard = replace(lived(shadow[0], {"nps": 9.0}, days_ago(3), days_ago(3)), announced=False)
    (found,) = why(case({"nps": 9.0}, unheard), shadow)
    assert found.held_by == Held(What.SHADOW, "the rule is in shadow mode: recorded, not sent")
    live = (replace(shadow[0], mode=IDLE.mode),)
    (found,) = why(case({"nps": 9.0}, unheard), live)
    assert found.held_by == Held(What.NIGHT, "the rule is live now; the next night says it")


def test_a_digest_holds_nothing_back_where_a_channel_heard_it() -> None:
    both = case(LOW, FIRING, said=(told(How.DIGESTED), told(How.SENT, to="#cs-risk")))
    assert answer(IDLE, both).told[0].how is How.DIGESTED
    found = held(IDLE, both)
    assert found is not None
    assert found.what is What.REPEAT


def test_only_what_was_said_last_counts() -> None:
    later = case(LOW, FIRING, said=(told(How.FAILED), told(How.SENT, "repeat-2026-03-31")))
    found = held(IDLE, later)
    assert found is not None
    assert found.what is What.REPEAT


def test_what_fires_comes_first_then_what_is_held_back_then_what_is_near() -> None:
    row: dict[str, Value | date] = {**LOW, "peak_utilization": 0.85, "days_to_deadline": 150.0}
    waiting = lived(REMINDER, left(160), days_ago(10))
    order = [found.rule.name for found in why(case(row, FIRING, waiting), RULES)]
    assert order == ["idle", "reminder", "near-limit"]
    row = {"licence_utilization": 0.9, "tenure_days": 400.0, "peak_utilization": 0.89, "days_to_deadline": None}
    assert [found.rule.name for found in why(case(row), RULES)] == ["near-limit", "idle", "reminder"]


def test_one_rule_is_told_with_what_would_clear_it() -> None:
    found = answer(IDLE, case(LOW, FIRING))
    assert [(item.text, item.truth) for item in found.clear] == [("licence_utilization >= 0.6", Truth.FALSE)]
    assert [item.text for item in found.finding.evidence] == ["licence_utilization < 0.5", "tenure_days > 60"]
    assert why(case(LOW, FIRING), RULES)[0].clear == ()


def test_what_was_before_stands_beside_what_is_now() -> None:
    before = (days_ago(28), {"licence_utilization": 0.52, "tenure_days": None})
    idle, tenure = answer(IDLE, case(LOW, before=before)).finding.evidence
    assert (idle.values, idle.before, idle.before_on) == (
        (("licence_utilization", 0.4),), (("licence_utilization", 0.52),), days_ago(28)
    )  # fmt: skip
    assert (tenure.before, tenure.before_on) == ((), None)


def test_rules_about_something_else_say_nothing() -> None:
    assert why(case(LOW), RULES, "stale") == ()
    assert why(case(LOW), RULES, "nobody") == ()
    source = replace(case({"failed": True}), subject="crm", scope=Scope.SOURCE)
    assert [found.rule.name for found in why(source, RULES)] == ["stale"]


def test_the_episode_is_the_open_one_else_the_last_that_fired() -> None:
    silent = replace(PENDING, phase=Phase.RESOLVED, resolved_at=at(DAY))
    assert answer(IDLE, case(BETWEEN, silent, ENDED)).episode == ENDED
    assert answer(IDLE, case(LOW, FIRING, ENDED)).episode == FIRING
    assert answer(IDLE, case(BETWEEN, silent)).episode is None


@pytest.mark.parametrize("hold", [None, Hold(HoldBy.SOURCE, "stale"), Hold(HoldBy.INHIBITED, "churn is open")])
@pytest.mark.parametrize("day", range(20))
def test_what_a_night_decided_and_what_why_says_of_it_agree(day: int, hold: Hold | None) -> None:
    """Judge a stretch of days as the nights do, and ask after each: silence has a reason, speech has none."""
    episode = None
    for offset in range(day + 1):
        today = DAY + timedelta(days=offset)
        found = judge_one([IDLE], Scope.ACCOUNT, "A", LOW, today)[0]
        step = advance(episode, found, IDLE, at(today), hold)
        episode = step.episode
    assert episode is not None
    asked = replace(case(LOW, episode, **stood(IDLE, step.reason, step.detail)), as_of=today)
    assert (held(IDLE, asked) is None) is step.notify
