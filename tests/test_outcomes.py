"""What people read of how far a notice came."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bot.messages.message import Message
from bot.outcomes import outcomes
from bot.state.rows import Act, Delivery, Notice, Status

NOW = datetime(2026, 3, 2, tzinfo=UTC)


def delivery(notice_id: str, status: Status, spoken_by: str | None = None) -> Delivery:
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
    return Delivery(notice, status, 1, None, None, None, None, spoken_by)


@pytest.mark.parametrize(
    ("instead", "said"), [(Status.SENT, "fallback"), (Status.PENDING, "pending"), (Status.FAILED, "failed")]
)
def test_a_refused_notice_came_as_far_as_the_one_that_says_it_elsewhere(instead: Status, said: str) -> None:
    told = outcomes([delivery("refused", Status.FAILED, "other"), delivery("other", instead)])
    assert told == {"refused": said, "other": str(instead)}


def test_a_notice_that_nothing_speaks_for_stays_refused() -> None:
    assert outcomes([delivery("refused", Status.FAILED)]) == {"refused": "failed"}
