"""A warehouse or database: usage, and accounts, people and contract lines, by SQL of one's own.

The query names the columns of `connectors.schema`; nothing else has to be declared. Any database that SQLAlchemy has a
dialect for can be read; PostgreSQL and SQLite need no package besides `headroom[postgres]`, or none.
"""

from __future__ import annotations

from connectors.usage.warehouse.settings import Settings
from connectors.usage.warehouse.source import WarehouseSource, open_source

__all__ = ["Settings", "WarehouseSource", "open_source"]
