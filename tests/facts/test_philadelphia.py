"""Twenty contracts of the City of Philadelphia, read from its files, against values computed by hand."""

from __future__ import annotations

import csv
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml

from bot.core.attribution import Attribution, Meter
from bot.facts.engine import Engine
from bot.facts.store import FactStore
from connectors.base import Places, Rejects, Window
from connectors.files import Settings, open_source
from tests.facts.world import by

if TYPE_CHECKING:
    from bot.facts.engine import Analysis
    from tests.facts.world import Row

ROOT = Path(__file__).parents[2]
AS_OF = date(2016, 3, 31)
_TABLE = (ROOT / "tests/acceptance/philadelphia_by_hand.csv").read_text(encoding="utf-8")
BY_HAND = list(csv.DictReader(_TABLE.splitlines()))


@pytest.fixture(scope="module")
def analysis(tmp_path_factory: pytest.TempPathFactory) -> Analysis:
    folder = ROOT / "examples" / "philadelphia"
    (entry,) = yaml.safe_load((folder / "headroom.yaml").read_text(encoding="utf-8"))["sources"]
    part = {key: value for key, value in entry.items() if key not in {"name", "type", "stale_after"}}
    source = open_source(entry["name"], Settings.model_validate(part), Places.within(folder))
    store = FactStore(tmp_path_factory.mktemp("facts"))
    # Everything is read, the report after the as-of day too: the analysis must not see that one.
    window = Window(None, date(2016, 6, 30))
    store.write(source.name, source.read(window, Rejects()), window)
    attribution = Attribution(meters=(Meter("payments_usd", "USD"),), order=("account_id",))
    return Engine(store, attribution, {source.name: timedelta(days=100)}).analyse(AS_OF)


@pytest.fixture(scope="module")
def lines(analysis: Analysis) -> dict[str, Row]:
    return by(analysis.lines, "line_id")


def number(text: str) -> float | None:
    return float(text) if text else None


@pytest.mark.parametrize("contract", BY_HAND, ids=[row["current_item_id"] for row in BY_HAND])
def test_a_contract_has_the_values_computed_by_hand(contract: dict[str, str], lines: dict[str, Row]) -> None:
    line = lines[contract["current_item_id"]]
    start, end = date.fromisoformat(contract["start"]), date.fromisoformat(contract["end"])
    assert (line["start"], line["end"]) == (start, end)
    assert line["contracted"] == pytest.approx(number(contract["amount"]))
    assert line["used"] == pytest.approx(number(contract["payments"]))
    assert line["elapsed"] == pytest.approx(((AS_OF - start).days + 1) / ((end - start).days + 1))
    for name in ("utilization", "elapsed", "pace"):
        expected = number(contract[name])
        assert line[name] == (expected if expected is None else pytest.approx(expected, abs=1e-6)), name


def test_there_are_twenty_of_them() -> None:
    assert len(BY_HAND) == 20


def test_all_lines_are_measured_up_to_the_report_of_the_day(analysis: Analysis) -> None:
    assert set(analysis.lines.column("usage_as_of").to_pylist()) == {AS_OF}
    assert analysis.notes == ()
