"""Why a rule speaks of a subject, and why it does not: the tree of its condition, and the order of judgement."""
