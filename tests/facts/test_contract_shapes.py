"""Contracts as people sign them, each with its arithmetic: ramps, co-terms, amendments within a period, resets."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

from tests.facts.shapes import AS_OF, Case, calls, check, compute, line, logins, month, seats, units
from tests.facts.world import World, by, covered, day, every_day

if TYPE_CHECKING:
    from tests.facts.world import Row

CASES = [
    # ramps: steps of one contract
    Case(
        "a ramp of quantity: 100 for 3 months, 150 for 9",
        (seats(100, "01-01..03-31"), seats(150, "04-01..12-31")),
        # 100 x 120 x 3/12 = 3,000 and 150 x 120 x 9/12 = 13,500, over one year.
        account={"arr": 12_000, "acv": 16_500, "tcv": 16_500, "seats": 100, "active_lines": 1,
                 "renewal_date": day("12-31"), "days_to_renewal": 275, "expansions": 0, "contractions": 0},
        each=({"contracted": 100, "end": AS_OF, "runs_to": day("12-31"), "value": 3000},),
    ),
    Case(
        "a ramp of price over three years: 100, 110, 120 each",
        (seats(100, "2025-01-01..2025-12-31", 100), seats(100, "2026-01-01..2026-12-31", 110),
         seats(100, "2027-01-01..2027-12-31", 120)),
        # A dearer licence is no more licences.
        account={"arr": 11_000, "acv": 11_000, "tcv": 33_000, "renewal_date": day("2027-12-31"), "expansions": 0,
                 "contractions": 0, "last_expansion": None},
    ),
    Case(
        "a ramp down ends no contract, but is a contraction: 100, then 60",
        (seats(100, "2025-07-01..2025-12-31"), seats(60, "2026-01-01..2026-06-30")),
        account={"arr": 7200, "contractions": 1, "contraction_arr": 4800, "renewal_date": day("06-30"),
                 # 100 x 120 / 2 + 60 x 120 / 2 over the one year that it lasts
                 "acv": 9600, "tcv": 9600},
    ),
    Case(
        "a step that nothing follows ends: another product, another contract, a day too late",
        (seats(100, "01-01..06-30"), line("commit", 5, "07-01..12-31"), seats(100, "07-01..12-31", contract_id="d"),
         seats(100, "07-02..12-31")),
        account={"renewal_date": day("06-30")},
    ),
    # co-terms
    Case(
        "20 more that end with the contract: 5 months of its year",
        (seats(100, "2025-07-01..2026-06-30"), seats(20, "2026-02-01..2026-06-30")),
        # 100 x 120 + 20 x 120 x 5/12 = 13,000
        account={"arr": 14_400, "tcv": 13_000, "acv": 13_000, "seats": 120, "renewal_date": day("06-30"),
                 "expansions": 1, "expansion_arr": 2400, "last_expansion": day("02-01")},
        each=({"contracted": 100}, {"contracted": 20}),
    ),
    # amendments within the period of an allowance: 14 days at 62 a month, 17 days at 93
    Case(
        "amended on the 15th: 62 x 14/31 + 93 x 17/31 = 28 + 51 = 79 for March; 3 a day are 93",
        (month(62, "01-01..03-14"), month(93, "03-15..12-31")),
        calls("01-01..03-31", 3),
        account={"allowance_utilization": 93 / 79, "overage": 14, "headroom": -14, "overage_value": 140,
                 # 31 more at 10 a month
                 "arr": 93 * 120, "expansions": 1, "expansion_arr": 31 * 120},
        each=({"quantity": 93, "contracted": 79, "used": 93, "elapsed": 1, "pace": 93 / 79, "overage": 14,
               "period_start": day("03-01"), "period_end": AS_OF, "runs_to": day("12-31"),
               # The rate of today: 3 a day x 28 of 93 / 31 x 28
               "recent_utilization": 1},),
    ),
    Case(
        "the same booked as a line beside the first: 62 + 31 x 17/31 = 79, and both are as tight",
        (month(62), month(31, "03-15..12-31")),
        calls("01-01..03-31", 3),
        account={"allowance_utilization": 93 / 79, "overage_value": 140, "arr": 93 * 120, "expansions": 1,
                 "expansion_arr": 31 * 120},
        each=({"contracted": 62, "used": 93 * 62 / 79, "utilization": 93 / 79},
              {"contracted": 17, "used": 93 * 17 / 79, "utilization": 93 / 79, "period_start": day("03-01")}),
    ),
    Case(
        "less from the 15th, booked as a reduction: 93 - 31 x 17/31 = 76",
        (month(93), month(-31, "03-15..12-31")),
        calls("01-01..03-31", 3),
        account={"allowance_utilization": 93 / 76, "arr": 62 * 120, "contractions": 1, "contraction_arr": 31 * 120},
        each=({"contracted": 76, "used": 93}, {"contracted": 0, "used": 0, "utilization": None, "overage": 0}),
    ),
    Case(
        "an amendment that is signed and still to come: 62 x 21/31 + 93 x 10/31 = 42 + 30 = 72 from the 15th",
        (month(62, "01-15..04-04"), month(93, "04-05..12-31")),
        calls("01-15..03-31", 3),
        each=({"contracted": 72, "used": 51, "elapsed": 17 / 31, "period_end": day("04-14")},),
    ),
    Case(
        "an amendment keeps the days on which the contract resets",
        (month(62, "01-10..02-19"), month(62, "02-20..12-31")),
        calls("01-10..03-31", 3),
        each=({"contracted": 62, "used": 22 * 3, "period_start": day("03-10"), "period_end": day("04-09")},),
    ),
    Case(
        "another contract resets on days of its own; on days of both each has its half",
        (month(100), month(100, "03-15..12-31", contract_id="d")),
        calls("01-01..03-31", 4),
        # March: 14 days x 4 + 17 x 2; from the 15th on: 17 x 2
        each=({"contracted": 100, "used": 90}, {"contracted": 100, "used": 34, "period_start": day("03-15")}),
    ),
    Case(
        "licences count as they are today, however many they were in the 28 days",
        (seats(4, "01-01..03-20"), seats(8, "03-21..12-31")),
        logins(*"abcdef"),
        account={"seats": 8, "licence_utilization": 0.75, "licence_headroom": 2, "shelfware": 2,
                 "shelfware_value": 240},
    ),
    Case(
        "a reduction of licences is taken from those that it reduces",
        (seats(10), seats(-4, "03-01..12-31")),
        logins(*"abc"),
        account={"seats": 6, "licence_utilization": 0.5, "arr": 720},
        each=({"contracted": 6, "used": 3}, {"contracted": 0, "used": 0}),
    ),
    Case(
        "a commit bought in mid-term counts whole: 184 days x 3 + 90 x 3 x 2/3, and 90 x 3 x 1/3",
        (line("commit", 1000, "2025-07-01..2026-06-30"), line("commit", 500, "2026-01-01..2026-06-30")),
        units("2025-07-01..03-31", 3),
        each=({"contracted": 1000, "used": 732, "headroom": 268},
              {"contracted": 500, "used": 90, "headroom": 410, "elapsed": 90 / 181}),
    ),
    Case(
        "commits that follow each other are each drawn down for themselves",
        (line("commit", 100, "2025-07-01..2025-12-31"), line("commit", 200)),
        units("2025-07-01..03-31", 1),
        each=({"contracted": 200, "used": 90, "period_start": day("01-01")},),
    ),
    # resets
    Case(
        "a calendar month, first one: 21 of 31 days",
        (line("allowance", 62, "03-11..12-31", product_code="CAL-month"),),
        calls("03-11..03-31", 1),
        each=({"contracted": 42, "used": 21, "utilization": 0.5, "elapsed": 1, "pace": 0.5,
               "period_start": day("03-11"), "period_end": AS_OF},),
    ),
    Case(
        "a calendar month in the middle of the term",
        (line("allowance", 62, "01-11..12-31", product_code="CAL-month"),),
        calls("01-11..03-31", 1),
        each=({"contracted": 62, "used": 31, "period_start": day("03-01"), "period_end": AS_OF},),
    ),
    Case(
        "a calendar quarter, first one: 45 of 90 days",
        (line("allowance", 100, "02-15..12-31", product_code="CAL-quarter"),),
        calls("02-15..03-31", 1),
        each=({"contracted": 50, "used": 45, "period_start": day("02-15"), "period_end": AS_OF},),
    ),
    Case(
        "a calendar year, last one: 181 of 365 days",
        (line("allowance", 365, "2025-07-01..2026-06-30", product_code="CAL-year"),),
        calls("2025-07-01..03-31", 1),
        each=({"contracted": 181, "used": 90, "elapsed": 90 / 181, "period_end": day("06-30")},),
    ),
    Case(
        "two contracts with the same calendar month are one pool: 62 + 62 x 17/31 = 96",
        (line("allowance", 62, product_code="CAL-month"),
         line("allowance", 62, "03-15..12-31", contract_id="d", product_code="CAL-month")),
        calls("01-01..03-31", 3),
        each=({"contracted": 62, "used": 93 * 62 / 96}, {"contracted": 34, "used": 93 * 34 / 96}),
    ),
    Case(
        "the last period of a term is as short as the term: 21 of 31 days",
        (month(62, "01-15..04-04"),),
        calls("01-15..03-31", 1),
        each=({"contracted": 42, "used": 17, "elapsed": 17 / 21, "period_end": day("04-04")},),
    ),
    Case(
        "an allowance of a year in a term of three",
        (line("allowance", 1000, "2024-10-01..2027-09-30", period="year", unit_price=36.0, price_period="term"),),
        calls("2024-10-01..03-31", 1),
        account={"arr": 12_000, "acv": 12_000, "tcv": 36_000},
        each=({"used": 182, "elapsed": 182 / 365, "period_start": day("2025-10-01"), "period_end": day("09-30")},),
    ),
    Case(
        "a level is held against what is in force, and never pro rata",
        (line("allowance", 100, "01-01..03-14", meter="gauge", period="month"),
         line("allowance", 150, "03-15..12-31", meter="gauge", period="month")),
        tuple(every_day("", "gauge", "03-01..03-31", 120)),
        each=({"contracted": 150, "used": 120, "utilization": 0.8},),
    ),
]  # fmt: skip


@pytest.fixture(scope="module")
def computed(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Row], dict[str, Row]]:
    return compute(tmp_path_factory.mktemp("shapes"), CASES)


@pytest.mark.parametrize(("number", "case"), list(enumerate(CASES)), ids=[case.says for case in CASES])
def test_a_contract_has_the_values_computed_by_hand(
    number: int, case: Case, computed: tuple[dict[str, Row], dict[str, Row]]
) -> None:
    check(number, case, computed)


def test_a_backdated_line_counts_from_its_start_once_it_is_known(world: World) -> None:
    """Signed in March for the time since 15 January: February's figures stay what they were."""
    world.account("acme")
    world.line("acme", "first", **month(31))
    world.use(every_day("acme", "calls", "01-01..03-31", 2))
    world.cover(covered("2025-01-01..03-31"))
    world.write(date(2026, 2, 28))
    world.line("acme", "late", **month(31, "01-15..12-31"))
    world.write(AS_OF)

    then = world.engine().analyse(date(2026, 2, 28))
    assert by(then.lines, "line_id").keys() == {"first"}
    assert by(then.accounts, "subject")["acme"]["expansions"] == 0
    now = world.engine().analyse(AS_OF)
    assert {key: row["contracted"] for key, row in by(now.lines, "line_id").items()} == {"first": 31, "late": 31}
    acme = by(now.accounts, "subject")["acme"]
    assert (acme["expansions"], acme["last_expansion"]) == (1, day("01-15"))
    assert acme["allowance_utilization"] == pytest.approx(62 / 62)
