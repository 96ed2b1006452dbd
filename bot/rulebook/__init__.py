"""Rules as text: what `headroom rules` checks, tests and tells of them."""
