"""Whatever stands in the CRM, and whatever is typed: no answer of any command pings, forges a link or turns a line."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from bot.core.episodes import Outcome, Phase
from bot.desk.asking import Question
from bot.front import make_commands
from bot.load import load_all
from bot.messages.blocks import to_blocks, to_text
from bot.messages.limits import OWN_TEXT_MOST, validate
from bot.messages.speech import Speech
from bot.state.rows import Person
from bot.state.store import open_store
from tests.desk.shelf import ACME, NOW, alert, in_slack, made, night
from tests.loading import GOOD, write

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from bot.desk.asking import Answer
    from bot.desk.commands import Commands

NAMES = (
    "Ev<!channel>il <@U1> <https://evil.example|ok> *b* `c` &lt; |",
    "\u202edes\u2066rev\u200bers\u2069ed\u2028 *b*\x1b[31m\n> q",
    "שלום\u2069\u2069 <!here> " + "x" * 3_000,
)
RULES = ("near-limit", "licence-underuse")
WORDS = (
    "A1",
    "{}",
    "nobody like {}",
    "why A1",
    "why A1 near-limit",
    "why A1 {}",
    "why A2 near-limit",
    "prep A1",
    "prep {}",
    "risks",
    "upsell",
    "renewals 30",
    "renewals {}",
    "status",
    "subscribe churn_risk {}",
    "subscribe {} nowhere",
    "mute any {}",
    "subscribe",
    "mute",
    "prefs {}=1",
    "prefs quiet={}",
    "portfolio {}",
    "snooze A1 licence-underuse 7 {}",
    "snooze A1 until {}",
    "snooze {}",
    "why A1 licence-underuse",
    "{} share",
)
_OURS = re.compile(r"<@[UW][A-Z0-9]+>|<https://crm\.example/[^<>|]*\|[^<>]*>")
_MARKS = frozenset("\u2068\u2069\u200c\u200d\u200e\u200f")


def desk(folder: Path, name: str) -> Commands:
    """Make the commands of a company all of whose records are called so."""
    owner = Person("P1", name, "p1@ours.example", None, active=True, timezone=None)
    metrics = {**ACME.metrics, "segment": name, "region": name, "currency": name[:40], "licence_utilization": 0.41}
    told = {**ACME.opportunity, "stage": name, "forecast": name, "currency": name[:30], "url": "javascript:alert(1)"}
    lines = tuple(replace(line, product=name, unit=name) for line in ACME.lines)
    first = replace(ACME, name=name, metrics=metrics, opportunity=told, lines=lines, url="https://crm.example/A1|<x>")
    second = replace(first, account_id="A2", url="javascript:alert(1)", domain=name)
    episodes = (
        alert("A1", snooze_reason=name),
        alert("A1", "near-limit", phase=Phase.SNOOZED, snoozed_until=NOW.date(), snoozed_by="U1", snooze_reason=name),
        alert("A2", phase=Phase.CLAIMED, claimed_by="<!here>", claimed_at=NOW),
        alert("A2", "near-limit", phase=Phase.CLOSED, outcome=Outcome.LOST, closed_by="U2", close_reason=name),
    )
    store = open_store(made(folder))
    store.commit(night(accounts=(first, second), people=(owner,), episodes=episodes))
    return make_commands(store, load_all(write(folder, GOOD)))


def said(value: Any, kind: str = "") -> Iterator[tuple[str, str]]:  # noqa: ANN401  # blocks as JSON
    """Yield every text of blocks, with what Slack takes it for."""
    for one in value if isinstance(value, list) else ():
        yield from said(one)
    for name, one in value.items() if isinstance(value, dict) else ():
        if isinstance(one, str) and name in {"text", "alt_text", "label"}:
            yield value.get("type") or kind, one
        else:
            yield from said(one)


def harmless(answer: Answer) -> None:
    blocks = to_blocks(answer.message)
    assert validate(blocks, text_most=OWN_TEXT_MOST) == []
    for kind, text in [*said(blocks), ("mrkdwn", answer.message.summary)]:
        if kind == "mrkdwn":
            assert not re.search(r"[<>]|&(?!(?:amp|lt|gt);)", _OURS.sub("", text)), text
            assert "*b*" not in text
            assert "`c`" not in text
        odd = [one for one in text if unicodedata.category(one) in {"Cc", "Cf", "Zl"} and one != "\n"]
        assert set(odd) <= _MARKS, ascii(text)
    # A terminal takes what stands there for commands.
    assert "\x1b" not in to_text(answer.message)


@pytest.mark.parametrize("name", NAMES, ids=["markup", "invisible", "long"])
def test_no_answer_of_any_command_is_led_astray_by_a_name(tmp_path: Path, name: str) -> None:
    commands = desk(tmp_path, name)
    owner = Person("P1", name, "p1@ours.example", None, active=True, timezone=None)
    for place, words in enumerate(WORDS):
        asker = in_slack(owner, speech=Speech("ar" if place % 2 else "en"))
        harmless(commands.answer(Question(words.replace("{}", name), asker, "/headroom", NOW)))
