"""Whose usage is it: the sources' customers to the CRM's accounts. Pure.

Nothing is guessed: what fits no account, or more than one, is listed for a person to settle.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa

from bot.core.likeness import NEAREST, Candidate, Nearest
from bot.core.spelling import folded, host_of, long_id

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from bot.core.succession import Former

__all__ = ["NEAREST", "NOT_OURS", "SUGGESTED_FOR", "Candidate", "CustomerMap", "Unmatched", "match_customers"]

SUGGESTED_FOR: Final = 50
"""For how many unmatched customers, those with the most usage first: each costs a look at every account."""
NOT_OURS: Final = "-"
"""In place of an account's id in an override: this customer is none, it is internal or a test."""
OVERRIDE: Final = "override"
FORMER: Final = "former"
"""The key of a customer that is found by what an account was called that lives on in another one."""


@dataclass(frozen=True, slots=True)
class Unmatched:
    """A customer whose usage belongs to no account, or to one of several."""

    customer: str
    volume: Mapping[str, float]
    """Total quantity by meter: what is at stake in settling it."""
    candidates: tuple[Candidate, ...]
    """The nearest accounts; for an ambiguous customer all that it fits exactly."""
    key: str | None = None
    """For an ambiguous customer: the key that fits several accounts."""

    @property
    def total(self) -> float:
        """Quantity over all meters."""
        return sum(self.volume.values())


@dataclass(frozen=True, slots=True)
class CustomerMap:
    """Which account each customer of the usage sources is."""

    matched: Mapping[str, tuple[str, str]]
    """customer -> (account_id, the key it was found by: override, account_id, external_id, domain, name or former)."""
    ambiguous: tuple[Unmatched, ...] = ()
    unmatched: tuple[Unmatched, ...] = ()
    unknown_overrides: tuple[tuple[str, str], ...] = ()
    """Overrides (customer, account_id) whose account the CRM does not have: they are not used."""
    not_ours: tuple[Unmatched, ...] = ()
    """Customers that a person has said are no accounts: settled, and counted for nobody."""

    def to_table(self) -> pa.Table:
        """Columns customer, account_id, key; one row a matched customer."""
        rows = sorted((customer, account, key) for customer, (account, key) in self.matched.items())
        columns = list(zip(*rows, strict=True)) if rows else [(), (), ()]
        names = ("customer", "account_id", "key")
        return pa.table({name: pa.array(column, pa.string()) for name, column in zip(names, columns, strict=True)})


def match_customers(
    customers: pa.Table | Sequence[str],
    accounts: pa.Table,
    order: Sequence[str],
    overrides: Mapping[str, str] | None = None,
    former: Sequence[Former] = (),
) -> CustomerMap:
    """Find the account of each customer: by override, else by the first key of `order` that fits.

    `customers` is a list of names, or a table with columns customer, meter, quantity for the volumes. Keys are
    compared after capitals and white space are made alike, domains without scheme and `www.`, Salesforce Ids in
    their long form. A customer that fits several accounts by one key is ambiguous: no later key decides it. What fits
    no account is looked up among the `former` ones, by the same keys, and is then the account that these live on in.
    """
    volumes = _volumes(customers)
    columns = accounts.select(["account_id", "external_id", "domain", "name"]).to_pylist()
    rows = list({row["account_id"]: row for row in columns}.values())
    past = _former_rows(rows, former)
    indexes = [*((key, key, _index(rows, key)) for key in order), *((FORMER, key, _index(past, key)) for key in order)]
    by_hand, unknown = _overrides(rows, past, overrides or {})
    found = _Found(volumes)
    for customer in volumes:
        found.add(customer, *_look_up(customer, by_hand, indexes))
    return CustomerMap(
        MappingProxyType(found.matched),
        tuple(found.ambiguous),
        _with_candidates(found.unmatched, rows),
        unknown,
        tuple(found.not_ours),
    )


Row = dict[str, Any]
_Index = dict[str, list[Row]]
_NOBODY: Final[Row] = {"account_id": NOT_OURS}


