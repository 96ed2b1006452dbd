"""For which days the usage of a project is complete."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pyarrow as pa

from connectors.schema import COVERAGE
from connectors.usage.days import stretches

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import date

    from connectors.usage.days import Span

SIGHTING_DAYS: Final = 366
"""A meter whose events were not seen for so long before a window was not being measured when it began."""


def coverage(sighted: Mapping[str, date | None], alive: Collection[date], span: Span) -> pa.Table:
    """Return the covered days of a span, as `connectors.schema.COVERAGE`.

    `alive` are the days on which the project saw any event at all: a day without one is a tracking outage, unknown
    and not zero. `sighted` holds the first day on which an event of each meter was seen: before it, and for None, the
    meter is unknown, because a misspelt event is not zero either.
    """
    rows = [
        {"meter": meter, "customer": None, "first_day": run.first, "last_day": run.last}
        for meter, since in sighted.items()
        for run in stretches(day for day in alive if day in span and since is not None and day >= since)
    ]
    return pa.Table.from_pylist(rows, schema=COVERAGE)
