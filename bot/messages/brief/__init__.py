"""The renewal brief in words: one document, and the forms that it is read in."""
