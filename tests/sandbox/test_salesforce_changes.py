"""What was deleted and what changed, as simple-salesforce asks for it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from tests.sandbox.salesforce_server import ACME, BOLT, Server, Stage, staged

if TYPE_CHECKING:
    from collections.abc import Iterator

START = datetime(2026, 3, 1, tzinfo=UTC)
SPAN = (START, START + timedelta(hours=1))


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    with staged() as one:
        yield one


@pytest.fixture
def server(stage: Stage) -> Server:
    return stage.show()


def test_what_lies_in_the_recycle_bin_is_listed_with_its_moment(server: Server) -> None:
    server.org.delete("Account", BOLT)
    found = server.client().Account.deleted(*SPAN)
    assert found["deletedRecords"] == [{"id": BOLT, "deletedDate": "2026-03-01T00:01:00.000+0000"}]
    assert found["latestDateCovered"] == "2026-03-01T01:00:00.000+0000"


def test_what_was_deleted_for_good_is_listed_nowhere(server: Server) -> None:
    server.org.erase("Account", BOLT)
    assert server.client().Account.deleted(*SPAN)["deletedRecords"] == []


def test_what_changed_is_listed_and_what_was_deleted_is_not(server: Server) -> None:
    server.org.change("Account", ACME, {"Name": "Acme AG"})
    server.org.delete("Account", BOLT)
    assert server.client().Account.updated(*SPAN)["ids"] == [ACME]


@pytest.mark.parametrize(
    ("start", "end", "problem"),
    [
        (START, START + timedelta(seconds=30), "at least one minute"),
        (START - timedelta(days=20), START, "more than 15 days ago"),
    ],
)
def test_a_time_that_cannot_be_told_of_is_refused(server: Server, start: datetime, end: datetime, problem: str) -> None:
    answer = server.get("sobjects/Account/deleted", start=start.isoformat(), end=end.isoformat())
    assert answer.status_code == 400
    assert answer.json()[0]["errorCode"] == "INVALID_REPLICATION_DATE"
    assert problem in answer.json()[0]["message"]


def test_an_object_that_is_not_there_is_not_found(server: Server) -> None:
    assert server.get("sobjects/Nothing/deleted", start=START.isoformat(), end=SPAN[1].isoformat()).status_code == 404
