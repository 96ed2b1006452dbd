"""Who and what usage belongs to: products to meters, the sources' customers to the CRM's accounts. Pure.

Nothing is guessed: what fits no rule, no account, or more than one account, is listed for a person to settle.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from enum import StrEnum
from fnmatch import translate
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa
from rapidfuzz import fuzz, process, utils

from bot.core.spelling import folded, host_of, long_id

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from connectors.schema import Kind

NEAREST: Final = 3
"""How many accounts are offered for a customer that matches none."""
SUGGESTED_FOR: Final = 50
"""For how many unmatched customers, those with the most usage first: each costs a look at every account."""
_ALIKE: Final = 50.0
"""Below this likeness (0..100) an account is no help as a suggestion."""


class Aggregation(StrEnum):
    """How daily values of a meter make one value of a longer time."""

    SUM = "sum"
    UNIQUE_USERS = "unique_users"
    MAX = "max"


@dataclass(frozen=True, slots=True)
class Meter:
    """A named measure of usage."""

    name: str
    unit: str
    """What one of it is called, in the plural."""
    aggregation: Aggregation = Aggregation.SUM


@dataclass(frozen=True, slots=True)
class ProductRule:
    """Which products buy what. Patterns are wildcards (`*`, `?`, `[...]`), capitals do not matter; None fits all."""

    code: str | None
    family: str | None
    name: str | None
    kind: Kind
    meter: str | None = None
    per: float = 1.0
    """One unit of quantity buys so many units of the meter."""
    period: str | None = None
    """month | quarter | year | term: when an allowance resets, where the line does not say."""
    unit_name: str | None = None
    """What is counted, in the plural, where it is not the unit of the meter."""
    resets: str | None = None
    """anniversary | calendar: whether an allowance's periods run from the contract's day or the calendar's; None: the
    contract's."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """An account that a customer may be, and how alike they are (0..100)."""

    account_id: str
    name: str
    likeness: float


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
    """customer -> (account_id, the key it was found by: override, account_id, external_id, domain or name)."""
    ambiguous: tuple[Unmatched, ...] = ()
    unmatched: tuple[Unmatched, ...] = ()
    unknown_overrides: tuple[tuple[str, str], ...] = ()
    """Overrides (customer, account_id) whose account the CRM does not have: they are not used."""

    def to_table(self) -> pa.Table:
        """Columns customer, account_id, key; one row a matched customer."""
        rows = sorted((customer, account, key) for customer, (account, key) in self.matched.items())
        columns = list(zip(*rows, strict=True)) if rows else [(), (), ()]
        names = ("customer", "account_id", "key")
        return pa.table({name: pa.array(column, pa.string()) for name, column in zip(names, columns, strict=True)})


@dataclass(frozen=True, slots=True)
class Attribution:
    """The settings by which usage finds its contract line."""

    rules: tuple[ProductRule, ...] = ()
    meters: tuple[Meter, ...] = ()
    order: tuple[str, ...] = ("external_id", "domain", "account_id")
    """Keys by which customers are looked up; the first that fits wins."""
    overrides: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """customer -> account_id, by hand."""

    def meters_table(self) -> pa.Table:
        """Columns meter, unit, aggregation."""
        schema = pa.schema([(name, pa.string()) for name in ("meter", "unit", "aggregation")])
        rows = [{"meter": m.name, "unit": m.unit, "aggregation": str(m.aggregation)} for m in self.meters]
        return pa.Table.from_pylist(rows, schema=schema)


PRODUCT_KEY: Final = ("product_code", "product_name", "product_family", "line_kind", "line_meter", "line_period")
"""What tells products apart: the product itself, and what its lines state."""
_TEXTS: Final = (*PRODUCT_KEY, "kind", "meter", "period", "unit_name", "resets")
_MATCHED: Final = (
    pa.schema([(name, pa.string()) for name in _TEXTS])
    .append(pa.field("per", pa.float64()))
    .append(pa.field("rule", pa.int64()))
)


def match_products(products: pa.Table, rules: Sequence[ProductRule]) -> pa.Table:
    """Decide for each product what it buys; the first rule that fits wins.

    `products` has the columns of `PRODUCT_KEY`, where `line_kind`, `line_meter` and `line_period` are what the lines
    state themselves: that goes before any rule. Answers the same rows with `kind`, `meter`, `per`, `period`,
    `unit_name`, `resets` and `rule`, the index of the rule, in addition; all but `per` are NULL where nothing decides
    them.
    """
    tests = [(index, rule, _patterns(rule)) for index, rule in enumerate(rules)]
    rows = [_matched(row, tests) for row in products.to_pylist()]
    return pa.Table.from_pylist(rows, schema=_MATCHED)


_Patterns = tuple[tuple[str, re.Pattern[str]], ...]


def _patterns(rule: ProductRule) -> _Patterns:
    wanted = (("product_code", rule.code), ("product_family", rule.family), ("product_name", rule.name))
    return tuple((column, re.compile(translate(folded(text)))) for column, text in wanted if text is not None)


