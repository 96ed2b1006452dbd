"""Whatever the connector asks is SOQL, as a parser sees it that was not written here."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from connectors.base import Rejects
from connectors.salesforce.mapping import Condition
from connectors.salesforce.soql import select
from tests.connectors.salesforce.conftest import WINDOW
from tests.soql_parser import refused

if TYPE_CHECKING:
    from tests.connectors.salesforce.conftest import Org

CONDITIONS: list[dict[str, Any]] = [
    {"field": "Name", "value": 'O\'Neil \\ "Sons"\n'},
    {"field": "Name", "op": "like", "value": "50%_off'"},
    {"field": "Id", "op": "in", "value": ["a", "b'"]},
    {"field": "Id", "op": "not in", "value": ["a"]},
    {"field": "Amount", "op": ">=", "value": 1.5},
    {"field": "IsActive", "op": "!=", "value": False},
    {"field": "CloseDate", "op": "<", "value": "2026-01-31"},
    {"field": "Parent.Name", "value": None},
]


@pytest.fixture
def folder(parser: Path | str) -> Path:
    """The parser's; skips where it cannot be had."""
    if not isinstance(parser, Path):
        pytest.skip(parser)
    return parser


def test_every_query_of_a_reading_is_understood(org: Org, folder: Path) -> None:
    for above, incremental in ((None, 0), (0, 0), (0, 0)):
        list(org.source(bulk_above=above, incremental_above=incremental).read(WINDOW, Rejects()))
    list(org.source().check())
    queries = set(org.control.queries)
    assert {query.split()[1].rstrip(",") for query in queries} >= {"Id", "COUNT()"}
    assert any("SystemModstamp" in query for query in queries)
    assert refused(queries, folder) == {}


@pytest.mark.parametrize("condition", CONDITIONS, ids=lambda one: f"{one['field']} {one.get('op', '=')}")
def test_every_comparison_is_understood(condition: dict[str, Any], folder: Path) -> None:
    assert refused([select(["Id", "Name"], "Account", [Condition.model_validate(condition)])], folder) == {}


def test_what_is_no_query_is_refused(folder: Path) -> None:
    assert list(refused(["SELECT Id FROM Account WHERE Name = 'O'Neil'"], folder)) != []
