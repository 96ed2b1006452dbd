"""What people ask, in Slack and in the terminal: one answer for both."""
