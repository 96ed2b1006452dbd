"""`headroom writeback` as a person meets it, and what loading says of its settings; against a stand-in Salesforce."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from bot.app import account_access, open_writers
from bot.core.episode import Phase
from bot.load import load_all
from bot.sandbox.salesforce import Client, salesforce_app
from bot.sandbox.serve import serving
from bot.state.store import open_store
from tests.loading import faults
from tests.nights import new_state
from tests.state.samples import ACME, DANA, START, episode, judgement

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from starlette.applications import Starlette

    Headroom = Callable[..., tuple[int, str, str]]

ACME_ID, ZETA_ID, DANA_ID = "001000000000001AAA", "001000000000002AAA", "005000000000001AAA"
WRITEBACK: dict[str, Any] = {
    "account_fields": {"Utilization__c": "licence_utilization", "As_Of__c": "as_of"},
    "task": {"external_id": "Headroom_Id__c", "fields": {"Status": "Not Started"}},
}
TYPES = {
    "Account": {"Utilization__c": "percent", "As_Of__c": "date"},
    "Task": {"Headroom_Id__c": "externalid:string", "Subject": "string", "WhatId": "reference:Account"}
    | {"OwnerId": "reference:User", "Description": "textarea", "Status": "picklist"},
}


@dataclass
class Company:
    """A folder with settings and a state store, and the org that its source leads to."""

    folder: Path
    address: str
    org: Starlette

    def configure(self, writeback: object = None) -> None:
        login = {"kind": "client_credentials", "host": self.address, "client_id": "us"}
        source = {"name": "crm", "type": "salesforce", "login": {**login, "client_secret": {"file": "secret"}}}
        settings = {
            "company": "Acme",
            "rules": "rules.yaml",
            "sources": [source if writeback is None else {**source, "writeback": writeback}],
            "deliver": {"directory": "out"},
        }
        (self.folder / "headroom.yaml").write_text(yaml.safe_dump(settings, sort_keys=False))

    def field(self, name: str, account: str = ACME_ID) -> object:
        return self.org.state.org.get("Account").by_id[account][name]

    def tasks(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.org.state.org.get("Task").records
        return found


@pytest.fixture
def company(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Company]:
    """Acme, with 41 % of its licences in use and a claimed alert, and Zeta, of which nothing is known."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("HEADROOM_CONFIG", raising=False)
    (tmp_path / "secret").write_text("s")
    (tmp_path / "rules.yaml").write_text("[]")
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "headroom.db").write_bytes(new_state())
    acme = replace(ACME, account_id=ACME_ID, owner_id=DANA_ID)
    zeta = replace(ACME, account_id=ZETA_ID, name="Zeta", domain=None, external_id=None, metrics={})
    claimed = episode(ACME_ID, phase=Phase.CLAIMED, claimed_by="U1", claimed_at=START)
    with open_store(f"sqlite:///{tmp_path / 'data' / 'headroom.db'}") as store:
        dana = replace(DANA, person_id=DANA_ID)
        store.commit(judgement(accounts=(acme, zeta), people=(dana,), episodes=(claimed,)))
    records: dict[str, list[dict[str, object]]] = {
        "Account": [{"Id": ACME_ID, "Name": "Acme, Inc."}, {"Id": ZETA_ID, "Name": "Zeta"}],
        "User": [{"Id": DANA_ID, "Name": "Dana Reyes", "Email": "dana@ours.example", "IsActive": True}],
        "Task": [],
    }
    app = salesforce_app(records, clients=[Client("us", secret="s")], types=TYPES)
    with serving(app) as address:
        made = Company(tmp_path, address, app)
        made.configure(WRITEBACK)
        yield made


def test_the_differences_are_shown_and_nothing_is_written(company: Company, headroom: Headroom) -> None:
    code, out, err = headroom("writeback")
    assert (code, err) == (0, "")
    lines = [" ".join(line.split()) for line in out.splitlines()]
    assert "To be written: crm" in lines
    assert any("Acme, Inc. │ Account │ Utilization__c │ (empty) │ 41" in line for line in lines)
    assert any("Zeta │ Account │ As_Of__c │ (empty) │ 2026-03-01" in line for line in lines)
    assert any("Acme, Inc. │ Task │ Subject │ (empty) │ licence-underuse: Acme, Inc." in line for line in lines)
    assert lines[-1].startswith("crm: 3 to be written; 0 unchanged; 0 refused; ")
    assert lines[-1].endswith("nothing was written, --apply does.")
    assert company.org.state.writes.calls == []


