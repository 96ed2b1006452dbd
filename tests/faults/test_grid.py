"""A part of the grid, with real processes: every failpoint, every answer, both databases, one and two replicas."""

from __future__ import annotations

import pytest

from tests.faults.driving import broken, rig

pytestmark = pytest.mark.timeout(300)  # real processes, on a machine that may be busy


def test_whatever_goes_wrong_nothing_is_lost_and_nothing_said_twice() -> None:
    answer = rig("--cells", "subset", "--n", "22", "--jobs", "4")
    assert broken(answer) == {}
    assert (answer["runs"], answer["lost"], answer["doubled"]) == (22, 0, 0)
