"""Which sources are in doubt tonight, and what rests on them. Pure.

A source is judged as it is tonight, whichever of several days is judged with it: what people hear tonight rests on the
data of tonight.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from bot.core.guarding.rules import rests_on
from bot.core.guarding.wording import on
from bot.core.verdicts import Hold, HoldBy
from connectors.schema import Table

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from collections.abc import Set as AbstractSet
    from datetime import date

    from bot.core.verdicts import Rule

Row = dict[str, Any]

CONCERNS: Final = pa.schema([(name, pa.string()) for name in ("account_id", "source", "kind")])
"""Which source delivers which kind of table for an account; of sources that are in doubt."""


@dataclass(frozen=True, slots=True)
class Doubts:
    """Why sources are in doubt, and for whom that matters."""

    why: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """By source, in words: "crm is stale: complete to 3 May 2026"."""
    of: Mapping[tuple[str, str], tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))
    """Sources in doubt by account and kind of table."""
    lists: tuple[str, ...] = ()
    """Those among them that deliver the list of accounts."""

    def hold(self, rule: Rule, subject: str) -> Hold | None:
        """Hold what a rule says of an account where it rests on a source in doubt."""
        if not self.of:
            return None
        names = {name for table in rests_on(rule) for name in self.of.get((subject, table), ())}
        return self._because(sorted(names)) if names else None

    def _because(self, names: Iterable[str]) -> Hold:
        return Hold(HoldBy.SOURCE, "; ".join(self.why[name] for name in names))


def doubts_of(sources: pa.Table, concerns: pa.Table, subjects: AbstractSet[str], accounts: AbstractSet[str]) -> Doubts:
    """Find the sources in doubt, from the metrics of sources and `CONCERNS`, as far as `subjects` go.

    What is said of a subject that is not among `accounts` (any more) rests on every source of the list of accounts.
    """
    rows = sources.to_pylist()
    why = {str(row["subject"]): words for row in rows if (words := doubt(row)) is not None}
    if not why:
        return Doubts()
    lists = tuple(sorted(str(row["subject"]) for row in rows if row["subject"] in why and _delivers_accounts(row)))
    of = _by_account(concerns, subjects, why)
    if lists:
        of |= {(subject, str(table)): lists for subject in subjects - accounts for table in Table}
    return Doubts(MappingProxyType(why), MappingProxyType(of), lists)


def _by_account(
    concerns: pa.Table, subjects: Iterable[str], why: Mapping[str, str]
) -> dict[tuple[str, str], tuple[str, ...]]:
    wanted = pa.array(sorted(set(subjects)), pa.string())
    of: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for row in concerns.filter(pc.is_in(concerns["account_id"], value_set=wanted)).to_pylist():
        if row["source"] in why:
            of[row["account_id"], row["kind"]].append(row["source"])
    return {key: tuple(names) for key, names in of.items()}


def doubt(source: Row) -> str | None:
    """Say why a source is in doubt, from its metrics; None where it is to be believed."""
    name, age = source["subject"], source.get("age_days")
    complete = _complete_to(source.get("complete_to"))
    if source.get("failed"):
        return f"{name} could not be read: {complete}"
    if age is None:
        return f"{name} has never delivered anything"
    if age > source["stale_after_days"]:
        return f"{name} is stale: {complete}"
    if source.get("incomplete"):
        return f"{name} is incomplete: {', '.join(_shortfalls(source))}; {complete}"
    return None


def _delivers_accounts(source: Row) -> bool:
    return source.get("accounts_gone") is not None


def _complete_to(day: date | None) -> str:
    return "nothing of it is complete" if day is None else f"complete to {on(day)}"


_SHORTFALLS: Final = {
    "rejected_share": "of its rows were refused",
    "accounts_gone": "of its accounts are gone",
    "unmatched_share": "of its usage is no account's",
}


def _shortfalls(source: Row) -> Iterator[str]:
    shares = {name: source.get(name) or 0.0 for name in _SHORTFALLS}
    for name in sorted(shares, key=lambda name: -shares[name]):
        if shares[name]:
            yield f"{shares[name] * 100:.3g} % {_SHORTFALLS[name]}"
