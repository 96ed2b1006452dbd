"""SQL of the user's: which parameters it wants, and how it is handed to SQLAlchemy without being misread. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

import sqlalchemy as sa

from connectors.settings import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import date

PARAMETERS: Final = ("since", "until", "before")
"""First day, last day, and the day after the last one: for columns that hold moments."""

_READS: Final = frozenset({"SELECT", "WITH", "VALUES", "TABLE", "FROM"})
_COMMENTS: Final = re.compile(r"--[^\n]*|/\*.*?\*/", re.DOTALL)
# What stands in quotes or comments is no parameter: '10:30', '{"a":1}', "a:b", `a:b`, -- :x, /* :x */, $$ :x $$
_PLAIN: Final = r"'(?:[^']|'')*'"
_ESCAPING: Final = r"'(?:[^'\\]|\\.|'')*'"
_TOKENS: Final = (
    r"(?P<quoted>{text}"
    r'|"(?:[^"]|"")*"'
    r"|`[^`]*`"
    r"|--[^\n]*"
    r"|/\*.*?\*/"
    r"|\$(?P<tag>\w*)\$.*?\$(?P=tag)\$)"
    r"|\\:"
    # `::date` casts, `column:path` looks into JSON, `[1:2]` slices.
    r"|(?<![\w:\])}}\"'`]):(?P<name>[A-Za-z_]\w*)(?!\w)"
    r"|:+"
)
_LEXERS: Final = {
    escaping: re.compile(_TOKENS.format(text=_ESCAPING if escaping else _PLAIN), re.DOTALL)
    for escaping in (False, True)
}


@dataclass(frozen=True, slots=True)
class Days:
    """The days that a query is asked for, both ends included."""

    first: date
    last: date

    def parameters(self) -> Mapping[str, date]:
        """Return the value of each parameter."""
        return {"since": self.first, "until": self.last, "before": self.last + timedelta(days=1)}


@dataclass(frozen=True, slots=True)
class Statement:
    """The text of a query. `escaping`: a backslash escapes in texts, as in BigQuery and Snowflake, but not in ANSI."""

    sql: str
    escaping: bool = False

    def names(self) -> list[str]:
        """Return the parameters that it wants, each once."""
        return list(dict.fromkeys(match["name"] for match in self._tokens() if match["name"]))

    def clause(self, days: Days) -> sa.TextClause:
        """Return it with its parameters bound as dates."""
        given = days.parameters()
        binds = [sa.bindparam(name, value=given[name], type_=sa.Date) for name in self.names()]
        return sa.text(_LEXERS[self.escaping].sub(_guarded, self.sql)).bindparams(*binds)

    def _tokens(self) -> Iterator[re.Match[str]]:
        return _LEXERS[self.escaping].finditer(self.sql)


def parameters(sql: str) -> set[str]:
    """Return what may be a parameter, whichever way the database reads texts."""
    return {name for escaping in (False, True) for name in Statement(sql, escaping).names()}


def writes(sql: str) -> str | None:
    """Return the word that the text begins with, where it is none that a query begins with.

    Not every database can be told to only read: Trino, ClickHouse and BigQuery would do what they are told.
    """
    bare = _COMMENTS.sub(" ", sql).lstrip("( \t\r\n")
    word = re.match(r"\w*", bare)
    first = word[0] if word else ""
    return None if first.upper() in _READS else first


def unknown_parameters(sql: str) -> list[str]:
    """Return a fault for each parameter that is none, whichever way the database reads texts."""
    in_both = set(Statement(sql).names()) & set(Statement(sql, escaping=True).names())
    return [
        f"':{name}' is no parameter, wanted are :since, :until and :before{did_you_mean(name, PARAMETERS)}"
        f"; where it is none, write \\:{name}"
        for name in sorted(in_both.difference(PARAMETERS))
    ]


def _guarded(token: re.Match[str]) -> str:
    """Keep SQLAlchemy from taking a colon for a parameter that is none."""
    if token["name"] in PARAMETERS or token[0] == r"\:":
        return token[0]
    return token[0].replace(":", r"\:")
