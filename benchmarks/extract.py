"""What reading contract lines out of Salesforce in bulk costs beside the barest way to read the same bytes.

    python benchmarks/extract.py --rows 500000 --json

A stand-in on this machine, in a process of its own, holds order lines with their orders, contracts and products. Read
are 18 fields of each, over Bulk API 2.0, in pages of 50,000 records. Each contender runs in a process of its own that
ends afterwards; they take turns. Counted is the time from the first request for results to the last row: what
Salesforce itself takes to run a query is not ours. Memory is the peak above what the process held before it began.

- ours: `SalesforceSource.read`, typed, every row checked and counted, and kept for the next night
- bare: `requests` and `pyarrow.csv.read_csv` on the same pages, one after the other
- bulk2 and query_all of simple-salesforce, which yield text and dictionaries
"""

from __future__ import annotations

import argparse
import io
import os
import statistics
import sys
import time
from datetime import date
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import requests
from pyarrow import csv
from requests.adapters import HTTPAdapter
from simple_salesforce.api import Salesforce

from benchmarks.measuring import in_fresh_process, peak_mb, show
from bot.sandbox.apart import serving_apart
from bot.sandbox.salesforce import Client, salesforce_app
from connectors.base import Places, Rejects, Window
from connectors.salesforce import Settings
from connectors.salesforce.describing import Describer
from connectors.salesforce.library import find_mapping
from connectors.salesforce.plans import make_plans
from connectors.salesforce.reader import SalesforceSource

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.types import ASGIApp

    from connectors.salesforce.session import SalesforceSession

_VERSION: Final = "67.0"
_CLIENT: Final = Client("bench", secret="bench")  # noqa: S106 - of a stand-in on this machine
_ITEMS_AN_ORDER: Final = 10
_WINDOW: Final = Window(None, date(2026, 3, 1))
_TYPES: Final = {
    "OrderItem": {"Quantity": "double", "UnitPrice": "currency", "ServiceDate": "date", "EndDate": "date"},
    "Order": {"EffectiveDate": "date", "EndDate": "date", "Status": "picklist"},
    "Contract": {"EndDate": "date", "Status": "picklist", "OwnerExpirationNotice": "picklist"},
}
_RESULTS: Final = "/results"
_PAGE: Final = 50_000


