"""`headroom accounts match`: what is told, as tables and as data, and what is written for a person to decide."""

from __future__ import annotations

import csv
import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from typer.testing import CliRunner

from bot.cli import app
from bot.load import load_all
from bot.once import run_once
from bot.overrides import read_overrides

if TYPE_CHECKING:
    from pathlib import Path

    from bot.core.located import Fault


SETTINGS: dict[str, Any] = {
    "company": "Acme",
    "rules": "rules.yaml",
    "sources": [
        {
            "name": "crm",
            "type": "files",
            "files": [
                {
                    "path": "accounts.csv",
                    "tables": {
                        "accounts": {
                            "account_id": "Id", "name": "Name", "domain": "Domain", "external_id": "Ext",
                            "parent_id": "Parent",
                        }
                    },
                },
                {
                    "path": "lines.csv",
                    "tables": {
                        "lines": {
                            "line_id": "L", "account_id": "A", "product_code": "P", "quantity": "Q", "start": "S",
                            "end": "E",
                        }
                    },
                },
            ],
        },
        {
            "name": "usage",
            "type": "files",
            "files": [
                {
                    "path": "usage.csv",
                    "tables": {"usage": {"customer": "customer", "meter": "meter", "day": "day", "quantity": "q"}},
                }
            ],
        },
    ],
    "meters": [{"name": "calls", "unit": "calls"}],
    "products": [{"match": {"code": "API"}, "kind": "commit", "meter": "calls"}],
    "accounts": {"overrides": "who.csv"},
    "deliver": {"directory": "out"},
}  # fmt: skip
RULE = "- {name: low, kind: upsell, when: nps < 0, to: ['#cs'], template: upsell}\n"
TODAY = datetime.now(UTC).date()
ACCOUNTS = """\
Id,Name,Domain,Ext,Parent
A1,Globex Inc,globex.com,g-1,
A2,Globex Labs,labs.globex.com,g-2,A1
A3,Initech,initech.com,i-1,
A4,Initech Old,initech.com,,
A5,Umbrella,umbrella.com,u-1,
"""
# Ten days of each up to today.
USE = {"g-1": 5, "g-2": 7, "globexx.com": 2, "initech.com": 3, "qa-internal": 1, "by-hand": 1, "=1+1": 1}


