"""CRM and usage from files: CSV, Parquet and JSON lines, in whatever form a spreadsheet or an export left them.

One source reads one or more sets of files. Each row may yield an account, a person, a contract line and a reading of
usage at once, or only one of them, and is counted once: read, or rejected with its reason.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from connectors.files.settings import Settings
from connectors.files.source import FilesSource

if TYPE_CHECKING:
    from connectors.base import Places, Source

__all__ = ["Settings", "open_source"]


def open_source(name: str, settings: Settings, places: Places) -> Source:
    """Make the source; opens no file yet."""
    return FilesSource(name, settings, places.settings)
