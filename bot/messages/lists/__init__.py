"""Lists of accounts and alerts, what customers are worth, how the sources stand."""
