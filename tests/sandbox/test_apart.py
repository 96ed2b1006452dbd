from __future__ import annotations

import functools
import socket
from urllib.parse import urlsplit

import pytest

from bot.sandbox.apart import serving_apart
from bot.sandbox.salesforce import Client, salesforce_app
from tests.sandbox.salesforce_server import RECORDS, Plain


def test_a_server_can_run_in_a_process_of_its_own() -> None:
    make = functools.partial(salesforce_app, RECORDS, clients=(Client("demo", secret="demo"),))
    with serving_apart(make) as address, Plain() as session:
        session.trust_env = False
        assert session.get(f"{address}/services/data", timeout=5).json()[-1]["version"] == "67.0"
    place = urlsplit(address)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((str(place.hostname), place.port or 0), 5)


def test_a_server_that_does_not_come_up_is_told_of() -> None:
    make = functools.partial(salesforce_app, {"Account": [{"Id": 7}]}, clients=())
    with pytest.raises(RuntimeError, match="did not start"), serving_apart(make):
        pass
