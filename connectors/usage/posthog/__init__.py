"""PostHog: usage by customer and day, aggregated by PostHog itself through its query endpoint.

Only sums leave PostHog: a row per customer and day, or per customer, day and user where a meter counts users.
"""

from __future__ import annotations

from connectors.usage.posthog.settings import MeterQuery, Settings, SumOf
from connectors.usage.posthog.source import PostHogSource, open_source

__all__ = ["MeterQuery", "PostHogSource", "Settings", "SumOf", "open_source"]
