"""A state store with as many accounts as wanted, each with every metric of the catalogue and a few lines."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from bot.core.metrics import METRICS, Unit
from bot.core.verdicts import Scope
from bot.sandbox.salesforce import Client, salesforce_app
from bot.sandbox.salesforce_control import Control
from bot.sandbox.salesforce_ids import new_id
from bot.state.rows import AccountView, Judgement, LineView, Person
from bot.state.store import open_store

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from starlette.types import ASGIApp

AS_OF = date(2026, 3, 2)
PEOPLE = 200
_WORDS = ("Blue", "Harbor", "Granite", "Summit", "Cedar", "Falcon", "Ember", "Willow", "Quartz", "Meadow", "Nimbus")
_ENDS = ("Labs", "Works", "Freight", "Health", "Foods", "Energy", "Logistics", "Partners")


FILES = """\
  - name: crm
    type: files
    files:
      - path: "*.csv"
        tables:
          accounts: {account_id: Id, name: Name}
"""
CRM = """\
  - name: crm
    type: salesforce
    mapping: order
    login: {{kind: client_credentials, host: "{host}", client_id: bench, client_secret: {{env: BENCH_BOT_TOKEN}}}}
"""


def settings_text(state: str, mode: str, port: int, api_url: str, crm: str = "") -> str:
    """Return the settings of a company whose accounts come from files, or from the CRM of this address."""
    return f"""\
company: Benchmark
state: {state}
sources:
{CRM.format(host=crm) if crm else FILES}
slack:
  mode: {mode}
  bot_token: {{env: BENCH_BOT_TOKEN}}
  app_token: {{env: BENCH_APP_TOKEN}}
  signing_secret: {{env: BENCH_SIGNING_SECRET}}
  api_url: {api_url}
  port: {port}
"""


def fill(path: Path, accounts: int, seed: int = 7) -> None:
    """Store so many accounts."""
    drawn = random.Random(seed)  # noqa: S311 - a sample, not a secret
    people = tuple(
        Person(f"005{number:03d}", f"Person {number}", f"p{number}@ours.example", None, active=True, timezone=None)
        for number in range(PEOPLE)
    )
    views = tuple(_account(drawn, number) for number in range(accounts))
    with open_store(f"sqlite:///{path}") as store:
        now = datetime.now(UTC)
        store.commit(Judgement(AS_OF, now, views, people, (), (), (), ()))


def org(accounts: int, users: Sequence[tuple[str, str]], secret: str) -> ASGIApp:
    """Return a CRM with these accounts, all of which these users (name and address) may read."""
    records: dict[str, list[dict[str, object]]] = {
        "Account": [{"Id": new_id("Account", number), "Name": name_of(number)} for number in range(accounts)],
        "User": [
            {"Id": new_id("User", place), "Name": name, "Email": email, "IsActive": True}
            for place, (name, email) in enumerate(users)
        ],
    }
    return salesforce_app(records, clients=[Client("bench", secret)], control=Control(10_000_000))


def name_of(number: int) -> str:
    """Return an account's name; no two are alike."""
    first, second = _WORDS[number % len(_WORDS)], _ENDS[number // len(_WORDS) % len(_ENDS)]
    return f"{first} {second} {number}"


def _account(drawn: random.Random, number: int) -> AccountView:
    metrics = {name: _value(drawn, metric.unit) for name, metric in METRICS[Scope.ACCOUNT].items()}
    return AccountView(
        account_id=new_id("Account", number),
        name=name_of(number),
        domain=f"customer{number}.example",
        url=f"https://example.lightning.force.com/lightning/r/Account/{new_id('Account', number)}/view",
        owner_id=f"005{number % PEOPLE:03d}",
        csm_id=f"005{number * 7 % PEOPLE:03d}",
        as_of=AS_OF,
        metrics={**metrics, "currency": "EUR"},
        lines=tuple(_line(drawn, place) for place in range(3)),
        external_id=f"customer-{number}",
    )


def _value(drawn: random.Random, unit: Unit) -> Any:  # noqa: ANN401 - whatever the unit takes
    kinds = {Unit.DATE: AS_OF + timedelta(days=drawn.randrange(1, 300)), Unit.TEXT: "Enterprise", Unit.FLAG: True}
    if unit in kinds:
        return kinds[unit]
    whole = {Unit.COUNT, Unit.DAYS, Unit.SCORE}
    return float(drawn.randrange(1, 100)) if unit in whole else round(drawn.random() * 1.2, 4)


def _line(drawn: random.Random, place: int) -> LineView:
    contracted, used = float(drawn.randrange(50, 5000)), float(drawn.randrange(0, 5000))
    start = AS_OF - timedelta(days=drawn.randrange(30, 330))
    kind = ("seats", "allowance", "commit")[place]
    product = f"Product {place}"
    return LineView(
        product, kind, contracted, used, used / contracted, 1.0, "units", start, start + timedelta(days=364)
    )
