"""What benchmarks/slack.py consists of."""
