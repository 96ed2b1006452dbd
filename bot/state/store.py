"""The state store: one object with everything that may be asked of it. No SQL here, no ORM anywhere."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Self

import structlog
from sqlalchemy import func, select

from bot.state import accounts, acts, digests, escalating, judgements, people, queries, succession, ticks
from bot.state.digesting import DigestStore
from bot.state.engine import WRITING, bring_up_to_date, open_engine
from bot.state.lists import ListStore
from bot.state.mentions import MentionStore
from bot.state.notices import NoticeStore
from bot.state.personal import PersonalStore
from bot.state.preps import PrepStore
from bot.state.subscriptions import SubscriptionStore
from bot.state.uploads import UploadStore

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence
    from contextlib import AbstractContextManager
    from types import TracebackType

    from sqlalchemy import Connection, Engine

    from bot.core.episodes import Episode, Step
    from bot.messages.message import Message
    from bot.state.digests import Said
    from bot.state.rows import (
        AccountView,
        Audit,
        Committed,
        Judgement,
        Notice,
        Person,
        RuleVersion,
        Run,
        SlackIdentity,
        SourceState,
        Standing,
        Tick,
    )

_log = structlog.get_logger(__name__)


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


class Store(
    NoticeStore, ListStore, PersonalStore, SubscriptionStore, MentionStore, UploadStore, PrepStore, DigestStore
):
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

    def moved(self, heirs: Mapping[str, str]) -> dict[str, str]:
        """Return which of some former accounts anything was ever said of, and who they are now."""
        with self._reading() as connection:
            return succession.moved(connection, heirs)

    def commit(self, judgement: Judgement) -> Committed:
        """Store a judgement, all of it or nothing; the same one again changes nothing.

        Without accounts (a CRM that did not deliver) the snapshot stays; otherwise accounts that it lacks are removed.
        Raises StaleJudgementError where another run opened the same episodes meanwhile.
        """
        with self._writing() as connection:
            return judgements.commit(connection, judgement)

    def act_on_episode(
        self,
        episode_id: str,
        actor: tuple[str, datetime],
        act: Callable[[Episode], Step],
        render: Callable[[Episode, Notice], Message],
    ) -> Step:
        """Let a Slack user act on an episode: one of `bot.core.acts`. Every message of it is to be rendered anew.

        `actor`: who, and when. Raises UnknownEpisodeError.
        """
        with self._writing() as connection:
            return acts.act_on_episode(connection, episode_id, actor, act, render)

    # escalation

    def unclaimed(self, rules: Collection[str]) -> tuple[Episode, ...]:
        """Return the episodes of some rules that fire unclaimed, that people were told of, and no manager yet."""
        with self._reading() as connection:
            return escalating.unclaimed(connection, rules)

    def escalate_episode(
        self,
        episode_id: str,
        now: datetime,
        act: Callable[[Episode], Step],
        render: Callable[[Episode, Notice], Message],
        card: Callable[[Step], Notice],
    ) -> Step:
        """Escalate an episode if `act` decides so on it as it is now; `card` is what the manager is told.

        `render` writes the messages anew that stand already. Raises UnknownEpisodeError.
        """
        with self._writing() as connection:
            return escalating.escalate(connection, episode_id, now, act, render, card)

    # questions

    def find_account(self, text: str) -> AccountView | None:
        """Find the one account of an id (15 or 18 characters), external id, domain or name, in this order.

        None where nothing fits, and where two accounts fit equally well: nothing is guessed.
        """
        with self._reading() as connection:
            return accounts.find_account(connection, text)

    def could_mean(self, text: str) -> tuple[tuple[int, AccountView], ...]:
        """Return every account that a text could mean, with the rank of what fits of it: best first."""
        with self._reading() as connection:
            return accounts.could_mean(connection, text)

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

    def standings(self, subject: str | None = None) -> tuple[Standing, ...]:
        """Return how the rules stand with a subject, or with all, after the last night; by rule and subject."""
        with self._reading() as connection:
            return queries.standings(connection, subject)

    def rule_versions(self, name: str | None = None) -> tuple[RuleVersion, ...]:
        """Return the versions of a rule, or of all, that were judged so far, newest first."""
        with self._reading() as connection:
            return queries.rule_versions(connection, name)

    def sources(self) -> tuple[SourceState, ...]:
        """Return how the last reading of each source went, by name."""
        with self._reading() as connection:
            return queries.sources(connection)

    def audit(
        self, subject: str | None = None, limit: int | None = 100, since: datetime | None = None
    ) -> tuple[Audit, ...]:
        """Return the last lines of the audit, newest first: of one subject or of all, none from before `since`.

        `limit`: how many at most; None for all.
        """
        with self._reading() as connection:
            return queries.audit(connection, subject, limit, since)

    def note(self, lines: Sequence[Audit]) -> None:
        """Add lines to the audit."""
        with self._writing() as connection:
            judgements.append_audit(connection, lines)

    # attention

    def said_to_people(self, since: datetime) -> tuple[Said, ...]:
        """Return every post to a person that was enqueued since a moment, newest first."""
        with self._reading() as connection:
            return digests.said_to_people(connection, since)

    def enqueued(self, notice_ids: Collection[str]) -> frozenset[str]:
        """Return which of some notices stand in the outbox, however far they came."""
        with self._reading() as connection:
            return digests.enqueued(connection, notice_ids)

    def digested_of(self, subjects: Collection[str]) -> frozenset[tuple[str, str, str]]:
        """Return what of some subjects ever went into digests: episode, transition and destination."""
        with self._reading() as connection:
            return digests.digested_of(connection, subjects)

    def digested(self, episode_id: str) -> tuple[Audit, ...]:
        """Return what of an episode stood in a digest only: lines of the audit, oldest first."""
        with self._reading() as connection:
            return digests.digested(connection, episode_id)

    # people

    def person(self, person_id: str) -> Person | None:
        """Return a person of the CRM."""
        with self._reading() as connection:
            return people.person(connection, person_id)

    def people(self, ids: Collection[str] | None = None) -> dict[str, Person]:
        """Return everybody, or those of the ids who are known, by id."""
        with self._reading() as connection:
            return people.people(connection, ids)

    def slack_identity(self, person_id: str) -> SlackIdentity | None:
        """Return who a person is in Slack; None where that was never looked up, or the address changed since."""
        with self._reading() as connection:
            return people.slack_identity(connection, person_id)

    def person_of_email(self, email: str) -> Person | None:
        """Return the active person of the CRM with this address; None where there is none, or several."""
        with self._reading() as connection:
            return people.person_of_email(connection, email)

    def person_in_slack(self, user_id: str) -> Person | None:
        """Return the person of the CRM who was found to be this Slack user."""
        with self._reading() as connection:
            return people.person_in_slack(connection, user_id)

    def remember_slack(self, person_id: str, identity: SlackIdentity | None) -> None:
        """Keep what a look-up found; None forgets it."""
        with self._writing() as connection:
            people.remember_slack(connection, person_id, identity)
