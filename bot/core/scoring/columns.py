"""Between columns of Arrow and arrays of numpy, where NaN stands for unknown."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from numpy.typing import NDArray


def floats(table: pa.Table, name: str) -> NDArray[np.float64]:
    """Return a column of numbers or flags (0 or 1), unknown as NaN; NaN throughout where the table has no such column.

    Raises pyarrow.ArrowException for a column that is neither.
    """
    if name not in table.schema.names:
        return np.full(table.num_rows, np.nan)
    values: NDArray[np.float64] = pc.cast(table.column(name), pa.float64()).to_numpy()
    return values


def nullable(values: NDArray[np.float64]) -> pa.Array[pa.DoubleScalar]:
    """Return floats with NULL where the values are NaN."""
    return pa.array(values, pa.float64(), mask=np.isnan(values))


def whole(values: NDArray[np.float64]) -> pa.Array[pa.Int64Scalar]:
    """Return whole numbers with NULL where the values are NaN."""
    unknown = np.isnan(values)
    return pa.array(np.where(unknown, 0, values).astype(np.int64), pa.int64(), mask=unknown)
