"""What is asked of the trend detector, and what it answers."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    import numpy.typing as npt

    from bot.core.trends.incidents import Incident

    Floats = npt.NDArray[np.float64]

NOT_YET: Final = -1
"""Index of a day that there is not."""


class Verdict(StrEnum):
    """What is known of a series as of the last day."""

    FLAT = "flat"
    """Judged: no change, one that was made good, or one that has become the usual level."""
    FALLING = "falling"
    """Use fell and has not come back."""
    RISING = "rising"
    CONTRACT_CHANGE = "contract change"
    """Use moved with the contract, in the same direction and within 14 days: no trend."""
    TOO_LITTLE_HISTORY = "too little history"
    TOO_LITTLE_VOLUME = "too little volume"
    """Too few events, even by the week, to tell a change from chance."""
    UNKNOWN = "unknown"
    """Nothing was known of the last 14 days."""


class Basis(StrEnum):
    """What a series was judged by."""

    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"


class ContractChange(NamedTuple):
    """A day on which what an account bought of a meter became another quantity; a line that ends has `new` 0."""

    day: int
    """Index of the first day of the new quantity; may lie before the first or after the last day of the series."""
    old: float
    new: float


@dataclass(frozen=True, slots=True)
class Series:
    """Daily counts of many series; the last column is the day that is judged."""

    counts: Floats
    """[series, days]; NaN is unknown, 0 is a measured zero."""
    first_day: date
    fleets: npt.NDArray[np.int64]
    """[series]: the group each is compared within."""
    countries: Sequence[str | None]
    """[series]: whose holidays are left out."""
    contract_changes: Mapping[int, Sequence[ContractChange]] = field(default_factory=dict)
    """By the row of the series."""

    def __post_init__(self) -> None:
        """Raise ValueError where the parts don't fit together."""
        series = len(self.counts)
        if self.counts.ndim != 2:  # noqa: PLR2004  # a table
            raise ValueError(f"counts have {self.counts.ndim} dimensions; wanted [series, days]")
        for name, length in (("fleets", len(self.fleets)), ("countries", len(self.countries))):
            if length != series:
                raise ValueError(f"{length} {name} for {series} series; wanted one each")
        strange = sorted(row for row in self.contract_changes if not 0 <= row < series)
        if strange:
            raise ValueError(f"contract changes of rows {strange[:5]}, but there are {series} series")
        with np.errstate(invalid="ignore"):
            faulty = np.argwhere((self.counts < 0) | np.isinf(self.counts))
        if len(faulty):
            places = ", ".join(f"row {row} day {day}" for row, day in faulty[:5])
            raise ValueError(f"{len(faulty)} counts are negative or infinite ({places}); unknown is NaN")

    def __len__(self) -> int:
        """Count the series."""
        return len(self.counts)

    def of_rows(self, rows: npt.NDArray[np.intp], fleets: npt.NDArray[np.int64]) -> Series:
        """Take some series, compared within other groups."""
        row_of = {int(row): place for place, row in enumerate(rows)} if self.contract_changes else {}
        return Series(
            np.asarray(self.counts[rows], dtype=np.float64),
            self.first_day,
            fleets,
            [self.countries[row] for row in rows],
            {row_of[row]: changes for row, changes in self.contract_changes.items() if row in row_of},
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Trend:
    """One row of Trends, for people: days instead of indexes, None instead of NaN and -1."""

    verdict: Verdict
    basis: Basis = Basis.DAILY
    size: float | None = None
    start: date | None = None
    confidence: float | None = None
    provisional: bool = False
    before: float | None = None
    now: float | None = None
    fleet: float | None = None
    contract_day: date | None = None
    """Of the contract change that explains it."""
    contract_old: float | None = None
    contract_new: float | None = None


@dataclass(frozen=True, slots=True)
class Trends:
    """Verdicts as of the last day; every array has shape [series]."""

    verdict: npt.NDArray[np.str_]
    """Values of Verdict."""
    size: Floats
    """Use now against what was to be expected, as a share: -.34 is down by 34 %. Weekdays, holidays and the fleet's
    movement are taken out. NaN unless the verdict is falling, rising or a contract change; so below."""
    start: npt.NDArray[np.int64]
    """Index of the first day of the change; -1 where there is none."""
    reference: npt.NDArray[np.int64]
    """Index of the day before which use was as ever: the size compares with the weeks before it. -1 where there
    is none."""
    confidence: Floats
    """0..1."""
    provisional: npt.NDArray[np.bool_]
    """Judged on under 75 known days."""
    basis: npt.NDArray[np.str_]
    """Values of Basis."""
    statistic: Floats
    """Evidence as a multiple of its threshold, the highest of the change; where flat, that of today for either
    direction. NaN where nothing was judged."""
    before: Floats
    """Events a day that were to be expected now, had nothing changed."""
    now: Floats
    """Events a day now."""
    fleet: Floats
    """Change of the fleet's other series over the same time, as a share; NaN where there is no fleet to tell."""
    changes: Mapping[int, ContractChange]
    """The contract change that explains a row's verdict."""
    incidents: tuple[Incident, ...]

    def __len__(self) -> int:
        """Count the series."""
        return len(self.verdict)

    def row(self, row: int, days: Sequence[date]) -> Trend:
        """Take one series; `days` are those of the table's columns (first days of months, where it is monthly)."""
        change = self.changes.get(row)
        start = int(self.start[row])
        return Trend(
            verdict=Verdict(str(self.verdict[row])),
            basis=Basis(str(self.basis[row])),
            size=_or_none(self.size[row]),
            start=None if start == NOT_YET else days[start],
            confidence=_or_none(self.confidence[row]),
            provisional=bool(self.provisional[row]),
            before=_or_none(self.before[row]),
            now=_or_none(self.now[row]),
            fleet=_or_none(self.fleet[row]),
            contract_day=None if change is None else days[0] + timedelta(days=change.day),
            contract_old=None if change is None else change.old,
            contract_new=None if change is None else change.new,
        )

    def of_rows(self, rows: npt.NDArray[np.intp]) -> Trends:
        """Take some series; incidents stay, and contract changes are left out."""
        taken = {name: getattr(self, name)[rows] for name in _COLUMNS}
        return Trends(**taken, changes={}, incidents=self.incidents)

    def put(self, rows: npt.NDArray[np.intp], other: Trends) -> None:
        """Overwrite the figures of some series."""
        for name in _COLUMNS:
            getattr(self, name)[rows] = getattr(other, name)


def _or_none(value: np.float64) -> float | None:
    return None if np.isnan(value) else float(value)


_COLUMNS: Final = tuple(each.name for each in fields(Trends) if each.name not in {"changes", "incidents"})


def blank(series: int, verdict: Verdict, basis: Basis) -> Trends:
    """Return the same verdict without figures for every series."""
    floats = [np.full(series, np.nan) for _ in range(6)]
    return Trends(
        verdict=np.full(series, verdict, dtype="U18"),
        size=floats[0],
        start=np.full(series, NOT_YET, dtype=np.int64),
        reference=np.full(series, NOT_YET, dtype=np.int64),
        confidence=floats[1],
        provisional=np.zeros(series, dtype=np.bool_),
        basis=np.full(series, basis, dtype="U7"),
        statistic=floats[2],
        before=floats[3],
        now=floats[4],
        fleet=floats[5],
        changes={},
        incidents=(),
    )
