"""A stand-in Pendo: the aggregation endpoint, which really runs the pipelines that it is sent."""

from __future__ import annotations

from bot.sandbox.pendo.app import PendoControl, pendo_app
from bot.sandbox.pendo.rows import identifier

__all__ = ["PendoControl", "identifier", "pendo_app"]
