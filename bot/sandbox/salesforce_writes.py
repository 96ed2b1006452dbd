"""Writing into a stand-in org: many records in one request, each with a result of its own, and upserts of one.

    app.state.writes.refuse("001000000000002AAA", "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY", times=1)
    app.state.control.faults.add(Fault(FaultKind.ROW_LOCK, method="PATCH", rows=(1,)))    # the second row is locked
    app.state.writes.calls                                                                # what arrived, in its order

What is well formed is answered 200 with a list of results; only a request that is not, or that names a field which the
object lacks, is refused as a whole.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from bot.sandbox.salesforce_faults import Fault, FaultKind
from bot.sandbox.salesforce_guard import address_of
from bot.sandbox.salesforce_http import NOT_THERE, RefusedError, json_object, json_response, version_of
from bot.sandbox.salesforce_ids import LONG, SHORT, lengthened
from bot.sandbox.salesforce_values import RowError, cleaned, known_fields

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from starlette.requests import Request
    from starlette.responses import Response

    from bot.sandbox.salesforce_control import Control
    from bot.sandbox.salesforce_fields import Field
    from bot.sandbox.salesforce_http import Handler
    from bot.sandbox.salesforce_org import Org, Record, SObject

_MOST: Final = 200
_ROLLED_BACK: Final = "ALL_OR_NONE_OPERATION_ROLLED_BACK"
_SINCE_UPSERTS: Final = 46


@dataclass(frozen=True, slots=True)
class Call:
    """A request that asked to write."""

    method: str
    path: str
    records: tuple[Mapping[str, Any], ...]
    """As they came."""


@dataclass(slots=True)
class _Scripted:
    error: RowError
    left: int | None


@dataclass(slots=True)
class Writes:
    """Handlers of everything that writes, and the strings that a test pulls. Safe between threads."""

    org: Org
    control: Control
    calls: list[Call] = field(default_factory=list)
    required: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Fields that a new record of an object must have."""
    _scripted: dict[str, _Scripted] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def refuse(
        self, record: str, code: str, message: str = "refused", fields: Sequence[str] = (), times: int | None = None
    ) -> None:
        """Refuse a record, named by its Id or by its external id: so many times, or from now on."""
        with self._lock:
            self._scripted[lengthened(record)] = _Scripted(RowError(code, message, tuple(fields)), times)

    def routes(self, base: str) -> dict[str, Mapping[str, Handler]]:
        """Return what answers, by path and method."""
        return {
            f"{base}/composite/sobjects": {"PATCH": self.many, "POST": self.many},
            f"{base}/composite/sobjects/{{name}}/{{external}}": {"PATCH": self.upsert_many},
            f"{base}/sobjects/{{name}}/{{external}}/{{value:path}}": {"PATCH": self.upsert_one},
        }

    async def many(self, request: Request) -> Response:
        """Change up to 200 records by their Ids (PATCH), or create them (POST)."""
        return await self._many(request, None)

    async def upsert_many(self, request: Request) -> Response:
        """Change, or create, up to 200 records of one object by an external id."""
        version_of(request, since=_SINCE_UPSERTS)
        return await self._many(request, self._external(request))

    async def upsert_one(self, request: Request) -> Response:
        """Change, or create, one record by an external id: 200, or 201 with what was created."""
        version_of(request)
        key, body = self._external(request), await json_object(request)
        record = {"attributes": {"type": request.path_params["name"]}, **body, key.name: request.path_params["value"]}
        self._note(request, [record])
        try:
            result = self._written(request, 0, record, key)
        except RowError as error:
            raise RefusedError(400, error.code, error.message) from error
        return json_response(result, 201 if result["created"] else 200)

    async def _many(self, request: Request, key: Field | None) -> Response:
        version_of(request)
        body = await json_object(request)
        records = _records(body)
        self._note(request, records)
        for record in records:
            known_fields(self._object(record), record)
        locked = self.control.faults.take(request.method, address_of(request), {FaultKind.ROW_LOCK})
        with self.org.lock:
            before = [(sobject, dict(sobject.by_id)) for sobject in self.org.objects()]
            results = [self._result(request, place, records, key, locked) for place in range(len(records))]
            if body.get("allOrNone") is True and not all(result["success"] for result in results):
                for sobject, kept in before:
                    sobject.by_id = kept
                results = [_rolled_back(result) for result in results]
        return json_response(results)

    def _result(
        self, request: Request, place: int, records: Sequence[Record], key: Field | None, locked: Fault | None
    ) -> dict[str, Any]:
        record = records[place]
        try:
            _check_lock(locked, place)
            if request.method == "PATCH":
                _check_once(records[:place], record, key)
            return self._written(request, place, record, key)
        except RowError as error:
            told = {"statusCode": error.code, "message": error.message, "fields": list(error.fields)}
            identity = _identity(record)
            return {**({"id": identity} if identity else {}), "success": False, "errors": [told]}

    def _written(self, request: Request, place: int, record: Record, key: Field | None) -> dict[str, Any]:
        sobject = self._object(record)
        self._refuse_scripted(record, key)
        if key is not None:
            found = _by_external_id(sobject, key, record)
            identity = found["Id"] if found else None
        elif request.method == "POST":
            identity = None
        else:
            identity = _existing(sobject, record, place)
        values = cleaned(self.org, sobject, record, creating=identity is None)
        if identity is not None:
            self.org.change(sobject.name, identity, values)
            return {"id": identity, "success": True, "errors": [], **({} if key is None else {"created": False})}
        self._check_required(sobject, values)
        made = self.org.put(sobject.name, values)
        return {"id": made, "success": True, "errors": [], **({} if key is None else {"created": True})}

    def _check_required(self, sobject: SObject, values: Record) -> None:
        missing = [name for name in self.required.get(sobject.name, ()) if values.get(name) is None]
        if missing:
            listed = ", ".join(missing)
            raise RowError("REQUIRED_FIELD_MISSING", f"Required fields are missing: [{listed}]", tuple(missing))

    def _refuse_scripted(self, record: Record, key: Field | None) -> None:
        named = _identity(record) if key is None else str(_value(record, key.name))
        with self._lock:
            scripted = self._scripted.get(lengthened(named or ""))
            if scripted is None or scripted.left == 0:
                return
            if scripted.left is not None:
                scripted.left -= 1
            raise scripted.error

    def _note(self, request: Request, records: Sequence[Record]) -> None:
        with self._lock:
            self.calls.append(Call(request.method, request.url.path, tuple(records)))

    def _object(self, record: Record) -> SObject:
        attributes = record.get("attributes")
        name = attributes.get("type") if isinstance(attributes, dict) else None
        found = self.org.get(name) if isinstance(name, str) else None
        if found is None:
            raise RefusedError(400, "INVALID_TYPE", f"sObject type '{name}' is not supported.")
        return found

    def _external(self, request: Request) -> Field:
        sobject = self.org.get(request.path_params["name"])
        if sobject is None:
            raise RefusedError(*NOT_THERE)
        key = sobject.field(request.path_params["external"])
        if key is None or not key.external:
            problem = (
                f"Provided external ID field does not exist or is not accessible: {request.path_params['external']}"
            )
            raise RefusedError(404, "NOT_FOUND", problem)
        return key


