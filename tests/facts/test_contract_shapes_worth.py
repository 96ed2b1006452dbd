"""What contracts are worth, each with its arithmetic: terms without an end, lines of nothing, headroom, discounts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.facts.shapes import Case, calls, check, compute, line, logins, month, seats, units
from tests.facts.world import day

if TYPE_CHECKING:
    from tests.facts.world import Row

CASES = [
    # without an end
    Case(
        "licences without an end: worth their year, and nothing over a term that nobody knows",
        (seats(10, "2020-01-01..9999-12-31", notice_date=day("05-31")),),
        logins("a"),
        account={"arr": 1200, "acv": 1200, "tcv": None, "contract_value": None, "renewal_date": None,
                 "days_to_renewal": None, "deadline": day("05-31"), "days_to_deadline": 61, "cus": 10,
                 "licence_utilization": 0.1},
        each=({"evergreen": True, "value": None, "recent_value": 1200 / 365 * 28},),
    ),
    Case(
        "an allowance without an end resets all the same",
        (month(62, "2020-01-15..4000-12-31"),),
        calls("01-15..03-31", 1),
        each=({"contracted": 62, "used": 17, "elapsed": 17 / 31, "pace": 17 / 62 * 31 / 17},),
    ),
    Case(
        "a commit without an end is used, but at no pace",
        (line("commit", 1000, "2026-01-01..2099-12-31", unit_price=2.0, price_period="term"),),
        units("01-01..03-31", 1),
        account={"arr": None, "acv": None, "tcv": None, "cus": None},
        each=({"used": 90, "utilization": 0.09, "pace": None, "elapsed": None, "recent_utilization": None},),
    ),
    Case(
        "beside one with an end, that one is the renewal",
        (seats(10, "2020-01-01..9999-12-31"), seats(5, "01-01..06-30", contract_id="d")),
        account={"renewal_date": day("06-30"), "arr": 1800},
    ),
    # without a meter, a quantity, a price
    Case(
        "a line without a meter has a value and no use",
        (line(None, 3, product_code="SUPPORT", unit_price=100.0, price_period="year"),),
        account={"arr": 300, "acv": 300, "peak_utilization": None, "headroom": None, "cus": None},
        each=({"kind": None, "meter": None, "contracted": 3, "used": None, "headroom": None, "overage": None},),
    ),
    Case(
        "a line of nothing is there, is worth nothing and cannot be used up",
        (seats(0), month(0)),
        (*logins("a"), *calls("03-31", 5)),
        account={"arr": 0, "active_lines": 2, "licence_utilization": None, "licence_headroom": -1, "expansions": None},
        each=({"contracted": 0, "utilization": None, "overage": 1, "shelfware": 0, "overage_value": None},
              {"contracted": 0, "used": 5, "utilization": None, "headroom": -5, "overage": 5, "overage_value": 50}),
    ),
    Case(
        "what was cut to nothing does not continue the contract",
        (seats(10, "01-01..06-30"), seats(0, "07-01..12-31")),
        account={"renewal_date": day("06-30")},
    ),
    # headroom, overage, shelfware
    Case(
        "more users than licences: no price of the line says what those cost",
        (seats(2),),
        logins(*"abcd"),
        account={"licence_headroom": -2, "shelfware": 0, "shelfware_value": 0, "overage_value": None,
                 "headroom": -2, "overage": 2},
        each=({"headroom": -2, "shelfware": 0, "overage": 2, "overage_value": None, "headroom_value": None},),
    ),
    Case(
        "what is not used yet has the price of its period",
        (month(62), line("commit", 100, unit_price=2.0, price_period="term", contract_id="d")),
        (*calls("01-01..03-31", 1), *units("01-01..03-31", 1)),
        # (62 - 31) x 10 and (100 - 90) x 2
        account={"headroom_value": 330, "overage_value": 0, "headroom": 10},
        each=({"headroom": 31, "headroom_value": 310}, {"headroom": 10, "headroom_value": 20}),
    ),
    # money
    Case(
        "services are in the total, not in what recurs",
        (seats(10), line("service", 2, unit_price=500.0)),
        account={"arr": 1200, "acv": 1200, "contract_value": 2200, "tcv": 2200, "expansions": 0},
    ),
    Case(
        "half a year is worth its half: nobody promised the other one",
        (seats(10, "01-01..06-30"),),
        account={"arr": 1200, "acv": 600, "tcv": 600},
    ),
    Case(
        "a leap year is a year",
        (seats(10, "2023-07-01..2026-06-30", 100),),
        account={"arr": 1000, "acv": 1000, "tcv": 3000},
    ),
    Case(
        "discount by value: 900 for 1,000 and 300 for 500 are 20 %; what is given away has no list price here",
        (seats(9, price=100, discount=0.1), line("commit", 3, unit_price=100.0, discount=0.4),
         seats(5, price=0, discount=1.0), line(None, 1, unit_price=7.0, product_code="X")),
        account={"discount": 0.2},
    ),
    Case("nobody says a discount", (seats(9),), account={"discount": None}),
    Case(
        "lines in several currencies have no sum",
        (seats(10), seats(10, contract_id="d", currency="EUR")),
        account={"arr": None, "acv": None, "tcv": None, "headroom_value": None, "shelfware_value": None},
    ),
]  # fmt: skip


@pytest.fixture(scope="module")
def computed(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Row], dict[str, Row]]:
    return compute(tmp_path_factory.mktemp("shapes"), CASES)


@pytest.mark.parametrize(("number", "case"), list(enumerate(CASES)), ids=[case.says for case in CASES])
def test_the_worth_has_the_values_computed_by_hand(
    number: int, case: Case, computed: tuple[dict[str, Row], dict[str, Row]]
) -> None:
    check(number, case, computed)
