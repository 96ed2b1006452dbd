"""One account's row, by hand, and what several lines, currencies and unknown parts make of it."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

from bot.core.catalogue.contracts import CONTRACTS
from bot.core.catalogue.use import USE
from bot.core.metrics import ACCOUNT_METRICS, LINE_METRICS, SOURCE_METRICS
from bot.facts.engine import ACCOUNT_IDS
from tests.facts.world import World, by, covered, day, every_day

if TYPE_CHECKING:
    from bot.facts.engine import Analysis
    from tests.facts.world import Row

AS_OF = date(2026, 3, 31)
YEAR = {"start": day("2025-07-01"), "end": day("2026-06-30")}  # 365 days, 274 of them gone


@pytest.fixture(scope="module")
def analysis(tmp_path_factory: pytest.TempPathFactory) -> Analysis:
    world = World(tmp_path_factory.mktemp("accounts"))
    world.cover(covered("2025-01-01..03-31"))
    _acme(world)
    _mixed(world)
    _half_known(world)
    world.account("empty", customer_since=day("2026-03-01"))
    world.account("future", customer_since=day("2026-05-01"))
    world.account("last-day")
    world.line("last-day", end=AS_OF, notice_date=day("2025-12-31"))
    return world.analyse(AS_OF)


def _acme(world: World) -> None:
    """Seats 100 at 10 a month, calls 10 a month at 30, a commit of 1,000 at 2, two trainings at 500."""
    world.account(
        "acme",
        segment="Enterprise",
        region="EMEA",
        nps=40.0,
        customer_since=day("2024-03-31"),
        owner_id="p1",
        csm_id="p2",
        slack_channel="acme-success",
        domain="acme.com",
        url="https://crm/acme",
        external_id="x-1",
        country="DE",
        parent_id="holding",
    )
    usd = {"currency": "USD", **YEAR}
    world.line("acme", "seats", kind="seats", meter="logins", quantity=100.0, unit_price=10.0, price_period="month",
               product_name="Suite", notice_date=day("05-01"), auto_renew=True, **usd)  # fmt: skip
    world.line("acme", "calls", kind="allowance", meter="calls", quantity=10.0, unit_price=30.0, price_period="month",
               product_name="Calls", **usd)  # fmt: skip
    world.line("acme", "units", kind="commit", meter="units", quantity=1000.0, unit_price=2.0, price_period="term",
               product_name="Units", **usd | {"end": day("2027-06-30")})  # fmt: skip
    world.line("acme", "days", kind="service", meter="days", quantity=2.0, unit_price=500.0, price_period="term", **usd)
    world.use(row for user in range(40) for row in every_day("acme", "logins", "03-20", user_id=f"u{user}"))
    world.use(every_day("acme", "calls", "03-01..03-31", 1))  # 31 in March, none in February
    world.use(every_day("acme", "units", "2025-07-01..03-31", 1))  # 274
    world.use(every_day("acme", "days", "2025-09-01"))


def _mixed(world: World) -> None:
    world.account("mixed")
    for line_id, currency in (("eur", "EUR"), ("usd", "USD")):
        world.line("mixed", line_id, kind="commit", meter="units", quantity=1.0, unit_price=100.0, currency=currency)


def _half_known(world: World) -> None:
    """Two seats products: one measured, one by a meter that this source covers in February only."""
    world.account("half")
    world.line("half", "known", kind="seats", meter="logins", quantity=10.0)
    world.line("half", "dark", kind="seats", meter="taps", quantity=10.0)
    world.line("half", "unmetered", kind="seats", quantity=50.0)
    world.use(every_day("half", "logins", "03-20", user_id="a"))
    world.use(every_day("half", "taps", "02-20", user_id="a"), source="late")
    world.cover(covered("02-01..02-28"), source="late")


@pytest.fixture(scope="module")
def accounts(analysis: Analysis) -> dict[str, Row]:
    return by(analysis.accounts, "subject")


def test_the_columns_are_the_catalogue(analysis: Analysis) -> None:
    assert analysis.accounts.schema.names == [*ACCOUNT_IDS, *ACCOUNT_METRICS]
    assert sorted(analysis.lines.schema.names) == sorted(LINE_METRICS)
    assert analysis.sources.schema.names == ["subject", *SOURCE_METRICS]


def test_a_whole_account_has_the_values_computed_by_hand(accounts: dict[str, Row]) -> None:
    seats, calls, units = 12000.0, 3600.0, 2000.0  # value of each line over its term
    recent = [seats / 365 * 28, calls / 365 * 28, units / 730 * 28]
    # Utilization of the 28 days: 40 of 100 users; 28 calls of 10 / 31 a day, capped; 28 units of 1,000 / 730 a day.
    score = (0.4 * recent[0] + 1.5 * recent[1] + 0.73 * recent[2]) / sum(recent) * 100
    acme = accounts["acme"]
    expected = {
        "subject": "acme", "owner_id": "p1", "csm_id": "p2", "slack_channel": "acme-success",
        "parent_id": "holding", "external_id": "x-1", "domain": "acme.com", "country": "DE", "url": "https://crm/acme",
        "name": "Acme", "segment": "Enterprise", "region": "EMEA", "currency": "USD", "nps": 40.0,
        "arr": pytest.approx(seats + calls + units / 2),  # the service does not recur
        "contract_value": pytest.approx(seats + calls + units + 1000),
        "active_lines": 4,
        "tenure_days": 730,
        "days_to_renewal": 91, "renewal_date": day("06-30"),
        "days_to_notice": 31, "days_to_deadline": 31, "deadline": day("05-01"),
        "auto_renew": None,  # `calls` and `days` end on the same day as `seats`; the first by id does not say
        "seats": 100, "active_users": 40, "licence_utilization": 0.4, "shelfware": 60,
        "allowance_utilization": pytest.approx(3.1), "allowance_pace": pytest.approx(3.1),
        "commit_utilization": pytest.approx(0.274), "commit_pace": pytest.approx(0.274 / (274 / 730)),
        "service_utilization": 0.5,
        "peak_utilization": pytest.approx(3.1), "peak_pace": pytest.approx(3.1), "peak_line": "Calls",
        "lowest_commit_pace": pytest.approx(0.274 / (274 / 730)),
        "overage_value": pytest.approx(21 * 30),
        "cus": pytest.approx(score),
        # Units were used alike in both months; seats and calls not at all in January: their change is unknown.
        "usage_change_month": pytest.approx(0),
        "usage_as_of": AS_OF, "usage_age_days": 0,
        # One year of each contract; the commit's has two. The service is worth something, but not every year.
        "acv": pytest.approx(seats + calls + units / 2), "tcv": pytest.approx(seats + calls + units + 1000),
        "discount": None, "expansions": 0, "contractions": 0, "expansion_arr": 0, "contraction_arr": 0,
        "last_expansion": None,
        "licence_headroom": 60, "shelfware_value": pytest.approx(60 * 120),
        # Of the tightest line, the calls: 31 of 10. Unused of the commit: 1,000 - 274, at 2 each.
        "headroom": -21, "overage": 21, "headroom_value": pytest.approx(726 * 2),
        "family_accounts": 1, "family_arr": pytest.approx(seats + calls + units / 2),
        "family_licence_utilization": 0.4, "family_renewal_date": day("06-30"),
    }  # fmt: skip
    assert {name: acme[name] for name in expected} == expected


def test_amounts_in_several_currencies_have_no_sum(accounts: dict[str, Row]) -> None:
    unknown = ("currency", "arr", "contract_value", "overage_value", "cus")
    assert {name: accounts["mixed"][name] for name in unknown} == dict.fromkeys(unknown)
    assert accounts["mixed"]["commit_utilization"] == 0


def test_a_meter_that_is_not_covered_makes_the_licences_unknown_but_not_the_highest_line(
    accounts: dict[str, Row],
) -> None:
    half = accounts["half"]
    assert (half["active_users"], half["licence_utilization"], half["shelfware"]) == (None, None, None)
    assert (half["seats"], half["peak_utilization"], half["peak_line"]) == (70, 0.1, "known")
    assert (half["usage_as_of"], half["usage_age_days"]) == (day("02-28"), 31)


def test_an_account_without_lines_is_there_and_unknown(accounts: dict[str, Row]) -> None:
    empty = accounts["empty"]
    told = {metric.name for metric in (*CONTRACTS, *USE)}
    known = {name for name in told if empty[name] is not None}
    assert known == {"name", "active_lines", "tenure_days", "family_accounts", "subsidiaries_included"}
    assert (empty["active_lines"], empty["tenure_days"]) == (0, 30)


def test_a_customer_of_the_future_has_no_tenure_yet(accounts: dict[str, Row]) -> None:
    assert accounts["future"]["tenure_days"] is None


def test_the_last_day_of_a_term_is_in_force_and_a_notice_date_that_is_past_is_none(accounts: dict[str, Row]) -> None:
    last = accounts["last-day"]
    assert (last["active_lines"], last["days_to_renewal"], last["days_to_deadline"]) == (1, 0, 0)
    assert last["days_to_notice"] is None


def test_lines_and_accounts_come_in_a_stable_order(analysis: Analysis) -> None:
    subjects = [row["subject"] for row in analysis.accounts.to_pylist()]
    lines = [(row["account_id"], row["line_id"]) for row in analysis.lines.to_pylist()]
    assert (subjects, lines) == (sorted(subjects), sorted(lines))
