"""What comes: risks and what to do, the quantity to propose, discount, next steps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.core.brief.quantity import Unsized
from bot.core.verdicts import Scope
from bot.messages.brief.document import Point, Section
from bot.messages.brief.said import GROUNDS, MOVES, QUADRANTS, UNSIZED, play, risk
from bot.messages.escape import plain

if TYPE_CHECKING:
    from bot.core.brief.cadence import Step
    from bot.core.brief.discount import Weighed
    from bot.core.brief.quantity import Sizing
    from bot.core.brief.risks import Risk
    from bot.messages.brief.pen import Pen

_ONE_WAY: Final = 0.8
"""Share of the outcomes that the range of the demand holds: the tenth to the ninetieth percentile."""
_FINEST: Final = 0.01
_FEW: Final = 100


def risks(pen: Pen) -> Section:
    """Name the risks, each with the values that it rests on and a countermeasure."""
    t, found = pen.speech.t, pen.brief.risks
    text = "" if found else t("No alert about this account stands, and the figures show no risk by themselves.")
    points = tuple(_risk(pen, one) for one in found)
    return Section("risks", t("Risks, and what to do about each"), points=points, text=text)


def openings(pen: Pen) -> Section:
    """Name what speaks for an expansion: open alerts, quantities that are too small, and what was bought more."""
    t = pen.speech.t
    points = tuple(_risk(pen, one) for one in pen.brief.openings)
    more = tuple(point for one in pen.brief.sizes if (one.change or 0) > 0 for point in (_expansion(pen, one),))
    facts = tuple(
        pen.metric(name)
        for name in ("expansions", "expansion_arr", "last_expansion")
        if pen.brief.m.get(name) is not None
    )
    text = "" if points or more else t("Nothing that is measured speaks for an expansion.")
    return Section("expansion", t("Expansion"), facts=facts, points=(*points, *more), text=text)


def _risk(pen: Pen, one: Risk) -> Point:
    speech = pen.speech
    seen = [
        f"{speech.running(speech.label(name, Scope.ACCOUNT))} {pen.show(name, value)}"
        for name, value in one.values.items()
    ]
    if one.since is not None:
        seen.append(speech.t("since {day}", day=speech.day(one.since)))
    text = f"{risk(one, speech)}: {', '.join(seen)}" if seen else risk(one, speech)
    return Point(text, pen.url, more=play(one, speech), urgent=one.severity in {"high", "critical"})


def _expansion(pen: Pen, one: Sizing) -> Point:
    speech = pen.speech
    values = {"product": pen.name(one.product), "more": _units(pen, one.change, one)}
    worth = one.change_arr
    if worth is None:
        return Point(speech.t("{product}: {more} more than now", **values))
    money = speech.money(worth, pen.currency)
    return Point(speech.t("{product}: {more} more than now, {money} ARR at the present price", **values, money=money))


def quantities(pen: Pen) -> Section:
    """Propose a quantity for each line, with everything that it follows from; or say why there is none."""
    t, sizes = pen.speech.t, pen.brief.sizes
    points = tuple(_quantity(pen, one) for one in sizes)
    text = "" if points else t("There is no line that a quantity could be proposed for.")
    return Section("quantity", t("Quantity to propose"), points=points, text=text)


def quantity_in_short(pen: Pen, one: Sizing) -> str:
    """Say what to propose for a line in a few words."""
    if one.recommended is None:
        return pen.speech.unknown
    now = pen.speech.number(one.contracted)
    return pen.speech.t("{units} (now {now})", units=_units(pen, one.recommended, one), now=now)


def _quantity(pen: Pen, one: Sizing) -> Point:
    speech, product = pen.speech, pen.name(one.product)
    if one.recommended is None or one.demand is None or one.term is None:
        why = speech.t(UNSIZED[one.unsized or Unsized.NO_HISTORY])
        if one.unsized is Unsized.TOO_LITTLE_HISTORY and one.basis_days is not None:
            why += f" ({speech.span(one.basis_days)})"
        return Point(speech.t("{product}: unknown, as {why}", product=product, why=why))
    units, now = _units(pen, one.recommended, one), speech.number(one.contracted)
    text = speech.t(
        "{product}: {units}, now {now}{change}", product=product, units=units, now=now, change=_change(pen, one)
    )
    return Point(text, more=_reasoning(pen, one))


def _change(pen: Pen, one: Sizing) -> str:
    if not one.change or one.change_arr is None:
        return ""
    sign = "+" if one.change > 0 else "−"
    money = pen.speech.money(abs(one.change_arr), pen.currency)
    return f" ({sign}{plain(money)} {pen.speech.t('ARR at the present price')})"


def _reasoning(pen: Pen, one: Sizing) -> str:
    speech, demand = pen.speech, one.demand
    assert demand is not None, "a quantity is proposed by demand only"
    assert one.term is not None, "likewise"
    low, high = (demand.quantile(share) for share in ((1 - _ONE_WAY) / 2, (1 + _ONE_WAY) / 2))
    values = {
        "first": speech.day(one.term[0]),
        "last": speech.day(one.term[1]),
        "middle": _units(pen, demand.middle, one),
        "low": speech.number(_rounded(low)),
        "high": speech.number(_rounded(high)),
    }
    told = [_demand(pen, one).format(**values), _level(pen, one)]
    told.append(_present(pen, one))
    told.append(speech.t("it rests on {days} of known use", days=speech.span(one.basis_days)))
    return "; ".join(told)


def _demand(pen: Pen, one: Sizing) -> str:
    t = pen.speech.t
    if one.kind == "seats":
        return t(
            "at its peak, {middle} will be active within 28 days between {first} and {last} ({low} to {high} in four "
            "of five cases)"
        )
    if one.kind == "allowance" and one.period != "term":
        return t("a period between {first} and {last} will take {middle} ({low} to {high} in four of five cases)")
    return t("from {first} to {last}, {middle} will be used ({low} to {high} in four of five cases)")


def _level(pen: Pen, one: Sizing) -> str:
    speech, level = pen.speech, one.level
    times = speech.ratio(level.overage_times)
    return speech.t(GROUNDS[level.ground]).format(share=speech.percent(level.share), times=times)


def _present(pen: Pen, one: Sizing) -> str:
    assert one.demand is not None, "a quantity is proposed by demand only"
    speech, share, now = pen.speech, one.demand.covered_by(one.contracted), _units(pen, one.contracted, one)
    # So many outcomes tell of nothing finer than a percent.
    if share < _FINEST:
        return speech.t("the present {now} would hardly ever be enough", now=now)
    if share > 1 - _FINEST:
        return speech.t("the present {now} would nearly always be enough", now=now)
    return speech.t("the present {now} would be enough in {share} of cases", now=now, share=speech.percent(share))


def _units(pen: Pen, count: float | None, one: Sizing) -> str:
    return f"{pen.speech.number(None if count is None else _rounded(count))} {plain(one.unit)}"


def _rounded(count: float) -> float:
    """Round what is forecast as far as it is told: whole units, of few of them a tenth."""
    return round(count, 1) if abs(count) < _FEW else float(round(count))


def discount(pen: Pen) -> Section:
    """Set discount and utilization side by side, for the account and each line whose discount is known."""
    points = tuple(_weighed(pen, one) for one in pen.brief.weighed)
    return Section("discount", pen.speech.t("Discount against utilization"), points=points)


def _weighed(pen: Pen, one: Weighed) -> Point:
    speech = pen.speech
    of = pen.name(one.of) if one.of else speech.t("The whole account")
    values = {"discount": speech.percent(one.discount), "used": speech.percent(one.utilization)}
    text = speech.t("{of}: discount {discount}, utilization {used}", of=of, **values)
    return Point(text, more=speech.t(QUADRANTS[one.quadrant]))


def steps(pen: Pen) -> Section:
    """Say what is to be done by when."""
    t, found = pen.speech.t, pen.brief.steps
    if pen.brief.deadline is None:
        return Section("steps", t("Next steps"), text=t("The deadline is unknown: find it out first."))
    return Section("steps", t("Next steps"), points=tuple(_step(pen, one) for one in found))


def _step(pen: Pen, one: Step) -> Point:
    speech = pen.speech
    by = speech.t("by {day}", day=speech.day(one.by))
    state = speech.t("do this now") if one.now else speech.t("should be done") if one.due else ""
    told = f"{by}: {speech.t(MOVES[one.move])}"
    return Point(f"{told} ({state})" if state else told, urgent=one.now)
