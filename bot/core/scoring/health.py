"""Health of all accounts at once: scores by factor, their weighted mean, and what each factor adds to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa

from bot.core.scoring.columns import floats, nullable
from bot.core.scoring.model import GREEN, MOST, RED, YELLOW

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from bot.core.scoring.model import Factor, HealthModel, Input, Stage

    Array = NDArray[np.float64]

GRID: Final = 2.0**-32
"""Health and contributions are multiples of this: floats add such numbers up without error, in any order."""

_ROUNDING: Final = 1e-9
"""What floats may lose in a sum of weights: half of the weight is half, however it is added up."""

_TENURE: Final = "tenure_days"
_BANDS: Final = (RED, YELLOW, GREEN)


@dataclass(frozen=True, slots=True)
class Health:
    """The health of every account of a table."""

    columns: pa.Table
    """`health`, `health_band`, `health_coverage` and `health_missing`, one row an account, in the table's order."""
    contributions: pa.Table
    """One row an account and factor: `subject`, `factor`, `score` (0..100, NULL without data), `weight` (share of the
    weight with data; NULL without data) and `contribution` (weight x score; NULL without data and where health is
    unknown). The contributions of an account add up to its health exactly. In the order of accounts, then of factors.
    """


@dataclass(frozen=True, slots=True)
class Reading:
    """One metric of a factor, as it was found."""

    metric: str
    value: float | None
    score: float | None


@dataclass(frozen=True, slots=True)
class FactorScore:
    """One factor of one account: what a card shows."""

    factor: str
    score: float | None
    """0..100; None without data."""
    weight: float | None
    """Share of the weight with data; None without data."""
    contribution: float | None
    """Points of health; None without data, or where health is unknown."""
    readings: tuple[Reading, ...]


def health(accounts: pa.Table, model: HealthModel) -> Health:
    """Measure the health of accounts: a row each, with `subject`, `tenure_days` and the metrics that the model names.

    A metric that the table has no column of is unknown for all. A factor without data is left out, the weights of the
    others then make up the whole; health is unknown where less than `minimum_coverage` of the weight has data.
    """
    scores = np.stack([_factor(accounts, factor) for factor in model.factors], axis=1)
    parts = _parts(scores, model)
    names = [factor.name for factor in model.factors]
    columns = {
        "health": nullable(parts.health),
        "health_band": _bands(parts.health, floats(accounts, _TENURE), model.stages),
        "health_coverage": nullable(parts.coverage),
        "health_missing": _missing(scores, names),
    }
    return Health(pa.table(columns), _contributions(accounts.column("subject"), names, scores, parts))


def explain(metrics: Mapping[str, object], model: HealthModel) -> tuple[FactorScore, ...]:
    """Say of one account, by its metrics, what each factor is made of: the same figures as `health`."""
    row = pa.table({"subject": [""]} | {name: [value] for name, value in _numbers(metrics, model).items()})
    rows = health(row, model).contributions.to_pylist()
    return tuple(
        FactorScore(
            factor.name,
            scored["score"],
            scored["weight"],
            scored["contribution"],
            tuple(_reading(row, put) for put in factor.inputs),
        )
        for factor, scored in zip(model.factors, rows, strict=True)
    )


def _numbers(metrics: Mapping[str, object], model: HealthModel) -> dict[str, float | None]:
    named = {put.metric for factor in model.factors for put in factor.inputs}
    given = {name: metrics.get(name) for name in named}
    return {name: float(value) if isinstance(value, int | float) else None for name, value in given.items()}


def _reading(row: pa.Table, put: Input) -> Reading:
    (value,), (score,) = nullable(floats(row, put.metric)).to_pylist(), nullable(_curve(row, put)).to_pylist()
    return Reading(put.metric, value, score)


# scores: arrays of shape [accounts], NaN where nothing is known


def _curve(accounts: pa.Table, put: Input) -> Array:
    xs, ys = zip(*put.curve, strict=True)
    scores: Array = np.interp(floats(accounts, put.metric), xs, ys)
    return scores


