"""Messages to one channel a second apart at the far end, whatever the way there takes."""

from __future__ import annotations

import pytest

from bot.slack.pacing import Pacing


def test_turns_at_a_channel_are_apart_and_channels_do_not_wait_for_each_other() -> None:
    pacing = Pacing(lambda: 100.0)
    assert [pacing.reserve("C1", 1.0) for _ in range(3)] == [0.0, 1.0, 2.0]
    assert pacing.reserve("C2", 1.0) == 0.0


def test_the_first_requests_count_from_their_end() -> None:
    """The first one opens the connection: it may have arrived as late as its answer came."""
    times = iter([100.4, 100.4])
    pacing = Pacing(lambda: next(times))
    assert pacing.arrived("C1", began=100.0) == 100.4
    assert pacing.reserve("C1", 1.0) == pytest.approx(1.0)


def test_later_ones_count_from_when_they_can_have_arrived() -> None:
    now = [100.0]
    pacing = Pacing(lambda: now[0])
    ago = []
    for took in (0.4, 0.3, 0.2, 0.9, 0.9, 0.1, 0.5):
        began = now[0]
        now[0] += took
        ago.append(now[0] - pacing.arrived("C1", began))
    assert ago == pytest.approx([0, 0, 0, 0, 0.2, 0.1, 0.1])
