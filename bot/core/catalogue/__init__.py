"""The catalogue of metrics by room; `bot.core.metrics` puts it together."""
