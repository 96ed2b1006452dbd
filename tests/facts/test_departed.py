"""Accounts that lists had and have no more, and what is made of their usage and contracts."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import pyarrow.parquet as pq

from bot.core.succession import How
from bot.facts.departed import departed, formers_of
from bot.facts.gone import gone_rows
from bot.facts.store import FactStore
from connectors.base import Window
from connectors.schema import Table
from tests.facts.world import World, batch, by, covered, day, every_day

if TYPE_CHECKING:
    from pathlib import Path

    from tests.facts.world import Row

FIRST = date(2026, 3, 1)


def lists(folder: Path, *lists: list[Row], first: date = FIRST) -> FactStore:
    """Accounts as a source listed them on days that follow each other."""
    store = FactStore(folder)
    for number, some in enumerate(lists):
        on = first + timedelta(days=number)
        rows = [{"name": row["account_id"], **row} for row in some]
        store.write("crm", [batch(Table.ACCOUNTS, on, *rows)], Window(on.replace(day=1), on))
    return store


A, B = {"account_id": "a", "external_id": "e-a", "domain": "a.com"}, {"account_id": "b"}


def gone(store: FactStore, days: int) -> list[tuple[str, date]]:
    rows = departed(store, FIRST + timedelta(days=days)).to_pylist()
    return [(row["account_id"], row["last_on"]) for row in rows]


def test_an_account_has_departed_from_the_first_list_without_it_until_it_is_back(tmp_path: Path) -> None:
    store = lists(tmp_path, [A, B], [A, B], [B], [B], [A, B])
    assert [gone(store, days) for days in range(6)] == [
        [], [], [("a", day("03-02"))], [("a", day("03-02"))], [], [],
    ]  # fmt: skip


def test_it_is_kept_what_an_account_was_called_when_it_stood_last(tmp_path: Path) -> None:
    store = lists(tmp_path, [A, B], [{**A, "domain": "new.com"}, B], [B])
    (row,) = departed(store, day("03-03")).to_pylist()
    assert (row["external_id"], row["domain"]) == ("e-a", "new.com")


def register(folder: Path) -> tuple[bytes, int]:
    path = next((folder / "departed").rglob("*.parquet"))
    return pq.read_schema(path).metadata[b"made_from"], path.stat().st_mtime_ns


def test_only_lists_that_no_night_can_change_are_compared_once(tmp_path: Path) -> None:
    store = lists(tmp_path, [A, B], [B], [B], [B])
    assert gone(store, 3) == [("a", day("03-01"))]
    kept, written = register(tmp_path)
    assert (b"2026-03-03" in kept, b"2026-03-04" in kept) == (True, False)
    # The list of the last day is read again, and has the account.
    lists(tmp_path, [A, B], first=day("03-04"))
    assert gone(store, 3) == []
    assert register(tmp_path) == (kept, written)
    # One of the lists before is another one: all is compared anew.
    lists(tmp_path, [A, B], first=day("03-02"))
    assert gone(store, 2) == [("a", day("03-02"))]
    assert register(tmp_path)[1] > written


def test_a_register_that_cannot_be_read_is_made_anew(tmp_path: Path) -> None:
    store = lists(tmp_path, [A, B], [B], [B])
    expected = gone(store, 2)
    next((tmp_path / "departed").rglob("*.parquet")).write_bytes(b"no parquet")
    assert gone(store, 2) == expected == [("a", day("03-01"))]


def test_an_account_that_is_created_again_is_the_same_unless_the_two_stood_together(tmp_path: Path) -> None:
    again = {"account_id": "new", "external_id": "E-A"}
    store = lists(tmp_path, [A, B], [B], [B, again])
    (one,) = formers_of(store, store.snapshot(Table.ACCOUNTS, day("03-03")), day("03-03"))
    assert (one.account_id, one.survivor, one.how) == ("a", "new", How.RECREATED)
    # As it was known the day before, there was no such account.
    assert formers_of(store, store.snapshot(Table.ACCOUNTS, day("03-02")), day("03-02")) == ()
    together = lists(tmp_path / "other", [A, again], [again])
    assert formers_of(together, together.snapshot(Table.ACCOUNTS, day("03-02")), day("03-02")) == ()


def test_what_was_merged_is_not_missing_from_a_list(tmp_path: Path) -> None:
    store = lists(tmp_path, [A, B], [{**B, "former_ids": "a"}])
    assert gone_rows(store, day("03-02"), 7).to_pylist() == [{"source": "crm", "share": 0.0}]
    cut = lists(tmp_path / "cut", [A, B], [B])
    assert gone_rows(cut, day("03-02"), 7).to_pylist() == [{"source": "crm", "share": 0.5}]


# whose the usage is then


AS_OF = day("03-31")


def world(folder: Path) -> World:
    made = World(folder)
    made.cover(covered("01-01..03-31"))
    return made


def used(world: World, line: str) -> float | None:
    analysis = world.engine(order=("external_id", "domain", "account_id")).analyse(AS_OF)
    value: float | None = by(analysis.lines, "line_id")[line]["used"]
    return value


def test_usage_and_contracts_of_a_merged_account_are_those_of_the_survivor(tmp_path: Path) -> None:
    made = world(tmp_path)
    made.account("loser", external_id="x-1", domain="loser.com")
    made.account("keeper", external_id="x-2")
    made.line("keeper", "L", kind="commit", meter="calls", quantity=1000.0)
    made.use(every_day("x-1", "calls", "03-01..03-10", 5.0))
    made.use(every_day("x-2", "calls", "03-01..03-10", 2.0))
    made.write(day("03-30"))
    assert used(made, "L") == 20.0
    made.accounts = []
    made.account("keeper", external_id="x-2", former_ids="loser")
    # A contract that still names the account that is gone.
    made.line("loser", "M", kind="commit", meter="gauge", quantity=10.0)
    made.write(AS_OF)
    assert used(made, "L") == 70.0  # 10 days of 5, and of 2
    analysis = made.engine(order=("external_id",)).analyse(AS_OF)
    assert by(analysis.lines, "line_id")["M"]["account_id"] == "keeper"
    assert [(one.account_id, one.survivor) for one in analysis.former] == [("loser", "keeper")]


def test_an_account_that_was_created_again_keeps_its_usage_and_a_note_says_so(tmp_path: Path) -> None:
    made = world(tmp_path)
    made.account("old", external_id="x-1", domain="x.com")
    made.account("else")
    made.use(every_day("x.com", "calls", "03-01..03-10", 5.0))
    made.write(day("03-30"))
    made.accounts = []
    made.account("else")
    made.account("new", external_id="x-1")
    made.line("new", "L", kind="commit", meter="calls", quantity=1000.0)
    made.write(AS_OF)
    assert used(made, "L") == 50.0
    notes = made.engine().analyse(AS_OF).notes
    assert any("account old is gone from the CRM, and new came with its external id 'x-1'" in note for note in notes)
