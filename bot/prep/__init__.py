"""Renewals are prepared: briefs on demand, and in time before each deadline."""
