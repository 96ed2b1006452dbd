"""A night of ten source outages, through the installed command: operations hear of it, owners do not, and later do."""

from __future__ import annotations

import csv
import json
import subprocess
from collections import Counter
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tests.acceptance.driving import HEADROOM

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.timeout(300)  # real processes, on a machine that may be busy

FIRST = date(2026, 3, 10)
USAGE = [f"usage{number}" for number in range(1, 10)]
RULES = """\
- name: low-use
  kind: churn_risk
  when: commit_utilization < 0.5 AND tenure_days > 68
  clear: commit_utilization >= 0.6
  to: [owner, "#cs-risk"]
  template: churn_risk
- name: renewal-reminder
  kind: renewal
  when: days_to_deadline BETWEEN 0 AND 60
  clear: days_to_deadline > 60
  countdown: days_to_deadline
  steps: [60, 30]
  to: [owner]
  template: renewal
- name: source-stale
  kind: operations
  scope: source
  when: failed OR age_days IS NULL OR age_days > stale_after_days OR incomplete
  repeat: 3d
  severity: high
  to: ["#cs-ops"]
  template: operations
"""


def _csv(path: Path, rows: list[dict[str, Any]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def company(folder: Path) -> None:
    """Nine accounts, each measured by a source of its own: used little, customers for 68 days on the first night."""
    since, end = FIRST - timedelta(days=68), FIRST + timedelta(days=61)
    accounts = [
        {
            "id": f"a{n}",
            "name": f"Account {n}",
            "owner": f"p{n}",
            "since": since,
            "end": end if n == 1 else "2027-12-31",
        }
        for n in range(1, 10)
    ]
    _csv(folder / "crm" / "accounts.csv", accounts)
    for number, name in enumerate(USAGE, start=1):
        days = [since + timedelta(days=ahead) for ahead in range(80)]
        _csv(folder / name / "use.csv", [{"who": f"a{number}", "day": day, "calls": 1} for day in days])
    (folder / "rules.yaml").write_text(RULES)
    (folder / "headroom.yaml").write_text(json.dumps(settings()))


def settings() -> dict[str, Any]:
    lines = {
        "line_id": {"column": "id", "prefix": "l-"},
        "account_id": "id",
        "product_name": {"value": "Calls"},
        "quantity": {"value": 1000},
        "start": "since",
        "end": "end",
    }
    tables = {
        "accounts": {"account_id": "id", "name": "name", "owner_id": "owner", "customer_since": "since"},
        "people": {"person_id": "owner", "name": "owner"},
        "lines": lines,
    }
    used = {"customer": "who", "day": "day", "quantity": "calls", "meter": {"value": "calls"}}
    coverage = {"first": "2026-01-01"}
    return {
        "company": "Vendor",
        "sources": [
            {"name": "crm", "type": "files", "files": [{"path": "crm/accounts.csv", "tables": tables}]},
            *(
                {
                    "name": name,
                    "type": "files",
                    "stale_after": "500d",  # the files tell of March whenever the test is run
                    "files": [{"path": f"{name}/use.csv", "tables": {"usage": used}, "coverage": coverage}],
                }
                for name in USAGE
            ),
        ],
        "meters": [{"name": "calls", "unit": "calls"}],
        "products": [{"match": {"name": "Calls"}, "kind": "commit", "meter": "calls"}],
        "accounts": {"match": ["account_id"]},
        "rules": "rules.yaml",
        "deliver": {"directory": "messages"},
        "prep": {"post": False},  # what is told of an outage is counted here
    }


def night(folder: Path, days_later: int) -> dict[str, Any]:
    command = [str(HEADROOM), "run", "--once", "--json", "--as-of", str(FIRST + timedelta(days=days_later))]
    done = subprocess.run(command, capture_output=True, text=True, timeout=200, check=False, cwd=folder)
    assert done.returncode in {0, 1}, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def told(run: dict[str, Any]) -> Counter[tuple[str, str, str]]:
    return Counter((one["kind"], one["transition"], one["act"]) for one in run["notices"])


def test_ten_outages_are_ten_messages_to_operations_and_none_to_owners_and_nothing_is_lost(tmp_path: Path) -> None:
    company(tmp_path)
    before = night(tmp_path, 0)
    assert (before["notices"], before["held"]) == ([], [])

    away = tmp_path / "away"
    away.mkdir()
    for name in ("crm", *USAGE):
        (tmp_path / name).rename(away / name)
    outage = night(tmp_path, 1)
    assert told(outage) == {("operations", "fired", "post"): 10}
    assert {one["destination"] for one in outage["notices"]} == {"#cs-ops"}
    assert {one["account"] for one in outage["notices"]} == {"crm", *USAGE}
    # Nine alerts of use, for the reasons of the CRM and a source of their own; and the reminder, for the CRM's alone.
    assert sum(one["findings"] for one in outage["held"]) == 10
    assert {one["by"] for one in outage["held"]} == {"source"}
    assert all("crm could not be read: complete to" in one["detail"] for one in outage["held"])
    assert sum("usage4 could not be read" in one["detail"] for one in outage["held"]) == 1

    for name in ("crm", *USAGE):
        (away / name).rename(tmp_path / name)
    good = night(tmp_path, 2)
    assert good["held"] == []
    assert told(good) == {
        ("churn_risk", "fired", "post"): 18,
        ("renewal", "step-60", "post"): 1,
        ("operations", "resolved", "update"): 10,
    }
    owners = Counter(one["destination"] for one in good["notices"] if one["destination"].startswith("person:"))
    assert owners == {"person:p1": 2, **{f"person:p{number}": 1 for number in range(2, 10)}}
    assert night(tmp_path, 3)["notices"] == []


def test_one_stale_source_holds_the_alerts_of_the_accounts_that_it_measures_alone(tmp_path: Path) -> None:
    company(tmp_path)
    night(tmp_path, 0)
    (tmp_path / "usage1").rename(tmp_path / "away")
    outage = night(tmp_path, 1)
    # The account of the failed source has its reminder, which rests on the contract alone; the other eight are told of.
    assert told(outage) == {
        ("operations", "fired", "post"): 1,
        ("churn_risk", "fired", "post"): 16,
        ("renewal", "step-60", "post"): 1,
    }
    assert [(one["by"], one["findings"]) for one in outage["held"]] == [("source", 1)]
    assert outage["held"][0]["detail"].startswith("usage1 could not be read: complete to ")
