"""The state store: one object with everything that may be asked of it. No SQL here, no ORM anywhere."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final, Self

import structlog
from sqlalchemy import func, select

from bot.core.episodes import claim as core_claim
from bot.state import accounts, claims, judgements, outbox, people, queries, ticks, uncertain
from bot.state.engine import WRITING, bring_up_to_date, open_engine
from bot.state.rows import Status

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from types import TracebackType

    from sqlalchemy import Connection, Engine

    from bot.core.episodes import Episode, Step
    from bot.messages.message import Message
    from bot.state.rows import (
        AccountView,
        Act,
        Audit,
        Backlog,
        Claimed,
        Committed,
        Delivery,
        Judgement,
        Notice,
        Person,
        Run,
        Sent,
        SlackIdentity,
        SourceState,
        Tick,
    )

_log = structlog.get_logger(__name__)

PACE: Final = timedelta(seconds=1)
"""Slack takes about one message a second in a channel."""


def open_store(url: str, clock: Callable[[], datetime] | None = None) -> Store:
    """Open the state store at an address, made or brought to the newest version where needed.

    `url`: `sqlite:///data/headroom.db` (the folder is made) or `postgresql://user:password@host/database`.
    `clock` replaces the database's own, by which leases run. Raises StateError where the store cannot be used.
    """
    engine = open_engine(url)
    try:
        bring_up_to_date(engine)
    except BaseException:
        engine.dispose()
        raise
    return Store(engine, clock)


class Store:
    """Every method is one transaction. Safe to use from several threads and, through its database, processes."""

    def __init__(self, engine: Engine, clock: Callable[[], datetime] | None = None) -> None:
        self._engine = engine
        self._writers = engine.execution_options(**{WRITING: True})
        self._clock = clock
        self._names = accounts.Names()

    def close(self) -> None:
        """Close every connection."""
        self._engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _reading(self) -> AbstractContextManager[Connection]:
        return self._engine.begin()

    def _writing(self) -> AbstractContextManager[Connection]:
        return self._writers.begin()

    def _now(self, connection: Connection) -> datetime:
        if self._clock is not None:
            return self._clock()
        if connection.dialect.name == "postgresql":
            # Replicas on several machines have clocks of their own; leases run by the one that they share.
            moment: datetime | None = connection.scalar(select(func.clock_timestamp()))
            assert moment is not None, "the clock of the database always answers"
            return moment.astimezone(UTC)
        return datetime.now(UTC)

    def now(self) -> datetime:
        """Return the time by the store's clock: the database's, unless another one was handed in."""
        with self._reading() as connection:
            return self._now(connection)

    # jobs

    def claim_tick(self, job: str, scheduled_for: datetime, worker: str, lease: timedelta) -> bool:
        """Claim a job's due moment; False when it is done, or another worker's whose lease has not run out."""
        with self._writing() as connection:
            return ticks.claim_tick(connection, (job, scheduled_for), worker, self._now(connection), lease)

    def extend_tick(self, job: str, scheduled_for: datetime, worker: str, lease: timedelta) -> bool:
        """Keep a claimed tick for another `lease` from now; False when it is not the worker's any more."""
        with self._writing() as connection:
            return ticks.extend_tick(connection, (job, scheduled_for), worker, self._now(connection) + lease)

    def finish_tick(self, job: str, scheduled_for: datetime, worker: str, outcome: str) -> None:
        """Mark a tick as done; one that was handed on to another worker is left to that one."""
        with self._writing() as connection:
            own = ticks.finish_tick(connection, (job, scheduled_for), worker, outcome, self._now(connection))
        if not own:
            _log.warning("finished too late: the lease had run out", job=job, scheduled_for=scheduled_for.isoformat())

    def last_finished(self, job: str) -> Tick | None:
        """Return the newest due moment of a job that was done, well or not."""
        with self._reading() as connection:
            return ticks.last_finished(connection, job)

    def record_run(self, run: Run) -> None:
        """Keep how a run of a job went."""
        with self._writing() as connection:
            ticks.record_run(connection, run)

    def runs(self, job: str | None = None, limit: int = 20) -> tuple[Run, ...]:
        """Return the last runs, of one job or of all, newest first."""
        with self._reading() as connection:
            return ticks.runs(connection, job, limit)

    # judgements

    def open_episodes(self) -> dict[tuple[str, str], Episode]:
        """Return every episode that is not resolved, by rule and subject."""
        with self._reading() as connection:
            return queries.open_episodes(connection)

    def commit(self, judgement: Judgement) -> Committed:
        """Store a judgement, all of it or nothing; the same one again changes nothing.

        Without accounts (a CRM that did not deliver) the snapshot stays; otherwise accounts that it lacks are removed.
        Raises StaleJudgementError where another run opened the same episodes meanwhile.
        """
        with self._writing() as connection:
            return judgements.commit(connection, judgement)

    def claim_episode(
        self,
        episode_id: str,
        user: str,
        now: datetime,
        render: Callable[[Episode, Notice], Message],
        claim: Callable[[Episode, str, datetime], Step] = core_claim,
    ) -> Step:
        """Let a Slack user take an episode on; the first one wins. Every message of it is to be rendered anew.

        Raises UnknownEpisodeError.
        """
        with self._writing() as connection:
            return claims.claim_episode(connection, episode_id, (user, now), claim, render)

    # questions

    def find_account(self, text: str) -> AccountView | None:
        """Find the one account of an id (15 or 18 characters), external id, domain or name, in this order.

        None where nothing fits, and where two accounts fit equally well: nothing is guessed.
        """
        with self._reading() as connection:
            return accounts.find_account(connection, text)

    def account(self, account_id: str) -> AccountView | None:
        """Return the account of exactly this id."""
        with self._reading() as connection:
            return accounts.account(connection, account_id)

    def accounts(self) -> tuple[AccountView, ...]:
        """Return every account of the snapshot, by name."""
        with self._reading() as connection:
            return accounts.accounts(connection)

    def names(self) -> list[tuple[str, str]]:
        """Return id and name of every account, by name."""
        with self._reading() as connection:
            return self._names.all(connection)

    def suggest(self, text: str, limit: int = 5) -> list[tuple[str, str]]:
        """Return id and name of the accounts whose names come nearest to what was typed, nearest first."""
        with self._reading() as connection:
            return self._names.suggest(connection, text, limit)

    def episode(self, episode_id: str) -> Episode | None:
        """Return one episode, open or not."""
        with self._reading() as connection:
            return queries.episode(connection, episode_id)

    def episodes_of(self, subject: str) -> tuple[Episode, ...]:
        """Return every episode of a subject, newest first."""
        with self._reading() as connection:
            return queries.episodes_of(connection, subject)

    def sources(self) -> tuple[SourceState, ...]:
        """Return how the last reading of each source went, by name."""
        with self._reading() as connection:
            return queries.sources(connection)

    def audit(self, subject: str | None = None, limit: int = 100) -> tuple[Audit, ...]:
        """Return the last lines of the audit, of one subject or of all, newest first."""
        with self._reading() as connection:
            return queries.audit(connection, subject, limit)

    # people

    def person(self, person_id: str) -> Person | None:
        """Return a person of the CRM."""
        with self._reading() as connection:
            return people.person(connection, person_id)

    def people(self) -> dict[str, Person]:
        """Return everybody, by id."""
        with self._reading() as connection:
            return people.people(connection)

    def slack_identity(self, person_id: str) -> SlackIdentity | None:
        """Return who a person is in Slack; None where that was never looked up, or the address changed since."""
        with self._reading() as connection:
            return people.slack_identity(connection, person_id)

    def remember_slack(self, person_id: str, identity: SlackIdentity | None) -> None:
        """Keep what a look-up found; None forgets it."""
        with self._writing() as connection:
            people.remember_slack(connection, person_id, identity)

    # outbox

    def claim_notice(self, lease: timedelta, now: datetime | None = None, pace: timedelta = PACE) -> Claimed | None:
        """Take the oldest notice that may be sent now; SENDING is committed when this returns. None: nothing is due.

        Destinations are served in order, one notice at a time and `pace` apart. A SENDING whose lease ran out is
        never handed out again as it is: a post becomes uncertain, an update waits again.
        """
        with self._writing() as connection:
            return outbox.claim_notice(connection, now or self._now(connection), lease, pace)

    def mark_sent(self, claimed: Claimed, sent: Sent) -> bool:
        """Keep where the message stands. False: the lease had run out, nothing was changed."""
        with self._writing() as connection:
            return outbox.mark_sent(connection, claimed, sent, self._now(connection))

    def mark_retry(self, claimed: Claimed, not_before: datetime, error: str, message: Message | None = None) -> bool:
        """Put a notice that certainly did not arrive back, in other words where `message` is given."""
        with self._writing() as connection:
            return outbox.mark_retry(connection, claimed, not_before, error, message)

    def mark_uncertain(self, claimed: Claimed, look_at: datetime, error: str) -> bool:
        """Note that nobody knows whether the message arrived; it is looked for from `look_at` on."""
        with self._writing() as connection:
            return outbox.mark_uncertain(connection, claimed, look_at, error)

    def mark_failed(self, claimed: Claimed, error: str, fallback: Notice | None = None) -> bool:
        """Give a notice up; `fallback` is enqueued in its place and takes over its updates."""
        with self._writing() as connection:
            return outbox.mark_failed(connection, claimed, error, fallback, self._now(connection))

    def hold(self, act: Act, until: datetime) -> None:
        """Send nothing of this kind before `until`, by any worker: Slack's 429 is for a method."""
        with self._writing() as connection:
            outbox.hold(connection, act, until)

    def uncertain(self) -> tuple[Delivery, ...]:
        """Return the notices of which nobody knows whether they arrived."""
        return self.deliveries(Status.UNCERTAIN)

    def claim_uncertain(self, lease: timedelta, now: datetime | None = None) -> Claimed | None:
        """Take a notice of unknown fate that is to be looked for now; no other worker does so during the lease."""
        with self._writing() as connection:
            return uncertain.claim_uncertain(connection, now or self._now(connection), lease)

    def resolve_uncertain(self, claimed: Claimed, found: Sent | None, reads: int, spacing: timedelta) -> Status | None:
        """Settle a notice of unknown fate.

        Found: SENT. Absent in `reads` readings, `spacing` apart: PENDING, it is sent anew. Absent in fewer:
        UNCERTAIN. None: another worker settled it, nothing was changed.
        """
        with self._writing() as connection:
            now = self._now(connection)
            return uncertain.resolve_uncertain(connection, claimed, found, reads, (now, now + spacing))

    def postpone_uncertain(self, claimed: Claimed, look_at: datetime, error: str) -> bool:
        """Look again later: the far end could not be read, which says nothing."""
        with self._writing() as connection:
            return uncertain.postpone_uncertain(connection, claimed, look_at, error)

    def backlog(self) -> Backlog:
        """Count the notices that are not delivered yet."""
        with self._reading() as connection:
            return outbox.backlog(connection)

    def next_due(self, pace: timedelta = PACE) -> datetime | None:
        """Return a moment before which nothing can be sent or looked for; None where nothing is left to do."""
        with self._reading() as connection:
            return outbox.next_due(connection, self._now(connection), pace)

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
