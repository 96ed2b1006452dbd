from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import pytest
import requests
from simple_salesforce.api import Salesforce
from simple_salesforce.exceptions import SalesforceMalformedRequest, SalesforceResourceNotFound

from bot.sandbox.salesforce import Client, Control, salesforce_app
from bot.sandbox.salesforce_control import UNAVAILABLE
from bot.sandbox.salesforce_org import Org
from bot.sandbox.serve import serving

if TYPE_CHECKING:
    from collections.abc import Iterator

USERS = [{"Id": f"005{n:012d}AAA", "Name": f"User {n}", "ManagerId": None} for n in range(5)]
ACCOUNTS: list[dict[str, Any]] = [
    {"Id": "001000000000001AAA", "Name": "Acme", "OwnerId": "005000000000001AAA", "CSM__c": "005000000000002AAA"}
    | {"Won": date(2026, 1, 31), "At": datetime(2026, 1, 31, 12, tzinfo=UTC), "Price": 12, "Rate": 0.5, "Website": ""},
    {"Id": "001000000000002AAA", "Name": "Bolt", "ParentId": "001000000000001AAA", "Price": 7, "Rate": 1},
]
CLIENT = Client("demo", secret="demo secret")


class Running:
    """The stand-in and a session of it."""

    def __init__(self, address: str, control: Control) -> None:
        self.address = address
        self.control = control
        self.session = requests.Session()
        self.session.trust_env = False

    def login(self, **changed: str) -> requests.Response:
        form = {"grant_type": "client_credentials", "client_id": "demo", "client_secret": "demo secret", **changed}
        return self.session.post(f"{self.address}/services/oauth2/token", data=form, timeout=5)

    def get(self, path: str, **params: str) -> requests.Response:
        return self.session.get(f"{self.address}/services/data/v67.0/{path}", params=params, timeout=5)


@pytest.fixture(scope="module")
def server() -> Iterator[Running]:
    control = Control(allowed=15_000)
    app = salesforce_app({"User": USERS, "Account": ACCOUNTS}, clients=[CLIENT], page_size=2, control=control)
    assert app.state.control is control
    with serving(app) as address:
        running = Running(address, control)
        yield running
        running.session.close()


@pytest.fixture
def running(server: Running) -> Running:
    token = server.login().json()["access_token"]
    server.session.headers["Authorization"] = f"Bearer {token}"
    return server


def test_a_login_answers_as_salesforce_does(running: Running) -> None:
    answer = running.login().json()
    assert answer["instance_url"] == running.address
    assert answer["token_type"] == "Bearer"
    assert set(answer) == {"access_token", "signature", "scope", "instance_url", "id", "token_type", "issued_at"}


