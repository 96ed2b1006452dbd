"""What people read of how far a notice came."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from bot.messages.message import Message
from bot.outcomes import outcomes
from bot.state.rows import Act, Delivery, Notice, Status

NOW = datetime(2026, 3, 2, tzinfo=UTC)


def delivery(notice_id: str, status: Status, spoken_by: str | None = None, attempts: int = 1) -> Delivery:
    notice = Notice(
        notice_id=notice_id,
        episode_id="E1",
        subject="acme",
        kind="churn_risk",
        transition="fired",
        destination="person:P1",
        act=Act.POST,
        message=Message("churn_risk", "summary", ()),
        created_at=NOW,
    )
    return Delivery(notice, status, attempts, None, None, None, None, spoken_by)


@pytest.mark.parametrize(
    ("instead", "said"), [(Status.SENT, "fallback"), (Status.PENDING, "pending"), (Status.FAILED, "failed")]
)
def test_a_refused_notice_came_as_far_as_the_one_that_says_it_elsewhere(instead: Status, said: str) -> None:
    told = outcomes([delivery("refused", Status.FAILED, "other"), delivery("other", instead)])
    assert told == {"refused": said, "other": str(instead)}


def test_a_notice_that_nothing_speaks_for_stays_refused() -> None:
    assert outcomes([delivery("refused", Status.FAILED)]) == {"refused": "failed"}


def test_who_was_to_hear_it_instead_may_have_been_out_of_reach_too() -> None:
    chain = [delivery("owner", Status.FAILED, "csm"), delivery("csm", Status.FAILED, "manager")]
    assert outcomes([*chain, delivery("manager", Status.SENT)])["owner"] == "fallback"
    assert outcomes([*chain, delivery("manager", Status.FAILED)])["owner"] == "failed"


def test_what_waits_for_somebodys_morning_is_deferred_and_so_is_a_change_of_it() -> None:
    waiting = delivery("post", Status.PENDING, attempts=0)
    waiting = replace(waiting, notice=replace(waiting.notice, not_before=NOW))
    change = delivery("change", Status.PENDING, attempts=0)
    change = replace(change, notice=replace(change.notice, post_id="post", act=Act.UPDATE))
    assert outcomes([waiting, change]) == {"post": "deferred", "change": "deferred"}


def test_what_waits_to_be_tried_again_is_not() -> None:
    tried = delivery("post", Status.PENDING, attempts=2)
    assert outcomes([replace(tried, notice=replace(tried.notice, not_before=NOW))]) == {"post": "pending"}
