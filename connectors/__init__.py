"""The outside world's records: what a CRM and an analytics product say, as typed Arrow tables.

Nothing in here knows `bot`. `schema` is the language spoken between the two.
"""
