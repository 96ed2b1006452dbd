from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

import pytest
from simple_salesforce.exceptions import SalesforceMalformedRequest

from tests.sandbox.salesforce_server import Server, Stage, staged

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ITEMS = "SELECT Id, Quantity FROM OrderItem"


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    with staged() as one:
        yield one


@pytest.fixture
def server(stage: Stage) -> Server:
    return stage.show(bulk_page=3)


def test_the_real_client_reads_a_query_through_bulk(server: Server) -> None:
    client = server.client()
    query = "SELECT Id, Order.Account.Name, Quantity FROM OrderItem"
    pages = list(client.bulk2.OrderItem.query(query, max_records=2, wait=0.01))
    assert [page.count("\n") for page in pages] == [3, 3, 3, 2]
    rows = [row for page in pages for row in csv.DictReader(io.StringIO(page))]
    assert [row["Quantity"] for row in rows] == ["1.0", "2.0", "3.0", "4.0", "5.0", "6.0", "7.0"]
    assert {row["Order.Account.Name"] for row in rows} == {"Acme"}


def test_the_real_client_sees_deleted_records(server: Server) -> None:
    server.org.delete("OrderItem", "802000000000007AAA")
    client = server.client()
    assert client.query(ITEMS)["totalSize"] == 6
    assert client.query(ITEMS, include_deleted=True)["totalSize"] == 7
    assert len(client.query_all(ITEMS, include_deleted=True)["records"]) == 7
    (page, *_) = client.bulk2.OrderItem.query_all(ITEMS + " WHERE IsDeleted = true", wait=0.01)
    assert page == '"Id","Quantity"\n"802000000000007AAA","7.0"\n'


def test_the_real_client_pages_through_rest(stage: Stage) -> None:
    server = stage.show(page_size=2)
    server.org.delete("OrderItem", "802000000000007AAA")
    client = server.client()
    assert [one["Quantity"] for one in client.query_all(ITEMS)["records"]] == [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]
    assert len(list(client.query_all_iter(ITEMS, include_deleted=True))) == 7


def test_the_real_client_hears_what_bulk_refuses(server: Server) -> None:
    with pytest.raises(SalesforceMalformedRequest, match="INVALID_FIELD"):
        list(server.client().bulk2.OrderItem.query("SELECT Nme FROM OrderItem", wait=0.01))


def test_the_real_client_downloads(server: Server, tmp_path: Path) -> None:
    found = server.client().bulk2.OrderItem.download(ITEMS, str(tmp_path), max_records=4, wait=0.01)
    assert [one["number_of_records"] for one in found] == [3, 3, 1]
