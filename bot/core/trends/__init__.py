"""Trends: falls and rises of use, told from weekdays, holidays, gaps and the fleet's own movement."""
