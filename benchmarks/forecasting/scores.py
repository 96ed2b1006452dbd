"""How far off the methods are and how often their intervals hold what came."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import numpy as np

from benchmarks.forecasting.cases import FUTURE, HORIZONS
from benchmarks.forecasting.methods import PEERS, TAIL, equal_weights, headroom, weighted_quantile

if TYPE_CHECKING:
    from benchmarks.forecasting.cases import Cases, Floats
    from bot.core.forecasting.settings import ForecastSettings

LEFT_DAYS: Final = (15, 30, 60, 120)
"""What is left of the capacity in the run-out cases: so many days at the run rate."""
OFFSET: Final = 0.1
"""Of the expected use, added on both sides of a peer's error ratio: there may have been none."""
SLACK: Final = 1e-9
"""Sums of the same counts in another order differ by less."""
BASE: Final = "run rate"
DATES: Final = "run-out"

BySeries: TypeAlias = dict[str, float]
Scores: TypeAlias = "dict[str, dict[int | str, dict[str, BySeries]]]"
"""Method, horizon in days or DATES, measure: mean of each series."""


@dataclass(frozen=True)
class Interval:
    """[cases] bounds of the use over a horizon, and its middle."""

    low: Floats
    middle: Floats
    high: Floats


def score(cases: Cases, tuned_on: Cases | None, settings: ForecastSettings) -> Scores:
    """Score each method; peers have intervals where there are cases to tune them on."""
    found: Scores = {"headroom": {days: _use(cases, days, _ours(cases, days, settings)) for days in HORIZONS}}
    for name, method in PEERS.items():
        totals = method(cases).cumsum(axis=1)
        tuned = None if tuned_on is None else method(tuned_on).cumsum(axis=1)
        found[name] = {}
        for days in HORIZONS:
            middle = totals[:, days - 1]
            logs = None if tuned_on is None or tuned is None else _tuned(tuned_on, tuned[:, days - 1], days)
            if logs is None:
                found[name][days] = {"error": _by_series(cases, np.abs(cases.actual(days) - middle))}
            else:
                low, high = (_moved(middle, log) for log in logs)
                found[name][days] = _use(cases, days, Interval(low, middle, high))
    for name, dates in _dates(cases, settings).items():
        found[name][DATES] = dates
    return found


def summary(parts: list[Scores]) -> list[dict[str, Any]]:
    """Figures of each method from the scores of several parts of the series: each series weighs the same."""
    found = []
    for method in parts[0]:
        rows = []
        for horizon in parts[0][method]:
            own, base = (_joined(parts, name, horizon) for name in (method, BASE))
            outside = [_mean(own.get(side, {})) for side in ("below", "above")]
            below, above = outside
            rows.append(
                {
                    "days": horizon,
                    "error_ratio": _ratio(own["error"], base["error"]),
                    "pinball_ratio": _ratio(own.get("pinball", {}), base.get("pinball", {})),
                    "coverage": None if below is None or above is None else round(1 - below - above, 3),
                    "below": below,
                    "above": above,
                }
            )
        found.append({"name": method, "horizons": rows})
    return found


def _ours(cases: Cases, days: int, settings: ForecastSettings) -> Interval:
    used = cases.used()
    told = headroom(cases, np.full(len(cases), float(days)), used, settings)
    return Interval(told.end_use_low - used, told.end_use - used, told.end_use_high - used)


def _tuned(cases: Cases, middle: Floats, days: int) -> tuple[float, float] | None:
    """Logs of a peer's bounds / its middle; None where no case reaches so far."""
    offset = OFFSET * np.maximum(middle, SLACK)
    logs = np.log((cases.actual(days) + offset) / (middle + offset))
    weights = equal_weights(cases, logs)
    if not weights.any():
        return None
    return weighted_quantile(logs, weights, TAIL), weighted_quantile(logs, weights, 1 - TAIL)


def _moved(middle: Floats, log: float) -> Floats:
    return np.asarray(np.maximum(middle * ((1 + OFFSET) * np.exp(log) - OFFSET), 0.0))


