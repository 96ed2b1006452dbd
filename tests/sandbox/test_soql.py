from __future__ import annotations

from typing import Any

import pytest

from bot.sandbox.salesforce_org import Org
from bot.sandbox.salesforce_query import run
from bot.sandbox.soql import SoqlError, parse

RECORDS: dict[str, list[dict[str, Any]]] = {
    "Account": [
        {"Id": "001000000000001AAA", "Name": "Acme", "Size": 10, "Since": "2024-01-31", "Live": True},
        {"Id": "001000000000002AAA", "Name": "Bolt_1", "Size": 20, "Since": None, "Live": False},
        {"Id": "001000000000003AAA", "Name": "O'Neil", "Size": None, "Since": "2025-06-30", "Live": True},
        {"Id": "001000000000004AAA", "Name": None, "Size": 5, "Since": "2025-06-30", "Live": False},
    ],
    "Contact": [
        {"Id": "003000000000001AAA", "AccountId": "001000000000001AAA", "Boss__c": None}
        | {"At": "2026-01-31T12:00:00.000+0000"},
        {"Id": "003000000000002AAA", "AccountId": None, "Boss__c": "003000000000001AAA"}
        | {"At": "2026-02-28T12:00:00.000+0000"},
    ],
}


def _ids(where: str, source: str = "Account") -> list[int]:
    answer = run(parse(f"SELECT Id FROM {source} {where}"), Org(RECORDS))  # noqa: S608 - that is what is tested
    return [int(record["Id"][3:15]) for record in answer.matches]


@pytest.mark.parametrize(
    ("condition", "found"),
    [
        ("Name = 'acme'", [1]),  # texts compare without regard to case
        ("Name != 'Acme'", [2, 3, 4]),  # what is empty is not equal
        ("Name <> 'Acme'", [2, 3, 4]),
        ("Name = null", [4]),
        ("Name != NULL", [1, 2, 3]),
        ("Name < 'B'", [1]),
        ("Name = 'O\\'Neil'", [3]),
        ("Name = '\\u0041cme'", [1]),
        ("Name LIKE 'b%'", [2]),
        ("Name LIKE '_cme'", [1]),
        ("Name LIKE '%\\_%'", [2]),
        ("Name LIKE '%\\'%'", [3]),
        ("(NOT Name LIKE 'b%')", [1, 3, 4]),
        ("Name IN ('Acme', 'Bolt_1')", [1, 2]),
        ("Name IN ('Acme', null)", [1, 4]),
        ("Name NOT IN ('Acme', 'Bolt_1')", [3, 4]),
        ("Size = 10", [1]),
        ("Size > 9.5", [1, 2]),
        ("Size <= +10", [1, 4]),
        ("Size >= 1e1", [1, 2]),
        ("Since = 2024-01-31", [1]),
        ("Since > 2024-01-31", [3, 4]),
        ("Live = TRUE", [1, 3]),
        ("Live != true", [2, 4]),
        ("Live = true AND Size = null", [3]),
        ("Live = true AND (Size = null OR Size = 10) AND NOT Name = 'Acme'", [3]),
        ("Size = 10 OR Size = 20 OR Size = 5", [1, 2, 4]),
        ("Id = '001000000000002'", [2]),  # the short form of an Id
        ("id in ('001000000000002AAA')", [2]),
        ("Account.Name = 'Acme'", [1]),  # the object's own name in front
    ],
)
def test_conditions_hold_as_they_do_in_salesforce(condition: str, found: list[int]) -> None:
    assert _ids(f"WHERE {condition}") == found


@pytest.mark.parametrize(
    ("condition", "found"),
    [
        ("At > 2026-02-01T00:00:00Z", [2]),
        ("At = 2026-01-31T13:00:00+01:00", [1]),
        ("Account.Name = 'Acme'", [1]),
        ("Account.Name != 'Bolt_1'", [1, 2]),  # without a parent there is nothing that is equal
        ("Boss__r.Account.Name = 'ACME'", [2]),
        ("account.size = 10", [1]),
    ],
)
def test_conditions_follow_relationships(condition: str, found: list[int]) -> None:
    assert _ids(f"WHERE {condition}", "Contact") == found


