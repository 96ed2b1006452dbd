"""HogQL to DuckDB: a subset of SELECT over `events`; what is not known is refused, never guessed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, Final

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from bot.sandbox.posthog.errors import invalid_query
from bot.sandbox.posthog.functions import AGGREGATES_IF, FUNCTIONS, KNOWN, KNOWN_NAMES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

DEFAULT_ROWS: Final = 100
MOST_ROWS: Final = 50_000
_CLAUSES: Final = frozenset({"expressions", "from_", "where", "group", "having", "order", "limit", "distinct"})
_DOLLAR: Final = re.compile(r"""('(?:[^'\\]|\\.)*'|`[^`]*`|"[^"]*")|[A-Za-z_$][A-Za-z0-9_$]*""")
_OFFSET: Final = (
    "OFFSET is not supported on queries made with a personal API key. "
    "For pagination, use keyset pagination on the `timestamp` column, e.g. "
    "`WHERE timestamp > :last_seen_timestamp ORDER BY timestamp LIMIT N`. "
    "For bulk data extraction, use batch exports: https://posthog.com/docs/cdp/batch-exports"
)


@dataclass(frozen=True, slots=True)
class Compiled:
    """A query that can be run."""

    sql: str
    """For DuckDB, over a table `events`."""
    hogql: str
    """The query as PostHog prints it back, with the limit that was applied."""
    columns: tuple[str, ...]
    limit: int
    given: bool
    """Whether the query named its limit; otherwise one row more is asked for, to see whether there are any."""


def compile_query(text: str, fields: frozenset[str], now: datetime) -> Compiled:
    """Translate one query. `fields` are the columns of the events table, `now` is what `now()` answers.

    Raises ApiError in PostHog's form for anything that is wrong or not known here.
    """
    tree = _parse(text)
    for select in tree.find_all(exp.Select):
        _check_clauses(select)
    limit, given = _limit(tree)
    tree.limit(limit, copy=False)
    columns = tuple(_column_name(item) for item in tree.expressions)
    hogql = tree.sql(dialect="clickhouse")
    if not given:
        tree.limit(limit + 1, copy=False)
    tree = _resolve_fields(tree, fields)
    for node in reversed(list(tree.walk(bfs=False))):
        _rewrite(node, now)
    return Compiled(tree.sql(dialect="duckdb"), hogql, columns, limit, given)


def _parse(text: str) -> exp.Select:
    try:
        trees = [tree for tree in sqlglot.parse(_quote_dollars(text), dialect="clickhouse") if tree]
    except SqlglotError as error:
        raise invalid_query(str(error).split("\n", maxsplit=1)[0], "hogql_syntax_error") from error
    if len(trees) != 1 or not isinstance(trees[0], exp.Select):
        raise invalid_query("The stand-in runs one SELECT, and nothing else", "hogql_syntax_error")
    for node in trees[0].walk():
        if type(node) not in KNOWN:
            raise _unknown(node)
    return trees[0]


def _quote_dollars(text: str) -> str:
    """Put names with a dollar into backticks: HogQL takes them bare, the parser does not."""

    def quoted(match: re.Match[str]) -> str:
        bare = match.group(1) is None and "$" in match.group()
        return f"`{match.group()}`" if bare else match.group()

    return _DOLLAR.sub(quoted, text)


def _unknown(node: exp.Expr) -> Exception:
    if isinstance(node, exp.Func):
        return _unsupported_function(node.sql_name().lower())
    return invalid_query(f"The stand-in does not know: {node.sql(dialect='clickhouse')}")


def _unsupported_function(name: str) -> Exception:
    near = get_close_matches(name, KNOWN_NAMES, n=1)
    hint = f" Perhaps you meant '{near[0]}(...)'?" if near else ""
    return invalid_query(f"Unsupported function call '{name}(...)'.{hint}")