def _use(cases: Cases, days: int, told: Interval) -> dict[str, BySeries]:
    actual = cases.actual(days)
    known = np.isfinite(actual)
    slack = SLACK * np.maximum(np.abs(actual), 1.0)
    pinball = sum(
        _pinball(actual, each, share) for each, share in ((told.low, 0.1), (told.middle, 0.5), (told.high, 0.9))
    )
    scores = {
        "error": np.abs(actual - told.middle),
        "pinball": np.asarray(pinball),
        "below": np.where(known, actual < told.low - slack, np.nan),
        "above": np.where(known, actual > told.high + slack, np.nan),
    }
    return {name: _by_series(cases, values) for name, values in scores.items()}


def _pinball(actual: Floats, told: Floats, share: float) -> Floats:
    return np.asarray(np.maximum(share * (actual - told), (share - 1) * (actual - told)))


def _dates(cases: Cases, settings: ForecastSettings) -> dict[str, dict[str, BySeries]]:
    """Run-out dates where the capacity left would last LEFT_DAYS at the run rate.

    Where the future known ends before the date, an interval that ends earlier has missed it and any other holds it;
    errors then are to that end.
    """
    known = np.isfinite(cases.future)
    limits = np.where(known.any(axis=1), FUTURE - np.argmax(known[:, ::-1], axis=1), 0)
    chosen = (known.sum(axis=1) >= 0.8 * limits) & (limits >= HORIZONS[0]) & (cases.used() > 0)
    cases, limits = cases.where(chosen), limits[chosen].astype(np.float64)
    parts = [_dates_after(cases, left, limits, settings) for left in LEFT_DAYS]
    return {
        name: {
            measure: _by_series(cases, np.mean([part[name][measure] for part in parts], axis=0))
            for measure in parts[0][name]
        }
        for name in parts[0]
    }


def _dates_after(cases: Cases, left: int, limits: Floats, settings: ForecastSettings) -> dict[str, dict[str, Floats]]:
    filled = np.where(np.isfinite(cases.future), cases.future, np.nanmean(cases.future, axis=1, keepdims=True))
    missing = cases.used() / cases.elapsed * left
    actual = _first_day(filled.cumsum(axis=1) + cases.lost[:, None], missing)
    told = headroom(cases, np.full(len(cases), float(FUTURE)), cases.used() + missing, settings)
    days = {"headroom": np.where(np.isnan(told.run_out), np.inf, told.run_out)}
    days |= {name: _first_day(method(cases).cumsum(axis=1), missing) for name, method in PEERS.items()}
    seen = np.minimum(actual, limits)
    found = {name: {"error": np.abs(np.minimum(day, limits) - seen)} for name, day in days.items()}
    found["headroom"]["below"] = ((actual <= limits) & (actual < told.run_out_low)).astype(np.float64)
    found["headroom"]["above"] = (seen > told.run_out_high).astype(np.float64)
    return found


def _first_day(totals: Floats, missing: Floats) -> Floats:
    """First day at whose end the total is enough; inf where none is."""
    before = (totals < missing[:, None] * (1 - SLACK)).sum(axis=1)
    return np.where(before < totals.shape[1], before + 1.0, np.inf)


def _by_series(cases: Cases, values: Floats) -> BySeries:
    names, number = np.unique(cases.series, return_inverse=True)
    known = np.isfinite(values)
    total = np.bincount(number, weights=np.where(known, values, 0.0), minlength=len(names))
    count = np.bincount(number, weights=known, minlength=len(names))
    return {str(name): float(total[at] / count[at]) for at, name in enumerate(names) if count[at]}


def _joined(parts: list[Scores], method: str, horizon: int | str) -> dict[str, BySeries]:
    joined: dict[str, BySeries] = {}
    for part in parts:
        for measure, series in part[method][horizon].items():
            joined.setdefault(measure, {}).update(series)
    return joined


def _ratio(ours: BySeries, base: BySeries) -> float | None:
    """Geometric mean over series; None where no series has both above 0."""
    logs = [np.log(ours[name] / base[name]) for name in ours if base.get(name, 0.0) > 0 and ours[name] > 0]
    return round(float(np.exp(np.mean(logs))), 3) if logs else None


def _mean(values: BySeries) -> float | None:
    return round(float(np.mean(list(values.values()))), 3) if values else None