@pytest.mark.parametrize(
    ("changed", "status", "error"),
    [
        ({"client_secret": "wrong"}, 401, "invalid_client"),
        ({"client_id": "nobody"}, 400, "invalid_client_id"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion": "x"}, 400, "invalid_grant"),
    ],
)
def test_a_wrong_login_is_refused_in_oauths_form(
    running: Running, changed: dict[str, str], status: int, error: str
) -> None:
    answer = running.login(**changed)
    assert (answer.status_code, answer.json()["error"]) == (status, error)
    assert answer.json()["error_description"]


def test_without_a_session_nothing_is_answered(running: Running) -> None:
    running.session.headers["Authorization"] = "Bearer made up"
    for path in ("query", "limits", "sobjects", "sobjects/Account/describe", "query/01g-2"):
        answer = running.get(path)
        assert answer.status_code == 401
        assert answer.json() == [{"message": "Session expired or invalid", "errorCode": "INVALID_SESSION_ID"}]
        assert answer.headers["Sforce-Limit-Info"].endswith("/15000")


def test_the_real_client_pages_through_a_query(running: Running) -> None:
    client = _client(running)
    assert [user["Name"] for user in client.query_all_iter("SELECT Name FROM User ORDER BY Name DESC")] == [
        "User 4",
        "User 3",
        "User 2",
        "User 1",
        "User 0",
    ]
    page = running.get("query", q="SELECT Id FROM User").json()
    assert (page["totalSize"], page["done"], len(page["records"])) == (5, False, 2)
    assert page["nextRecordsUrl"].startswith("/services/data/v67.0/query/01g")


def _client(running: Running) -> Salesforce:
    session = _Plain()
    session.headers.update(running.session.headers)
    token = str(running.session.headers["Authorization"]).removeprefix("Bearer ")
    return Salesforce(instance_url=running.address, session_id=token, session=session, version="67.0")


class _Plain(requests.Session):
    """Goes to the stand-in over HTTP, where the client insists on https."""

    def request(self, method: str, url: str, **kwargs: Any) -> requests.Response:  # type: ignore[override]  # noqa: ANN401 - requests' own arguments, handed on
        return super().request(method, url.replace("https://", "http://"), **kwargs)


def test_an_unknown_field_is_refused_in_salesforces_form(running: Running) -> None:
    answer = running.get("query", q="SELECT Id, Nme FROM User")
    assert answer.status_code == 400
    (error,) = answer.json()
    assert error["errorCode"] == "INVALID_FIELD"
    assert "ERROR at Row:1:Column:12\nNo such column 'Nme' on entity 'User'." in error["message"]
    with pytest.raises(SalesforceMalformedRequest):
        _client(running).query("SELECT Nme FROM User")


@pytest.mark.parametrize(
    ("path", "params", "status", "code"),
    [
        ("query", {"q": "SELECT Id FROM Usr"}, 400, "INVALID_TYPE"),
        ("query", {"q": "SELEC Id FROM User"}, 400, "MALFORMED_QUERY"),
        ("query", {}, 400, "MALFORMED_QUERY"),
        ("query/01gmadeup-2", {}, 400, "INVALID_QUERY_LOCATOR"),
        ("sobjects/Usr/describe", {}, 404, "NOT_FOUND"),
        ("sobjects/User/005000000000009AAA", {}, 404, "NOT_FOUND"),
        ("elsewhere", {}, 404, "NOT_FOUND"),
        ("../v99.0/limits", {}, 404, "NOT_FOUND"),
    ],
)
def test_errors_come_as_a_list_of_codes_and_messages(
    running: Running, path: str, params: dict[str, str], status: int, code: str
) -> None:
    answer = running.get(path, **params)
    (error,) = answer.json()
    assert (answer.status_code, error["errorCode"]) == (status, code)
    assert set(error) == {"message", "errorCode"}
    assert "Sforce-Limit-Info" in answer.headers


def test_what_writes_is_refused(running: Running) -> None:
    for path in ("sobjects/User", "query", "sobjects/User/005000000000001AAA"):
        answer = running.session.post(f"{running.address}/services/data/v67.0/{path}", json={}, timeout=5)
        assert (answer.status_code, answer.json()[0]["errorCode"]) == (405, "METHOD_NOT_ALLOWED")


def test_count_counts(running: Running) -> None:
    answer = running.get("query", q="SELECT COUNT() FROM User").json()
    assert answer == {"totalSize": 5, "done": True, "records": []}


def test_limits_and_header_tell_what_is_used(running: Running) -> None:
    running.control.used = 99
    answer = running.get("limits")
    assert answer.headers["Sforce-Limit-Info"] == "api-usage=100/15000"
    assert answer.json()["DailyApiRequests"] == {"Max": 15_000, "Remaining": 14_900}


def test_a_record_is_had_by_its_id(running: Running) -> None:
    assert running.get("sobjects/account/001000000000001AAA").json() == {
        "attributes": {"type": "Account", "url": "/services/data/v67.0/sobjects/Account/001000000000001AAA"},
        "Id": "001000000000001AAA",
        "Name": "Acme",
        "OwnerId": "005000000000001AAA",
        "CSM__c": "005000000000002AAA",
        "Won": "2026-01-31",
        "At": "2026-01-31T12:00:00.000+0000",
        "Price": 12,
        "Rate": 0.5,
        "Website": None,  # Salesforce knows no empty text
        "ParentId": None,
        "IsDeleted": False,
        "MasterRecordId": None,
        "CreatedDate": "2020-01-01T00:00:00.000+0000",
        "SystemModstamp": "2020-01-01T00:00:00.000+0000",
    }
    with pytest.raises(SalesforceResourceNotFound):
        _client(running).restful("sobjects/Account/001000000000009AAA")


def test_fields_of_a_record_can_be_chosen(running: Running) -> None:
    assert running.get("sobjects/Account/001000000000001AAA", fields="name, Price").json() == {
        "attributes": {"type": "Account", "url": "/services/data/v67.0/sobjects/Account/001000000000001AAA"},
        "Name": "Acme",
        "Price": 12,
        "Id": "001000000000001AAA",
    }
    answer = running.get("sobjects/Account/001000000000001AAA", fields="Nme")
    assert answer.status_code == 400
    assert answer.json() == [
        {"message": "No such column 'Nme' on sobject of type Account", "errorCode": "INVALID_FIELD"}
    ]


def test_describe_has_the_keys_of_a_real_one(running: Running) -> None:
    described = running.get("sobjects/Account/describe").json()
    assert set(described) >= {"activateable", "childRelationships", "custom", "customSetting", "deletable", "fields"}
    assert set(described) >= {"deprecatedAndHidden", "feedEnabled", "keyPrefix", "label", "labelPlural", "layoutable"}
    assert set(described) >= {"mergeable", "queryable", "recordTypeInfos", "replicateable", "retrieveable", "urls"}
    (name,) = (one for one in described["fields"] if one["name"] == "Name")
    known = {"label": "Name", "length": 80, "byteLength": 240, "nillable": True, "idLookup": True, "nameField": True}
    assert {key: name[key] for key in known} == known
    assert set(name) >= {"autoNumber", "controllerName", "dependentPicklist", "htmlFormatted", "restrictedPicklist"}
    (identity,) = (one for one in described["fields"] if one["name"] == "Id")
    assert (identity["createable"], identity["nillable"], identity["defaultedOnCreate"]) == (False, False, True)


def test_describe_tells_types_and_relationships(running: Running) -> None:
    described = _client(running).restful("sobjects/Account/describe") or {}
    fields = {one["name"]: (one["type"], one["referenceTo"], one["relationshipName"]) for one in described["fields"]}
    assert fields == {
        "Id": ("id", [], None),
        "Name": ("string", [], None),
        "OwnerId": ("reference", ["User"], "Owner"),
        "CSM__c": ("reference", ["User"], "CSM__r"),
        "Won": ("date", [], None),
        "At": ("datetime", [], None),
        "Price": ("int", [], None),
        "Rate": ("double", [], None),
        "Website": ("url", [], None),
        "ParentId": ("reference", ["Account"], "Parent"),
        "IsDeleted": ("boolean", [], None),
        "MasterRecordId": ("reference", ["Account"], "MasterRecord"),
        "CreatedDate": ("datetime", [], None),
        "SystemModstamp": ("datetime", [], None),
    }
    assert [one["name"] for one in running.get("sobjects").json()["sobjects"]] == ["User", "Account"]


def test_a_declared_type_stands_for_what_no_record_tells() -> None:
    org = Org({"Account": ACCOUNTS}, {"Account": {"NPS__c": "double"}, "Case": {"AccountId": "reference:Account"}})
    account, case = org.get("account"), org.get("CASE")
    assert account is not None
    assert case is not None
    assert account.fields["nps__c"].type == "double"
    assert account.records[0]["NPS__c"] is None
    assert case.relationships["account"].target == "Account"


@pytest.mark.parametrize("rows", [[{"Name": "x"}], [{"Id": "001"}, {"Id": "001"}], [{"Id": 7}]])
def test_records_need_an_id_of_their_own(rows: list[dict[str, object]]) -> None:
    with pytest.raises(ValueError, match=r"Account: every record needs an Id of its own"):
        Org({"Account": rows})


def test_a_scripted_answer_is_given_once_and_the_requests_are_kept(running: Running) -> None:
    before = len(running.control.seen("api"))
    running.control.script(UNAVAILABLE)
    assert [running.get("limits").status_code for _ in range(2)] == [503, 200]
    assert [one.path for one in running.control.seen("api")[before:]] == ["/services/data/v67.0/limits"] * 2


def test_an_expired_session_is_refused_and_a_new_login_works(running: Running) -> None:
    running.control.expire_sessions()
    assert running.get("limits").status_code == 401
    running.session.headers["Authorization"] = f"Bearer {running.login().json()['access_token']}"
    assert running.get("limits").status_code == 200


def test_versions_are_told_to_everybody(running: Running) -> None:
    versions = requests.get(f"{running.address}/services/data/", timeout=5).json()
    assert versions[-1] == {"label": "Summer '26", "url": "/services/data/v67.0", "version": "67.0"}


def test_a_page_may_be_asked_for_in_a_size_of_200_at_least() -> None:
    users = [{"Id": f"005{n:012d}AAA"} for n in range(500)]
    with serving(salesforce_app({"User": users}, clients=[CLIENT])) as address:
        running = Running(address, Control())
        running.session.headers["Authorization"] = f"Bearer {running.login().json()['access_token']}"
        for asked, given in (("50", 200), ("300", 300), ("9999", 500)):
            running.session.headers["Sforce-Query-Options"] = f"batchSize={asked}"
            assert len(running.get("query", q="SELECT Id FROM User").json()["records"]) == given
        running.session.close()
