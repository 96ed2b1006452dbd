"""Health: what it is made of (`model`, `shipped`), what is wrong in that (`faults`), and the scores (`health`)."""
