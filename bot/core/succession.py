"""Accounts that live on in others: merged into one that is still there, or deleted and created again. Pure.

What is told of the former account goes on under the new one: its usage, its contract lines, its alerts and what its
metrics were. Nothing is guessed: a former id that two accounts claim is left alone, and so is a re-creation that fits
more than one account.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa

from bot.core.spelling import folded, long_id

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import date

_TEXTS: Final[dict[str, pa.DataType]] = dict.fromkeys(
    ("account_id", "external_id", "domain", "name", "former_ids"), pa.string()
)
GONE: Final = pa.schema({**_TEXTS, "last_on": pa.date32()})
"""Accounts that a list had and a later one has not: as they stood on the last day on which it had them."""


class How(StrEnum):
    """Why an account lives on in another one."""

    MERGED = "merged"
    """The CRM says that the other one took it in."""
    RECREATED = "re-created"
    """It is gone, and the other one came with the same external id."""


@dataclass(frozen=True, slots=True)
class Former:
    """An account that is in the CRM no more, and the one that it lives on in."""

    account_id: str
    survivor: str
    how: How
    external_id: str | None = None
    """What it was last called in the CRM; None where that is not known."""
    domain: str | None = None
    name: str | None = None
    last_on: date | None = None
    """The last day on which it was in a list; None: in none that was read."""


def formers(accounts: pa.Table, gone: pa.Table) -> tuple[Former, ...]:
    """Find every account that lives on in one of `accounts`; by id.

    `accounts` has the columns account_id, external_id and former_ids, `gone` those of GONE: of the accounts of earlier
    lists that are in none any more. Ids of 15 and 18 characters are one.
    """
    there = {_key(row["account_id"]): row["account_id"] for row in _rows(accounts, ("account_id",))}
    left = {
        _key(row["account_id"]): row for row in _rows(gone, tuple(GONE.names)) if _key(row["account_id"]) not in there
    }
    into = _merged(accounts, left, there)
    merged = {key: end for key in into if (end := _end(key, into, there)) is not None}
    again = _recreated(accounts, {key: row for key, row in left.items() if key not in merged})
    found = [_former(key, left.get(key), end, How.MERGED) for key, end in merged.items()]
    found += [_former(key, left[key], end, How.RECREATED) for key, end in again.items()]
    return tuple(sorted(found, key=lambda one: one.account_id))


def survivors(found: Iterable[Former]) -> dict[str, str]:
    """Return who each former account is now, by each spelling of its id."""
    return {spelling: one.survivor for one in found for spelling in spellings(one.account_id)}


def _rows(table: pa.Table, columns: Sequence[str]) -> list[dict[str, Any]]:
    return table.select(list(columns)).to_pylist()


def _key(account_id: str) -> str:
    return long_id(account_id.strip()) or account_id.strip()


def spellings(account_id: str) -> Iterator[str]:
    """Yield an id as it is, and a Salesforce Id in its other form too."""
    yield account_id
    if (long := long_id(account_id)) is not None:
        yield from {long, long[:15]} - {account_id}


def _merged(accounts: pa.Table, left: Mapping[str, Mapping[str, Any]], there: Mapping[str, str]) -> dict[str, str]:
    """Map each former id to the one account that took it in, which may have been taken in itself."""
    claims: defaultdict[str, set[str]] = defaultdict(set)
    for row in (*_rows(accounts, ("account_id", "former_ids")), *left.values()):
        for former in (row["former_ids"] or "").split():
            claims[_key(former)].add(_key(row["account_id"]))
    # Who is still in the CRM lives on in nobody, whatever others say.
    return {key: min(takers) for key, takers in claims.items() if len(takers) == 1 and key not in there}


def _end(key: str, into: Mapping[str, str], there: Mapping[str, str]) -> str | None:
    """Follow an account to the one that is still there; None where it goes in a circle or is lost."""
    seen = {key}
    while (key := into.get(key, "")) and key not in seen:
        if key in there:
            return there[key]
        seen.add(key)
    return None


def _recreated(accounts: pa.Table, left: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    by_external: defaultdict[str, list[str]] = defaultdict(list)
    for key, row in left.items():
        if row["external_id"]:
            by_external[folded(row["external_id"])].append(key)
    rows = [row for row in _rows(accounts, ("account_id", "external_id")) if row["external_id"]]
    bearers = Counter(folded(row["external_id"]) for row in rows)
    return {
        keys[0]: row["account_id"]
        for row in rows
        if bearers[name := folded(row["external_id"])] == 1 and len(keys := by_external.get(name, [])) == 1
    }


def _former(key: str, row: Mapping[str, Any] | None, survivor: str, how: How) -> Former:
    if row is None:
        return Former(key, survivor, how)
    return Former(row["account_id"], survivor, how, row["external_id"], row["domain"], row["name"], row["last_on"])
