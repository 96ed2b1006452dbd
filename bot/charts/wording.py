"""What a chart is called and the text that stands for it where it cannot be seen: both from the same figures.

Plain text in the reader's language, at most as long as Slack takes. Who only hears it learns what the picture shows:
where it begins and ends, which way it goes, the figure that matters, what is unknown, and of which day all of it is.
"""

from __future__ import annotations

from functools import singledispatch
from typing import TYPE_CHECKING, Final

from bot.core.chart import Portfolio, Trend, Utilization
from bot.messages.escape import plain, short

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.core.chart import Group, Point, Spec
    from bot.messages.speech import Speech

ALT_MOST: Final = 2000
"""Characters that Slack takes as the text of an image."""
TITLE_MOST: Final = 150
NAME_MOST: Final = 80
_NAMED_OUTLIERS: Final = 3


def name_of(text: str, most: int = NAME_MOST) -> str:
    """Make a name one line of plain text, and no longer than a line is."""
    return plain(short(plain(text), most))


def title(spec: Spec, speech: Speech) -> str:
    """Name a chart in a few words."""
    return short(_title(spec, speech), TITLE_MOST)


def alt(spec: Spec, speech: Speech) -> str:
    """Tell what a chart shows, in sentences."""
    text = " ".join(sentence for sentence in _told(spec, speech) if sentence)
    return text if len(text) <= ALT_MOST else f"{text[: ALT_MOST - 1]}…"


@singledispatch
def _title(spec: Spec, speech: Speech) -> str:  # noqa: ARG001  # the signature of the forms below
    raise TypeError(f"no title for {type(spec).__name__}")


@_title.register(Utilization)
def _(spec: Utilization, speech: Speech) -> str:
    names = {"account": name_of(spec.account, 60), "product": name_of(spec.product, 60)}
    return speech.t("{account}: {product}, used and contracted", **names)


@_title.register(Trend)
def _(spec: Trend, speech: Speech) -> str:
    names = {"account": name_of(spec.account, 60), "product": name_of(spec.product, 60)}
    if spec.grain == "month":
        return speech.t("{account}: {product} by month", **names)
    return speech.t("{account}: {product} by week", **names)


@_title.register(Portfolio)
def _(spec: Portfolio, speech: Speech) -> str:
    if spec.currency is None:
        return speech.t("Contract value per active customer")
    return speech.t("Contract value per active customer, {currency}", currency=name_of(spec.currency, 10))


@singledispatch
def _told(spec: Spec, speech: Speech) -> Iterator[str]:  # noqa: ARG001  # as above
    raise TypeError(f"no text for {type(spec).__name__}")


@_told.register(Utilization)
def _(spec: Utilization, speech: Speech) -> Iterator[str]:
    yield f"{_title(spec, speech)}."
    yield _used(spec, speech)
    if spec.kind == "seats":
        yield _since_first(spec, speech)
    yield _run_out(spec, speech)
    yield _by_the_end(spec, speech)
    yield _gaps(spec.used, speech)
    yield speech.t("As of {day}.", day=speech.day(spec.as_of))


def _used(spec: Utilization, speech: Speech) -> str:
    last = next((point.value for point in reversed(spec.used) if point.value is not None), None)
    share = last / spec.contracted if last is not None and spec.contracted else None
    values = {
        "used": speech.number(last),
        "contracted": speech.number(spec.contracted),
        "unit": name_of(spec.unit),
        "share": speech.percent(share),
        "start": speech.day(spec.start),
    }
    if spec.kind == "seats":
        return speech.t("{used} of {contracted} {unit} active in the last 28 days, {share}.", **values)
    return speech.t("{used} of {contracted} {unit} used since {start}, {share}.", **values)


def _since_first(spec: Utilization, speech: Speech) -> str:
    known = [point for point in spec.used if point.value is not None]
    first, last = known[0], known[-1]
    if not first.value or last.value is None:
        return ""
    return speech.t(
        "On {day} it was {used}: {change} since.",
        day=speech.day(first.day),
        used=speech.number(first.value),
        change=speech.change(last.value / first.value - 1),
    )


def _run_out(spec: Utilization, speech: Speech) -> str:
    if spec.run_out is None:
        return ""
    values = {"day": speech.day(spec.run_out)}
    if spec.run_out <= spec.as_of:
        return speech.t("All of it was used up on {day}.", **values)
    if spec.end is not None and spec.run_out > spec.end:
        return speech.t("At the present rate it lasts beyond its end on {end}.", end=speech.day(spec.end))
    if spec.earliest is None:
        return speech.t("At the present rate it is used up on {day}.", **values)
    values["earliest"] = speech.day(spec.earliest)
    if spec.latest is None:
        return speech.t(
            "At the present rate it is used up on {day}; with 80 % confidence not before {earliest}.", **values
        )
    return speech.t(
        "At the present rate it is used up on {day}; with 80 % confidence between {earliest} and {latest}.",
        **values,
        latest=speech.day(spec.latest),
    )


