"""When a commit or an allowance is spent, what will be used by the end, and how sure that is."""
