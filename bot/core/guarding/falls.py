"""The fleet guard: whether more accounts begin to fall within the same days than can be true. Pure.

That so many customers turn away within three days is rarer than that something broke between them and the figures:
tracking, an export, a release. So they are held, and one incident tells of all, until fewer fall (the data were
mended), somebody closes the incident as a false alarm (the figures are right), or it has stood for `at_most`.

What had fired when the last incident ended counts no more: it would make the next one of the same accounts.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from bot.core.guarding.policy import FLEET
from bot.core.guarding.wording import on
from bot.core.judge_plan import arrow_type
from bot.core.metrics import FLEET_METRICS
from bot.core.verdicts import Hold, HoldBy, Scope

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from bot.core.guarding.policy import FleetPolicy

NAMES: Final = 20
_NAME_LENGTH: Final = 60

Begins = frozenset[tuple[str, date]]
"""Accounts, and the days on which they begin to fall: an account may by several rules."""


@dataclass(frozen=True, slots=True)
class Crowd:
    """The accounts that begin to fall within the same days: where those are too many, or else where they are most."""

    accounts: frozenset[str]
    days: frozenset[date]
    """On which they begin."""
    over: bool
    """Whether they are more than the limit."""

    def hold(self, begins: date | None) -> Hold | None:
        """Hold a fall that begins when too many do."""
        if not self.over or begins not in self.days:
            return None
        first, last = min(self.days), max(self.days)
        when = f"on {on(first)}" if first == last else f"from {on(first)} to {on(last)}"
        return Hold(HoldBy.FLEET, f"{len(self.accounts):,} accounts began to fall {when}: one incident tells of all")


def crowd(begins: Begins, days: int, limit: int) -> Crowd:
    """Find the accounts that begin to fall within the same `days` days: in all stretches with more than `limit`.

    Without such a stretch: those of the fullest, of several the first.
    """
    ordered = sorted((day, account) for account, day in begins)
    fullest: Crowd = Crowd(frozenset(), frozenset(), over=False)
    over: list[Crowd] = []
    for stretch in _stretches(ordered, days):
        those = frozenset(account for _, account in stretch)
        found = Crowd(those, frozenset(day for day, _ in stretch), over=len(those) > limit)
        if found.over:
            over.append(found)
        elif len(those) > len(fullest.accounts):
            fullest = found
    if not over:
        return fullest
    return Crowd(
        frozenset().union(*(one.accounts for one in over)), frozenset().union(*(one.days for one in over)), over=True
    )


def _stretches(ordered: Sequence[tuple[date, str]], days: int) -> Iterator[Sequence[tuple[date, str]]]:
    """Yield what lies within so many days, for each day on which something begins."""
    last = 0
    for first, (day, _) in enumerate(ordered):
        if first and ordered[first - 1][0] == day:
            continue
        while last < len(ordered) and ordered[last][0] < day + timedelta(days=days):
            last += 1
        yield ordered[first:last]


def fleet_table(
    found: Crowd | None, accounts: pa.Table, watched: int, policy: FleetPolicy, incident_days: int | None
) -> pa.Table:
    """Make the one row of the fleet's metrics; `found` is None where nobody can say."""
    some = found is not None and bool(found.accounts)
    names, arr, currency = _of(found.accounts, accounts) if found is not None and some else (None, None, None)
    row = {
        "subject": FLEET,
        "falling_accounts": None if found is None else len(found.accounts),
        "falling_limit": policy.limit(watched),
        "falling_share": len(found.accounts) / watched if found is not None and watched else None,
        "watched_accounts": watched,
        "falling_since": min(found.days) if found is not None and some else None,
        "falling_until": max(found.days) if found is not None and some else None,
        "falling_names": names,
        "falling_arr": arr,
        "currency": currency,
        "incident_days": incident_days or 0,
        "at_most_days": policy.at_most / timedelta(days=1),
    }
    return pa.Table.from_pylist([row], schema=_SCHEMA)


_SCHEMA: Final = pa.schema({"subject": pa.string(), **{name: arrow_type(name, Scope.FLEET) for name in FLEET_METRICS}})


def watched(accounts: pa.Table, metrics: Iterable[str]) -> int:
    """Count the accounts in which one of these metrics is known."""
    known: Any = None
    for name in metrics:
        column: Any = accounts.column(name).cast(pa.float64())
        finite: Any = pc.fill_null(pc.is_finite(column), False)  # noqa: FBT003  # Arrow's own argument
        known = finite if known is None else pc.or_(known, finite)
    return 0 if known is None else int(pc.sum(known).as_py() or 0)


def starts(accounts: pa.Table, subjects: Collection[str]) -> dict[str, date]:
    """Return the day on which the trend of each of these accounts began, where it has one."""
    if "trend_start" not in accounts.column_names:
        return {}
    those = rows_of(accounts, subjects, ("subject", "trend_start"))
    return {row["subject"]: row["trend_start"] for row in those if row["trend_start"] is not None}


def rows_of(table: pa.Table, subjects: Collection[str], columns: Sequence[str], key: str = "subject") -> list[Any]:
    """Return the rows of some subjects; a column that the table does not have is unknown."""
    wanted = pa.array(sorted(subjects), pa.string())
    mask: Any = pc.is_in(table.column(key).cast(pa.string()), value_set=wanted)
    there = [name for name in columns if name in table.column_names]
    unknown = dict.fromkeys(columns)
    return [{**unknown, **row} for row in table.filter(mask).select(there).to_pylist()]


def _of(those: Collection[str], accounts: pa.Table) -> tuple[str, float | None, str | None]:
    """Return names, ARR and currency of some accounts."""
    rows = rows_of(accounts, those, ("subject", "name", "arr", "currency"))
    rows.sort(key=lambda row: (-(row["arr"] or 0.0), row["name"] or row["subject"], row["subject"]))
    names = [_short(row["name"] or row["subject"]) for row in rows[:NAMES]]
    more = len(those) - len(names)
    priced = [row for row in rows if row["arr"] is not None]
    currencies = {row["currency"] for row in priced}
    one = len(currencies) == 1
    return (
        " · ".join([*names, f"and {more:,} more"] if more else names),
        sum(row["arr"] for row in priced) if one else None,
        next(iter(currencies)) if one else None,
    )


def _short(name: str) -> str:
    line = " ".join(name.split())
    return line if len(line) <= _NAME_LENGTH else f"{line[: _NAME_LENGTH - 1]}…"
