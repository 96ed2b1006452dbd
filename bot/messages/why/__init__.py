"""Why a rule speaks of a subject, or what keeps it from speaking: as a card, and as data."""
