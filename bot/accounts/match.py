"""Whose usage is it, summed up for a person: what matched by which key, and what is left with its proposals."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from bot.core.likeness import Nearest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import date

    from bot.core.likeness import Candidate
    from bot.core.matching import Unmatched
    from bot.core.succession import Former
    from bot.facts.matching import Matching

PROPOSED_FOR: Final = 2_000
"""For how many customers, those with the greatest share of a meter first, the nearest accounts are looked for."""
_ANY: Final = 1.0
"""A person is shown the nearest accounts, however far they are."""
AMBIGUOUS: Final = "ambiguous"
NOT_OURS: Final = "not ours"
UNMATCHED: Final = "unmatched"


@dataclass(frozen=True, slots=True)
class Part:
    """How much of a source's usage was found by one key, or not."""

    source: str
    key: str
    """override, a key of `accounts.match`, former, or one of AMBIGUOUS, NOT_OURS and UNMATCHED."""
    customers: int
    volume: Mapping[str, float]
    """Quantity by meter over all days ..."""
    share: Mapping[str, float]
    """... and which share of the source's quantity of that meter it is."""


@dataclass(frozen=True, slots=True)
class Left:
    """A customer that is no account, or one of several."""

    customer: str
    sources: tuple[str, ...] = ()
    volume: Mapping[str, float] = field(default_factory=dict)
    share: float = 0.0
    """The greatest share that it has of a meter of a source."""
    first_day: date | None = None
    last_day: date | None = None
    """Days of use: the first and the last one; None: it never used anything."""
    used: Mapping[str, float] = field(default_factory=dict)
    """What it used in the last 28 days, and by how many people."""
    nearest: tuple[Candidate, ...] = ()
    """The nearest accounts; of an ambiguous customer all that it fits."""
    key: str | None = None
    """Of an ambiguous customer: the key that fits several accounts."""


@dataclass(frozen=True, slots=True)
class Match:
    """How far the settings carry. Lists of customers begin with the greatest share of a meter."""

    as_of: date
    parts: tuple[Part, ...]
    unmatched: tuple[Left, ...]
    ambiguous: tuple[Left, ...]
    not_ours: tuple[Left, ...]
    matched: frozenset[str]
    """Customers that are an account."""
    unknown_overrides: tuple[tuple[str, str], ...]
    former: tuple[Former, ...]
    rolled_up: tuple[tuple[str, str, str], ...]
    """Account, meter, and the account above that its use counts to."""


def match_of(found: Matching, source: str | None = None) -> Match:
    """Sum up whose usage is whose; `source`: of this one only."""
    rows = [row for row in found.volumes.to_pylist() if source in {None, row["source"]}]
    customers, use = found.customers, _Use(rows)
    unmatched = use.left(customers.unmatched)
    return Match(
        found.as_of,
        tuple(_parts(found, rows)),
        (*_proposed(unmatched[:PROPOSED_FOR], found), *unmatched[PROPOSED_FOR:]),
        use.left(customers.ambiguous),
        use.left(customers.not_ours),
        frozenset(customers.matched),
        customers.unknown_overrides,
        found.former,
        tuple((account, meter, to) for (account, meter), to in sorted(found.rolled_up.items())),
    )


def _parts(found: Matching, rows: Sequence[Mapping[str, Any]]) -> Iterator[Part]:
    keys = {customer: key for customer, (_, key) in found.customers.matched.items()}
    for word, some in ((AMBIGUOUS, found.customers.ambiguous), (NOT_OURS, found.customers.not_ours)):
        keys |= dict.fromkeys((one.customer for one in some), word)
    totals: defaultdict[tuple[str, str], float] = defaultdict(float)
    volumes: defaultdict[tuple[str, str], defaultdict[str, float]] = defaultdict(lambda: defaultdict(float))
    names: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    for row in rows:
        part = row["source"], keys.get(row["customer"], UNMATCHED)
        totals[row["source"], row["meter"]] += row["quantity"] or 0.0
        volumes[part][row["meter"]] += row["quantity"] or 0.0
        names[part].add(row["customer"])
    for (source, key), volume in sorted(volumes.items()):
        share = {meter: quantity / total for meter, quantity in volume.items() if (total := totals[source, meter])}
        yield Part(source, key, len(names[source, key]), dict(volume), share)


class _Use:
    """Usage by customer."""

    def __init__(self, rows: Iterable[Mapping[str, Any]]) -> None:
        self._totals: defaultdict[tuple[str, str], float] = defaultdict(float)
        self._by_customer: defaultdict[str, list[Mapping[str, Any]]] = defaultdict(list)
        for row in rows:
            self._totals[row["source"], row["meter"]] += row["quantity"] or 0.0
            self._by_customer[row["customer"]].append(row)

    def left(self, customers: Iterable[Unmatched]) -> tuple[Left, ...]:
        """Return those of some customers that used anything, the greatest share first."""
        found = (self._one(one) for one in customers if one.customer in self._by_customer)
        return tuple(sorted(found, key=lambda one: (-one.share, one.customer)))

    def _one(self, customer: Unmatched) -> Left:
        rows = self._by_customer[customer.customer]
        volume: defaultdict[str, float] = defaultdict(float)
        for row in rows:
            volume[row["meter"]] += row["quantity"] or 0.0
        shares = [
            (row["quantity"] or 0.0) / total for row in rows if (total := self._totals[row["source"], row["meter"]])
        ]
        return Left(
            customer.customer,
            tuple(sorted({row["source"] for row in rows})),
            dict(volume),
            max(shares, default=0.0),
            min((row["first_use"] for row in rows if row["first_use"]), default=None),
            max((row["last_use"] for row in rows if row["last_use"]), default=None),
            nearest=customer.candidates,
            key=customer.key,
        )


def _proposed(customers: Sequence[Left], found: Matching) -> Iterator[Left]:
    if not customers:
        return
    sizes = [found.contracted.get(row["account_id"], {}) for row in found.accounts]
    used = [found.used.get(one.customer, {}) for one in customers]
    nearest = Nearest(found.accounts, sizes, at_least=_ANY).of([one.customer for one in customers], used)
    for one, size, near in zip(customers, used, nearest, strict=True):
        yield replace(one, used=size, nearest=near)
