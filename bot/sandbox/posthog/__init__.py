"""A stand-in PostHog: the query endpoint, which really runs the HogQL that it is sent, on a table of events."""

from __future__ import annotations

from bot.sandbox.posthog.app import posthog_app
from bot.sandbox.posthog.control import Asked, PostHogControl
from bot.sandbox.posthog.engine import EVENTS

__all__ = ["EVENTS", "Asked", "PostHogControl", "posthog_app"]
