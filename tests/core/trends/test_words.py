"""Sentences as people read them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest

from bot.core.trends.outcome import Basis, ContractChange, Trend, Verdict, blank
from bot.core.trends.words import sentence

AS_OF = date(2026, 6, 3)
DOWN = Trend(verdict=Verdict.FALLING, size=-0.34, start=date(2026, 5, 12), before=120, now=79.2, fleet=0.01)
UP = replace(DOWN, verdict=Verdict.RISING, size=0.52, now=182.4)
WEEKLY_WORDS = "down 34 % since the week of 12 May, by the week, as there is too little use to judge single days"
WEEKLY = replace(DOWN, basis=Basis.WEEKLY)
CONTRACT = replace(DOWN, verdict=Verdict.CONTRACT_CHANGE, contract_day=date(2026, 5, 10))


@pytest.mark.parametrize(
    ("trend", "words"),
    [
        (DOWN, "down 34 % since 12 May, against its own weekday pattern; the fleet is flat"),
        (UP, "up 52 % since 12 May, against its own weekday pattern; the fleet is flat"),
        (
            replace(DOWN, fleet=-0.08),
            "down 34 % since 12 May, against its own weekday pattern; the fleet too is down 8 %, which is taken out",
        ),
        (
            replace(DOWN, fleet=0.2),
            "down 34 % since 12 May, against its own weekday pattern; the fleet is up 20 %, which is taken out",
        ),
        (replace(DOWN, fleet=None), "down 34 % since 12 May, against its own weekday pattern"),
        (
            replace(DOWN, start=date(2025, 12, 3), fleet=None),
            "down 34 % since 3 December 2025, against its own weekday pattern",
        ),
        (
            replace(DOWN, fleet=None, provisional=True),
            "down 34 % since 12 May, against its own weekday pattern; provisional, as under 75 days are known",
        ),
        (replace(DOWN, fleet=None, size=-0.996), "down 99 % since 12 May, against its own weekday pattern"),
        (
            replace(DOWN, fleet=None, size=-1, now=0),
            "no use at all since 12 May, against its own weekday pattern",
        ),
        (replace(UP, fleet=None, size=2.5), "3.5 times as much since 12 May, against its own weekday pattern"),
        (replace(UP, fleet=None, size=None), "in use since 12 May, against its own weekday pattern"),
        (
            replace(WEEKLY, fleet=None),
            WEEKLY_WORDS,
        ),
        (
            replace(WEEKLY, fleet=None, provisional=True),
            WEEKLY_WORDS + "; provisional, as only a few weeks are known",
        ),
        (
            replace(DOWN, basis=Basis.MONTHLY, start=date(2026, 4, 1), fleet=None),
            "down 34 % since April, by the month",
        ),
        (
            replace(DOWN, basis=Basis.MONTHLY, start=date(2025, 11, 1), fleet=-0.11),
            "down 34 % since November 2025, by the month; the fleet too is down 11 %, which is taken out",
        ),
        (
            replace(CONTRACT, contract_old=1200.0, contract_new=800.0),
            "down 34 % since 12 May, with the contract: 1,200 became 800 on 10 May",
        ),
        (CONTRACT, "down 34 % since 12 May, with the contract"),
        (Trend(verdict=Verdict.FLAT), "no trend: use is as its own weekday pattern lets expect"),
        (
            Trend(verdict=Verdict.FLAT, provisional=True),
            "no trend: use is as its own weekday pattern lets expect; provisional, as under 75 days are known",
        ),
        (
            Trend(verdict=Verdict.FLAT, basis=Basis.WEEKLY),
            "no trend by the week; there is too little use to judge single days",
        ),
        (Trend(verdict=Verdict.FLAT, basis=Basis.MONTHLY), "no trend by the month"),
        (
            Trend(verdict=Verdict.TOO_LITTLE_VOLUME, basis=Basis.WEEKLY),
            "too little use to tell a trend from chance",
        ),
        (Trend(verdict=Verdict.TOO_LITTLE_HISTORY), "too little history to tell a trend yet"),
        (Trend(verdict=Verdict.UNKNOWN), "trend unknown: nothing is known of the last 14 days"),
    ],
)
def test_a_trend_is_a_sentence(trend: Trend, words: str) -> None:
    assert sentence(trend, AS_OF) == words


@pytest.mark.parametrize("basis", list(Basis))
@pytest.mark.parametrize("verdict", list(Verdict))
def test_every_verdict_has_words_on_every_basis_even_without_figures(verdict: Verdict, basis: Basis) -> None:
    assert len(sentence(Trend(verdict=verdict, basis=basis, provisional=True), AS_OF)) > 5


def test_a_row_is_handed_out_in_days_and_without_nan() -> None:
    trends = blank(2, Verdict.CONTRACT_CHANGE, Basis.DAILY)
    trends.start[1], trends.size[1], trends.now[1] = 4, np.float64(-0.5), 7
    trends = replace(trends, changes={1: ContractChange(3, 10, 5)})
    days = [date(2026, 5, 28) + timedelta(days=day) for day in range(7)]
    assert trends.row(0, days) == Trend(verdict=Verdict.CONTRACT_CHANGE)
    assert trends.row(1, days) == Trend(
        verdict=Verdict.CONTRACT_CHANGE,
        size=-0.5,
        start=date(2026, 6, 1),
        now=7,
        contract_day=date(2026, 5, 31),
        contract_old=10,
        contract_new=5,
    )
