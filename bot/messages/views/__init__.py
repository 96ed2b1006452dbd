"""Modals: what is asked with a few fields, before it is Slack's JSON, and what was filled in."""
