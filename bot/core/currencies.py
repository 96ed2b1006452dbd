"""Money of several currencies in one: the currency that is reported in, and the rates of the others by day. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

import pyarrow as pa

_RATES: Final = (
    pa.schema([("currency", pa.string())])
    .append(pa.field("from_day", pa.date32()))
    .append(pa.field("rate", pa.float64()))
)
_ALWAYS: Final = date.min


@dataclass(frozen=True, slots=True)
class Rate:
    """What one unit of a currency is worth in the currency that is reported in, from a day until its next rate."""

    currency: str
    from_day: date
    rate: float


@dataclass(frozen=True, slots=True)
class Currencies:
    """The currency that all money is reported in, and what the others are worth in it.

    The rate of a day is the last one at or before it. A currency without one is unknown there, and so is its money.
    """

    report_in: str
    """Three capital letters, as ISO 4217 has them."""
    rates: tuple[Rate, ...] = ()


def rates_table(currencies: Currencies | None) -> pa.Table:
    """Columns currency, from_day, rate; the report currency is worth itself. Without currencies there are no rows."""
    rates = () if currencies is None else (Rate(currencies.report_in, _ALWAYS, 1.0), *currencies.rates)
    rows = [{"currency": one.currency, "from_day": one.from_day, "rate": one.rate} for one in rates]
    return pa.Table.from_pylist(rows, schema=_RATES)
