"""From the answer to a query to rows of our tables, column by column; a row that does not fit is refused with why."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from connectors.base import Reject, Rejects, UnfitError
from connectors.salesforce.conversions import CONVERSIONS, Array, Values, constant, domains, shares, translated, words
from connectors.salesforce.plans import ID
from connectors.salesforce.terms import last_days, minus_days
from connectors.schema import KEYS, PERIODS, SCHEMAS, Kind, Table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from connectors.salesforce.mapping import Alternative
    from connectors.salesforce.plans import Plan

_WORDS: Final = {"price_period": PERIODS, "period": PERIODS, "kind": frozenset(Kind)}
_NAMED: Final[Mapping[str, Callable[[Array], Values]]] = {"domain": domains, "percent": shares}


@dataclass(slots=True)
class TableMaker:
    """Makes rows of one table from the answers to its query; remembers the keys that it has seen.

    `links` is where people open records, or None. Raises UnfitError where a constant of the mapping fits not.
    """

    plan: Plan
    links: str | None
    _readers: list[tuple[pa.Field[Any], Callable[[pa.Table], Values]]] = field(init=False)
    _seen: set[str] = field(init=False, default_factory=set)

    def __post_init__(self) -> None:
        """Prepare one reader a column."""
        self._readers = [(column, self._reader(column)) for column in SCHEMAS[self.plan.table]]
        # Once without a row: what cannot be carried out is found before anything is asked for, and what has to be made
        # ready is, while nobody waits for an answer.
        self.table(self.plan.query.schema.empty_table(), Rejects())

    def table(self, answer: pa.Table, rejects: Rejects, beside: Mapping[str, Array] | None = None) -> pa.Table:
        """Return the rows that fit, in the table's schema; count them, and keep the others as rejects.

        `beside`: values that count where the answer has none, by column, row by row.
        """
        faults: dict[int, UnfitError] = {}
        columns: dict[str, Array] = {}
        for column, read in self._readers:
            values = read(answer)
            if beside and (other := beside.get(column.name)) is not None:
                values = values.or_else(Values(other))
            _note(faults, column, values)
            columns[column.name] = values.array
        self._check(columns, faults)
        for row in sorted(faults):
            rejects.add(self._reject(answer, row, faults[row]))
        rejects.count(answer.num_rows - len(faults))
        keep = np.setdiff1d(np.arange(answer.num_rows), list(faults)) if faults else None
        arrays = [columns[name] if keep is None else columns[name].take(pa.array(keep)) for name in columns]
        return pa.Table.from_arrays(arrays, schema=SCHEMAS[self.plan.table])

    def _check(self, columns: Mapping[str, Array], faults: dict[int, UnfitError]) -> None:
        if self.plan.table is Table.LINES:
            for row, unfit in _line_faults(columns):
                faults.setdefault(row, unfit)
        if self.plan.key != ID:  # that the Ids of an answer differ is looked at once for all of it
            for row, key in enumerate(columns[KEYS[self.plan.table]].to_pylist()):
                if row not in faults and key in self._seen:
                    faults[row] = UnfitError("duplicate-key", f"another record has the key '{key}'")
                elif row not in faults:
                    self._seen.add(str(key))

    def _reject(self, answer: pa.Table, row: int, unfit: UnfitError) -> Reject:
        record = {name: value for name, value in answer.slice(row, 1).to_pylist()[0].items() if value is not None}
        raw = json.dumps(record, ensure_ascii=False, default=str)
        return Reject(f"{self.plan.query.source} {record.get(ID)}", unfit.reason, unfit.detail, raw)

    def _reader(self, column: pa.Field[Any]) -> Callable[[pa.Table], Values]:
        name = column.name
        if name == KEYS[self.plan.table]:
            return _of(self.plan.key, CONVERSIONS[pa.string()])
        if name == "url" and name not in self.plan.columns:
            return self._link
        return column_reader(column, self.plan.columns.get(name, ()), self.links)

    def _link(self, answer: pa.Table) -> Values:
        return linked(answer, self.links)


def linked(answer: pa.Table, links: str | None) -> Values:
    """Return the address of each record, or NULL where nobody knows where people open them."""
    if links is None:
        return Values(pa.nulls(answer.num_rows, pa.string()))
    ids: Any = _column(answer, ID)
    return Values(pc.binary_join_element_wise(f"{links}/", ids, ""))


def column_reader(
    column: pa.Field[Any], given: Sequence[Alternative], links: str | None
) -> Callable[[pa.Table], Values]:
    """Return what fills a column from an answer: the first of its alternatives that is filled, row by row.

    Raises UnfitError where a constant fits not the column.
    """
    kind = column.type
    convert = words(_WORDS[column.name]) if column.name in _WORDS else CONVERSIONS[kind]
    readers = [
        _alternative(one, kind, convert) if one.link is None else (lambda answer: linked(answer, links))
        for one in given
    ]
    if not readers:
        return lambda answer: Values(pa.nulls(answer.num_rows, kind))

    def first(answer: pa.Table) -> Values:
        found = readers[0](answer)
        for read in readers[1:]:
            if not found.array.null_count:
                break
            found = found.or_else(read(answer))
        return found

    return first


def _alternative(
    given: Alternative, kind: pa.DataType, convert: Callable[[Array], Values]
) -> Callable[[pa.Table], Values]:
    if given.field is None and given.date is None:
        same = constant(given.value, kind, convert)
        return lambda answer: _repeated(same, answer)
    read = _moved(given) if given.date is not None else _value(given, convert)
    if given.default is None:
        return read
    default = constant(given.default, kind, convert)

    def filled(answer: pa.Table) -> Values:
        found = read(answer)
        return found.or_else(_repeated(default, answer)) if found.array.null_count else found

    return filled


def _value(given: Alternative, convert: Callable[[Array], Values]) -> Callable[[pa.Table], Values]:
    assert given.field is not None
    path, meanings = given.field, given.values
    if given.convert is not None:
        convert = _NAMED[given.convert]
    if not meanings:
        return _of(path, convert)
    return lambda answer: convert(translated(_column(answer, path), meanings))


def _moved(given: Alternative) -> Callable[[pa.Table], Values]:
    assert given.date is not None
    move, by = (minus_days, given.minus_days) if given.plus_months is None else (last_days, given.plus_months)
    read_day = _of(given.date, CONVERSIONS[pa.date32()])
    if isinstance(by, str):
        read_count = _of(by, CONVERSIONS[pa.float64()])
        return lambda answer: move(read_day(answer), read_count(answer))
    same = pa.scalar(float(by or 0), pa.float64())
    return lambda answer: move(read_day(answer), _repeated(same, answer))


def _of(path: str, convert: Callable[[Array], Values]) -> Callable[[pa.Table], Values]:
    return lambda answer: convert(_column(answer, path))


def _repeated(same: Any, answer: pa.Table) -> Values:  # noqa: ANN401 - a scalar of any type
    return Values(pa.repeat(same, answer.num_rows))


def _column(answer: pa.Table, path: str) -> Array:
    column: Any = answer.column(path)
    joined: Array = column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()
    return joined


def _note(faults: dict[int, UnfitError], column: pa.Field[Any], values: Values) -> None:
    for row, unfit in values.faults.items():
        faults.setdefault(row, UnfitError(unfit.reason, f"{column.name}: {unfit.detail}"))
    if not column.nullable and values.array.null_count:
        empty = UnfitError("missing-value", f"{column.name}: is empty, and a row is nothing without it")
        for row in _rows(pc.is_null(values.array)):
            faults.setdefault(row, empty)


def _line_faults(columns: Mapping[str, Array]) -> Iterator[tuple[int, UnfitError]]:
    start, end, quantity = (columns[name] for name in ("start", "end", "quantity"))
    for row in _rows(pc.less(end, start)):
        detail = f"ends on {end[row]}, before its start on {start[row]}"
        yield row, UnfitError("end-before-start", detail)
    for row in _rows(pc.less(quantity, pa.scalar(0.0))):
        yield row, UnfitError("negative-quantity", f"quantity is {quantity[row].as_py():g}")


def _rows(mask: Array) -> list[int]:
    chosen: Any = pc.indices_nonzero(mask)
    return [int(row) for row in chosen.to_pylist()]
