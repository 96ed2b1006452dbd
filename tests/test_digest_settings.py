"""The `digests` of the settings: what is read, and what is told of what is wrong."""

from __future__ import annotations

from datetime import time
from typing import TYPE_CHECKING

from bot.load import load_all
from bot.manners import DigestSettings, WeeklyEntry
from tests.loading import QUICK, faults, write
from tests.nights import UNHAPPY

if TYPE_CHECKING:
    from pathlib import Path

WEEKLY = """\
digests:
  weekly:
    - {to: "#cs-team", day: Monday, at: "7:45"}
    - {to: managers, day: fri, segment: Enterprise}
    - {to: mo@ours.example, team: mo@ours.example}
"""
WRONG = """\
digests:
  weekly:
    - {to: "#CS-Team", day: someday}
    - {to: nobody, at: 14:30}
    - {to: "#cs", team: Mo}
"""


def test_weekly_digests_are_read(tmp_path: Path) -> None:
    (tmp_path / "rules.yaml").write_text(UNHAPPY)
    found = load_all(write(tmp_path, QUICK + WEEKLY)).settings.digests
    assert found == DigestSettings(
        weekly=(
            WeeklyEntry(to="#cs-team", day="mon", at=time(7, 45)),
            WeeklyEntry(to="managers", day="fri", segment=("Enterprise",)),
            WeeklyEntry(to="mo@ours.example", team="mo@ours.example"),
        )
    )


def test_all_that_is_wrong_is_told_at_once_with_its_place(tmp_path: Path) -> None:
    (tmp_path / "rules.yaml").write_text(UNHAPPY)
    told = "\n".join(faults(write(tmp_path, QUICK + WRONG)))
    for part in (
        "nobody to tell: '#CS-Team'",
        "nobody to tell: 'nobody'",
        'wanted a time of the day in quotes, like "08:30"',
        "digests.weekly.0.day: wanted 'mon'",
        "digests.weekly.2.team",
    ):
        assert part in told, told
