"""Digests: lines, what does not fit, and Slack's limits."""

from __future__ import annotations

from datetime import date

import pytest

from bot.messages.blocks import to_blocks, to_text
from bot.messages.digest import Entry
from bot.messages.limits import OWN_TEXT_MOST, total_text, validate
from bot.messages.message import Message, Text
from bot.messages.render import Templates
from bot.shipped import TEMPLATES

DAY = date(2026, 3, 2)
TEMPLATE = Templates([TEMPLATES])


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


def digest(*entries: Entry) -> Message:
    return TEMPLATE.digest(
        entries, "At most 10 alerts a day come one by one; these are the rest.", DAY, "Vendor", "/headroom"
    )


def test_each_alert_is_a_line_with_its_headline_what_is_at_stake_and_a_link() -> None:
    lines = [block.text for block in digest(entry(1), entry(2)).blocks if isinstance(block, Text)]
    assert lines == [
        "At most 10 alerts a day come one by one; these are the rest. What matters most stands first.",
        "\n".join(
            f"• <https://crm.example/{number}|Acme {number} uses 41 % of its licences> · USD 120,000 at stake · high"
            for number in (1, 2)
        ),
    ]


def test_what_is_unknown_is_left_out_and_no_link_is_made_of_what_is_none() -> None:
    text = str(digest(entry(url="javascript:alert(1)", at_stake=None)).blocks)
    assert "javascript" not in text
    assert "at stake" not in text


def test_money_that_the_headline_names_is_not_said_twice() -> None:
    assert "at stake" not in str(digest(entry(headline="Acme renews in 7 days; USD 120,000 ARR")).blocks)


def test_names_can_neither_ping_nor_disguise_a_link() -> None:
    text = str(to_blocks(digest(entry(headline="<!channel> uses *41 %*", name="<!channel>"))))
    assert "<!channel>" not in text
    assert "&lt;!channel&gt;" in text


@pytest.mark.parametrize(("count", "title"), [(1, "1 more alert for today"), (12, "12 more alerts for today")])
def test_the_title_counts_them(count: int, title: str) -> None:
    assert to_text(digest(*map(entry, range(count)))).splitlines()[0] == title


def test_the_notification_names_the_first_three_and_counts_the_rest() -> None:
    assert digest(*map(entry, range(5))).summary == (
        "5 more alerts for today: Acme 0 uses 41 % of its licences; Acme 1 uses 41 % of its licences; "
        "Acme 2 uses 41 % of its licences; and 2 more"
    )


def test_what_does_not_fit_is_named_and_after_that_counted_with_the_command_that_shows_it() -> None:
    text = to_text(digest(*map(entry, range(500))))
    lines = [line for line in text.splitlines() if line.startswith("•")]
    (rest,) = (line for line in text.splitlines() if "more: " in line)
    assert len(lines) == 40
    assert rest.startswith(f"{500 - len(lines)} more: Acme {len(lines)}, Acme {len(lines) + 1}, ")
    named = rest.partition(" more: ")[2].partition(" and ")[0].split(", ")
    assert rest.endswith(f" and {500 - len(lines) - len(named)} more")
    assert "/headroom NAME shows what is open with an account" in text


@pytest.mark.parametrize("count", [1, 30, 1000])
@pytest.mark.parametrize("name", ["x", "Company " * 30, "&" * 200, "<!channel>" * 20, "شركة نخلة" * 12])
def test_slack_takes_a_digest_of_any_length(count: int, name: str) -> None:
    entries = [
        entry(number, headline=f"{name} {number}", name=name, url=f"https://c.example/{'x' * 300}")
        for number in range(count)
    ]
    made = digest(*entries)
    blocks = to_blocks(made)
    assert validate(blocks, text_most=OWN_TEXT_MOST) == []
    assert total_text(blocks) < OWN_TEXT_MOST
    assert len(made.summary) < 1_000
