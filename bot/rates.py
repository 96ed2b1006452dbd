"""What currencies are worth: the file that `currencies.rates` names."""

from __future__ import annotations

import csv
import math
import re
from datetime import date
from typing import TYPE_CHECKING, Final

from bot.core.currencies import Rate
from bot.core.located import Fault, Mark

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

_COLUMNS: Final = ("currency", "from_day", "rate")
_CODE: Final = re.compile(r"[A-Z]{3}")


class _UnfitError(ValueError):
    """A cell that says nothing usable; its text says why."""


def read_rates(path: Path, report_in: str, faults: list[Fault]) -> tuple[Rate, ...]:
    """Read a CSV file with the columns currency, from_day and rate: units of `report_in` for one of the currency.

    What is wrong with it is added to `faults`, all at once, each with its line.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.DictReader(file)
            if missing := [name for name in _COLUMNS if name not in (rows.fieldnames or ())]:
                faults.append(Fault(Mark(str(path), 1), f"the header has no column {' and '.join(missing)}"))
                return ()
            return tuple(_rates(path, rows, report_in, faults))
    except UnicodeDecodeError as error:
        faults.append(Fault(Mark(str(path)), f"is not UTF-8 text (byte {error.start}); save it as UTF-8"))
    except OSError as error:
        faults.append(Fault(Mark(str(path)), f"cannot be read: {error.strerror}"))
    except csv.Error as error:
        faults.append(Fault(Mark(str(path)), f"cannot be read as CSV: {error}"))
    return ()


def _rates(path: Path, rows: csv.DictReader[str], report_in: str, faults: list[Fault]) -> Iterator[Rate]:
    first: dict[tuple[str, date], int] = {}
    for row in rows:
        try:
            rate = _rate(row, report_in)
        except _UnfitError as unfit:
            faults.append(Fault(Mark(str(path), rows.line_num), str(unfit)))
            continue
        line = first.setdefault((rate.currency, rate.from_day), rows.line_num)
        if line == rows.line_num:
            yield rate
        else:
            problem = f"{rate.currency} of {rate.from_day} already stands in line {line}; remove one of them"
            faults.append(Fault(Mark(str(path), rows.line_num), problem))


def _rate(row: Mapping[str, str | None], report_in: str) -> Rate:
    currency, day, number = ((row[name] or "").strip() for name in _COLUMNS)
    currency = currency.upper()
    if not _CODE.fullmatch(currency):
        raise _UnfitError(f"currency: wanted a code of three letters, like USD, and not '{currency}'")
    rate = _number(number)
    if currency == report_in and rate != 1:
        raise _UnfitError(f"rate: one {report_in} is one {report_in}, as `report_in` says; remove the line")
    return Rate(currency, _day(day), rate)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise _UnfitError(f"from_day: wanted a day like 2026-01-31, and not '{text}'") from error


def _number(text: str) -> float:
    try:
        rate = float(text)
    except ValueError as error:
        raise _UnfitError(f"rate: wanted a number like 0.92, and not '{text}'") from error
    if not math.isfinite(rate) or rate <= 0:
        raise _UnfitError(f"rate: wanted a number above 0, and not '{text}'")
    return rate
