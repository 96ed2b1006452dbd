from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

import pytest

from bot.core.brief.risks import Seen
from bot.messages.brief.data import data
from bot.messages.brief.write import document
from bot.messages.speech import Speech
from bot.state.codec import to_json as as_json
from tests.core.brief.making_briefs import account, line
from tests.messages.brief.briefs import BRIEFS, METRICS, made, typical

if TYPE_CHECKING:
    from bot.messages.brief.document import Document


@pytest.fixture(scope="module")
def ordinary() -> Document:
    return document(typical())


def test_the_brief_holds_everything_that_a_renewal_is_prepared_with(ordinary: Document) -> None:
    keys = [section.key for section in ordinary.sections]
    assert keys == [
        "terms",
        "money",
        "steps",
        "health",
        "utilization",
        "value",
        "people",
        "cases",
        "risks",
        "quantity",
        "expansion",
        "discount",
    ]
    assert all(not section.empty for section in ordinary.sections)


def test_the_verdict_says_what_matters_most(ordinary: Document) -> None:
    assert ordinary.verdict == (
        "The last day to give notice is 14 Apr 2026, in 45 days. USD 120,000 ARR is up for renewal. "
        "Health is 38 of 100, red. 4 risks stand. Dates contradict each other."
    )


def test_every_known_figure_names_its_record_and_its_day(ordinary: Document) -> None:
    facts = [fact for section in ordinary.sections for fact in section.facts]
    assert len(facts) > 40
    for fact in facts:
        assert (fact.url is not None and fact.as_of is not None) if fact.known else fact.text == "unknown"


def test_figures_lead_to_the_record_that_they_come_from(ordinary: Document) -> None:
    money = {fact.label: fact for fact in ordinary.section("money").facts}
    assert money["Target (amount of the opportunity)"].text == "USD 130,000"
    assert money["Target (amount of the opportunity)"].url == "https://crm.example/O1"
    assert money["ARR"].url == "https://acme.my.salesforce.com/001A"
    terms = ordinary.section("terms")
    assert terms.facts[0].url == "https://crm.example/L1"
    assert terms.table is not None
    assert terms.table.urls == ("https://crm.example/L1", "https://crm.example/L2", None)


def test_use_is_as_old_as_the_usage_and_contracts_are_as_old_as_the_snapshot(ordinary: Document) -> None:
    used = {fact.label: fact for fact in ordinary.section("utilization").facts}
    assert str(used["Licence utilization"].as_of) == "2026-02-27"
    assert {str(fact.as_of) for fact in ordinary.section("money").facts if fact.known} == {"2026-02-28"}


def test_what_is_not_known_is_said_and_listed(ordinary: Document) -> None:
    champion = ordinary.section("people").facts[0]
    assert (champion.label, champion.text, champion.known) == ("Champion", "unknown", False)
    assert "People: Champion" in ordinary.gaps
    assert "Cases and commitments: Commitments" in ordinary.gaps
    assert "Health: purchases has no data" in ordinary.gaps


def test_an_alert_is_named_with_its_values_and_a_countermeasure(ordinary: Document) -> None:
    underuse, *figures = ordinary.section("risks").points
    assert underuse.text.startswith("licence-underuse: ")
    assert underuse.more.startswith("Find out who has no licence")
    assert [point.text.split(":")[0] for point in figures] == [
        "Urgent cases are open",
        "Much of the use hangs on one user",
        "Health is red",
    ]
    assert all(point.more for point in figures)


def test_the_settings_words_go_before_the_shipped_ones() -> None:
    view = account(line(), **METRICS)
    plays = {"licence-underuse": "Call Dana.", Seen.URGENT_CASES: "Ask support."}
    points = document(made(view, plays=plays)).section("risks").points
    assert [point.more for point in points[:2]] == ["Call Dana.", "Ask support."]


def test_the_quantity_comes_with_all_that_it_follows_from(ordinary: Document) -> None:
    seats, calls = ordinary.section("quantity").points
    assert seats.text.startswith("Platform seats: 4")
    assert "now 1,000 (−USD" in seats.text
    for told in ("between 1 Jun 2026 and 31 May 2027", "service level of 90 %", "nearly always be enough", "500 days"):
        assert told in seats.more
    assert "overage costs 1.5 times the price of a unit bought ahead, so what is enough in 33 % of cases" in calls.more


