"""`/api/v1/aggregation` over HTTP: keys, limits, pipelines of source, filter, select, group, sort and limit."""

from __future__ import annotations

import json
import time
from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from starlette.applications import Starlette
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot.sandbox.pendo.expressions import holds, value_of
from bot.sandbox.pendo.rows import SOURCES, Row, rows_of, series
from bot.sandbox.vendor import RefusedError, Throttle, VendorControl, admit, answer_refused, same, whole_or_cut

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from starlette.requests import Request

    from bot.sandbox.events import Event

LIMITS: Final[Mapping[float, int]] = MappingProxyType({1.0: 100})
_MILLISECONDS_A_DAY: Final = 86_400_000


@dataclass(slots=True)
class PendoControl(VendorControl):
    """Scripted faults; reachable as `app.state.control`."""

    most_days: int | None = None
    """Aggregations over more days than this run out of time: 504."""
    deaf: bool = False
    """Filters are taken and not heeded."""


def pendo_app(  # noqa: PLR0913 - sides of a subscription, by name
    events: Sequence[Event],
    *,
    key: str,
    timezone: str = "UTC",
    no_account: str | None = "",
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
    limits: Mapping[float, int] = LIMITS,
    clock: Callable[[], float] = time.monotonic,
) -> Starlette:
    """Make the stand-in of one subscription; faults are scripted at `app.state.control`.

    `events` may grow while it runs. `no_account` is what an event without an account holds in its place.
    """
    control = PendoControl()
    throttle = Throttle(limits, clock)

    async def aggregation(request: Request) -> Response:
        body = _json(await request.body())
        await admit(request, control, body)
        if not same(request.headers.get("x-pendo-integration-key", ""), key):
            raise RefusedError(403, "Forbidden")
        throttle.check()
        known = [event for event in events if event.known <= now()]
        steps = _steps(body)
        rows = _source(steps[0], lambda source: rows_of(known, source, timezone, no_account), timezone, control)
        for step in steps[1:]:
            rows = _run(step, rows, control)
        return whole_or_cut(JSONResponse({"startTime": 0, "results": rows or None}), control)

    app = Starlette(
        routes=[Route("/api/v1/aggregation", aggregation, methods=["POST"])],
        exception_handlers={RefusedError: answer_refused},
    )
    app.state.control = control
    return app


def _json(raw: bytes) -> Any:  # noqa: ANN401 - whatever was sent
    try:
        return json.loads(raw)
    except ValueError as error:
        raise RefusedError(400, "Bad request: no JSON") from error


def _steps(body: Any) -> list[dict[str, Any]]:  # noqa: ANN401 - whatever was sent
    try:
        steps = body["request"]["pipeline"]
        good = body["response"]["mimeType"] == "application/json" and "source" in steps[0]
    except (KeyError, TypeError, IndexError) as error:
        raise RefusedError(400, "Bad request: wanted response.mimeType and request.pipeline with a source") from error
    if not good or any(len(step) != 1 for step in steps):
        raise RefusedError(400, "Bad request: each step has one operator, and the first is a source")
    return list(steps)


def _source(
    step: Mapping[str, Any], rows_of_source: Callable[[str], list[Row]], zone: str, control: PendoControl
) -> list[Row]:
    given = dict(step["source"])
    begin, end = series(given.pop("timeSeries", None), zone)
    if len(given) != 1 or not set(given) <= SOURCES:
        raise RefusedError(400, f"The stand-in does not know the source: {', '.join(given)}")
    if control.most_days is not None and end - begin > control.most_days * _MILLISECONDS_A_DAY:
        raise RefusedError(504, "Aggregation timed out")
    (source,) = given
    return [row for row in rows_of_source(source) if begin <= row["day"] < end]


def _run(step: Mapping[str, Any], rows: list[Row], control: PendoControl) -> list[Row]:
    ((name, value),) = step.items()
    if name == "filter":
        return rows if control.deaf else [row for row in rows if holds(value, row)]
    if name == "select":
        return [{field: value_of(path, row) for field, path in value.items()} for row in rows]
    if name == "group":
        return _group(value["group"], value["fields"], rows)
    if name == "sort":
        return sorted(rows, key=lambda row: [_order(value_of(field, row)) for field in value])
    if name == "limit":
        return rows[:value]
    raise RefusedError(400, f"The stand-in does not know the operator: {name}")


def _group(by: Sequence[str], fields: Mapping[str, Mapping[str, str]], rows: list[Row]) -> list[Row]:
    groups: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        groups[json.dumps([value_of(field, row) for field in by])].append(row)
    return [
        {field: value_of(field, same_rows[0]) for field in by}
        | {field: _sum(how, same_rows) for field, how in fields.items()}
        for same_rows in groups.values()
    ]


def _sum(how: Mapping[str, str], rows: list[Row]) -> float:
    if set(how) != {"sum"}:
        raise RefusedError(400, f"The stand-in adds up only: {', '.join(how)}")
    return sum(value_of(how["sum"], row) or 0 for row in rows)


def _order(value: object) -> tuple[bool, str, Any]:
    return value is not None, type(value).__name__, value if value is not None else 0
