"""Routes that can never match, where that is certain: because of one before them or of those around them. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.core.routing import WORDS, fits

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bot.core.routing import Match, Route

Place = tuple[str | int, ...]
"""Keys and indexes from the list of routes to one of them: `(0, "routes", 2)`."""

_FIXED: Final = ("kind", "severity")
"""Words that are no patterns: two lists without a common one exclude each other."""


def dead_routes(routes: Sequence[Route], above: tuple[Match, ...] = (), at: Place = ()) -> Iterator[tuple[Place, str]]:
    """Yield the place of each route that can never match, and why."""
    for index, route in enumerate(routes):
        asked = (*above, route.match)
        before = next((n for n in range(index) if _takes_all(routes[n], asked)), None)
        if (why := _contradiction(asked)) is not None:
            yield (*at, index), why
        elif before is not None:
            yield (*at, index), f"can never match: route {before + 1} before it takes all that it would"
        else:
            yield from dead_routes(route.routes, asked, (*at, index, "routes"))


def _takes_all(route: Route, asked: tuple[Match, ...]) -> bool:
    return not route.go_on and _covers(route.match, asked)


def _covers(wide: Match, asked: tuple[Match, ...]) -> bool:
    """Tell whether whatever fits all of `asked` certainly fits `wide`."""
    words = all(not getattr(wide, name) or any(_within(wide, one, name) for one in asked) for name in WORDS)
    return words and _covers_arr(wide, asked)


def _within(wide: Match, narrow: Match, name: str) -> bool:
    patterns, wanted = getattr(wide, name), getattr(narrow, name)
    # A pattern that fits another one as it is written fits all that the other does: `*` is no character of a name.
    # With `?` and `[...]` that is not so certain.
    plain = all(not set(one) & set("?[") for one in (*patterns, *wanted))
    return bool(wanted) and plain and all(any(fits(wider, one) for wider in patterns) for one in wanted)


def _covers_arr(wide: Match, asked: tuple[Match, ...]) -> bool:
    if not wide.asks_arr:
        return True
    least, below = _range(asked)
    known = any(one.asks_arr for one in asked)
    from_there = wide.arr_from is None or (least is not None and least >= wide.arr_from)
    up_to_there = wide.arr_below is None or (below is not None and below <= wide.arr_below)
    return known and from_there and up_to_there


def _range(asked: tuple[Match, ...]) -> tuple[float | None, float | None]:
    least = max((one.arr_from for one in asked if one.arr_from is not None), default=None)
    return least, min((one.arr_below for one in asked if one.arr_below is not None), default=None)


def _contradiction(asked: tuple[Match, ...]) -> str | None:
    for name in _FIXED:
        common = None
        for words in filter(None, (getattr(one, name) for one in asked)):
            common = set(words) if common is None else common & set(words)
        if common is not None and not common:
            return f"can never match: the routes around it ask for another {name}"
    least, below = _range(asked)
    if least is not None and below is not None and least >= below:
        return f"can never match: no ARR is at least {least:,.0f} and below {below:,.0f}"
    return None
