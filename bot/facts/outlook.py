"""Puts the forecast beside the metrics: arrays out of the analysis, a table back into it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa

from bot.core.forecasting.forecast import Draws, Forecastable, forecast
from bot.facts.series import Calendar

if TYPE_CHECKING:
    import numpy.typing as npt

    from bot.core.forecasting.draws import Forecasts
    from bot.facts.series import SeriesReader

_BATCH: Final = 4_000
"""Lines that are looked at at once: 756 days of them are 24 MB."""

_COLUMNS: Final[dict[str, pa.DataType]] = {
    "line_id": pa.string(),
    "run_out_date": pa.date32(),
    "run_out_earliest": pa.date32(),
    "run_out_latest": pa.date32(),
    "end_used": pa.float64(),
    "end_utilization": pa.float64(),
    "end_utilization_low": pa.float64(),
    "end_utilization_high": pa.float64(),
    "probability_over": pa.float64(),
    "overage_expected": pa.float64(),
    "used_a_day": pa.float64(),
    "forecast_basis_days": pa.float64(),
}
LINE_FORECASTS: Final = pa.schema(_COLUMNS)
"""One row a line that is drawn down; NULL where there is no forecast, and for a day that may never be."""


def line_forecasts(reader: SeriesReader, draws: pa.Table, days: int) -> pa.Table:
    """Forecast each row of `draws` (see `15_series.sql`) from so many days; columns of LINE_FORECASTS."""
    wanted = draws.column("series_no").to_numpy()
    calendar = Calendar(reader.as_of, days)
    parts = [_forecasts(draws.slice(begin, _BATCH), reader, calendar) for begin in range(0, len(wanted), _BATCH)]
    return pa.concat_tables([LINE_FORECASTS.empty_table(), *parts])


def _forecasts(draws: pa.Table, reader: SeriesReader, calendar: Calendar) -> pa.Table:
    def column(name: str) -> npt.NDArray[np.float64]:
        # NULL becomes NaN.
        return np.asarray(draws.column(name).to_numpy(), dtype=np.float64)

    numbers = draws.column("series_no").to_numpy()
    first, last = int(numbers.min()), int(numbers.max())
    counts = reader.counts(first, last + 1, calendar.days)
    known_to = calendar.days - 1 - column("known_back")
    told = forecast(
        Draws(
            counts=counts[numbers - first] * column("share")[:, None],
            used=column("used"),
            capacity=column("capacity"),
            days_left=column("days_left"),
            known_to=np.where(known_to < 0, np.nan, known_to),
            elapsed=column("elapsed"),
        )
    )
    return _table(draws.column("line_id"), told, calendar)


def _table(line_ids: pa.ChunkedArray[Any], told: Forecasts, calendar: Calendar) -> pa.Table:
    known = told.verdict == Forecastable.OK.value
    columns = {
        "line_id": line_ids,
        "run_out_date": _days(told.run_out, calendar),
        "run_out_earliest": _days(told.run_out_low, calendar),
        "run_out_latest": _days(told.run_out_high, calendar),
        "end_used": _numbers(told.end_use),
        "end_utilization": _numbers(told.end_utilization),
        "end_utilization_low": _numbers(told.end_utilization_low),
        "end_utilization_high": _numbers(told.end_utilization_high),
        "probability_over": _numbers(told.probability_over),
        "overage_expected": _numbers(told.overage_mean),
        "used_a_day": _numbers(told.level),
        "forecast_basis_days": _numbers(np.where(known, told.basis, np.nan)),
    }
    return pa.table(columns, schema=LINE_FORECASTS)


def _numbers(values: npt.NDArray[np.float64]) -> pa.Array[Any]:
    return pa.array(values, pa.float64(), mask=~np.isfinite(values))


def _days(ahead: npt.NDArray[np.float64], calendar: Calendar) -> pa.Array[Any]:
    """Days after as-of as dates; none where it is not finite: not within the horizon."""
    never = ~np.isfinite(ahead)
    epoch = np.datetime64(calendar.as_of, "D") + np.ceil(np.where(never, 0, ahead)).astype("timedelta64[D]")
    return pa.array(epoch, pa.date32(), mask=never)
