"""How all accounts fare: what is appended to their metrics once everything else of them is known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa

from bot.core.percentiles import FEWEST, percentiles
from bot.core.scoring.columns import floats
from bot.core.scoring.health import health

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.core.scoring.model import Factor, HealthModel, Input

_TEXT: Final[pa.DataType] = pa.string()
_NUMBER: Final[pa.DataType] = pa.float64()

CONTRIBUTIONS: Final = pa.schema(
    [("subject", _TEXT), ("factor", _TEXT), ("score", _NUMBER), ("weight", _NUMBER), ("contribution", _NUMBER)]
)
"""Columns of `Appraisal.contributions`."""


@dataclass(frozen=True, slots=True)
class Appraisal:
    """How all accounts fare."""

    accounts: pa.Table
    """The table that was given, with the metrics of STANDING and HEALTH of the catalogue appended."""
    contributions: pa.Table
    """As `bot.core.scoring.health.Health.contributions`."""
    notes: tuple[str, ...]
    """What looks wrong in the settings of health, in words."""


def appraise(accounts: pa.Table, model: HealthModel) -> Appraisal:
    """Append percentiles and health to the metrics of accounts; rows and their order stay."""
    ranked = _beside(accounts, percentiles(accounts))
    measured = health(ranked, model)
    return Appraisal(_beside(ranked, measured.columns), measured.contributions, tuple(_off_scale(ranked, model)))


def _beside(table: pa.Table, columns: pa.Table) -> pa.Table:
    for name in columns.schema.names:
        table = table.append_column(name, columns.column(name))
    return table


def _off_scale(accounts: pa.Table, model: HealthModel) -> Iterator[str]:
    """Yield the inputs whose curve none of the known values meets: a scale of 1 to 5 read as percent, say."""
    for factor in model.factors:
        for put in factor.inputs:
            values = floats(accounts, put.metric)
            values = values[~np.isnan(values)]
            first, last = put.curve[0][0], put.curve[-1][0]
            if len(values) >= FEWEST and (values.max() < first or values.min() > last):
                yield _note(factor, put, values.min(), values.max())


def _note(factor: Factor, put: Input, least: float, most: float) -> str:
    return (
        f"health: all values of '{put.metric}' ({least:g} to {most:g}) lie beyond the curve of '{factor.name}', which "
        f"runs from {put.curve[0][0]:g} to {put.curve[-1][0]:g}; give it the scale of your CRM under `health.factors`"
    )
