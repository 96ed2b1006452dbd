"""What a sample company is made of."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    import pyarrow as pa

    from bot.sandbox.slack_state import SlackUser

VENDOR: Final = "Quaylume"
"""The fictitious vendor of logistics analytics whose customers these are."""
HISTORY_DAYS: Final = 548
"""Days of usage before today: 18 months."""
OUTAGE: Final = (22, 21, 20)
"""Days ago on which tracking was out: not one event of anyone."""
CALLS_PER_UNIT: Final = 10_000
"""API calls a month that one unit of `API-10K` buys."""


class Story(StrEnum):
    """What an account plays: what a person should be told about it, if anything."""

    STEADY = "steady"
    """Uses what it bought, within its limits. Nothing to say."""
    RENEWAL_DUE = "renewal-due"
    """Steady, and its contract ends within 100 days."""
    NEAR_LIMIT = "near-limit"
    """Grew until nearly every seat, 90 to 100 %, was in use in the last 28 days."""
    API_OVERAGE = "api-overage"
    """Calls the API well above its monthly allowance in each of the last months."""
    COMMIT_RUNS_OUT = "commit-runs-out"
    """Spent 85 to 97 % of its prepaid credits with about half of the term to go."""
    UNDERUSE = "underuse"
    """Under half of its seats in use, and the contract ends within 180 days."""
    FALLING = "falling"
    """Use fell by about 40 % over the last two months."""
    ONBOARDING = "onboarding"
    """Customer for less than 60 days, still ramping up: must not be judged."""
    SILENT = "silent"
    """Stopped using the product about 100 days ago: measured zero, not unknown."""
    UNMATCHED = "unmatched"
    """Its usage arrives under a name that fits no account."""


class Trait(StrEnum):
    """What is odd about an account, besides its story."""

    NO_OWNER = "no-owner"
    OWNER_WITHOUT_SLACK = "owner-without-slack"
    OWNER_INACTIVE = "owner-inactive"
    PARENT = "parent"
    CHILD = "child"
    ODD_NAME = "odd-name"
    ESCALATED = "escalated"
    """Uses what it bought and is angry all the same: urgent cases, and a low CSAT."""
    BY_DOMAIN = "by-domain"
    """Usage names it by its domain."""
    BY_ID = "by-id"
    """Usage names it by its Salesforce Id."""


@dataclass(frozen=True, slots=True)
class Company:
    """A made-up vendor: what Salesforce, PostHog and Slack would hold about it and its 60 customers."""

    today: date
    salesforce: Mapping[str, list[dict[str, Any]]]
    """sObject: records under their API names."""
    events: pa.Table
    """One row an event; columns of `bot.sandbox.posthog.EVENTS`. Ends in the early hours of today."""
    slack_users: list[SlackUser]
    channels: list[str]
    """With their `#`."""
    stories: dict[str, str]
    """Account id: the value of its `Story`."""
    traits: dict[str, frozenset[str]]
    """Account id: the values of its `Trait`s."""
    customers: dict[str, str]
    """Account id: how usage names it."""
