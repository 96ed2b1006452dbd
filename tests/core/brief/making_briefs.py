"""Accounts, lines and courses of a few words each."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np

from bot.core.courses import Course
from bot.state.rows import AccountView, LineView

if TYPE_CHECKING:
    from collections.abc import Sequence

AS_OF = date(2026, 2, 28)
START, END = date(2025, 4, 1), date(2026, 3, 31)


def line(product: str = "Seats", kind: str | None = "seats", **changed: Any) -> LineView:  # noqa: ANN401 - fields
    """Make a line of 100 units of which 40 are used; what no field is called goes into its metrics."""
    values: dict[str, Any] = {
        "contracted": 100.0,
        "used": 40.0,
        "utilization": 0.4,
        "pace": None,
        "unit": "users",
        "start": START,
        "end": END,
    }
    metrics: dict[str, Any] = {"line_id": product, "meter": "active_users", "quantity": 100.0, "arr": 12_000.0}
    values.update({name: value for name, value in changed.items() if name in values})
    metrics.update({name: value for name, value in changed.items() if name not in values})
    return LineView(
        product, kind, **values, metrics={name: value for name, value in metrics.items() if value is not None}
    )


def course(counts: Sequence[float], kind: str = "seats", **changed: Any) -> Course:  # noqa: ANN401 - fields
    """Make the daily use of a line up to as-of."""
    values: dict[str, Any] = {
        "account_id": "001A",
        "line_id": "Seats",
        "product": "Seats",
        "kind": kind,
        "meter": "active_users",
        "unit": "users",
        "aggregation": "unique_users" if kind == "seats" else "sum",
        "cadence": "day",
        "as_of": AS_OF,
        "known_to": AS_OF,
        "contracted": 100.0,
        "used": 40.0,
        "utilization": 0.4,
        "start": START,
        "end": END,
        "counts": np.array(counts, dtype=np.float64),
    }
    return Course(**(values | changed))


def account(*lines: LineView, **metrics: Any) -> AccountView:  # noqa: ANN401 - metrics
    """Make an account with these lines and metrics."""
    extra = {name: metrics.pop(name) for name in ("opportunity", "before", "before_on", "name") if name in metrics}
    name = extra.pop("name", "Acme & Sons")
    url = "https://acme.my.salesforce.com/001A"
    return AccountView("001A", name, "acme.com", url, "005A", "005C", AS_OF, metrics, lines, **extra)
