"""The page on why names everything that keeps a rule silent, and every key of the data."""

from __future__ import annotations

import re
from pathlib import Path

from bot.core.why.case import How, State, What
from bot.messages.why.data import rule_data
from tests.messages.whys import FIRING, SAID, one

PAGE = (Path(__file__).parents[2] / "docs" / "why.md").read_text(encoding="utf-8")


def table(heading: str) -> list[list[str]]:
    section = PAGE.partition(f"## {heading}\n")[2].partition("\n## ")[0]
    return [line.strip("| ").split(" | ") for line in section.splitlines() if line.startswith("| `")]


def names(text: str) -> list[str]:
    return re.findall(r"`([a-z_]+)`", text)


def test_everything_that_keeps_a_rule_silent_is_described_in_its_order() -> None:
    assert [name for row in table("What can keep a rule silent") for name in names(row[0])] == [
        str(one) for one in What
    ]


def test_every_key_of_the_data_is_described() -> None:
    answer = rule_data(one(FIRING, said=SAID), "USD")
    rows = {name: row[1] for row in table("As data") for name in names(row[0])}
    assert sorted(rows) == sorted(answer)
    assert set(answer["evidence"][0]) <= set(names(rows["evidence"]))
    assert set(answer["said"][0]) | set(map(str, How)) <= set(names(rows["said"]))
    assert set(names(rows["state"])) == set(map(str, State))
    assert set(answer["episode"]) >= set(names(rows["episode"])) - {"evidence"}
