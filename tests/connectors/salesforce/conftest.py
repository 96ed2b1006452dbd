"""A small org behind a real stand-in server, and the connector's source pointed at it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from bot.sandbox.salesforce import Client, Control, salesforce_app
from bot.sandbox.serve import serving
from connectors.base import Batch, Places, Rejects, Window
from connectors.http import Patience
from connectors.salesforce import Settings, open_source
from connectors.salesforce.reader import SalesforceSource
from connectors.salesforce.session import SalesforceSession
from tests.soql_parser import NoParserError, install, refused

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from starlette.types import ASGIApp, Receive, Scope, Send

    from bot.sandbox.salesforce_bulk import Bulk
    from bot.sandbox.salesforce_org import Org as StandIn

Records = dict[str, list[dict[str, Any]]]

ANN = "005000000000001AAA"
BEN = "005000000000002AAA"
WINDOW = Window(None, date(2026, 3, 31))


@pytest.fixture
def recorded() -> Path:
    return Path(__file__).parent / "recorded"


@pytest.fixture
def window() -> Window:
    return WINDOW


@pytest.fixture
def records() -> Records:
    """Two accounts, two users, one order under a contract and one without, four items."""
    order = {"AccountId": "001000000000001AAA", "Status": "Activated", "EndDate": None}
    item = {"OrderId": "801000000000001AAA", "Product2Id": "01t000000000001AAA", "ListPrice": 12.0}
    return {
        "Account": [
            {"Id": "001000000000001AAA", "Name": "Acme", "Website": "https://www.Acme.com/de", "ParentId": None}
            | {"OwnerId": ANN, "Industry": "Retail", "BillingCountry": "DE", "CSM__c": BEN, "NPS__c": 41.5}
            | {"CSAT__c": 88.0, "Open_Cases__c": 3.0, "Slack_Channel__c": "#acme"},
            {"Id": "001000000000002AAA", "Name": "O'Neil & Co", "Website": "n/a", "ParentId": "001000000000001AAA"}
            | {"OwnerId": BEN, "Industry": None, "BillingCountry": None, "CSM__c": None, "NPS__c": None}
            | {"CSAT__c": None, "Open_Cases__c": None, "Slack_Channel__c": None},
        ],
        "User": [
            {"Id": ANN, "Name": "Ann", "Email": "ann@example.com", "ManagerId": BEN}
            | {"IsActive": True, "TimeZoneSidKey": "Europe/Berlin"},
            {"Id": BEN, "Name": "Ben", "Email": "ben@example.com", "ManagerId": None}
            | {"IsActive": False, "TimeZoneSidKey": "America/New_York"},
        ],
        "Contract": [
            {"Id": "800000000000001AAA", "AccountId": "001000000000001AAA", "ContractNumber": "00000101"}
            | {"EndDate": "2026-12-31", "OwnerExpirationNotice": "60", "Status": "Activated", "AutoRenew__c": True}
        ],
        "Order": [
            {**order, "Id": "801000000000001AAA", "ContractId": "800000000000001AAA", "OrderNumber": "00000100"}
            | {"EffectiveDate": date(2026, 1, 1)},
            {**order, "Id": "801000000000002AAA", "ContractId": None, "OrderNumber": "00000200"}
            | {"EffectiveDate": date(2026, 2, 1), "EndDate": date(2026, 7, 31)},
            {**order, "Id": "801000000000003AAA", "ContractId": None, "OrderNumber": "00000300", "Status": "Draft"}
            | {"EffectiveDate": date(2026, 2, 1), "EndDate": date(2026, 7, 31)},
        ],
        "OrderItem": [
            {**item, "Id": "802000000000001AAA", "Quantity": 100.0, "UnitPrice": 10.5, "ServiceDate": None}
            | {"EndDate": None},
            {**item, "Id": "802000000000002AAA", "Quantity": 5.0, "UnitPrice": None, "ServiceDate": "2026-01-15"}
            | {"EndDate": "2026-06-30"},
            {**item, "Id": "802000000000003AAA", "Quantity": 7.0, "UnitPrice": 1.0, "ServiceDate": None}
            | {"EndDate": None, "OrderId": "801000000000002AAA"},
            {**item, "Id": "802000000000004AAA", "Quantity": 9.0, "UnitPrice": 1.0, "ServiceDate": None}
            | {"EndDate": None, "OrderId": "801000000000003AAA"},
        ],
        "Product2": [
            {"Id": "01t000000000001AAA", "Name": "Licences", "ProductCode": "SEAT-1", "Family": "Seats"},
        ],
    }


@pytest.fixture(scope="session")
def key_pair() -> tuple[str, str]:
    """A private and a public RSA key as PEM."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    return private.decode(), public.decode()


