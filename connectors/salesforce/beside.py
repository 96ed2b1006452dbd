"""What other objects tell of the same records: how many there are, the first of them, the values of all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from connectors.base import Reject
from connectors.salesforce.columns import column_reader
from connectors.salesforce.plans import ID
from connectors.schema import SCHEMAS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from connectors.base import Rejects
    from connectors.salesforce.conversions import Array, Values
    from connectors.salesforce.plans import BesidePlan
    from connectors.schema import Table


@dataclass(frozen=True, slots=True)
class Told:
    """Columns that another object fills, by the Id of the record that they belong to."""

    ids: Array
    columns: Mapping[str, Array]
    absent: Mapping[str, float]
    """What a column holds for a record of which nothing is told; NULL for those that are not in here."""

    def of(self, ids: Array) -> dict[str, Array]:
        """Return the columns for these records, row by row."""
        rows: Any = pc.index_in(ids, value_set=self.ids)
        found = {name: values.take(rows) for name, values in self.columns.items()}
        return {
            name: values.fill_null(self.absent[name]) if name in self.absent else values
            for name, values in found.items()
        }


def read_beside(plan: BesidePlan, table: Table, links: str | None, pages: Iterable[pa.Table], rejects: Rejects) -> Told:
    """Gather what an object tells from its pages. A value that cannot be read is refused; the others are kept.

    Raises UnfitError where a constant of the mapping fits not its column.
    """
    readers = {name: column_reader(SCHEMAS[table].field(name), given, links) for name, given in plan.columns.items()}
    answer = pa.concat_tables([plan.query.schema.empty_table(), *pages], promote_options="permissive")
    answer = answer.filter(pc.is_valid(answer.column(plan.of)))
    if plan.count:
        return _counted(plan, answer)
    if plan.collect:
        return _collected(plan, answer)
    return _first(plan, answer, readers, rejects)


def merged(told: Iterable[Told], ids: Array) -> dict[str, Array]:
    """Return all columns that are told, row by row; of two that tell of the same column the first one counts."""
    found: dict[str, Array] = {}
    for one in told:
        for name, values in one.of(ids).items():
            found[name] = pc.coalesce(found[name], values) if name in found else values
    return found


def _counted(plan: BesidePlan, answer: pa.Table) -> Told:
    assert plan.count is not None
    counted = answer.group_by(plan.of).aggregate([([], "count_all")])
    numbers: Any = _joined(counted, "count_all")
    return Told(_joined(counted, plan.of), {plan.count: numbers.cast(pa.float64())}, {plan.count: 0.0})


def _collected(plan: BesidePlan, answer: pa.Table) -> Told:
    paths = list(dict.fromkeys(plan.collect.values()))
    gathered = answer.sort_by(ID).group_by(plan.of).aggregate([(path, "list") for path in paths])
    columns: dict[str, Array] = {}
    for name, path in plan.collect.items():
        lists: Any = gathered.column(f"{path}_list").to_pylist()
        joined = [" ".join(dict.fromkeys(value for value in one if value)) or None for one in lists]
        columns[name] = pa.array(joined, pa.string())
    return Told(_joined(gathered, plan.of), columns, {})


def _first(
    plan: BesidePlan, answer: pa.Table, readers: Mapping[str, Callable[[pa.Table], Values]], rejects: Rejects
) -> Told:
    assert plan.first is not None
    answer = answer.sort_by([(name, "ascending") for name in (plan.of, plan.first, ID)]).combine_chunks()
    of: Any = _joined(answer, plan.of)
    # Sorted: the first of each record's rows is the one whose neighbour before is another record's.
    news: Any = pc.not_equal(of, pc.take(of, pa.array([max(row - 1, 0) for row in range(len(of))], pa.int64())))
    chosen = [row for row, new in enumerate(news.to_pylist()) if new or row == 0]
    answer = answer.take(pa.array(chosen, pa.int64()))
    columns = {name: read(answer) for name, read in readers.items()}
    for name, values in columns.items():
        for row, unfit in values.faults.items():
            place = f"{plan.query.source} {answer.column(ID)[row]}"
            raw = str({path: str(value) for path, value in answer.slice(row, 1).to_pylist()[0].items()})
            rejects.add(Reject(place, unfit.reason, f"{name}: {unfit.detail}", raw))
    return Told(_joined(answer, plan.of), {name: values.array for name, values in columns.items()}, {})


def _joined(table: pa.Table, name: str) -> Array:
    column: Any = table.column(name).combine_chunks()
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