class _Found:
    """What became of the customers."""

    def __init__(self, volumes: Mapping[str, Mapping[str, float]]) -> None:
        self._volumes = volumes
        self.matched: dict[str, tuple[str, str]] = {}
        self.ambiguous: list[Unmatched] = []
        self.unmatched: list[Unmatched] = []
        self.not_ours: list[Unmatched] = []

    def add(self, customer: str, key: str, rows: Sequence[Row]) -> None:
        ids = {row["account_id"]: row for row in rows}
        if len(ids) == 1 and NOT_OURS not in ids:
            self.matched[customer] = (next(iter(ids)), key)
            return
        left = Unmatched(customer, self._volumes[customer], ())
        if len(ids) > 1:
            several = tuple(Candidate(row["account_id"], row["name"], 100.0, row["domain"]) for row in ids.values())
            self.ambiguous.append(replace(left, candidates=several, key=key))
        elif ids:
            self.not_ours.append(left)
        else:
            self.unmatched.append(left)


def _volumes(customers: pa.Table | Sequence[str]) -> dict[str, Mapping[str, float]]:
    if not isinstance(customers, pa.Table):
        return {customer: MappingProxyType({}) for customer in sorted(set(customers))}
    volumes: defaultdict[str, Counter[str]] = defaultdict(Counter)
    columns = (customers.column(name).to_pylist() for name in ("customer", "meter", "quantity"))
    for customer, meter, quantity in zip(*columns, strict=True):
        volume = volumes[customer]
        if meter is not None:
            volume[meter] += quantity
    return {customer: MappingProxyType(dict(volumes[customer])) for customer in sorted(volumes)}


def _former_rows(rows: Sequence[Row], former: Sequence[Former]) -> list[dict[str, Any]]:
    """Former accounts under the id of the one that they live on in; `former_id` is their own."""
    there = {row["account_id"]: row for row in rows}
    return [
        {
            **there[one.survivor],
            "former_id": one.account_id,
            **{key: getattr(one, key) for key in ("external_id", "domain")},
            "former_name": one.name,
        }
        for one in former
        if one.survivor in there
    ]


_FORMER_KEYS: Final = {"account_id": "former_id", "name": "former_name"}


def _index(rows: Iterable[Row], key: str) -> _Index:
    index: defaultdict[str, list[Row]] = defaultdict(list)
    for row in rows:
        value = row[_FORMER_KEYS.get(key, key)] if "former_id" in row else row[key]
        if value is not None and (text := _normal(key, value)):
            index[text].append(row)
    return dict(index)


def _overrides(
    rows: Sequence[Row], past: Sequence[Row], overrides: Mapping[str, str]
) -> tuple[_Index, tuple[tuple[str, str], ...]]:
    if not overrides:
        return {}, ()
    # Who was settled before a merge is settled after it.
    accounts = {**_index(past, "account_id"), **_index(rows, "account_id"), NOT_OURS: [_NOBODY]}
    wanted = {customer: accounts.get(_normal("account_id", account), []) for customer, account in overrides.items()}
    unknown = tuple(sorted((customer, overrides[customer]) for customer, found in wanted.items() if not found))
    return {folded(customer): found for customer, found in wanted.items() if found}, unknown


def _look_up(customer: str, by_hand: _Index, indexes: Iterable[tuple[str, str, _Index]]) -> tuple[str, Sequence[Row]]:
    """Return the key that fits, and what it fits; `indexes` are what is told of a key, the key, and what it finds."""
    if found := by_hand.get(folded(customer)):
        return OVERRIDE, found
    for told, key, index in indexes:
        if found := index.get(_normal(key, customer)):
            return told, found
    return "", ()


def _with_candidates(customers: Sequence[Unmatched], rows: Sequence[Row]) -> tuple[Unmatched, ...]:
    # Most nights nothing is unmatched: then no account's words are prepared either.
    if not customers:
        return ()
    largest_first = sorted(customers, key=lambda one: (-one.total, one.customer))
    head, tail = largest_first[:SUGGESTED_FOR], largest_first[SUGGESTED_FOR:]
    nearest = Nearest(rows).of([one.customer for one in head])
    return (*(replace(one, candidates=found) for one, found in zip(head, nearest, strict=True)), *tail)


def _normal(key: str, text: str) -> str:
    if key == "domain":
        return host_of(text)
    # Ids of 15 characters tell capitals apart: folding them would make two accounts one.
    return (key == "account_id" and long_id(text.strip())) or folded(text)
