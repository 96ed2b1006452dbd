"""What digests are made from, as both databases know it; and where what has no room in one stands."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

from bot.core import acts
from bot.core.digesting import State
from bot.core.episodes import Outcome, Phase
from bot.state.keys import notice_id
from bot.state.rows import Act, Notice, Run, Sent
from tests.state.samples import LEASE, START, account, episode, judgement, message, notice, said, take_on

if TYPE_CHECKING:
    from bot.state.store import Store
    from tests.state.samples import Clock

DEADLINE = date(2026, 6, 30)
RUN = Run("digest:weekly:#cs", date(2026, 3, 2), START, START, ok=True, summary={"at_stake": {"a": [1.0, "USD"]}})


def digest(name: str, transition: str = "digest", *, broadcast: bool = True) -> Notice:
    return Notice(
        notice_id=notice_id(name, transition, "#cs", Act.POST),
        episode_id=name,
        transition=transition,
        destination="#cs",
        act=Act.POST,
        kind="digest",
        subject="#cs",
        message=message(),
        created_at=START,
        broadcast=broadcast,
    )


def test_the_book_is_known_as_digests_compare_it(store: Store) -> None:
    known = {"health_band": "red", "peak_utilization": 1.2, "deadline": DEADLINE}
    some = (account(1, "Acme", metrics=known), account(2, "Bolt", metrics={"peak_utilization": None}))
    store.commit(judgement(accounts=some))
    assert store.book_states() == {"001000001": State("red", 1.2, DEADLINE), "001000002": State()}


def test_a_book_is_that_of_owners_and_csms(store: Store) -> None:
    metrics = {"segment": "SMB", "currency": "USD", "arr": 10.0}
    some = [
        account(n, f"A{n}", owner_id=o, csm_id=c, metrics=metrics)
        for n, o, c in ((0, "a", "b"), (1, "c", "a"), (2, "b", "c"))
    ]
    store.commit(judgement(accounts=tuple(some)))
    assert {one.account_id for one in store.book(["a"])} == {"001000000", "001000001"}
    assert len(store.book()) == 3
    assert store.book([]) == ()
    (first,) = store.book(["a"])[:1]
    assert (first.segment, first.currency, first.arr) == ("SMB", "USD", 10.0)


def test_who_acted_since_is_known_of_what_is_open(store: Store) -> None:
    some = (episode("a"), episode("b"), episode("c"), episode("d", phase=Phase.RESOLVED, claimed_at=START))
    store.commit(judgement(episodes=some))
    take_on(store, some[0].episode_id, "U1", START, lambda _, notice: notice.message)
    take_on(store, some[1].episode_id, "U1", START - timedelta(days=1), lambda _, notice: notice.message)
    store.act_on_episode(
        some[2].episode_id,
        ("U1", START),
        lambda seen: acts.close(seen, "U1", Outcome.LOST, None, START),
        lambda _, notice: notice.message,
    )
    assert {one.subject for one in store.acted_since(START)} == {"a", "c"}


def test_what_is_said_twice_is_said_and_kept_once(store: Store) -> None:
    assert len(store.say_once([digest("digest:weekly:1")], RUN)) == 1
    assert store.say_once([digest("digest:weekly:1")], replace(RUN, summary={})) == ()
    assert [run.summary for run in store.runs(RUN.job)] == [RUN.summary]


def sent(store: Store, clock: Clock) -> dict[str, str | None]:
    """Deliver everything; return the thread of each message by what it is."""
    threads: dict[str, str | None] = {}
    while claimed := store.claim_notice(LEASE, thread_life=timedelta(days=30)):
        threads[f"{claimed.notice.episode_id}/{claimed.notice.transition}"] = claimed.thread_ts
        store.mark_sent(claimed, Sent("C1", f"{len(threads)}.0"))
        clock.forward(seconds=2)
    return threads


def test_what_a_digest_has_no_room_for_stands_under_it_and_under_no_other(store: Store, clock: Clock) -> None:
    first = [digest("monday"), digest("monday", "digest-thread-1", broadcast=False)]
    store.say_once(first, RUN)
    sent(store, clock)
    second = [digest("tuesday"), digest("tuesday", "digest-thread-1", broadcast=False), digest("tuesday", "digest-2")]
    store.say_once(second, RUN)
    assert sent(store, clock) == {
        "tuesday/digest": None,
        "tuesday/digest-thread-1": "1.0",
        "tuesday/digest-2": None,
    }


def test_later_parts_of_the_first_digest_do_not_move_under_the_second(store: Store, clock: Clock) -> None:
    store.say_once([digest("monday")], RUN)
    store.say_once([digest("tuesday")], RUN)
    store.say_once([digest("monday", "digest-thread-1", broadcast=False)], RUN)
    assert sent(store, clock)["monday/digest-thread-1"] == "1.0"


def test_the_newest_message_of_an_episode_is_found(store: Store) -> None:
    first, second, other = (
        notice(episode("a"), text="one"),
        notice(episode("a"), "#x", "repeat", text="two"),
        notice(episode("b"), text="three"),
    )
    store.commit(said(first, second, other))
    store.commit(said(notice(episode("a"), "#x", "resolved", Act.UPDATE, "four")))
    found = store.newest_posts([first.episode_id, other.episode_id, "nothing"])
    assert {key: one.summary for key, one in found.items()} == {first.episode_id: "two", other.episode_id: "three"}


def test_the_alerts_that_stand_are_those_that_people_were_told_of_and_nobody_closed(store: Store) -> None:
    acme, bolt = account(1, "Acme", owner_id="a", csm_id="c"), account(2, "Bolt", owner_id="b")
    told = [
        episode(acme.account_id),
        episode(acme.account_id, "near-limit", phase=Phase.CLAIMED, claimed_by="U1"),
        episode(bolt.account_id),
        episode(acme.account_id, "silent", announced=False),
        episode(bolt.account_id, "near-limit", phase=Phase.RESOLVED),
        episode(acme.account_id, "other"),
        episode("gone"),
    ]
    store.commit(judgement(accounts=(acme, bolt), episodes=tuple(told)))
    rules = ("licence-underuse", "near-limit", "silent")
    found = {(one.name, one.rule, one.claimed_by) for one in store.standing_alerts(rules)}
    assert found == {
        ("Acme", "licence-underuse", None),
        ("Acme", "near-limit", "U1"),
        ("Bolt", "licence-underuse", None),
    }
    assert {one.name for one in store.standing_alerts(rules, ["c"])} == {"Acme"}
    assert store.standing_alerts(rules, []) == ()