def _factor(accounts: pa.Table, factor: Factor) -> Array:
    total, weight = np.zeros(accounts.num_rows), np.zeros(accounts.num_rows)
    for put in factor.inputs:
        score = _curve(accounts, put)
        known = ~np.isnan(score)
        total += np.where(known, score * put.weight, 0)
        weight += known * put.weight
    return np.clip(_share(total, weight), 0, MOST)


def _share(part: Array, whole: Array) -> Array:
    share: Array = np.divide(part, whole, out=np.full(part.shape, np.nan), where=whole > 0)
    return share


@dataclass(frozen=True, slots=True)
class _Parts:
    """Arrays of shape [accounts], and [accounts, factors] for weights and contributions."""

    health: Array
    coverage: Array
    weights: Array
    contributions: Array


def _parts(scores: Array, model: HealthModel) -> _Parts:
    stated = np.array([factor.weight for factor in model.factors])
    known = ~np.isnan(scores)
    with_data = (known * stated).sum(axis=1)
    weights = np.where(known, known * stated / np.where(with_data > 0, with_data, 1)[:, None], np.nan)
    coverage = with_data / stated.sum()
    judged = (coverage >= model.minimum_coverage - _ROUNDING) & (with_data > 0)
    points = np.nan_to_num(weights * scores)
    total = np.where(judged, _on_grid(np.clip(points.sum(axis=1), 0, MOST)), np.nan)
    return _Parts(total, coverage, weights, np.where(judged[:, None] & known, _shared(points, total), np.nan))


def _on_grid(values: Array) -> Array:
    return np.rint(values / GRID) * GRID


def _shared(points: Array, total: Array) -> Array:
    """Put each part on the grid; the largest one takes what rounding has left over, so that all add up to the total."""
    rounded = _on_grid(points)
    rounded[np.arange(len(points)), points.argmax(axis=1)] += total - rounded.sum(axis=1)
    return rounded


# texts


def _bands(score: Array, tenure: Array, stages: tuple[Stage, ...]) -> pa.Array[pa.StringScalar]:
    if not stages:
        return pa.nulls(len(score), pa.string())
    stage = np.searchsorted([stage.from_day for stage in stages], tenure, side="right") - 1
    yellow, green = (
        np.array(ends)[stage] for ends in zip(*((s.yellow_from, s.green_from) for s in stages), strict=True)
    )
    band = (score >= yellow).astype(np.int8) + (score >= green)
    return _texts(_BANDS, band, np.isnan(score) | np.isnan(tenure) | (stage < 0))


def _missing(scores: Array, names: list[str]) -> pa.Array[pa.StringScalar]:
    # Accounts with the same gaps share one text: rows of bits are told apart as one piece of bytes each.
    gaps = np.packbits(np.isnan(scores), axis=1)
    _, first, pattern = np.unique(gaps.view(f"S{gaps.shape[1]}"), return_index=True, return_inverse=True)
    texts = [", ".join(names[factor] for factor in np.flatnonzero(np.isnan(scores[row]))) for row in first]
    return _texts(texts, pattern.reshape(-1))


def _texts(
    texts: tuple[str, ...] | list[str], which: NDArray[np.integer], unknown: NDArray[np.bool_] | None = None
) -> pa.Array[pa.StringScalar]:
    return pa.array(texts, pa.string()).take(pa.array(which, pa.int64(), mask=unknown))


def _contributions(subjects: pa.ChunkedArray[Any], names: list[str], scores: Array, parts: _Parts) -> pa.Table:
    accounts, factors = scores.shape
    return pa.table(
        {
            "subject": subjects.take(np.repeat(np.arange(accounts), factors)).combine_chunks(),
            "factor": _texts(names, np.tile(np.arange(factors), accounts)),
            "score": nullable(scores.reshape(-1)),
            "weight": nullable(parts.weights.reshape(-1)),
            "contribution": nullable(parts.contributions.reshape(-1)),
        }
    )
