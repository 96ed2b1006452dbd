"""Which accounts a customer of the usage may be: by what it is called, and by how large it is. Pure.

Every customer is compared with every account, a block of customers at a time: rapidfuzz compares some fifty million
pairs a second, so that 2,000 customers and 100,000 accounts take seconds and little memory.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from rapidfuzz import fuzz, process, utils

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import numpy.typing as npt

Sizes = dict[str, float]
"""How much of each meter: used by a customer, or contracted by an account, over the same length of time."""

NEAREST: Final = 3
"""How many accounts are offered for a customer that matches none."""
ALIKE: Final = 50.0
"""Below this likeness of texts (0..100) an account is no help as a suggestion."""
_SHORT_LIST: Final = 20
"""Of how many accounts, the most alike by text, the size is looked at."""
_BLOCK: Final = 64
"""Customers compared at a time."""
_OF_SIZE: Final = 10.0
"""Points of 100 that the size decides."""
_TENFOLDS: Final = 2.0
"""Powers of ten between two sizes from which on they are not alike at all."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """An account that a customer may be, and how alike they are (0..100)."""

    account_id: str
    name: str
    likeness: float
    domain: str | None = None
    text: float = 100.0
    """How alike name or domain alone are (0..100)."""
    size: float | None = None
    """How alike what the account contracted and what the customer used are (0..1); None: nobody can say."""


class Nearest:
    """Finds the accounts that are most like a customer.

    `rows` have account_id, name and domain. The likeness of texts is that of rapidfuzz's `ratio` between the words of
    the customer and those of the account's name, or of its domain without its ending, whichever is more alike; words
    stand in the order of the alphabet, capitals and punctuation do not count.

    With `sizes`, one for each row, the likeness is 90 % of that and up to 10 points for the size: 10 for what is used
    as contracted, 5 for ten times as much or a tenth of it, none from a hundred times on, the mean of the meters that
    both have; where they share no meter the size is unknown and gives 5. So a size decides between names that are
    about as alike, and never against them.
    """

    def __init__(
        self, rows: Sequence[Mapping[str, Any]], sizes: Sequence[Sizes] | None = None, at_least: float = ALIKE
    ) -> None:
        """`at_least`: likeness of texts below which an account is not offered."""
        self._at_least = at_least
        order = sorted(range(len(rows)), key=lambda place: rows[place]["account_id"])
        self._rows = [rows[place] for place in order]
        self._sizes = None if sizes is None else [sizes[place] for place in order]
        self._texts = [[_words(row[column] or "") for row in self._rows] for column in ("name", "domain")]

    def of(self, customers: Sequence[str], used: Sequence[Sizes] | None = None) -> Iterator[tuple[Candidate, ...]]:
        """Yield the nearest accounts of each customer, the most alike first; `used`: how much each of them uses."""
        for start in range(0, len(customers), _BLOCK):
            block = customers[start : start + _BLOCK]
            alike = self._alike([_words(customer) for customer in block])
            for place, row in enumerate(alike):
                yield self._ranked(row, (used[start + place] if used else {}))

    def _alike(self, wanted: Sequence[str]) -> npt.NDArray[np.float32]:
        """Likeness of each wanted text and each account; 0 where it is below what helps."""
        best = np.zeros((len(wanted), len(self._rows)), np.float32)
        for choices in self._texts:
            found = process.cdist(
                wanted, choices, scorer=fuzz.ratio, score_cutoff=self._at_least, dtype=np.float32, workers=-1
            )
            np.maximum(best, found, out=best)
        # Two texts without a word are alike to a machine only.
        best[[not text for text in wanted]] = 0
        return best

    def _ranked(self, alike: npt.NDArray[np.float32], used: Sizes) -> tuple[Candidate, ...]:
        found = np.flatnonzero(alike >= ALIKE)
        if len(found) < NEAREST:
            found = np.flatnonzero(alike)
        if len(found) > _SHORT_LIST:
            found = found[np.argpartition(-alike[found], _SHORT_LIST)[:_SHORT_LIST]]
        candidates = (self._candidate(int(place), float(alike[place]), used) for place in found)
        return tuple(sorted(candidates, key=lambda one: (-one.likeness, one.account_id))[:NEAREST])

    def _candidate(self, place: int, likeness: float, used: Sizes) -> Candidate:
        row, size, text = self._rows[place], None, likeness
        if self._sizes is not None:
            size = size_likeness(used, self._sizes[place])
            likeness = likeness * (100 - _OF_SIZE) / 100 + _OF_SIZE * (0.5 if size is None else size)
        return Candidate(row["account_id"], row["name"], round(likeness, 1), row["domain"], round(text, 1), size)


def size_likeness(used: Sizes, contracted: Sizes) -> float | None:
    """Return how alike two sizes are: 1 for equal ones, 0 for a hundredfold; None where they share no meter."""
    shared = [(used[meter], contracted[meter]) for meter in used if used[meter] > 0 and contracted.get(meter, 0) > 0]
    if not shared:
        return None
    apart = (abs(math.log10(some / others)) for some, others in shared)
    return round(sum(max(0.0, 1 - tenfolds / _TENFOLDS) for tenfolds in apart) / len(shared), 3)


def _words(text: str) -> str:
    """Words without punctuation, in one order whatever the order they stand in; of a domain without its ending."""
    plain = text.rpartition(".")[0] if "." in text and " " not in text else text
    return " ".join(sorted(utils.default_process(plain).split()))
