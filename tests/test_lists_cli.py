"""The lists at the command line: the same words as in Slack, whose accounts, and one JSON object."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from connectors.schema import Table
from tests.nights import crm, new_state, nights

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Headroom = Callable[..., tuple[int, str, str]]


COLUMNS = {
    "accounts": {"account_id": "Id", "name": "Name", "owner_id": "Owner", "nps": "NPS", "segment": "Segment"},
    "people": {"person_id": "Person", "name": "Called", "email": "Mail"},
    "lines": {
        "line_id": "Line",
        "account_id": "Id",
        "quantity": "Quantity",
        "unit_price": "Price",
        "price_period": "Period",
        "currency": "Currency",
        "kind": "Kind",
        "start": "Start",
        "end": "End",
    },
}
SETTINGS: dict[str, Any] = {
    "company": "Vendor",
    "rules": "rules.yaml",
    "sources": [
        {
            "name": "crm",
            "type": "files",
            "files": [{"path": f"{table}.csv", "tables": {table: columns}} for table, columns in COLUMNS.items()],
        }
    ],
    "deliver": {"directory": "out"},
}
RULES = """\
- {name: unhappy, kind: churn_risk, when: nps < 5, severity: low, at_stake: arr, to: ["#cs"], template: churn_risk}
- {name: quiet, kind: churn_risk, when: nps < 5, severity: low, to: ["#cs"], template: churn_risk, mode: shadow}
"""
ACCOUNTS = "Id,Name,Owner,NPS,Segment\nA1,Acme,P1,3,Large\nA2,Bolt,P2,9,Large\n"
PEOPLE = "Person,Called,Mail\nP1,Ann,ann@ours.example\nP2,Bob,bob@ours.example\n"
LINES = """\
Line,Id,Quantity,Price,Period,Currency,Kind,Start,End
L1,A1,10,100,year,USD,seats,2025-06-01,2026-04-30
L2,A2,10,50,year,USD,seats,2025-06-01,2026-05-20
"""


@pytest.fixture
def company(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, headroom: Headroom) -> Path:
    """A folder in which a night was done; it is the current directory."""
    for name, text in (("rules.yaml", RULES), ("accounts.csv", ACCOUNTS), ("people.csv", PEOPLE), ("lines.csv", LINES)):
        (tmp_path / name).write_text(text)
    (tmp_path / "headroom.yaml").write_text(yaml.safe_dump(SETTINGS))
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "headroom.db").write_bytes(new_state())
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("HEADROOM_CONFIG", raising=False)
    code, _, err = headroom("run", "--once", "--json", "--as-of", "2026-03-31")
    assert code == 0, err
    return tmp_path


def test_every_list_is_one_json_object_and_a_card(company: Path, headroom: Headroom) -> None:
    def asked(*words: str) -> Any:  # noqa: ANN401 - JSON
        code, out, err = headroom(*words, "--json")
        assert (code, err) == (0, ""), words
        return json.loads(out)

    renewals = asked("renewals")
    assert [(row["account"], row["deadline"], row["arr"]) for row in renewals["rows"]] == [
        ("Acme", "2026-04-30", 1000.0), ("Bolt", "2026-05-20", 500.0),
    ]  # fmt: skip
    assert [row["account"] for row in asked("renewals", "--as", "BOB@ours.example")["rows"]] == ["Bolt"]
    assert asked("renewals", "all", "--as", "bob@ours.example", "--full")["total"] == 2
    risks = asked("risks")
    assert [(row["account"], row["rule"], row["at_stake"]) for row in risks["rows"]] == [("Acme", "unhappy", 1000.0)]
    assert asked("portfolio")["currencies"][0]["value_per_customer"] == 750.0
    assert asked("portfolio", "--campaign", "2026-01-01")["compared_with"] == "2025-12-31"
    status = asked("status")
    assert (status["as_of"], status["sources"][0]["rows"], status["backlog"]["waiting"]) == ("2026-03-31", 6, 0)
    code, out, err = headroom("portfolio", "campaign", "2026-01-01")
    assert (code, err) == (0, "")
    assert "compared with 31 Dec 2025, the day before the campaign" in " ".join(out.replace("│", " ").split())


def test_what_cannot_be_answered_is_bad_input(company: Path, headroom: Headroom) -> None:
    assert headroom("renewals", "mine")[0] == 2
    assert headroom("risks", "everywhere")[0] == 2
    code, out, err = headroom("renewals", "--as", "nobody@ours.example")
    assert (code, out) == (2, "")
    assert "nobody@ours.example" in err


def test_the_id_of_a_merged_account_finds_the_one_that_it_lives_on_in(tmp_path: Path) -> None:
    source = crm({"account_id": "old", "nps": 9.0}, {"account_id": "new", "nps": 9.0})
    with nights(tmp_path, source) as house:
        house.night()
        assert house.house.store.find_account("old") is not None
        del source.tables[Table.ACCOUNTS][0]
        source.tables[Table.ACCOUNTS][0]["former_ids"] = "old"
        house.night(1)
        view = house.house.store.find_account("old")
        assert view is not None, "although nothing was ever said of it"
        assert view.account_id == "new"
