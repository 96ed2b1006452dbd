"""What people were told lately and what nobody has claimed, as both databases know it."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final

import pytest

from bot.core import acts
from bot.core.episodes import Phase
from bot.core.verdicts import Mode, Rule, Scope
from bot.state import digests
from bot.state.rows import Act, Audit
from tests.state.samples import START, episode, judgement, notice, said, take_on

if TYPE_CHECKING:
    from bot.core.episodes import Episode, Step
    from bot.messages.message import Message
    from bot.state.rows import Notice
    from bot.state.store import Store

HOUR: Final = timedelta(hours=1)
RULE: Final = Rule(
    name="licence-underuse",
    kind="churn_risk",
    scope=Scope.ACCOUNT,
    when="nps < 5",
    clear="nps >= 5",
    hold=timedelta(),
    repeat=None,
    countdown=None,
    steps=(),
    severity="'high'",
    at_stake=None,
    to=("owner",),
    template="churn_risk",
    mode=Mode.LIVE,
    version="a1b2",
    escalate=24 * HOUR,
)


def to_dana(subject: str, hours_ago: int = 0, kind: str = "churn_risk") -> Notice:
    made = notice(episode(subject), "person:005A")
    return replace(made, created_at=START - hours_ago * HOUR, kind=kind)


def line(subject: str, hours_ago: int, episode_id: str, verb: str = "digested") -> Audit:
    detail = {"episode": episode_id, "transition": "fired", "destination": "person:005A"}
    return Audit(START - hours_ago * HOUR, "headroom", verb, subject, detail)


@pytest.fixture(params=[1, 2, 2000])
def _page(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(digests, "_PAGE", request.param)
    monkeypatch.setattr(digests, "_AT_ONCE", request.param)


@pytest.mark.usefixtures("_page")
def test_posts_to_people_are_told_from_the_newest_back_to_a_moment(store: Store) -> None:
    channel = notice(episode("Acme"), "#cs-risk")
    store.commit(said(to_dana("old", 30), to_dana("Acme", 3), channel, to_dana("Bolt", 2), to_dana("Cove", 1)))
    store.commit(said(replace(notice(episode("Acme"), "person:005A", "resolved", Act.UPDATE), created_at=START)))
    found = store.said_to_people(START - 24 * HOUR)
    assert [one.episode_id for one in found] == [f"licence-underuse/{name}" for name in ("Cove", "Bolt", "Acme")]
    assert {one.destination for one in found} == {"person:005A"}
    assert found[0].created_at == START - HOUR


@pytest.mark.parametrize(
    ("kind", "counts"), [("churn_risk", True), ("upsell", True), ("operations", False), ("digest", False)]
)
def test_operations_and_digests_take_up_no_attention(store: Store, kind: str, counts: bool) -> None:
    store.commit(said(to_dana("Acme", kind=kind)))
    assert [one.counts for one in store.said_to_people(START - HOUR)] == [counts]


@pytest.mark.usefixtures("_page")
def test_what_went_into_digests_is_known_by_episode_transition_and_destination(store: Store) -> None:
    lines = (
        line("A", 9000, "e0"),
        line("A", 3, "e1"),
        line("B", 2, "e2", "fired"),
        line("C", 1, "e3"),
        line("D", 1, "e4"),
    )
    store.commit(judgement(audit=lines))
    assert store.digested_of(["A", "B", "C", "Z"]) == {(one, "fired", "person:005A") for one in ("e0", "e1", "e3")}
    assert store.digested_of([]) == frozenset()


@pytest.mark.usefixtures("_page")
def test_which_notices_stand_in_the_outbox_is_known_by_their_ids(store: Store) -> None:
    there = [to_dana(name) for name in ("Acme", "Bolt", "Cove")]
    store.commit(said(*there))
    ids = [one.notice_id for one in there]
    assert store.enqueued([*ids[:2], "another"]) == set(ids[:2])


def test_the_digests_of_one_episode_are_found_by_it(store: Store) -> None:
    first, second = episode("Acme"), episode("Acme", "overage")
    lines = (line("Acme", 3, first.episode_id), line("Acme", 2, second.episode_id), line("Acme", 1, first.episode_id))
    store.commit(judgement(episodes=(first, second), audit=lines))
    assert [one.at for one in store.digested(first.episode_id)] == [START - 3 * HOUR, START - HOUR]
    assert store.digested("none") == ()


def test_only_what_fires_unclaimed_and_was_told_is_to_be_escalated(store: Store) -> None:
    firing = episode("Acme")
    others = (
        episode("pending", phase=Phase.PENDING, fired_at=None),
        episode("claimed", phase=Phase.CLAIMED, claimed_by="U1"),
        episode("unheard", announced=False),
        episode("escalated", escalated_at=START),
        episode("ended", phase=Phase.RESOLVED, resolved_at=START),
        episode("other", "overage"),
    )
    store.commit(judgement(episodes=(firing, *others)))
    assert store.unclaimed(["licence-underuse"]) == (firing,)
    assert store.unclaimed([]) == ()


def escalated(store: Store, of: Episode) -> Step:
    def act(seen: Episode) -> Step:
        return acts.escalate(seen, RULE, 24 * HOUR, START)

    def render(_: Episode, post: Notice) -> Message:
        return post.message

    return store.escalate_episode(of.episode_id, START, act, render, lambda _: notice(of, "person:M1", "escalated"))


def test_an_escalation_is_stored_with_its_message_and_the_changes_of_the_others(store: Store) -> None:
    fired = episode("Acme")
    store.commit(said(notice(fired)))
    assert escalated(store, fired).notify
    assert [(one.notice.destination, one.notice.act, one.notice.transition) for one in store.deliveries()] == [
        ("#cs-risk", Act.POST, "fired"),
        ("#cs-risk", Act.UPDATE, "escalated"),
        ("person:M1", Act.POST, "escalated"),
    ]
    again = store.episode(fired.episode_id)
    assert again is not None
    assert again.escalated_at == START
    assert not escalated(store, fired).notify
    assert len(store.deliveries()) == 3


def test_of_two_escalations_and_a_claim_at_a_time_each_happens_at_most_once(store: Store) -> None:
    fired = episode("Acme")
    store.commit(said(notice(fired)))
    found: list[Step] = []
    barrier = threading.Barrier(3)

    def run(what: int) -> None:
        barrier.wait()
        if what:
            found.append(escalated(store, fired))
        else:
            take_on(store, fired.episode_id, "U1", START, lambda _, post: post.message)

    threads = [threading.Thread(target=run, args=(what,)) for what in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(step.notify for step in found) <= 1
    posts = [one.notice.destination for one in store.deliveries() if one.notice.act is Act.POST]
    assert posts.count("person:M1") == sum(step.notify for step in found)
    after = store.episode(fired.episode_id)
    assert after is not None
    assert after.phase is Phase.CLAIMED
