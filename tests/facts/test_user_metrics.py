"""Users of an account by hand: each case is an account of its own, all are computed at once."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from tests.facts.world import World, by, covered, day, every_day

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tests.facts.world import Row

AS_OF = date(2026, 3, 31)
# The 28 days are 4 to 31 March, those before them 4 February to 3 March, the week is 25 to 31 March.
ALL = ("2024-01-01..03-31",)


@dataclass(frozen=True)
class Case:
    says: str
    usage: tuple[Row, ...] = ()
    expected: Mapping[str, Any] = field(default_factory=dict)
    coverage: tuple[str, ...] = ALL
    lines: tuple[Row, ...] = ({"kind": "seats", "meter": "logins", "quantity": 10.0},)


def used(user: str | None, *spans: str, meter: str = "logins", quantity: float = 1.0, **more: object) -> list[Row]:
    return [row for span in spans for row in every_day("", meter, span, quantity, user_id=user, **more)]


def rows(*groups: Iterable[Row]) -> tuple[Row, ...]:
    return tuple(row for group in groups for row in group)


def counted(span: str, active_users: int, meter: str = "logins") -> list[Row]:
    return used(None, span, meter=meter, quantity=9.0, active_users=active_users)


TWO_METERS: tuple[Row, ...] = (
    {"kind": "seats", "meter": "logins", "quantity": 10.0},
    {"kind": "seats", "meter": "taps", "quantity": 10.0},
)
CALLS = ({"kind": "allowance", "meter": "calls", "quantity": 100.0},)
OLD = ({"kind": "seats", "meter": "logins", "quantity": 10.0, "start": day("2024-06-01")},)
NAMED = (
    "mau", "wau", "stickiness", "active_user_share", "new_users", "users_lost", "active_users_change_28d",
    "light_users", "medium_users", "power_users", "power_user_share", "power_users_lost", "top_user_share",
    "usage_gini",
)  # fmt: skip
UNKNOWN = dict.fromkeys(NAMED)
USERS = {**UNKNOWN, "dau": None}

CASES = [
    # 12 days, 4 days and 1 day of 28; nobody before
    Case(
        "a power, a medium and a light user",
        rows(used("a", "03-04..03-15"), used("b", "03-20..03-23"), used("c", "03-31")),
        {
            "users_source": "usage", "mau": 3, "wau": 1, "dau": 17 / 28, "stickiness": 17 / 28 / 3,
            "light_users": 1, "medium_users": 1, "power_users": 1, "power_user_share": 1 / 3,
            "new_users": 3, "active_user_share": 1, "users_lost": 0, "power_users_lost": 0,
            "active_users_change_28d": None,  # nobody to compare with
            "top_user_share": 12 / 17,
            # rising: 1, 4, 12 of 17: 2 (1x1 + 2x4 + 3x12) / (3 x 17) - 4/3
            "usage_gini": 90 / 51 - 4 / 3,
            "active_users": 3, "licence_utilization": 0.3,
        },
    ),
    Case("3 days are light, 4 medium", rows(used("a", "03-04..03-06"), used("b", "03-04..03-07")),
         {"light_users": 1, "medium_users": 1, "power_users": 0}),
    Case("11 days are medium, 12 power, however far apart",
         rows(used("a", "03-04..03-14"), used("b", "03-04..03-09", "03-25..03-30")),
         {"light_users": 0, "medium_users": 1, "power_users": 1, "power_user_share": 0.5}),
    Case("the first day of the 28", rows(used("a", "03-04")), {"mau": 1, "users_lost": 0, "wau": 0}),
    Case("the day before it", rows(used("a", "03-03")),
         {"mau": 0, "users_lost": 1, "active_users_change_28d": -1, "active_user_share": 0, "stickiness": None,
          "power_user_share": None, "top_user_share": None, "usage_gini": None, "dau": 0}),
    Case("the first day of the 28 before", rows(used("a", "02-04")), {"users_lost": 1}),
    Case("the day before these", rows(used("a", "02-03")),
         {"users_lost": 0, "active_users_change_28d": None, "active_user_share": 0, "new_users": 0}),
    Case("the first day of the week", rows(used("a", "03-25"), used("b", "03-24")), {"wau": 1, "mau": 2}),
    # b was there on 12 days and is gone, c on one; d is new, e was here last summer
    Case(
        "who came, who went",
        rows(used("a", "03-01", "03-10"), used("b", "02-04..02-15"), used("c", "02-20"), used("d", "03-20"),
             used("e", "2025-06-01", "03-21"), used("f", "03-22")),
        {"mau": 4, "users_lost": 2, "power_users_lost": 1, "new_users": 2, "active_user_share": 4 / 6,
         "active_users_change_28d": 4 / 3 - 1},
        lines=OLD,
    ),
    Case("a power user who comes less often is not lost", rows(used("a", "02-04..02-15", "03-20")),
         {"power_users_lost": 0, "users_lost": 0, "power_users": 0, "light_users": 1}),
    Case("seen a year ago to the day is seen", rows(used("a", "2025-04-01", "03-20")),
         {"new_users": 0, "active_user_share": 1}, lines=OLD),
    Case("seen a day earlier is not", rows(used("a", "2025-03-31", "03-20"), used("b", "2025-03-31")),
         {"new_users": 1, "active_user_share": 1}, lines=OLD),
    Case("nor is it among the first days of the contract", rows(used("a", "2025-03-31", "03-20")), {"new_users": 1},
         lines=({**TWO_METERS[0], "start": day("2024-12-01")},)),
    Case("seen before the contract began is seen", rows(used("a", "2025-12-20", "03-20")), {"new_users": 0}),
    Case("covered, and nobody came", (),
         {"users_source": "usage", "mau": 0, "wau": 0, "dau": 0, "light_users": 0, "power_users": 0, "new_users": 0,
          "users_lost": 0, "stickiness": None, "active_user_share": None}),
    Case("a row without use is none", rows(used("a", "03-20", quantity=0.0)), {"mau": 0, "dau": 0}),
    Case("not covered", rows(used("a", "03-20")), USERS, coverage=()),
    # four weeks with gaps: days are not scaled up, and a mean of days is one of the covered days
    Case("23 of 28 days are enough", rows(used("a", "03-05", "03-06")), {"mau": 1, "dau": 2 / 23, "wau": None},
         ("2024-01-01..03-26",)),
    Case("22 of 28 days are too few", rows(used("a", "03-05")), USERS | {"power_users_lost": None},
         ("2024-01-01..03-25",)),
    Case("6 of 7 days are enough for the week", rows(used("a", "03-28")), {"wau": 1},
         ("2024-01-01..03-24", "03-26..03-31")),
    Case("5 of 7 days are too few", rows(used("a", "03-28")), {"wau": None, "mau": 1},
         ("2024-01-01..03-24", "03-27..03-31")),
    Case("use on a day that is not covered does not count", rows(used("a", "03-20"), used("b", "03-21")),
         {"mau": 1, "dau": 1 / 27, "top_user_share": 1}, ("2024-01-01..03-20", "03-22..03-31")),
    Case("three days late: 28 days up to then", rows(used("a", "03-01"), used("b", "02-28"), used("c", "03-22")),
         {"mau": 2, "users_lost": 1, "wau": 1, "dau": 2 / 28}, ("2024-01-01..03-28",)),
    Case("the 28 days before are not covered", rows(used("a", "03-20")),
         {"mau": 1, "users_lost": None, "power_users_lost": None, "active_users_change_28d": None, "new_users": None},
         ("03-01..03-31",)),
    # 365 days of which 292 are 80 %: 2025-06-13 is the 292nd day counted from the end
    Case("292 of 365 days are enough for a year", rows(used("a", "03-20")), {"new_users": 1, "active_user_share": 1},
         ("2025-06-13..03-31",), OLD),
    Case("291 are too few: whoever is seen first is not new", rows(used("a", "03-20")),
         {"mau": 1, "new_users": None, "active_user_share": None}, ("2025-06-14..03-31",), OLD),
    Case("of a young customer the year is as long as the contract", rows(used("a", "03-20")),
         {"new_users": 1}, ("2026-01-01..03-31",)),
    # names
    Case("use without names leaves everything unknown", rows(used("a", "03-05"), used(None, "03-06")),
         USERS | {"wau": 0}),
    Case("use without names the day before the week", rows(used("a", "03-26"), used(None, "03-24")),
         USERS | {"wau": 1}),
    Case("use without names in the 28 days before", rows(used("a", "03-05"), used(None, "03-03")),
         {"mau": 1, "users_lost": None, "active_users_change_28d": None, "power_users_lost": None, "new_users": None}),
    Case("users that are counted by day have a mean", rows(counted("03-20", 5), counted("03-21", 7)),
         UNKNOWN | {"wau": 0, "dau": 12 / 28, "active_users": None}),
    Case("a count that is split into rows is one", rows(counted("03-20", 5), counted("03-20", 5)), {"dau": 5 / 28}),
    Case("named and counted users of one meter add up", rows(used("a", "03-20"), counted("03-20", 5)),
         UNKNOWN | {"dau": 6 / 28, "wau": 0}),
    Case("a day of use without names or numbers", rows(counted("03-20", 5), used(None, "03-21")),
         USERS | {"wau": 0}),
    Case("counts of two meters have no sum", rows(counted("03-20", 5), counted("03-21", 5, "taps")), USERS | {"wau": 0},
         lines=TWO_METERS),
    Case("nor has a count of one meter with names of another",
         rows(counted("03-20", 5), used("a", "03-21", meter="taps")),
         USERS | {"wau": 0}, lines=TWO_METERS),
    # meters
    Case("who uses two products is one user", rows(used("a", "03-20"), used("a", "03-21", meter="taps")),
         {"mau": 1, "dau": 2 / 28, "active_users": 2}, lines=TWO_METERS),
    Case("on one day is one day", rows(used("a", "03-20"), used("a", "03-20", meter="taps")), {"dau": 1 / 28},
         lines=TWO_METERS),
    Case("units of two meters are no sum: each weighs alike",
         rows(used("a", "03-20", quantity=900.0), used("b", "03-20", quantity=100.0),
              used("b", "03-20", meter="taps", quantity=4.0), used("c", "03-20", meter="taps", quantity=1.0)),
         # a .9 / 2, b (.1 + .8) / 2, c .2 / 2; rising .1 .45 .45: 2 (.1 + .9 + 1.35) / 3 - 4/3
         {"top_user_share": 0.45, "usage_gini": 4.7 / 3 - 4 / 3}, lines=TWO_METERS),
    Case("without licences, the meters that name users", rows(used("a", "03-20", meter="calls")),
         {"users_source": "usage", "mau": 1, "active_users": None}, lines=CALLS),
    Case("also without any line", rows(used("a", "02-20", meter="calls"), used("b", "03-20", meter="taps")),
         {"users_source": "usage", "mau": 1, "users_lost": 1}, lines=()),
    Case("other meters are not asked", rows(used("a", "03-20", meter="calls"), used(None, "03-20", meter="taps")),
         {"mau": 1}, lines=()),
    Case("without licences and without names", rows(used(None, "03-20", meter="calls")),
         USERS | {"users_source": None}, lines=CALLS),
    Case("with licences, other meters are not asked", rows(used("a", "03-20"), used("b", "03-20", meter="calls")),
         {"mau": 1}),
    # concentration
    Case("all alike", rows(used("a", "03-20"), used("b", "03-21"), used("c", "03-22"), used("d", "03-23")),
         {"top_user_share": 0.25, "usage_gini": 0}),
    Case("one of two does all of it", rows(used("a", "03-20"), used("b", "03-20", quantity=99.0)),
         # 2 (1 + 2 x 99) / (2 x 100) - 3/2
         {"top_user_share": 0.99, "usage_gini": 0.49}),
    Case("one user is not spread at all", rows(used("a", "03-20")), {"top_user_share": 1, "usage_gini": None}),
    Case("corrections are taken off, below zero is nothing",
         rows(used("a", "03-20", quantity=5.0), used("a", "03-20", quantity=-4.0),
              used("b", "03-20", quantity=1.0), used("b", "03-21", quantity=-3.0), used("c", "03-20")),
         {"mau": 3, "dau": 3 / 28, "top_user_share": 0.5}),
]  # fmt: skip


@pytest.fixture(scope="module")
def accounts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Row]:
    world = World(tmp_path_factory.mktemp("users"))
    for number, case in enumerate(CASES):
        name = f"case{number}"
        world.account(name)
        for which, line in enumerate(case.lines):
            world.line(name, f"{name}-{which}", **line)
        world.use(row | {"customer": name} for row in case.usage)
        world.cover(*(covered(span, customer=name) for span in case.coverage))
    return by(world.analyse(AS_OF).accounts, "subject")


@pytest.mark.parametrize(("number", "case"), list(enumerate(CASES)), ids=[case.says for case in CASES])
def test_users_have_the_values_computed_by_hand(accounts: dict[str, Row], number: int, case: Case) -> None:
    account = accounts[f"case{number}"]
    assert {name: account[name] for name in case.expected} == {
        name: value if value is None or isinstance(value, str) else pytest.approx(value, abs=1e-8)
        for name, value in case.expected.items()
    }


def test_an_account_whose_name_usage_never_said_is_unknown_while_some_of_it_is_nobodys(world: World) -> None:
    for name in ("acme", "silent"):
        world.account(name)
        world.line(name, kind="seats", meter="logins", quantity=10.0)
    world.use(row | {"customer": "acme"} for row in used("a", "03-20"))
    world.use(row | {"customer": "who?"} for row in used("b", "03-20"))
    world.cover(covered(*ALL))
    silent = by(world.analyse(AS_OF).accounts, "subject")["silent"]
    assert {name: silent[name] for name in USERS} == USERS
    assert silent["days_since_last_use"] is None


def test_a_user_under_two_names_of_a_customer_is_one(world: World) -> None:
    world.account("acme", domain="acme.com")
    world.line("acme", kind="seats", meter="logins", quantity=10.0)
    world.use(row | {"customer": "acme"} for row in used("a", "03-20"))
    world.use(row | {"customer": "acme.com"} for row in used("a", "03-20..03-21"))
    world.cover(covered(*ALL))
    world.write(AS_OF)
    (acme,) = world.engine(order=("account_id", "domain")).analyse(AS_OF).accounts.to_pylist()
    assert (acme["mau"], acme["dau"]) == (1, pytest.approx(2 / 28))


def test_the_meter_that_is_least_complete_ends_the_window_of_all(world: World) -> None:
    """Taps are covered to 28 March: who logs in later does not count yet, nor does what was logged in later."""
    world.account("acme")
    for line in TWO_METERS:
        world.line("acme", **line)
    world.use(row | {"customer": "acme"} for row in used("a", "03-10") + used("b", "03-11", quantity=3.0))
    world.use(row | {"customer": "acme"} for row in used("a", "03-30", quantity=9.0) + used("c", "03-30"))
    world.cover(covered("2024-01-01..03-31", meter="logins"), covered("2024-01-01..03-28", meter="taps"))
    (acme,) = world.analyse(AS_OF).accounts.to_pylist()
    assert (acme["mau"], acme["top_user_share"]) == (2, 0.75)


def test_ids_of_several_sources_are_not_mixed(world: World) -> None:
    """`many` names two users within the year, `few` one; `zero` measures more meters of the licences."""
    for name in ("both", "wide"):
        world.account(name)
        for line in TWO_METERS if name == "wide" else TWO_METERS[:1]:
            world.line(name, **line)
        world.use((row | {"customer": name} for row in used("x1", "03-20")), source="few")
        world.use((row | {"customer": name} for row in rows(used("a", "02-20"), used("b", "02-21"))), source="many")
    world.use(
        (row | {"customer": "wide"} for row in rows(used("q", "03-20"), used("q", "03-20", meter="taps"))), "zero"
    )
    for source in ("few", "many", "zero"):
        world.cover(covered(*ALL), source=source)
    accounts = by(world.analyse(AS_OF).accounts, "subject")
    assert (accounts["both"]["users_source"], accounts["both"]["mau"], accounts["both"]["users_lost"]) == ("many", 0, 2)
    assert (accounts["wide"]["users_source"], accounts["wide"]["mau"]) == ("zero", 1)


def test_users_of_a_contract_line_are_found_by_it(world: World) -> None:
    world.account("acme")
    world.line("acme", "L1", kind="seats", meter="logins", quantity=10.0)
    world.line("acme", "L2", kind="seats", meter="logins", quantity=10.0)
    world.account("unread")
    world.line("unread", "L3", kind="seats", meter="logins", quantity=10.0)
    for span in ("03-20", "03-22"):
        world.use(used("a", span, line_id="L1"))
        world.use(used("a", span, line_id="L2"))
    world.use(used("b", "03-22", line_id="L2"))
    world.use(row | {"customer": "acme"} for row in used("c", "03-22"))  # names no line: not counted
    world.cover(covered(*ALL))
    accounts = by(world.analyse(AS_OF).accounts, "subject")
    assert (accounts["acme"]["mau"], accounts["acme"]["dau"]) == (2, pytest.approx(3 / 28))
    assert accounts["unread"]["mau"] is None


def test_users_of_reports_weeks_apart_are_unknown(world: World) -> None:
    world.account("acme")
    world.line("acme", "L1", kind="seats", meter="logins", quantity=10.0)
    world.use(used("a", "02-28", "03-31", line_id="L1"))
    world.cover(covered(*ALL))
    (acme,) = world.analyse(AS_OF).accounts.to_pylist()
    assert {name: acme[name] for name in USERS} == USERS


def test_counts_of_a_contract_line_are_taken_once_however_many_names_its_customer_has(world: World) -> None:
    world.account("acme", domain="acme.com")
    world.line("acme", "L1", kind="seats", meter="logins", quantity=10.0)
    for name, span in (("acme", "03-20"), ("acme.com", "03-22")):
        world.use(row | {"customer": name, "line_id": "L1"} for row in counted(span, 7))
    world.cover(covered(*ALL))
    world.write(AS_OF)
    (acme,) = world.engine(order=("account_id", "domain")).analyse(AS_OF).accounts.to_pylist()
    assert (acme["mau"], acme["dau"]) == (None, pytest.approx(14 / 28))


def test_users_of_a_line_without_licences_are_its_own_and_not_the_accounts(world: World) -> None:
    world.account("acme")
    world.line("acme", "L1", kind="commit", meter="units", quantity=10.0)
    world.use(row | {"customer": "acme", "line_id": "L1"} for row in used("a", "03-20..03-22", meter="units"))
    world.cover(covered(*ALL))
    (acme,) = world.analyse(AS_OF).accounts.to_pylist()
    assert (acme["users_source"], acme["mau"], acme["days_since_last_use"]) == (None, None, None)
