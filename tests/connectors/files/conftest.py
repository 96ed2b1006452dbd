"""A folder with files in it, read as a source."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from connectors.base import Places, Window
from connectors.files import Settings, open_source
from connectors.schema import SCHEMAS, Table
from tests.connectors.files.reading import UNTIL, Read, Reading

if TYPE_CHECKING:
    from datetime import date
    from pathlib import Path


@pytest.fixture
def read(tmp_path: Path) -> Read:
    def reads(*files: dict[str, Any], until: date = UNTIL, since: date | None = None) -> Reading:
        source = open_source("files", Settings.model_validate({"files": files}), Places.within(tmp_path))
        reading = Reading()
        for batch in source.read(Window(since, until), reading.rejects):
            assert batch.rows.schema == SCHEMAS[Table(batch.table)]
            batch.rows.validate(full=True)
            reading.batches.append(batch)
        return reading

    return reads


@pytest.fixture
def usage() -> dict[str, Any]:
    """Settings of the plainest usage file there is."""
    fields = {"customer": "customer", "meter": {"value": "calls"}, "day": "day", "quantity": "calls"}
    return {"path": "usage.csv", "tables": {"usage": fields}}


@pytest.fixture
def lines() -> dict[str, Any]:
    """Settings of the plainest file of contract lines there is."""
    fields = {"line_id": "id", "account_id": "account", "quantity": "quantity", "start": "start", "end": "end"}
    return {"path": "lines.csv", "tables": {"lines": fields}}
