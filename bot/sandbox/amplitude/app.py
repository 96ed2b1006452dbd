"""`/api/2/export` over HTTP, from Amplitude's documents."""

from __future__ import annotations

import gzip
import io
import json
import time
import uuid
import zipfile
import zlib
from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

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
    from collections.abc import Callable, Mapping, Sequence

    from starlette.requests import Request

    from bot.sandbox.events import Event

LIMITS: Final[Mapping[float, int]] = MappingProxyType({60.0: 600})
COMPANY: Final = "company"
"""The group type that names the customer."""
_HOUR: Final = timedelta(hours=1)
_LATE: Final = timedelta(hours=2)
_MOST: Final = timedelta(days=365)
_LINES: Final = 500
"""Lines of one file; a busy hour has several."""


@dataclass(slots=True)
class AmplitudeControl(VendorControl):
    """Scripted faults; reachable as `app.state.control`."""

    most_events: int | None = None
    """More events than this are too large for one export: 400."""
    most_hours: int | None = None
    """More hours than this run out of time: 504."""
    twice: bool = False
    """Every event is told twice."""
    garbage: tuple[bytes, ...] = ()
    """Lines that stand before the events of each file."""


def amplitude_app(  # noqa: PLR0913 - sides of a project, by name
    events: Sequence[Event],
    *,
    api_key: str,
    secret_key: str,
    app_id: int = 100_001,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
    limits: Mapping[float, int] = LIMITS,
    clock: Callable[[], float] = time.monotonic,
) -> Starlette:
    """Make the stand-in of one project; faults are scripted at `app.state.control`. `events` may grow meanwhile."""
    control = AmplitudeControl()
    throttle = Throttle(limits, clock)

    async def export(request: Request) -> Response:
        await admit(request, control)
        given = basic(request)
        if given is None or not (same(given[0], api_key) and same(given[1], secret_key)):
            raise RefusedError(401, "Incorrect API key or secret key")
        throttle.check()
        first, last = _hours(request)
        uploads = _uploads(events, first, min(last, now().astimezone(UTC) - _LATE - _HOUR))
        _check_size(uploads, (last - first) // _HOUR + 1, control)
        body = _zip(uploads, app_id, control)
        return whole_or_cut(Response(body, media_type="application/zip"), control)

    app = Starlette(
        routes=[Route("/api/2/export", export)],
        exception_handlers={RefusedError: answer_refused},
    )
    app.state.control = control
    return app


def _hours(request: Request) -> tuple[datetime, datetime]:
    try:
        first, last = (
            datetime.strptime(request.query_params[name], "%Y%m%dT%H").replace(tzinfo=UTC) for name in ("start", "end")
        )
    except (KeyError, ValueError) as error:
        raise RefusedError(400, "start and end are wanted as YYYYMMDDTHH") from error
    if last < first or last - first > _MOST:
        raise RefusedError(400, "end must be after start, and within 365 days of it")
    return first, last


def _uploads(events: Sequence[Event], first: datetime, last: datetime) -> dict[datetime, list[tuple[int, Event]]]:
    """Return what was uploaded in each hour, as far as it can be exported already."""
    by_hour: dict[datetime, list[tuple[int, Event]]] = defaultdict(list)
    for number, event in enumerate(events):
        hour = event.known.replace(minute=0, second=0, microsecond=0)
        if first <= hour <= last:
            by_hour[hour].append((number, event))
    return by_hour


def _check_size(uploads: Mapping[datetime, Sequence[object]], hours: int, control: AmplitudeControl) -> None:
    count = sum(map(len, uploads.values()))
    if control.most_hours is not None and hours > control.most_hours:
        raise RefusedError(504, "Timed out")
    if control.most_events is not None and count > control.most_events:
        raise RefusedError(400, "The file size of the exported data is too large. Shorten the time ranges")
    if not count:
        raise RefusedError(404, "Raw data files were not found.")


def _zip(uploads: Mapping[datetime, list[tuple[int, Event]]], app_id: int, control: AmplitudeControl) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for hour, events in sorted(uploads.items()):
            for part, start in enumerate(range(0, len(events), _LINES)):
                lines = [_line(number, event, app_id) for number, event in events[start : start + _LINES]]
                told = [*control.garbage, *(lines * 2 if control.twice else lines)]
                name = f"{app_id}/{app_id}_{hour:%Y-%m-%d}_{hour.hour}#{part}.json.gz"
                archive.writestr(name, gzip.compress(b"".join(line + b"\n" for line in told)))
    return packed.getvalue()


def _line(number: int, event: Event, app_id: int) -> bytes:
    told = {
        "app": app_id,
        "event_id": number,
        "event_type": event.name,
        "event_time": _time(event.at),
        "client_event_time": _time(event.at),
        "server_received_time": _time(event.known),
        "server_upload_time": _time(event.known),
        "uuid": str(uuid.uuid5(uuid.NAMESPACE_OID, str(number))),
        "$insert_id": f"insert-{number}",
        "user_id": event.user or None,
        "device_id": f"device-{event.user}",
        "amplitude_id": zlib.crc32(event.user.encode()),
        "groups": {COMPANY: [event.customer]} if event.customer else {},
        "group_properties": {},
        "user_properties": {},
        "event_properties": dict(event.properties),
    }
    return json.dumps(told, ensure_ascii=False).encode()


def _time(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S.%f}"
