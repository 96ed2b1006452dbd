"""The City of Philadelphia's contracts and payments, through the installed command: every row is accounted for."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "philadelphia"
HEADROOM = Path(sys.executable).parent / "headroom"

pytestmark = pytest.mark.timeout(300)  # real processes, on a machine that may be busy


def run(folder: Path, *more: str) -> dict[str, Any]:
    command = [HEADROOM, "run", "--once", "--json", "--config", EXAMPLE / "headroom.yaml", *more]
    done = subprocess.run(
        [str(part) for part in command], cwd=folder, capture_output=True, text=True, timeout=200, check=False
    )
    assert done.returncode == 0, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("philadelphia")


@pytest.fixture(scope="module")
def first(folder: Path) -> dict[str, Any]:
    return run(folder, "--as-of", "2016-03-31")


def rows_of_the_files() -> int:
    """Count the rows with the csv module alone: whatever is not blank and no header."""
    total = 0
    for path in EXAMPLE.glob("FY-*.csv"):
        with path.open(encoding="utf-8", newline="") as lines:
            total += sum(1 for row in csv.reader(lines) if any(cell.strip() for cell in row)) - 1
    return total


def test_every_row_is_read_or_refused_with_its_reason(first: dict[str, Any]) -> None:
    rows = first["rows"]
    assert rows["total"] == rows_of_the_files() == 19_900
    assert rows["read"] + rows["rejected"] == rows["total"]
    assert sum(rows["rejected_by_reason"].values()) == rows["rejected"]
    # 67 items stand again in a report of theirs, 12 amendments take money back, 9 rows of 2013 are cut off, and in
    # one of 2016 the cells are shifted.
    assert rows["rejected_by_reason"] == {
        "duplicate-key": 67,
        "negative-quantity": 12,
        "missing-value": 9,
        "date-unreadable": 1,
    }


def test_refused_rows_are_kept(first: dict[str, Any], folder: Path) -> None:
    (kept,) = (folder / "data" / "philadelphia" / "rejects" / "source=contracts").glob("*.jsonl")
    rows = [json.loads(line) for line in kept.read_text().splitlines()]
    assert len(rows) == first["rows"]["rejected"]
    assert all(row["place"].startswith("FY-") and row["detail"] and row["raw"] for row in rows)


def test_the_tightest_and_the_least_used_contracts_are_those_of_the_files(first: dict[str, Any]) -> None:
    tightest, least = first["tightest"], first["least_used"]
    assert len(tightest) == len(least) == 10
    shares = [row["utilization"] for row in tightest]
    assert shares == sorted(shares, reverse=True)
    assert shares[0] > 1  # more was paid than was contracted
    assert shares[-1] >= 1
    assert {row["utilization"] for row in least} == {0}
    (paid, amount) = paid_and_amount(tightest[0]["line_id"])
    assert tightest[0]["utilization"] == pytest.approx(paid / amount)


def paid_and_amount(item: str) -> tuple[float, float]:
    """Read one contract of the report of 31 March 2016 by hand."""
    with (EXAMPLE / "FY-2016-Q3.csv").open(encoding="utf-8", newline="") as lines:
        rows = [row for row in csv.DictReader(lines) if row["current_item_id"] == item]
    (row,) = rows
    paid, amount = (float(row[name].replace(",", "")) for name in ("tot_payments", "amt"))
    return paid, amount


def test_notices_lie_in_the_directory_one_file_each(first: dict[str, Any], folder: Path) -> None:
    written = list((folder / "data" / "philadelphia" / "messages").rglob("*.json"))
    assert len(written) == len(first["notices"]) > 100
    assert {notice["status"] for notice in first["notices"]} == {"sent"}
    assert {notice["kind"] for notice in first["notices"]} == {"upsell", "churn_risk", "renewal"}


def test_the_same_day_again_says_nothing_twice(first: dict[str, Any], folder: Path) -> None:
    again = run(folder, "--as-of", "2016-03-31")
    assert again["notices"] == []
    assert (again["rows"], again["accounts"], again["episodes"]) == (
        first["rows"],
        first["accounts"],
        first["episodes"],
    )


def test_the_next_report_ends_what_no_longer_holds(first: dict[str, Any], folder: Path) -> None:
    later = run(folder, "--as-of", "2016-06-30")
    transitions = {notice["transition"] for notice in later["notices"]}
    assert "resolved" in transitions
    assert {notice["act"] for notice in later["notices"] if notice["transition"] == "resolved"} == {"update"}


def test_a_day_before_the_last_judged_one_is_refused_in_words(first: dict[str, Any], folder: Path) -> None:
    command = [HEADROOM, "run", "--once", "--config", EXAMPLE / "headroom.yaml", "--as-of", "2015-12-31"]
    done = subprocess.run(
        [str(part) for part in command], cwd=folder, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 2
    # Of two workers either may have gone on to the next report in its own folder.
    assert "2015-12-31 lies before 2016-0" in done.stderr
    assert "Traceback" not in done.stderr