@dataclass
class Org:
    """A running stand-in and ways to reach it."""

    address: str
    control: Control
    folder: Path
    slept: list[float]
    records: StandIn
    """What it holds; to be changed."""
    bulk: Bulk

    @property
    def patience(self) -> Patience:
        return Patience(connect=2, read=5, attempts=3, sleep=self.slept.append, chance=lambda: 1.0)

    def login(self, **changed: object) -> dict[str, object]:
        return {
            "kind": "client_credentials",
            "host": self.address,
            "client_id": "headroom",
            "client_secret": {"env": "SF_SECRET"},
            **changed,
        }

    def source(self, **settings: object) -> SalesforceSource:
        given = Settings.model_validate({"login": self.login(), **settings})
        source = open_source("crm", given, Places.within(self.folder))
        assert isinstance(source, SalesforceSource)
        source.patience = self.patience
        return source

    def session(self, *, daily_share: float = 1.0) -> SalesforceSession:
        login = Settings.model_validate({"login": self.login()}).login
        return SalesforceSession("crm", login, patience=self.patience, daily_share=daily_share)

    def url(self, path: str) -> str:
        return f"{self.address}/services/data/v67.0/{path}"

    def rows(self, source: SalesforceSource, table: str) -> list[dict[str, Any]]:
        batches = source.read(WINDOW, Rejects())
        return [row for batch in batches if batch.table == table for row in batch.rows.to_pylist()]

    def batches(self, source: SalesforceSource, rejects: Rejects) -> list[Batch]:
        return list(source.read(WINDOW, rejects))


class OrgStarter(Protocol):
    def __call__(
        self,
        records: Mapping[str, Sequence[Mapping[str, object]]],
        *,
        page_size: int = 2000,
        types: Mapping[str, Mapping[str, str]] | None = None,
        bulk_page: int = 50_000,
    ) -> Org: ...


class Switch:
    """Passes requests to whichever app stands behind it: one server for all tests, an org of its own for each."""

    app: ASGIApp

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.app(scope, receive, send)


@pytest.fixture(scope="session")
def parser(tmp_path_factory: pytest.TempPathFactory) -> Path | str:
    """The folder of a parser of SOQL, or why there is none here."""
    folder = tmp_path_factory.mktemp("soql")
    try:
        install(folder)
    except NoParserError as error:
        return str(error)
    return folder


@pytest.fixture(scope="session")
def asked(parser: Path | str) -> Iterator[set[str]]:
    """Every query that these tests ask of an org; in the end all of them have to be SOQL."""
    queries: set[str] = set()
    yield queries
    if isinstance(parser, Path):
        assert refused(queries, parser) == {}


@pytest.fixture(scope="session")
def server() -> Iterator[tuple[Switch, str]]:
    switch = Switch()
    with serving(switch) as address:
        yield switch, address


@pytest.fixture
def start(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    key_pair: tuple[str, str],
    server: tuple[Switch, str],
    asked: set[str],
) -> Iterator[OrgStarter]:
    """Start an org with these records, in place of any other."""
    monkeypatch.setenv("SF_SECRET", "open sesame")
    clients = [
        Client("headroom", secret="open sesame"),
        Client("headroom-jwt", public_key=key_pair[1], username="bot@example.com"),
    ]
    switch, address = server
    controls: list[Control] = []

    def starter(
        records: Mapping[str, Sequence[Mapping[str, object]]],
        *,
        page_size: int = 2000,
        types: Mapping[str, Mapping[str, str]] | None = None,
        bulk_page: int = 50_000,
    ) -> Org:
        control = Control()
        controls.append(control)
        app = salesforce_app(
            records, clients=clients, page_size=page_size, types=types, control=control, bulk_page=bulk_page
        )
        switch.app = app
        return Org(address, control, tmp_path, [], app.state.org, app.state.bulk)

    yield starter
    asked.update(query for control in controls for query in control.queries)


@pytest.fixture
def org(start: OrgStarter, records: Records) -> Org:
    return start(records)
