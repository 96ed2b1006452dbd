"""A small company, as one file a day: what Headroom reads, and what the oracle reads too."""

from __future__ import annotations

import csv
import random
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

FIRST: Final = date(2026, 3, 2)
"""The first night: a Monday, so that no weekend comes in between."""

RISK, RENEWALS, FALLBACK = "#cs-risk", "#cs-renewals", "#cs-ops"
CHANNELS: Final = (RISK, RENEWALS, FALLBACK)

PEOPLE: Final = {
    "P1": ("Dana Reyes", "dana@ours.example"),
    "P2": ("Kim Ito", "kim@ours.example"),
}

NAMES: Final = ("Acme", "Borealis", "Cyan", "Delta")

RULES: Final = f"""\
- name: unhappy
  kind: churn_risk
  when: nps < 5
  clear: nps >= 7
  repeat: 30d
  severity: CASE WHEN nps < 2 THEN 'high' ELSE 'medium' END
  to: [owner, "{RISK}"]
  template: churn_risk
- name: renewal-reminder
  kind: renewal
  when: days_to_deadline BETWEEN 0 AND 120
  clear: days_to_deadline > 120
  countdown: days_to_deadline
  steps: [120, 90, 60, 30, 7]
  severity: medium
  to: ["{RENEWALS}"]
  template: renewal
"""

SETTINGS: Final = """\
company: Vendor
timezone: {zone}
data: {data}
state: {state}
sources:
  - name: crm
    type: files
    files:
      - path: accounts.csv
        tables:
          accounts: {{account_id: id, name: name, owner_id: owner, nps: nps}}
          people: {{person_id: owner, name: owner_name, email: owner_email, active: {{value: true}}}}
          lines:
            line_id: line
            account_id: id
            product_name: {{value: Support}}
            quantity: {{value: 1}}
            unit_price: {{value: 1000}}
            price_period: {{value: year}}
            currency: {{value: USD}}
            start: start
            end: end
products:
  - {{match: {{name: Support}}, kind: service}}
rules: rules.yaml
slack:
  bot_token: {{file: {token}}}
  app_token: {{file: {token}}}
  api_url: http://127.0.0.1:1/api/
  fallback: "{fallback}"
schedule: {{night: "{night}"}}
digests: {{changes: false}}  # what the oracle expects is news of rules
"""


@dataclass(frozen=True, slots=True)
class Customer:
    """One row of the file: a customer, its owner, its latest survey and the end of its contract."""

    id: str
    name: str
    owner: str
    nps: int
    end: date


@dataclass(frozen=True)
class Scenario:
    """What the CRM says day after day, and when the nights are."""

    days: Mapping[date, tuple[Customer, ...]]
    at: time = time(10, 0)
    """When the night job is due: within working hours, so that no quiet hours come in between."""
    zone: str = "UTC"
    looks: tuple[datetime, ...] = ()
    """When replicas are awake, where that is not once a day at the time of the job."""
    rest: timedelta = timedelta(hours=3)
    """How long after the last of them a clean start is made, at which everything has to be settled."""

    @property
    def zone_info(self) -> ZoneInfo:
        """The zone of the company's day."""
        return ZoneInfo(self.zone)

    def night_of(self, day: date) -> datetime:
        """Return the moment for which the night of a day is scheduled."""
        return datetime.combine(day, self.at, self.zone_info).astimezone(UTC)

    def moments(self) -> tuple[datetime, ...]:
        """Return when replicas are awake."""
        return self.looks or tuple(self.night_of(day) + timedelta(seconds=1) for day in self.days)


def customers_on(later: bool, first: date) -> tuple[Customer, ...]:
    """Return what the CRM says on the first day, and later on.

    Acme falls and recovers, Borealis falls and gets worse, Cyan falls a day later, Delta's contract ends 61 days after
    the first night, so that the first two nights reach a step of its countdown.
    """
    far = date(2027, 6, 30)
    return (
        Customer("A1", "Acme", "P1", 8 if later else 3, far),
        Customer("A2", "Borealis", "P2", 1 if later else 4, far),
        Customer("A3", "Cyan", "P1", 2 if later else 9, far),
        Customer("A4", "Delta", "P2", 8, first + timedelta(days=61)),
    )


TWO_DAYS: Final = Scenario({FIRST: customers_on(False, FIRST), FIRST + timedelta(days=1): customers_on(True, FIRST)})


def changeable(seed: int, days: int = 4) -> Scenario:
    """Return a company in which surveys go up and down as they like, and contracts come to an end."""
    chance = random.Random(f"company {seed}")  # noqa: S311  # no secret is drawn here
    ends = {name: FIRST + timedelta(days=chance.randint(20, 140)) for name in NAMES}
    owners = {name: chance.choice(list(PEOPLE)) for name in NAMES}
    found = {}
    for number in range(days):
        found[FIRST + timedelta(days=number)] = tuple(
            Customer(f"A{index}", name, owners[name], chance.choice((1, 3, 4, 6, 8, 9)), ends[name])
            for index, name in enumerate(NAMES)
        )
    return Scenario(found)


def write_day(folder: Path, day: date, customers: Iterable[Customer]) -> None:
    """Put the file of a day where the settings look for it: all at once, as readers are about."""
    rows = [
        {
            "id": one.id,
            "name": one.name,
            "owner": one.owner,
            "owner_name": PEOPLE[one.owner][0],
            "owner_email": PEOPLE[one.owner][1],
            "nps": one.nps,
            "line": f"L-{one.id}",
            "start": date(2025, 1, 1),
            "end": one.end,
        }
        for one in customers
    ]
    new = folder / "accounts.csv.new"
    with new.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    new.rename(folder / "accounts.csv")
    # The oracle reads what each night could read, when all of it is over.
    (folder / f"accounts-{day}.csv").write_text((folder / "accounts.csv").read_text())


def write_settings(folder: Path, scenario: Scenario) -> Path:
    """Write settings, rules and a token; return the path of the settings. Where Slack and the state are comes later."""
    token = folder / "token"
    token.write_text("xoxb-sandbox")
    (folder / "rules.yaml").write_text(RULES)
    path = folder / "headroom.yaml"
    path.write_text(
        SETTINGS.format(
            data=folder / "data",
            state=f"sqlite:///{folder / 'state.db'}",
            fallback=FALLBACK,
            token=token,
            night=f"{scenario.at:%H:%M}",
            zone=scenario.zone,
        )
    )
    return path