def _matched(row: Mapping[str, Any], tests: Iterable[tuple[int, ProductRule, _Patterns]]) -> dict[str, Any]:
    fits = ((index, rule) for index, rule, patterns in tests if _fits(row, patterns))
    index, rule = next(fits, (None, None))
    stated = {"kind": row["line_kind"], "meter": row["line_meter"], "period": row["line_period"]}
    if rule is None:
        return {**row, **stated, "per": 1.0, "unit_name": None, "resets": None, "rule": None}
    ruled = {"kind": str(rule.kind), "meter": rule.meter, "period": rule.period}
    return {
        **row,
        **{key: ruled[key] if value is None else value for key, value in stated.items()},
        "per": rule.per,
        "unit_name": rule.unit_name,
        "resets": rule.resets,
        "rule": index,
    }


def _fits(row: Mapping[str, Any], patterns: _Patterns) -> bool:
    return all(row[column] is not None and pattern.match(folded(row[column])) for column, pattern in patterns)


def match_customers(
    customers: pa.Table | Sequence[str],
    accounts: pa.Table,
    order: Sequence[str],
    overrides: Mapping[str, str] | None = None,
) -> CustomerMap:
    """Find the account of each customer: by override, else by the first key of `order` that fits.

    `customers` is a list of names, or a table with columns customer, meter, quantity for the volumes. Keys are
    compared after capitals and white space are made alike, domains without scheme and `www.`, Salesforce Ids in
    their long form. A customer that fits several accounts by one key is ambiguous: no later key decides it.
    """
    volumes = _volumes(customers)
    columns = accounts.select(["account_id", "external_id", "domain", "name"]).to_pylist()
    rows = list({row["account_id"]: row for row in columns}.values())
    indexes = [(key, _index(rows, key)) for key in order]
    by_hand, unknown = _overrides(rows, overrides or {})
    matched: dict[str, tuple[str, str]] = {}
    ambiguous: list[Unmatched] = []
    unmatched: list[str] = []
    for customer in volumes:
        key, found = _look_up(customer, by_hand, indexes)
        if len(found) == 1:
            matched[customer] = (found[0]["account_id"], key)
        elif found:
            several = tuple(Candidate(row["account_id"], row["name"], 100.0) for row in found)
            ambiguous.append(Unmatched(customer, volumes[customer], several, key))
        else:
            unmatched.append(customer)
    listed = _with_candidates(unmatched, volumes, rows)
    return CustomerMap(MappingProxyType(matched), tuple(ambiguous), listed, unknown)


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


_Index = dict[str, list[dict[str, Any]]]


def _index(rows: Iterable[dict[str, Any]], key: str) -> _Index:
    index: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        if row[key] is not None and (text := _normal(key, row[key])):
            index[text].append(row)
    return dict(index)


def _overrides(
    rows: Iterable[dict[str, Any]], overrides: Mapping[str, str]
) -> tuple[_Index, tuple[tuple[str, str], ...]]:
    accounts = _index(rows, "account_id") if overrides else {}
    wanted = {customer: accounts.get(_normal("account_id", account), []) for customer, account in overrides.items()}
    unknown = tuple(sorted((customer, overrides[customer]) for customer, found in wanted.items() if not found))
    return {folded(customer): found for customer, found in wanted.items() if found}, unknown


def _look_up(
    customer: str, by_hand: _Index, indexes: Iterable[tuple[str, _Index]]
) -> tuple[str, Sequence[dict[str, Any]]]:
    if found := by_hand.get(folded(customer)):
        return "override", found
    for key, index in indexes:
        if found := index.get(_normal(key, customer)):
            return key, found
    return "", ()


def _with_candidates(
    customers: Iterable[str], volumes: Mapping[str, Mapping[str, float]], rows: Sequence[dict[str, Any]]
) -> tuple[Unmatched, ...]:
    # Most nights nothing is unmatched: then no account's words are prepared either.
    if not (customers := tuple(customers)):
        return ()
    largest_first = sorted(
        (Unmatched(name, volumes[name], ()) for name in customers), key=lambda c: (-c.total, c.customer)
    )
    texts = {column: [_words(row[column] or "") for row in rows] for column in ("name", "domain")}
    head = (
        Unmatched(one.customer, one.volume, _nearest(one.customer, rows, texts))
        for one in largest_first[:SUGGESTED_FOR]
    )
    return (*head, *largest_first[SUGGESTED_FOR:])


def _nearest(customer: str, rows: Sequence[dict[str, Any]], texts: Mapping[str, list[str]]) -> tuple[Candidate, ...]:
    """Accounts whose name or domain reads most like the customer."""
    wanted, best = _words(customer), dict[int, float]()
    for choices in texts.values():
        for _, likeness, index in process.extract(
            wanted, choices, scorer=fuzz.ratio, limit=NEAREST, score_cutoff=_ALIKE
        ):
            best[index] = max(likeness, best.get(index, 0.0))
    ranked = sorted(best.items(), key=lambda item: (-item[1], rows[item[0]]["account_id"]))[:NEAREST]
    return tuple(Candidate(rows[i]["account_id"], rows[i]["name"], round(likeness, 1)) for i, likeness in ranked)


def _words(text: str) -> str:
    """Words without punctuation, in one order whatever the order they stand in; of a domain without its ending."""
    plain = text.rpartition(".")[0] if "." in text and " " not in text else text
    return " ".join(sorted(utils.default_process(plain).split()))


def _normal(key: str, text: str) -> str:
    if key == "domain":
        return host_of(text)
    # Ids of 15 characters tell capitals apart: folding them would make two accounts one.
    return (key == "account_id" and long_id(text.strip())) or folded(text)
