"""The product with one of its protections taken away: the rig has to notice each of them missing."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from slack_sdk.http_retry import default_retry_handlers
from sqlalchemy import update

from bot.state.rows import Status
from bot.state.tables import NOTICES
from tests.faults.databases import execute
from tests.faults.hits import POST, Trouble
from tests.faults.lane import Run
from tests.faults.plan import Act, Answer, Db, Point
from tests.faults.replica import STOPPED_FOR
from tests.faults.rigged import RiggedStore

if TYPE_CHECKING:
    from collections.abc import Iterator

    from slack_sdk import WebClient
    from sqlalchemy import Connection

    from bot.state.rows import Claimed
    from tests.faults.replica import Part


def without_unique_keys() -> Run:
    """Return a run in which two replicas judge the same night at once, and nothing keeps them apart."""

    def drop(url: str) -> None:
        execute(
            url,
            "ALTER TABLE notices DROP CONSTRAINT ux_notices_key",
            "ALTER TABLE notices DROP CONSTRAINT ux_notices_id",
            "DROP INDEX ux_episodes_open",
        )

    trouble = Trouble(((Point.TRANSACTION, Act.STOP),))
    # Long enough for the other one to have judged by then, however slow this machine is.
    asleep = STOPPED_FOR + timedelta(seconds=100)
    return Run("sabotaged/unique-keys", trouble, Db.POSTGRES, 2, apart=True, prepare=drop, sleeps=asleep)


def with_unique_keys() -> Run:
    """Return the same run of the whole product."""
    return replace(without_unique_keys(), name="whole/unique-keys", prepare=lambda _: None)


class NoIntentStore(RiggedStore):
    """A store whose claims are not committed before the message leaves."""

    def claim_notice(self, *args: Any, **kwargs: Any) -> Claimed | None:  # noqa: ANN401  # whatever the product hands in
        """Take a notice, in a transaction that nobody will see."""
        self._here.peeking = True
        try:
            return super().claim_notice(*args, **kwargs)
        finally:
            self._here.peeking = False

    def mark_sent(self, claimed: Claimed, *args: Any, **kwargs: Any) -> bool:  # noqa: ANN401  # as above
        """Commit the claim together with what became of it."""
        until = self._clock() + timedelta(minutes=1) if self._clock else None
        taken = update(NOTICES).where(NOTICES.c.notice_id == claimed.notice.notice_id)
        with super()._writing() as connection:
            connection.execute(taken.values(status=Status.SENDING.value, fence=claimed.fence, lease_until=until))
        return super().mark_sent(claimed, *args, **kwargs)

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        if not getattr(self._here, "peeking", False):
            with super()._writing() as connection:
                yield connection
            return
        with self._writers.connect() as connection, connection.begin() as transaction:
            yield connection
            transaction.rollback()


def without_intent() -> Run:
    """Return a run in which a process is killed between sending and noting, and left no word that it was sending."""
    return replace(with_intent(), name="sabotaged/intent", part=lambda part: replace(part, store=NoIntentStore))


def with_intent() -> Run:
    """Return the same run of the whole product."""
    return Run("whole/intent", Trouble(((Point.LEFT, Act.KILL),), ((POST, Answer.OK.value),)), Db.SQLITE)


def with_retries() -> Run:
    """Return a run in which Slack accepts and closes, and the client asks again by itself."""

    def restored(part: Part) -> Part:
        return replace(part, client=_restore)

    return replace(without_retries(), name="sabotaged/retries", part=restored)


def without_retries() -> Run:
    """Return the same run of the whole product."""
    return Run("whole/retries", Trouble((), ((POST, Answer.CLOSE.value),)), Db.SQLITE)


def _restore(client: WebClient) -> None:
    client.retry_handlers = default_retry_handlers()


def sabotaged() -> tuple[Run, ...]:
    """Return every run with a protection taken away."""
    return (without_unique_keys(), without_intent(), with_retries())


def whole() -> tuple[Run, ...]:
    """Return the same runs of the product as it is."""
    return (with_unique_keys(), with_intent(), without_retries())
