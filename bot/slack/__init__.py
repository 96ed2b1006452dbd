"""Slack: the app that answers, the sender that delivers, and who is who."""
