"""A sample company to show and test the product with: invented, seeded, the same every time.

60 customers of a fictitious vendor over 18 months, in the form in which Salesforce, PostHog and Slack hold such
things. Each account plays a `Story`, so that what is said about it can be held against what is true. It is meant to
be read with `DEMO_SETTINGS`.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final

from bot.sandbox.company.model import HISTORY_DAYS, OUTAGE, VENDOR, Company, Story, Trait
from bot.sandbox.company.plan import plans
from bot.sandbox.company.records import records
from bot.sandbox.company.roster import CHANNELS, STAFF
from bot.sandbox.company.usage import events
from bot.sandbox.slack_state import SlackUser

if TYPE_CHECKING:
    from datetime import date

__all__ = ["DEMO_SETTINGS", "HISTORY_DAYS", "OUTAGE", "VENDOR", "Company", "Story", "Trait", "sample_company"]

DEMO_SETTINGS: Final = f"""\
company: {VENDOR}
posthog:                # belongs into the entry of `sources` whose type is posthog, beside host, project and api_key
  customer: $group_0
  user: person_id
  meters:
    - {{meter: active_users, events: [app session], measure: users}}
    - {{meter: api_calls, events: [api calls], measure: {{sum: quantity}}}}
    - {{meter: credits, events: [credits used], measure: {{sum: quantity}}}}
meters:
  - {{name: active_users, unit: users, aggregation: unique_users}}
  - {{name: api_calls, unit: calls, aggregation: sum}}
  - {{name: credits, unit: credits, aggregation: sum}}
products:
  - {{match: {{code: "SEAT-*"}}, kind: seats, meter: active_users}}
  - {{match: {{code: "API-*"}}, kind: allowance, meter: api_calls, per: 10000, period: month}}
  - {{match: {{code: CREDITS}}, kind: commit, meter: credits}}
  - {{match: {{code: "TRAIN-*"}}, kind: service}}
accounts:
  match: [external_id, domain, account_id]
"""
"""The settings that fit the sample company, as YAML: keys of the settings file, and `posthog` with keys of a source."""


def sample_company(seed: int, today: date) -> Company:
    """Make the company as it stands in the early hours of `today`. Same arguments, same company."""
    planned = plans(seed, today)
    return Company(
        today=today,
        salesforce=records(seed, today, planned),
        events=events(seed, today, planned),
        slack_users=[
            SlackUser(_slack_id(person.email), person.name, person.email, person.timezone)
            for person in STAFF
            if person.in_slack
        ],
        channels=list(CHANNELS),
        stories={plan.account_id: plan.story.value for plan in planned},
        traits={plan.account_id: frozenset(trait.value for trait in plan.casting.traits) for plan in planned},
        customers={plan.account_id: plan.customer for plan in planned},
    )


def _slack_id(email: str) -> str:
    return "U" + hashlib.sha256(email.encode()).hexdigest()[:10].upper()
