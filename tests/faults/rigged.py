"""The product's own parts with failpoints around them. Nothing of the product is changed for it."""

from __future__ import annotations

import threading
import urllib.request
from http.client import HTTPConnection
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import event

from bot.state.engine import bring_up_to_date, open_engine
from bot.state.rows import Status
from bot.state.store import Store
from tests.faults.hits import UPDATE
from tests.faults.ledger import Event, write_event
from tests.faults.plan import Point
from tests.faults.standin import OUTCOME, REPLICA

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime, timedelta
    from http.client import HTTPResponse
    from urllib.request import OpenerDirector, Request

    from sqlalchemy import Connection, Engine

    from bot.core.episodes import Episode
    from bot.jobs import Ticks
    from bot.slack.transport import SlackTransport
    from bot.state.rows import Act, Claimed, Committed, Judgement, Sent
    from tests.faults.hits import Hits

_MANY_TABLES: Final = 4
"""So many tables or indexes are made before a migration is hit."""


class RiggedTicks:
    """Ticks with leases of seconds: the product's own are half an hour long."""

    def __init__(self, ticks: Ticks, lease: timedelta, hits: Hits) -> None:
        self._ticks = ticks
        self._lease = lease
        self._hits = hits

    def claim_tick(self, job: str, scheduled_for: datetime, worker: str, lease: timedelta) -> bool:
        """Claim for the rig's time, then be hit."""
        claimed = self._ticks.claim_tick(job, scheduled_for, worker, self._short(lease))
        if claimed:
            self._hits.at(Point.TICK)
        return claimed

    def extend_tick(self, job: str, scheduled_for: datetime, worker: str, lease: timedelta) -> bool:
        """Keep for the rig's time."""
        return self._ticks.extend_tick(job, scheduled_for, worker, self._short(lease))

    def finish_tick(self, job: str, scheduled_for: datetime, worker: str, outcome: str) -> None:
        """Mark as done."""
        self._ticks.finish_tick(job, scheduled_for, worker, outcome)

    def _short(self, lease: timedelta) -> timedelta:
        return min(lease, self._lease)


class RiggedStore(Store):
    """The state store, hit in the middle of its transactions and right after them."""

    def __init__(self, engine: Engine, clock: Callable[[], datetime], hits: Hits) -> None:
        super().__init__(engine, clock)
        self._hits = hits
        self._here = threading.local()
        event.listen(engine, "before_cursor_execute", self._before)

    def _before(self, _c: Connection, _cursor: object, statement: str, *_: object) -> None:
        if getattr(self._here, "committing", False) and statement.startswith("INSERT INTO notices"):
            self._hits.at(Point.TRANSACTION)

    def open_episodes(self) -> dict[tuple[str, str], Episode]:
        """Return what is open: a night asks for it when every source was read."""
        self._hits.at(Point.FETCHED)
        return super().open_episodes()

    def commit(self, judgement: Judgement) -> Committed:
        """Store a judgement."""
        self._here.committing = True
        try:
            committed = super().commit(judgement)
        finally:
            self._here.committing = False
        self._hits.at(Point.COMMITTED)
        return committed

    def claim_notice(self, *args: Any, **kwargs: Any) -> Claimed | None:  # noqa: ANN401  # whatever the product hands in
        """Take a notice."""
        began = self._moment()
        claimed = super().claim_notice(*args, **kwargs)
        if claimed is not None:
            notice = claimed.notice
            self._note(Event(began, self._hits.replica, "claimed", notice.act, notice.post_id or notice.notice_id))
            self._hits.at(Point.SENDING)
        return claimed

    def hold(self, act: Act, until: datetime) -> None:
        """Send nothing of a kind for a while."""
        super().hold(act, until)
        self._note(Event(self._moment(), self._hits.replica, "held", act))

    def mark_sent(self, *args: Any, **kwargs: Any) -> bool:  # noqa: ANN401  # as above
        """Note that it was sent."""
        return self._noted(super().mark_sent(*args, **kwargs))

    def mark_failed(self, *args: Any, **kwargs: Any) -> bool:  # noqa: ANN401  # as above
        """Note that it was refused."""
        return self._noted(super().mark_failed(*args, **kwargs))

    def resolve_uncertain(self, *args: Any, **kwargs: Any) -> Status | None:  # noqa: ANN401  # as above
        """Note what the history says."""
        status = super().resolve_uncertain(*args, **kwargs)
        self._noted(status is Status.SENT)
        return status

    def _moment(self) -> float:
        assert self._clock is not None
        return self._clock().timestamp()

    def _note(self, event: Event) -> None:
        write_event(self._hits.folder, event)

    def _noted(self, noted: bool) -> bool:
        if noted and self._hits.answered:
            self._hits.at(Point.SENT)
        return noted


