"""Draws what a chart shows as a PNG. Import it late: matplotlib takes half a second and fifty megabytes."""

from __future__ import annotations

import math
from functools import singledispatch
from typing import TYPE_CHECKING, Any, Final

from bot.charts.canvas import (
    BLUE,
    FAINT,
    GREEN,
    INK,
    PURPLE,
    SKY,
    VERMILION,
    Card,
    gaps,
    numbers,
)
from bot.core.chart import Ahead, Portfolio, Trend, Utilization
from bot.messages.escape import short
from bot.messages.speech import Speech

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from bot.core.chart import Spec

# Line, mark and colour differ together: whoever cannot tell colours apart tells the lines.
_LOOKS: Final = (
    (BLUE, "-", "o"),
    (VERMILION, "--", "s"),
    (GREEN, "-.", "^"),
    (PURPLE, ":", "D"),
    (INK, (0, (1, 1)), "v"),
)
GROUPS_MOST: Final = len(_LOOKS)
_WIDE: Final = 3.2
_NAME_MOST, _UNIT_MOST = 17, 30
_HIGHEST: Final = 1e300


def png(spec: Spec, language: str = "en") -> bytes:
    """Draw a chart, 1600 x 800. Raises ValueError where there is nothing that could be drawn."""
    return _drawn(spec, Speech(language))


@singledispatch
def _drawn(spec: Spec, speech: Speech) -> bytes:  # noqa: ARG001  # the signature of the forms below
    raise TypeError(f"no picture of {type(spec).__name__}")


@_drawn.register(Utilization)
def _(spec: Utilization, speech: Speech) -> bytes:
    values = _finite([point.value for point in spec.used])
    last = _last(values)
    words = {
        "used": speech.number(last),
        "contracted": speech.number(spec.contracted),
        "unit": short(spec.unit, _UNIT_MOST),
    }
    below = [speech.t("{used} of {contracted} {unit}", **words)]
    if last is not None and spec.contracted:
        below.append(speech.percent(last / spec.contracted))
    below.append(speech.t("as of {day}", day=speech.day(spec.as_of)))
    card = Card(spec.product, " · ".join(below))
    reach = _reach(spec)
    peaks = [*(value for value in values if value is not None), *(one.high for one in spec.ahead if one.day <= reach)]
    card.figures(1.14 * max([spec.contracted or 0.0, *_finite_only(peaks)], default=0.0), speech.number)
    card.days(spec.used[0].day, reach, speech)
    _line(card, [point.day for point in spec.used], values)
    _ahead(card, spec, last)
    _contracted(card, spec, speech)
    _run_out(card, spec, reach, speech)
    return card.png()


def _reach(spec: Utilization) -> date:
    ends = [one.day for one in spec.ahead[-1:]]
    return max([spec.as_of, spec.used[-1].day, *ends])


def _line(card: Card, days: Sequence[date], values: Sequence[float | None]) -> None:
    x, y = numbers(days), gaps(values)
    # Over the line of the contract: who uses exactly that must still be seen.
    card.axes.plot(x, y, color=BLUE, linewidth=_WIDE, solid_capstyle="round", zorder=4)
    # A known day between two unknown ones has no line: it is a dot.
    alone = [
        at
        for at, value in enumerate(values)
        if value is not None and not any(values[near] is not None for near in _beside(at, len(values)))
    ]
    card.axes.plot([x[at] for at in alone], [y[at] for at in alone], "o", color=BLUE, markersize=5)


def _beside(at: int, count: int) -> list[int]:
    return [near for near in (at - 1, at + 1) if 0 <= near < count]


def _ahead(card: Card, spec: Utilization, last: float | None) -> None:
    if not spec.ahead:
        return
    # The forecast begins on the day of the analysis, which may lie after the last one that use is known of.
    start = [Ahead(spec.as_of, last, last, last)] if last is not None and spec.ahead[0].day > spec.as_of else []
    way = [*start, *spec.ahead]
    x = numbers(one.day for one in way)
    low, middle, high = ([getattr(one, name) for one in way] for name in ("low", "middle", "high"))
    card.axes.fill_between(x, low, high, color=SKY, alpha=0.30, linewidth=0)
    card.axes.plot(x, middle, color=BLUE, linewidth=_WIDE - 0.6, linestyle=(0, (1.2, 1.6)), zorder=4)


def _contracted(card: Card, spec: Utilization, speech: Speech) -> None:
    if spec.contracted is None or not math.isfinite(spec.contracted):
        return
    card.axes.axhline(spec.contracted, color=INK, linewidth=2.2, linestyle="--")
    left = card.axes.get_xlim()[0]
    text = speech.t("{count} contracted", count=speech.number(spec.contracted))
    card.note(left, spec.contracted, text, INK, xytext=(4, 11))


def _run_out(card: Card, spec: Utilization, reach: date, speech: Speech) -> None:
    day = spec.run_out
    if day is None or spec.contracted is None or not spec.used[0].day <= day <= reach:
        return
    (x,) = numbers([day])
    card.axes.axvline(x, color=VERMILION, linewidth=2.0, linestyle=":")
    card.axes.plot([x], [spec.contracted], "D", color=VERMILION, markersize=10, zorder=5)
    text = speech.t("used up {day}", day=speech.day(day))
    card.note(x, 0.07 * card.axes.get_ylim()[1], text, VERMILION, **_beside_line(card, x))


