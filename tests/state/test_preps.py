from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

from bot.state.rows import Act, Judgement
from tests.state.samples import ACME, START, episode, notice

if TYPE_CHECKING:
    from bot.core.episodes import Episode
    from bot.state.rows import AccountView
    from bot.state.store import Store

DAY = date(2026, 3, 1)


def with_deadline(account_id: str, deadline: date | None, band: str | None = None) -> AccountView:
    return replace(ACME, account_id=account_id, external_id=None, metrics={"deadline": deadline, "health_band": band})


def about(episode_id: str) -> Episode:
    return replace(episode(), episode_id=episode_id)


def test_accounts_are_found_by_their_deadline_the_nearest_first(store: Store) -> None:
    days = {"A": 30, "B": 23, "C": 22, "D": 60, "E": 61, "F": -1}
    views = [with_deadline(name, DAY + timedelta(days=left)) for name, left in days.items()]
    views += [with_deadline("N", None), with_deadline("R", DAY + timedelta(days=150), "red")]
    assert store.judged_on() is None
    store.commit(Judgement(DAY, START, tuple(views), (), (), (), (), ()))
    assert store.judged_on() == DAY
    spans = [(DAY + timedelta(days=23), DAY + timedelta(days=30)), (DAY + timedelta(days=53), DAY + timedelta(days=60))]
    found = store.accounts_with_deadline(spans, ("red", (DAY, DAY + timedelta(days=180))))
    assert [view.account_id for view in found] == ["B", "A", "D", "R"]


def test_what_is_said_is_said_once_and_known_whoever_to(store: Store) -> None:
    card = notice(about("prep:A:2026-04-01"), transition="stage:30", destination="person:005A")
    assert store.say((card,)) == (card,)
    assert store.say((card,)) == ()
    assert store.posted_of(["prep:A:2026-04-01", "prep:B"]) == {("prep:A:2026-04-01", "stage:30")}
    assert store.posted_of([]) == frozenset()


def test_an_update_is_no_post(store: Store) -> None:
    store.say((replace(notice(about("prep:A")), act=Act.UPDATE),))
    assert store.posted_of(["prep:A"]) == frozenset()
