"""The settings by which usage finds its contract line, and which products buy which meters. Pure.

`matching` says which account a customer of the usage is. Nothing is guessed: what fits no rule stays open.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum
from fnmatch import translate
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa

from bot.core.spelling import folded

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from connectors.schema import Kind


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
class Attribution:
    """The settings by which usage finds its contract line."""

    rules: tuple[ProductRule, ...] = ()
    meters: tuple[Meter, ...] = ()
    order: tuple[str, ...] = ("external_id", "domain", "account_id")
    """Keys by which customers are looked up; the first that fits wins."""
    overrides: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """customer -> account_id, by hand; `matching.NOT_OURS` for one that is none."""
    roll_up: bool = True
    """Whether use of an account that has no line in force for a meter counts to the nearest one above that has."""

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
