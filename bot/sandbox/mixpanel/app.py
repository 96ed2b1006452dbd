"""`/api/2.0/export` over HTTP, from Mixpanel's documents."""

from __future__ import annotations

import gzip
import json
import time
from dataclasses import dataclass
from datetime import UTC, date, datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

from bot.sandbox.vendor import (
    RefusedError,
    Throttle,
    VendorControl,
    admit,
    answer_refused,
    basic,
    same,
    whole_or_cut,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from starlette.requests import Request

    from bot.sandbox.events import Event

LIMITS: Final[Mapping[float, int]] = MappingProxyType({1.0: 3, 3600.0: 60})
"""Seconds: exports, as Mixpanel allows them to one project."""
COMPANY: Final = "company"
"""The group key: the property that names the customer."""
_MOST: Final = 100_000
_PACKED_FROM: Final = 1400
"""Shorter answers are not packed."""
_KNOWN: Final = frozenset({"from_date", "to_date", "event", "limit", "project_id", "time_in_ms"})


@dataclass(slots=True)
class MixpanelControl(VendorControl):
    """Scripted faults; reachable as `app.state.control`."""

    terminate_next: int = 0
    """So many exports end in the middle with the words that Mixpanel has for it."""
    twice: bool = False
    """Every event is told twice."""
    garbage: tuple[bytes, ...] = ()
    """Lines that stand between the events."""


def mixpanel_app(  # noqa: PLR0913 - sides of a project, by name
    events: Sequence[Event],
    *,
    secret: str,
    project: int,
    service_account: str | None = None,
    timezone: str = "UTC",
    old: bool = False,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
    limits: Mapping[float, int] = LIMITS,
    clock: Callable[[], float] = time.monotonic,
) -> Starlette:
    """Make the stand-in of one project; faults are scripted at `app.state.control`.

    `events` may grow while it runs. An `old` project, of before 2023, has dates and times of its own time zone. The
    secret is the service account's, or the project's own where there is none.
    """
    control = MixpanelControl()
    zone = ZoneInfo(timezone) if old else UTC

    def authenticate(request: Request) -> None:
        given = basic(request)
        wanted = (service_account or secret, secret if service_account else "")
        if given is None or not (same(given[0], wanted[0]) and same(given[1], wanted[1])):
            raise RefusedError(401, "Invalid credentials")
        if service_account and request.query_params.get("project_id") != str(project):
            raise RefusedError(403, "Unauthorized to access this project")

    throttle = Throttle(limits, clock)

    async def export(request: Request) -> Response:
        await admit(request, control)
        authenticate(request)
        throttle.check()
        asked = _Asked.of(request, now().astimezone(zone).date())
        found = [event for event in enumerate(events) if event[1].known <= now() and asked.wants(event[1], zone)]
        lines = [_line(number, event, zone) for number, event in found[: asked.limit]]
        return whole_or_cut(_packed(_body(lines, control), request), control)

    app = Starlette(
        routes=[Route("/api/2.0/export", export)],
        exception_handlers={RefusedError: answer_refused},
    )
    app.state.control = control
    return app


@dataclass(frozen=True, slots=True)
class _Asked:
    first: date
    last: date
    names: frozenset[str]
    limit: int | None

    @classmethod
    def of(cls, request: Request, today: date) -> _Asked:
        """Read what is asked for. Raises RefusedError with status 400."""
        query = request.query_params
        if unknown := set(query) - _KNOWN:
            raise RefusedError(400, f"The stand-in does not know: {min(unknown)}")
        first, last = _day(query.get("from_date"), "from_date"), _day(query.get("to_date"), "to_date")
        if last > today:
            raise RefusedError(400, "to_date cannot be later than today")
        if last < first:
            raise RefusedError(400, "to_date cannot be before from_date")
        limit = int(query["limit"]) if "limit" in query else None
        if limit is not None and not 0 < limit <= _MOST:
            raise RefusedError(400, f"limit must be between 1 and {_MOST}")
        return cls(first, last, _names(query.get("event")), limit)

    def wants(self, event: Event, zone: ZoneInfo | Any) -> bool:  # noqa: ANN401 - UTC is no ZoneInfo
        day = event.at.astimezone(zone).date()
        return self.first <= day <= self.last and (not self.names or event.name in self.names)


def _names(text: str | None) -> frozenset[str]:
    try:
        names = json.loads(text or "[]")
    except ValueError as error:
        raise RefusedError(400, "event must be a JSON array") from error
    if not isinstance(names, list):
        raise RefusedError(400, "event must be a JSON array")
    return frozenset(names)


def _day(text: str | None, name: str) -> date:
    try:
        return date.fromisoformat(text or "")
    except ValueError as error:
        raise RefusedError(400, f"{name} is missing or invalid: {text}") from error


def _line(number: int, event: Event, zone: Any) -> bytes:  # noqa: ANN401 - UTC is no ZoneInfo
    # Old projects hold the clock of their zone, written as if it were UTC.
    local = event.at.astimezone(zone).replace(tzinfo=UTC)
    named = {COMPANY: [event.customer]} if event.customer else {}
    told = {
        "time": int(local.timestamp()),
        "distinct_id": event.user,
        "$insert_id": f"event-{number:012d}",
        "mp_processing_time_ms": int(event.known.timestamp() * 1000),
        **named,
        **event.properties,
    }
    return json.dumps({"event": event.name, "properties": told}, ensure_ascii=False).encode()


def _body(lines: list[bytes], control: MixpanelControl) -> bytes:
    return b"".join(line + b"\n" for line in _told(lines, control))


def _told(lines: list[bytes], control: MixpanelControl) -> Iterator[bytes]:
    yield from control.garbage
    if control.terminate_next:
        control.terminate_next -= 1
        yield from lines[: len(lines) // 2]
        yield b"terminated early"
        return
    for line in lines:
        yield line
        if control.twice:
            yield line


def _packed(body: bytes, request: Request) -> Response:
    if "gzip" not in request.headers.get("accept-encoding", "") or len(body) <= _PACKED_FROM:
        return Response(body, media_type="text/plain")
    return Response(gzip.compress(body), media_type="text/plain", headers={"Content-Encoding": "gzip"})
