"""What databases and their drivers say, in words: where, what and the mend, and never the password."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, quote_plus

from sqlalchemy.exc import InterfaceError, InternalError, OperationalError

from connectors.base import SourceError, SourceSettingsError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy.engine import URL

_SECRET_KEYS: Final = re.compile(r"pass|pwd|token|secret|key|credential", re.IGNORECASE)
_EXCERPT: Final = 600
_LOGIN: Final = (
    "password",
    "authentication",
    "access denied",
    "role ",
    "no pg_hba.conf entry",
    "incorrect username",
    "unauthorized",
    "permission denied",
    "does not exist",
    "unknown database",
)
_TOO_LONG: Final = ("statement timeout", "time limit", "timed out", "timeout", "exceeded the maximum execution time")
_WRITES: Final = ("read-only transaction", "readonly database", "attempt to write", "data-modifying statement")
# What SQLite and others tell of a wrong query in the same breath as of a broken connection.
_WRONG: Final = ("no such", "syntax error", "does not exist", "unknown column", "ambiguous", "incomplete input")
_DAMAGED: Final = ("malformed", "file is not a database", "corrupt")
_BROKEN: Final = (OperationalError, InterfaceError, InternalError)
_CURSOR: Final = re.compile(r'DECLARE "[^"]*" CURSOR FOR ')
_CARET: Final = re.compile(r"\s*\nLINE (\d+): (.*)\n( *)\^+", re.DOTALL)


class NoWayInError(SourceSettingsError):
    """The address, the driver or the login is wrong, for every query: trying again may lock the user out."""


def secrets_of(url: URL) -> list[str]:
    """Return everything in an address that nobody is to read, longest first."""
    values = [url.password or "", *(text for key, value in url.query.items() for text in _texts(key, value))]
    written = {form for value in values if value for form in (str(value), quote(str(value)), quote_plus(str(value)))}
    return sorted({*written, url.render_as_string(hide_password=False)}, key=len, reverse=True)


def _texts(key: str, value: str | tuple[str, ...]) -> Iterable[str]:
    if not _SECRET_KEYS.search(key):
        return ()
    return (value,) if isinstance(value, str) else value


def clean(said: object, secrets: Iterable[str]) -> str:
    """Shorten what a driver said to the words that matter, and take out what is secret."""
    text = str(said)
    for secret in secrets:
        text = text.replace(secret, "(secret)")
    text = _CARET.sub(_position, _CURSOR.sub(_blank, text))
    return " ".join(text.split())[:_EXCERPT]


def _blank(found: re.Match[str]) -> str:
    # As long as before: the caret below stays under its word.
    return " " * len(found[0])


def _position(found: re.Match[str]) -> str:
    """Say in one line what PostgreSQL and DuckDB show with a caret under the statement."""
    column = len(found[3]) - len(f"LINE {found[1]}: ")
    word = re.match(r"\S*", found[2][max(0, column) :])
    return f" (line {found[1]}, at {word[0]!r})" if word and word[0] else f" (line {found[1]})"


def unreachable(source: str, place: str, error: BaseException, secrets: Iterable[str]) -> SourceError:
    """Return what is to be told when no connection comes about."""
    said = _said(error)
    shown = clean(said, secrets)
    if any(word in said.lower() for word in _LOGIN):
        return NoWayInError(source, f"cannot log in to {place}: {shown}; are user, password and database right?")
    return SourceError(source, f"no connection to {place}: {shown}; try again later")


def failed(source: str, place: str, error: BaseException, secrets: Iterable[str]) -> SourceError:
    """Return what is to be told when a query fails."""
    said = _said(error)
    shown, lower = clean(said, secrets), said.lower()
    if any(word in lower for word in _TOO_LONG):
        return SourceError(source, f"{place}: took too long: {shown}; ask for less, or raise `timeout`")
    if any(word in lower for word in _WRITES):
        return SourceSettingsError(source, f"{place}: would write, and a source only reads: {shown}")
    broken = isinstance(error, _BROKEN) and not any(word in lower for word in _WRONG)
    if broken or any(word in lower for word in _DAMAGED):
        return SourceError(source, f"{place}: broke off: {shown}; try again later")
    return SourceSettingsError(source, f"{place}: {shown}")


def _said(error: BaseException) -> str:
    """Return the driver's own words, without SQLAlchemy's."""
    return str(getattr(error, "orig", None) or error)
