"""The SQL is one dialect that other engines can be given by translation."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlglot
from sqlglot import exp

from bot.facts import engine

FILES = sorted((Path(engine.__file__).parent / "sql").glob("*.sql"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_statement_makes_a_table_and_says_what_it_reads(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    assert text.startswith("-- ")
    assert "-- In: " in text
    statements = sqlglot.parse(text, dialect="duckdb")
    made = [statement.this.name for statement in statements if isinstance(statement, exp.Create)]
    assert len(made) == len(statements)
    assert all(name in text.split("-- Out:")[1] for name in made)


@pytest.mark.parametrize("dialect", ["spark", "clickhouse", "bigquery", "snowflake"])
def test_every_statement_can_be_translated(dialect: str) -> None:
    for file in FILES:
        for statement in sqlglot.parse(file.read_text(encoding="utf-8"), dialect="duckdb"):
            assert statement is not None
            assert statement.sql(dialect=dialect, unsupported_level=sqlglot.ErrorLevel.IGNORE)
