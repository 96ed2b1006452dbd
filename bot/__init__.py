"""Headroom: which customers have outgrown their contract and which are about to leave, said in Slack."""
