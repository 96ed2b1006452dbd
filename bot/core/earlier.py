"""The metrics of an earlier day, held beside those of the day that is judged: 41 %, and 52 % four weeks before."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from collections.abc import Mapping
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

    def inherited(self, survivors: Mapping[str, str]) -> Earlier:
        """Return the same under the ids that accounts have now; `survivors` maps a former id to the one of now.

        Who was there already then is compared with itself. Where several live on in one that was not, nobody can say
        what it was.
        """
        subjects = list(map(str, self.table.column(SUBJECT).to_pylist()))
        moved = [survivors.get(subject, subject) for subject in subjects]
        heirs, there = Counter(moved), set(subjects)
        names = [
            new if new == old or (new not in there and heirs[new] == 1) else old
            for old, new in zip(subjects, moved, strict=True)
        ]
        place = self.table.column_names.index(SUBJECT)
        return replace(self, table=self.table.set_column(place, SUBJECT, pa.array(names, pa.string())))


def shown(values: Any) -> Any:  # noqa: ANN401  # the stubs of Arrow's computations know no single type for it
    """Show values as evidence does: dates as text, what is no finite number as unknown."""
    if pa.types.is_date(values.type):
        return values.cast(pa.string())
    if pa.types.is_decimal(values.type):
        return values.cast(pa.float64())
    if pa.types.is_floating(values.type):
        return pc.if_else(pc.is_finite(values), values, pa.scalar(None, values.type))
    return values
