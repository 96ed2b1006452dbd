from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest

from bot.sandbox.salesforce_fields import declared_field
from bot.sandbox.salesforce_ids import lengthened, new_id
from bot.sandbox.salesforce_org import Org
from tests.sandbox.salesforce_server import ACME, BOLT, RECORDS, Clock, Server, Stage, staged

if TYPE_CHECKING:
    from collections.abc import Iterator

LONG_AGO = "2020-01-01T00:00:00.000+0000"
STAMPED = "SELECT Id FROM Account WHERE SystemModstamp "


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    with staged() as one:
        yield one


@pytest.fixture
def server(stage: Stage) -> Server:
    return stage.show()


@pytest.fixture
def org() -> Org:
    return Org(RECORDS, {"Account": {"Margin__c": "formula:double"}}, clock=Clock())


def _record(org: Org, name: str, identity: str) -> dict[str, Any]:
    sobject = org.get(name)
    assert sobject is not None
    return sobject.by_id[identity]


def test_a_new_record_is_found_stamped_and_has_an_id_of_its_kind(server: Server) -> None:
    identity = server.org.put("Account", {"name": "Coil"})
    (found,) = server.query("SELECT Id, Name, CreatedDate, SystemModstamp FROM Account WHERE Name = 'Coil'")
    now = "2026-03-01T00:01:00.000+0000"
    assert found == {"Id": identity, "Name": "Coil", "CreatedDate": now, "SystemModstamp": now}
    assert identity.startswith("001")
    assert len(identity) == 18


def test_a_change_is_seen_and_stamped(server: Server) -> None:
    server.org.change("Account", ACME[:15], {"Name": "Acme AG"})
    (found,) = server.query("SELECT Name, CreatedDate, SystemModstamp FROM Account WHERE Name LIKE 'Acme%'")
    assert found == {
        "Name": "Acme AG",
        "CreatedDate": LONG_AGO,
        "SystemModstamp": "2026-03-01T00:01:00.000+0000",
    }


def test_a_formula_changes_without_a_stamp(org: Org) -> None:
    org.change("Account", ACME, {"Margin__c": 3}, stamped=False)
    assert _record(org, "Account", ACME)["Margin__c"] == 3.0
    assert _record(org, "Account", ACME)["SystemModstamp"] == LONG_AGO


def test_a_stamp_can_be_set_by_hand(org: Org) -> None:
    org.change("Account", ACME, {"SystemModstamp": "2025-05-05T05:05:05.000+0000"})
    assert _record(org, "Account", ACME)["SystemModstamp"] == "2025-05-05T05:05:05.000+0000"


def test_a_deleted_record_is_seen_by_query_all_only(server: Server) -> None:
    server.org.delete("Account", ACME)
    everything = "SELECT Id, IsDeleted FROM Account"
    assert server.query(everything) == [{"Id": BOLT, "IsDeleted": False}]
    assert server.query(everything, "queryAll") == [{"Id": ACME, "IsDeleted": True}, {"Id": BOLT, "IsDeleted": False}]
    assert server.query(f"{everything} WHERE IsDeleted = true", "queryAll") == [{"Id": ACME, "IsDeleted": True}]
    assert server.query(f"{everything} WHERE IsDeleted = true") == []
    assert server.get("query", q="SELECT COUNT() FROM Account").json()["totalSize"] == 1
    assert server.get("queryAll", q="SELECT COUNT() FROM Account").json()["totalSize"] == 2
    assert server.get(f"sobjects/Account/{ACME}").status_code == 404


def test_deleting_is_stamped(org: Org) -> None:
    org.delete("Account", ACME)
    assert _record(org, "Account", ACME)["SystemModstamp"] == "2026-03-01T00:01:00.000+0000"


def test_an_erased_record_is_nowhere(server: Server) -> None:
    server.org.delete("Account", ACME)
    server.org.erase("Account", ACME)
    assert server.query("SELECT Id FROM Account", "queryAll") == [{"Id": BOLT}]


