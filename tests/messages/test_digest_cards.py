"""Daily and weekly digests as messages: what they say, and that Slack takes them at every edge."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

import pytest

from bot.core.book import Sums
from bot.core.digesting import Band, Change, Moved, Week, What
from bot.messages.blocks import to_blocks, to_text
from bot.messages.digest import Entry
from bot.messages.digests.daily import Changed, Daily, daily
from bot.messages.digests.parts import Part, lay_out
from bot.messages.digests.weekly import Alerted, Unclaimed, Weekly, weekly
from bot.messages.limits import OWN_TEXT_MOST, validate
from bot.messages.message import Message, Text
from bot.messages.render import Templates
from bot.messages.speech import ENGLISH
from bot.shipped import TEMPLATES

TEMPLATE: Final = Templates([TEMPLATES])
DAY: Final = date(2026, 3, 2)
NAMES: Final = ["x", "Company " * 30, "&" * 200, "<!channel> *bold* `code`", "شركة نخلة" * 12, ""]


def alerted(number: int, name: str, at_stake: float | None = 1e5, claimed: str | None = None) -> Alerted:
    url = f"https://crm.example/{'x' * 200}/{number}"
    return Alerted(Entry(f"{name} {number} uses 41 %", name, url, "high", at_stake, "USD"), claimed)


def a_week(count: int, name: str, amount: float | None) -> Weekly:
    some = [alerted(number, name, amount, "U1" if number % 2 else None) for number in range(count)]
    known = amount or 0.0
    weeks = [Week(DAY + timedelta(weeks=n), count, Sums((("USD", known), ("EUR", 1.0)), count)) for n in range(12)]
    closed = dict.fromkeys(("lost", "false_alarm", "resolved"), known)
    moved = [Moved(currency, known, known, -known, closed, known, 3) for currency in ("USD", "EUR", None, name)]
    waiting = [Unclaimed(name or None, count, count, Sums((("USD", known),), 1)) for _ in range(count)]
    whose = f"The accounts of the team of {name}"
    at_stake = Sums((("USD", known),), 2)
    return Weekly(
        whose, some, some, weeks, count, at_stake, moved, DAY, {"USD": known}, waiting, DAY, "Vendor", "/headroom"
    )


def a_day(count: int, name: str) -> Daily:
    entries = [alerted(number, name).entry for number in range(count)]
    changes = [
        Change("a", What.HEALTH, "green", "red"),
        Change("a", What.UTILIZATION, Band.LOW, Band.OVER, 1e9),
        Change("a", What.DEADLINE, None, DAY),
        Change("a", What.ENDED, name, "false_alarm"),
        Change("a", What.CLAIMED, name, "<!channel>"),
    ]
    changed = [Changed(change, name, "javascript:alert(1)") for change in changes for _ in range(count)]
    return Daily(entries, changed, 10, DAY, DAY, "Vendor", "/headroom")


def fits(messages: tuple[Message, ...]) -> None:
    for message in messages:
        blocks = to_blocks(message)
        assert validate(blocks, text_most=OWN_TEXT_MOST) == []
        assert "<!channel>" not in str(blocks)
        assert "<!channel>" not in message.summary
        assert "None" not in to_text(message)
        assert len(message.summary) < 1_000


@pytest.mark.parametrize("amount", [None, 0.0, 1e5, 1e18])
@pytest.mark.parametrize("count", [0, 1, 40, 200])
def test_slack_takes_a_week_of_any_length_and_amount(count: int, amount: float | None) -> None:
    fits(weekly(TEMPLATE, a_week(count, "Acme", amount), ENGLISH))


@pytest.mark.parametrize("name", NAMES)
def test_names_of_any_kind_stand_for_themselves_in_both(name: str) -> None:
    fits(weekly(TEMPLATE, a_week(30, name, 1e5), ENGLISH))
    fits(daily(TEMPLATE, a_day(30, name), ENGLISH))


@pytest.mark.parametrize("count", [1, 9, 60, 300])
def test_slack_takes_a_day_of_any_length(count: int) -> None:
    fits(daily(TEMPLATE, a_day(count, "Acme"), ENGLISH))


def test_no_line_is_lost_between_a_message_and_its_thread() -> None:
    lines = tuple(f"• line {number}" for number in range(110))
    laid = lay_out([Part("All of them", lines)], 10, ENGLISH)
    texts = [block.text for page in (laid.blocks, *laid.thread) for block in page if isinstance(block, Text)]
    told = "\n".join(texts)
    assert [line for line in told.splitlines() if line.startswith("•")] == list(lines)
    assert "*All of them: 110*" in told
    assert "and 100 more, in the thread" in told


def test_what_is_too_long_for_a_thread_too_is_counted() -> None:
    laid = lay_out([Part("", tuple(f"• {number}" for number in range(200)))], 10, ENGLISH)
    (last,) = (block.text for block in laid.thread[-1] if isinstance(block, Text))
    assert len(laid.thread) == 3
    assert last.endswith("and 70 more")


def test_a_movement_is_written_with_its_parts() -> None:
    moved = Moved("USD", 100_000.0, 40_000.0, -5_000.0, {"lost": 30_000.0, "false_alarm": 5_000.0}, 100_000.0)
    week = a_week(0, "Acme", None)
    told = Weekly(**{name: getattr(week, name) for name in Weekly.__slots__} | {"moved": [moved], "arr": {"USD": 1e6}})
    (line,) = (line for line in to_text(weekly(TEMPLATE, told, ENGLISH)[0]).splitlines() if "before" in line)
    assert line == (
        "• USD 100,000, 10.0 % of ARR: USD 100,000 before, +40,000 opened, −5,000 changed, −5,000 false alarm, "
        "−30,000 lost"
    )


def test_of_nothing_but_unknown_amounts_no_sum_is_written() -> None:
    week = a_week(0, "Acme", None)
    moved = [Moved("USD", unknown=2)]
    told = Weekly(**{name: getattr(week, name) for name in Weekly.__slots__} | {"moved": moved, "since": None})
    assert "At stake\n• 2 accounts with unknown amounts\n" in to_text(weekly(TEMPLATE, told, ENGLISH)[0])


def entry(number: int = 1, **changes: object) -> Entry:
    usual = {
        "headline": f"Acme {number} uses 41 % of its licences",
        "name": f"Acme {number}",
        "url": f"https://crm.example/{number}",
        "severity": "high",
        "at_stake": 120_000.0,
        "currency": "USD",
    }
    return Entry(**(usual | changes))  # type: ignore[arg-type]  # a test's own words


def held_back(*entries: Entry) -> Message:
    return daily(TEMPLATE, Daily(entries, (), 10, DAY, None, "Vendor", "/headroom"), ENGLISH)[0]


def test_each_alert_is_a_line_with_its_headline_what_is_at_stake_and_a_link() -> None:
    lines = [block.text for block in held_back(entry(1), entry(2)).blocks if isinstance(block, Text)]
    assert lines == [
        "At most 10 alerts a day come one by one; these are the rest. What matters most stands first.",
        "\n".join(
            f"• <https://crm.example/{number}|Acme {number} uses 41 % of its licences> · USD 120,000 at stake · high"
            for number in (1, 2)
        ),
    ]


def test_what_is_unknown_is_left_out_and_no_link_is_made_of_what_is_none() -> None:
    text = str(held_back(entry(url="javascript:alert(1)", at_stake=None)).blocks)
    assert "javascript" not in text
    assert "at stake" not in text


def test_money_that_the_headline_names_is_not_said_twice() -> None:
    assert "at stake" not in str(held_back(entry(headline="Acme renews in 7 days; USD 120,000 ARR")).blocks)


@pytest.mark.parametrize(("count", "title"), [(1, "1 more alert for today"), (12, "12 more alerts for today")])
def test_the_title_of_a_day_counts_the_alerts(count: int, title: str) -> None:
    assert to_text(held_back(*map(entry, range(count)))).splitlines()[0] == title


def test_the_notification_names_the_first_three_and_counts_the_rest() -> None:
    assert held_back(*map(entry, range(5))).summary == (
        "5 more alerts for today: Acme 0 uses 41 % of its licences; Acme 1 uses 41 % of its licences; "
        "Acme 2 uses 41 % of its licences; and 2 more"
    )
