"""An org with fields to write into, behind a real stand-in server, and writers and access pointed at it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from bot.sandbox.salesforce import Client, salesforce_app
from bot.sandbox.serve import serving
from connectors.base import Places
from connectors.http import Patience
from connectors.salesforce import Settings, open_access, open_writer
from connectors.salesforce.access import Access
from connectors.salesforce.writing.writer import SalesforceWriter
from connectors.writeback import AccountValues, Form, Todo

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from starlette.applications import Starlette
    from starlette.types import ASGIApp, Receive, Scope, Send

    from bot.sandbox.salesforce_access import Sight
    from bot.sandbox.salesforce_control import Control
    from bot.sandbox.salesforce_org import Org
    from bot.sandbox.salesforce_writes import Writes

ANN = "005000000000001AAA"
BEN = "005000000000002AAA"
FORMS = {
    "licence_utilization": Form.SHARE,
    "cus": Form.NUMBER,
    "health": Form.NUMBER,
    "health_band": Form.TEXT,
    "arr": Form.MONEY,
    "run_out_date": Form.DATE,
    "auto_renew": Form.FLAG,
    "as_of": Form.DATE,
}
TYPES = {
    "Account": {
        "Utilization__c": "percent",
        "CUS__c": "double",
        "Health__c": "double",
        "Band__c": "picklist",
        "Run_Out__c": "date",
        "As_Of__c": "datetime",
        "Seats__c": "int",
        "Formula__c": "formula:double",
        "ARR__c": "currency",
        "Renews__c": "boolean",
        "CurrencyIsoCode": "picklist",
    },
    "Task": {
        "Headroom_Id__c": "externalid:string",
        "Plain__c": "string",
        "Subject": "string",
        "WhatId": "reference:Account",
        "OwnerId": "reference:User",
        "Description": "textarea",
        "Status": "picklist",
    },
}
FIELDS = {"Utilization__c": "licence_utilization", "CUS__c": "cus", "Health__c": "health"}
TASK = {"external_id": "Headroom_Id__c", "fields": {"Status": "Not Started"}}


def account_id(number: int) -> str:
    return f"001{number:012d}AAA"


def values(number: int, **known: Any) -> AccountValues:  # noqa: ANN401 - values of any kind
    return AccountValues(account_id(number), f"Account {number}", known, "EUR")


def todo(key: str, number: int = 1, **changed: Any) -> Todo:  # noqa: ANN401 - fields of any kind
    words = {"account": f"Account {number}", "alert": "licence-underuse", "severity": "high"}
    words |= {"at_stake": "EUR 12,000", "claimed_by": "Ann", "as_of": "2026-03-31"}
    given = {"owner_id": ANN, "description": "Licence utilization 41 % (under 50 %)", **changed}
    return Todo(key, account_id(number), f"Account {number}", words=words, **given)


class Time:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@dataclass
class House:
    """A running org and ways to reach it."""

    address: str
    app: Starlette
    folder: Path
    slept: list[float] = field(default_factory=list)

    @property
    def org(self) -> Org:
        org: Org = self.app.state.org
        return org

    @property
    def control(self) -> Control:
        control: Control = self.app.state.control
        return control

    @property
    def writes(self) -> Writes:
        writes: Writes = self.app.state.writes
        return writes

    @property
    def sight(self) -> Sight:
        sight: Sight = self.app.state.sight
        return sight

    @property
    def patience(self) -> Patience:
        return Patience(connect=2, read=2, attempts=3, first_wait=0.5, sleep=self.slept.append, chance=lambda: 1.0)

    def settings(self, **changed: object) -> Settings:
        login = {"kind": "client_credentials", "host": self.address, "client_id": "headroom"}
        return Settings.model_validate({"login": {**login, "client_secret": {"env": "SF_SECRET"}}, **changed})

    def writer(self, writeback: Mapping[str, object] | None = None, **changed: object) -> SalesforceWriter:
        given = self.settings(writeback=writeback or {"account_fields": FIELDS}, **changed)
        writer = open_writer("crm", given, Places.within(self.folder), FORMS)
        assert isinstance(writer, SalesforceWriter)
        writer.patience = self.patience
        return writer

    def access(self, clock: Time | None = None, **changed: object) -> Access:
        access = open_access("crm", self.settings(**changed), Places.within(self.folder))
        assert isinstance(access, Access)
        access.patience = self.patience
        access.clock = clock or Time()
        return access

    def account(self, number: int) -> dict[str, Any]:
        found = self.org.get("Account")
        assert found is not None
        return found.by_id[account_id(number)]

    def tasks(self) -> list[dict[str, Any]]:
        found = self.org.get("Task")
        assert found is not None
        return found.records

    def queries(self) -> list[str]:
        return [one.query["q"] for one in self.control.seen("api") if "q" in one.query]


class Switch:
    """Passes requests to whichever app stands behind it: one server for all tests, an org of its own for each."""

    app: ASGIApp

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.app(scope, receive, send)


@pytest.fixture(scope="session")
def switched() -> Iterator[tuple[Switch, str]]:
    switch = Switch()
    with serving(switch) as address:
        yield switch, address


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, switched: tuple[Switch, str]) -> House:
    """Five accounts of which nothing is known yet, two users, no task."""
    monkeypatch.setenv("SF_SECRET", "open sesame")
    records: dict[str, list[dict[str, object]]] = {
        "Account": [{"Id": account_id(number), "Name": f"Account {number}"} for number in range(1, 6)],
        "User": [
            {"Id": ANN, "Name": "Ann", "Email": "Ann@Example.com", "IsActive": True},
            {"Id": BEN, "Name": "Ben", "Email": "ben@example.com", "IsActive": False},
        ],
        "Task": [],
    }
    app = salesforce_app(records, clients=[Client("headroom", secret="open sesame")], types=TYPES)
    switch, address = switched
    switch.app = app
    return House(address, app, tmp_path)
