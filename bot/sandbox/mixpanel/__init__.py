"""A stand-in Mixpanel: the raw export, with its limits and its ways to fail."""

from __future__ import annotations

from bot.sandbox.mixpanel.app import COMPANY, MixpanelControl, mixpanel_app

__all__ = ["COMPANY", "MixpanelControl", "mixpanel_app"]