def test_with_apply_it_is_written_and_the_second_time_there_is_nothing_to_do(
    company: Company, headroom: Headroom
) -> None:
    code, out, err = headroom("writeback", "--apply")
    assert (code, err) == (0, "")
    assert "crm: 3 written; 0 unchanged; 0 refused" in out
    assert (company.field("Utilization__c"), company.field("As_Of__c", ZETA_ID)) == (41.0, "2026-03-01")
    assert [(task["OwnerId"], task["Status"]) for task in company.tasks()] == [(DANA_ID, "Not Started")]
    code, out, _ = headroom("writeback", "--apply")
    assert (code, "crm: 0 written; 2 unchanged; 0 refused" in out) == (0, True)
    assert len(company.tasks()) == 1


def test_all_of_it_can_be_had_as_data(company: Company, headroom: Headroom) -> None:
    company.org.state.org.delete("Account", ZETA_ID)
    code, out, err = headroom("writeback", "--apply", "--json")
    told = json.loads(out)
    (source,) = told["sources"]
    assert (code, told["applied"]) == (1, True)
    assert source["changes"][0] == {
        "object": "Account",
        "key": ACME_ID,
        "account_id": ACME_ID,
        "account": "Acme, Inc.",
        "fields": [
            {"field": "Utilization__c", "old": None, "new": 41.0},
            {"field": "As_Of__c", "old": None, "new": "2026-03-01"},
        ],
    }
    assert (source["name"], source["written"], source["unchanged"], source["left"]) == ("crm", 2, 0, [])
    assert [(one["account"], one["code"]) for one in source["refused"]] == [("Zeta", "NOT_FOUND")]
    assert "writing back into 'crm': 1 refused" in err


def test_an_org_that_is_down_is_told_and_fails(company: Company, headroom: Headroom) -> None:
    company.configure({**WRITEBACK, "apply": True})
    (company.folder / "secret").write_text("rotated")
    code, out, err = headroom("writeback", "--apply")
    assert code == 1
    assert "crm: 0 written" in out
    assert "writing back into 'crm': the login was refused with 401, invalid_client" in err


def test_a_field_that_the_org_lacks_is_told_with_the_nearest(company: Company, headroom: Headroom) -> None:
    company.configure({"account_fields": {"Utilisation__c": "licence_utilization"}})
    code, _, err = headroom("writeback")
    assert code == 1
    assert "Account has no field 'Utilisation__c'" in err
    assert "did you mean 'Utilization__c'?" in err


def test_without_writeback_in_the_settings_nothing_is_ever_written(company: Company, headroom: Headroom) -> None:
    company.configure()
    code, out, err = headroom("writeback", "--apply")
    assert (code, out) == (2, "")
    assert "no source has `writeback` in the settings" in err
    assert company.org.state.control.seen() == []


def test_unknown_metrics_are_faults_of_the_settings_all_at_once(company: Company) -> None:
    fields = {"A__c": "licence_utilisation", "B__c": "contract_utilization_score", "C__c": "health"}
    company.configure({"account_fields": fields})
    one, other = faults(company.folder / "headroom.yaml")
    assert "sources.0.writeback.account_fields.A__c: unknown metric 'licence_utilisation'" in one
    assert "did you mean 'licence_utilization'?" in one
    assert "sources.0.writeback.account_fields.B__c: unknown metric 'contract_utilization_score'" in other


def test_a_name_that_is_none_is_a_fault_with_its_key(company: Company) -> None:
    company.configure({"account_fields": {"Health__c FROM User": "health"}})
    (told,) = faults(company.folder / "headroom.yaml")
    assert "is no API name of a field; write it like Utilization__c" in told


def test_what_does_not_fit_the_org_can_be_looked_for_before_anything_is_read(company: Company) -> None:
    company.configure({"account_fields": {"Name__c": "health"}})
    (writer,) = open_writers(load_all(company.folder / "headroom.yaml"))
    (remark,) = writer.check()
    assert (remark.wrong, "Account has no field 'Name__c'" in remark.text) == (True, True)


def test_every_salesforce_tells_who_may_see_which_account(company: Company) -> None:
    company.org.state.sight.only(DANA_ID, [ZETA_ID])
    asked = account_access(load_all(company.folder / "headroom.yaml"))
    assert asked.keys() == {"crm"}
    assert asked["crm"].readable("dana@ours.example", [ACME_ID, ZETA_ID]).account_ids == {ZETA_ID}
