"""Values of a metric, a day each, as people write them: `0.45x20 0.62...`.

A value stands for one day; with `x20` for twenty days; with `...`, at the end, for all days that are left. `120-1x10`
counts down from 120 by one a day, ten days in all. `_` is unknown. What stands alone goes for every day. Steps are
reckoned in decimals: 0.5 less five times 0.01 is 0.45 and not nearly so.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from bot.core.condition_types import ValueKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.core.verdicts import Value

MOST_DAYS: Final = 1100
"""Three years: longer than any rule looks."""

_NUMBER: Final = r"(?:\d+(?:\.\d+)?|\.\d+)(?:e[+-]?\d+)?"
_VALUES: Final = {
    ValueKind.NUMBER: rf"[+-]?{_NUMBER}",
    ValueKind.DATE: r"\d{4}-\d\d-\d\d",
    ValueKind.FLAG: "true|false",
    ValueKind.TEXT: "'[^']*'",
}
_STEPS: Final = {ValueKind.NUMBER: rf"[+-]{_NUMBER}", ValueKind.DATE: r"[+-]\d{1,4}"}
_FORMS: Final = {
    kind: re.compile(rf"(?P<value>_|{value})(?P<step>{_STEPS.get(kind, '')})?(?:x(?P<count>\d{{1,4}})|(?P<on>\.\.\.))?")
    for kind, value in _VALUES.items()
}
_EXAMPLES: Final = {
    ValueKind.NUMBER: "0.45, 0.45x20, 120-1x10, 0.62... or _",
    ValueKind.DATE: "2026-03-31, 2026-03-31x20, 2026-03-31+1... or _",
    ValueKind.FLAG: "true, falsex20, true... or _",
    ValueKind.TEXT: "Enterprise for every day, or 'SMB'x20 'Enterprise'... (each text in single quotes), or _",
}
_WORD: Final = re.compile(r"'[^']*'\S*|\S+")


class SeriesError(ValueError):
    """A text that is no series: what is wrong, and at which of its characters."""

    def __init__(self, problem: str, offset: int = 0) -> None:
        super().__init__(problem)
        self.problem = problem
        self.offset = offset


@dataclass(frozen=True, slots=True)
class _Run:
    first: Decimal | date | bool | str | None
    step: Decimal
    count: int | None
    """None: to the end."""

    def values(self, count: int) -> Iterator[Value | date]:
        for number in range(count):
            if isinstance(self.first, Decimal):
                yield float(self.first + self.step * number)
            elif isinstance(self.first, date):
                yield self.first + timedelta(days=int(self.step)) * number
            else:
                yield self.first


@dataclass(frozen=True, slots=True)
class Series:
    """Values of one metric, a day each."""

    _runs: tuple[_Run, ...]

    @property
    def given(self) -> int:
        """How many days have a value of their own."""
        return sum(run.count or 0 for run in self._runs)

    @property
    def goes_on(self) -> bool:
        """Whether the last value is that of all further days."""
        return self._runs[-1].count is None

    def values(self, days: int) -> list[Value | date]:
        """Return the value of each of so many days; what is not given is unknown."""
        found: list[Value | date] = []
        for run in self._runs:
            found += run.values(days - len(found) if run.count is None else run.count)
        return (found + [None] * days)[:days]


def constant(value: Value | date | Decimal) -> Series:
    """Return a series that has one value on every day."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        value = Decimal(str(value))
    return Series((_Run(value, Decimal(0), None),))


def read_series(given: object, kind: ValueKind) -> Series:
    """Read what YAML made of a metric's values. Raises SeriesError."""
    if given is None:
        return constant(None)
    if isinstance(given, bool) or type(given) is date:
        return constant(_of_kind(given, kind))
    if isinstance(given, int | float):
        return constant(_of_kind(_finite(given), kind))
    if not isinstance(given, str) or not given.strip():
        raise SeriesError(f"no values; wanted {_EXAMPLES[kind]}")
    if kind is ValueKind.TEXT and not given.lstrip().startswith(("'", "_")):
        return constant(given)
    return _read(given, kind)


def _of_kind(value: Value | date, kind: ValueKind) -> Value | date:
    found = {bool: ValueKind.FLAG, date: ValueKind.DATE}.get(type(value), ValueKind.NUMBER)
    if found is not kind:
        raise SeriesError(f"{value} is {found}, where {kind} is wanted: {_EXAMPLES[kind]}")
    return value


def _finite(value: float) -> float:
    if not Decimal(str(value)).is_finite():
        raise SeriesError(f"{value} is no finite number; write _ for what is unknown")
    return value


def _read(text: str, kind: ValueKind) -> Series:
    words = list(_WORD.finditer(text))
    runs: list[_Run] = []
    for word in words:
        if runs and runs[-1].count is None:
            raise SeriesError(f"'{word[0]}' comes after `...`, which goes to the last day", word.start())
        runs.append(_run(word, kind))
    if len(words) == 1 and not words[0][0].endswith("...") and "x" not in words[0][0].rpartition("'")[2]:
        return Series((replace(runs[0], count=None),))
    series = Series(tuple(runs))
    if series.given > MOST_DAYS:
        raise SeriesError(f"{series.given:,} days; at most {MOST_DAYS:,}")
    return series


def _run(word: re.Match[str], kind: ValueKind) -> _Run:
    found = _FORMS[kind].fullmatch(word[0])
    if found is None:
        raise SeriesError(f"'{word[0]}' cannot be read; wanted {kind}: {_EXAMPLES[kind]}", word.start())
    if found["count"] and not int(found["count"]):
        raise SeriesError(f"'{word[0]}' stands for no day", word.start())
    if found["step"] and found["value"] == "_":
        raise SeriesError(f"'{word[0]}': what is unknown has no step", word.start())
    if found["step"] and not (found["count"] or found["on"]):
        raise SeriesError(f"'{word[0]}' has a step: for how many days? {word[0]}x10, or {word[0]}...", word.start())
    count = None if found["on"] else int(found["count"] or 1)
    return _Run(_value(found["value"], kind, word), Decimal(found["step"] or 0), count)


def _value(text: str, kind: ValueKind, word: re.Match[str]) -> Decimal | date | bool | str | None:
    if text == "_":
        return None
    if kind is ValueKind.DATE:
        try:
            return date.fromisoformat(text)
        except ValueError as error:
            raise SeriesError(f"'{text}' is no day of the calendar", word.start()) from error
    if kind is ValueKind.FLAG:
        return text == "true"
    return text.strip("'") if kind is ValueKind.TEXT else Decimal(text)
