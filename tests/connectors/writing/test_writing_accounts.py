"""Fields of Account: what differs is written, and nothing else; what is refused is told row by row."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

from bot.sandbox.salesforce_control import Answer, Fault, FaultKind
from connectors.base import SourceError, SourceSettingsError
from connectors.writeback import AccountValues, Differences, FieldChange
from tests.connectors.writing.conftest import FIELDS, account_id, values

if TYPE_CHECKING:
    from tests.connectors.writing.conftest import House

FIVE = [values(number, licence_utilization=number / 10, cus=50.0 + number, health=80.0) for number in range(1, 6)]


def written(house: House, accounts: list[AccountValues]) -> None:
    writer = house.writer()
    done = writer.write(writer.differences(accounts, []))
    assert (done.refused, done.left, done.problem) == ((), (), None)


def test_the_differences_are_shown_and_nothing_is_written(house: House) -> None:
    found = house.writer().differences(FIVE[:1], [])
    assert [(row.object, row.key, row.account) for row in found.changes] == [("Account", account_id(1), "Account 1")]
    assert found.changes[0].fields == (
        FieldChange("Utilization__c", None, 10.0),
        FieldChange("CUS__c", None, 51.0),
        FieldChange("Health__c", None, 80.0),
    )
    assert house.writes.calls == []
    assert house.account(1)["CUS__c"] is None


def test_everything_that_is_written_stands_in_the_org(house: House) -> None:
    written(house, FIVE)
    assert [house.account(number)["Utilization__c"] for number in range(1, 6)] == [10.0, 20.0, 30.0, 40.0, 50.0]
    assert house.account(3)["CUS__c"] == 53.0


def test_two_values_that_changed_of_five_are_one_call_with_two_rows(house: House) -> None:
    written(house, FIVE)
    house.writes.calls.clear()
    changed = [*FIVE[:3], values(4, licence_utilization=0.4, cus=60.0, health=80.0)]
    changed.append(values(5, licence_utilization=0.61, cus=55.0, health=80.0))
    writer = house.writer()
    found = writer.differences(changed, [])
    done = writer.write(found)
    assert found.unchanged == 3
    assert len(done.done) == 2
    (call,) = house.writes.calls
    assert (call.method, call.path) == ("PATCH", "/services/data/v67.0/composite/sobjects")
    assert call.records == (
        {"attributes": {"type": "Account"}, "id": account_id(4), "CUS__c": 60},
        {"attributes": {"type": "Account"}, "id": account_id(5), "Utilization__c": 61},
    )


def test_what_was_written_differs_no_more(house: House) -> None:
    third = [values(1, licence_utilization=1 / 3, cus=66.666, health=-0.001)]
    written(house, third)
    found = house.writer().differences(third, [])
    assert (found.changes, found.unchanged) == ((), 1)


def test_writing_nothing_sends_nothing(house: House) -> None:
    done = house.writer().write(Differences("crm"))
    assert (done.done, done.left, done.problem) == ((), (), None)
    assert house.control.seen() == []


def test_an_unknown_value_is_left_alone(house: House) -> None:
    written(house, FIVE)
    found = house.writer().differences([values(1, licence_utilization=None, cus=51.0, health=float("nan"))], [])
    assert (found.changes, found.unchanged) == ((), 1)


def test_an_unknown_value_empties_the_field_where_the_settings_say_so(house: House) -> None:
    written(house, FIVE)
    writer = house.writer({"account_fields": FIELDS, "clear_unknown": True})
    writer.write(writer.differences([values(1, licence_utilization=None, cus=51.0, health=80.0)], []))
    assert house.account(1)["Utilization__c"] is None
    assert house.account(1)["CUS__c"] == 51.0


def test_a_field_that_cannot_be_empty_is_not_emptied(house: House) -> None:
    writer = house.writer({"account_fields": {"Renews__c": "auto_renew"}, "clear_unknown": True})
    assert writer.differences([values(1, auto_renew=None)], []).changes == ()


def test_dates_texts_and_flags_are_written_as_their_fields_take_them(house: House) -> None:
    fields = {"Run_Out__c": "run_out_date", "As_Of__c": "as_of", "Band__c": "health_band", "Renews__c": "auto_renew"}
    known = [values(1, run_out_date=date(2026, 9, 30), as_of=date(2026, 3, 31), health_band=" red ", auto_renew=True)]
    writer = house.writer({"account_fields": fields})
    assert writer.write(writer.differences(known, [])).refused == ()
    stands = house.account(1)
    assert (stands["Run_Out__c"], stands["Band__c"], stands["Renews__c"]) == ("2026-09-30", "red", True)
    assert stands["As_Of__c"] == "2026-03-31T00:00:00.000Z"
    # As the service writes it back: another form of the same moment is no difference.
    house.org.change("Account", account_id(1), {"As_Of__c": "2026-03-31T00:00:00.000+0000"})
    assert writer.differences(known, []).changes == ()


def test_an_account_is_written_once_however_its_id_is_spelled(house: House) -> None:
    short = AccountValues(account_id(1)[:15], "Account 1", {"cus": 40.0})
    found = house.writer().differences([short, values(1, cus=41.0)], [])
    assert [row.fields for row in found.changes] == [(FieldChange("CUS__c", None, 40.0),)]


def test_accounts_that_are_no_records_of_the_org_are_refused_and_the_others_written(house: House) -> None:
    house.org.delete("Account", account_id(2))
    foreign = AccountValues("acme-eu", "Acme", {"cus": 1.0})
    writer = house.writer()
    done = writer.write(writer.differences([foreign, *FIVE[:2]], []))
    assert [(one.account, one.code) for one in done.refused] == [("Acme", "NOT_AN_ID"), ("Account 2", "NOT_FOUND")]
    assert [row.account for row in done.done] == ["Account 1"]


def test_an_account_that_is_deleted_between_reading_and_writing_is_told(house: House) -> None:
    writer = house.writer()
    found = writer.differences(FIVE[:2], [])
    house.org.delete("Account", account_id(2))
    done = writer.write(found)
    (refused,) = done.refused
    assert (refused.account, refused.code, refused.message) == ("Account 2", "ENTITY_IS_DELETED", "entity is deleted")
    assert [row.account for row in done.done] == ["Account 1"]


def test_a_row_that_is_locked_once_is_tried_again_alone(house: House) -> None:
    house.control.faults.add(Fault(FaultKind.ROW_LOCK, method="PATCH", rows=(1,)))
    written(house, FIVE)
    assert [len(call.records) for call in house.writes.calls] == [5, 1]
    assert house.writes.calls[1].records[0]["id"] == account_id(2)
    assert house.slept == [1.0]
    assert house.account(2)["CUS__c"] == 52.0


def test_a_row_that_stays_locked_is_told_after_the_last_attempt(house: House) -> None:
    house.writes.refuse(account_id(3), "UNABLE_TO_LOCK_ROW", "unable to obtain exclusive access to this record")
    writer = house.writer()
    done = writer.write(writer.differences(FIVE, []))
    assert [(one.key, one.code) for one in done.refused] == [(account_id(3), "UNABLE_TO_LOCK_ROW")]
    assert [len(call.records) for call in house.writes.calls] == [5, 1, 1]
    assert house.slept == [1.0, 2.0]
    assert len(done.done) == 4


def test_what_is_refused_is_told_with_code_words_and_fields(house: House) -> None:
    problem = "insufficient access rights on cross-reference id"
    code = "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY"
    house.writes.refuse(account_id(1), code, problem, ["OwnerId"])
    writer = house.writer()
    done = writer.write(writer.differences(FIVE[:1], []))
    (refused,) = done.refused
    assert (refused.object, refused.account_id, refused.code) == ("Account", account_id(1), code)
    assert (refused.message, refused.fields) == (problem, ("OwnerId",))
    assert done.done == done.left == ()


def test_a_number_beyond_its_field_is_refused_by_its_row(house: House) -> None:
    writer = house.writer()
    done = writer.write(writer.differences([values(1, cus=1e17), values(2, cus=1.0)], []))
    assert [(one.code, one.fields) for one in done.refused] == [("NUMBER_OUTSIDE_VALID_RANGE", ("CUS__c",))]
    assert [row.account for row in done.done] == ["Account 2"]


def test_two_hundred_go_in_one_call(house: House) -> None:
    for number in range(6, 204):
        house.org.put("Account", {"Id": account_id(number), "Name": f"Account {number}"})
    writer = house.writer()
    done = writer.write(writer.differences([values(number, cus=1.0) for number in range(1, 204)], []))
    assert len(done.done) == 203
    assert [len(call.records) for call in house.writes.calls] == [200, 3]
    assert [query.count("'001") for query in house.queries()] == [200, 3]


@pytest.mark.parametrize("kind", [FaultKind.SERVER_ERROR, FaultKind.UNAVAILABLE, FaultKind.CLOSED])
def test_an_answer_that_is_lost_after_writing_is_asked_for_again(house: House, kind: FaultKind) -> None:
    house.control.faults.add(Fault(kind, method="PATCH", committed=True))
    written(house, FIVE)
    assert len(house.writes.calls) == 2
    assert house.account(5)["CUS__c"] == 55.0


def test_a_session_that_ends_in_the_middle_is_renewed(house: House) -> None:
    writer = house.writer()
    found = writer.differences(FIVE, [])
    house.control.expire_sessions()
    assert len(writer.write(found).done) == 5
    assert len(house.control.seen("login")) == 2


def test_a_spent_budget_stops_writing_and_says_what_is_left(house: House) -> None:
    for number in range(6, 402):
        house.org.put("Account", {"Id": account_id(number), "Name": f"Account {number}"})
    writer = house.writer(daily_share=0.5)
    found = writer.differences([values(number, cus=1.0) for number in range(1, 402)], [])
    house.control.used, house.control.allowed = 60, 100
    done = writer.write(found)
    assert (len(done.done), len(done.left)) == (200, 201)
    assert done.problem is not None
    assert "of the org's 100 API calls of the day are used" in done.problem


def test_an_outage_leaves_everything_and_raises_nothing(house: House) -> None:
    writer = house.writer()
    found = writer.differences(FIVE, [])
    house.control.faults.add(Fault(FaultKind.UNAVAILABLE, method="PATCH", times=None))
    done = writer.write(found)
    assert (done.done, len(done.left)) == ((), 5)
    assert done.problem is not None
    assert "Salesforce answers 503" in done.problem


def test_an_answer_that_does_not_tell_of_every_row_counts_for_none(house: House) -> None:
    writer = house.writer()
    found = writer.differences(FIVE, [])
    house.control.script(Answer(200, '[{"id": "001", "success": true, "errors": []}]'))
    done = writer.write(found)
    assert (done.done, len(done.left)) == ((), 5)
    assert done.problem == "writing Account: the answer does not tell what became of 5 rows"


def test_an_org_that_cannot_be_read_is_an_error_before_anything_is_written(house: House) -> None:
    house.control.faults.add(Fault(FaultKind.UNAVAILABLE, path="/query", times=None))
    with pytest.raises(SourceError, match="reading what stands in Account: Salesforce answers 503"):
        house.writer().differences(FIVE, [])


def test_money_in_another_currency_than_the_accounts_is_told_and_the_rest_is_written(house: House) -> None:
    house.org.change("Account", account_id(1), {"CurrencyIsoCode": "USD"})
    house.org.change("Account", account_id(2), {"CurrencyIsoCode": "EUR"})
    writer = house.writer({"account_fields": {"ARR__c": "arr", "CUS__c": "cus"}})
    known = [values(number, arr=12_000.0, cus=1.0) for number in (1, 2)]
    done = writer.write(writer.differences(known, []))
    (refused,) = done.refused
    assert (refused.key, refused.code, refused.fields) == (account_id(1), "CURRENCY_DIFFERS", ("ARR__c",))
    assert refused.message == "arr is in EUR, and Salesforce would show it in the account's USD"
    assert [house.account(number)["ARR__c"] for number in (1, 2)] == [None, 12_000.0]
    assert [house.account(number)["CUS__c"] for number in (1, 2)] == [1.0, 1.0]


UNFIT = """\
writeback.account_fields.Utilisation__c: Account has no field 'Utilisation__c', or the user may not see it; \
did you mean 'Utilization__c'?
writeback.account_fields.Formula__c: Formula__c is a formula; nothing can be written into it
writeback.account_fields.Seats__c: Seats__c keeps no decimals, and licence_utilization is a share, 0.41 for 41 %; \
make it a Percent field, or a Number field with decimals
writeback.account_fields.Run_Out__c: Run_Out__c is of type 'date'; health is a number and wants a Number field
writeback.account_fields.Health__c: unknown metric 'healthy'; did you mean 'health'?
writeback.task.fields.Stattus: Task has no field 'Stattus', or the user may not see it; did you mean 'Status'?
writeback.task.external_id: Plain__c is no external id; tick 'External ID' in the field's definition, \
or a task would come twice"""


def test_what_does_not_fit_the_org_is_told_all_at_once(house: House) -> None:
    fields = {
        "Utilisation__c": "licence_utilization",
        "Formula__c": "cus",
        "Seats__c": "licence_utilization",
        "Run_Out__c": "health",
        "Health__c": "healthy",
    }
    task = {"external_id": "Plain__c", "fields": {"Stattus": "Not Started"}}
    writer = house.writer({"account_fields": fields, "task": task})
    assert all(remark.wrong for remark in writer.check())
    assert "\n".join(remark.text for remark in writer.check()) == UNFIT
    with pytest.raises(SourceSettingsError, match=r"(?s)does not fit the org.*Utilisation__c.*Plain__c"):
        writer.differences(FIVE, [])


def test_an_org_without_tasks_is_told(house: House) -> None:
    del house.org._objects["task"]
    (remark,) = house.writer({"task": {"external_id": "Headroom_Id__c"}}).check()
    assert remark.text.startswith("writeback: the org has no object 'Task', or its user may not see it")


def test_calls_are_counted(house: House) -> None:
    writer = house.writer()
    assert writer.calls() is None
    writer.write(writer.differences(FIVE, []))
    assert writer.calls() == "4 calls; 3 of 100,000 of the day used"
