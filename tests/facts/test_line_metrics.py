"""Every formula of a contract line, by hand: each case is an account of its own, all are computed at once."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from tests.facts.world import World, by, covered, day, every_day

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.facts.world import Row

AS_OF = date(2026, 3, 31)  # the 28 days are 4 to 31 March; the term of 2026 is 90 days old
ALL = "2025-01-01..03-31"


@dataclass(frozen=True)
class Case:
    says: str
    lines: tuple[Row, ...]
    usage: tuple[Row, ...] = ()
    coverage: tuple[str, ...] = (ALL,)
    expected: tuple[Mapping[str, Any], ...] = field(default=())


def line(kind: str, quantity: float = 100, **more: object) -> Row:
    return {"kind": kind, "meter": "calls", "quantity": quantity, **more}


def seats(quantity: float = 10, **more: object) -> Row:
    return {"kind": "seats", "meter": "logins", "quantity": quantity, **more}


def calls(span: str, quantity: float = 1.0) -> tuple[Row, ...]:
    return tuple(every_day("", "calls", span, quantity))


def logins(span: str, *users: str) -> tuple[Row, ...]:
    return tuple(row for user in users for row in every_day("", "logins", span, user_id=user))


def counted(span: str, active_users: int, meter: str = "logins") -> tuple[Row, ...]:
    return tuple(every_day("", meter, span, 99.0, active_users=active_users))


UNKNOWN = {"used": None, "utilization": None, "pace": None, "overage": None, "recent_utilization": None}

CASES = [
    # seats: distinct users of 28 days / seats
    Case("four of ten users", (seats(),), logins("01-01..03-31", *"abcd"), expected=({"used": 4, "utilization": 0.4},)),
    Case("first day of the 28", (seats(),), logins("03-04", "a"), expected=({"used": 1, "utilization": 0.1},)),
    Case("the day before it", (seats(),), logins("03-03", "a"), expected=({"used": 0, "utilization": 0},)),
    Case("one user on many days", (seats(),), logins("03-10..03-20", "a"), expected=({"used": 1},)),
    Case("covered, nobody came", (seats(),), expected=({"used": 0, "utilization": 0, "covered_share": 1},)),
    Case("not covered", (seats(),), logins("03-10", "a"), (), expected=(UNKNOWN,)),
    Case(
        "two lines share their meter's users: 2 of 4 seats",
        (seats(1), seats(3)),
        logins("03-20", "a", "b"),
        expected=({"used": 0.5, "utilization": 0.5}, {"used": 1.5, "utilization": 0.5}),
    ),
    Case("users without names cannot be told apart", (seats(),), counted("03-20..03-21", 5), expected=(UNKNOWN,)),
    Case(
        "of a maximum the highest day counts",
        (seats(meter="gauge"),),
        (*counted("03-20", 5, "gauge"), *counted("03-21", 7, "gauge"), *counted("03-03", 9, "gauge")),
        expected=({"used": 7, "utilization": 0.7},),
    ),
    Case("a row of a user without use is none", (seats(),), tuple(every_day("", "logins", "03-20", 0.0, user_id="a")),
         expected=({"used": 0},)),
    Case("23 of 28 days are enough, users are not scaled", (seats(),), logins("03-20", "a"),
         ("2025-01-01..03-26",), expected=({"used": 1, "covered_share": 23 / 28},)),
    Case("22 of 28 days are too few", (seats(),), logins("03-20", "a"), ("2025-01-01..03-25",), expected=(UNKNOWN,)),
    Case("three days late: 28 days up to then", (seats(),), logins("03-01", "a"), ("2025-01-01..03-28",),
         expected=({"used": 1, "covered_share": 1, "usage_as_of": day("03-28")},)),
    Case("no seats", (seats(0),), logins("03-20", "a"), expected=({"used": 1, "utilization": None, "contracted": 0},)),
    # allowances: used in the period / allowance, periods by the day of the start
    Case(
        "month from the 15th: 17 of 31 days, 6 a day",
        (line("allowance", start=day("01-15"), period="month"),),
        calls("01-15..03-31", 6),
        expected=({
            "used": 102, "utilization": 1.02, "elapsed": 17 / 31, "pace": 1.02 * 31 / 17, "overage": 2,
            "period_start": day("03-15"), "period_end": day("04-14"), "recent_utilization": 28 * 6 / (100 / 31 * 28),
        },),
    ),
    Case(
        "month from the 31st begins anew on the 31st of March",
        (line("allowance", start=day("01-31"), period="month"),),
        calls("01-31..03-31", 6),
        expected=({"used": 6, "elapsed": 1 / 30, "period_start": AS_OF, "period_end": day("04-29")},),
    ),
    Case(
        "month from 30 November: February ends on the 28th",
        (line("allowance", start=day("2025-11-30"), period="month"),),
        calls("02-01..03-31", 1),
        expected=({"used": 2, "period_start": day("03-30"), "period_end": day("04-29")},),
    ),
    Case(
        "quarter: 76 of 90 days",
        (line("allowance", start=day("01-15"), period="quarter"),),
        calls("01-15..03-31"),
        expected=({"used": 76, "utilization": 0.76, "elapsed": 76 / 90, "period_end": day("04-14")},),
    ),
    Case(
        "year: 183 days into the first of two",
        (line("allowance", start=day("2025-09-30"), end=day("2027-09-29"), period="year"),),
        calls("2025-09-01..03-31"),
        expected=({"used": 183, "elapsed": 183 / 365, "period_start": day("2025-09-30")},),
    ),
    Case("a period unsaid is a month", (line("allowance"),), calls("03-01..03-31"),
         expected=({"used": 31, "elapsed": 1, "period": "month"},)),
    Case("over the term", (line("allowance", period="term"),), calls("01-01..03-31"),
         expected=({"used": 90, "elapsed": 90 / 365, "period": "term"},)),
    Case("a new period that is not covered yet", (line("allowance", start=day("01-31"), period="month"),),
         calls("01-31..03-30"), ("2025-01-01..03-30",),
         expected=(UNKNOWN | {"recent_utilization": 28 / (100 / 30 * 28)},)),
    Case("users of a period, not days", (line("allowance", meter="people"),),
         tuple(row for who in "ab" for row in every_day("", "people", "03-01..03-09", user_id=who)),
         expected=({"used": 18},)),
    # commits: used since the start / commit
    Case("90 of 365 days, 2 a day of 1,000", (line("commit", 1000),), calls("01-01..03-31", 2),
         expected=({"used": 180, "utilization": 0.18, "elapsed": 90 / 365, "pace": 0.18 * 365 / 90, "overage": 0},)),
    Case("one unit buys a thousand", ({"product_code": "pack-1000", "quantity": 2.0, "unit_price": 5.0},),
         calls("01-01..03-31", 30), expected=({"kind": "commit", "contracted": 2000, "used": 2700, "utilization": 1.35,
                                               "overage": 700, "overage_value": 3.5, "unit": "calls"},)),
    Case("use before the start is another line's", (line("commit"),), calls("2025-12-01..01-02"),
         expected=({"used": 2},)),
    Case("a gap of 9 of 90 days is filled in proportion", (line("commit"),), calls("01-01..03-31", 2),
         ("2025-01-01..01-31", "02-10..03-31"), expected=({"used": 180, "covered_share": 81 / 90},)),
    Case("a gap of 31 of 90 days is too much", (line("commit"),), calls("01-01..03-31", 2), ("02-01..03-31",),
         expected=(UNKNOWN | {"recent_utilization": 28 * 2 / (100 / 365 * 28)},)),
    Case("two days late: up to the last covered day", (line("commit"),), calls("01-01..03-31", 2),
         ("2025-01-01..03-29",), expected=({"used": 176, "elapsed": 88 / 365, "usage_as_of": day("03-29")},)),
    Case("four days late: the missing days count as uncovered", (line("commit"),), calls("01-01..03-27", 2),
         ("2025-01-01..03-27",), expected=({"used": 180, "elapsed": 90 / 365, "covered_share": 86 / 90},)),
    Case("overlapping coverage counts a day once", (line("commit"),), calls("01-01..03-31", 2),
         ("2025-01-01..02-15", "02-01..02-20", "02-10..03-31"), expected=({"used": 180, "covered_share": 1},)),
    Case("nothing contracted, used all the same", (line("commit", 0, unit_price=3.0, price_period="term"),),
         calls("03-01", 5),
         expected=({"used": 5, "utilization": None, "pace": None, "overage": 5, "overage_value": 15},)),
    Case("a reduction contracts nothing", (line("commit", -50),), calls("03-01", 5),
         expected=({"contracted": -50, "used": 5, "utilization": None, "overage": 5},)),
    Case(
        "overlapping commits share by what they buy: 240 + 30 x 4 x 1/4, and 30 x 4 x 3/4",
        (line("commit", 100), line("commit", 300, start=day("03-02"))),
        calls("01-01..03-31", 4),
        expected=({"used": 270}, {"used": 90}),
    ),
    Case(
        "a line that has ended had its share: half of January",
        (line("commit", 100), line("commit", 100, end=day("01-31"))),
        calls("01-01..03-31", 2),
        expected=({"used": 31 + 59 * 2},),
    ),
    # services
    Case("three of four trainings", (line("service", 4),), calls("02-03", 3),
         expected=({"used": 3, "utilization": 0.75, "pace": None, "overage": None},)),
    Case("a service nobody measures", ({"kind": "service", "quantity": 4.0},), expected=(UNKNOWN,)),
    # what cannot be known
    Case("a meter that no source delivers", (line("commit", meter="dreams"),), expected=(UNKNOWN,)),
    Case("use after the as-of day is not seen", (line("commit"),), calls("03-31..04-20"), ("2025-01-01..04-20",),
         expected=({"used": 1},)),
    Case("use of days that are not covered is not counted", (line("commit"),), calls("01-01..03-31", 2),
         ("2025-01-01..03-30",), expected=({"used": 178},)),
    # value and change
    Case("a month's price over a year", (seats(unit_price=20.0, price_period="month"),), logins("03-20", "a"),
         expected=({"value": 2400, "arr": 2400, "recent_value": 2400 / 365 * 28},)),
    Case("a quarter's price over half a year: 181 days",
         (line("commit", 10, unit_price=3.0, price_period="quarter", end=day("06-30")),),
         expected=({"value": 60, "arr": 120},)),
    Case("a year's price over a month and a half", (line("commit", 1, unit_price=24.0, price_period="year",
                                                        start=day("03-01"), end=day("04-15")),),
         expected=({"value": 24 / 12 * 1.5},)),
    Case("a price of the term is one", (line("commit", 2, unit_price=50.0),), expected=({"value": 100},)),
    Case("overage of a month at a year's price", (line("allowance", 20, unit_price=12.0, price_period="year"),),
         calls("03-01..03-31"), expected=({"overage": 11, "overage_value": 11},)),
    Case("4 a day in January, 3 in February", (line("commit"),),
         (*calls("01-01..01-31", 4), *calls("02-01..02-28", 3)),
         expected=({"change_month": -0.25},)),
    Case("per covered day: half of January is not enough", (line("commit"),), calls("01-01..02-28"),
         ("01-16..03-31",), expected=({"change_month": None},)),
    Case("25 of 31 days are: still the same use a day", (line("commit"),), calls("01-01..02-28"), ("01-07..03-31",),
         expected=({"change_month": 0},)),
    Case("nothing used in January: no change can be told", (line("commit"),), calls("02-01..02-28"),
         expected=({"change_month": None},)),
    Case("users a day: 2 in January, 3 in February", (seats(),), (*logins("01-01..01-31", *"ab"),
                                                                  *logins("02-01..02-28", *"abc")),
         expected=({"change_month": 0.5},)),
    Case("counted users a day", (seats(),), (*counted("01-01..01-31", 4), *counted("02-01..02-28", 3)),
         expected=({"change_month": -0.25},)),
]  # fmt: skip


@pytest.fixture(scope="module")
def computed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Row]:
    world = World(tmp_path_factory.mktemp("lines"))
    for number, case in enumerate(CASES):
        account = f"case-{number:02}"
        world.account(account)
        for place, one in enumerate(case.lines):
            world.line(account, f"{account}-{place}", **one)
        world.use({**row, "customer": account} for row in case.usage)
        world.cover(*(covered(span, customer=account) for span in case.coverage))
    # Other customers, so that every meter but `dreams` is one that the source measures.
    world.use(row for meter in ("calls", "logins", "gauge", "people") for row in every_day("other", meter, "03-01"))
    return by(world.analyse(AS_OF).lines, "line_id")


@pytest.mark.parametrize(("number", "case"), list(enumerate(CASES)), ids=[case.says for case in CASES])
def test_a_line_has_the_values_computed_by_hand(number: int, case: Case, computed: dict[str, Row]) -> None:
    for place, expected in enumerate(case.expected):
        found = computed[f"case-{number:02}-{place}"]
        assert {key: found[key] for key in expected} == {
            key: pytest.approx(value) if isinstance(value, int | float) else value for key, value in expected.items()
        }


def test_a_line_that_has_ended_or_not_begun_is_not_in_force(computed: dict[str, Row]) -> None:
    ended = next(index for index, case in enumerate(CASES) if case.says.startswith("a line that has ended"))
    assert f"case-{ended:02}-1" not in computed
