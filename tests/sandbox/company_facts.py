from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import duckdb

if TYPE_CHECKING:
    from bot.sandbox.company import Company, Story, Trait

DAY = timedelta(days=1)


class Facts:
    """A company, and what its records and events say when they are counted by other means."""

    def __init__(self, company: Company) -> None:
        self.company = company
        self.today = company.today
        self.accounts = {row["Id"]: row for row in company.salesforce["Account"]}
        self.connection = duckdb.connect(":memory:")
        self.connection.execute("SET TimeZone = 'UTC'")
        self.connection.register("given", company.events)
        self.connection.execute(
            """CREATE TABLE events AS SELECT CAST(timestamp AS DATE) AS day, event, distinct_id, "$group_0" AS customer,
               CAST(properties ->> 'quantity' AS DOUBLE) AS quantity FROM given"""
        )

    def playing(self, story: Story) -> list[str]:
        return [account for account, name in self.company.stories.items() if name == story.value]

    def having(self, trait: Trait) -> list[str]:
        return [account for account, traits in self.company.traits.items() if trait.value in traits]

    def lines(self, account: str) -> dict[str, dict[str, Any]]:
        """Order items in force today, by product code."""
        codes = {row["Id"]: row["ProductCode"] for row in self.company.salesforce["Product2"]}
        orders = {
            row["Id"]
            for row in self.company.salesforce["Order"]
            if row["AccountId"] == account and row["Status"] == "Activated"
        }
        return {
            codes[row["Product2Id"]]: row
            for row in self.company.salesforce["OrderItem"]
            if row["OrderId"] in orders and row["ServiceDate"] <= self.today.isoformat() <= row["EndDate"]
        }

    def days_left(self, account: str) -> int:
        return (date.fromisoformat(self.lines(account)["SEAT-STD"]["EndDate"]) - self.today).days

    def active_share(self, account: str) -> float:
        """Users of the last 28 complete days / seats."""
        users = self.number(
            "count(DISTINCT distinct_id)", "app session", account, self.today - 28 * DAY, self.today - DAY
        )
        return users / float(self.lines(account)["SEAT-STD"]["Quantity"])

    def number(self, what: str, event: str, account: str, first: date, last: date) -> float:
        query = f"SELECT {what} FROM events WHERE event = ? AND customer = ? AND day BETWEEN ? AND ?"  # noqa: S608 - ours
        row = self.connection.execute(query, [event, self.company.customers[account], first, last]).fetchone()
        assert row is not None
        return float(row[0] or 0)
