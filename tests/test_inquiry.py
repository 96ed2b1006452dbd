"""Why, asked of a real store: what was said where is gathered from outbox and audit."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from bot.core.episode import Phase
from bot.core.rules import parse_rules
from bot.core.why.case import How, State, What
from bot.inquiry import Inquiry
from bot.state.rows import Audit, Run, Sent, Standing
from bot.state.store import open_store
from tests.nights import new_state
from tests.state.samples import ACME, DANA, LEASE, START, Clock, episode, judgement, notice

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from bot.core.why.case import Answer, Told
    from bot.state.store import Store

RULES = parse_rules(
    """\
- name: licence-underuse
  kind: churn_risk
  when: licence_utilization < 0.5
  clear: licence_utilization >= 0.6
  repeat: 30d
  to: [owner]
  template: churn_risk
- {name: near-limit, kind: upsell, when: peak_utilization > 0.9, to: [owner], template: upsell}
- {name: late, kind: operations, scope: source, when: age_days > 2, to: ["#cs-ops"], template: operations}
- name: many
  kind: operations
  scope: fleet
  when: falling_accounts > falling_limit
  to: ["#cs-ops"]
  template: operations
""",
    "rules.yaml",
)
ALERT = episode(ACME.account_id, episode_id="e1", rule_version="v2")
OWNER = "person:005A"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(tmp_path: Path, clock: Clock) -> Iterator[Store]:
    (tmp_path / "headroom.db").write_bytes(new_state())
    with open_store(f"sqlite:///{tmp_path}/headroom.db", clock) as opened:
        yield opened


def decided(store: Store, **more: object) -> None:
    parts = {"accounts": (ACME,), "people": (DANA,), "episodes": (ALERT,), **more}
    store.commit(judgement(**parts))


def inquiry(store: Store) -> Inquiry:
    return Inquiry(store, RULES, "/headroom")


def answer(store: Store, rule: str = "licence-underuse") -> Answer:
    return next(one for one in inquiry(store).account(ACME, None).answers if one.rule.name == rule)


def told(store: Store) -> list[tuple[str, How, str]]:
    return [(one.to, one.how, one.detail) for one in answer(store).told]


def spoke(**detail: str) -> Audit:
    return Audit(START, "headroom", "fired", ACME.account_id, {"episode": "e1", "version": "v1", **detail})


def test_what_was_sent_is_told_with_the_version_that_spoke(store: Store) -> None:
    decided(store, notices=(notice(ALERT, OWNER), notice(ALERT)), audit=(spoke(),))
    while claimed := store.claim_notice(LEASE, pace=timedelta()):
        store.mark_sent(claimed, Sent("C1", claimed.notice.notice_id))
    assert told(store) == [("Dana Reyes", How.SENT, ""), ("#cs-risk", How.SENT, "")]
    first: Told = answer(store).told[0]
    assert (first.transition, first.version, first.at) == ("fired", "v1", START)


def test_what_is_on_its_way_is_told(store: Store) -> None:
    decided(store, notices=(notice(ALERT),))
    assert told(store) == [("#cs-risk", How.WAITING, "")]
    assert store.claim_notice(LEASE) is not None
    assert told(store) == [("#cs-risk", How.WAITING, "")]


def test_what_waits_for_working_time_is_told_by_the_clock_of_the_addressee(store: Store, clock: Clock) -> None:
    morning = datetime(2026, 3, 2, 8, tzinfo=UTC)
    decided(store, notices=(replace(notice(ALERT, OWNER), not_before=morning),))
    assert told(store) == [("Dana Reyes", How.DEFERRED, "until 2 Mar 2026, 09:00 Europe/Berlin")]
    held = answer(store).held_by
    assert held is not None
    assert held.what is What.QUIET_HOURS
    clock.forward(hours=4)
    assert told(store) == [("Dana Reyes", How.WAITING, "")]


@pytest.mark.parametrize("zone", [None, "Mars/Olympus", "../etc"])
def test_of_a_time_zone_that_nobody_knows_the_time_is_utc(store: Store, zone: str | None) -> None:
    morning = datetime(2026, 3, 2, 8, tzinfo=UTC)
    deferred = replace(notice(ALERT, OWNER), not_before=morning)
    decided(store, notices=(deferred,), people=(replace(DANA, timezone=zone),))
    assert told(store) == [("Dana Reyes", How.DEFERRED, "until 2 Mar 2026, 08:00 UTC")]


def test_what_could_not_be_delivered_is_told_with_where_it_stands(store: Store) -> None:
    decided(store, notices=(notice(ALERT, OWNER),))
    stations = ("person:005M", "#cs-ops")
    for place in stations:
        claimed = store.claim_notice(LEASE, pace=timedelta())
        assert claimed is not None
        store.mark_failed(claimed, "not in Slack", notice(ALERT, place))
    assert told(store) == [("Dana Reyes", How.ELSEWHERE, "#cs-ops (pending)")]
    claimed = store.claim_notice(LEASE, pace=timedelta())
    assert claimed is not None
    store.mark_sent(claimed, Sent("C1", "1.1"))
    assert told(store) == [("Dana Reyes", How.ELSEWHERE, "#cs-ops")]


def test_what_stands_nowhere_is_told_with_the_answer(store: Store) -> None:
    decided(store, notices=(notice(ALERT),))
    claimed = store.claim_notice(LEASE)
    assert claimed is not None
    store.mark_failed(claimed, "channel_not_found")
    assert told(store) == [("#cs-risk", How.FAILED, "channel_not_found")]
    held = answer(store).held_by
    assert held is not None
    assert (held.what, held.detail) == (What.DELIVERY, "channel_not_found")


def test_what_nobody_knows_of_is_told_so(store: Store) -> None:
    decided(store, notices=(notice(ALERT),))
    claimed = store.claim_notice(LEASE)
    assert claimed is not None
    store.mark_uncertain(claimed, START, "timed out")
    assert told(store) == [("#cs-risk", How.UNCERTAIN, "timed out")]


def test_what_stands_in_a_digest_only_is_told_so(store: Store) -> None:
    line = Audit(
        START,
        "headroom",
        "digested",
        ACME.account_id,
        {"episode": "e1", "version": "v1", "transition": "fired", "destination": OWNER, "reason": "over 10 a day"},
    )
    decided(store, audit=(line, replace(line, detail={**line.detail, "episode": "another"})))
    assert told(store) == [("Dana Reyes", How.DIGESTED, "over 10 a day")]
    held = answer(store).held_by
    assert held is not None
    assert held.what is What.BUDGET


def test_what_the_night_decided_is_told(store: Store) -> None:
    waiting = replace(ALERT, phase=Phase.PENDING, fired_at=None, notified_at=None)
    stale = Standing("licence-underuse", ACME.account_id, date(2026, 3, 1), False, "HELD", "usage is stale")
    decided(store, episodes=(waiting,), standings=(stale, replace(stale, rule="near-limit", reason="FROM_TOMORROW")))
    held = answer(store).held_by
    assert held is not None
    assert (held.what, held.detail) == (What.GUARD, "usage is stale")
    # a reason of a later version is no reason to fail
    assert answer(store, "near-limit").state is State.UNKNOWN


def test_an_account_is_answered_with_what_was_before(store: Store) -> None:
    known = replace(ACME, before={"licence_utilization": 0.52}, before_on=date(2026, 2, 1))
    reply = inquiry(store).account(known, None)
    assert reply.answers[0].finding.evidence[0].before == (("licence_utilization", 0.52),)
    assert (reply.asked.before_on, reply.asked.command) == (date(2026, 2, 1), "/headroom why Acme, Inc.")
    assert "was 52 % on 1 Feb 2026" in str(reply.message())


def test_a_source_is_answered_from_the_last_night(store: Store) -> None:
    assert inquiry(store).source("crm", None) is None
    metrics = {"age_days": 4, "complete_to": "2026-02-25", "failed": False}
    summary = {"sources": [{"name": "crm", "metrics": metrics}]}
    store.record_run(Run("night", date(2026, 3, 1), START, START, ok=True, summary=summary))
    reply = inquiry(store).source("crm", "late")
    assert reply is not None
    assert [(one.rule.name, one.state) for one in reply.answers] == [("late", State.PENDING)]
    assert inquiry(store).source("usage", None) is None


def test_the_fleet_is_answered_from_the_last_night(store: Store) -> None:
    summary = {"sources": [], "fleet": {"falling_accounts": 31, "falling_limit": 9}}
    store.record_run(Run("night", date(2026, 3, 1), START, START, ok=True, summary=summary))
    reply = inquiry(store).source("fleet", None)
    assert reply is not None
    assert [(one.rule.name, one.state) for one in reply.answers] == [("many", State.PENDING)]
    assert "Falling accounts 31" in str(reply.message())


def test_a_rule_about_something_else_is_told_to_be_so(store: Store) -> None:
    reply = inquiry(store).account(ACME, "late")
    assert reply.answers == ()
    assert "late is about each source" in str(reply.message())
