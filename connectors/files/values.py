"""From one cell to one value: texts, days, numbers and flags, as spreadsheets and exports write them. Pure."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from math import isfinite
from typing import TYPE_CHECKING, Final, Literal

from connectors.base import UnfitError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from zoneinfo import ZoneInfo

Raw = str | int | float | date | Decimal | bytes | None
"""A cell as its file holds it. CSV knows text only; a moment (`datetime`) is a `date` and a flag an `int`."""

Value = str | float | int | date | None
"""A cell as the schema wants it; None is blank."""

_CURRENCY: Final = "$€£¥₹₽₩₪₫₺₴₦₱฿ \t\n\r\u00a0\u202f"
_DASHES: Final = frozenset("-‐‑‒–—−")
_SPACES: Final = "\u0020\u00a0\u2009\u202f"
_PLAIN: Final = {
    mark: re.compile(rf"(?:[0-9]+(?:[{mark}][0-9]*)?|[{mark}][0-9]+)(?:[eE][+-]?[0-9]+)?") for mark in ".,"
}
# The last group has three digits, those before it two (India) or three: `1,50` is no number, it may be a decimal comma.
_GROUPED: Final = {
    ".": re.compile(rf"[0-9]{{1,3}}([,'’{_SPACES}])(?:[0-9]{{2,3}}\1)*[0-9]{{3}}(?:\.[0-9]*)?"),
    ",": re.compile(rf"[0-9]{{1,3}}([.'’{_SPACES}])(?:[0-9]{{2,3}}\1)*[0-9]{{3}}(?:,[0-9]*)?"),
}
_POINT_ZERO: Final = re.compile(r"\.0+$")
_TRUE: Final = frozenset({"true", "t", "yes", "y", "1"})
_FALSE: Final = frozenset({"false", "f", "no", "n", "0"})
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
# Spreadsheets count 1900 as a leap year, so that their day 1 is two days early.
_SPREADSHEET_EPOCH: Final = datetime(1899, 12, 30)  # noqa: DTZ001  # a spreadsheet's days have no zone
_FIRST_YEAR: Final = 1900


def is_blank(raw: Raw, blanks: frozenset[str] = frozenset()) -> bool:
    """Tell whether a cell says nothing: absent, only white space, or one of the words that stand for nothing."""
    return raw is None or (isinstance(raw, str) and (not (bare := raw.strip()) or bare in blanks))


def read_text(raw: Raw) -> str:
    """Read text without white space around it. An id that was kept as a number (1520399.0) loses its `.0`."""
    if isinstance(raw, str) and raw.isascii():
        return raw.strip()
    if isinstance(raw, bool):
        return str(raw).lower()
    if isinstance(raw, float | Decimal):
        return _POINT_ZERO.sub("", str(raw))
    if isinstance(raw, bytes):
        raise UnfitError("text-unreadable", "bytes where text was wanted")
    text = str(raw).strip()
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise UnfitError("text-unreadable", f"half of a surrogate pair at character {error.start + 1}") from error
    return text


def read_number(
    raw: Raw, *, decimal: Literal[".", ","] = ".", dash: Literal["zero", "blank"] | None = None
) -> float | None:
    """Read a number with thousands separators, a currency sign, brackets for negatives or an exponent.

    A lone dash is what spreadsheets print for zero: it is zero, None or unreadable, as `dash` says.
    """
    if isinstance(raw, bool | bytes | date):
        raise UnfitError("number-unreadable", f"{raw!r} is no number")
    if not isinstance(raw, str):
        return _finite(raw)
    bare = raw.strip(_CURRENCY)
    if bare in _DASHES and dash is not None:
        return 0.0 if dash == "zero" else None
    negative, digits = _unsigned(bare)
    if _GROUPED[decimal].fullmatch(digits):
        digits = re.sub(rf"[^0-9{decimal}]", "", digits)
    elif not _PLAIN[decimal].fullmatch(digits):
        raise UnfitError("number-unreadable", _no_number(raw, bare, decimal))
    value = _finite(digits.replace(",", "."))
    return -value if negative and value else value


def _unsigned(bare: str) -> tuple[bool, str]:
    if bare[:1] == "(" and bare[-1:] == ")":
        return True, bare[1:-1].strip(_CURRENCY)
    if bare[:1] in _DASHES or bare[:1] == "+":
        return bare[0] != "+", bare[1:].strip(_CURRENCY)
    return False, bare


def _no_number(raw: str, bare: str, decimal: str) -> str:
    if bare in _DASHES:
        return f"{raw!r} is no number; where it stands for zero, declare `dash: zero`"
    other = "," if decimal == "." else "."
    hint = f"; is `decimal: '{other}'` meant?" if _PLAIN[other].fullmatch(bare) else ""
    return f"{raw!r} is no number{hint}"


def _finite(raw: str | float | Decimal | None) -> float:
    try:
        value = float(raw)  # type: ignore[arg-type]  # None was blank and never comes here
    except (ValueError, OverflowError) as error:
        raise UnfitError("number-unreadable", f"{raw!r} is no number that can be kept") from error
    if not isfinite(value):
        raise UnfitError("number-unreadable", f"{raw!r} is not finite")
    return value


def read_flag(raw: Raw) -> bool:
    """Read true or false, yes or no, 1 or 0."""
    word = read_text(raw).casefold()
    if word not in _TRUE | _FALSE:
        raise UnfitError("flag-unreadable", f"{raw!r} is neither true nor false")
    return word in _TRUE


def read_day(raw: Raw, formats: Iterable[str], zone: ZoneInfo | None = None) -> date:
    """Read a calendar day in the first of the formats that fits.

    A format is one of strptime's, or `iso` (a day or moment in ISO 8601), `unix`, `unix_ms` (seconds, milliseconds
    since 1970, UTC) or `excel` (days since 1900, as spreadsheets count). A moment's day is the one that is written,
    unless `zone` is given and the moment tells its own: then it is the day in that zone.
    """
    if isinstance(raw, date):
        return _in_zone(raw, zone)
    for form in formats:
        try:
            day = _in_zone(_moment(raw, form), zone)
        except (ValueError, OverflowError):
            continue
        if day.year >= _FIRST_YEAR:
            return day
    raise UnfitError("date-unreadable", f"{raw!r} is no date in any of {', '.join(formats)}")


def _moment(raw: Raw, form: str) -> date:
    if form in {"unix", "unix_ms"}:
        return _EPOCH + timedelta(seconds=_count(raw) / (1000 if form == "unix_ms" else 1))
    if form == "excel":
        return _SPREADSHEET_EPOCH + timedelta(days=_count(raw))
    if not isinstance(raw, str):
        raise UnfitError("date-unreadable", f"{raw!r} is no text")
    if form == "iso":
        return datetime.fromisoformat(raw.strip())
    return datetime.strptime(raw.strip(), form)  # noqa: DTZ007  # the day is wanted as it is written


def _count(raw: Raw) -> float:
    if isinstance(raw, bool | bytes | date) or raw is None:
        raise UnfitError("date-unreadable", f"{raw!r} is no number")
    return float(raw)


def _in_zone(moment: date, zone: ZoneInfo | None) -> date:
    if not isinstance(moment, datetime):
        return moment
    return (moment.astimezone(zone) if zone and moment.tzinfo else moment).date()
