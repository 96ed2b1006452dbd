"""Routing: a tree of routes says who is told, instead of or besides those whom the rule names. Pure.

What is decided where it could be otherwise:
- At each level the first route that matches counts, and with `continue` the later ones too. Below a route that
  matches, those inside of it are asked in the same way.
- `to` stands for the rule's own destinations; that of a route inside of another goes before the outer one's. Where
  several routes of a level match, theirs are told all.
- `add` is told besides, whatever `to` says.
- What a route asks for and nobody knows (segment, region, ARR) does not match.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

ROLES: Final = ("owner", "csm", "manager", "account_channel")
"""Destinations that each account has its own of; all others are `#channels`."""
_CHANNEL: Final = re.compile(r"#[\w-]{1,80}")


@dataclass(frozen=True, slots=True)
class Facts:
    """What routes can ask for. None is unknown."""

    kind: str
    severity: str
    rule: str
    segment: str | None = None
    region: str | None = None
    arr: float | None = None


@dataclass(frozen=True, slots=True)
class Match:
    """What a route is for: all of it must fit. An empty list or None asks for nothing.

    Rules, segments and regions are patterns: `*` stands for anything, capitals do not matter.
    """

    kind: tuple[str, ...] = ()
    severity: tuple[str, ...] = ()
    rule: tuple[str, ...] = ()
    segment: tuple[str, ...] = ()
    region: tuple[str, ...] = ()
    arr_from: float | None = None
    """At least so much ..."""
    arr_below: float | None = None
    """... and less than that."""

    def fits(self, facts: Facts) -> bool:
        """Tell whether all that is asked for is known and so."""
        words = all(_fits(getattr(self, name), getattr(facts, name)) for name in WORDS)
        return words and self._fits_arr(facts.arr)

    def _fits_arr(self, arr: float | None) -> bool:
        if not self.asks_arr:
            return True
        least = -float("inf") if self.arr_from is None else self.arr_from
        return arr is not None and least <= arr and (self.arr_below is None or arr < self.arr_below)

    @property
    def asks_arr(self) -> bool:
        """Whether ARR has to be known."""
        return self.arr_from is not None or self.arr_below is not None


WORDS: Final = ("kind", "severity", "rule", "segment", "region")
"""Fields of a match that are lists of words."""


@dataclass(frozen=True, slots=True)
class Route:
    """One node of the tree."""

    match: Match = Match()
    to: tuple[str, ...] = ()
    """Empty: as it would be without this route."""
    add: tuple[str, ...] = ()
    routes: tuple[Route, ...] = ()
    go_on: bool = False
    """Whether later routes of the same level are asked too."""


@dataclass(frozen=True, slots=True)
class _Found:
    to: tuple[str, ...] = ()
    add: tuple[str, ...] = ()


def destinations(routes: Sequence[Route], facts: Facts, own: Sequence[str]) -> tuple[str, ...]:
    """Return who is told, each once; `own` are the rule's destinations."""
    found = _found(routes, facts)
    return tuple(dict.fromkeys((*(found.to or own), *found.add)))


def _found(routes: Sequence[Route], facts: Facts) -> _Found:
    to: tuple[str, ...] = ()
    add: tuple[str, ...] = ()
    for route in _matching(routes, facts):
        below = _found(route.routes, facts)
        to += below.to or route.to
        add += (*route.add, *below.add)
    return _Found(to, add)


def _matching(routes: Sequence[Route], facts: Facts) -> Iterator[Route]:
    for route in routes:
        if route.match.fits(facts):
            yield route
            if not route.go_on:
                return


def is_channel(word: str) -> bool:
    """Tell whether a word of rules or settings is a channel, like `#cs-risk`; Slack's names have no capitals."""
    return _CHANNEL.fullmatch(word) is not None and word == word.lower()


def fits(pattern: str, word: str) -> bool:
    """Tell whether a pattern of a route means a word."""
    return fnmatchcase(word.casefold(), pattern.casefold())


def _fits(patterns: tuple[str, ...], word: str | None) -> bool:
    return not patterns or (word is not None and any(fits(pattern, word) for pattern in patterns))
