"""Finds names by what somebody types of them, among a hundred thousand in a few milliseconds. Pure.

rapidfuzz's WRatio decides what is near. It looks at a few hundred names only: those that have most of the typed pairs
of letters in them, those of whose own pairs most were typed, those that hold what was typed, and those that begin with
it. Comparing every name that way would take some thirty times as long, and finds nothing nearer but for gibberish.
"""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING, Final

import numpy as np
from rapidfuzz import fuzz, process

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    Numbers = npt.NDArray[np.int64]

_SHORT_LIST: Final = 200
"""Names that each way of looking may offer."""
_FEW: Final = 3 * _SHORT_LIST
"""Among so few names all are compared."""
_EDGE: Final = " "
_CODE_BITS: Final = 21
_PAIR_BITS: Final = 32
_OWNER_BITS: Final = 31
_SPREAD: Final = 65_599
"""Odd: characters of one alphabet make pairs of their own."""
_LAST: Final = "\U0010ffff"


class NearNames:
    """An index of folded names (`bot.state.keys.name_key`), in the order of the alphabet."""

    def __init__(self, keys: Sequence[str]) -> None:
        """Raise ValueError where the names are not in order: those that begin alike have to stand together."""
        if any(keys[place] > keys[place + 1] for place in range(len(keys) - 1)):
            raise ValueError("names that are looked through have to be in the order of the alphabet")
        self._keys = keys
        self._lengths = np.fromiter(map(len, keys), np.int64, len(keys))
        self._text = "\n".join(keys)
        self._starts = np.concatenate([[0], np.cumsum(self._lengths + 1)[:-1]]) if keys else self._lengths
        self._pairs, self._owners = _pairs_of(keys)

    def nearest(self, key: str, limit: int) -> list[int]:
        """Return the places of the names that come nearest to what was typed, nearest first; none for no letters.

        Of equally near ones those that begin with it come first, then the shorter ones, then by the alphabet.
        """
        if not key:
            return []
        places = self._candidates(key)
        names = [self._keys[place] for place in places]
        alike = process.cdist([key], names, scorer=fuzz.WRatio, dtype=np.float64)[0].tolist() if names else []
        ranked = sorted(
            zip(alike, names, places, strict=True),
            key=lambda one: (-one[0], not one[1].startswith(key), len(one[1]), one[2]),
        )
        return [place for _, _, place in ranked[:limit]]

    def _candidates(self, key: str) -> list[int]:
        if len(self._keys) <= _FEW:
            return list(range(len(self._keys)))
        shared = self._shared(key)
        # Of two names that have as many pairs the shorter counts more: the rest of a long one was not meant.
        inside = shared.astype(np.float64) - self._lengths / (self._lengths + 1_000.0)
        whole = shared.astype(np.float64) / (self._lengths + len(key))
        return sorted({*_top(inside), *_top(whole), *self._beginning(key), *self._holding(key)})

    def _shared(self, key: str) -> Numbers:
        """How many of the typed pairs of letters each name has."""
        wanted, _ = _pairs_of([key])
        starts, ends = (np.searchsorted(self._pairs, wanted, side) for side in ("left", "right"))
        owners = [self._owners[start:end] for start, end in zip(starts, ends, strict=True)]
        return np.bincount(np.concatenate(owners), minlength=len(self._keys))

    def _beginning(self, key: str) -> list[int]:
        start = bisect_left(self._keys, key)
        end = bisect_left(self._keys, key + _LAST, start)
        if end - start <= _SHORT_LIST:
            return list(range(start, end))
        shortest = np.argsort(self._lengths[start:end], kind="stable")[:_SHORT_LIST]
        return [start + int(place) for place in shortest]

    def _holding(self, key: str) -> list[int]:
        """Return some of the names that have it in them, wherever."""
        found: list[int] = []
        at = self._text.find(key)
        while at >= 0 and len(found) < _SHORT_LIST:
            place = int(np.searchsorted(self._starts, at, "right")) - 1
            found.append(place)
            # Once a name is enough.
            at = self._text.find(key, int(self._starts[place]) + len(self._keys[place]))
        return found


def _top(scores: npt.NDArray[np.float64]) -> list[int]:
    found: list[int] = np.argpartition(-scores, _SHORT_LIST)[:_SHORT_LIST].tolist()
    return found


def _pairs_of(keys: Sequence[str]) -> tuple[Numbers, Numbers]:
    """Return every pair of letters that stand side by side in a name, sorted, and whose it is; each once a name.

    A space before and after each name makes its edges pairs, too.
    """
    text = "".join(f"{_EDGE}{key}{_EDGE}" for key in keys)
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32).astype(np.int64)
    lengths = np.fromiter((len(key) + 2 for key in keys), np.int64, len(keys))
    owners = np.repeat(np.arange(len(keys)), lengths)
    within = owners[:-1] == owners[1:]
    pairs = (codes[:-1] * _SPREAD + codes[1:])[within] & ((1 << _PAIR_BITS) - 1)
    # In one number: numpy sorts numbers ten times as fast as pairs of them.
    both = np.sort((pairs << _OWNER_BITS) | owners[:-1][within])
    both = both[np.concatenate([[True], both[1:] != both[:-1]])] if len(both) else both
    return both >> _OWNER_BITS, both & ((1 << _OWNER_BITS) - 1)
