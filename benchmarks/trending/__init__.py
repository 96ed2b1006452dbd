"""Rooms of the trend benchmark: loading chunks, planting changes, methods side by side, scoring."""
