"""SQL reaches the database as it was written, but for its parameters."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from sqlalchemy.dialects import postgresql, sqlite

from connectors.usage.warehouse.settings import Query, Settings
from connectors.usage.warehouse.statement import Days, Statement, parameters

if TYPE_CHECKING:
    from tests.connectors.usage.warehouse.asking import Warehouses

DAYS = Days(date(2026, 3, 1), date(2026, 3, 31))


def sent(sql: str, *, escaping: bool = False) -> str:
    return str(Statement(sql, escaping).clause(DAYS).compile(dialect=sqlite.dialect(paramstyle="named")))


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT '10:30', '{\"a\":1}', ':since', 'it''s :until'",
        'SELECT "a:b", "say "":since"""',
        "SELECT `a:since`",
        "SELECT x::date, y::timestamp::date, a[1:2], a[1 :2]",
        "SELECT src:customer:name FROM t",
        "-- at :since\nSELECT 1 /* not :until\n either */",
        "SELECT $$ :since $$, $tag$ it's :until $tag$",
        "SELECT '100%', x LIKE 'a%b' -- ?",
    ],
)
def test_what_is_no_parameter_is_left_alone(sql: str) -> None:
    assert Statement(sql).names() == []
    assert sent(sql) == sql


def test_parameters_are_bound_as_dates_whatever_stands_beside_them() -> None:
    clause = Statement("SELECT :since::timestamp, (:until), a<:before,'x:y', :since").clause(DAYS)
    compiled = clause.compile(dialect=postgresql.dialect())  # type: ignore[no-untyped-call]  # SQLAlchemy's own gap
    assert compiled.params == {"since": date(2026, 3, 1), "until": date(2026, 3, 31), "before": date(2026, 4, 1)}
    assert isinstance(compiled.binds["since"].type, sa.Date)
    assert str(compiled).count("%(since)s") == 2
    assert "::timestamp" in str(compiled)


def test_a_backslash_escapes_a_quote_where_the_database_says_so() -> None:
    sql = r"SELECT 'it\'s :since', :until"
    assert Statement(sql, escaping=True).names() == ["until"]
    assert Statement(r"SELECT 'c:\', :until").names() == ["until"]


def test_an_escaped_colon_is_a_colon() -> None:
    assert sent(r"SELECT a[\:n]") == "SELECT a[:n]"


@given(st.text(st.sampled_from(list("a:'\"-*/ \\$[]1\n")), max_size=30))
def test_texts_reach_the_database_as_they_are(inner: str) -> None:
    written = "'" + inner.replace("'", "''") + "'"
    sql = f"SELECT {written}, :since"
    assert sent(sql) == sql


@pytest.mark.parametrize("value", ["10:30", '{"a":1}', ":since", "100%", "%(since)s", "a\\:b", "it's ::"])
def test_a_real_database_answers_the_text_that_was_written(either: Warehouses, value: str) -> None:
    literal = value.replace("'", "''")
    sql = f"SELECT '{literal}' AS account_id, 'Acme' AS name"  # of the test
    assert either.read({"table": "accounts", "sql": sql}).rows("accounts")[0]["account_id"] == value


USAGE = "SELECT customer, meter, day, quantity FROM t"


@pytest.mark.parametrize(
    ("query", "words"),
    [
        (
            {"table": "usage", "sql": USAGE},
            "not say which days it reads: add `WHERE day >= :since AND day <= :until`",
        ),
        ({"table": "usage", "sql": f"{USAGE} WHERE day >= :since"}, "does not say which days it reads"),
        ({"table": "usage", "sql": f"{USAGE} WHERE d > ':since' AND d < ':until'"}, "does not say which days it reads"),
        ({"table": "usage", "sql": f"{USAGE} WHERE day >= :sinse AND day < :before"}, "did you mean 'since'"),
        ({"table": "accounts", "sql": "SELECT :today"}, r"':today' is no parameter.*where it is none, write \\:today"),
        ({"table": "people", "sql": "DELETE FROM t"}, "it begins with 'DELETE'; wanted is a query: SELECT or WITH"),
        ({"table": "people", "sql": "-- SELECT\n/* SELECT */ drop TABLE t"}, "it begins with 'drop'"),
        ({"table": "people", "sql": "-- nothing"}, "it begins with ''"),
        ({"table": "accounts"}, "name one: `sql` or `file`"),
        ({"table": "accounts", "sql": "SELECT 1", "file": "x.sql"}, "name one: `sql` or `file`"),
        ({"table": "lines", "sql": "SELECT 1", "whole": True}, "`whole` and `coverage` are about usage"),
        ({"table": "people", "sql": "SELECT 1", "coverage": {"lag_days": 1}}, "are about usage"),
        ({"table": "coverage", "sql": "SELECT 1"}, "'accounts', 'people', 'lines' or 'usage'"),
        (
            {"table": "usage", "sql": USAGE, "whole": True, "coverage": {"lag_days": 1, "to": "last-row"}},
            "name one of `to`, `lag_days` and `complete_to`",
        ),
        ({"table": "usage", "sql": USAGE, "whole": True, "coverage": {"lag_days": 0}}, "greater than or equal to 1"),
    ],
)
def test_queries_that_cannot_work_are_refused_with_the_mend(query: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        Query.model_validate(query)


@pytest.mark.parametrize(
    "sql",
    [
        f"{USAGE} WHERE day >= :since AND day <= :until",
        f"{USAGE} WHERE day >= :since::timestamp and at<:before",
        f"{USAGE} WHERE day BETWEEN :since AND :until",
        f"-- of all\n /* x */ (({USAGE} WHERE day BETWEEN :since AND :until))",
        f"with t as (select 1) {USAGE} WHERE day BETWEEN :since AND :until",
    ],
)
def test_a_query_for_usage_that_names_its_days_is_taken(sql: str) -> None:
    assert parameters(sql) <= {"since", "until", "before"}
    assert Query.model_validate({"table": "usage", "sql": sql}).sql == sql


def test_no_query_at_all_is_refused() -> None:
    with pytest.raises(ValidationError, match="wanted at least one query"):
        Settings.model_validate({"url": {"env": "A"}, "queries": []})
