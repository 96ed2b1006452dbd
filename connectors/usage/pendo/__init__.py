"""Pendo: usage by account and day, added up by Pendo itself through its aggregation endpoint.

https://engageapi.pendo.io
"""

from __future__ import annotations

from connectors.usage.pendo.settings import Settings
from connectors.usage.pendo.source import PendoSource, open_source

__all__ = ["PendoSource", "Settings", "open_source"]
