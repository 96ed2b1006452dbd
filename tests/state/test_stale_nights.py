"""A night that slept in the middle, and was overtaken by the next one."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

from bot.state.judgements import StaleJudgementError
from tests.state.samples import ACME, episode, judgement, notice

if TYPE_CHECKING:
    from bot.state.store import Store

MONDAY, TUESDAY = date(2026, 3, 2), date(2026, 3, 3)


def test_what_an_overtaken_night_decided_is_not_stored(store: Store) -> None:
    alert = episode()
    store.commit(judgement(as_of=TUESDAY, accounts=(ACME,)))
    with pytest.raises(StaleJudgementError, match="2026-03-03 was judged meanwhile, which comes after 2026-03-02"):
        store.commit(judgement(as_of=MONDAY, accounts=(ACME,), episodes=(alert,), notices=(notice(alert),)))
    assert store.open_episodes() == {}
    assert store.deliveries() == ()


def test_the_same_day_and_later_ones_are(store: Store) -> None:
    alert = episode()
    store.commit(judgement(as_of=MONDAY, accounts=(ACME,)))
    store.commit(judgement(as_of=MONDAY, accounts=(ACME,), episodes=(alert,)))
    store.commit(judgement(as_of=TUESDAY, accounts=(ACME,), notices=(notice(alert),)))
    assert len(store.deliveries()) == 1
