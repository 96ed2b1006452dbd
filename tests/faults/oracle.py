"""What must have been said, computed from the files that the nights read. It shares no line with what it checks."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

STEPS = (120, 90, 60, 30, 7)


@dataclass
class Expected:
    """One message that has to stand at one place, and how it has to look in the end."""

    account: str
    rule: str
    transition: str
    destination: str
    """A channel, or a person's name."""
    marks: tuple[str, ...]
    """Parts of its text that no other message of this account and place has all of."""
    day: date
    resolved_on: date | None = None


def expected(folder: Path, days: Iterable[date]) -> list[Expected]:
    """Return every message that the nights of these days must have brought."""
    said: list[Expected] = []
    severity: dict[str, str] = {}  # of the accounts that are unhappy
    step: dict[str, int] = {}  # the last one that was said
    for day in days:
        with (folder / f"accounts-{day}.csv").open(newline="") as file:
            for row in csv.DictReader(file):
                said += _unhappy(row, day, severity, said)
                said += _renewal(row, day, step)
    return said


def _unhappy(row: dict[str, str], day: date, severity: dict[str, str], said: list[Expected]) -> list[Expected]:
    name, nps = row["name"], int(row["nps"])
    before = severity.get(name)
    if nps < 5:
        now = "high" if nps < 2 else "medium"
        if before in {now, "high"}:
            return []
        severity[name] = now
        transition = "fired" if before is None else f"worsened-{now}"
        places = (row["owner_name"], "#cs-risk")
        marks = (f"NPS {nps};", f"in {_left(row, day)} days")
        return [Expected(name, "unhappy", transition, place, marks, day) for place in places]
    if nps >= 7 and before is not None:
        del severity[name]
        for one in said:
            if (one.account, one.rule) == (name, "unhappy") and one.resolved_on is None:
                one.resolved_on = day
    return []


def _renewal(row: dict[str, str], day: date, step: dict[str, int]) -> list[Expected]:
    left = _left(row, day)
    reached = [one for one in STEPS if one >= left >= 0]
    if not reached or step.get(row["name"], 999) <= min(reached):
        return []
    step[row["name"]] = min(reached)
    transition = f"step-{min(reached)}"
    marks = ("is up for renewal", f"in {left} days")
    return [Expected(row["name"], "renewal-reminder", transition, "#cs-renewals", marks, day)]


def _left(row: dict[str, str], day: date) -> int:
    return (date.fromisoformat(row["end"]) - day).days