@pytest.mark.parametrize(
    ("rest", "found"),
    [
        ("ORDER BY Name", [4, 1, 2, 3]),  # what is empty comes first unless told otherwise
        ("ORDER BY Name DESC", [4, 3, 2, 1]),
        ("ORDER BY Name ASC NULLS LAST", [1, 2, 3, 4]),
        ("ORDER BY Since DESC NULLS LAST, Name NULLS LAST", [3, 4, 1, 2]),
        ("ORDER BY Size NULLS FIRST LIMIT 2", [3, 4]),
        ("ORDER BY Size NULLS LAST LIMIT 2 OFFSET 1", [1, 2]),
        ("LIMIT 0", []),
        ("OFFSET 3", [4]),
    ],
)
def test_order_limit_and_offset(rest: str, found: list[int]) -> None:
    assert _ids(rest) == found


@pytest.mark.parametrize(
    "query",
    [
        "",
        "SELECT",
        "SELECT FROM Account",
        "SELECT Id Account",
        "SELECT Id, FROM Account",
        "SELECT Id FROM Account WHERE",
        "SELECT Id FROM Account WHERE Name",
        "SELECT Id FROM Account WHERE Name = ",
        "SELECT Id FROM Account WHERE Name == 'x'",
        'SELECT Id FROM Account WHERE Name = "x"',
        "SELECT Id FROM Account WHERE Name = 'x",
        "SELECT Id FROM Account WHERE Name = x",
        "SELECT Id FROM Account WHERE Name = 'a\\q'",
        "SELECT Id FROM Account WHERE Name LIKE 7",
        "SELECT Id FROM Account WHERE Name IN ()",
        "SELECT Id FROM Account WHERE Name IN 'x'",
        "SELECT Id FROM Account WHERE (Name = 'x'",
        "SELECT Id FROM Account WHERE Size = 1 AND Size = 2 OR Size = 3",
        "SELECT Id FROM Account WHERE Since = TODAY",
        "SELECT Id FROM Account WHERE Id IN (SELECT AccountId FROM Contact)",
        "SELECT Id, (SELECT Id FROM Contacts) FROM Account",
        "SELECT MAX(Size) FROM Account",
        "SELECT COUNT(Id) FROM Account",
        "SELECT FIELDS(ALL) FROM Account LIMIT 200",
        "SELECT Id FROM Account a",
        "SELECT Id FROM Account GROUP BY Id",
        "SELECT Id FROM Account ORDER Name",
        "SELECT Id FROM Account ORDER BY Name NULLS",
        "SELECT Id FROM Account LIMIT -1",
        "SELECT Id FROM Account LIMIT 1.5",
        "SELECT Id FROM Account LIMIT 5 WHERE Name = 'x'",
        "SELECT Id FROM Account FOR UPDATE",
        "SELECT Id FROM Account ALL ROWS",
        "SELECT Id FROM Account; DELETE",
        "SELECT * FROM Account",
    ],
)
def test_what_is_not_understood_is_refused(query: str) -> None:
    with pytest.raises(SoqlError) as caught:
        parse(query)
    assert caught.value.code == "MALFORMED_QUERY"


