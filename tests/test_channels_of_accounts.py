"""The channel of an account on its way from the CRM to the outbox."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.report import as_data
from tests.nights import UNHAPPY, crm, nights

if TYPE_CHECKING:
    from pathlib import Path

RULES = UNHAPPY.replace('[owner, "#cs-risk"]', "[account_channel]")


def test_a_name_with_or_without_a_hash_and_an_id_are_channels_and_the_owner_is_told_of_the_rest(tmp_path: Path) -> None:
    written = {
        "acme": "#Acme",
        "bolt": "bolt-success",
        "cove": "C024BE91L",
        "dune": "ask Dana",
        "eden": None,
        "fern": " ",
    }
    accounts = [{"account_id": name, "nps": 3.0, "slack_channel": text} for name, text in written.items()]
    with nights(tmp_path, crm(*accounts), rules=RULES) as house:
        report = house.night()
        views = house.house.store.accounts()
    assert {one.subject: one.destination for one in report.notices} == {
        "acme": "#acme",
        "bolt": "#bolt-success",
        "cove": "C024BE91L",
        "dune": "person:P1",
        "eden": "person:P1",
        "fern": "person:P1",
    }
    assert [view.slack_channel for view in views] == ["#acme", "#bolt-success", "C024BE91L", None, None, None]
    assert as_data(report, {})["notes"] == [
        "1 account names a Slack channel that is neither a name nor an id, like 'ask Dana'; left out"
    ]


def test_a_crm_without_channels_has_nothing_to_note(tmp_path: Path) -> None:
    with nights(tmp_path, crm({"account_id": "acme", "nps": 9.0}), rules=RULES) as house:
        assert as_data(house.night(), {})["notes"] == []
