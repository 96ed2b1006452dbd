"""Several days at once say what each says alone, in their order, of a small store and of a large one."""

from __future__ import annotations

from contextlib import closing
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from bot.core.attribution import Attribution
from bot.facts import engine as module
from bot.facts.engine import Engine
from bot.facts.run import Run
from tests.facts.world import METERS, RULES, World, covered, every_day

if TYPE_CHECKING:
    from pathlib import Path

DAYS = tuple(date(2026, 3, 8) + timedelta(days=ahead) for ahead in range(4))


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    world = World(tmp_path)
    world.account("acme")
    world.line("acme", kind="commit", meter="calls", quantity=1000.0)
    world.cover(covered("01-01..03-31"))
    world.use(every_day("acme", "calls", "01-01..03-31", 5.0))
    world.write(DAYS[0])
    return Engine(world.store, Attribution(RULES, METERS, ("account_id",)), threads=2)


@pytest.mark.parametrize("small", [10**9, 0])
def test_days_come_in_their_order_and_say_what_each_says_alone(
    engine: Engine, small: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_SMALL", small)
    found = list(engine.analyses(DAYS))
    assert tuple(each.as_of for each in found) == DAYS
    # 67 days of the year up to 8 March, 5 a day.
    assert [each.lines.column("used")[0].as_py() for each in found] == [335.0, 340.0, 345.0, 350.0]
    for each in found:
        assert each.accounts.equals(engine.analyse(each.as_of).accounts)


def test_who_stops_listening_is_not_kept_waiting_for_the_other_days(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[date] = []

    class Counted(Run):
        def __init__(self, *arguments: Any) -> None:  # noqa: ANN401  # those of a run
            begun.append(arguments[2])
            super().__init__(*arguments)

    monkeypatch.setattr(module, "Run", Counted)
    with closing(engine.analyses(tuple(DAYS[0] + timedelta(days=ahead) for ahead in range(20)))) as analyses:
        assert next(analyses).as_of == DAYS[0]
    assert DAYS[0] in begun
    assert len(begun) < 10


def test_no_days_are_no_analyses(engine: Engine) -> None:
    assert list(engine.analyses(())) == []
