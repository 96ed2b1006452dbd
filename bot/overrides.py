"""Who is who by hand: the file that `accounts.overrides` names."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, Final

from bot.core.located import Fault, Mark

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

_COLUMNS: Final = ("customer", "account_id")


def read_overrides(path: Path, faults: list[Fault]) -> Mapping[str, str]:
    """Read a CSV file with the columns customer and account_id; what is wrong with it is added to `faults`."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.DictReader(file)
            if missing := [name for name in _COLUMNS if name not in (rows.fieldnames or ())]:
                faults.append(Fault(Mark(str(path), 1), f"the header has no column {' and '.join(missing)}"))
                return {}
            return dict(_pairs(path, rows, faults))
    except UnicodeDecodeError as error:
        faults.append(Fault(Mark(str(path)), f"is not UTF-8 text (byte {error.start}); save it as UTF-8"))
    except OSError as error:
        faults.append(Fault(Mark(str(path)), f"cannot be read: {error.strerror}"))
    except csv.Error as error:
        faults.append(Fault(Mark(str(path)), f"cannot be read as CSV: {error}"))
    return {}


def _pairs(path: Path, rows: csv.DictReader[str], faults: list[Fault]) -> Iterator[tuple[str, str]]:
    first: dict[str, int] = {}
    for row in rows:
        customer, account = ((row[name] or "").strip() for name in _COLUMNS)
        line = first.setdefault(customer, rows.line_num)
        if not customer or not account:
            problem = "wanted the columns customer and account_id, both filled"
        elif line != rows.line_num:
            problem = f"customer '{customer}' already stands in line {line}; remove one of them"
        else:
            yield customer, account
            continue
        faults.append(Fault(Mark(str(path), rows.line_num), problem))