def test_merged_accounts_become_one(server: Server) -> None:
    server.org.put("Account", {"Id": "001000000000003AAA", "Name": "Daughter"})
    server.org.merge(BOLT, ACME)
    rows = server.query("SELECT Id, IsDeleted, MasterRecordId FROM Account WHERE Name != 'Daughter'", "queryAll")
    assert rows == [
        {"Id": ACME, "IsDeleted": True, "MasterRecordId": BOLT},
        {"Id": BOLT, "IsDeleted": False, "MasterRecordId": None},
    ]
    (order,) = server.query("SELECT AccountId, SystemModstamp FROM Order")
    assert order["AccountId"] == BOLT
    assert order["SystemModstamp"] > LONG_AGO
    (winner,) = server.query("SELECT Id FROM Account WHERE Name = 'Bolt' AND SystemModstamp > 2026-03-01T00:00:00Z")
    assert winner == {"Id": BOLT}


def test_a_merged_parent_is_replaced_among_its_daughters() -> None:
    daughter = {"Id": "001000000000003AAA", "Name": "Daughter", "ParentId": ACME}
    org = Org({"Account": [*RECORDS["Account"], daughter]}, clock=Clock())
    org.change("Account", BOLT, {"ParentId": ACME})
    org.merge(BOLT, ACME)
    assert _record(org, "Account", "001000000000003AAA")["ParentId"] == BOLT
    # Nothing is its own parent.
    assert _record(org, "Account", BOLT)["ParentId"] == ACME


@pytest.mark.parametrize(
    ("condition", "found"),
    [
        ("= 2026-01-31T12:00:00Z", [ACME]),
        ("= 2026-01-31T12:00:00+00:00", [ACME]),
        ("= 2026-01-31T12:00:00.000Z", [ACME]),
        ("= 2026-01-31T13:00:00+01:00", [ACME]),
        (">= 2026-01-31T12:00:00.001Z", []),
        ("> 2020-01-01T00:00:00.000+00:00", [ACME]),
        (">= 2020-01-01T00:00:00Z AND (NOT (SystemModstamp >= 2026-01-31T12:00:00Z OR Id IN ('x')))", [BOLT]),
        ("!= null ORDER BY SystemModstamp DESC LIMIT 1", [ACME]),
        ("!= null ORDER BY SystemModstamp, Id", [BOLT, ACME]),
    ],
)
def test_stamps_are_compared_in_every_form_of_a_moment(server: Server, condition: str, found: list[str]) -> None:
    server.org.change("Account", ACME, {"SystemModstamp": "2026-01-31T12:00:00.000+0000"})
    assert [one["Id"] for one in server.query(STAMPED + condition)] == found


def test_every_object_has_its_stamps_and_users_cannot_be_deleted() -> None:
    org = Org({"User": [{"Id": "005000000000001AAA", "CreatedDate": "2024-01-01T00:00:00.000+0000"}]})
    user = _record(org, "User", "005000000000001AAA")
    assert user["SystemModstamp"] == user["CreatedDate"] == "2024-01-01T00:00:00.000+0000"
    assert "IsDeleted" not in user
    with pytest.raises(ValueError, match="User: Salesforce deletes no such record"):
        org.delete("User", "005000000000001AAA")


def test_what_cannot_be_done_is_refused_by_name(org: Org) -> None:
    with pytest.raises(ValueError, match="Acount: the org has no such object; it has Account, Order, OrderItem"):
        org.put("Acount", {})
    with pytest.raises(ValueError, match="Account: no field Nme, Sze; declare it in `types`"):
        org.change("Account", ACME, {"Nme": "x", "Sze": 1, "Name": "y"})
    with pytest.raises(ValueError, match="Account: there is a record 001000000000001AAA already"):
        org.put("Account", {"Id": ACME})
    org.delete("Account", ACME)
    with pytest.raises(ValueError, match="Account: no record 001000000000001AAA"):
        org.delete("Account", ACME)
    with pytest.raises(ValueError, match="Account: no record 001000000000001AAA"):
        org.change("Account", ACME, {})
    with pytest.raises(ValueError, match="cannot be merged with itself"):
        org.merge(BOLT, BOLT)
    with pytest.raises(ValueError, match="Account: no record 001000000000009AAA"):
        org.erase("Account", "001000000000009AAA")


