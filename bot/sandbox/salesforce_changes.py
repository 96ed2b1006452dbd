"""What changed and what was deleted within a time, as the addresses `deleted` and `updated` of an object tell.

After https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_getdeleted.htm
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from bot.sandbox.salesforce_http import NOT_THERE, RefusedError, json_response, version_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.requests import Request
    from starlette.responses import Response

    from bot.sandbox.salesforce_http import Table
    from bot.sandbox.salesforce_org import Org, Record, SObject

_STAMP: Final = "SystemModstamp"
_DELETED_FOR: Final = timedelta(days=15)
_UPDATED_FOR: Final = timedelta(days=30)
_SHORTEST: Final = timedelta(minutes=1)
_INVALID: Final = "INVALID_REPLICATION_DATE"


@dataclass(frozen=True, slots=True)
class Changes:
    """Answers for one org."""

    org: Org

    def routes(self, data: str) -> Table:
        """Return what answers below `data`."""
        return {
            f"{data}/sobjects/{{name}}/deleted": {"GET": self.deleted},
            f"{data}/sobjects/{{name}}/updated": {"GET": self.updated},
        }

    async def deleted(self, request: Request) -> Response:
        """List the records that were put into the recycle bin, with the moment of it."""
        sobject, since, until = self._asked(request, _DELETED_FOR)
        gone = [record for record in sobject.every_record if record.get("IsDeleted")]
        found = [{"id": one["Id"], "deletedDate": one[_STAMP]} for one in _within(gone, since, until)]
        earliest = _written(datetime.fromisoformat(self.org.now()) - _DELETED_FOR)
        body = {"deletedRecords": found, "earliestDateAvailable": earliest, "latestDateCovered": _written(until)}
        return json_response(body)

    async def updated(self, request: Request) -> Response:
        """List the Ids of the records that were made or changed."""
        sobject, since, until = self._asked(request, _UPDATED_FOR)
        found = [record["Id"] for record in _within(sobject.records, since, until)]
        return json_response({"ids": found, "latestDateCovered": _written(until)})

    def _asked(self, request: Request, kept_for: timedelta) -> tuple[SObject, datetime, datetime]:
        version_of(request)
        sobject = self.org.get(request.path_params["name"])
        if sobject is None:
            raise RefusedError(*NOT_THERE)
        since, until = (_moment(request, name) for name in ("start", "end"))
        if until - since < _SHORTEST:
            raise RefusedError(400, _INVALID, "enddate must be at least one minute greater than startdate")
        if since < datetime.fromisoformat(self.org.now()) - kept_for:
            raise RefusedError(400, _INVALID, f"startdate cannot be more than {kept_for.days} days ago")
        return sobject, since, until


def _moment(request: Request, name: str) -> datetime:
    # A plus sign that nobody has escaped arrives as a space.
    text = request.query_params.get(name, "").replace(" ", "+")
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise RefusedError(400, "INVALID_FIELD", f"{name}: '{text}' is no date and time") from error
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _within(records: list[Record], since: datetime, until: datetime) -> Iterator[Record]:
    return (record for record in records if since <= datetime.fromisoformat(record[_STAMP]) < until)


def _written(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000+0000")
