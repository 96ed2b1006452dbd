"""What a query yields, as the CSV of Bulk API 2.0; each page is written and packed once and then kept."""

from __future__ import annotations

import csv
import gzip
import io
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from bot.sandbox.salesforce_org import Org, Record
    from bot.sandbox.salesforce_query import Answer, Path

DELIMITERS: Final = {"BACKQUOTE": "`", "CARET": "^", "COMMA": ",", "PIPE": "|", "SEMICOLON": ";", "TAB": "\t"}
ENDINGS: Final = {"LF": "\n", "CRLF": "\r\n"}
_FRACTIONS: Final = frozenset({"double", "currency", "percent"})
_FASTEST: Final = 1
_LEAST_PLAIN: Final = 1e-3
_LEAST_SCIENTIFIC: Final = 1e7


@dataclass(slots=True)
class Sheet:
    """The result of one query, in one form."""

    answer: Answer
    delimiter: str
    ending: str
    _kept: dict[tuple[int, int, bool], bytes] = field(default_factory=dict)

    @property
    def total(self) -> int:
        """Number of records."""
        return len(self.answer.matches)

    def page(self, start: int, stop: int, *, packed: bool) -> bytes:
        """Return a header and the records from `start` to before `stop` as UTF-8; `packed` by gzip."""
        found = self._kept.get((start, stop, packed))
        if found is None:
            plain = (
                gzip.compress(self.page(start, stop, packed=False), _FASTEST) if packed else self._written(start, stop)
            )
            found = self._kept[start, stop, packed] = plain
        return found

    def _written(self, start: int, stop: int) -> bytes:
        paths, records = self.answer.paths or (), self.answer.matches[start:stop]
        text = io.StringIO(newline="")
        writer = csv.writer(text, delimiter=self.delimiter, lineterminator=self.ending, quoting=csv.QUOTE_ALL)
        writer.writerow([path.name for path in paths])
        writer.writerows(zip(*(_column(path, self.answer.org, records) for path in paths), strict=True))
        return text.getvalue().encode()


def _column(path: Path, org: Org, records: Sequence[Record]) -> Iterable[object]:
    """Return the cells of one column; None becomes an empty one."""
    name = path.field.name
    values = [path.value(org, record) for record in records] if path.references else [one[name] for one in records]
    write = _writer(path.field.type)
    return values if write is None else [None if value is None else write(value) for value in values]


def _writer(kind: str) -> Callable[..., str] | None:
    if kind in _FRACTIONS:
        return _double
    return {"boolean": _boolean, "datetime": _moment}.get(kind)


def _boolean(value: object) -> str:
    return "true" if value is True else "false"


def _moment(value: str) -> str:
    """Return a moment as Bulk writes it: what ends on +0000 in JSON ends on Z here."""
    return f"{value[:-5]}Z" if value.endswith("+0000") else value


def _double(value: float) -> str:
    """Return a number as Java writes it: from ten million on, and below a thousandth, with an exponent."""
    if value == 0 or _LEAST_PLAIN <= abs(value) < _LEAST_SCIENTIFIC:
        return repr(value)
    sign, digits, exponent = Decimal(repr(value)).as_tuple()
    assert isinstance(exponent, int)
    text = "".join(map(str, digits))
    mantissa = text[1:].rstrip("0") or "0"
    return f"{'-' if sign else ''}{text[0]}.{mantissa}E{exponent + len(text) - 1}"
