"""What was said of an account that lives on in another one, on both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from bot.core.episodes import Phase
from bot.state.rows import Audit
from tests.state.samples import START, episode, judgement, notice

if TYPE_CHECKING:
    from bot.state.store import Store


def test_only_former_accounts_of_which_something_was_said_are_moved(store: Store) -> None:
    store.commit(judgement(episodes=(episode("old"),)))
    assert store.moved({"old": "new", "never": "new", "same": "same"}) == {"old": "new"}
    assert store.moved({}) == {}


def test_episodes_and_messages_are_the_survivors_from_then_on(store: Store) -> None:
    over = episode("old", "over", phase=Phase.RESOLVED, resolved_at=START)
    still = episode("old", "still")
    store.commit(judgement(episodes=(over, still), notices=(notice(over), notice(still))))
    # The judgement brings the open one with it, and the store all that is over.
    store.commit(judgement(episodes=(replace(still, subject="new"),), moved={"old": "new"}))
    assert sorted(one.rule for one in store.episodes_of("new")) == ["over", "still"]
    assert store.episodes_of("old") == ()
    assert {item.notice.subject for item in store.deliveries()} == {"new"}
    assert list(store.open_episodes()) == [("still", "new")]


def digested(subject: str, episode_id: str) -> Audit:
    detail = {"episode": episode_id, "transition": "fired", "destination": "person:005A"}
    return Audit(START, "headroom", "digested", subject, detail)


def test_the_audit_stays_and_is_read_under_every_id_that_was_the_accounts(store: Store) -> None:
    first = episode("a", "first")
    store.commit(judgement(episodes=(first,), audit=(digested("a", first.episode_id),)))
    store.commit(judgement(episodes=(replace(first, subject="b"),), moved={"a": "b"}))
    store.commit(judgement(episodes=(replace(first, subject="c"),), moved={"b": "c"}))
    assert [(line.subject, line.verb) for line in store.audit("c")] == [
        ("c", "moved"), ("b", "moved"), ("a", "digested"),
    ]  # fmt: skip
    assert len(store.digested(first.episode_id)) == 1
    assert store.digested_of(["c"]) == {(first.episode_id, "fired", "person:005A")}
    assert [line.subject for line in store.audit("a")] == ["a"]


def test_accounts_that_went_there_and_back_are_read_once(store: Store) -> None:
    one = episode("a")
    store.commit(judgement(episodes=(one,)))
    store.commit(
        judgement(at=datetime(2026, 3, 3, tzinfo=UTC), episodes=(replace(one, subject="b"),), moved={"a": "b"})
    )
    store.commit(judgement(at=datetime(2026, 3, 4, tzinfo=UTC), episodes=(one,), moved={"b": "a"}))
    assert [line.verb for line in store.audit("a")] == ["moved", "moved"]