def _check_clauses(select: exp.Select) -> None:
    if select.args.get("offset"):
        raise invalid_query(_OFFSET)
    for name, value in select.args.items():
        if value and name not in _CLAUSES:
            raise invalid_query(f"The stand-in does not know this part of a SELECT: {name.strip('_')}")
    source = select.args.get("from_")
    if source is None:
        return
    table = source.this
    if isinstance(table, exp.Table) and table.name != "events":
        raise invalid_query(f'Unknown table "{table.name}".')


def _limit(tree: exp.Select) -> tuple[int, bool]:
    limit = tree.args.get("limit")
    if limit is None:
        return DEFAULT_ROWS, False
    if not isinstance(limit.expression, exp.Literal) or not limit.expression.is_int:
        raise invalid_query("The stand-in takes a number as LIMIT only")
    return min(int(limit.expression.name), MOST_ROWS), True


def _column_name(item: exp.Expr) -> str:
    return item.alias or item.sql(dialect="clickhouse").replace("`", "")


def _resolve_fields(tree: exp.Select, fields: frozenset[str]) -> exp.Select:
    aliases = frozenset(_aliases(tree))
    if shadows := aliases & fields:
        raise invalid_query(f"The stand-in refuses an alias that is also a field: {min(shadows)}")

    def resolved(node: exp.Expr) -> exp.Expr:
        return _field(_chain(node), fields, aliases) if isinstance(node, exp.Column | exp.Dot) else node

    done = tree.transform(resolved, copy=False)
    assert isinstance(done, exp.Select)
    return done


def _aliases(tree: exp.Select) -> Iterator[str]:
    for alias in tree.find_all(exp.Alias):
        yield alias.alias


def _chain(node: exp.Expr) -> list[str]:
    if isinstance(node, exp.Dot):
        return [*_chain(node.this), node.expression.name]
    assert isinstance(node, exp.Column)
    return [part.name for part in node.parts]


def _field(chain: list[str], fields: frozenset[str], aliases: frozenset[str]) -> exp.Expr:
    if chain[0] == "events" and len(chain) > 1:
        chain = chain[1:]
    if chain[0] == "properties" and len(chain) > 1:
        path = "$" + "".join(f'."{step}"' for step in chain[1:])
        return exp.Anonymous(
            this="json_extract_string", expressions=[exp.column("properties"), exp.Literal.string(path)]
        )
    if re.fullmatch(r"group_[0-4]", chain[0]) and chain[1:] == ["key"]:
        chain = [f"${chain[0]}"]
    if len(chain) == 1 and (chain[0] in fields or chain[0] in aliases):
        return exp.column(exp.to_identifier(chain[0], quoted=True))
    raise invalid_query(f"Unable to resolve field: {chain[0]}")


def _rewrite(node: exp.Expr, now: datetime) -> None:
    """Replace a function by DuckDB's; its arguments have been replaced before."""
    if isinstance(node, exp.Anonymous) and node.name != "json_extract_string":
        if node.name not in FUNCTIONS:
            raise _unsupported_function(node.name)
        fewest, most, build = FUNCTIONS[node.name]
        if not fewest <= len(node.expressions) <= most:
            raise invalid_query(
                f"Function '{node.name}' expects {fewest} to {most} arguments, found {len(node.expressions)}"
            )
        node.replace(build(node.expressions, now))
    elif isinstance(node, exp.CombinedAggFunc | exp.AnonymousAggFunc):
        if node.name not in AGGREGATES_IF:
            raise _unsupported_function(node.name)
        node.replace(AGGREGATES_IF[node.name](node.expressions))
    elif isinstance(node, exp.ApproxDistinct):
        node.replace(exp.Count(this=exp.Distinct(expressions=[node.this])))
    elif isinstance(node, exp.TimestampTrunc) and node.text("unit") != "DAY":
        # ClickHouse answers a month's start as a date and a day's start as a moment.
        node.replace(exp.cast(node.copy(), "date"))
