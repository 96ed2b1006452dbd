"""The benchmarks run at a tiny size and print what `docs/benchmarks.md` promises; no time is asserted."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from benchmarks.measuring import exponent, in_fresh_process, medians, show
from benchmarks.sample import AS_OF, ATTRIBUTION, ROWS_A_DAY, Size, build, usage
from bot.facts.engine import Engine
from bot.facts.store import FactStore

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parent.parent

ANALYSE = {
    "ratio_to_scan": float,
    "seconds": float,
    "scan_seconds": float,
    "peak_mb": int,
    "engine": str,
    "rows": int,
    "accounts": int,
    "days": int,
    "known_accounts": int,
}
GROWTH = {"exponent_in_accounts": float, "exponent_in_days": float}
PULL = {
    "read_ratio_to_csv_reader": float,
    "read_ratio_to_pyarrow": float,
    "read_seconds": float,
    "read_peak_mb": int,
    "write_ratio_to_parquet": float,
    "write_seconds": float,
    "read_and_write_peak_mb": int,
    "csv_reader_seconds": float,
    "pyarrow_seconds": float,
    "parquet_seconds": float,
    "rows": int,
    "csv_mb": float,
}
JUDGE = {
    "ratio_to_filter": float,
    "seconds": float,
    "exponent": float,
    "filter_seconds": float,
    "findings": int,
    "accounts": int,
    "rules": int,
}


EXTRACT = {
    "share_of_bare": float,
    "peak_mb": float,
    "seconds": float,
    "bare_seconds": float,
    "share_of_bare_unkept": float,
    "rows": int,
    "peers": dict,
}


_MS = ("headroom_ms", "bare_ms", "ratio")
SLACK = {
    "accounts": int,
    "rate": float,
    "requests": int,
    "late": int,
    **{f"{mode}_{share}_{what}": float for mode in ("socket", "http") for share in ("p50", "p99") for what in _MS},
    "crm_requests": int,
    "crm_late": int,
    "crm_unanswered": int,
    "crm_answer_p50_ms": float,
    "crm_answer_p99_ms": float,
    "p50_ratio": float,
    "p99_ratio": float,
    "in_process_p50_headroom_ms": float,
    "in_process_p50_bare_ms": float,
}


def run(script: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / "benchmarks" / script), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=100)


def printed(script: str, *arguments: str) -> dict[str, Any]:
    done = run(script, *arguments, "--json")
    assert (done.returncode, done.stderr) == (0, "")
    result: dict[str, Any] = json.loads(done.stdout)
    return result


@pytest.mark.parametrize(
    ("script", "arguments", "form"),
    [
        ("analyse.py", ("--rows", "2000", "--accounts", "8", "--grow", "--repeat", "1"), ANALYSE | GROWTH),
        ("pull.py", ("--rows", "500", "--repeat", "1"), PULL),
        ("judge.py", ("--accounts", "200", "--rules", "6"), JUDGE),
        ("extract.py", ("--rows", "300", "--repeat", "1", "--no-peers"), EXTRACT),
        ("slack.py", ("--accounts", "50", "--seconds", "0.2"), SLACK),
    ],
)
def test_a_benchmark_prints_one_object_of_the_promised_form(
    script: str, arguments: tuple[str, ...], form: dict[str, type]
) -> None:
    assert {name: type(value) for name, value in printed(script, *arguments).items()} == form


def test_for_a_person_each_figure_has_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    show({"rows": 10_000, "engine": "duckdb 2.0.0"}, as_json=False)
    assert capsys.readouterr().out == "  rows  10,000\nengine  duckdb 2.0.0\n"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--rows", "0"), "at least one row"),
        (("--rows", "1000000", "--accounts", "1"), "166667 days; at most 36500"),
        (("--rows", "1000", "--accounts", "3", "--grow"), "at least 4 accounts"),
    ],
)
def test_a_size_that_cannot_be_made_is_refused(arguments: tuple[str, ...], said: str) -> None:
    refused = run("analyse.py", *arguments)
    assert refused.returncode == 2
    assert said in refused.stderr


@pytest.mark.parametrize(
    ("size", "accounts", "days"),
    [
        (Size.of(54_000), 100, 90),
        (Size.of(54_001), 101, 90),  # one row more needs one account more
        (Size.of(7), 1, 7),
        (Size.of(1_000, accounts=60), 60, 3),  # 360 rows a day
        (Size.of(8_000, accounts=8).smaller(accounts=4), 2, 167),
        (Size.of(8_000, accounts=8).smaller(days=4), 8, 41),
    ],
)
def test_rows_are_spread_over_accounts_and_days(size: Size, accounts: int, days: int) -> None:
    assert (size.accounts, size.days) == (accounts, days)
    assert size.rows <= accounts * days * ROWS_A_DAY


@pytest.mark.parametrize("size", [Size.of(54_000), Size.of(1_003, accounts=7), Size.of(1)])
def test_the_sample_has_exactly_the_rows_asked_for_and_as_many_each_day(size: Size) -> None:
    rows_of = Counter(str(day) for rows in usage(size) for day in rows.column("day").to_pylist())
    assert rows_of.total() == size.rows
    assert max(rows_of.values()) - min(rows_of.values()) <= 1
    assert (min(rows_of), max(rows_of), len(rows_of)) == (str(size.first_day), str(AS_OF), size.days)


def test_of_the_sample_every_metric_that_is_timed_is_known(tmp_path: Path) -> None:
    size = Size.of(10_800)  # 20 accounts
    build(tmp_path, size)
    analysis = Engine(FactStore(tmp_path), ATTRIBUTION, threads=1).analyse(AS_OF)
    timed = ["licence_utilization", "allowance_utilization", "commit_utilization", "cus", "usage_change_month"]
    assert {name: analysis.accounts.column(name).null_count for name in timed} == dict.fromkeys(timed, 0)
    assert (analysis.accounts.num_rows, analysis.lines.num_rows) == (20, 60)
    assert analysis.unmatched.customers == ()


def test_what_a_fresh_process_prints_stays_off_standard_output(capfd: pytest.CaptureFixture[str]) -> None:
    in_fresh_process(print, "drawn by a library")
    assert capfd.readouterr() == ("", "")


def test_works_take_turns_after_one_round_to_warm_up() -> None:
    said: list[str] = []

    def saying(word: str) -> Callable[[], None]:
        return lambda: said.append(word)

    seconds = medians({"a": saying("a"), "b": saying("b")}, repeat=2)
    assert said == ["a", "b"] * 3
    assert set(seconds) == {"a", "b"}


def test_an_exponent_tells_growth_in_proportion_from_quadratic() -> None:
    assert [exponent(1.0, large, 4) for large in (1.0, 4.0, 16.0)] == [0.0, 1.0, 2.0]
