"""Whose usage is it, in whole analyses: workspaces, subsidiaries, what is nobody's and what is settled."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bot.core.attribution import Attribution
from bot.core.matching import NOT_OURS
from bot.facts.engine import Engine
from tests.facts.world import METERS, RULES, World, by, covered, day, every_day

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from bot.facts.engine import Analysis

AS_OF = day("03-31")


def analysed(
    world: World, *, roll_up: bool = True, overrides: Mapping[str, str] | None = None, write: bool = True
) -> Analysis:
    if write:
        world.write(AS_OF)
    settings = Attribution(RULES, METERS, ("account_id",), overrides or {}, roll_up)
    return Engine(world.store, settings, threads=1).analyse(AS_OF)


def group(folder: Path) -> World:
    """A parent with a commit of 1000 calls and 10 seats; children of which only `own` has a contract, for calls."""
    made = World(folder)
    made.account("top")
    made.account("mid", parent_id="top")
    made.account("child", parent_id="mid")
    made.account("own", parent_id="top")
    made.line("top", "T", kind="commit", meter="calls", quantity=1000.0)
    made.line("top", "S", kind="seats", meter="logins", quantity=10.0)
    made.line("own", "O", kind="commit", meter="calls", quantity=100.0)
    made.cover(covered("01-01..03-31"))
    made.use(every_day("child", "calls", "03-01..03-10", 5.0))
    made.use(every_day("own", "calls", "03-01..03-10", 3.0))
    return made


def test_use_of_subsidiaries_without_a_contract_counts_to_the_account_above_that_has_one(tmp_path: Path) -> None:
    made = group(tmp_path)
    made.use(every_day("top", "calls", "03-01..03-10", 1.0))
    analysis = analysed(made)
    used = {line: row["used"] for line, row in by(analysis.lines, "line_id").items()}
    assert (used["T"], used["O"]) == (60.0, 30.0)
    accounts = by(analysis.accounts, "subject")
    assert {name: row["subsidiaries_included"] for name, row in accounts.items()} == {
        "top": 1, "mid": 0, "child": 0, "own": 0,
    }  # fmt: skip
    assert any(note.endswith("that one has the contract line: 1") for note in analysis.notes)


def test_a_parent_that_only_its_subsidiaries_use_is_measured_by_them(tmp_path: Path) -> None:
    made = group(tmp_path)
    # A customer that is nobody's leaves accounts that usage never named unknown; this one is named by its child.
    made.use(every_day("nobody", "calls", "03-01..03-02", 1.0))
    assert by(analysed(made).lines, "line_id")["T"]["used"] == 50.0


def test_never_leaves_the_use_of_subsidiaries_where_it_is(tmp_path: Path) -> None:
    analysis = analysed(group(tmp_path), roll_up=False)
    assert by(analysis.lines, "line_id")["T"]["used"] == 0.0
    assert by(analysis.accounts, "subject")["top"]["subsidiaries_included"] == 0


def test_users_of_several_workspaces_and_subsidiaries_are_counted_once(tmp_path: Path) -> None:
    made = group(tmp_path)
    made.use(every_day("top", "logins", "03-20..03-25", 1.0, user_id="ann"))
    made.use(every_day("child", "logins", "03-22..03-24", 1.0, user_id="ann"))
    made.use(every_day("workspace", "logins", "03-22..03-24", 1.0, user_id="ann"))
    made.use(every_day("workspace", "logins", "03-22..03-24", 1.0, user_id="bob"))
    analysis = analysed(made, overrides={"workspace": "top"})
    assert by(analysis.lines, "line_id")["S"]["used"] == 2.0
    assert by(analysis.accounts, "subject")["top"]["active_users"] == 2.0


def test_a_subsidiary_whose_customer_is_ambiguous_leaves_the_account_above_unknown(tmp_path: Path) -> None:
    made = group(tmp_path)
    made.accounts = [
        {**row, "domain": "same.com"} if row["account_id"] in {"mid", "child"} else row for row in made.accounts
    ]
    made.use(every_day("same.com", "calls", "03-01..03-02", 1.0))
    made.write(AS_OF)
    settings = Attribution(RULES, METERS, ("account_id", "domain"))
    analysis = Engine(made.store, settings, threads=1).analyse(AS_OF)
    assert by(analysis.lines, "line_id")["T"]["used"] is None


def test_parents_that_go_in_a_circle_do_no_harm(tmp_path: Path) -> None:
    made = World(tmp_path)
    made.account("a", parent_id="b")
    made.account("b", parent_id="a")
    made.line("b", "L", kind="commit", meter="calls", quantity=10.0)
    made.cover(covered("01-01..03-31"))
    made.use(every_day("a", "calls", "03-01..03-02", 2.0))
    assert by(analysed(made).lines, "line_id")["L"]["used"] == 4.0


# what is nobody's


def nobodys(folder: Path) -> World:
    made = World(folder)
    made.account("acme")
    made.line("acme", "L", kind="commit", meter="calls", quantity=1000.0)
    made.cover(covered("01-01..03-31"))
    made.use(every_day("acme", "calls", "03-31", 60.0))
    made.use(every_day("lost", "calls", "03-31", 30.0))
    made.use(every_day("qa", "calls", "03-31", 10.0))
    made.use(every_day("qa", "clicks", "03-30..03-31", 10.0))
    made.use(every_day("lost", "calls", "01-01", 500.0))  # long ago
    return made


def test_the_recent_volume_that_is_nobodys_is_told_by_source_and_meter(tmp_path: Path) -> None:
    volume = analysed(nobodys(tmp_path)).volume
    assert volume.days == 28
    by_meter = [tuple(row.values()) for row in volume.by_meter.to_pylist()]
    assert volume.by_meter.column_names[2:] == ["quantity", "unmatched", "share", "customers", "bought"]
    assert by_meter == [
        ("usage", "calls", 100.0, 40.0, 0.4, 2, True),
        ("usage", "clicks", 20.0, 20.0, 1.0, 1, False),
    ]
    rows = [(row["customer"], row["meter"], row["quantity"], row["share"]) for row in volume.customers.to_pylist()]
    assert rows == [("qa", "clicks", 20.0, 1.0), ("lost", "calls", 30.0, 0.3), ("qa", "calls", 10.0, 0.1)]


def test_what_is_none_of_ours_is_settled_counts_nowhere_and_doubts_nobody(tmp_path: Path) -> None:
    made = nobodys(tmp_path)
    made.account("quiet")
    made.line("quiet", "Q", kind="commit", meter="calls", quantity=10.0)
    open_ones = analysed(made)
    # While a customer is nobody's, it may be the account that usage never named.
    assert by(open_ones.lines, "line_id")["Q"]["used"] is None
    settled = analysed(made, overrides={"qa": NOT_OURS, "lost": NOT_OURS}, write=False)
    assert by(settled.lines, "line_id")["Q"]["used"] == 0.0
    assert settled.unmatched.customers == ()
    assert [one.customer for one in settled.unmatched.not_ours] == ["lost", "qa"]
    (source,) = [row for row in settled.sources.to_pylist() if row["subject"] == "usage"]
    assert source["unmatched_share"] == 0.0
    assert [row["unmatched"] for row in settled.volume.by_meter.to_pylist()] == [0.0]


def test_the_share_that_holds_alerts_is_that_of_the_summary(tmp_path: Path) -> None:
    analysis = analysed(nobodys(tmp_path))
    (source,) = [row for row in analysis.sources.to_pylist() if row["subject"] == "usage"]
    assert source["unmatched_share"] == pytest.approx(0.4)


def test_an_account_rests_on_its_customers_and_on_those_that_count_to_it(tmp_path: Path) -> None:
    analysis = analysed(group(tmp_path))
    told = {(row["customer"], row["account_id"]) for row in analysis.attributed.to_pylist() if row["source"] == "usage"}
    assert {("child", "child"), ("child", "top"), ("own", "own")} <= told
    assert ("own", "top") not in told
