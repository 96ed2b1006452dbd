"""Unit tests for rules: values of metrics by day go in, what the rules say on which day comes out. Pure."""
