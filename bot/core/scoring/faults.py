"""What is wrong in the meaning of the `health` section of the settings, found in the plain data of the file.

The form (numbers, lists, keys that exist) is checked elsewhere; what does not have it is passed over here. So faults of
both sorts are told at once, and one does not hide the other.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from math import isfinite
from typing import Final

from bot.core.located import Path, did_you_mean
from bot.core.metrics import ACCOUNT_METRICS, Unit
from bot.core.scoring.model import MOST

Problem = tuple[Path, str]
"""A place below `health`, and what is wrong there with its mend."""

OWN: Final = frozenset({"health", "health_band", "health_coverage", "health_missing"})
"""Metrics that health itself makes, and so cannot be made of."""

_WORDS: Final = frozenset({Unit.TEXT, Unit.DATE})
_FEWEST_POINTS: Final = 2


def problems(section: object) -> Iterator[Problem]:
    """Yield everything in the section that is well formed and means nothing."""
    if not isinstance(section, Mapping):
        return
    yield from _share(section.get("minimum_coverage"), ("minimum_coverage",))
    factors = list(_items(section.get("factors")))
    if section.get("factors") == []:
        yield ("factors",), "names no factor; leave the key out for those that ship"
    yield from _twice([(("factors", index, "name"), factor.get("name")) for index, factor in factors])
    for index, factor in factors:
        yield from _factor(factor, ("factors", index))
    yield from _bands(list(_items(section.get("bands"))))


def _items(value: object) -> Iterator[tuple[int, Mapping[object, object]]]:
    """Yield the mappings of a list, with their place in it."""
    if isinstance(value, list):
        yield from ((index, item) for index, item in enumerate(value) if isinstance(item, Mapping))


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _share(value: object, place: Path) -> Iterator[Problem]:
    share = _number(value)
    if share is not None and not 0 <= share <= 1:
        yield place, f"wanted a share of 0 to 1, like 0.5 (here: {value})"


def _twice(named: Sequence[tuple[Path, object]]) -> Iterator[Problem]:
    seen = set()
    for place, name in named:
        if isinstance(name, str) and name in seen:
            yield place, f"'{name}' stands twice; keep one of them"
        seen.add(str(name))


def _weight(owner: Mapping[object, object], place: Path) -> Iterator[Problem]:
    weight = _number(owner.get("weight"))
    if weight is not None and not (weight > 0 and isfinite(weight)):
        yield (*place, "weight"), f"must be more than 0 (here: {owner['weight']}); leave out what is to weigh nothing"


def _factor(factor: Mapping[object, object], place: Path) -> Iterator[Problem]:
    yield from _weight(factor, place)
    inputs = list(_items(factor.get("inputs")))
    if factor.get("inputs") == []:
        yield (*place, "inputs"), "names no metric; a factor wants at least one"
    yield from _twice([((*place, "inputs", index, "metric"), put.get("metric")) for index, put in inputs])
    for index, put in inputs:
        below = (*place, "inputs", index)
        yield from _weight(put, below)
        yield from _metric(put.get("metric"), (*below, "metric"))
        yield from _curve(put.get("curve"), (*below, "curve"))


def _metric(name: object, place: Path) -> Iterator[Problem]:
    if not isinstance(name, str):
        return
    metric = ACCOUNT_METRICS.get(name)
    if name in OWN:
        yield place, f"'{name}' comes out of health and cannot go into it"
    elif metric is None:
        usable = [one.name for one in ACCOUNT_METRICS.values() if one.unit not in _WORDS and one.name not in OWN]
        near = did_you_mean(name, usable) or "; docs/metrics.md lists those of accounts"
        yield place, f"unknown metric '{name}'{near}"
    elif metric.unit in _WORDS:
        yield place, f"'{name}' is a {metric.unit}; a curve wants a number or a flag"


def _curve(curve: object, place: Path) -> Iterator[Problem]:
    if not isinstance(curve, list):
        return
    if len(curve) < _FEWEST_POINTS:
        yield place, f"wanted at least {_FEWEST_POINTS} points, like [[0, 0], [1, 100]] (here: {len(curve)})"
    points = [(index, _point(point)) for index, point in enumerate(curve)]
    for index, (x, y) in points:
        if y is not None and not 0 <= y <= MOST:
            yield (*place, index), f"a score lies between 0 and {MOST:g} (here: {y:g})"
        if x is not None and not isfinite(x):
            yield (*place, index), f"wanted a finite value (here: {x:g})"
    for (_, (before, _)), (index, (x, _)) in pairwise(points):
        if before is not None and x is not None and not x > before:
            yield (*place, index), f"values must rise from point to point; {x:g} follows {before:g}"


def _point(point: object) -> tuple[float | None, float | None]:
    if not isinstance(point, list) or len(point) != 2:  # noqa: PLR2004  # a value and a score
        return None, None
    return _number(point[0]), _number(point[1])


def _bands(bands: Sequence[tuple[int, Mapping[object, object]]]) -> Iterator[Problem]:
    last: float | None = None
    for index, band in bands:
        place: Path = ("bands", index)
        day, yellow, green = (_number(band.get(name)) for name in ("from_day", "yellow_from", "green_from"))
        if day is not None and day < 0:
            yield (*place, "from_day"), f"a contract's age is 0 days or more (here: {day:g})"
        if day is not None and last is not None and not day > last:
            yield (*place, "from_day"), f"bands go by age, the youngest first; {day:g} follows {last:g}"
        for name, end in (("yellow_from", yellow), ("green_from", green)):
            if end is not None and not 0 <= end <= MOST:
                yield (*place, name), f"health lies between 0 and {MOST:g} (here: {end:g})"
        if yellow is not None and green is not None and not yellow < green:
            yield (*place, "green_from"), f"green begins above yellow; {green:g} is not more than {yellow:g}"
        last = day if day is not None else last
