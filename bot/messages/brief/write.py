"""From a brief's values to the document that people read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.messages.brief import ahead, contract, usage
from bot.messages.brief.document import Document, Section
from bot.messages.brief.pen import Pen, dated
from bot.messages.escape import plain
from bot.messages.speech import ENGLISH

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bot.core.brief.brief import Brief
    from bot.messages.brief.document import Fact
    from bot.messages.message import Chart
    from bot.messages.speech import Speech

_NAME_MOST: Final = 90


def document(brief: Brief, speech: Speech = ENGLISH, chart: Chart | None = None) -> Document:
    """Write a brief for a reader. `chart`: of the line that says most, where there is one."""
    pen = Pen(brief, speech)
    sections = tuple(one for one in _sections(pen, chart) if not one.empty)
    name = plain(brief.account.name) or speech.unknown
    return Document(
        title=speech.t("{account}: renewal brief", account=_cut(name)),
        account=name,
        url=pen.url,
        verdict=_verdict(pen),
        dated=_dated(pen),
        glance=tuple(_glance(pen)),
        sections=sections,
        gaps=tuple(_gaps(pen, sections)),
        language=speech.language,
        gaps_title=speech.t("What is not known"),
        no_gaps=speech.t("Nothing that this brief looks for is missing."),
    )


def _sections(pen: Pen, chart: Chart | None) -> Iterator[Section]:
    yield contract.terms(pen)
    yield contract.money(pen)
    yield ahead.steps(pen)
    yield usage.health(pen)
    yield usage.utilization(pen, chart)
    yield usage.value(pen)
    yield usage.people(pen)
    yield usage.cases(pen)
    yield ahead.risks(pen)
    yield ahead.quantities(pen)
    yield ahead.openings(pen)
    yield ahead.discount(pen)


def _cut(name: str) -> str:
    return name if len(name) <= _NAME_MOST else f"{name[: _NAME_MOST - 1].rstrip()}…"


def _verdict(pen: Pen) -> str:
    return " ".join((_deadline(pen), *_state(pen)))


def _deadline(pen: Pen) -> str:
    speech, deadline, left = pen.speech, pen.brief.deadline, pen.brief.days_left
    if deadline is None or left is None:
        return speech.t("The date of renewal is unknown.")
    values = {"day": speech.day(deadline), "left": speech.days(left)}
    if deadline == pen.notice_day() and deadline != dated(pen.brief.m, "renewal_date"):
        return speech.t("The last day to give notice is {day}, {left}.", **values)
    return speech.t("The contract ends on {day}, {left}.", **values)


def _state(pen: Pen) -> Iterator[str]:
    speech, m, brief = pen.speech, pen.brief.m, pen.brief
    if m.get("arr") is not None:
        yield speech.t("{money} ARR is up for renewal.", money=plain(speech.money(m["arr"], pen.currency)))
    if m.get("health") is not None:
        values = {
            "health": speech.number(round(float(str(m["health"])))),
            "band": plain(str(m.get("health_band") or "")),
        }
        yield (
            speech.t("Health is {health} of 100, {band}.", **values)
            if values["band"]
            else speech.t("Health is {health} of 100.", health=values["health"])
        )
    if brief.risks:
        yield speech.many("One risk stands.", "{count} risks stand.", len(brief.risks))
    if brief.contradictions:
        yield speech.t("Dates contradict each other.")


def _dated(pen: Pen) -> str:
    speech = pen.speech
    used = speech.day(pen.used_to) if pen.used_to else speech.unknown
    return speech.t("Contracts as of {day}, usage complete to {used}", day=speech.day(pen.brief.as_of), used=used)


def _glance(pen: Pen) -> Iterator[Fact]:
    speech, brief = pen.speech, pen.brief
    money = contract.money(pen).facts
    yield from contract.terms(pen).facts[:1]
    yield from money[:3]
    yield pen.metric("health")
    yield pen.metric("licence_utilization")
    for one in brief.sizes[:1]:
        label = speech.t("Quantity to propose: {product}", product=pen.name(one.product))
        yield pen.fact(label, ahead.quantity_in_short(pen, one), one.recommended, as_of=pen.used_to)
    yield from money[-2:]


def _gaps(pen: Pen, sections: Sequence[Section]) -> Iterator[str]:
    """List what is not known, with where it would stand."""
    for section in sections:
        for fact in section.facts:
            if not fact.known:
                yield f"{section.title}: {fact.label}"
        if section.key == "quantity":
            for one in pen.brief.sizes:
                if one.recommended is None:
                    yield f"{section.title}: {pen.name(one.product)}"
    yield from (
        pen.speech.t("{title}: {factor} has no data", title=pen.speech.t("Health"), factor=pen.name(one.factor))
        for one in pen.brief.factors
        if one.score is None
    )