def _by_the_end(spec: Utilization, speech: Speech) -> str:
    if not spec.ahead:
        return ""
    end = spec.ahead[-1]
    return speech.t(
        "Forecast for {day}: {middle}, with 80 % confidence between {low} and {high}.",
        day=speech.day(end.day),
        middle=speech.number(end.middle),
        low=speech.number(end.low),
        high=speech.number(end.high),
    )


def _gaps(points: tuple[Point, ...], speech: Speech) -> str:
    unknown = sum(point.value is None for point in points)
    if not unknown:
        return ""
    return speech.many(
        "One of the points is unknown and drawn as a gap.",
        "{count} of the points are unknown and drawn as gaps.",
        unknown,
    )


@_told.register(Trend)
def _(spec: Trend, speech: Speech) -> Iterator[str]:
    yield f"{_title(spec, speech)}."
    known = [point for point in spec.points if point.value is not None]
    if known:
        yield _ends_of(spec, known, speech)
    yield _changed(spec, speech)
    yield _gaps(spec.points, speech)
    yield speech.t("As of {day}.", day=speech.day(spec.as_of))


def _ends_of(spec: Trend, known: list[Point], speech: Speech) -> str:
    first, last = known[0], known[-1]
    values = {
        "first": speech.number(first.value),
        "last": speech.number(last.value),
        "unit": name_of(spec.unit),
        "from_day": speech.day(first.day),
        "to_day": speech.day(last.day),
    }
    weekly, whole = spec.grain == "week", spec.measure == "sum"
    if weekly and whole:
        return speech.t("From {first} {unit} in the week of {from_day} to {last} in the week of {to_day}.", **values)
    if weekly:
        return speech.t(
            "From {first} {unit} a day in the week of {from_day} to {last} in the week of {to_day}.", **values
        )
    if whole:
        return speech.t(
            "From {first} {unit} in the month from {from_day} to {last} in the month from {to_day}.", **values
        )
    return speech.t(
        "From {first} {unit} a day in the month from {from_day} to {last} in the month from {to_day}.", **values
    )


def _changed(spec: Trend, speech: Speech) -> str:
    if spec.direction is None:
        return speech.t("Whether it has changed for good cannot be told.")
    if spec.direction == "flat" or spec.change is None:
        return speech.t("No lasting change.")
    day = speech.day(spec.change)
    if spec.size is None:
        return speech.t("Changed for good since {day}.", day=day)
    return speech.t("Changed for good since {day}: {change}.", day=day, change=speech.change(spec.size))


@_told.register(Portfolio)
def _(spec: Portfolio, speech: Speech) -> Iterator[str]:
    yield f"{_title(spec, speech)}."
    yield from (_group(spec, group, speech) for group in spec.groups)
    if spec.more:
        yield speech.many("One more segment is not shown.", "{count} more segments are not shown.", spec.more)
    if spec.outliers:
        yield speech.many(
            "One customer lies far off its segment:", "{count} values lie far off their segments:", len(spec.outliers)
        )
        yield f"{'; '.join(_outliers(spec, speech))}."
    yield speech.t("As of {day}.", day=speech.day(spec.as_of))


def _group(spec: Portfolio, group: Group, speech: Speech) -> str:
    known = [(day, value) for day, value in zip(spec.days, group.values, strict=True) if value is not None]
    values = {"segment": name_of(group.name)}
    if not known:
        return speech.t("{segment}: unknown.", **values)
    (first_day, first), (last_day, last) = known[0], known[-1]
    values |= {
        "last": _money(last, spec, speech),
        "first": _money(first, spec, speech),
        "to_day": speech.day(last_day),
        "from_day": speech.day(first_day),
    }
    if len(known) == 1 or not first:
        return speech.t("{segment}: {last} on {to_day}.", **values)
    values["change"] = speech.change(last / first - 1)
    return speech.t("{segment}: {first} on {from_day}, {last} on {to_day}, {change}.", **values)


def _money(value: float, spec: Portfolio, speech: Speech) -> str:
    # Even a currency is text that somebody typed.
    return speech.money(value, spec.currency and name_of(spec.currency, 10))


def _outliers(spec: Portfolio, speech: Speech) -> Iterator[str]:
    for one in sorted(spec.outliers, key=lambda outlier: -outlier.value)[:_NAMED_OUTLIERS]:
        values = {"name": name_of(one.name), "value": _money(one.value, spec, speech)}
        yield speech.t("{name}, {value} on {day}", **values, day=speech.day(one.day))
    if len(spec.outliers) > _NAMED_OUTLIERS:
        yield speech.more(len(spec.outliers) - _NAMED_OUTLIERS)
