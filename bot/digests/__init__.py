"""The digests of a team's week: who reads them, when they are due, what they say."""
