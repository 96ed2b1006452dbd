"""Several people act on one alert at the same moment: one wins, the others learn who, and nothing is lost."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from bot.core.episode import Outcome, Phase, Reason
from bot.desk.acting import Acting
from bot.state.acts import UnknownEpisodeError
from tests.state.samples import START, episode, notice, said

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.core.episodes import Step
    from bot.state.store import Store

PEOPLE = 6
MINE = episode().episode_id


@pytest.fixture
def acting(store: Store) -> Acting:
    store.commit(said(notice(episode()), notice(episode(), "person:005A")))
    return Acting(store, "Europe/Berlin", {"licence-underuse": "churn_risk"})


def at_once(act: Callable[[str], Step]) -> list[Step]:
    """Let everybody act at the same moment."""
    together = threading.Barrier(PEOPLE)

    def begin(number: int) -> Step:
        together.wait()
        return act(f"U{number}")

    with ThreadPoolExecutor(PEOPLE) as pool:
        return list(pool.map(begin, range(PEOPLE)))


def test_of_all_who_claim_at_once_one_wins_and_the_others_are_told_who(store: Store, acting: Acting) -> None:
    steps = at_once(lambda user: acting.claim_episode(MINE, user, START))
    (won,) = [step for step in steps if step.notify]
    assert won.episode is not None
    lost = [step for step in steps if not step.notify]
    assert {step.reason for step in lost} == {Reason.TAKEN}
    assert {step.episode.claimed_by for step in lost if step.episode} == {won.episode.claimed_by}
    assert [(line.actor, line.verb) for line in store.audit("Acme")] == [(won.episode.claimed_by, "claimed")]
    assert len(store.deliveries()) == 4, "both messages, and a change of each"


def test_of_all_who_close_at_once_one_says_what_became_of_it(store: Store, acting: Acting) -> None:
    outcomes = {"U0": Outcome.LOST, "U1": Outcome.RENEWED, "U2": Outcome.RECOVERED}
    steps = at_once(
        lambda user: acting.close_episode(MINE, user, outcomes.get(user, Outcome.FALSE_ALARM), f"says {user}", START)
    )
    (won,) = [step for step in steps if step.notify]
    kept = store.episode(MINE)
    assert kept is not None
    assert kept == won.episode
    assert kept.close_reason == f"says {kept.closed_by}"
    assert {step.episode.closed_by for step in steps if step.episode} == {kept.closed_by}


def test_who_snoozes_while_another_closes_never_wakes_what_is_closed(store: Store, acting: Acting) -> None:
    until = acting.today(START) + timedelta(days=7)

    def act(user: str) -> Step:
        if user in {"U0", "U1", "U2"}:
            return acting.snooze_episode(MINE, user, until, None, START)
        return acting.close_episode(MINE, user, Outcome.LOST, None, START)

    steps = at_once(act)
    kept = store.episode(MINE)
    assert kept is not None
    assert kept.phase is Phase.CLOSED, "a close is the last word, whoever came first"
    said_something = [step for step in steps if step.notify]
    assert len(store.audit("Acme")) == len(said_something)
    assert kept.acts == len(said_something)


def test_today_is_the_companys_day(acting: Acting) -> None:
    late = START.replace(hour=23, minute=30)
    assert acting.today(late).isoformat() == "2026-03-03", "half past midnight in Berlin"
    refused = acting.snooze_episode(MINE, "U1", acting.today(late), None, late)
    assert (refused.notify, refused.reason, refused.detail) == (
        False,
        Reason.REFUSED,
        "2026-03-03 does not lie ahead",
    )


def test_nothing_is_snoozed_for_more_than_a_year(acting: Acting) -> None:
    today = acting.today(START)
    assert not acting.snooze_episode(MINE, "U1", today + timedelta(days=367), None, START).notify
    assert acting.snooze_episode(MINE, "U1", today + timedelta(days=366), "parental leave", START).notify


def test_what_a_modal_says_of_an_alert_is_its_rule_and_kind(acting: Acting) -> None:
    alert = acting.alert(MINE)
    assert alert is not None
    assert (alert.rule, alert.kind) == ("licence-underuse", "churn_risk")
    assert acting.alert("gone") is None
    with pytest.raises(UnknownEpisodeError):
        acting.claim_episode("gone", "U1", START)
