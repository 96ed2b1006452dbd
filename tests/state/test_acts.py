"""People act on episodes while nights judge them: the same on SQLite and on PostgreSQL."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

import pytest

from bot.core.acts import close, snooze
from bot.core.episodes import Outcome, Phase
from bot.state.acts import UnknownEpisodeError
from bot.state.rows import Act
from tests.state.samples import START, episode, judgement, message, notice, said, take_on

if TYPE_CHECKING:
    from bot.core.episodes import Episode
    from bot.messages.message import Message
    from bot.state.rows import Notice
    from bot.state.store import Store


def _shown(of: Episode, post: Notice) -> Message:
    return message(f"{post.destination} {post.transition}: claimed by {of.claimed_by}")


class TestClaims:
    def test_the_first_one_wins(self, store: Store) -> None:
        store.commit(said(notice(episode())))
        first = take_on(store, episode().episode_id, "U1", START, _shown)
        second = take_on(store, episode().episode_id, "U2", START, _shown)
        assert first.notify
        assert not second.notify
        taken = store.episode(episode().episode_id)
        assert taken is not None
        assert taken.claimed_by == "U1"

    def test_every_message_of_the_episode_is_updated(self, store: Store) -> None:
        posts = [notice(episode()), notice(episode(), transition="repeat-2026-03-01"), notice(episode(), "person:005A")]
        store.commit(said(*posts))
        take_on(store, episode().episode_id, "U1", START, _shown)
        updates = [one.notice for one in store.deliveries() if one.notice.act is Act.UPDATE]
        assert {(one.post_id, one.destination, one.message.summary) for one in updates} == {
            (post.notice_id, post.destination, f"{post.destination} {post.transition}: claimed by U1") for post in posts
        }

    def test_a_claim_stands_in_the_audit(self, store: Store) -> None:
        store.commit(judgement(episodes=(episode(),)))
        take_on(store, episode().episode_id, "U1", START, _shown)
        (line,) = store.audit("Acme")
        assert (line.at, line.actor, line.verb) == (START, "U1", "claimed")

    def test_an_episode_that_is_not_there_cannot_be_claimed(self, store: Store) -> None:
        with pytest.raises(UnknownEpisodeError, match="there is no episode nothing"):
            take_on(store, "nothing", "U1", START, _shown)


class TestActsInTheNight:
    def test_no_act_between_reading_and_storing_is_lost(self, store: Store) -> None:
        before = episode()
        store.commit(judgement(episodes=(before,)))
        who = ("U1", START)
        until = date(2026, 4, 1)
        store.act_on_episode(
            before.episode_id, who, lambda seen: snooze(seen, "U1", until, "budget", START), lambda _e, _n: message()
        )
        store.commit(judgement(episodes=(replace(before, severity="medium"),)))
        asleep = store.episode(before.episode_id)
        assert asleep is not None
        assert (asleep.phase, asleep.snoozed_until, asleep.snooze_reason) == (Phase.SNOOZED, until, "budget")
        store.act_on_episode(
            before.episode_id, who, lambda seen: close(seen, "U1", Outcome.LOST, None, START), lambda _e, _n: message()
        )
        store.commit(judgement(episodes=(replace(asleep, phase=Phase.FIRING),)))
        closed = store.episode(before.episode_id)
        assert closed is not None
        assert (closed.phase, closed.outcome, closed.closed_by) == (Phase.CLOSED, Outcome.LOST, "U1")

    def test_what_ended_in_the_night_keeps_what_people_did_meanwhile(self, store: Store) -> None:
        before = episode()
        store.commit(judgement(episodes=(before,)))
        take_on(store, before.episode_id, "U1", START, lambda _e, _n: message())
        store.commit(judgement(episodes=(replace(before, phase=Phase.RESOLVED, resolved_at=START),)))
        ended = store.episode(before.episode_id)
        assert ended is not None
        assert (ended.phase, ended.claimed_by, ended.acts) == (Phase.RESOLVED, "U1", 1)
