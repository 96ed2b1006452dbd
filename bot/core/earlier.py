"""The metrics of an earlier day, held beside those of the day that is judged: 41 %, and 52 % four weeks before."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from datetime import date

SUBJECT: Final = "subject"
"""Column of a metrics table that names what a row is about."""


@dataclass(frozen=True, slots=True)
class Earlier:
    """Some metrics of a day that lies before the judged one."""

    day: date
    table: pa.Table
    """A text column `subject`, none twice, and a column for each metric that was kept; NULL is unknown."""

    def beside(self, subjects: pa.Array[Any]) -> pa.Table:
        """Return the rows of these subjects, in their order; of one that was not there all is NULL."""
        kept: Any = self.table.column(SUBJECT).combine_chunks()
        return self.table.take(pc.index_in(subjects, value_set=kept))


def shown(values: Any) -> Any:  # noqa: ANN401  # the stubs of Arrow's computations know no single type for it
    """Show values as evidence does: dates as text, what is no finite number as unknown."""
    if pa.types.is_date(values.type):
        return values.cast(pa.string())
    if pa.types.is_decimal(values.type):
        return values.cast(pa.float64())
    if pa.types.is_floating(values.type):
        return pc.if_else(pc.is_finite(values), values, pa.scalar(None, values.type))
    return values
