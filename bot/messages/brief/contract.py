"""What was bought: dates and terms, money, opportunity, people in charge."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.messages.brief.document import Point, Section, Table
from bot.messages.brief.pen import dated, https, numbers
from bot.messages.brief.said import clash
from bot.messages.escape import plain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.core.brief.terms import Line
    from bot.messages.brief.document import Fact
    from bot.messages.brief.pen import Pen


def terms(pen: Pen) -> Section:
    """Say what runs until when, line by line, and what does not fit together."""
    speech, brief = pen.speech, pen.brief
    return Section(
        "terms",
        speech.t("Dates and terms"),
        facts=tuple(_dates(pen)),
        points=tuple(Point(clash(one, speech), pen.url, urgent=True) for one in brief.contradictions),
        table=_lines(pen),
        text="" if brief.account.lines else speech.t("There is no contract line in force."),
    )


def _dates(pen: Pen) -> Iterator[Fact]:
    speech, brief, m = pen.speech, pen.brief, pen.brief.m
    deadline, renewal, notice = brief.deadline, dated(m, "renewal_date"), pen.notice_day()
    url = _contract_url(pen)
    yield pen.fact(speech.t("Deadline"), pen.day_and_left(deadline) if deadline else "", deadline, url=url)
    yield pen.fact(speech.t("Renewal date"), pen.day_and_left(renewal) if renewal else "", renewal, url=url)
    yield pen.fact(speech.t("Last day to give notice"), pen.day_and_left(notice) if notice else "", notice, url=url)
    auto = m.get("auto_renew")
    yield pen.fact(speech.t("Renews by itself"), speech.flag(auto), auto, url=url)
    tenure = m.get("tenure_days")
    yield pen.fact(speech.t("Customer for"), speech.span(tenure), tenure)


def _contract_url(pen: Pen) -> str | None:
    """Return the record of the line that ends first."""
    lines = sorted(pen.brief.account.lines, key=lambda line: line.end)
    return next((found for line in lines if (found := https(line.metrics.get("url")))), None)


def _lines(pen: Pen) -> Table | None:
    lines, t = pen.brief.account.lines, pen.speech.t
    if not lines:
        return None
    head = (t("Product"), t("Bought"), t("Term"), t("ARR"), t("Discount"), t("Notice by"), t("Renews by itself"))
    return Table(head, tuple(_line(pen, line) for line in lines), tuple(https(one.metrics.get("url")) for one in lines))


def _line(pen: Pen, line: Line) -> tuple[str, ...]:
    speech, m = pen.speech, line.metrics
    auto = m.get("auto_renew")
    end = speech.t("no end") if m.get("evergreen") else speech.day(line.end)
    return (
        pen.name(line.product),
        f"{speech.number(line.contracted)} {plain(line.unit)}",
        f"{speech.day(line.start)} – {end}",
        plain(speech.money(numbers(m, "arr"), m.get("currency"))),
        speech.percent(numbers(m, "discount")),
        speech.day(dated(m, "notice_date")),
        speech.flag(auto if isinstance(auto, bool) else None),
    )


def money(pen: Pen) -> Section:
    """Say what the account is worth, what the renewal is to bring, and who is in charge."""
    speech, brief = pen.speech, pen.brief
    facts = (
        pen.metric("arr"),
        *_opportunity(pen),
        pen.metric("acv"),
        pen.metric("tcv"),
        pen.fact(speech.t("Owner"), pen.name(brief.owner), brief.owner),
        pen.fact(speech.t("CSM"), pen.name(brief.csm), brief.csm),
    )
    return Section("money", speech.t("Money, opportunity and owners"), facts=facts)


def _opportunity(pen: Pen) -> Iterator[Fact]:
    speech, told = pen.speech, pen.brief.account.opportunity
    url = https(told.get("url"))
    amount, stage, forecast, close = (told.get(name) for name in ("amount", "stage", "forecast", "close"))
    money = speech.money(amount, told.get("currency"))
    yield pen.fact(speech.t("Target (amount of the opportunity)"), money, amount, url=url)
    yield pen.fact(speech.t("Stage of the opportunity"), pen.name(str(stage)), stage, url=url)
    yield pen.fact(speech.t("Forecast category"), pen.name(str(forecast)), forecast, url=url)
    yield pen.fact(speech.t("To be closed on"), speech.day(close), close, url=url)