@pytest.fixture
def company(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with settings and files, of which nothing was read yet; it is the current directory."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("HEADROOM_CONFIG", raising=False)
    (tmp_path / "headroom.yaml").write_text(yaml.safe_dump(SETTINGS))
    (tmp_path / "rules.yaml").write_text(RULE)
    (tmp_path / "accounts.csv").write_text(ACCOUNTS)
    (tmp_path / "who.csv").write_text("note,customer,account_id\nasked Jo,by-hand,A5\n,lost,A9\n,qa-internal,none\n")
    terms = f"{TODAY - timedelta(days=100)},{TODAY + timedelta(days=100)}"
    (tmp_path / "lines.csv").write_text(f"L,A,P,Q,S,E\nL1,A1,API,1000,{terms}\n")
    rows = [f"{one},calls,{TODAY - timedelta(days=ago)},{calls}" for one, calls in USE.items() for ago in range(10)]
    (tmp_path / "usage.csv").write_text("\n".join(["customer,meter,day,q", *rows, ""]))
    return tmp_path


@pytest.fixture
def read(company: Path, capfd: pytest.CaptureFixture[str]) -> Path:
    """The same, after a night."""
    assert run_once(load_all(company / "headroom.yaml"), None, as_json=True)
    capfd.readouterr()
    return company


def match(*options: str) -> dict[str, Any]:
    result = CliRunner().invoke(app, ["accounts", "match", "--json", *options])
    assert result.exit_code == 0, result.output
    data: dict[str, Any] = json.loads(result.stdout)
    return data


def written(path: Path) -> dict[str, dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return {row["customer"]: row for row in csv.DictReader(file)}


def test_it_is_told_what_was_found_by_which_key_and_which_share_of_the_volume_that_is(read: Path) -> None:
    parts = {one["key"]: one for one in match()["parts"]}
    assert {key: (one["customers"], one["volume"]["calls"]) for key, one in parts.items()} == {
        "ambiguous": (1, 30.0),
        "external_id": (2, 120.0),
        "not ours": (1, 10.0),
        "override": (1, 10.0),
        "unmatched": (2, 30.0),
    }
    assert parts["external_id"]["share"] == {"calls": 0.6}
    assert sum(one["share"]["calls"] for one in parts.values()) == pytest.approx(1.0)


def test_what_is_nobodys_is_told_with_its_volume_its_days_and_the_three_nearest_accounts(read: Path) -> None:
    data = match()
    first, second = data["unmatched"]
    assert (first["customer"], first["volume"], first["total"], first["share"]) == (
        "globexx.com", {"calls": 20.0}, 20.0, 0.1,
    )  # fmt: skip
    assert (first["first_day"], first["last_day"]) == (str(TODAY - timedelta(days=9)), str(TODAY))
    assert [near["account_id"] for near in first["nearest"]][:2] == ["A1", "A2"]
    assert len(first["nearest"]) == 3
    assert second["customer"] == "=1+1"
    (several,) = data["ambiguous"]
    assert (several["customer"], several["key"]) == ("initech.com", "domain")
    assert [near["account_id"] for near in several["nearest"]] == ["A3", "A4"]
    assert [one["customer"] for one in data["not_ours"]] == ["qa-internal"]
    assert data["unknown_overrides"] == [{"customer": "lost", "account_id": "A9"}]
    assert data["rolled_up"] == [{"account_id": "A2", "meter": "calls", "to": "A1"}]


def test_people_get_tables(read: Path) -> None:
    result = CliRunner().invoke(app, ["accounts", "match"])
    assert result.exit_code == 0
    for text in ("60 % of calls", "globexx.com", "Globex Inc (A1)", "no account has the id 'A9'", "Subsidiaries"):
        assert text in result.output


def test_one_source_is_looked_at_by_its_name(read: Path) -> None:
    assert match("--source", "usage")["parts"] == match()["parts"]
    assert match("--source", "crm")["parts"] == []
    result = CliRunner().invoke(app, ["accounts", "match", "--source", "usgae"])
    assert (result.exit_code, "did you mean 'usage'?" in result.output) == (2, True)


def test_before_anything_was_read_it_is_said_what_to_do(company: Path) -> None:
    result = CliRunner().invoke(app, ["accounts", "match"])
    assert (result.exit_code, "headroom run --once" in result.output) == (2, True)


# the file that a person confirms


def test_what_is_written_decides_nothing_and_keeps_what_was_decided(read: Path) -> None:
    before = load_all(read / "headroom.yaml").overrides
    match("--write", "who.csv")
    rows = written(read / "who.csv")
    assert load_all(read / "headroom.yaml").overrides == before
    assert rows["by-hand"]["note"] == "asked Jo"
    assert (rows["lost"]["account_id"], rows["qa-internal"]["account_id"]) == ("A9", "-")
    proposed = {"account_id": "", "proposed_account_id": "A1", "proposed_name": "Globex Inc", "volume": "20 calls"}
    assert {key: rows["globexx.com"][key] for key in proposed} == proposed
    assert rows["initech.com"]["proposed_account_id"] == "A3 or A4"
    # Nobody is like it: nothing is proposed. A spreadsheet takes it for text, and Headroom for what it is.
    assert rows["'=1+1"]["proposed_account_id"] == ""


def test_what_a_person_takes_over_counts_and_is_not_asked_again(read: Path) -> None:
    match("--write", "who.csv")
    text = (read / "who.csv").read_text(encoding="utf-8-sig")
    (read / "who.csv").write_text(text.replace("globexx.com,,A1", "globexx.com,A1,A1").replace("'=1+1,,", "'=1+1,-,"))
    data = match("--write", "who.csv")
    assert data["unmatched"] == []
    assert {one["key"]: one["customers"] for one in data["parts"]}["not ours"] == 2
    rows = written(read / "who.csv")
    assert [name for name, row in rows.items() if not row["account_id"]] == ["initech.com"]


def test_a_new_file_has_what_the_settings_have_decided_as_well(read: Path) -> None:
    match("--write", "other.csv")
    rows = written(read / "other.csv")
    assert (rows["by-hand"]["account_id"], rows["globexx.com"]["account_id"]) == ("A5", "")


def test_a_file_with_faults_is_left_alone(read: Path) -> None:
    (read / "mine.csv").write_text("customer,account_id\na,1\na,2\n")
    result = CliRunner().invoke(app, ["accounts", "match", "--write", "mine.csv"])
    assert (result.exit_code, "already stands in line 2" in result.output) == (2, True)
    assert (read / "mine.csv").read_text() == "customer,account_id\na,1\na,2\n"


def test_a_place_that_cannot_be_written_is_told(read: Path) -> None:
    result = CliRunner().invoke(app, ["accounts", "match", "--write", "nowhere/who.csv"])
    assert (result.exit_code, "nowhere/who.csv: cannot be written" in result.output) == (2, True)


@pytest.mark.parametrize("word", ["-", "none", "NONE", " none "])
def test_a_customer_may_be_none(tmp_path: Path, word: str) -> None:
    (tmp_path / "who.csv").write_text(f"customer,account_id\nqa,{word}\nopen,\n")
    faults: list[Fault] = []
    assert read_overrides(tmp_path / "who.csv", faults) == {"qa": "-"}
    assert faults == []
