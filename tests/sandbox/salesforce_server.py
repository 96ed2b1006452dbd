"""A small org behind the stand-in Salesforce, and the ways in which the tests reach it."""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import requests
from simple_salesforce.api import Salesforce

from bot.sandbox.salesforce import Client, Control, salesforce_app
from bot.sandbox.serve import serving

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from starlette.types import ASGIApp, Receive, Scope, Send

    from bot.sandbox.salesforce_bulk import Bulk
    from bot.sandbox.salesforce_org import Org

_SESSION = "00D000000000001!of the tests"
ACME = "001000000000001AAA"
BOLT = "001000000000002AAA"
RECORDS: dict[str, list[dict[str, Any]]] = {
    "Account": [{"Id": ACME, "Name": "Acme"}, {"Id": BOLT, "Name": "Bolt"}],
    "Order": [{"Id": "801000000000001AAA", "AccountId": ACME}],
    "OrderItem": [
        {"Id": f"802{n:012d}AAA", "OrderId": "801000000000001AAA", "Quantity": float(n)} for n in range(1, 8)
    ],
}


class Clock:
    """A clock that goes on by a minute whenever it is looked at; moments are given as `minute(3)`."""

    def __init__(self) -> None:
        self.looked = 0

    def __call__(self) -> datetime:
        self.looked += 1
        return datetime(2026, 3, 1, tzinfo=UTC) + timedelta(minutes=self.looked)


class Plain(requests.Session):
    """Goes to the stand-in over HTTP, where simple-salesforce insists on https."""

    def request(self, method: str, url: str, **kwargs: Any) -> requests.Response:  # type: ignore[override]  # noqa: ANN401 - requests' own arguments, handed on
        return super().request(method, url.replace("https://", "http://"), **kwargs)


@dataclass
class Server:
    """A running stand-in and a session of it."""

    address: str
    session: Plain
    org: Org
    bulk: Bulk
    control: Control

    def call(self, method: str, path: str, **given: Any) -> requests.Response:  # noqa: ANN401 - requests' own arguments, handed on
        url = path if path.startswith("/services") else f"/services/data/v67.0/{path}"
        return self.session.request(method, f"{self.address}{url}", **{"timeout": 5, **given})

    def get(self, path: str, **params: str | int) -> requests.Response:
        return self.call("GET", path, params=params)

    def query(self, soql: str, path: str = "query") -> list[dict[str, Any]]:
        records: list[dict[str, Any]] = self.get(path, q=soql).json()["records"]
        return [{key: value for key, value in one.items() if key != "attributes"} for one in records]

    def client(self) -> Any:  # noqa: ANN401 - its types miss bulk2 and fractions of seconds
        return Salesforce(instance_url=self.address, session_id=_SESSION, session=self.session, version="67.0")

    def job(self, query: str, **more: str) -> str:
        """Create a query job and wait for its end; returns its Id."""
        identity = str(
            self.call("POST", "jobs/query", json={"operation": "query", "query": query, **more}).json()["id"]
        )
        deadline = time.monotonic() + 5
        while self.get(f"jobs/query/{identity}").json()["state"] in {"UploadComplete", "InProgress"}:
            assert time.monotonic() < deadline, "the job does not end"
        return identity


class Stage:
    """One server for all tests of a module, an org of its own for each; the session is logged in."""

    def __init__(self, address: str, switch: _Switch, session: Plain) -> None:
        self._address = address
        self._switch = switch
        self._session = session

    def show(
        self,
        records: Mapping[str, Sequence[Mapping[str, object]]] | None = None,
        *,
        types: Mapping[str, Mapping[str, str]] | None = None,
        bulk_page: int = 50_000,
        page_size: int = 2000,
    ) -> Server:
        """Start an org with these records, in place of any other."""
        app = salesforce_app(
            RECORDS if records is None else records,
            clients=[Client("demo", secret="demo")],
            types=types,
            clock=Clock(),
            bulk_page=bulk_page,
            page_size=page_size,
        )
        app.state.control.admit(_SESSION)
        self._switch.app = app
        return Server(self._address, self._session, app.state.org, app.state.bulk, app.state.control)


class _Switch:
    """Passes requests to whichever app stands behind it."""

    app: ASGIApp

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.app(scope, receive, send)


@contextmanager
def staged() -> Iterator[Stage]:
    """Serve until the block ends."""
    switch = _Switch()
    with serving(switch) as address, Plain() as session:
        session.trust_env = False
        session.headers["Authorization"] = f"Bearer {_SESSION}"
        yield Stage(address, switch, session)
