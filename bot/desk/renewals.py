"""`renewals 90 mine`: what has to be renewed, counted down to the earlier of notice and end."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

from bot.core.book import sums
from bot.core.renewals import HORIZONS, USUAL, contradictions, terms_of, weeks
from bot.core.scoring.model import GREEN, RED, YELLOW
from bot.desk.asking import Answer
from bot.desk.listing import (
    EVERY_ROW,
    UnknownWordError,
    answerable,
    first_row,
    names_of,
    nobody,
    nothing_read,
    read,
    scope_of,
    seen,
    unknown_word,
)
from bot.messages.lists.common import SHOWN, Frame
from bot.messages.lists.renewals import Renewal, Renewals, renewals_message

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bot.core.book import Sums
    from bot.desk.asking import Question
    from bot.desk.listing import Books, Scope, Wanted
    from bot.state.lists import Listed
    from bot.state.rows import AccountView

_BANDS: Final = (RED, YELLOW, GREEN)
_UNKNOWN: Final = "unknown"


@dataclass(frozen=True, slots=True)
class RenewalsCommand:
    """Lists renewals."""

    books: Books
    native: bool = False
    """Whether Slack shows tables of its own."""
    name: str = "renewals"
    usage: str = "renewals [30|60|90|120] [mine|team|all]"
    purpose: str = "what has to be renewed within these days, week by week"

    def answer(self, question: Question) -> Answer:
        """List what the asker may see. MustAskError and ClosedError go to the caller."""
        try:
            wanted = read(question.text, HORIZONS)
        except UnknownWordError as error:
            return unknown_word(error, question, self.usage)
        as_of = self.books.snapshot_day()
        if as_of is None:
            return nothing_read(question.asker.speech)
        scope = scope_of(question.asker, wanted.whose, self.books)
        return nobody(question) if scope is None else self._listed(question, wanted, scope, as_of)

    def _listed(self, question: Question, wanted: Wanted, scope: Scope, as_of: date) -> Answer:
        days = wanted.days or USUAL
        every = self.books.due(as_of, as_of + timedelta(days=days), scope.people)
        due = seen(question.asker, every, lambda one: one.account_id)
        frame = Frame(
            f"{self.name} {days} {scope.whose}",
            question.command,
            as_of,
            scope.whose,
            first_row(wanted, len(due)),
            len(due),
            press=bool(question.asker.user),
            native=self.native,
        )
        most = EVERY_ROW if wanted.full and not frame.press else SHOWN
        found = Renewals(
            days,
            tuple(self._full(due[frame.start - 1 :][:most], as_of)),
            weeks(due, lambda one: one.deadline_on, _amount),
            sums(map(_amount, due)),
            tuple(_bands(due)),
        )
        message, shown = renewals_message(found, frame, question.asker.speech, most)
        return Answer(question.asker.speech.write(message), _data(found, frame, shown))

    def _full(self, due: Sequence[Listed], as_of: date) -> Iterator[Renewal]:
        views = self.books.views([one.account_id for one in due])
        names = names_of(self.books, views.values())
        for one in due:
            view = views.get(one.account_id)
            if view is not None:  # gone since the list was read
                yield _renewal(one, view, answerable(view, names), as_of)


def _renewal(one: Listed, view: AccountView, owner: str | None, as_of: date) -> Renewal:
    closes = view.opportunity.get("close")
    return Renewal(
        one.account_id,
        view.name,
        view.url,
        one.deadline_on,
        one.renewal_on,
        one.arr,
        one.currency,
        used(view),
        one.health_band,
        auto_renew=_flag(view.metrics.get("auto_renew")),
        opportunity=view.opportunity,
        odd=contradictions(
            as_of,
            one.renewal_on,
            terms_of((line.end, line.metrics) for line in view.lines),
            closes if isinstance(closes, date) else None,
        ),
        owner=owner,
    )


def used(view: AccountView) -> float | None:
    """Return the share of what was contracted that is used: by value, else of the licences."""
    cus, licences = view.metrics.get("cus"), view.metrics.get("licence_utilization")
    if isinstance(cus, (int, float)):
        return cus / 100
    return licences if isinstance(licences, (int, float)) else None


def _flag(value: object) -> bool | None:
    return value if isinstance(value, bool) else None


def _amount(one: Listed) -> tuple[str | None, float | None]:
    return one.currency, one.arr


def _bands(due: Sequence[Listed]) -> Iterator[tuple[str, int, Sums]]:
    by_band: defaultdict[str, list[Listed]] = defaultdict(list)
    for one in due:
        by_band[one.health_band or _UNKNOWN].append(one)
    others = sorted(by_band.keys() - {*_BANDS, _UNKNOWN})
    for band in (*_BANDS, *others, _UNKNOWN):
        if some := by_band.get(band):
            yield band, len(some), sums(map(_amount, some))


def _data(found: Renewals, frame: Frame, shown: int) -> dict[str, object]:
    return {
        "as_of": str(frame.as_of),
        "days": found.days,
        "whose": str(frame.whose),
        "total": frame.total,
        "first": frame.start,
        "shown": shown,
        "arr": sums_data(found.arr),
        "health": [{"band": band, "renewals": count, "arr": sums_data(arr)} for band, count, arr in found.bands],
        "weeks": [
            {"monday": str(week.monday), "renewals": week.count, "arr": sums_data(week.arr)} for week in found.weeks
        ],
        "rows": [_row(one, frame.as_of) for one in found.rows[:shown]],
    }


def sums_data(found: Sums) -> dict[str, object]:
    """Return sums as plain JSON values."""
    amounts = [{"currency": currency, "amount": amount} for currency, amount in found.amounts]
    return {"amounts": amounts, "unknown": found.unknown}


def _row(one: Renewal, as_of: date) -> dict[str, object]:
    return {
        "account": one.name,
        "account_id": one.account_id,
        "url": one.url,
        "deadline": str(one.deadline_on),
        "days_to_deadline": (one.deadline_on - as_of).days,
        "deadline_is": "notice" if one.by_notice else "end",
        "renewal_date": str(one.renewal_on) if one.renewal_on else None,
        "arr": one.arr,
        "currency": one.currency,
        "utilization": one.used,
        "health_band": one.health_band,
        "auto_renew": one.auto_renew,
        "opportunity": {
            name: str(value) if isinstance(value, date) else value for name, value in one.opportunity.items()
        },
        "contradictions": [{"what": str(odd.what), "day": str(odd.day), "other": str(odd.other)} for odd in one.odd],
        "owner": one.owner,
    }
