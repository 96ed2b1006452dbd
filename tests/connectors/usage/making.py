from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pyarrow as pa
from starlette.applications import Starlette
from starlette.routing import Route

from bot.sandbox.posthog import EVENTS, PostHogControl, posthog_app
from connectors.base import Rejects, Window
from connectors.schema import SCHEMAS, Table
from connectors.usage.posthog.client import PATIENCE
from connectors.usage.posthog.settings import Settings
from connectors.usage.posthog.source import PostHogSource

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from datetime import date

    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.types import Receive, Scope, Send

    from connectors.http import Patience

KEY = "phx_sandbox"
PROJECT = 42
USERS = {"meter": "active_users", "events": ["session"], "measure": "users"}
COUNT = {"meter": "exports", "events": ["export"], "measure": "count"}
SUM = {"meter": "api_calls", "events": ["api"], "measure": {"sum": "quantity"}}


def event(moment: str, name: str, customer: str = "acme", user: str = "ann", **properties: object) -> dict[str, Any]:
    """One event in UTC; a property called `company` goes where PostHog keeps the groups."""
    if "company" in properties:
        properties["$groups"] = {"company": properties.pop("company")}
    return {
        "timestamp": datetime.fromisoformat(moment).replace(tzinfo=UTC),
        "event": name,
        "distinct_id": user,
        "$group_0": customer,
        "properties": json.dumps(properties),
    }


def table(*events: dict[str, Any]) -> pa.Table:
    return pa.Table.from_pylist(list(events), schema=EVENTS)


@dataclass
class Time:
    """A clock that only sleeping moves."""

    seconds: float = 0.0
    naps: list[float] = field(default_factory=list)

    def clock(self) -> float:
        return self.seconds

    def sleep(self, seconds: float) -> None:
        self.naps.append(seconds)
        self.seconds += seconds

    def patience(self) -> Patience:
        return replace(PATIENCE, clock=self.clock, sleep=self.sleep, chance=lambda: 1.0)


@dataclass
class PostHog:
    """A stand-in that runs, and sources that read it."""

    url: str
    control: PostHogControl
    time: Time

    def settings(self, *meters: dict[str, Any], **changes: object) -> Settings:
        given = {"host": self.url, "project": PROJECT, "api_key": {"env": "POSTHOG_TEST_KEY"}, "meters": meters}
        return Settings.model_validate(given | changes)

    def source(self, *meters: dict[str, Any], **changes: object) -> PostHogSource:
        return PostHogSource("usage", self.settings(*meters, **changes), self.time.patience())

    @property
    def queries(self) -> list[str]:
        return [asked.hogql for asked in self.control.requests if asked.hogql]


@dataclass
class Reading:
    """All that a source yielded."""

    usage: list[dict[str, Any]]
    coverage: list[tuple[str | None, date, date]]
    rejects: Rejects


def read(source: PostHogSource, since: date | None, until: date) -> Reading:
    rejects = Rejects()
    found: dict[Table, list[dict[str, Any]]] = {Table.USAGE: [], Table.COVERAGE: []}
    for batch in source.read(Window(since, until), rejects):
        assert batch.rows.schema == SCHEMAS[batch.table]
        batch.rows.validate(full=True)
        found[batch.table].extend(batch.rows.to_pylist())
    coverage = [(row["meter"], row["first_day"], row["last_day"]) for row in found[Table.COVERAGE]]
    return Reading(found[Table.USAGE], coverage, rejects)


@dataclass
class Switchboard:
    """One server for all tests, which answers with the app of the present one: starting a server takes long."""

    url: str = ""
    app: Starlette | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        assert self.app is not None
        await self.app(scope, receive, send)

    def posthog(self, *events: dict[str, Any], **options: Any) -> PostHog:  # noqa: ANN401 - whatever the app takes
        self.app = posthog_app(table(*events), api_key=KEY, project=PROJECT, **options)
        return PostHog(self.url, self.app.state.control, Time())

    def answers(self, endpoint: Callable[[Request], Awaitable[Response]]) -> str:
        """Answer queries of project 1 with this endpoint; returns the address."""
        self.app = Starlette(routes=[Route("/api/projects/1/query/", endpoint, methods=["POST"])])
        return self.url
