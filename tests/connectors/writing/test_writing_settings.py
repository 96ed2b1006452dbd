"""The `writeback` part of the settings: what it takes, and what it says of what it does not take."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from connectors.salesforce.writing.settings import Writeback


def refused(given: dict[str, object]) -> str:
    with pytest.raises(ValidationError) as caught:
        Writeback.model_validate(given)
    return str(caught.value)


def test_without_a_word_it_only_shows() -> None:
    given = Writeback.model_validate({"account_fields": {"Health__c": "health"}})
    assert (given.apply, given.clear_unknown, given.task) == (False, False, None)


def test_it_has_to_name_something() -> None:
    assert "names nothing to write; give account_fields, or task" in refused({"apply": True})


@pytest.mark.parametrize("name", ["Health__c, Name", "Health c", "Owner.Name", "", "x'--", "1st__c", "ä__c"])
def test_nothing_but_a_name_is_a_name(name: str) -> None:
    assert "is no API name of a field" in refused({"account_fields": {name: "health"}})
    assert "is no API name of a field" in refused({"task": {"external_id": name}})


def test_one_field_in_two_spellings_is_a_fault() -> None:
    problem = refused({"account_fields": {"Health__c": "health", "health__C": "cus"}})
    assert "Health__c and health__C are one field" in problem


def test_the_id_of_an_account_cannot_be_written() -> None:
    assert "Id names the account; it cannot be written" in refused({"account_fields": {"ID": "health"}})


def test_a_subject_names_words_that_are_known() -> None:
    task = {"external_id": "Headroom_Id__c", "subject": "{acount}: {alert}"}
    assert "cannot name '{acount}'; did you mean 'account'?" in refused({"task": task})


@pytest.mark.parametrize("subject", ["{}", "{0}", "{account.__class__}", "{account[0]}", "{account!r}", "{account:>9}"])
def test_a_subject_cannot_reach_behind_its_words(subject: str) -> None:
    assert "the subject cannot name" in refused({"task": {"external_id": "Headroom_Id__c", "subject": subject}})


def test_a_single_brace_in_a_subject_is_told() -> None:
    problem = refused({"task": {"external_id": "Headroom_Id__c", "subject": "{account"}})
    assert "write a brace that is meant as one twice" in problem


def test_what_is_filled_from_the_alert_cannot_be_set() -> None:
    task = {"external_id": "Headroom_Id__c", "fields": {"whatid": "001", "HEADROOM_ID__C": "x", "Status": "Open"}}
    assert "fields: whatid, HEADROOM_ID__C: filled from the alert" in refused({"task": task})
