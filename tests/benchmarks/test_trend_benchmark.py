"""The trend benchmark: its chunks, what it plants, how it calibrates and scores; run at a tiny size."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from benchmarks.trending.loading import DAYS, WARM_UP, Chunks, Daily, SeriesError, cut, read_series, turn_of_year
from benchmarks.trending.peers import PEERS, Table, mean
from benchmarks.trending.planting import FALLS, FOLLOWED, RISES, Planted, plant, scenarios, thinned, with_gap
from benchmarks.trending.scoring import calibrate, figures, halves, held_out, upcrossings

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]
    Mask = npt.NDArray[np.bool_]

ROOT = Path(__file__).parent.parent.parent
FIRST = date(2015, 3, 1)


def drawn(rows: int, days: int = DAYS, level: float = 100.0, seed: int = 1) -> Floats:
    return np.random.default_rng(seed).poisson(level, (rows, days)).astype(np.float64)


def written(path: Path, series: Mapping[str, tuple[str, Iterable[float]]], first: date = FIRST) -> Path:
    lines = ["series,source,day,count"]
    for name, (source, counts) in series.items():
        lines += [
            f"{name},{source},{first + timedelta(days=day)},{'' if np.isnan(count) else int(count)}"
            for day, count in enumerate(counts)
        ]
    path.write_bytes(gzip.compress("\n".join(lines).encode()) if path.suffix == ".gz" else "\n".join(lines).encode())
    return path


def run(script: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / "benchmarks" / script), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=100)


# Loading


def test_series_are_read_with_missing_days_as_missing(tmp_path: Path) -> None:
    path = tmp_path / "series.csv.gz"
    text = "series,source,day,count\na,x,2020-01-01,5\na,x,2020-01-04,\na,x,2020-01-03,0\n"
    path.write_bytes(gzip.compress(text.encode()))
    daily = read_series(path)["a"]
    assert (daily.source, daily.first) == ("x", date(2020, 1, 1))
    assert np.array_equal(daily.counts, [5, np.nan, 0, np.nan], equal_nan=True)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("series,day,count\n", "no column source; wanted are series,source,day,count"),
        ("series,source,day,count\na,x,2020-13-01,1\na,x,2020-01-01,b\n", ":3: could not convert"),
        ("series,source,day,count\na,x,2020-01-01,-1\n", ":2: -1 is no count"),
        ("series,source,day,count\na,x,2020-01-01,1\na,x,2020-01-01,1\n", ":3: a has 2020-01-01 for the second time"),
        ("series,source,day,count\na,x\n", ":2: too few columns"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_with_its_place(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "series.csv"
    path.write_text(text)
    with pytest.raises(SeriesError, match=said):
        read_series(path)


def test_a_file_that_is_no_gzip_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "series.csv.gz"
    path.write_text("series,source,day,count\n")
    with pytest.raises(SeriesError, match="cannot be read"):
        read_series(path)


def test_chunks_follow_each_other_from_the_first_day_with_a_level_on() -> None:
    counts = np.concatenate([np.full(100, 3.0), np.full(2 * DAYS + 40, 50.0)])
    chunks = cut({"a": Daily("x", FIRST, counts)})
    # The median of the 28 days from day 86 on lies between 3 and 50.
    assert chunks.first == (FIRST + timedelta(days=86), FIRST + timedelta(days=86 + DAYS))
    assert chunks.counts.shape == (2, DAYS)


def test_a_chunk_with_a_third_of_its_days_missing_is_dropped() -> None:
    counts = np.full(2 * DAYS, 50.0)
    counts[DAYS + 28 : DAYS + 28 + 170] = np.nan
    assert cut({"a": Daily("x", FIRST, counts)}).first == (FIRST,)


@pytest.mark.parametrize("name", ["madrid_bus", "bicimad", "bikeshare_casual", "ped_Bourke", "Pedestrian_1"])
def test_what_people_moved_by_ends_before_the_lockdowns(name: str) -> None:
    daily = Daily("x", date(2019, 6, 1), np.full(DAYS, 50.0))
    with pytest.raises(SeriesError, match="the longest has 272"):
        cut({name: daily})
    assert len(cut({"web": daily})) == 1


def test_without_a_long_enough_series_it_is_said_what_is_wanted() -> None:
    with pytest.raises(SeriesError, match=r"no series has 485 days .* the longest has 300"):
        cut({"a": Daily("x", FIRST, np.full(300, 50.0))})


def test_the_fleet_is_the_other_series_of_the_source_on_the_same_days() -> None:
    long = np.arange(50.0, 60.0 + DAYS)
    chunks = cut(
        {
            "a": Daily("x", FIRST, np.full(DAYS, 50.0)),
            "b": Daily("x", FIRST - timedelta(days=10), long),
            "c": Daily("y", FIRST, np.full(DAYS, 50.0)),
        }
    )
    of = dict(zip(chunks.names.tolist(), chunks.others, strict=True))
    assert np.array_equal(of["a"], long[None, 10:])
    assert of["c"].shape == (0, DAYS)


def test_the_turn_of_the_year_is_sixteen_days() -> None:
    masked = turn_of_year((FIRST,))[0]
    days = [FIRST + timedelta(days=int(day)) for day in np.flatnonzero(masked)]
    assert (len(days), days[0], days[-1]) == (16, date(2015, 12, 22), date(2016, 1, 6))


# Planting


def test_a_change_is_planted_from_its_day_on_and_nothing_before() -> None:
    counts = drawn(30)
    planted = plant(counts, FALLS, 2, np.random.default_rng(1), up=False)
    assert len(planted.counts) == 30 * 6 * 2
    assert planted.day.min() >= WARM_UP
    assert planted.day.max() <= DAYS - FOLLOWED
    before = np.arange(DAYS) < planted.day[:, None]
    assert (planted.counts == counts[planted.chunk])[before].all()
    assert (planted.counts <= counts[planted.chunk]).all()


@pytest.mark.parametrize(("percents", "up", "signs"), [(FALLS, False, -1), (RISES, True, 1)])
def test_changes_have_their_size_at_once_or_after_28_days(percents: tuple[int, ...], up: bool, signs: int) -> None:
    counts = np.full((40, DAYS), 1000.0)
    planted = plant(counts, percents, 1, np.random.default_rng(2), up=up)
    since = np.arange(DAYS) - planted.day[:, None]
    for number, name in enumerate(scenarios(percents)):
        its = planted.scenario == number
        size = signs * int(name[4:]) / 100
        late = (planted.counts[its] / 1000 - 1)[(since[its] >= 28) & (since[its] < 60)].mean()
        half = (planted.counts[its] / 1000 - 1)[(since[its] >= 12) & (since[its] <= 14)].mean()
        assert late == pytest.approx(size, abs=0.01)
        assert half == pytest.approx(size if name.startswith("step") else size / 2, abs=0.02)


def test_missing_days_stay_missing() -> None:
    counts = drawn(3)
    counts[:, 200:210] = np.nan
    for made in (
        plant(counts, FALLS, 1, np.random.default_rng(3), up=False).counts,
        thinned(counts, 5, np.random.default_rng(3)),
    ):
        assert np.isnan(made[:, 200:210]).all()
        assert not np.isnan(made[:, :200]).any()


def test_a_thinned_series_has_five_events_on_a_median_day() -> None:
    assert np.median(thinned(drawn(20), 5.0, np.random.default_rng(4))) == 5
    thin = drawn(3, level=2.0)
    assert np.array_equal(thinned(thin, 5.0, np.random.default_rng(4)), thin)


def test_a_gap_is_days_in_a_row_of_the_scored_part() -> None:
    missing = np.isnan(with_gap(drawn(50), 4, np.random.default_rng(5)))
    assert (missing.sum(axis=1) == 4).all()
    assert not missing[:, :WARM_UP].any()
    assert (np.diff(missing.astype(int), axis=1) == 1).sum() == 50


# Scoring


class Fixed:
    """A method whose scores are given: a threshold on them, and nothing else."""

    name = "fixed"

    def __init__(self, plain: Floats, planted: Floats) -> None:
        self._plain, self._planted = plain, planted

    def thresholds(self, chunks: npt.NDArray[np.int64]) -> Floats:
        scores = self._plain[chunks]
        return np.unique(scores[scores > 0])

    def unplanted(self, threshold: float) -> Mask:
        return upcrossings(self._plain, threshold)

    def planted(self, planted: Planted, copies: npt.NDArray[np.int64], threshold: float) -> Mask:
        return upcrossings(self._planted[copies], threshold)


def test_a_score_alarms_anew_after_seven_days_below_its_threshold() -> None:
    scores = np.zeros(30)
    scores[[3, 4, 11, 19]] = 1.0
    assert np.flatnonzero(upcrossings(scores, 1.0)).tolist() == [3, 19]  # 11 is six days below only


def test_the_threshold_is_the_lowest_with_one_false_alarm_a_year_at_most() -> None:
    plain = np.zeros((2, DAYS))
    plain[0, [WARM_UP + 10, WARM_UP + 50, WARM_UP + 90]] = 5.0, 4.0, 3.0
    plain[1, WARM_UP - 10] = 9.0  # the days to warm up are not scored
    both = np.array([True, True])
    assert calibrate(Fixed(plain, plain), both) == 4.0
    assert calibrate(Fixed(plain, plain), both, rate=0.5) == 5.0


def test_what_is_planted_is_found_by_the_first_alarm_since() -> None:
    plain, copies = np.zeros((2, DAYS)), np.zeros((3, DAYS))
    plain[:, WARM_UP] = 1.0
    planted = Planted(copies, np.array([0, 1, 1]), np.array([200, 200, 200]), np.array([0, 0, 0]))
    copies[0, 205:] = 1.0
    copies[1, 195:] = 1.0  # alarmed before, and over the threshold since: nothing new
    copies[2, 185] = copies[2, 210] = 1.0
    found = held_out(Fixed(plain, copies), planted, (np.array([True, False]), np.array([False, True])))
    assert found.delays[[0, 2]].tolist() == [5, 10]
    assert found.delays[1] > 1000
    assert (found.false_alarms, found.thresholds) == (1.0, (1.0, 1.0))


def test_each_half_is_scored_with_the_threshold_of_the_other() -> None:
    plain = np.zeros((2, DAYS))
    plain[0, [200, 300]] = 1.0, 2.0
    plain[1, [200, 300]] = 3.0, 4.0
    planted = Planted(np.zeros((1, DAYS)), np.array([0]), np.array([200]), np.array([0]))
    found = held_out(Fixed(plain, np.zeros((1, DAYS))), planted, (np.array([True, False]), np.array([False, True])))
    assert found.thresholds == (2.0, 4.0)
    assert found.false_alarms == 1.0  # two over 2 in the second half, none over 4 in the first


def test_figures_count_what_was_not_found_as_sixty_days() -> None:
    plain = np.zeros((6, DAYS))
    copies = np.zeros((6, DAYS))
    for number, delay in enumerate((0, 14, 28, 59, 100, None)):
        if delay is not None:
            copies[number, 200 + delay] = 1.0
    plain[:, WARM_UP] = 1.0
    planted = Planted(copies, np.arange(6), np.full(6, 200), np.arange(6))
    every = np.ones(6, bool)
    summed = figures("fixed", held_out(Fixed(plain, copies), planted, (every, every)), FALLS)
    assert summed["rm60"] == pytest.approx((0 + 14 + 28 + 59 + 60 + 60) / 6, abs=0.01)
    assert list(summed["found14"].values()) == [1, 1, 0, 0, 0, 0]
    assert list(summed["found28"].values()) == [1, 1, 1, 0, 0, 0]
    assert list(summed["median_delay"].values()) == [0, 14, 28, 59, None, None]


def test_halves_never_split_a_series() -> None:
    names = np.array(["a", "a", "b", "c", "c", "c"])
    one, other = halves(names, np.random.default_rng(6))
    assert (one ^ other).all()
    assert not set(names[one]) & set(names[other])
    alone = halves(np.array(["a", "a"]), np.random.default_rng(6))
    assert all(half.all() for half in alone)


# Peers


def test_a_mean_wants_half_of_its_days_known() -> None:
    counts = np.array([[1.0, np.nan, np.nan, 4.0, 6.0]])
    assert np.array_equal(mean(counts, 2), [[1, 1, np.nan, 4, 5]], equal_nan=True)
    assert np.array_equal(mean(counts, 2, lag=1), [[np.nan, 1, 1, np.nan, 4]], equal_nan=True)


def scored(name: str, counts: Floats) -> Floats:
    return PEERS[name](Table(counts, (FIRST,) * len(counts), np.ones(counts.shape, bool)))


@pytest.mark.parametrize(
    ("name", "score"),
    [
        ("month-on-month-rolling", 0.5),
        ("30-against-90-days", 0.5),
        ("week-on-week-percent", 0.0),
        ("month-on-month-calendar", 0.5),
    ],
)
def test_a_share_is_that_of_the_window_before(name: str, score: float) -> None:
    # Halved on 1 June: on 1 July and on the last day of June the month before is whole.
    counts = np.full((1, 200), 80.0)
    counts[0, (date(2015, 6, 1) - FIRST).days :] = 40.0
    day = (date(2015, 7, 1) - FIRST).days
    assert scored(name, counts)[0, day - (name != "month-on-month-calendar")] == pytest.approx(score)


@pytest.mark.parametrize("name", sorted(PEERS))
def test_a_peer_sees_a_fall_and_knows_nothing_of_days_to_come(name: str) -> None:
    counts = drawn(2)
    counts[:, 300:] = np.floor(counts[:, 300:] * 0.4)
    counts[0, 320:323] = np.nan
    changed = counts.copy()
    changed[:, 345:] = 900.0
    one, other = scored(name, counts), scored(name, changed)
    assert np.array_equal(one[:, :345], other[:, :345])
    assert (one[:, 300:360].max(axis=1) > one[:, WARM_UP:300].max(axis=1)).all()


# The whole


def test_the_benchmark_prints_what_the_design_promises(tmp_path: Path) -> None:
    chance = np.random.default_rng(7)
    shared = 1 + 0.2 * np.sin(np.arange(700) / 30)
    series = {
        f"s{number}": (f"source{number % 2}", chance.poisson(80 * shared).astype(np.float64)) for number in range(5)
    }
    path = written(tmp_path / "series.csv.gz", series)
    done = run(
        "trend.py",
        "--series",
        str(path),
        "--only",
        "headroom",
        "--only",
        "month-on-month-rolling",
        "--copies",
        "1",
        "--json",
    )
    assert (done.returncode, done.stderr) == (0, "")
    result: dict[str, Any] = json.loads(done.stdout)
    assert [row["name"] for row in result["methods"]] == ["headroom", "month-on-month-rolling"]
    for row in result["methods"]:
        assert {"name", "false_alarms", "rm60", "found14", "found28", "median_delay"} <= set(row)
        assert set(row["found14"]) == set(scenarios(FALLS)) == set(row["found28"]) == set(row["median_delay"])
    ours, month = result["methods"]
    assert ours["rm60"] < month["rm60"]
    assert ours["found14"]["step50"] > 0.8
    names = [row["name"] for row in result["variants"]]
    assert names == ["without_fleet", "without_calendar", "thinned", "thinned_fleet", "rises", "gap"]
    assert set(result["variants"][4]["found14"]) == set(scenarios(RISES))
    assert (result["series"], result["chunks"], result["seed"]) == (5, 5, 1)


def test_one_series_is_enough_and_a_seed_says_the_same_twice(tmp_path: Path) -> None:
    path = written(tmp_path / "one.csv", {"a": ("x", drawn(1, 520)[0])})
    asked = ("--series", str(path), "--seed", "3", "--only", "headroom", "--variants", "gap", "--copies", "1")
    one, other = (run("trend.py", *asked, "--json") for _ in range(2))
    assert one.returncode == 0
    assert one.stdout == other.stdout
    shown = run("trend.py", *asked)
    assert "headroom" in shown.stdout
    assert "1 series, 1 chunks of 485 days, seed 3." in shown.stdout


def test_a_file_without_a_long_series_ends_with_two(tmp_path: Path) -> None:
    path = written(tmp_path / "short.csv", {"a": ("x", [50.0] * 90)})
    done = run("trend.py", "--series", str(path))
    assert (done.returncode, done.stdout) == (2, "")
    assert "no series has 485 days" in done.stderr


def test_the_speed_of_the_detector_is_told_beside_a_bare_pass() -> None:
    done = run("measure.py", "--accounts", "400", "--fleet-size", "100", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    result = json.loads(done.stdout)
    assert {"ratio_to_log", "seconds", "exponent", "peak_mb", "nanoseconds_a_cell"} <= set(result)
    assert (result["accounts"], result["days"]) == (400, 400)


def test_the_shipped_series_are_the_ten_of_one_source() -> None:
    series = read_series(ROOT / "benchmarks" / "data" / "cran_daily.csv.gz")
    assert len(series) == 10
    assert {daily.source for daily in series.values()} == {"cran"}
    assert isinstance(cut(series), Chunks)
