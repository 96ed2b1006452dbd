"""From the records of a query to rows of our tables; what does not fit is refused with its reason."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from math import isfinite
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa

from connectors.addresses import host_of
from connectors.base import Reject, UnfitError
from connectors.schema import KEYS, PERIODS, SCHEMAS, Kind, Table

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from connectors.base import Rejects
    from connectors.salesforce.mapping import Alternative
    from connectors.salesforce.preflight import Plan

Record = dict[str, Any]

_WORDS: Final = {"price_period": PERIODS, "period": PERIODS, "kind": frozenset(Kind)}
_DAY_LENGTH: Final = len("2026-01-31")
_NO_RECORD: Final[Record] = {}
_FLAGS: Final = {"true": True, "false": False}


@dataclass(slots=True)
class RowMaker:
    """Makes rows of one table; remembers which keys it has seen. `links` is where people open records, or None."""

    plan: Plan
    links: str | None
    _readers: list[tuple[str, bool, Callable[[Record], object]]] = field(init=False)
    _seen: set[str] = field(init=False, default_factory=set)

    def __post_init__(self) -> None:
        """Prepare one reader a column: what can be decided once is not decided for every record."""
        self._readers = [
            (column.name, not column.nullable, self._reader(column)) for column in SCHEMAS[self.plan.table]
        ]

    def table(self, records: Sequence[Record], rejects: Rejects) -> pa.Table:
        """Return the rows that fit, in the table's schema; count them, and keep the others as rejects."""
        rows = []
        for record in records:
            try:
                rows.append(self._row(record))
            except UnfitError as unfit:
                rejects.add(self._reject(record, unfit))
        rejects.count(len(rows))
        return pa.Table.from_pylist(rows, schema=SCHEMAS[self.plan.table])

    def _row(self, record: Record) -> dict[str, object]:
        row: dict[str, object] = {}
        for name, required, read in self._readers:
            try:
                row[name] = read(record)
            except UnfitError as unfit:
                raise UnfitError(unfit.reason, f"{name}: {unfit.detail}") from unfit
            if required and row[name] is None:
                raise UnfitError("missing-value", f"{name}: is empty, and a row is nothing without it")
        if self.plan.table is Table.LINES:
            _check_line(row)
        self._check_key(str(row[KEYS[self.plan.table]]))
        return row

    def _check_key(self, key: str) -> None:
        if key in self._seen:
            raise UnfitError("duplicate-key", f"another record has the key '{key}'")
        self._seen.add(key)

    def _reject(self, record: Record, unfit: UnfitError) -> Reject:
        raw = json.dumps(_without_attributes(record), ensure_ascii=False)
        return Reject(f"{self.plan.source} {record.get('Id')}", unfit.reason, unfit.detail, raw)

    def _reader(self, column: pa.Field[Any]) -> Callable[[Record], object]:
        name = column.name
        if name == KEYS[self.plan.table]:
            return _field_reader(self.plan.key, _text)
        if name == "url" and name not in self.plan.columns:
            return self._link
        convert = _one_of(_WORDS[name]) if name in _WORDS else _CONVERSIONS[column.type]
        readers = [_alternative_reader(one, convert) for one in self.plan.columns.get(name, ())]
        return _first_filled(readers)

    def _link(self, record: Record) -> str | None:
        return f"{self.links}/{record['Id']}" if self.links else None


def _check_line(row: Mapping[str, Any]) -> None:
    if row["end"] < row["start"]:
        raise UnfitError("end-before-start", f"ends on {row['end']}, before its start on {row['start']}")
    if row["quantity"] < 0:
        raise UnfitError("negative-quantity", f"quantity is {row['quantity']:g}")


def _first_filled(readers: Sequence[Callable[[Record], object]]) -> Callable[[Record], object]:
    # Most columns have one alternative or none: a loop for each of them took half of the time of a reading.
    if not readers:
        return lambda _: None
    if len(readers) == 1:
        return readers[0]

    def first(record: Record) -> object:
        for read in readers:
            value = read(record)
            if value is not None:
                return value
        return None

    return first


def _alternative_reader(given: Alternative, convert: Callable[[object], object]) -> Callable[[Record], object]:
    default = None if given.default is None else convert(given.default)
    if given.field is None and given.date is None:
        constant = convert(given.value)
        return lambda _: constant
    read = _notice_reader(given) if given.date is not None else _value_reader(given, convert)
    if default is None:
        return read
    return lambda record: default if (value := read(record)) is None else value


