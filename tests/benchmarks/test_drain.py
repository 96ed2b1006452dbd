"""The outbox drains as fast as Slack permits, and never faster."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from benchmarks.drain import (
    VirtualClock,
    bench,
    channels_and_people,
    drained,
    one_channel,
    permitted_seconds,
    posts,
    posts_and_updates,
    update_of,
)
from bot.slack.policy import Policy

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.drain import Bench
    from bot.state.rows import Notice

    Mixture = Callable[[int, Bench], list[Notice]]


@pytest.mark.parametrize(("make", "count"), [(one_channel, 120), (channels_and_people, 620), (posts_and_updates, 260)])
def test_at_least_95_percent_of_what_is_permitted_and_no_429(make: Mixture, count: int) -> None:
    with bench(VirtualClock()) as on:
        result = drained(on, make(count, on), Policy())
    assert (result["sent"], result["rate_limited"]) == (count, 0)
    assert 0.95 <= result["share"] <= 1.0


def test_what_is_permitted_is_the_strictest_of_the_limits() -> None:
    one = posts(100, ["#a"])
    assert permitted_seconds(one) == 99
    assert permitted_seconds(posts(100, [f"#{number}" for number in range(100)])) == 0
    assert permitted_seconds(posts(1300, [f"#{number}" for number in range(100)])) == 120
    assert permitted_seconds([*one, *map(update_of, one)]) == 99
    assert permitted_seconds([*one, *map(update_of, posts(101, ["#a"]))]) == 120


def test_a_sender_that_is_too_quick_is_seen() -> None:
    """The stand-in does say 429: its silence above means something."""
    with bench(VirtualClock()) as on:
        result = drained(on, one_channel(3, on), Policy(pace=Policy().pace / 2))
    assert result["rate_limited"] > 0