def _beside_line(card: Card, x: float) -> dict[str, object]:
    """Write on the side of a line on which there is room."""
    left, right = card.axes.get_xlim()
    return {"ha": "right", "xytext": (-8, 0)} if x > (left + right) / 2 else {"ha": "left", "xytext": (8, 0)}


@_drawn.register(Trend)
def _(spec: Trend, speech: Speech) -> bytes:
    values = _finite([point.value for point in spec.points])
    card = Card(spec.product, " · ".join([_measure(spec, speech), speech.t("as of {day}", day=speech.day(spec.as_of))]))
    card.figures(1.18 * max(_finite_only(values), default=0.0), speech.number)
    days = [point.day for point in spec.points]
    card.days(days[0], days[-1], speech)
    _line(card, days, values)
    _change(card, spec, speech)
    return card.png()


def _measure(spec: Trend, speech: Speech) -> str:
    unit, weekly = {"unit": short(spec.unit, _UNIT_MOST)}, spec.grain == "week"
    if spec.measure == "sum":
        return speech.t("{unit} a week", **unit) if weekly else speech.t("{unit} a month", **unit)
    return speech.t("{unit} a day, by week", **unit) if weekly else speech.t("{unit} a day, by month", **unit)


def _change(card: Card, spec: Trend, speech: Speech) -> None:
    if spec.change is None or spec.direction == "flat":
        return
    (x,) = numbers([spec.change])
    left, right = card.axes.get_xlim()
    if not left <= x <= right:
        return
    card.axes.axvspan(x, right, color=VERMILION, alpha=0.08, linewidth=0)
    card.axes.axvline(x, color=VERMILION, linewidth=2.4, linestyle="--")
    text = speech.t("since {day}", day=speech.day(spec.change))
    if spec.size is not None:
        text = speech.t("{change} since {day}", change=speech.change(spec.size), day=speech.day(spec.change))
    card.note(x, 0.93 * card.axes.get_ylim()[1], text, VERMILION, **_beside_line(card, x))


@_drawn.register(Portfolio)
def _(spec: Portfolio, speech: Speech) -> bytes:
    below = speech.t("a year, by month, as of {day}", day=speech.day(spec.as_of))
    card = Card(speech.t("Contract value per active customer"), " · ".join(filter(None, (spec.currency, below))))
    groups = [(group.name, _finite(group.values)) for group in spec.groups[:GROUPS_MOST]]
    known = _finite_only([value for _, values in groups for value in values])
    # Outliers do not squeeze the others to the ground: one beyond the top is an arrow at it.
    top = 1.18 * max(known, default=0.0)
    card.figures(top, speech.number)
    card.days(spec.days[0], spec.days[-1], speech, room=0.34)
    for (_, values), look in zip(groups, _LOOKS, strict=False):
        _group(card, spec.days, values, look)
    _apart(card, groups, spec)
    _outliers(card, spec, top)
    return card.png()


def _group(card: Card, days: Sequence[date], values: Sequence[float | None], look: tuple[str, Any, str]) -> None:
    color, line, mark = look
    card.axes.plot(
        numbers(days), gaps(values), color=color, linestyle=line, marker=mark, linewidth=_WIDE - 0.4, markersize=6,
        markevery=max(len(days) // 8, 1),
    )  # fmt: skip


def _apart(card: Card, groups: Sequence[tuple[str, Sequence[float | None]]], spec: Portfolio) -> None:
    """Name each line behind its end; names that would lie upon each other are moved apart."""
    top = card.axes.get_ylim()[1]
    ends = [(at, last, name) for at, (name, values) in enumerate(groups) if (last := _last(values)) is not None]
    (x,) = numbers([spec.days[-1]])
    floor = 0.03 * top
    for at, last, name in sorted(ends, key=lambda end: end[1]):
        place = max(last, floor)
        floor = place + 0.115 * top
        card.note(x, place, short(name, _NAME_MOST), _LOOKS[at][0], xytext=(10, 0))


def _outliers(card: Card, spec: Portfolio, top: float) -> None:
    looks = {group.name: look for group, look in zip(spec.groups, _LOOKS, strict=False)}
    for one in spec.outliers:
        color = looks[one.group][0] if one.group in looks else FAINT
        beyond = one.value > top
        card.axes.plot(
            numbers([one.day]), [0.985 * top if beyond else one.value], "^" if beyond else "o", color=color,
            markersize=8, markerfacecolor="none", markeredgewidth=1.8,
        )  # fmt: skip


def _finite(values: Sequence[float | None]) -> list[float | None]:
    """Return values with those that no axis could hold as unknown."""
    return [value if value is not None and abs(value) < _HIGHEST else None for value in values]


def _finite_only(values: Sequence[float | None]) -> list[float]:
    return [value for value in values if value is not None and abs(value) < _HIGHEST]


def _last(values: Sequence[float | None]) -> float | None:
    return next((value for value in reversed(values) if value is not None), None)
