"""What the core says in sentences of its own is recognized, and said in the reader's language."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from bot.core import acts
from bot.core.episodes import Outcome, Phase, advance
from bot.core.guarding.doubts import doubt
from bot.core.trends.outcome import Basis, Trend, Verdict
from bot.core.trends.words import sentence
from bot.core.verdicts import Finding, Mode, Truth
from bot.messages import wording
from bot.messages.phrases import SENTENCES, said, word
from bot.messages.speech import ENGLISH, Speech
from tests.messages.making import CHURN, SHIPPED

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NOW = datetime(2026, 3, 1, 6, tzinfo=UTC)
MARKED = Speech("eo")
"""A language whose catalogue sets every sentence in angle quotes: what is in none was recognized by nobody."""


@pytest.fixture(autouse=True, scope="module")
def _marked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    folder: Path = tmp_path_factory.mktemp("marked")
    (folder / "wording").mkdir()
    head = 'msgid ""\nmsgstr ""\n"Language: eo\\n"\n"Content-Type: text/plain; charset=utf-8\\n"\n\n'
    texts = "\n".join(f'msgid "{one}"\nmsgstr "‹{one}›"\n' for one in dict.fromkeys(SENTENCES))
    (folder / "wording" / "eo.po").write_text(head + texts, encoding="utf-8")
    wording.use([folder])
    yield
    wording.use([SHIPPED])


def recognized(text: str) -> bool:
    """Tell whether nothing is left of a text beside sentences and what joins them."""
    rest, before = said(text, MARKED), ""
    while rest != before:
        rest, before = re.sub("‹[^‹›]*›", "", rest), rest
    return "‹" in said(text, MARKED) and not rest.strip("; ,")


def _steps() -> Iterator[str]:
    rule = replace(CHURN().rule, hold=timedelta(days=14), repeat=timedelta(days=30))
    episode, day = None, date(2026, 1, 1)
    for number in range(80):
        holds = Truth.TRUE if number < 70 else Truth.FALSE
        clears = Truth.FALSE if number < 75 else Truth.TRUE
        finding = Finding(rule.name, "001", day + timedelta(days=number), holds, clears, "high", None, None, ())
        step = advance(episode, finding, rule, NOW + timedelta(days=number))
        episode = step.episode
        if step.detail:
            yield step.detail
    counted = replace(rule, hold=timedelta(), countdown="days_to_renewal", steps=(120, 90), mode=Mode.LIVE)
    for left in (130, 119, 1, None):
        finding = Finding(rule.name, "002", day, Truth.TRUE, Truth.FALSE, "high", None, left, ())
        yield advance(None, finding, counted, NOW).detail


def _acts() -> Iterator[str]:
    firing = replace(CHURN().episode, announced=True)
    pending = replace(firing, phase=Phase.PENDING)
    ended = replace(firing, phase=Phase.RESOLVED)
    claimed = acts.claim(firing, "U1", NOW).episode
    closed = acts.close(firing, "U1", Outcome.LOST, None, NOW).episode
    assert claimed is not None
    assert closed is not None
    until = date(2026, 3, 15)
    for step in (
        acts.claim(firing, "U1", NOW),
        acts.claim(pending, "U1", NOW),
        acts.claim(ended, "U1", NOW),
        acts.claim(claimed, "U2", NOW),
        acts.claim(closed, "U2", NOW),
        acts.snooze(firing, "U1", until, None, NOW),
        acts.snooze(pending, "U1", until, None, NOW),
        acts.snooze(ended, "U1", until, None, NOW),
        acts.snooze(closed, "U1", until, None, NOW),
        acts.snooze(firing, "U1", date(2026, 2, 1), None, NOW),
        acts.snooze(firing, "U1", date(2036, 2, 1), None, NOW),
        acts.close(pending, "U1", Outcome.LOST, None, NOW),
        acts.close(closed, "U1", Outcome.LOST, None, NOW),
    ):
        yield step.detail
    escalating = replace(CHURN().rule, escalate=timedelta(hours=24))
    for hours in (1, 30):
        yield acts.escalate(firing, escalating, timedelta(hours=hours), NOW).detail


def _doubts() -> Iterator[str]:
    source = {"subject": "posthog", "stale_after_days": 2, "age_days": 1, "complete_to": date(2026, 2, 1)}
    for changes in (
        {"failed": True},
        {"age_days": None},
        {"age_days": 5, "complete_to": None},
        {"incomplete": True, "accounts_gone": 0.3, "rejected_share": 0.02, "unmatched_share": 0.5},
    ):
        yield doubt({**source, **changes}) or ""


def _trends() -> Iterator[str]:
    day = date(2026, 1, 3)
    moved = {"start": date(2025, 12, 12), "fleet": 0.0, "now": 3.0, "provisional": False}
    for basis in (Basis.DAILY, Basis.WEEKLY, Basis.MONTHLY):
        for size, fleet in ((-0.34, 0.0), (0.4, 0.2), (3.1, -0.2), (None, None)):
            verdict = Verdict.RISING if size is None or size > 0 else Verdict.FALLING
            yield sentence(_trend(verdict=verdict, basis=basis, size=size, **{**moved, "fleet": fleet}), day)
        yield sentence(_trend(verdict=Verdict.FLAT, basis=basis, provisional=True), day)
    for verdict in (Verdict.UNKNOWN, Verdict.TOO_LITTLE_HISTORY, Verdict.TOO_LITTLE_VOLUME):
        yield sentence(_trend(verdict=verdict, basis=Basis.DAILY), day)
    contract = {"contract_day": date(2025, 12, 10), "contract_old": 100.0, "contract_new": 1200.0}
    yield sentence(_trend(verdict=Verdict.CONTRACT_CHANGE, basis=Basis.DAILY, size=0.4, **{**moved, **contract}), day)


def _trend(**known: object) -> Trend:
    fields = dict.fromkeys(Trend.__dataclass_fields__)
    return Trend(**{**fields, "provisional": False, **known})  # type: ignore[arg-type]  # a test's own words


@pytest.mark.parametrize("text", dict.fromkeys([*_steps(), *_acts(), *_doubts(), *_trends()]))
def test_every_sentence_of_the_core_is_recognized(text: str) -> None:
    assert recognized(text), said(text, MARKED)
    assert said(text, ENGLISH) == text


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("held for 14 days", "‹held for 14 tagoj›"),
        ("it was snoozed until 2026-03-15, and still holds", "‹it was snoozed until 15 Mar 2026, and still holds›"),
        ("down 34 % since 12 December 2025; the fleet is flat", "‹down 34% since 12 Dec 2025›; ‹the fleet is flat›"),
        ("until 5 Jan 2026, 09:00 Europe/Berlin", "‹until 5 Jan 2026, 09:00 Europe/Berlin›"),
        ("what nobody ever said", "what nobody ever said"),
        ("", ""),
    ],
)
def test_figures_and_days_within_a_sentence_are_the_readers(text: str, written: str) -> None:
    assert said(text, MARKED) == written


def test_a_word_that_people_typed_stays_as_it_is() -> None:
    assert word("purple", MARKED) == "purple"


@pytest.mark.parametrize(
    "reason",
    [
        "you are a guest of this workspace",
        "your address is not known, so that Salesforce cannot be asked what you may see",
        "Salesforce has several active users with the address ada@example.com; it must be one",
        "Salesforce has no active user with the address ada@example.com; you are a guest of this workspace",
        "Salesforce could not be asked what you may see: HTTP 503; it may come back",
    ],
)
def test_why_nothing_may_be_seen_is_recognized(reason: str) -> None:
    assert recognized(reason)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("down 30 % since December", "minus 30 % seit Dezember"),
        ("down 30 % since 12 December", "minus 30 % seit 12. Dez."),
    ],
)
def test_a_day_of_which_the_year_is_left_out_is_written_as_the_language_does(text: str, told: str) -> None:
    wording.use([SHIPPED])
    assert said(text, Speech("de")) == told