def stand_in(rows: int) -> ASGIApp:
    """Return an org with so many order lines."""
    products: list[dict[str, object]] = [
        {"Id": _id("01t", n), "Name": f"Product {n}", "ProductCode": f"SEAT-{n}", "Family": "Seats"} for n in range(20)
    ]
    orders: list[dict[str, object]] = []
    contracts: list[dict[str, object]] = []
    for n in range(max(1, rows // _ITEMS_AN_ORDER)):
        contract = _id("800", n)
        contracts.append(
            {
                "Id": contract,
                "ContractNumber": f"{n:08d}",
                "EndDate": f"2027-{n % 12 + 1:02d}-28",
                "Status": "Activated",
                "OwnerExpirationNotice": "60",
            }
        )
        orders.append(
            {
                "Id": _id("801", n),
                "AccountId": _id("001", n // 3),
                "ContractId": contract,
                "OrderNumber": f"{n:08d}",
                "EffectiveDate": "2025-12-29",
                "EndDate": None,
                "Status": "Activated",
            }
        )
    items = [_item(n, len(orders)) for n in range(rows)]
    records: dict[str, list[dict[str, object]]] = {
        "Product2": products,
        "Contract": contracts,
        "Order": orders,
        "OrderItem": items,
    }
    return salesforce_app(records, clients=[_CLIENT], types=_TYPES, bulk_page=_PAGE)


def _id(prefix: str, number: int) -> str:
    return f"{prefix}{number:012d}AAA"


def _item(n: int, orders: int) -> dict[str, object]:
    return {
        "Id": _id("802", n),
        "OrderId": _id("801", n % orders),
        "Product2Id": _id("01t", n % 20),
        "Quantity": float(n % 500 + 1),
        "UnitPrice": n % 97 + 0.5,
        "ServiceDate": f"2026-{n % 12 + 1:02d}-01",
        "EndDate": None if n % 3 else f"2027-{n % 12 + 1:02d}-28",
    }


class _Noting(HTTPAdapter):
    """Notes when results were first asked for."""

    first: float | None = None

    def send(self, request: requests.PreparedRequest, *given: Any, **named: Any) -> requests.Response:  # noqa: ANN401 - handed on
        if self.first is None and _RESULTS in (request.url or ""):
            self.first = time.perf_counter()
        return super().send(request, *given, **named)


class _Source(SalesforceSource):
    noting: _Noting

    def _open(self) -> SalesforceSession:
        session = super()._open()
        session.mount("http://", self.noting)
        return session


def ours(address: str, *, keep: bool = True) -> dict[str, float]:
    """Read with the source."""
    os.environ["BENCH_SECRET"] = "bench"  # noqa: S105 - of a stand-in on this machine
    login = {
        "kind": "client_credentials",
        "host": address,
        "client_id": "bench",
        "client_secret": {"env": "BENCH_SECRET"},
    }
    above = 0 if keep else None
    settings = Settings.model_validate({"login": login, "bulk_above": 0, "incremental_above": above})
    mapped = find_mapping("bench", "order", Path()).model_copy(update={"accounts": None, "people": None})
    with TemporaryDirectory() as folder:
        source = _Source("bench", settings, mapped, None, Places.within(Path(folder)).keep)
        source.noting = _Noting()
        rejects = Rejects()
        before = peak_mb()
        rows, done = 0, before
        for batch in source.read(_WINDOW, rejects):
            rows += batch.rows.num_rows
            done = time.perf_counter()
    if rejects.rejected:
        raise RuntimeError(f"the benchmark's own rows were refused: {rejects.by_reason()}")
    assert source.noting.first is not None
    return {"seconds": done - source.noting.first, "rows": rows, "peak_mb": peak_mb() - before}


def query_of(address: str) -> str:
    """Return the query that the source asks."""
    client, _ = _client(address)
    mapped = find_mapping("bench", "order", Path()).model_copy(update={"accounts": None, "people": None})
    (plan,) = make_plans("bench", mapped, Describer("bench", client))
    return plan.query.text()


def bare(address: str, query: str) -> dict[str, float]:
    """Read the same pages with requests and pyarrow alone, one after the other, keeping nothing."""
    session = _signed(address)
    jobs = f"{address}/services/data/v{_VERSION}/jobs/query"
    job = f"{jobs}/{session.post(jobs, json={'operation': 'query', 'query': query}, timeout=600).json()['id']}"
    while session.get(job, timeout=600).json()["state"] != "JobComplete":
        time.sleep(0.05)
    before, began = peak_mb(), time.perf_counter()
    rows, locator = 0, ""
    while locator != "null":
        parameters = {"maxRecords": str(_PAGE), **({"locator": locator} if locator else {})}
        answer = session.get(f"{job}/results", params=parameters, timeout=600)
        rows += csv.read_csv(io.BytesIO(answer.content)).num_rows
        locator = answer.headers["Sforce-Locator"]
    return {"seconds": time.perf_counter() - began, "rows": rows, "peak_mb": peak_mb() - before}


def bulk2(address: str, query: str) -> dict[str, float]:
    """Read with simple-salesforce's own Bulk 2.0, which yields pages of text."""
    client, noting = _client(address)
    before = peak_mb()
    rows = 0
    handler: Any = client.bulk2
    for page in handler.OrderItem.query(query, wait=0.05):
        rows += page.count("\n") - 1
    assert noting.first is not None
    return {"seconds": time.perf_counter() - noting.first, "rows": rows, "peak_mb": peak_mb() - before}


def query_all(address: str, query: str) -> dict[str, float]:
    """Read with simple-salesforce over REST, which yields dictionaries."""
    client, _ = _client(address)
    before, began = peak_mb(), time.perf_counter()
    rows = len(client.query_all(query)["records"])
    return {"seconds": time.perf_counter() - began, "rows": rows, "peak_mb": peak_mb() - before}


def _client(address: str) -> tuple[Salesforce, _Noting]:
    session, noting = _signed(address), _Noting()
    client = Salesforce(
        instance_url=address, session_id=str(session.headers["Authorization"])[7:], session=session, version=_VERSION
    )
    session.mount("http://", noting)
    return client, noting


class _Plain(requests.Session):
    """Goes where the stand-in is: simple-salesforce writes https whatever address it was given."""

    def request(self, method: str, url: str, **named: Any) -> requests.Response:  # type: ignore[override]  # noqa: ANN401 - handed on
        return super().request(method, url.replace("https://", "http://", 1), **named)


def _signed(address: str) -> requests.Session:
    session = _Plain()
    session.trust_env = False
    form = {"grant_type": "client_credentials", "client_id": "bench", "client_secret": "bench"}
    token = session.post(f"{address}/services/oauth2/token", data=form, timeout=60).json()["access_token"]
    session.headers["Authorization"] = f"Bearer {token}"
    return session


def measured(rows: int, repeat: int, *, peers: bool) -> dict[str, Any]:
    """Let the contenders take turns; medians of their seconds, the highest of their peaks."""
    with serving_apart(partial(stand_in, rows)) as address:
        query = in_fresh_process(query_of, address)
        works: dict[str, Callable[[], dict[str, float]]] = {
            "ours": partial(in_fresh_process, ours, address),
            "bare": partial(in_fresh_process, bare, address, query),
            "unkept": partial(in_fresh_process, ours, address, keep=False),
        }
        if peers:
            works["bulk2"] = partial(in_fresh_process, bulk2, address, query)
            works["query_all"] = partial(in_fresh_process, query_all, address, query)
        works["bare"]()  # the server writes its pages once
        runs: dict[str, list[dict[str, float]]] = {name: [] for name in works}
        for number in range(repeat):
            for name, work in works.items():
                if number and name == "query_all":
                    continue  # takes minutes
                one = work()
                if one["rows"] != rows:
                    raise RuntimeError(f"{name} read {one['rows']:,} of {rows:,} rows")
                runs[name].append(one)
    return {name: _summary(found) for name, found in runs.items()}


def _summary(found: list[dict[str, float]]) -> dict[str, float]:
    return {
        "seconds": round(statistics.median(one["seconds"] for one in found), 3),
        "peak_mb": round(max(one["peak_mb"] for one in found), 1),
    }


def main() -> None:
    """Print how much of the bare rate the source reaches."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=500_000)
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--no-peers", action="store_true", help="leave simple-salesforce's own ways out")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    found = measured(asked.rows, asked.repeat, peers=not asked.no_peers)
    ours_, bare_ = found["ours"], found["bare"]
    result = {
        "share_of_bare": round(bare_["seconds"] / ours_["seconds"], 3),
        "peak_mb": ours_["peak_mb"],
        "seconds": ours_["seconds"],
        "bare_seconds": bare_["seconds"],
        "share_of_bare_unkept": round(bare_["seconds"] / found["unkept"]["seconds"], 3),
        "rows": asked.rows,
        "peers": {name: one for name, one in found.items() if name in {"bulk2", "query_all", "bare"}},
    }
    show(result, as_json=asked.json)


if __name__ == "__main__":
    main()