def open_rigged(
    url: str, clock: Callable[[], datetime], hits: Hits, kind: type[RiggedStore] = RiggedStore
) -> RiggedStore:
    """Open the state store; its migration is hit too."""
    engine = open_engine(url)
    made = 0

    def before(_c: Connection, _cursor: object, statement: str, *_: object) -> None:
        nonlocal made
        made += statement.lstrip().upper().startswith(("CREATE ", "ALTER ", "DROP "))
        if made > _MANY_TABLES:
            hits.at(Point.MIGRATING)

    event.listen(engine, "before_cursor_execute", before)
    try:
        bring_up_to_date(engine)
    except BaseException:
        engine.dispose()
        raise
    event.remove(engine, "before_cursor_execute", before)
    return kind(engine, clock, hits)


class RiggedTransport:
    """The way to Slack, hit when an answer has come, and when a history was read."""

    def __init__(self, transport: SlackTransport, hits: Hits) -> None:
        self._transport = transport
        self._hits = hits

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401  # stands for whatever the product's transport has
        return getattr(self._transport, name)

    def post(self, *args: Any, **kwargs: Any) -> Sent:  # noqa: ANN401  # whatever the product hands in
        """Post once."""
        return self._answered(self._transport.post, *args, **kwargs)

    def update(self, *args: Any, **kwargs: Any) -> Sent:  # noqa: ANN401  # as above
        """Replace once."""
        return self._answered(self._transport.update, *args, **kwargs)

    def find(self, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401  # as above
        """Look for a message."""
        found = self._transport.find(*args, **kwargs)
        self._hits.at(Point.RECONCILING)
        return found

    def _answered(self, call: Callable[..., Sent], *args: Any, **kwargs: Any) -> Sent:  # noqa: ANN401  # as above
        try:
            return call(*args, **kwargs)
        finally:
            if self._hits.singled:
                self._hits.at(Point.ANSWERED)


def rig_connections(hits: Hits) -> None:
    """Let every HTTP request of this process say which replica makes it, and be hit when its bytes have left."""

    class Rigged(HTTPConnection):
        def request(self, method: str, url: str, body: Any = None, headers: Any = None, **more: Any) -> None:  # noqa: ANN401
            name = url.rpartition("/")[2]
            outcome = hits.single_out(name)
            extra = {REPLICA: hits.replica} | ({OUTCOME: outcome} if outcome else {})
            super().request(method, url, body, {**(headers or {}), **extra}, **more)

        def getresponse(self) -> HTTPResponse:
            if hits.singled:
                hits.at(Point.UPDATING if hits.singled == UPDATE else Point.LEFT)
            return super().getresponse()

    urllib.request.install_opener(opener(Rigged))


def opener(connection: type[HTTPConnection]) -> OpenerDirector:
    """Make an opener whose plain connections are of this kind, and which goes through no proxy."""

    class Handler(urllib.request.HTTPHandler):
        def http_open(self, req: Request) -> HTTPResponse:
            return self.do_open(connection, req)

    return urllib.request.build_opener(Handler, urllib.request.ProxyHandler({}))
