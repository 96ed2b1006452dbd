"""Accounts with parents: what an account and everything below it come to, taken up the tree level by level. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

if TYPE_CHECKING:
    from collections.abc import Iterable

Numbers = npt.NDArray[np.float64]
Places = npt.NDArray[np.int64]

_NAMED: Final = 10
"""How many accounts of circles a note names."""


@dataclass(frozen=True, slots=True)
class Families:
    """The accounts with the metrics of their families, and what is wrong with the tree."""

    accounts: pa.Table
    notes: tuple[str, ...]


def roll_up(accounts: pa.Table) -> Families:
    """Add to each account what its family comes to: itself and all accounts below it, however deep.

    `accounts` has the columns subject, parent_id, currency, arr, recurring_lines, active_users, metered_seats and
    renewal_date. Appends family_accounts, family_arr, family_licence_utilization and family_renewal_date; an account
    without children is a family of one. What is unknown of one member is unknown of the family: money where a member
    with recurring lines has none, or where members' currencies differ; users where a member with metered licences has
    none. Accounts whose parents go in a circle have no family: all four are NULL, and a note names them.
    """
    parents = _parents(accounts)
    order, circled = _upwards(parents)
    sums = _Sums(parents, order, circled)
    money, users = _money(accounts), _users(accounts)
    columns = {
        "family_accounts": sums.total(np.ones(len(parents))),
        "family_arr": sums.known_total(*money[:2]),
        "family_licence_utilization": _ratio(sums.known_total(*users[:2]), sums.total(users[2])),
    }
    columns["family_arr"][~sums.alike(money[2])] = np.nan
    for name, values in columns.items():
        accounts = accounts.append_column(name, pa.array(values, pa.float64(), mask=np.isnan(values)))
    accounts = accounts.append_column("family_renewal_date", sums.first_day(accounts.column("renewal_date")))
    return Families(accounts, tuple(_notes(accounts, parents, circled)))


def _column(accounts: pa.Table, name: str) -> Numbers:
    """Values of a column as numbers; NULL is NaN."""
    values: Numbers = accounts.column(name).cast(pa.float64()).to_numpy().astype(np.float64)
    return values


def _parents(accounts: pa.Table) -> Places:
    """Row of each account's parent; -1 for none, for one that is not there, and for itself."""
    subjects, parents = (accounts.column(name).to_pylist() for name in ("subject", "parent_id"))
    place: dict[str | None, int] = {subject: row for row, subject in enumerate(subjects)}
    rows = np.fromiter((place.get(parent, -1) for parent in parents), np.int64, len(parents))
    # Its own parent nobody can be.
    rows[rows == np.arange(len(rows))] = -1
    return rows


def _upwards(parents: Places) -> tuple[list[Places], npt.NDArray[np.bool_]]:
    """Accounts level by level, children before parents, and which of them are never reached: those in a circle."""
    waiting = np.bincount(parents[parents >= 0], minlength=len(parents))
    done = np.zeros(len(parents), dtype=bool)
    level, levels = np.flatnonzero(waiting == 0), list[Places]()
    while len(level):
        levels.append(level)
        done[level] = True
        above = parents[level]
        above = above[above >= 0]
        np.subtract.at(waiting, above, 1)
        above = np.unique(above)
        level = above[waiting[above] == 0]
    return levels, ~done


@dataclass(frozen=True, slots=True)
class _Sums:
    """Takes values from children to parents."""

    parents: Places
    levels: list[Places]
    circled: npt.NDArray[np.bool_]

    def total(self, values: Numbers) -> Numbers:
        """Sum over each family; NaN in a circle."""
        sums = values.copy()
        for children, above in self._steps():
            np.add.at(sums, above, sums[children])
        sums[self.circled] = np.nan
        return sums

    def known_total(self, values: Numbers, wanted: npt.NDArray[np.bool_]) -> Numbers:
        """Sum over the members that are wanted; NaN where one of them is NaN, or where there is none."""
        sums = self.total(np.where(wanted, values, 0.0))
        sums[self.total(wanted.astype(np.float64)) == 0] = np.nan
        return sums

    def alike(self, words: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
        """Whether all members with a word (0 or more) have the same."""
        low = np.where(words >= 0, words, np.iinfo(np.int64).max)
        high = words.copy()
        for children, above in self._steps():
            np.minimum.at(low, above, low[children])
            np.maximum.at(high, above, high[children])
        same: npt.NDArray[np.bool_] = low >= high
        return same

    def first_day(self, days: pa.ChunkedArray[Any]) -> pa.Array[Any]:
        """Earliest day of each family that is known."""
        never = np.inf
        first = np.nan_to_num(days.cast(pa.int32()).cast(pa.float64()).to_numpy(), nan=never)
        for children, above in self._steps():
            np.minimum.at(first, above, first[children])
        unknown = (first == never) | self.circled
        whole = np.where(unknown, 0, first).astype(np.int32)
        return pa.array(whole, pa.int32(), mask=unknown).cast(pa.date32())

    def _steps(self) -> Iterable[tuple[Places, Places]]:
        for level in self.levels:
            children = level[self.parents[level] >= 0]
            if len(children):
                yield children, self.parents[children]


def _money(accounts: pa.Table) -> tuple[Numbers, npt.NDArray[np.bool_], npt.NDArray[np.int64]]:
    """ARR, whether it counts, and its currency as a number, -1 where there is no ARR."""
    arr = _column(accounts, "arr")
    currencies = accounts.column("currency").to_pylist()
    numbers = {word: number for number, word in enumerate(dict.fromkeys(currencies))}
    words = np.fromiter((numbers[word] for word in currencies), np.int64, len(currencies))
    return arr, _column(accounts, "recurring_lines") > 0, np.where(np.isnan(arr), -1, words)


def _users(accounts: pa.Table) -> tuple[Numbers, npt.NDArray[np.bool_], Numbers]:
    """Active users, whether they count, and the licences that they are counted against."""
    seats = np.nan_to_num(_column(accounts, "metered_seats"), nan=0.0)
    return _column(accounts, "active_users"), seats > 0, seats


def _ratio(part: Numbers, whole: Numbers) -> Numbers:
    return np.divide(part, whole, out=np.full_like(part, np.nan), where=whole > 0)


def _notes(accounts: pa.Table, parents: Places, circled: npt.NDArray[np.bool_]) -> Iterable[str]:
    subjects = accounts.column("subject").to_pylist()
    seen = np.zeros(len(parents), dtype=bool)
    circles = [circle for start in np.flatnonzero(circled) if (circle := _circle(int(start), parents, seen))]
    for circle in circles[:_NAMED]:
        names = ", ".join(str(subjects[row]) for row in circle[:_NAMED])
        more = f" and {len(circle) - _NAMED} more" if len(circle) > _NAMED else ""
        yield f"accounts {names}{more} are each other's parents; their families are unknown"
    if len(circles) > _NAMED:
        yield f"{len(circles) - _NAMED} more circles of accounts are each other's parents; their families are unknown"
    pairs = zip(subjects, accounts.column("parent_id").to_pylist(), strict=True)
    if own := sum(subject == parent for subject, parent in pairs):
        yield f"{own} accounts are their own parents in the CRM; taken for accounts without one"


def _circle(start: int, parents: Places, seen: npt.NDArray[np.bool_]) -> list[int]:
    """Accounts of the circle that `start` is in, in order; none where they have been seen."""
    circle, row = list[int](), start
    while not seen[row]:
        seen[row] = True
        circle.append(row)
        row = int(parents[row])
    return circle
