"""How it is used: health with its evidence, utilization by line, value shown, people, cases."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.core.verdicts import Scope
from bot.messages.brief.document import Point, Section, Table
from bot.messages.brief.pen import dated, https, numbers
from bot.messages.escape import plain
from bot.messages.message import Meter, Meters
from bot.messages.speech import msg

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.core.brief.terms import Line
    from bot.core.scoring.health import FactorScore
    from bot.messages.brief.document import Fact
    from bot.messages.brief.pen import Pen
    from bot.messages.message import Chart

_BARS_MOST: Final = 10
_COMPARED: Final = ("licence_utilization", "peak_utilization", "active_users", "cus", "health", "arr")


def health(pen: Pen) -> Section:
    """Give health with what each factor adds to it, and the values that it read."""
    t = pen.speech.t
    facts = (pen.metric("health"), pen.metric("health_band"), pen.metric("health_coverage"))
    points = tuple(_factor(pen, factor) for factor in pen.brief.factors)
    return Section("health", t("Health"), facts=facts, points=points)


def _factor(pen: Pen, factor: FactorScore) -> Point:
    speech = pen.speech
    read = [
        f"{speech.running(speech.label(one.metric, Scope.ACCOUNT))} {pen.show(one.metric, pen.brief.m.get(one.metric))}"
        for one in factor.readings
    ]
    if factor.score is None:
        text = speech.t("{factor}: unknown, left out of the score", factor=pen.name(factor.factor))
        return Point(text, more=", ".join(read))
    values = {"factor": pen.name(factor.factor), "score": speech.number(round(factor.score))}
    if factor.contribution is None:
        return Point(speech.t("{factor}: {score} of 100", **values), more=", ".join(read))
    added = {"points": speech.number(round(factor.contribution, 1)), "weight": speech.percent(factor.weight)}
    text = speech.t("{factor}: {score} of 100, weight {weight}, adds {points}", **values, **added)
    return Point(text, more=", ".join(read))


def utilization(pen: Pen, chart: Chart | None) -> Section:
    """Say how much of each line is used, where that leads, and what is unused or beyond it."""
    t, m = pen.speech.t, pen.brief.m
    facts = [pen.metric(name) for name in ("licence_utilization", "shelfware", "shelfware_value", "overage_value")]
    facts += [pen.metric(name) for name in ("headroom_value", "cus") if m.get(name) is not None]
    if m.get("trend_words") is not None:
        facts.append(pen.metric("trend_words", t("Trend")))
    return Section(
        "utilization",
        t("Utilization"),
        facts=tuple(facts),
        points=tuple(_outlooks(pen)),
        table=_use(pen),
        meters=_bars(pen),
        chart=chart,
    )


def _use(pen: Pen) -> Table | None:
    lines, t = pen.brief.account.lines, pen.speech.t
    if not lines:
        return None
    head = (t("Product"), t("Used"), t("Contracted"), t("Utilization"), t("Beyond"), t("Unused"), t("Usage to"))
    rows = tuple(_use_of(pen, line) for line in lines)
    return Table(head, rows, tuple(https(one.metrics.get("url")) for one in lines))


def _use_of(pen: Pen, line: Line) -> tuple[str, ...]:
    speech, m = pen.speech, line.metrics
    return (
        pen.name(line.product),
        speech.number(line.used),
        f"{speech.number(line.contracted)} {plain(line.unit)}",
        speech.percent(line.utilization),
        speech.number(numbers(m, "overage")),
        speech.number(numbers(m, "shelfware")) if line.kind == "seats" else "–",
        speech.day(dated(m, "usage_as_of")),
    )


def _outlooks(pen: Pen) -> Iterator[Point]:
    """Say where lines that are drawn down will stand at the end of their period or term."""
    speech = pen.speech
    for line in pen.brief.account.lines:
        end, low, high = (numbers(line.metrics, f"end_utilization{part}") for part in ("", "_low", "_high"))
        if end is None:
            continue
        values = {"product": pen.name(line.product), "end": speech.percent(end)}
        text = speech.t("{product}: {end} used by the end of the period or term as forecast", **values)
        more = "" if low is None or high is None else _between(pen, low, high)
        # A day beyond the end says nothing: by then the allowance is a new one, or the contract is over.
        runs_out = (end if high is None else high) >= 1
        yield Point(text + more, https(line.metrics.get("url")), more=_run_out(pen, line) if runs_out else "")


def _between(pen: Pen, low: float, high: float) -> str:
    bounds = {"low": pen.speech.percent(low), "high": pen.speech.percent(high)}
    return " " + pen.speech.t("({low} to {high} in four of five cases)", **bounds)


def _run_out(pen: Pen, line: Line) -> str:
    speech, m = pen.speech, line.metrics
    day = dated(m, "run_out_date")
    if day is None:
        return ""
    earliest, latest = dated(m, "run_out_earliest"), dated(m, "run_out_latest")
    if earliest is None or latest is None:
        return speech.t("runs out on {day}", day=speech.day(day))
    days = {"day": speech.day(day), "first": speech.day(earliest), "last": speech.day(latest)}
    return speech.t("runs out on {day} ({first} to {last})", **days)


def _bars(pen: Pen) -> Meters | None:
    lines = sorted(pen.brief.account.lines, key=lambda line: (line.utilization is None, -(line.utilization or 0.0)))
    shown = tuple(_bar(pen, line) for line in lines[:_BARS_MOST])
    return Meters(shown, len(lines) - len(shown)) if shown else None


def _bar(pen: Pen, line: Line) -> Meter:
    speech = pen.speech
    contracted = f"{speech.number(line.contracted)} {plain(line.unit)}"
    if line.used is None:
        text = speech.t("use unknown, {contracted} contracted", contracted=contracted)
    else:
        text = speech.t("{used} of {contracted}", used=speech.number(line.used), contracted=contracted)
    return Meter(pen.name(line.product), line.utilization, text)


def value(pen: Pen) -> Section:
    """Say what the customer has got out of it, and how that has changed: what a proposal can show."""
    speech, brief = pen.speech, pen.brief
    names = ("active_users", "cus", "stickiness", "usage_change_month", "service_utilization", "adoption_day_90")
    facts = tuple(pen.metric(name) for name in names)
    points = []
    for name in _COMPARED:
        now, then = brief.m.get(name), brief.account.before.get(name)
        if now is None or then is None or brief.account.before_on is None:
            continue
        values = {"then": pen.show(name, then), "now": pen.show(name, now), "day": speech.day(brief.account.before_on)}
        if values["then"] == values["now"]:
            continue
        label = speech.label(name, Scope.ACCOUNT)
        points.append(Point(speech.t("{label}: {then} on {day}, {now} now", label=label, **values), pen.url))
    return Section("value", speech.t("Value shown"), facts=facts, points=tuple(points))


_OF_PEOPLE: Final = ("mau", "power_users", "power_users_lost", "users_lost", "top_user_share", "usage_gini")


def people(pen: Pen) -> Section:
    """Say who uses it, and how much hangs on few of them."""
    speech = pen.speech
    champion = pen.fact(speech.t("Champion"), "", None)
    return Section("people", speech.t("People"), facts=(champion, *(pen.metric(name) for name in _OF_PEOPLE)))


_OF_CASES: Final = (
    ("open_cases", msg("Open cases")),
    ("urgent_cases", msg("Urgent cases")),
    ("csat", msg("CSAT")),
    ("nps", msg("NPS")),
)


def cases(pen: Pen) -> Section:
    """Say what is open with support, how content the customer is, and what was promised."""
    speech = pen.speech
    facts: tuple[Fact, ...] = tuple(pen.metric(name, speech.t(label)) for name, label in _OF_CASES)
    promised = pen.fact(speech.t("Commitments"), "", None)
    return Section("cases", speech.t("Cases and commitments"), facts=(*facts, promised))
