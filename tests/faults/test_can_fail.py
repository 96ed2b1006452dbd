"""The rig notices what it is there to notice: with a protection taken away, messages stand twice."""

from __future__ import annotations

from functools import cache
from typing import Any, Final

import pytest

from tests.faults.driving import broken, rig

pytestmark = pytest.mark.timeout(300)  # real processes, on a machine that may be busy

PROTECTIONS: Final = {"unique-keys": ("doubled",), "intent": ("doubled",), "retries": ("doubled", "pace")}
"""And what is noticed where it is missing. A client that asks again by itself waits for a moment that it draws: Slack
takes the message a second time, or finds that it came too soon."""
BASELINE: Final = ("baseline/left/ok/1", "baseline/answered/close/1")


@cache
def played() -> dict[str, Any]:
    """All runs of this module, played at once."""
    names = [f"{kind}/{protection}" for kind in ("sabotaged", "whole") for protection in PROTECTIONS]
    return rig(*(part for name in (*names, *BASELINE) for part in ("--cell", name)), "--jobs", "3")


def test_each_protection_that_is_taken_away_is_missed() -> None:
    found = broken(played())
    assert {name for name in found if name not in BASELINE} == {f"sabotaged/{one}" for one in PROTECTIONS}
    for protection in PROTECTIONS:
        violations = found[f"sabotaged/{protection}"]
        assert {line.partition(":")[0] for line in violations} & set(PROTECTIONS[protection]), violations


def test_what_is_quickly_written_loses_and_repeats() -> None:
    found = {line.partition(":")[0] for name in BASELINE for line in broken(played())[name]}
    assert {"lost", "doubled"} <= found
