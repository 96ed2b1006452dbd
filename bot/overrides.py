"""Who is who by hand: the file that `accounts.overrides` names, as it is read and as it is written.

A CSV file with the columns customer and account_id; others are for people. A row without an account_id is not decided
yet and counts for nothing; `-` (or `none`) in its place says that the customer is none, but internal use or a test.
"""

from __future__ import annotations

import csv
import os
import re
from typing import TYPE_CHECKING, Final

from bot.core.located import Fault, Mark
from bot.core.matching import NOT_OURS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

CUSTOMER: Final = "customer"
ACCOUNT: Final = "account_id"
_COLUMNS: Final = (CUSTOMER, ACCOUNT)
_NONE: Final = frozenset({NOT_OURS, "none"})
# What a spreadsheet would take for a formula: names of customers are anybody's text.
_FORMULA: Final = re.compile(r"[=+\-@\t\r]")

Row = dict[str, str]


def read_overrides(path: Path, faults: list[Fault]) -> Mapping[str, str]:
    """Read what was decided: customer -> account id, or NOT_OURS; what is wrong with the file is added to `faults`."""
    return {row[CUSTOMER]: row[ACCOUNT] for row in read_rows(path, faults) if row[ACCOUNT]}


def read_rows(path: Path, faults: list[Fault]) -> list[Row]:
    """Read every row with all of its columns, decided or not; what is wrong with the file is added to `faults`."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.DictReader(file)
            if missing := [name for name in _COLUMNS if name not in (rows.fieldnames or ())]:
                faults.append(Fault(Mark(str(path), 1), f"the header has no column {' and '.join(missing)}"))
                return []
            return list(_good(path, rows, faults))
    except UnicodeDecodeError as error:
        faults.append(Fault(Mark(str(path)), f"is not UTF-8 text (byte {error.start}); save it as UTF-8"))
    except OSError as error:
        faults.append(Fault(Mark(str(path)), f"cannot be read: {error.strerror}"))
    except csv.Error as error:
        faults.append(Fault(Mark(str(path)), f"cannot be read as CSV: {error}"))
    return []


def write_rows(path: Path, rows: Sequence[Row], columns: Sequence[str]) -> None:
    """Write rows as they are read, all at once: a file that stands there is replaced only by a whole one.

    `columns` come first, then others that rows have. Raises OSError.
    """
    names = list(dict.fromkeys([*_COLUMNS, *columns, *(name for row in rows for name in row)]))
    ready = path.with_name(f".{path.name}.new")
    # With a mark of its encoding, without which spreadsheets break every umlaut.
    with ready.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, names, restval="")
        writer.writeheader()
        writer.writerows({name: _cell(text) for name, text in row.items()} for row in rows)
        file.flush()
        os.fsync(file.fileno())
    ready.replace(path)


def _good(path: Path, rows: csv.DictReader[str], faults: list[Fault]) -> Iterator[Row]:
    first: dict[str, int] = {}
    for row in rows:
        cells = dict(_cells(row.items()))
        line = first.setdefault(cells.get(CUSTOMER, ""), rows.line_num)
        if not cells.get(CUSTOMER) or ACCOUNT not in cells:
            problem = f"wanted the columns {CUSTOMER} and {ACCOUNT}; without an {ACCOUNT} nothing is decided"
        elif line != rows.line_num:
            problem = f"customer '{cells[CUSTOMER]}' already stands in line {line}; remove one of them"
        else:
            yield cells
            continue
        faults.append(Fault(Mark(str(path), rows.line_num), problem))


def _cells(items: Iterable[tuple[str | None, str | list[str] | None]]) -> Iterator[tuple[str, str]]:
    for name, value in items:
        if name is None or not isinstance(value, str):  # more cells than the header has, or fewer
            continue
        text = value.strip()
        if text.startswith("'") and _FORMULA.match(text[1:]):
            text = text[1:]
        yield name, NOT_OURS if name == ACCOUNT and text.casefold() in _NONE else text


def _cell(text: str) -> str:
    return f"'{text}" if text != NOT_OURS and _FORMULA.match(text) else text
