from __future__ import annotations

import csv
import json
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest

from benchmarks.forecasting.cases import cut, incomplete, load, shortened, thinned
from benchmarks.forecasting.methods import PEERS, weighted_quantile
from benchmarks.forecasting.scores import score, summary
from bot.core.forecasting.settings import ForecastSettings

SCRIPT = Path(__file__).parents[3] / "benchmarks" / "forecast.py"


def write(path: Path, series: int, days: int) -> Path:
    chance = np.random.default_rng(5)
    with path.open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["series", "source", "day", "count"])
        for number in range(series):
            level = 50 * np.exp(chance.normal(0, 0.02, days).cumsum())
            for day, count in enumerate(chance.poisson(level)):
                rows.writerow([f"s{number}", "made", date(2024, 1, 1) + timedelta(day), "" if day % 50 == 7 else count])
    return path


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(SCRIPT), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=100)


def test_another_file_is_scored_by_halves_and_as_shipped(tmp_path: Path) -> None:
    done = run("--series", str(write(tmp_path / "many.csv", 4, 200)), "--json", "--made", "1")
    assert (done.returncode, done.stderr) == (0, "")
    result = json.loads(done.stdout)
    assert result["series"] == 4
    for variant in result["held_out"].values():
        assert [method["name"] for method in variant] == ["headroom", *PEERS]
        assert [row["days"] for row in variant[0]["horizons"]] == [7, 30, 90, 180, "run-out"]
    assert result["methods"] == result["held_out"]["as they are"]
    assert 0.4 < result["methods"][0]["horizons"][0]["coverage"] <= 1
    assert result["methods"][1]["horizons"][0]["error_ratio"] == 1


def test_one_series_cannot_be_halved_and_is_scored_as_shipped(tmp_path: Path) -> None:
    done = run("--series", str(write(tmp_path / "one.csv", 1, 130)), "--json", "--made", "1")
    assert done.returncode == 0
    assert "1 series can't be halved" in done.stderr
    result = json.loads(done.stdout)
    assert result["held_out"] == {}
    assert result["methods"] == result["as_shipped"]["as they are"]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("series,day,count\n", "no column source"),
        ("series,source,day,count\na,b,2024-13-01,5\n", "2: "),
        ("series,source,day,count\na,b,2024-01-01,5\na,b,2024-01-02,-5\n", "3: count -5 is below 0"),
        ("series,source,day,count\na,b,2024-01-01,5\n", "no series has 56 days of history"),
    ],
)
def test_a_file_that_cannot_be_scored_says_why(tmp_path: Path, text: str, fault: str) -> None:
    path = tmp_path / "bad.csv"
    path.write_text(text)
    done = run("--series", str(path))
    assert done.returncode == 1
    assert fault in done.stderr
    assert "Traceback" not in done.stderr


def test_variants_keep_what_they_do_not_change(tmp_path: Path) -> None:
    cases = cut(load(write(tmp_path / "s.csv", 2, 300)), 200, 1)
    short, thin, late = shortened(cases, 1), thinned(cases, 1), incomplete(cases, 1)
    np.testing.assert_array_equal(short.history[:, -50:], cases.history[:, -50:])
    assert (np.isfinite(short.history).sum(axis=1) <= np.isfinite(cases.history).sum(axis=1)).all()
    np.testing.assert_array_equal(np.isnan(thin.history), np.isnan(cases.history))
    assert np.nanmean(thin.history[:, -84:]) == pytest.approx(5, rel=0.1)
    np.testing.assert_array_equal(late.history[:, :-3], cases.history[:, :-3])
    np.testing.assert_allclose(late.lost, np.nansum(cases.history - late.history, axis=1))


def test_use_of_a_forecast_that_is_right_is_no_error(tmp_path: Path) -> None:
    path = tmp_path / "even.csv"
    days = [f"s,x,{date(2024, 1, 1) + timedelta(day)},10" for day in range(200)]
    path.write_text("\n".join(["series,source,day,count", *days]))
    found = score(cut(load(path), 120, 1), None, ForecastSettings())
    assert found["headroom"][30]["error"]["s"] == pytest.approx(0, abs=1e-6)
    assert found["run rate"]["run-out"]["error"]["s"] == 0
    rows = summary([found])[0]["horizons"]
    assert [row["coverage"] for row in rows] == [1, 1, 1, None, 1]


def test_a_weighted_quantile() -> None:
    values, weights = np.array([3.0, 1.0, 2.0, np.nan]), np.array([1.0, 1.0, 2.0, 0.0])
    assert [weighted_quantile(values, weights, share) for share in (0.2, 0.5, 0.9)] == [1, 2, 3]
