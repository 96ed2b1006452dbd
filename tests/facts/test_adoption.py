"""How an account took up what it licensed, and when it first and last used anything: by hand."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from tests.facts.world import World, by, covered, day, every_day

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.facts.world import Row

AS_OF = date(2026, 3, 31)
# Began on 1 June 2025: day 1 is 2 June, day 30 1 July (from 4 June), day 90 30 August (from 3 August), day 180
# 28 November (from 1 November).
BEGAN = {"start": day("2025-06-01"), "end": day("2026-05-31")}
ALL = ("2024-01-01..03-31",)


def seats(quantity: float = 10.0, **more: object) -> Row:
    return {"kind": "seats", "meter": "logins", "quantity": quantity, **BEGAN, **more}


def users(span: str, count: int, meter: str = "logins") -> list[Row]:
    return [row for user in range(count) for row in every_day("", meter, span, user_id=f"u{user}")]


def use(*spans: str, meter: str = "logins", quantity: float = 1.0, **more: object) -> list[Row]:
    return [row for span in spans for row in every_day("", meter, span, quantity, **more)]


@dataclass(frozen=True)
class Case:
    says: str
    usage: list[Row] = field(default_factory=list)
    expected: Mapping[str, Any] = field(default_factory=dict)
    coverage: tuple[str, ...] = ALL
    lines: tuple[Row, ...] = (seats(),)
    since: date | None = None


def adopted(*values: float | None) -> dict[str, float | None]:
    return {f"adoption_day_{number}": value for number, value in zip((1, 30, 90, 180), values, strict=True)}


GROWTH = users("2025-06-02", 2) + users("2025-07-01", 4) + users("2025-08-30", 7) + users("2025-11-28", 5)
CALLS = ({"kind": "allowance", "meter": "calls", "quantity": 100.0, **BEGAN},)

CASES = [
    Case("2, 4, 7 and 5 of 10 licences", GROWTH, adopted(0.2, 0.4, 0.7, 0.5)),
    Case("windows hold 28 days: their first ones",
         users("2025-06-04", 1) + users("2025-08-03", 2) + users("2025-11-01", 3), adopted(0, 0.1, 0.2, 0.3)),
    Case("not the days before and after them",
         [*users("2025-06-01", 5), *users("2025-06-03", 5), *users("2025-07-02..2025-08-02", 5),
          *users("2025-08-31..2025-10-31", 5), *users("2025-11-29..03-31", 5)], adopted(0, 0, 0, 0)),
    Case("one user on many days", users("2025-06-01..03-31", 1), adopted(0.1, 0.1, 0.1, 0.1)),
    Case("more users than licences", users("2025-07-01", 12), adopted(0, 1.2, 0, 0)),
    Case("who uses two products counts for each",
         users("2025-07-01", 3) + users("2025-07-01", 3, "taps"), adopted(0, 0.3, 0, 0),
         lines=(seats(), seats(meter="taps"))),
    Case("licences of that day: 10 more from 1 August", GROWTH, adopted(0.2, 0.4, 0.35, 0.25),
         lines=(seats(), seats(start=day("2025-08-01")))),
    Case("and of a line that has ended since", GROWTH, adopted(0.1, 0.2, 0.7, 0.5),
         lines=(seats(20, end=day("2025-07-31")), seats(start=day("2025-08-01")))),
    Case("a customer before it had a licence", users("2025-07-01", 4), adopted(None, 0.4, 0, 0),
         since=day("2025-06-01"), lines=(seats(start=day("2025-06-15")),)),
    Case("nothing licensed", GROWTH, adopted(None, None, None, None), lines=(seats(0),)),
    Case("a reduction by a line of its own takes from its contract", GROWTH, adopted(0.2, 0.4, 1.4, 1),
         lines=(seats(contract_id="C"), seats(-5, contract_id="C", start=day("2025-08-01")))),
    Case("and not from another one", GROWTH, adopted(0.2, 0.4, 0.7, 0.5),
         lines=(seats(contract_id="C"), seats(-5, contract_id="D"))),
    Case("without licences there is no adoption", use("2025-07-01", meter="calls", user_id="a"),
         adopted(None, None, None, None) | {"adoption_cohort_size": None}, lines=CALLS),
    Case("a day that is not past", users("02-01", 1), adopted(0, 0.1, None, None), lines=(seats(start=day("01-10")),)),
    Case("day 30 is as-of", users("03-31", 1), adopted(0, 0.1, None, None), lines=(seats(start=day("03-01")),)),
    Case("as-of is not covered yet", users("03-30", 1), adopted(0, None, None, None), ("2024-01-01..03-30",),
         (seats(start=day("03-01")),)),
    Case("day 1 is covered, and none before it", GROWTH, adopted(0.2, 0.4, 0.7, 0.5), ("2025-06-02..03-31",)),
    # 23 of 28 days are 82 %, 22 are 79 %
    Case("23 of 28 days covered", GROWTH, adopted(None, 0.4, 0.7, 0.5), ("2025-06-09..03-31",)),
    Case("22 of 28 days covered", GROWTH, adopted(None, None, 0.7, 0.5), ("2025-06-10..03-31",)),
    Case("use without names in one window", GROWTH + use("2025-08-10"), adopted(0.2, 0.4, None, 0.5)),
    Case("over a year ago", users("2024-07-01", 4) + users("2025-03-01", 9), adopted(0, 0.4, 0, 0),
         lines=(seats(start=day("2024-06-01")),)),
    Case("a year that begins within the first 180 days", users("2025-06-01", 4), adopted(0, 0, 0.4, 0),
         lines=(seats(start=day("2025-03-10")),)),
    # first use, last use: of any meter, whether or not it names users
    Case("used from the second week on, three weeks ago", use("2025-06-09..03-10"),
         {"days_to_first_use": 8, "days_since_last_use": 21}),
    Case("on the day of the start, and on as-of", use("2025-06-01", "03-31"),
         {"days_to_first_use": 0, "days_since_last_use": 0}),
    Case("before the start", use("2025-05-01"), {"days_to_first_use": 0, "days_since_last_use": 334}),
    Case("never", [], {"days_to_first_use": None, "days_since_last_use": 303}),
    Case("a row without use is none", use("03-31", quantity=0.0), {"days_since_last_use": 303}),
    Case("of meters without users too", use("2025-06-02", "03-30", meter="calls"),
         {"days_to_first_use": 1, "days_since_last_use": 1, "mau": None}, lines=CALLS),
    Case("of all meters the first and the last", use("2025-06-05") + use("2025-06-03", "03-01", meter="taps"),
         {"days_to_first_use": 2, "days_since_last_use": 30}, lines=(seats(), seats(meter="taps"))),
    Case("up to the last covered day", use("03-26"), {"days_since_last_use": 2}, ("2024-01-01..03-28",)),
    # 20 days since 11 March, 17 of them covered; with four days missing 16 of 20 are just enough
    Case("a gap of four of twenty days", use("03-11"), {"days_since_last_use": 20},
         ("2024-01-01..03-11", "03-16..03-31")),
    Case("a gap of five", use("03-11"), {"days_since_last_use": None}, ("2024-01-01..03-11", "03-17..03-31")),
    Case("a source that is late does not make an account idle", use("03-20"), {"days_since_last_use": None},
         ("2024-01-01..03-20",)),
    Case("one of the four days since then is missing", use("03-27"), {"days_since_last_use": None},
         ("2024-01-01..03-27", "03-29..03-31")),
    Case("one of the four days up to the first use is missing", use("2025-06-05"), {"days_to_first_use": None},
         ("2025-06-02..03-31",)),
    Case("one of five", use("2025-06-06"), {"days_to_first_use": 5}, ("2025-06-02..03-31",)),
    Case("what was before the first use is not covered", use("2025-07-01"), {"days_to_first_use": None},
         ("2025-06-20..03-31",)),
    Case("nothing is measured", [], {"days_to_first_use": None, "days_since_last_use": None, "users_source": None},
         lines=(seats(meter=None),)),
    # change of use: 28 days on the 28 before them
    Case("twice as many calls", use("02-04..03-03", meter="calls") + use("03-04..03-31", meter="calls", quantity=2.0),
         {"usage_change_28d": 1}, lines=CALLS),
    Case("a quarter fewer user days", users("02-04", 4) + users("03-04", 3), {"usage_change_28d": -0.25}),
    Case("nothing before", use("03-04", meter="calls"), {"usage_change_28d": None}, lines=CALLS),
    Case("half of the days before are not covered", use("02-04..03-31", meter="calls"), {"usage_change_28d": None},
         ("02-20..03-31",), CALLS),
    Case("as many a covered day", use("02-09..03-31", meter="calls"), {"usage_change_28d": 0}, ("02-09..03-31",),
         CALLS),
    Case("a line worth 300 twice, one worth 100 half as much",
         use("02-04..03-03", meter="calls") + use("03-04..03-31", meter="calls", quantity=2.0)
         + use("02-04..03-03", meter="taps", quantity=2.0) + use("03-04..03-31", meter="taps"),
         {"usage_change_28d": (300 - 0.5 * 100) / 400},
         lines=({**CALLS[0], "quantity": 3.0, "unit_price": 100.0, "currency": "USD"},
                {**CALLS[0], "meter": "taps", "quantity": 1.0, "unit_price": 100.0, "currency": "USD"})),
]  # fmt: skip


@pytest.fixture(scope="module")
def accounts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Row]:
    world = World(tmp_path_factory.mktemp("adoption"))
    for number, case in enumerate(CASES):
        name = f"case{number}"
        world.account(name, customer_since=case.since)
        for which, line in enumerate(case.lines):
            world.line(name, f"{name}-{which}", **line)
        world.use(row | {"customer": name} for row in case.usage)
        world.cover(*(covered(span, customer=name) for span in case.coverage))
    return by(world.analyse(AS_OF).accounts, "subject")


@pytest.mark.parametrize(("number", "case"), list(enumerate(CASES)), ids=[case.says for case in CASES])
def test_adoption_and_use_have_the_values_computed_by_hand(accounts: dict[str, Row], number: int, case: Case) -> None:
    account = accounts[f"case{number}"]
    assert {name: account[name] for name in case.expected} == {
        name: value if value is None else pytest.approx(value, abs=1e-9) for name, value in case.expected.items()
    }


def joined(world: World, name: str, start: str, count: int, window: str) -> None:
    """Add an account that began on a day, and so many of its ten users on the last day of a window."""
    world.account(name)
    world.line(name, kind="seats", meter="logins", quantity=10.0, start=day(start), end=day("2027-12-31"))
    world.use(row | {"customer": name} for row in users(window, count))
    world.cover(covered("2023-01-01..03-31", customer=name))


def test_a_quartile_is_the_place_among_those_that_came_as_far(world: World) -> None:
    """Nine accounts at day 30 with 0, 1, 2, 2, 4, 5, 6, 9, 9 users: place in the middle 0.5, 1.5, 3, 3, 4.5 .. of 9."""
    for number, count in enumerate((0, 1, 2, 2, 4, 5, 6, 9, 9)):
        joined(world, f"new{number}", "02-01", count, "03-03")
    accounts = by(world.analyse(AS_OF).accounts, "subject")
    quartiles = [accounts[f"new{number}"]["adoption_cohort_quartile"] for number in range(9)]
    # floor(4 x place / 9) + 1 of the places 0.5, 1.5, 3, 3, 4.5, 5.5, 6.5, 8, 8
    assert quartiles == [1, 1, 2, 2, 3, 3, 3, 4, 4]
    assert {accounts[f"new{number}"]["adoption_cohort_size"] for number in range(9)} == {9}


def test_a_place_among_seven_is_withheld(world: World) -> None:
    for number in range(7):
        joined(world, f"new{number}", "02-01", number, "03-03")
    for account in world.analyse(AS_OF).accounts.to_pylist():
        assert (account["adoption_cohort_quartile"], account["adoption_cohort_size"]) == (None, 7)


def test_accounts_of_another_age_are_another_cohort(world: World) -> None:
    for number in range(8):
        joined(world, f"first{number}", "2025-06-01", number, "2025-11-28")  # day 180, its first year
        joined(world, f"second{number}", "2024-06-01", number + 1, "2024-11-28")  # day 180, its second year
        joined(world, f"new{number}", "02-01", number + 2, "03-03")  # day 30
    accounts = by(world.analyse(AS_OF).accounts, "subject")
    for kind in ("first", "second", "new"):
        found = [accounts[f"{kind}{number}"] for number in range(8)]
        assert [one["adoption_cohort_quartile"] for one in found] == [1, 1, 2, 2, 3, 3, 4, 4]
        assert {one["adoption_cohort_size"] for one in found} == {8}
