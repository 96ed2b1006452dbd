"""Any past day is computed as it was then known; what is missing is said."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from bot.core.attribution import Attribution
from bot.facts.engine import Engine
from bot.state.rows import SourceState
from connectors.base import Window
from connectors.schema import Table
from tests.facts.world import World, batch, by, covered, day, every_day

FEBRUARY, MARCH = date(2026, 2, 28), date(2026, 3, 31)


@pytest.fixture(scope="module")
def two_snapshots(tmp_path_factory: pytest.TempPathFactory) -> World:
    """In February 100 were bought; by March it is 200, under another name."""
    world = World(tmp_path_factory.mktemp("facts"))
    world.account("acme")
    world.line("acme", "line", kind="commit", meter="calls", quantity=100.0)
    world.use(every_day("acme", "calls", "01-01..03-31"))
    world.cover(covered("01-01..03-31"))
    world.write(FEBRUARY)
    world.accounts[0]["name"], world.lines[0]["quantity"] = "Acme Renamed", 200.0
    world.account("newcomer")
    world.write(MARCH)
    return world


@pytest.mark.parametrize(
    ("as_of", "names", "contracted", "used"),
    [
        ("02-28", ["Acme"], 100, 59),
        ("03-30", ["Acme"], 100, 89),
        ("03-31", ["Acme Renamed", "Newcomer"], 200, 90),
        ("04-02", ["Acme Renamed", "Newcomer"], 200, 90),  # use is complete to 31 March
    ],
)
def test_a_day_sees_the_snapshot_and_the_use_that_were_known_on_it(
    two_snapshots: World, as_of: str, names: list[str], contracted: float, used: float
) -> None:
    analysis = two_snapshots.engine().analyse(day(as_of))
    line = by(analysis.lines, "line_id")["line"]
    assert analysis.accounts.column("name").to_pylist() == names
    assert (line["contracted"], line["used"]) == (contracted, used)
    assert analysis.notes == ()


def test_before_the_first_snapshot_the_first_one_is_used_and_said_so(two_snapshots: World) -> None:
    analysis = two_snapshots.engine().analyse(day("01-31"))
    assert by(analysis.lines, "line_id")["line"]["contracted"] == 100
    assert analysis.notes == (
        "crm: accounts are those of 2026-02-28, the first that were read",
        "crm: lines are those of 2026-02-28, the first that were read",
    )


def test_an_empty_store_gives_empty_tables(world: World) -> None:
    analysis = world.engine().analyse(MARCH)
    assert (analysis.accounts.num_rows, analysis.lines.num_rows, analysis.sources.num_rows) == (0, 0, 0)


def test_accounts_of_several_sources_are_one_table_and_doubles_are_told_of(world: World) -> None:
    world.account("acme")
    world.line("acme", "line", kind="commit", meter="calls", quantity=5.0)
    world.use(every_day("acme", "calls", "03-01"))
    world.cover(covered("01-01..03-31"))
    world.write(MARCH)
    second = [
        batch(
            Table.ACCOUNTS, MARCH, {"account_id": "acme", "name": "Other"}, {"account_id": "globex", "name": "Globex"}
        ),
        batch(
            Table.LINES, MARCH, world.lines[0] | {"quantity": 9.0}, world.lines[0] | {"line_id": "x", "account_id": "?"}
        ),
    ]
    world.store.write("erp", second, Window(None, MARCH))
    analysis = world.engine().analyse(MARCH)
    assert by(analysis.accounts, "subject")["acme"]["name"] == "Acme"
    assert analysis.accounts.num_rows == 2
    lines = by(analysis.lines, "line_id")
    assert (lines["line"]["contracted"], lines["line"]["used"]) == (5, 1)
    assert (lines["x"]["contracted"], lines["x"]["used"]) == (5, None)  # whose account nobody knows
    assert analysis.notes == (
        "1 contract lines in force name an account that the CRM did not deliver",
        "account acme was delivered 2 times; the first source by name is used",
        "contract line line was delivered 2 times; the first source by name is used",
    )


def test_sources_tell_how_fresh_they_are(two_snapshots: World) -> None:
    two_snapshots.store.write("failing", [], Window(None, MARCH))
    states = [
        SourceState("failing", None, None, "is down", None, None),
        SourceState("usage", None, None, None, 90, 2),
    ]
    settings = {"usage": timedelta(hours=36), "failing": timedelta(days=1)}
    analysis = Engine(two_snapshots.store, Attribution(), settings).analyse(day("04-03"), states)
    rows = by(analysis.sources, "subject")
    assert rows["crm"] == {
        "subject": "crm", "name": "crm", "age_days": 3, "complete_to": MARCH, "stale_after_days": 2.0,
        "failed": False, "error": None, "rows_total": None, "rows_rejected": None, "rejected_share": None,
        "accounts_gone": 0.0, "unmatched_share": None, "incomplete": False, "in_doubt": True,
    }  # fmt: skip
    assert (rows["usage"]["complete_to"], rows["usage"]["age_days"], rows["usage"]["stale_after_days"]) == (
        MARCH,
        3,
        1.5,
    )
    assert (rows["usage"]["rows_total"], rows["usage"]["rows_rejected"]) == (90, 2)
    assert (rows["failing"]["failed"], rows["failing"]["error"]) == (True, "is down")
    assert (rows["failing"]["complete_to"], rows["failing"]["age_days"]) == (None, None)


def test_two_sources_of_one_meter_are_as_complete_as_the_later_one(world: World) -> None:
    world.account("acme")
    world.line("acme", "line", kind="commit", meter="calls", quantity=100.0)
    for source, until in (("eu", "03-31"), ("us", "03-29")):
        world.use(every_day("acme", "calls", "01-01..03-31"), source=source)
        world.cover(covered(f"01-01..{until}"), source=source)
    line = by(world.analyse(MARCH).lines, "line_id")["line"]
    assert (line["usage_as_of"], line["used"]) == (day("03-29"), 2 * 88)


def test_an_account_that_no_source_names_has_used_nothing_where_all_customers_are_covered(world: World) -> None:
    for name in ("acme", "quiet"):
        world.account(name)
        world.line(name, name, kind="commit", meter="calls", quantity=100.0)
    world.use(every_day("acme", "calls", "01-01..03-31"))
    world.cover(covered("01-01..03-31"))
    assert by(world.analyse(MARCH).lines, "line_id")["quiet"]["used"] == 0


def test_a_source_of_whose_customers_none_is_an_account_makes_nobody_zero(world: World) -> None:
    world.account("acme")
    world.line("acme", "line", kind="commit", meter="calls", quantity=100.0)
    world.use([*every_day("x1", "calls", "03-01"), *every_day("x2", "calls", "03-01")])
    world.cover(covered("01-01..03-31"))
    analysis = world.analyse(MARCH)
    assert by(analysis.lines, "line_id")["line"]["used"] is None
    assert analysis.notes == (
        "usage: none of its 2 customers is an account; `accounts.match` names the keys that are compared",
    )


def test_an_account_that_usage_never_named_is_unknown_while_some_of_it_is_nobodys(world: World) -> None:
    for name in ("acme", "globex", "initech"):
        world.account(name)
        world.line(name, name, kind="commit", meter="calls", quantity=100.0)
    world.use(every_day("acme", "calls", "03-01..03-03"))
    world.use(every_day("globex", "clicks", "03-01"))  # named, if not for calls: its nothing is measured
    world.use(every_day("legacy/initech", "calls", "03-01", 7))
    world.cover(covered("01-01..03-31"))
    used = {key: row["used"] for key, row in by(world.analyse(MARCH).lines, "line_id").items()}
    assert used == {"acme": 3, "globex": 0, "initech": None}


def test_an_account_that_usage_never_named_is_zero_where_all_of_it_is_somebodys(world: World) -> None:
    for name in ("acme", "initech"):
        world.account(name)
        world.line(name, name, kind="commit", meter="calls", quantity=100.0)
    world.use(every_day("acme", "calls", "03-01..03-03"))
    world.cover(covered("01-01..03-31"))
    used = {key: row["used"] for key, row in by(world.analyse(MARCH).lines, "line_id").items()}
    assert used == {"acme": 3, "initech": 0}


def test_an_account_that_an_ambiguous_customer_may_be_is_unknown_and_listed(world: World) -> None:
    for name in ("acme-de", "acme-fr"):
        world.account(name, domain="acme.com")
        world.line(name, name, kind="commit", meter="calls", quantity=100.0, product_code="API")
    world.account("globex", domain="globex.com")
    world.line("globex", "globex", kind="commit", meter="calls", quantity=100.0, product_code="API")
    world.line("globex", "book", product_code="BOOK")
    world.use([*every_day("acme.com", "calls", "03-01..03-03"), *every_day("globex.co", "calls", "03-01", 7)])
    world.use(every_day("globex.com", "clicks", "03-01"))
    world.cover(covered("01-01..03-31"))
    world.write(MARCH)
    analysis = world.engine(order=("domain",)).analyse(MARCH)
    used = {key: row["used"] for key, row in by(analysis.lines, "line_id").items()}
    assert used == {"acme-de": None, "acme-fr": None, "globex": 0, "book": None}
    (ambiguous,), (unmatched,) = analysis.unmatched.ambiguous, analysis.unmatched.customers
    assert (ambiguous.customer, ambiguous.total, ambiguous.key) == ("acme.com", 3, "domain")
    assert [candidate.account_id for candidate in ambiguous.candidates] == ["acme-de", "acme-fr"]
    assert (unmatched.customer, dict(unmatched.volume)) == ("globex.co", {"calls": 7})
    assert unmatched.candidates[0].account_id == "globex"
    assert analysis.unmatched.products.select(["product_code", "kind", "lines_in_force"]).to_pylist() == [
        {"product_code": "BOOK", "kind": None, "lines_in_force": 1}
    ]
    assert analysis.unmatched.meters_without_product == ("clicks",)
