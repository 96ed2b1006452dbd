"""Tasks of claimed alerts: made once by their external id, and never written over or made again."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from bot.sandbox.salesforce_control import Fault, FaultKind
from tests.connectors.writing.conftest import ANN, BEN, FIELDS, TASK, account_id, todo, values

if TYPE_CHECKING:
    from connectors.writeback import Todo, Written
    from tests.connectors.writing.conftest import House

KEY = "7f9c24e8-3b1a-5d62-8f00-a1b2c3d4e5f6"


def write(house: House, *todos: Todo, **task: object) -> Written:
    writer = house.writer({"task": {**TASK, **task}})
    return writer.write(writer.differences([], todos))


def test_a_claimed_alert_becomes_a_task_at_its_account(house: House) -> None:
    done = write(house, todo(KEY), subject="Call {account}: {alert} ({severity}), {at_stake}")
    (row,) = done.done
    assert (row.object, row.key, row.account) == ("Task", KEY, "Account 1")
    (task,) = house.tasks()
    shown = {name: task[name] for name in ("Subject", "WhatId", "OwnerId", "Status", "Headroom_Id__c", "Description")}
    assert shown == {
        "Subject": "Call Account 1: licence-underuse (high), EUR 12,000",
        "WhatId": account_id(1),
        "OwnerId": ANN,
        "Status": "Not Started",
        "Headroom_Id__c": KEY,
        "Description": "Licence utilization 41 % (under 50 %)",
    }


def test_a_task_is_upserted_by_its_external_id_and_never_posted(house: House) -> None:
    write(house, todo(KEY))
    (call,) = house.writes.calls
    assert (call.method, call.path) == ("PATCH", "/services/data/v67.0/composite/sobjects/Task/Headroom_Id__c")
    assert "id" not in {name.casefold() for name in call.records[0]}


def test_where_a_task_stands_is_told_when_it_is_made_and_when_it_is_found(house: House) -> None:
    made = write(house, todo(KEY))
    (task,) = house.tasks()
    assert made.ids == {KEY: task["Id"]}
    found = house.writer({"task": TASK}).differences([], [todo(KEY)])
    assert found.ids == {KEY: task["Id"]}
    house.org.delete("Task", task["Id"])
    gone = house.writer({"task": TASK}).differences([], [todo(KEY)])
    assert (gone.ids, len(gone.had)) == ({}, 1), "what somebody deleted stands nowhere, and does not come back"


def test_a_task_that_is_there_is_not_written_over(house: House) -> None:
    write(house, todo(KEY))
    house.org.change("Task", house.tasks()[0]["Id"], {"Status": "Completed"})
    found = house.writer({"task": TASK}).differences([], [todo(KEY, description="changed")])
    assert (found.changes, found.unchanged, [one.key for one in found.had]) == ((), 1, [KEY])
    assert [task["Status"] for task in house.tasks()] == ["Completed"]


def test_a_task_that_somebody_deleted_does_not_come_back(house: House) -> None:
    write(house, todo(KEY))
    house.org.delete("Task", house.tasks()[0]["Id"])
    assert write(house, todo(KEY)).done == ()
    assert house.tasks() == []


@pytest.mark.parametrize("kind", [FaultKind.SERVER_ERROR, FaultKind.CLOSED])
def test_a_lost_answer_to_an_upsert_makes_no_second_task(house: House, kind: FaultKind) -> None:
    house.control.faults.add(Fault(kind, method="PATCH", committed=True))
    assert len(write(house, todo(KEY)).done) == 1
    assert len(house.writes.calls) == 2
    assert len(house.tasks()) == 1


def test_a_task_whose_account_is_gone_is_refused_and_the_others_are_made(house: House) -> None:
    house.org.erase("Account", account_id(2))
    done = write(house, todo("one"), todo("two", 2))
    assert [(one.key, one.code, one.fields) for one in done.refused] == [
        ("two", "INVALID_CROSS_REFERENCE_KEY", ("WhatId",))
    ]
    assert [row.key for row in done.done] == ["one"]


def test_a_task_without_a_required_field_is_told(house: House) -> None:
    house.writes.required["Task"] = ("Priority",)
    (refused,) = write(house, todo(KEY)).refused
    assert (refused.code, refused.fields) == ("REQUIRED_FIELD_MISSING", ("Priority",))


def test_a_task_of_an_account_that_is_no_record_is_refused_before_trying(house: House) -> None:
    (refused,) = write(house, replace(todo(KEY), account_id="acme-eu")).refused
    assert (refused.object, refused.code) == ("Task", "NOT_AN_ID")
    assert house.writes.calls == []


def test_a_person_whom_the_org_does_not_know_is_no_owner(house: House) -> None:
    write(house, todo(KEY, owner_id="U012AB"))
    assert "OwnerId" not in house.writes.calls[0].records[0]


def test_long_words_are_cut_to_the_field(house: House) -> None:
    write(house, todo(KEY, description="x" * 40_000), subject="{account} " + "y" * 300)
    (task,) = house.tasks()
    assert len(task["Subject"]) == 255
    assert task["Subject"].endswith("y…")
    assert len(task["Description"]) == 32_000


def test_a_name_in_braces_is_not_taken_for_a_word(house: House) -> None:
    words = {**todo(KEY).words, "account": "{severity} & {0}"}
    write(house, replace(todo(KEY), words=words), subject="{account}")
    assert house.tasks()[0]["Subject"] == "{severity} & {0}"


def test_fields_and_tasks_go_in_calls_of_their_own(house: House) -> None:
    writer = house.writer({"account_fields": FIELDS, "task": TASK})
    writer.write(writer.differences([values(1, cus=1.0)], [todo(KEY, owner_id=BEN)]))
    types = [{record["attributes"]["type"] for record in call.records} for call in house.writes.calls]
    assert types == [{"Account"}, {"Task"}]
