"""Finding names by what is typed: as good as comparing every name."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rapidfuzz import fuzz, process

from bot.core.near_names import NearNames

SYLLABLES = [
    "ba",
    "ke",
    "li",
    "mo",
    "nu",
    "ra",
    "se",
    "ti",
    "vo",
    "wind",
    "trade",
    "max",
    "tron",
    "gen",
    "soft",
    "data",
    "nor",
]
ENDINGS = ["inc", "gmbh", "ltd", "llc", "group", "holding", "labs", "systems", "bank"]


def many_names(count: int = 5_000) -> list[str]:
    dice = random.Random(1)  # noqa: S311 - no secret
    return sorted(
        {"".join(dice.choices(SYLLABLES, k=dice.randint(2, 5))) + f" {dice.choice(ENDINGS)}" for _ in range(count)}
    )


NAMES = many_names()
INDEX = NearNames(NAMES)


def mistyped(name: str, dice: random.Random) -> str:
    at = dice.randrange(len(name) - 1)
    return dice.choice(
        [
            name[:at] + name[at + 1 :],
            name[:at] + dice.choice("aeioust") + name[at:],
            name[:at] + name[at + 1] + name[at] + name[at + 2 :],
            name.split(maxsplit=1)[0],
            " ".join(reversed(name.split())),
            name[: max(3, at)],
            name[at : at + 8].strip() or name,
        ]
    )


def test_the_nearest_is_as_near_as_comparing_every_name_finds() -> None:
    dice = random.Random(7)  # noqa: S311 - no secret
    worse = []
    for _ in range(150):
        typed = mistyped(dice.choice(NAMES), dice)
        (_, best, _), *_ = process.extract(typed, NAMES, scorer=fuzz.WRatio, limit=1)
        found = fuzz.WRatio(typed, NAMES[INDEX.nearest(typed, 5)[0]])
        if found < best - 1e-6:
            worse.append((typed, found, best))
    assert len(worse) <= 1, worse


@pytest.mark.parametrize("typed", ["b", "ba", "bake", "windlimo"])
def test_what_begins_with_what_was_typed_comes_before_what_only_holds_it(typed: str) -> None:
    found = [NAMES[place] for place in INDEX.nearest(typed, 5)]
    assert len(found) == 5
    assert all(name.startswith(typed) for name in found[: min(5, sum(one.startswith(typed) for one in NAMES))])


def test_of_equally_near_names_the_shorter_comes_first() -> None:
    index = NearNames(["acme", "acme", "acmeacme group", "beta"])
    assert index.nearest("acme", 3) == [0, 1, 2]


def test_nothing_is_near_to_nothing() -> None:
    assert INDEX.nearest("", 5) == []
    assert NearNames(()).nearest("acme", 5) == []


def test_names_out_of_order_are_refused() -> None:
    with pytest.raises(ValueError, match="order of the alphabet"):
        NearNames(["b", "a"])


@given(st.text(min_size=1, max_size=40))
def test_whatever_is_typed_finds_as_many_names_as_are_asked_for(typed: str) -> None:
    found = INDEX.nearest(typed, 5)
    assert len(set(found)) == len(found) == 5


@given(st.lists(st.text(max_size=8), max_size=30), st.text(min_size=1, max_size=8))
def test_a_name_that_is_typed_as_it_is_comes_first(names: list[str], typed: str) -> None:
    every = sorted([*names, typed])
    best = every[NearNames(every).nearest(typed, 1)[0]]
    assert fuzz.WRatio(typed, best) >= fuzz.WRatio(typed, typed)