@pytest.mark.parametrize(
    ("query", "code", "message"),
    [
        (
            "SELECT Id, Nme FROM Account",
            "INVALID_FIELD",
            (
                "\nSELECT Id, Nme FROM Account\n           ^\nERROR at Row:1:Column:12\n"
                "No such column 'Nme' on entity 'Account'. If you are attempting to use a custom field, be sure to "
                "append the '__c' after the custom field name. Please reference your WSDL or the describe call for the "
                "appropriate names."
            ),
        ),
        (
            "SELECT Id FROM Contact WHERE Acount.Name = 'x'",
            "INVALID_FIELD",
            (
                "\nSELECT Id FROM Contact WHERE Acount.Name = 'x'\n                             ^\n"
                "ERROR at Row:1:Column:30\nDidn't understand relationship 'Acount' in field path. If you are "
                "attempting to use a custom relationship, be sure to append the '__r' after the custom relationship "
                "name. Please reference your WSDL or the describe call for the appropriate names."
            ),
        ),
        (
            "SELECT Id\nFROM Acount",
            "INVALID_TYPE",
            (
                "\nFROM Acount\n     ^\nERROR at Row:2:Column:6\nsObject type 'Acount' is not supported. If you are "
                "attempting to use a custom object, be sure to append the '__c' after the entity name. Please "
                "reference your WSDL or the describe call for the appropriate names."
            ),
        ),
        ("SELECT Id, Name, id FROM Account", "INVALID_FIELD", "duplicate field selected: Id"),
        (
            "SELECT Id FROM Account LIMIT 5 OFFSET 2001",
            "NUMBER_OUTSIDE_VALID_RANGE",
            "Maximum SOQL offset allowed is 2000",
        ),
    ],
)
def test_refusals_are_in_salesforces_words(query: str, code: str, message: str) -> None:
    with pytest.raises(SoqlError) as caught:
        run(parse(query), Org(RECORDS))
    assert (caught.value.code, caught.value.message) == (code, message)


@pytest.mark.parametrize(
    ("condition", "code", "problem"),
    [
        ("Since = '2024-01-31'", "INVALID_FIELD", "'Since' must be of type date and should not be enclosed in quotes"),
        ("Name = 7", "INVALID_FIELD", "'Name' must be of type string and should be enclosed in quotes"),
        ("Size = '7'", "INVALID_FIELD", "'Size' must be of type double and should not be enclosed in quotes"),
        ("Since = 2024-01-31T00:00:00Z", "INVALID_FIELD", "'Since' must be of type date"),
        ("Live = 1", "INVALID_FIELD", "'Live' must be of type boolean"),
        ("Live > false", "INVALID_QUERY_FILTER_OPERATOR", "invalid operator on boolean field"),
        ("Id LIKE '001%'", "INVALID_QUERY_FILTER_OPERATOR", "invalid operator on id field"),
        ("Size > null", "INVALID_QUERY_FILTER_OPERATOR", "invalid operator on null field"),
    ],
)
def test_values_of_the_wrong_type_are_refused(condition: str, code: str, problem: str) -> None:
    with pytest.raises(SoqlError) as caught:
        _ids(f"WHERE {condition}")
    assert caught.value.code == code
    assert problem in caught.value.message


def test_records_are_written_with_their_type_and_address_and_parents_within() -> None:
    answer = run(
        parse("select BOSS__r.Account.name, boss__r.id, Account.Size, Id from contact order by Id"), Org(RECORDS)
    )
    base = "/services/data/v67.0/sobjects"
    account = {
        "attributes": {"type": "Account", "url": f"{base}/Account/001000000000001AAA"},
        "Name": "Acme",
    }
    first, second = answer.written(0, 9, "67.0")
    assert first == {
        "attributes": {"type": "Contact", "url": f"{base}/Contact/003000000000001AAA"},
        "Boss__r": None,
        "Account": {"attributes": account["attributes"], "Size": 10},
        "Id": "003000000000001AAA",
    }
    assert second == {
        "attributes": {"type": "Contact", "url": f"{base}/Contact/003000000000002AAA"},
        "Boss__r": {
            "attributes": {"type": "Contact", "url": f"{base}/Contact/003000000000001AAA"},
            "Account": account,
            "Id": "003000000000001AAA",
        },
        "Account": None,
        "Id": "003000000000002AAA",
    }
