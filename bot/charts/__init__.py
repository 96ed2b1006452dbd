"""Pictures of figures, and the words that tell the same. Only `drawing` and what it is made of know matplotlib."""
