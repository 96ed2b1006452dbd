"""What cannot be true of a contract line, whatever its cells say one by one."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from connectors.schema import Table

if TYPE_CHECKING:
    from connectors.files.mapping import Mapped
    from connectors.files.values import Value


def check_lines(mapped: Mapped) -> None:
    """Note a fault for each contract line that contradicts itself."""
    for row, quantity in enumerate(_column(mapped, "quantity")):
        if isinstance(quantity, float) and quantity < 0:
            mapped.fault(row, "negative-quantity", f"a contract of {quantity:,.2f}: an amendment, not a quantity")
    for row, discount in enumerate(_column(mapped, "discount")):
        if isinstance(discount, float) and not 0 <= discount <= 1:
            mapped.fault(row, "discount-out-of-range", f"{discount:g} is no share of 0 to 1; is `scale: 0.01` meant?")
    for row, (start, end) in enumerate(zip(_column(mapped, "start"), _column(mapped, "end"), strict=True)):
        if isinstance(start, date) and isinstance(end, date) and end < start:
            mapped.fault(row, "end-before-start", f"ends on {end}, before it starts on {start}")


def _column(mapped: Mapped, name: str) -> list[Value]:
    return mapped.columns.get((Table.LINES, name), [])
