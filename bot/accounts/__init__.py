"""`headroom accounts`: whose usage is it, and what a person has to settle."""
