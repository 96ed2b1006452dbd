"""Lists of ordinary accounts, and of odd ones: Slack takes them, and names change nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from bot.core.book import Sums, Whose, sums
from bot.core.episodes import Phase
from bot.core.portfolio import Cause, InCurrency, Movement, Segment
from bot.core.renewals import Contradiction, Odd, weeks
from bot.core.verdicts import Evidence, Truth
from bot.messages.blocks import to_blocks, to_text
from bot.messages.limits import OWN_TEXT_MOST, validate
from bot.messages.lists.alerts import Alerts, Listing, alerts_message
from bot.messages.lists.common import Frame, told
from bot.messages.lists.portfolio import Far, Worth, portfolio_message
from bot.messages.lists.renewals import Renewal, Renewals, renewals_message
from bot.messages.lists.status import Status, status_message
from bot.messages.speech import ENGLISH, Speech
from bot.state.rows import Backlog, Run, SourceState
from tests.state.samples import episode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from bot.messages.message import Message

AS_OF = date(2026, 3, 4)
NOW = datetime(2026, 3, 4, 5, tzinfo=UTC)
NAMES = {
    "ordinary": "Acme & Sons",
    "long": "x" * 150,
    "markup": "*bold* <!channel> <https://evil.example|Acme> `_~",
    "right-to-left": "\u05d0\u05d1\u05d2 12",
    "nothing": "\u200b",
    "lines": "two\nlines",
}
AMOUNTS = {"ordinary": 100_000.0, "unknown": None, "zero": 0.0, "huge": 1e18, "less than nothing": -5.0}


def renewal(name: str, amount: float | None, number: int = 0) -> Renewal:
    known = amount is not None
    return Renewal(
        account_id=f"A{number}",
        name=name,
        url="https://crm.example/1" if known else "javascript:alert(1)",
        deadline_on=AS_OF + timedelta(days=number % 80),
        renewal_on=AS_OF + timedelta(days=80) if known else None,
        arr=amount,
        currency=name if known else None,
        used=amount,
        health_band=name if known else None,
        auto_renew=True if known else None,
        opportunity={"stage": name, "amount": amount, "currency": name} if known else {},
        odd=(Odd(Contradiction.CLOSE_IS_PAST, AS_OF, AS_OF), Odd(Contradiction.NOTICE_AFTER_END, AS_OF, AS_OF)),
        owner=name if known else None,
    )


def frame(total: int, *, press: bool = True, native: bool = False, start: int = 1) -> Frame:
    return Frame("renewals 90 all", "/headroom", AS_OF, Whose.ALL, start, total, press=press, native=native)


def renewals_of(rows: tuple[Renewal, ...]) -> Renewals:
    def amount(one: Renewal) -> tuple[str | None, float | None]:
        return one.currency, one.arr

    whole = sums(map(amount, rows))
    return Renewals(90, rows, weeks(rows, lambda one: one.deadline_on, amount), whole, (("red", len(rows), whole),))


def listing(name: str, amount: float | None, number: int = 0) -> Listing:
    known = amount is not None
    seen = Evidence("licence_utilization < 0.5", Truth.TRUE, (("licence_utilization", amount),))
    made = episode(
        f"A{number}",
        phase=Phase.CLAIMED if known else Phase.FIRING,
        claimed_at=NOW if known else None,
        at_stake=amount,
        evidence=(seen,) if known else (),
        snoozed_until=AS_OF,
        snooze_reason=name,
    )
    who = name if known else None
    return Listing(made, f"A{number}", name, "https://x.example/", who, AS_OF if known else None, who, who, who)


def alerts_of(rows: tuple[Listing, ...]) -> Alerts:
    whole = sums((one.currency, one.episode.at_stake) for one in rows)
    return Alerts("churn_risk", rows, len(rows), whole, 1, rows, len(rows))


def segment(name: str, amount: float | None) -> Segment:
    movement = Movement(5, 4, amount, amount, 0.1, 3, amount, 1, amount, 2, None, ((Cause.CAME, 1.0),))
    currency = name if amount is not None else None
    months = ((AS_OF, amount),)
    return Segment(name, currency, 5, 4, amount, amount, amount, 1, amount, 1.25, amount, movement, months)


def worth_of(segments: tuple[Segment, ...]) -> Worth:
    first = segments[0]
    part = InCurrency(first.currency, segments, 5, 4, first.arr or 0.0, first.value)
    far = tuple(Far(str(one.name), one.name, one.currency, one.arr or 1.0, one.median) for one in segments)
    return Worth(AS_OF, AS_OF - timedelta(days=365), None, (part, replace(part, currency="EUR")), far)


def status_of(name: str, count: int) -> Status:
    sources = tuple(SourceState(f"{name}{n}", NOW, AS_OF, name if n % 2 else None, 10**12, None) for n in range(count))
    summary: dict[str, object] = {
        "held": [{"by": "source", "detail": name, "findings": 3}, {"by": "inhibited", "detail": name, "findings": 1}],
        "unmatched_volume": {
            "days": 28,
            "share": 0.5,
            "customers": 7,
            "by_meter": [{"meter": name, "share": 0.5, "unmatched": 1.0}] * count,
            "largest": [{"customer": "SECRET"}],
        },
        "unmatched": {"products_without_meter": [{"product_name": name}], "meters_without_product": [name] * count},
    }
    runs = tuple(Run(name, AS_OF, NOW, NOW, ok=False, summary=summary) for _ in range(count))
    return Status(sources, runs[0] if runs else None, runs, Backlog(1_000, 3, 4))


def passes(message: Message) -> None:
    assert validate(to_blocks(message), text_most=OWN_TEXT_MOST) == []
    assert len(message.summary) <= 3_000
    said = [message.summary, *marked_up(to_blocks(message))]
    assert not [text for text in said if "<https://evil" in text or "<!" in text]


def marked_up(value: object) -> Iterator[str]:
    """Yield every text that Slack reads as mrkdwn."""
    if isinstance(value, dict):
        if value.get("type") == "mrkdwn":
            yield value["text"]
        yield from marked_up(list(value.values()))
    elif isinstance(value, list):
        for item in value:
            yield from marked_up(item)


MAKERS: dict[str, Callable[[str, float | None, int, bool, Speech], Message]] = {
    "renewals": lambda name, amount, count, native, speech: renewals_message(
        renewals_of(tuple(renewal(name, amount, n) for n in range(min(count, 20)))),
        frame(count, native=native),
        speech,
        20,
    )[0],
    "alerts": lambda name, amount, count, native, speech: alerts_message(
        alerts_of(tuple(listing(name, amount, n) for n in range(min(count, 20)))),
        frame(count, native=native),
        speech,
        20,
    )[0],
    "portfolio": lambda name, amount, count, native, speech: portfolio_message(
        worth_of(tuple(segment(name, amount) for _ in range(max(count, 1)))), speech, native=native
    ),
    "status": lambda name, _amount, count, native, speech: status_message(
        status_of(name, count), speech, native=native
    ),
}


@pytest.mark.parametrize("native", [False, True], ids=["lines", "native"])
@pytest.mark.parametrize("count", [0, 1, 60])
@pytest.mark.parametrize("speech", [ENGLISH, Speech("de", "Europe/Berlin")], ids=["en", "de"])
@pytest.mark.parametrize("kind", MAKERS)
def test_slack_takes_every_list(kind: str, speech: Speech, count: int, native: bool) -> None:
    odd = [(name, AMOUNTS["ordinary"]) for name in NAMES.values()]
    odd += [(NAMES["long"], amount) for amount in AMOUNTS.values()]
    for name, amount in odd:
        passes(MAKERS[kind](name, amount, count, native, speech))


@pytest.mark.parametrize("kind", MAKERS)
def test_a_name_with_markup_stands_for_itself(kind: str) -> None:
    said = to_text(MAKERS[kind](NAMES["markup"], 5.0, 2, False, ENGLISH))
    assert "<!channel>" in said


def test_what_is_unknown_of_all_is_said_once_and_not_in_every_row() -> None:
    text = to_text(MAKERS["renewals"]("Acme", None, 3, False, ENGLISH))
    assert "unknown of all of them: ARR, used, health, auto-renewal, opportunity, owner" in text
    assert text.count("unknown") == 4, "the sums of all, of the band and of the week, and that line"


def test_status_tells_of_no_customer() -> None:
    message = MAKERS["status"]("posthog", None, 3, False, ENGLISH)
    assert "SECRET" not in str(to_blocks(message))
    text = to_text(message)
    assert "1,000 wait to be sent, 4 more for the end of somebody's quiet hours; of 3 it is not known yet" in text
    assert "3 alerts are held back by a source in doubt: posthog." in text
    assert "One alert is held back by a churn risk on the same line." in text
    assert "50 % of posthog" in text


def test_status_before_anything_was_read() -> None:
    message = status_message(Status((), None, (), Backlog(0, 0)), ENGLISH, native=False)
    passes(message)
    text = to_text(message)
    assert "No night has been judged yet" in text
    assert "How much usage is no account's: unknown." in text
    assert "No alert is held back" not in text, "nobody has looked"


def test_sums_of_nothing_and_of_the_unknown_are_not_the_same() -> None:
    assert told(Sums((), 0), ENGLISH) == "0"
    assert told(Sums((), 2), ENGLISH) == "unknown"
    assert told(Sums((("USD", 5.0), ("EUR", 0.0)), 1), ENGLISH) == "USD 5, EUR 0; one is unknown"


def test_a_change_says_why() -> None:
    movement = Movement(2, 2, 200.0, 220.0, 0.1, 1, 0.5, 1, 250.0, 1, 300.0, ((Cause.LEFT, -100.0),))
    one = replace(segment("Large", 440.0), currency="USD", movement=movement, value=220.0, season=None)
    text = to_text(portfolio_message(worth_of((one,)), ENGLISH, native=False))
    assert (
        "Large: USD 200 per customer on 4 Mar 2025, USD 220 now (up 10 %), mostly because of customers who left. "
        "One existing customer: up 50 %. One came, worth USD 250. One left, worth USD 300." in text
    )


def test_another_language_is_spoken_without_a_fault() -> None:
    found = renewals_of((renewal("Acme", 5.0),))
    message, _ = renewals_message(found, frame(1), Speech("de", "Europe/Berlin"), 20)
    passes(message)