def test_what_a_query_found_stays_as_it_was(stage: Stage) -> None:
    server = stage.show(page_size=2)
    first = server.get("query", q="SELECT Quantity FROM OrderItem").json()
    server.org.change("OrderItem", "802000000000003AAA", {"Quantity": 99.0})
    server.org.erase("OrderItem", "802000000000004AAA")
    second = server.get(first["nextRecordsUrl"]).json()
    assert [one["Quantity"] for one in second["records"]] == [3.0, 4.0]


def test_changes_from_several_threads_are_all_kept(org: Org) -> None:
    def work() -> None:
        for _ in range(200):
            org.put("Account", {"Name": "New"})

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    account = org.get("Account")
    assert account is not None
    assert len(account.records) == 802
    assert org.revision == 800


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (
            "double",
            {"type": "double", "calculated": False, "createable": True, "updateable": True, "externalId": False},
        ),
        ("formula:double", {"type": "double", "calculated": True, "createable": False, "updateable": False}),
        ("formula:reference:User", {"type": "reference", "referenceTo": ["User"], "calculated": True}),
        ("externalid:string", {"type": "string", "externalId": True, "unique": True, "idLookup": True}),
        ("textarea", {"type": "textarea", "filterable": False, "sortable": False, "createable": True}),
        ("picklist", {"type": "picklist", "filterable": True, "soapType": "xsd:string"}),
        ("currency", {"type": "currency", "filterable": True, "soapType": "xsd:double", "nillable": True}),
        ("boolean", {"type": "boolean", "nillable": False, "defaultValue": False}),
        ("reference:User", {"relationshipName": "X__r", "referenceTo": ["User"], "soapType": "tns:ID"}),
    ],
)
def test_a_kind_of_field_is_described(kind: str, expected: dict[str, object]) -> None:
    described = declared_field("X__c", kind).describe()
    assert {key: described[key] for key in expected} == expected


@pytest.mark.parametrize("kind", ["dobule", "reference", "formula", "formula:", "string:User", "externalid:reference"])
def test_an_unknown_kind_of_field_is_refused(kind: str) -> None:
    with pytest.raises(ValueError, match=r"X__c: '.*' is no kind of field; take one of address, base64"):
        declared_field("X__c", kind)


@pytest.mark.parametrize("name", ["Id", "CreatedDate", "SystemModstamp", "IsDeleted"])
def test_what_the_system_keeps_cannot_be_written(org: Org, name: str) -> None:
    account = org.get("Account")
    assert account is not None
    field = account.fields[name.casefold()].describe()
    assert (field["createable"], field["updateable"], field["nillable"]) == (False, False, False)


def test_what_is_no_filter_is_refused(stage: Stage) -> None:
    server = stage.show(types={"Account": {"Note__c": "textarea", "BillingAddress": "address"}})
    accounts = "SELECT Id FROM Account"
    for clause in ("WHERE Note__c = 'x'", "WHERE BillingAddress = null"):
        (error,) = server.get("query", q=f"{accounts} {clause}").json()
        assert error["errorCode"] == "INVALID_FIELD"
        assert "can not be filtered in a query call" in error["message"]
    (error,) = server.get("query", q="SELECT Id FROM Account ORDER BY Note__c").json()
    assert "can not be sorted in a query call" in error["message"]
    assert server.query("SELECT Note__c FROM Account LIMIT 1") == [{"Note__c": None}]


@pytest.mark.parametrize(
    ("short", "long"),
    [
        ("001000000000001", "001000000000001AAA"),
        ("00T000000000001", "00T000000000001EAA"),
        ("a0XABcdEFG12345", "a0XABcdEFG1234522A"),
        ("001000000000001AAA", "001000000000001AAA"),
    ],
)
def test_an_id_of_fifteen_characters_gets_three_that_tell_its_case(short: str, long: str) -> None:
    # a0XAB and cdEFG: capitals in the places 2, 3, 4, so 4 + 8 + 16 = 28, and A..Z are 0..25: the third digit.
    assert lengthened(short) == long


def test_ids_are_made_in_the_long_form() -> None:
    assert new_id("Task", 1) == "00T000000000001EAA"
    assert new_id("Anything__c", 1) == "a0X000000000001EAA"
