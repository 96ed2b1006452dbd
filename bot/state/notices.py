"""The part of the state store that is the outbox: what is to be said, and how far it came."""

from __future__ import annotations

from abc import ABC, abstractmethod
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from bot.state import calls, outbox, queries, sweep, turns, uncertain
from bot.state.engine import CALLS_LOCK, OUTBOX_LOCK, lock
from bot.state.rows import Outlook, Sent, Status
from bot.state.turns import Terms

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from contextlib import AbstractContextManager
    from datetime import datetime

    from sqlalchemy import Connection

    from bot.messages.message import Message
    from bot.state.rows import Act, Backlog, Claimed, Delivery, Notice

PACE: Final = timedelta(seconds=1)
"""Slack takes about one message a second in a channel."""
SWEEP_IN: Final = timedelta(minutes=10)


class NoticeStore(ABC):
    """Every method is one transaction."""

    @abstractmethod
    def _reading(self) -> AbstractContextManager[Connection]: ...

    @abstractmethod
    def _writing(self) -> AbstractContextManager[Connection]: ...

    @abstractmethod
    def _now(self, connection: Connection) -> datetime: ...

    def _turn(self, connection: Connection) -> datetime:
        """Wait until no other worker takes anything, and return what time it is then, not before."""
        lock(connection, OUTBOX_LOCK)
        return self._now(connection)

    def claim_notice(
        self,
        lease: timedelta,
        pace: timedelta = PACE,
        a_minute: Mapping[Act, int] | None = None,
        thread_life: timedelta = timedelta(),
    ) -> Claimed | None:
        """Take the oldest notice that may be sent now; SENDING is committed when this returns. None: nothing is due.

        A destination's posts go in order, one at a time and `pace` apart; of each act so many `a_minute` as Slack
        permits, by all replicas together. With a `thread_life` a post answers the newest one of its subject at its
        destination that is younger. A SENDING whose lease ran out is never handed out again as it is: a post becomes
        uncertain, an update waits again.
        """
        terms = Terms(pace, a_minute or {}, thread_life)
        with self._writing() as connection:
            return outbox.claim_notice(connection, self._turn(connection), lease, terms)

    def mark_sent(
        self, claimed: Claimed, sent: Sent, ago: timedelta = timedelta(), sweep_in: timedelta | None = SWEEP_IN
    ) -> bool:
        """Keep where the message stands. False: the lease had run out, nothing was changed.

        `ago`: how long ago it arrived at the latest. `sweep_in`: when to look whether it stands there twice, if an
        earlier attempt had an unclear end; None: never.
        """
        with self._writing() as connection:
            now = self._now(connection)
            moments = outbox.Moments(now, now - ago, now + sweep_in if sweep_in is not None else None)
            return outbox.mark_sent(connection, claimed, sent, moments)

    def mark_retry(
        self,
        claimed: Claimed,
        not_before: datetime,
        error: str,
        message: Message | None = None,
        *,
        as_root: bool = False,
    ) -> bool:
        """Put a notice that certainly did not arrive back, in other words where `message` is given.

        `as_root`: in the channel itself, where the thread that was chosen for it is no more.
        """
        with self._writing() as connection:
            return outbox.mark_retry(connection, claimed, not_before, error, message, as_root=as_root)

    def mark_uncertain(self, claimed: Claimed, look_at: datetime, error: str) -> bool:
        """Note that nobody knows whether the message arrived; it is looked for from `look_at` on."""
        with self._writing() as connection:
            return outbox.mark_uncertain(connection, claimed, look_at, error, self._now(connection))

    def mark_failed(self, claimed: Claimed, error: str, *instead: Notice) -> bool:
        """Give a notice up; the first of `instead` that can speak for it is enqueued, and takes over its updates."""
        with self._writing() as connection:
            return outbox.mark_failed(connection, claimed, error, instead, self._now(connection))

    def hold(self, act: Act, until: datetime) -> None:
        """Send nothing of this kind before `until`, by any worker: Slack's 429 is for a method."""
        with self._writing() as connection:
            calls.hold(connection, act.value, until)

    def take_call(self, method: str, a_minute: int) -> float | None:
        """Count a call of a method of Slack's; None: it may be made now. Otherwise seconds to wait, uncounted."""
        with self._writing() as connection:
            lock(connection, CALLS_LOCK)
            now = self._now(connection)
            until = calls.wait_until(connection, method, a_minute, now)
            if until is None:
                calls.take(connection, method, a_minute, now)
                return None
            return (until - now).total_seconds()

    def hold_calls(self, method: str, seconds: float) -> None:
        """Let nobody call a method for so long: Slack asked to wait."""
        with self._writing() as connection:
            calls.hold(connection, method, self._now(connection) + timedelta(seconds=seconds))

    def uncertain(self) -> tuple[Delivery, ...]:
        """Return the notices of which nobody knows whether they arrived."""
        return self.deliveries(Status.UNCERTAIN)

    def claim_uncertain(self, lease: timedelta) -> Claimed | None:
        """Take a notice of unknown fate that is to be looked for now; no other worker does so during the lease."""
        with self._writing() as connection:
            return uncertain.claim_uncertain(connection, self._turn(connection), lease)

    def resolve_uncertain(
        self,
        claimed: Claimed,
        found: Sent | Sequence[Sent] | None,
        reads: int,
        spacing: timedelta,
        sweep_in: timedelta | None = SWEEP_IN,
    ) -> Status | None:
        """Settle a notice of unknown fate. `found`: where it stands, earliest first where that is twice.

        Found: SENT. Absent in `reads` readings, `spacing` apart: PENDING, it is sent anew. Absent in fewer:
        UNCERTAIN. None: another worker settled it, nothing was changed. `sweep_in`: when to look whether it stands
        there twice, if it was sent more than once; None: never.
        """
        places = [found] if isinstance(found, Sent) else found or ()
        with self._writing() as connection:
            now = self._now(connection)
            times = uncertain.Times(now, now + spacing, now + sweep_in if sweep_in is not None else None)
            return uncertain.resolve_uncertain(connection, claimed, places, reads, times)

    def postpone_uncertain(self, claimed: Claimed, look_at: datetime, error: str) -> bool:
        """Look again later: the far end could not be read, which says nothing."""
        with self._writing() as connection:
            return uncertain.postpone_uncertain(connection, claimed, look_at, error)

    def claim_sweep(self, lease: timedelta) -> Claimed | None:
        """Take a delivered post that may stand there twice and is to be looked for now; nobody else does so then."""
        with self._writing() as connection:
            return sweep.claim_sweep(connection, self._turn(connection), lease)

    def adopt(self, claimed: Claimed, place: Sent) -> bool:
        """Make a place that of a claimed post; what its message said last is sent there once more.

        False: a change of it is under way, or another worker took it over; nothing was changed.
        """
        with self._writing() as connection:
            return sweep.adopt(connection, claimed, place)

    def finish_sweep(self, claimed: Claimed, after: Sequence[timedelta]) -> bool:
        """Note that a claimed post was looked for. `after`: how long after it was sent each look is to be."""
        with self._writing() as connection:
            return sweep.finish_sweep(connection, claimed, after)

    def postpone_sweep(self, claimed: Claimed, seconds: float) -> bool:
        """Look for a claimed post again in so many seconds: the far end could not be asked, which says nothing."""
        with self._writing() as connection:
            return sweep.postpone_sweep(connection, claimed, self._now(connection) + timedelta(seconds=seconds))

    def backlog(self, patience: timedelta = timedelta()) -> Backlog:
        """Count the notices that are not delivered yet; deferred ones are to wait for longer than patience."""
        with self._reading() as connection:
            return outbox.backlog(connection, self._now(connection) + patience)

    def next_due(self, pace: timedelta = PACE, a_minute: Mapping[Act, int] | None = None) -> datetime | None:
        """Return a moment before which nothing can be sent or looked for; None where nothing is left to do.

        Sweeps do not count: they are done when somebody comes by.
        """
        with self._reading() as connection:
            return turns.due(connection, self._now(connection), Terms(pace, a_minute or {}, timedelta())).at

    def outlook(self, pace: timedelta = PACE, a_minute: Mapping[Act, int] | None = None) -> Outlook:
        """Tell what is to be done besides sending, and how long it is until there is something to send or look for."""
        with self._reading() as connection:
            now = self._now(connection)
            due = turns.due(connection, now, Terms(pace, a_minute or {}, timedelta()))
        wait = (due.at - now).total_seconds() if due.at is not None else None
        return Outlook(wait, looking=due.looking, sweeping=due.sweeping)

    def deliveries(self, status: Status | None = None, episode_id: str | None = None) -> tuple[Delivery, ...]:
        """Return notices and how far they came, in the order in which they were enqueued."""
        with self._reading() as connection:
            return queries.deliveries(connection, status, episode_id)

    def sent_messages(self) -> tuple[Delivery, ...]:
        """Return what was delivered, posts and updates, in the order in which it was enqueued."""
        return self.deliveries(Status.SENT)

    def channel_of(self, destination: str) -> str | None:
        """Return the channel that the last message to a destination went to."""
        with self._reading() as connection:
            return queries.channel_of(connection, destination)