def _records(body: Mapping[str, Any]) -> list[Record]:
    records = body.get("records")
    if not isinstance(records, list) or not all(isinstance(record, dict) for record in records):
        raise RefusedError(400, "JSON_PARSER_ERROR", "'records' must be a list of sObjects")
    if len(records) > _MOST:
        problem = f"record limit reached. cannot submit more than {_MOST} records into this call"
        raise RefusedError(400, "EXCEEDED_ID_LIMIT", problem)
    return records


def _value(record: Record, name: str) -> object:
    return next((value for key, value in record.items() if key.casefold() == name.casefold()), None)


def _identity(record: Record) -> str | None:
    identity = _value(record, "Id")
    return identity if isinstance(identity, str) else None


def _check_lock(fault: Fault | None, place: int) -> None:
    if fault is not None and fault.locks(place):
        raise RowError("UNABLE_TO_LOCK_ROW", "unable to obtain exclusive access to this record", ())


def _check_once(earlier: Sequence[Record], record: Record, key: Field | None) -> None:
    """Refuse a record that the same request has named already."""
    name = "Id" if key is None else key.name
    named = _value(record, name)
    if named is not None and any(_value(one, name) == named for one in earlier):
        kind = "id" if key is None else "external id"
        raise RowError("DUPLICATE_VALUE", f"Duplicate {kind} specified: {named}", ())


def _existing(sobject: SObject, record: Record, place: int) -> str:
    identity = _identity(record)
    if identity is None:
        raise RowError("MISSING_ARGUMENT", f"Id not specified in an update call (record {place})", ())
    if len(identity) not in {SHORT, LONG} or not identity.isalnum():
        raise RowError("MALFORMED_ID", f"{sobject.name} ID: id value of incorrect type: {identity}", ("Id",))
    found = sobject.by_id.get(lengthened(identity))
    if found is None:
        raise RowError("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", ())
    if found.get("IsDeleted"):
        raise RowError("ENTITY_IS_DELETED", "entity is deleted", ())
    return str(found["Id"])


def _by_external_id(sobject: SObject, key: Field, record: Record) -> Record | None:
    wanted = _value(record, key.name)
    if wanted in {None, ""}:
        raise RowError("MISSING_ARGUMENT", f"{key.name} not specified", ())
    if _identity(record) is not None:
        raise RowError("INVALID_FIELD", "cannot specify Id in an upsert by an external id", ("Id",))
    # External ids know no case, unless the field says otherwise, which none here does.
    folded = str(wanted).casefold()
    found = [one for one in sobject.records if str(one[key.name] or "").casefold() == folded]
    if len(found) > 1:
        raise RowError("DUPLICATE_EXTERNAL_ID", f"more than one record found for external id field: {wanted}", ())
    return found[0] if found else None


def _rolled_back(result: Mapping[str, Any]) -> dict[str, Any]:
    if not result["success"]:
        return dict(result)
    told = {
        "statusCode": _ROLLED_BACK,
        "message": "Record rolled back because not all records were valid",
        "fields": [],
    }
    return {"id": result["id"], "success": False, "errors": [told]}
