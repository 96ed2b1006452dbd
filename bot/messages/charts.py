"""Charts where there is no picture: as lines of bars for a terminal, and as figures that Slack draws itself."""

from __future__ import annotations

from functools import singledispatch
from typing import TYPE_CHECKING, Any, Final

from bot.core.chart import Portfolio, Trend, Utilization
from bot.messages.escape import plain, short
from bot.messages.speech import Speech

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date

    from bot.core.chart import Point, Spec
    from bot.messages.message import Chart

    _Plotted = tuple[list[date], list[tuple[str, Sequence[float | None]]]]

Json = dict[str, Any]

CELLS: Final = 60
_BARS: Final = "▁▂▃▄▅▆▇█"
_GAP: Final = "·"
_NAME_MOST: Final = 20
"""Characters of a label in what Slack draws: of a series and of a point."""
_TITLE_MOST: Final = 50
_POINTS_MOST: Final = 20
_SERIES_MOST: Final = 12


def sparkline(spec: Spec) -> tuple[str, ...]:
    """Draw a chart as lines of bars: from zero to the highest value, a dot where nothing is known."""
    return tuple(_lines(spec))


@singledispatch
def _lines(spec: Spec) -> Iterator[str]:
    raise TypeError(f"no bars for {type(spec).__name__}")


@_lines.register(Utilization)
def _(spec: Utilization) -> Iterator[str]:
    top = max(filter(None, (spec.contracted, *(point.value for point in spec.used))), default=None)
    yield _bars([point.value for point in spec.used], top)


@_lines.register(Trend)
def _(spec: Trend) -> Iterator[str]:
    values = [point.value for point in spec.points]
    shown = values[-CELLS:]
    yield _bars(shown, max(filter(None, shown), default=None))
    if spec.change is not None:
        days = [point.day for point in spec.points][-CELLS:]
        begun = [at for at, day in enumerate(days) if day <= spec.change]
        yield f"{' ' * (begun[-1] if begun else 0)}↑"


@_lines.register(Portfolio)
def _(spec: Portfolio) -> Iterator[str]:
    top = max((value for group in spec.groups for value in group.values if value is not None), default=None)
    for group in spec.groups:
        yield f"{_bars(group.values, top)}  {plain(short(group.name, _NAME_MOST))}"


def _bars(values: Sequence[float | None], top: float | None) -> str:
    return "".join(_bar(value, top) for value in values[-CELLS:])


def _bar(value: float | None, top: float | None) -> str:
    if value is None:
        return _GAP
    share = value / top if top else 0.0
    return _BARS[min(max(round(share * (len(_BARS) - 1)), 0), len(_BARS) - 1)]


def data_visualization(chart: Chart) -> Json | None:
    """Write a chart as a block that Slack draws itself; None where nothing of it is known."""
    days, series = _plotted(chart.spec, Speech(chart.language))
    told = [(name, values) for name, values in series[:_SERIES_MOST] if any(value is not None for value in values)]
    if not told:
        return None
    places = _spread(len(days))
    labels = [_label(days[at]) for at in places]
    return {
        "type": "data_visualization",
        "title": short(chart.title, _TITLE_MOST),
        "chart": {
            "type": "line",
            "series": [
                {
                    "name": short(plain(name), _NAME_MOST) or _GAP,
                    "data": [
                        {"label": label, "value": value}
                        for label, at in zip(labels, places, strict=True)
                        # What is unknown is left out: a zero would be a lie.
                        if (value := values[at]) is not None
                    ],
                }
                for name, values in _distinct(told)
                if any(values[at] is not None for at in places)
            ],
            "axis_config": {"categories": labels},
        },
    }


def _distinct(series: Sequence[tuple[str, Sequence[float | None]]]) -> Iterator[tuple[str, Sequence[float | None]]]:
    seen: set[str] = set()
    for number, (name, values) in enumerate(series, 1):
        cut = short(plain(name), _NAME_MOST)
        yield (f"{number} {cut}" if cut in seen else name), values
        seen.add(cut)


def _spread(count: int) -> list[int]:
    """Choose so many places, evenly apart, that Slack takes them; the first and the last are among them."""
    if count <= _POINTS_MOST:
        return list(range(count))
    return sorted({round(at * (count - 1) / (_POINTS_MOST - 1)) for at in range(_POINTS_MOST)})


def _label(day: date) -> str:
    # Neither language nor order of a country: the axis is the same for everybody who reads the message.
    return day.isoformat()


@singledispatch
def _plotted(spec: Spec, speech: Speech) -> _Plotted:  # noqa: ARG001  # the signature of the forms below
    raise TypeError(f"no figures for {type(spec).__name__}")


@_plotted.register(Utilization)
def _(spec: Utilization, speech: Speech) -> _Plotted:
    ahead = [one for one in spec.ahead if one.day > spec.as_of]
    days = [*(point.day for point in spec.used), *(one.day for one in ahead)]
    used: list[float | None] = [*_values(spec.used), *(None for _ in ahead)]
    series: list[tuple[str, Sequence[float | None]]] = [(speech.t("used"), used)]
    if ahead:
        series.append((speech.t("forecast"), [*(None for _ in spec.used), *(one.middle for one in ahead)]))
    series.append((speech.t("contracted"), [spec.contracted] * len(days)))
    return days, series


@_plotted.register(Trend)
def _(spec: Trend, _speech: Speech) -> _Plotted:
    return [point.day for point in spec.points], [(spec.unit, _values(spec.points))]


@_plotted.register(Portfolio)
def _(spec: Portfolio, _speech: Speech) -> _Plotted:
    return list(spec.days), [(group.name, group.values) for group in spec.groups]


def _values(points: Sequence[Point]) -> list[float | None]:
    return [point.value for point in points]