def _value_reader(given: Alternative, convert: Callable[[object], object]) -> Callable[[Record], object]:
    assert given.field is not None
    steps: list[Callable[[object], object]] = [_translation(given.values)] if given.values else []
    if given.convert is not None:
        steps.append(_NAMED_CONVERSIONS[given.convert])
    if not steps:
        return _field_reader(given.field, convert)
    steps.append(convert)
    read = _field_reader(given.field, _unchanged)

    def value(record: Record) -> object:
        found = read(record)
        for step in steps:
            if found is None:
                return None
            found = step(found)
        return found

    return value


def _notice_reader(given: Alternative) -> Callable[[Record], object]:
    assert given.date is not None
    assert given.minus_days is not None
    read_date = _field_reader(given.date, _day)
    days = given.minus_days
    read_days = (lambda _: days) if isinstance(days, int) else _field_reader(days, _number)

    def day(record: Record) -> object:
        end, less = read_date(record), read_days(record)
        try:
            return None if end is None or less is None else end - timedelta(days=less)
        except OverflowError as error:
            raise UnfitError("number-unreadable", f"{less:g} days before {end} is no date") from error

    return day


def _field_reader(path: str, convert: Callable[[object], Any]) -> Callable[[Record], Any]:
    *parents, last = path.split(".")

    def own(record: Record) -> Any:  # noqa: ANN401 - whatever the conversion makes
        found = record.get(last)
        return None if found is None or found == "" else convert(found)

    def of_parent(record: Record) -> Any:  # noqa: ANN401 - likewise
        for parent in parents:
            record = record.get(parent) or _NO_RECORD
        return own(record)

    return of_parent if parents else own


def _unchanged(value: object) -> object:
    return value


def _translation(words: Mapping[str, object]) -> Callable[[object], object]:
    return lambda value: words.get(str(value), value)


def _text(value: object) -> str | None:
    # JSON's words, not Python's: a checkbox in a text column reads "true".
    text = value if isinstance(value, str) else json.dumps(value)
    return text.strip() or None


def _number(value: object) -> float:
    try:
        number = float(value) if isinstance(value, int | float | str) and not isinstance(value, bool) else None
    except ValueError:
        number = None
    if number is None or not isfinite(number):
        raise UnfitError("number-unreadable", f"'{value}' is no number")
    return number


def _day(value: object) -> date:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    text = value.isoformat() if isinstance(value, datetime) else str(value)
    try:
        if len(text) == _DAY_LENGTH:
            return date.fromisoformat(text)
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise UnfitError("date-unreadable", f"'{text}' is no date like 2026-01-31") from error
    # A moment counts for the day that it falls on in UTC, which is how Salesforce writes it.
    return moment.astimezone(UTC).date() if moment.tzinfo else moment.date()


def _flag(value: object) -> bool:
    if isinstance(value, bool):
        return value
    known = _FLAGS.get(str(value).strip().casefold())
    if known is None:
        raise UnfitError("value-unknown", f"'{value}' is neither true nor false; map it with 'values'")
    return known


def _one_of(words: frozenset[str]) -> Callable[[object], object]:
    def word(value: object) -> str:
        known = str(value).strip().casefold()
        if known not in words:
            listed = ", ".join(sorted(words))
            raise UnfitError("value-unknown", f"'{value}' is none of {listed}; map it with 'values'")
        return known

    return word


_CONVERSIONS: Final[dict[pa.DataType, Callable[[object], object]]] = {
    pa.string(): _text,
    pa.float64(): _number,
    pa.date32(): _day,
    pa.bool_(): _flag,
}


def _share(value: object) -> float:
    return _number(value) / 100


def bare_domain(value: object) -> str | None:
    """Reduce a web address as people type it to its host: `https://www.Acme.com/de` becomes `acme.com`.

    None where it holds no host with a dot in it, like "n/a".
    """
    host = host_of(str(value)) or ""
    return host if "." in host else None


_NAMED_CONVERSIONS: Final[Mapping[str, Callable[[object], object]]] = {"domain": bare_domain, "percent": _share}


def _without_attributes(record: object) -> object:
    if not isinstance(record, dict):
        return record
    return {name: _without_attributes(value) for name, value in record.items() if name != "attributes"}