def test_the_steps_say_what_is_to_be_done_now(ordinary: Document) -> None:
    points = ordinary.section("steps").points
    assert [point.urgent for point in points] == [False, False, False, True, False, False]
    assert points[3].text == "by 13 Feb 2026: Negotiate quantity, price and term (do this now)"
    assert points[0].text.startswith("by 16 Oct 2025: Save plan")


def test_discount_and_utilization_are_weighed_for_the_account_and_each_line(ordinary: Document) -> None:
    whole, seats = ordinary.section("discount").points
    assert whole.text == "The whole account: discount 30 %, utilization 61 %"
    assert seats.text == "Platform seats: discount 30 %, utilization 41 %"
    assert whole.more.startswith("High discount, low utilization")


def test_an_account_of_which_nothing_is_known_makes_a_brief_that_says_so() -> None:
    empty = document(BRIEFS["nothing"]())
    assert empty.verdict == "The date of renewal is unknown."
    assert empty.section("terms").text == "There is no contract line in force."
    assert empty.section("steps").text == "The deadline is unknown: find it out first."
    assert all(not fact.known for section in empty.sections for fact in section.facts)
    assert len(empty.gaps) > 40


def test_contradicting_dates_are_shown() -> None:
    points = [point.text for point in document(BRIEFS["contradicting"]()).section("terms").points]
    assert points == [
        "Late: the last day to give notice, 30 Jun 2026, lies after the end, 31 Mar 2026",
        "Odd: the term begins on 1 Apr 2026 and ends on 31 Mar 2026, before that",
        "Lines end on different days, from 31 Mar 2026 to 31 Mar 2027: settle what is renewed when",
        "Of the lines that end on 31 Mar 2026, some renew by themselves and some do not",
        "The opportunity is to close on 15 Jun 2026, after the first line ends on 31 Mar 2026",
    ]


def test_what_is_prepared_can_be_had_as_data() -> None:
    brief = typical()
    found = data(brief, document(brief))
    assert (found["account_id"], found["days_left"], found["deadline"]) == ("001A", 45, "2026-04-14")
    quantities = found["quantities"]
    assert isinstance(quantities, list)
    assert quantities[0]["recommended"] < quantities[0]["contracted"]
    assert set(quantities[0]["demand"]) == {"0.1", "0.5", "0.9"}
    assert '"unknown":[' in as_json(found).replace(": ", ":").replace("\n", "").replace(" ", "")


@pytest.mark.parametrize("name", BRIEFS)
def test_every_brief_can_be_had_as_data(name: str) -> None:
    brief = BRIEFS[name]()
    assert as_json(data(brief, document(brief)))


def test_dates_and_figures_are_in_the_readers_language() -> None:
    german = document(typical(), Speech("de"))
    assert german.language == "de"
    (target,) = (
        one.text for one in german.section("money").facts if one.url == "https://crm.example/O1" and "130" in one.text
    )
    assert "130.000" in target


def test_a_deadline_that_is_the_end_is_called_the_end() -> None:
    brief = typical()
    end = replace(brief, account=account(line(), deadline=brief.deadline, renewal_date=brief.deadline))
    assert document(end).verdict.startswith("The contract ends on 14 Apr 2026, in 45 days.")


def test_a_day_to_give_notice_that_is_past_is_told_and_not_unknown() -> None:
    seats = line(notice_date=date(2026, 2, 20))
    facts = {
        fact.label: fact.text
        for fact in document(made(account(seats, **METRICS | {"days_to_notice": None}))).section("terms").facts
    }
    assert facts["Last day to give notice"] == "20 Feb 2026, 8 days ago"


@pytest.mark.parametrize(("high", "told"), [(1.2, "runs out on 20 Mar 2026 (10 Mar 2026 to 30 Apr 2026)"), (0.9, "")])
def test_when_something_runs_out_is_told_where_it_may_before_its_end(high: float, told: str) -> None:
    dates = {
        "run_out_date": date(2026, 3, 20),
        "run_out_earliest": date(2026, 3, 10),
        "run_out_latest": date(2026, 4, 30),
    }
    calls = line("Calls", "allowance", end_utilization=0.8, end_utilization_low=0.7, end_utilization_high=high, **dates)
    (point,) = document(made(account(calls, **METRICS))).section("utilization").points
    assert point.more == told
