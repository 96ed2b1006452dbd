"""The baseline as a process of the rig: the same company, the same Slack, the same hits where it has such places."""

from __future__ import annotations

import sqlite3
import threading
from contextlib import closing
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from apscheduler.events import EVENT_JOB_ERROR, EVENT_JOB_EXECUTED
from apscheduler.schedulers.background import BackgroundScheduler
from slack_sdk import WebClient
from slack_sdk.http_retry import RateLimitErrorRetryHandler, default_retry_handlers

from bot.app import access
from tests.faults import baseline
from tests.faults.hits import Hits, trouble_of
from tests.faults.lane import Run
from tests.faults.plan import Answer, Cell, Db, Point
from tests.faults.rigged import rig_connections
from tests.faults.standin import CLIENT_SECONDS

if TYPE_CHECKING:
    from tests.faults.replica import Part

POINTS: Final = (
    Point.TICK,
    Point.FETCHED,
    Point.TRANSACTION,
    Point.LEFT,
    Point.ANSWERED,
    Point.SENT,
    Point.UPDATING,
)
"""Those that it has: it stores no judgement and no intent, reconciles nothing and migrates nothing."""


def baseline_runs() -> tuple[Run, ...]:
    """Return the part of the grid that the baseline can play: 7 x 10 x 2, on SQLite."""
    cells = [Cell(point, answer, Db.SQLITE, replicas) for point in POINTS for answer in Answer for replicas in (1, 2)]
    return tuple(
        Run(
            f"baseline/{cell.point}/{cell.answer}/{cell.replicas}",
            trouble_of(cell),
            cell.db,
            cell.replicas,
            sure=False,
            work=be_rival,
        )
        for cell in cells
    )


def be_rival(part: Part) -> int:
    """Do one night as the scheduler does it: at its time, once; what fails is left for the next night."""
    if part.restarted:
        return 0  # the job is due at ten: who starts later waits for tomorrow
    hits = Hits(part.trouble, part.folder, part.name)
    rig_connections(hits)
    slack = part.loaded.settings.slack
    assert slack is not None
    how = access(slack)
    client = _RiggedClient(how.bot_token, how.base_url, retry_handlers=_retries())
    client.timeout = CLIENT_SECONDS  # type: ignore[assignment]  # urllib takes fractions
    client.hits = hits
    done = threading.Event()
    scheduler = BackgroundScheduler(timezone=UTC)
    scheduler.add_listener(lambda _: done.set(), EVENT_JOB_ERROR | EVENT_JOB_EXECUTED)
    today = part.clock.now().date()

    def job() -> None:
        hits.at(Point.TICK)
        with closing(sqlite3.connect(part.folder / "told.db", factory=_RiggedTable, timeout=30)) as told:
            told.hits = hits
            baseline.night(client, told, part.folder / "accounts.csv", today)

    scheduler.add_job(job, "cron", hour=10, next_run_time=datetime.now(UTC))
    scheduler.start()
    done.wait(part.give_up)
    return 0


def _retries() -> list[Any]:
    """Return what the client does by default, and what its documents advise against rate limits."""
    return [*default_retry_handlers(), RateLimitErrorRetryHandler(max_retry_count=2)]


class _RiggedClient(WebClient):
    hits: Hits

    def api_call(self, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401  # whatever the client hands in
        try:
            return super().api_call(*args, **kwargs)
        finally:
            if self.hits.singled:
                self.hits.at(Point.ANSWERED)


class _RiggedTable(sqlite3.Connection):
    hits: Hits

    def execute(self, statement: str, *args: Any) -> sqlite3.Cursor:  # noqa: ANN401  # whatever sqlite3 takes
        if statement.startswith("SELECT"):
            self.hits.at(Point.FETCHED)
        cursor = super().execute(statement, *args)
        if statement.startswith("INSERT"):
            self.hits.at(Point.TRANSACTION)
        return cursor

    def commit(self) -> None:
        super().commit()
        if self.hits.answered:
            self.hits.at(Point.SENT)
