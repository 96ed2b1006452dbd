"""`portfolio`: what customers are worth by segment and month, and what has changed since a year ago or a campaign."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Final, Protocol

from bot.core.portfolio import chart_of, segments
from bot.desk.asking import Answer, MustAskError
from bot.desk.listing import UnknownWordError, nothing_read, unknown_word
from bot.messages.lists.portfolio import Far, Worth, portfolio_message

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

    import pyarrow as pa

    from bot.core.chart import Portfolio as PortfolioChart
    from bot.desk.asking import Question
    from bot.desk.listing import Books
    from bot.messages.message import Chart
    from bot.messages.speech import Speech

CAMPAIGN: Final = "campaign"
_MONTHS: Final = 36
_CHARTS_MOST: Final = 2
"""Pictures of one message: a currency each."""


class Found(Protocol):
    """What the engine says active customers are worth: `bot.facts.portfolio.Portfolio`."""

    @property
    def months(self) -> pa.Table:
        """Return one row a segment, currency and month."""

    @property
    def outliers(self) -> pa.Table:
        """Return one row a customer and month that lies far off its segment."""

    @property
    def change(self) -> pa.Table:
        """Return one row a segment and currency: the two days that are compared."""


class Analyst(Protocol):
    """Who computes it from the contracts."""

    def portfolio(
        self,
        as_of: date,
        months: int,
        around: date | None,
        readable: Callable[[Collection[str]], Collection[str]] | None,
    ) -> Found:
        """Tell what the active customers that are readable are worth."""


@dataclass(frozen=True, slots=True)
class PortfolioCommand:
    """Tells what customers are worth."""

    books: Books
    analyst: Analyst
    draw: Callable[[PortfolioChart, Speech], Chart] | None = None
    """Makes a chart; None: there are none."""
    native: bool = False
    """Whether Slack shows tables of its own."""
    pictures: bool = False
    """Whether answers in Slack carry pictures: without one a chart would say there what the table says already."""
    name: str = "portfolio"
    usage: str = "portfolio [campaign YYYY-MM-DD]"
    purpose: str = "what customers are worth by segment and month, and why that has changed"

    def answer(self, question: Question) -> Answer:
        """Tell it of what the asker may see. MustAskError and ClosedError go to the caller."""
        as_of = self.books.snapshot_day()
        if as_of is None:
            return nothing_read(question.asker.speech)
        try:
            campaign = _campaign(question.text, as_of)
        except UnknownWordError as error:
            return unknown_word(error, question, self.usage)
        if not question.asker.asks:
            raise MustAskError  # it is computed from the contracts of all customers: no work for three seconds
        return self._told(question, as_of, campaign)

    def _told(self, question: Question, as_of: date, campaign: date | None) -> Answer:
        around = campaign or _year_before(as_of) + timedelta(days=1)
        speech = question.asker.speech
        found = self.analyst.portfolio(as_of, _MONTHS, around, question.asker.sight.readable)
        months, outliers = found.months.to_pylist(), found.outliers.to_pylist()
        far = sorted((row for row in outliers if row["day"] == as_of), key=lambda row: -row["arr"])
        names = {one: view.name for one, view in self.books.views({row["account_id"] for row in far}).items()}
        currencies = segments(months, found.change.to_pylist(), as_of)
        specs = [
            chart_of(part, outliers, names, as_of, speech.t("no segment"))
            for part in currencies[:_CHARTS_MOST]
            if part.segments
        ]
        worth = Worth(
            as_of,
            around - timedelta(days=1),
            campaign,
            currencies,
            tuple(_far(row, names, months) for row in far),
            tuple(self._drawn(specs, question)),
        )
        message = portfolio_message(worth, speech, native=self.native)
        return Answer(speech.write(message), _data(worth, months, far, names))

    def _drawn(self, specs: Sequence[PortfolioChart], question: Question) -> Iterator[Chart]:
        if self.draw is not None and (self.pictures or not question.asker.user):
            for spec in specs:
                yield self.draw(spec, question.asker.speech)


def _year_before(day: date) -> date:
    leap_day = (day.month, day.day) == (2, 29)
    return day.replace(year=day.year - 1, day=28 if leap_day else day.day)


def _campaign(text: str, as_of: date) -> date | None:
    """Read `campaign 2026-03-01`, or nothing. Raises UnknownWordError."""
    word, _, rest = text.lower().partition(" ")
    if not word:
        return None
    known = [f"{CAMPAIGN} {as_of - timedelta(days=90)}"]
    if word != CAMPAIGN:
        raise UnknownWordError(text, known)
    try:
        day = date.fromisoformat(rest.strip())
    except ValueError:
        raise UnknownWordError(text, known) from None
    if not as_of - timedelta(days=366 * 10) <= day <= as_of:
        raise UnknownWordError(text, known)
    return day


def _far(row: Mapping[str, Any], names: Mapping[str, str], months: Sequence[Mapping[str, Any]]) -> Far:
    of_segment = (
        one["median_value"]
        for one in months
        if (one["day"], one["segment"], one["currency"]) == (row["day"], row["segment"], row["currency"])
    )
    name = names.get(row["account_id"], row["account_id"])
    return Far(name, row["segment"], row["currency"], row["arr"], next(of_segment, None))


def _data(
    worth: Worth, months: Sequence[Mapping[str, Any]], far: Sequence[Mapping[str, Any]], names: Mapping[str, str]
) -> dict[str, object]:
    return {
        "as_of": str(worth.as_of),
        "compared_with": str(worth.since),
        "campaign": str(worth.campaign) if worth.campaign else None,
        "currencies": [
            {
                "currency": part.currency,
                "customers": part.customers,
                "arr": part.arr if part.priced else None,
                "value_per_customer": part.value,
                "segments": [_plain(asdict(one)) for one in part.segments],
            }
            for part in worth.currencies
        ],
        "months": [_plain(row) for row in months],
        "outliers": [{**_plain(row), "account": names.get(row["account_id"])} for row in far],
    }


def _plain(value: Any) -> Any:  # noqa: ANN401  # rows of a table, and values of them
    """Return plain JSON values: dates as text."""
    if isinstance(value, date):
        return str(value)
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, (list, tuple)) else value
