"""The grid is whole, and its parts are parts of it."""

from __future__ import annotations

from collections import Counter
from itertools import product

import pytest

from tests.faults.beside import beside_the_grid, random_run
from tests.faults.command import run_named
from tests.faults.plan import REPLICAS, Act, Answer, Cell, Db, Point, all_cells, subset


def test_the_grid_has_440_cells_each_once() -> None:
    cells = all_cells()
    assert len(cells) == len(set(cells)) == 11 * 10 * 2 * 2


def test_each_failpoint_is_hit_in_each_way() -> None:
    met = Counter((cell.point, cell.act) for cell in all_cells())
    assert all(met[point, act] >= 13 for point, act in product(Point, Act))


def test_each_failpoint_is_hit_in_each_way_with_two_replicas() -> None:
    met = Counter((cell.point, cell.act) for cell in all_cells() if cell.replicas == 2)
    assert all(met[point, act] >= 6 for point, act in product(Point, Act))


def test_the_subset_meets_every_failpoint_answer_database_and_number_of_replicas() -> None:
    cells = subset()
    assert len(set(cells)) == 22
    assert {cell.point for cell in cells} == set(Point)
    assert {cell.answer for cell in cells} == set(Answer)
    assert {(cell.db, cell.replicas) for cell in cells} == set(product(Db, REPLICAS))
    assert {cell.act for cell in cells} == set(Act)


def test_a_cell_is_found_by_its_name() -> None:
    for cell in all_cells():
        assert Cell.parse(str(cell)) == cell


def test_every_run_is_found_by_its_name() -> None:
    names = [run.name for run in beside_the_grid()]
    assert len(set(names)) == len(names)
    for name in [*names, "random/17", "sending/ok/postgres/2"]:
        assert run_named(name).name == name


def test_a_name_that_none_has_is_refused() -> None:
    with pytest.raises(SystemExit, match="no run 'sending/ok/oracle/2'"):
        run_named("sending/ok/oracle/2")


def test_a_seed_draws_the_same_run_again_and_another_seed_another() -> None:
    assert random_run(3) == random_run(3)
    assert random_run(3).trouble != random_run(4).trouble
