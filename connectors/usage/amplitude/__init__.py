"""Amplitude: usage by customer and day, added up from the hourly export as it is unpacked.

https://amplitude.com/docs/apis/analytics/export
"""

from __future__ import annotations

from connectors.usage.amplitude.settings import Settings
from connectors.usage.amplitude.source import AmplitudeSource, open_source

__all__ = ["AmplitudeSource", "Settings", "open_source"]
