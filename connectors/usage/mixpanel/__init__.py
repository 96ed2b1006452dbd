"""Mixpanel: usage by customer and day, added up from the raw export while it streams.

https://docs.mixpanel.com/reference/raw-event-export
"""

from __future__ import annotations

from connectors.usage.mixpanel.settings import Settings
from connectors.usage.mixpanel.source import MixpanelSource, open_source

__all__ = ["MixpanelSource", "Settings", "open_source"]
