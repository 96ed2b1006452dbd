"""A stand-in Amplitude: the export of uploads by hour, two hours late, as a zip of gzipped JSON lines."""

from __future__ import annotations

from bot.sandbox.amplitude.app import COMPANY, AmplitudeControl, amplitude_app

__all__ = ["COMPANY", "AmplitudeControl", "amplitude_app"]
