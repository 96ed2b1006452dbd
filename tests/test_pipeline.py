"""Nights from end to end, but for the outside world: what is kept, what is said, and what a fault may not do."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from bot.state.rows import Status
from connectors.schema import Table
from tests.nights import DAY, STALE, UNHAPPY, Script, crm, nights, said, usage

if TYPE_CHECKING:
    from pathlib import Path


def test_a_night_reads_judges_and_says_what_it_found(tmp_path: Path) -> None:
    with nights(
        tmp_path, crm({"account_id": "acme", "nps": 3.0}, {"account_id": "bolt", "nps": 9.0}), sql=True
    ) as house:
        report = house.night()
        assert said(report) == [
            ("acme", "fired", "post", "person:P1"),
            ("acme", "fired", "post", "#cs-risk"),
        ]
        assert (report.episodes, report.analysis.accounts.num_rows) == (1, 2)
        assert [view.account_id for view in house.house.store.accounts()] == ["acme", "bolt"]


def test_the_same_night_again_changes_nothing(tmp_path: Path) -> None:
    with nights(tmp_path, crm({"account_id": "acme", "nps": 3.0})) as house:
        house.night()
        store = house.house.store
        before = store.deliveries(), store.open_episodes(), store.audit()
        again = house.night()
        assert (again.notices, again.episodes) == ((), 1)
        assert (store.deliveries(), store.open_episodes(), store.audit()) == before


def test_missed_nights_are_made_up_for_and_said_once(tmp_path: Path) -> None:
    rule = UNHAPPY.replace("repeat: 30d", "repeat: 1d")
    with nights(tmp_path, crm({"account_id": "acme", "nps": 3.0}), rules=rule) as house:
        house.night()
        report = house.night(days_later=4)
        assert [str(day) for day in report.days] == ["2026-03-03", "2026-03-04", "2026-03-05", "2026-03-06"]
        # Each of the four nights would have repeated it; people hear of it once, as of today.
        assert said(report) == [
            ("acme", "repeat-2026-03-06", "post", "person:P1"),
            ("acme", "repeat-2026-03-06", "post", "#cs-risk"),
        ]


def test_the_first_night_looks_back_as_far_as_a_rule_wants(tmp_path: Path) -> None:
    rule = UNHAPPY.replace("  repeat", "  for: 3d\n  repeat")
    with nights(tmp_path, crm({"account_id": "acme", "nps": 3.0}), rules=rule) as house:
        report = house.night()
        assert len(report.days) == 4
        assert {transition for _, transition, _, _ in said(report)} == {"fired"}


def test_a_rise_in_severity_is_news(tmp_path: Path) -> None:
    source = crm({"account_id": "acme", "nps": 3.0})
    with nights(tmp_path, source) as house:
        house.night()
        source.tables[Table.ACCOUNTS][0]["nps"] = 1.0
        assert {(transition, act) for _, transition, act, _ in said(house.night(1))} == {("worsened-high", "post")}


def test_the_end_changes_the_messages_in_place(tmp_path: Path) -> None:
    source = crm({"account_id": "acme", "nps": 3.0})
    with nights(tmp_path, source) as house:
        house.night()
        source.tables[Table.ACCOUNTS][0]["nps"] = 8.0
        report = house.night(1)
        assert said(report) == [
            ("acme", "resolved", "update", "#cs-risk"),
            ("acme", "resolved", "update", "person:P1"),
        ]
        posts = {item.notice.destination: item.notice.notice_id for item in house.house.store.deliveries()[:2]}
        assert {one.destination: one.post_id for one in report.notices} == posts


def test_what_ended_on_the_day_that_it_began_stays_ended_that_day(tmp_path: Path) -> None:
    source = crm({"account_id": "acme", "nps": 3.0})
    with nights(tmp_path, source) as house:
        house.night()
        source.tables[Table.ACCOUNTS][0]["nps"] = 9.0
        assert {act for _, _, act, _ in said(house.night())} == {"update"}
        source.tables[Table.ACCOUNTS][0]["nps"] = 3.0
        again = house.night()
        assert (said(again), again.episodes) == ([], 0)
        # The next day it is another episode, with another name.
        assert {(transition, act) for _, transition, act, _ in said(house.night(1))} == {("fired", "post")}


# subjects and rules that come and go


def test_the_episode_of_an_account_that_is_gone_ends_and_its_message_says_so(tmp_path: Path) -> None:
    source = crm({"account_id": "acme", "nps": 3.0}, {"account_id": "bolt", "nps": 9.0})
    with nights(tmp_path, source) as house:
        house.night()
        del source.tables[Table.ACCOUNTS][0]
        report = house.night(1)
        assert [(subject, transition) for subject, transition, _, _ in said(report)] == [("acme", "resolved")] * 2
        assert all("no longer in the CRM" in str(one.message) for one in report.notices)
        assert report.episodes == 0
        assert said(house.night(1)) == []


def test_an_account_that_comes_back_is_heard_of_anew(tmp_path: Path) -> None:
    source = crm({"account_id": "acme", "nps": 3.0}, {"account_id": "bolt", "nps": 9.0})
    with nights(tmp_path, source) as house:
        house.night()
        gone = source.tables[Table.ACCOUNTS].pop(0)
        house.night(1)
        source.tables[Table.ACCOUNTS].append(gone)
        assert {(transition, act) for _, transition, act, _ in said(house.night(1))} == {("fired", "post")}


def test_a_crm_without_any_account_ends_nothing(tmp_path: Path) -> None:
    source = crm({"account_id": "acme", "nps": 3.0})
    with nights(tmp_path, source) as house:
        house.night()
        source.tables[Table.ACCOUNTS] = []
        report = house.night(1)
        assert (report.analysis.accounts.num_rows, said(report), report.episodes) == (0, [], 1)
        assert [view.account_id for view in house.house.store.accounts()] == ["acme"]


def test_the_episodes_of_a_rule_that_was_removed_end_and_their_messages_say_so(tmp_path: Path) -> None:
    source = crm({"account_id": "acme", "nps": 3.0})
    with nights(tmp_path, source) as house:
        house.night()
    with nights(tmp_path, source, rules=STALE) as house:
        house.day = DAY
        report = house.night(1)
        assert {(transition, act) for _, transition, act, _ in said(report)} == {("resolved", "update")}
        assert all("the rule is no longer among the rules" in str(one.message) for one in report.notices)
        assert house.house.store.open_episodes() == {}
        assert house.house.store.audit("acme")[0].detail["reason"] == "the rule is no longer among the rules"


def test_a_new_owner_hears_the_news_and_the_old_ones_message_is_ended(tmp_path: Path) -> None:
    source = crm({"account_id": "acme", "nps": 3.0})
    with nights(tmp_path, source) as house:
        house.night()
        house.deliver()
        source.tables[Table.ACCOUNTS][0] |= {"owner_id": "P2", "nps": 1.0}
        assert ("acme", "worsened-high", "post", "person:P2") in said(house.night(1))
        house.deliver()
        source.tables[Table.ACCOUNTS][0]["nps"] = 8.0
        ended = [(destination, transition) for _, transition, _, destination in said(house.night(1))]
        assert sorted(ended) == [
            ("#cs-risk", "resolved"),
            ("#cs-risk", "resolved:fired"),
            ("person:P1", "resolved"),
            ("person:P2", "resolved"),
        ]
        house.deliver()
        assert {item.status for item in house.house.store.deliveries()} == {Status.SENT}


def test_shadow_is_silent_and_audited(tmp_path: Path) -> None:
    source = crm({"account_id": "acme", "nps": 3.0})
    with nights(tmp_path, source, rules=UNHAPPY + "  mode: shadow\n") as house:
        assert said(house.night()) == []
        source.tables[Table.ACCOUNTS][0]["nps"] = 8.0
        assert said(house.night(1)) == []
        audit = [(line.verb, line.detail["rule"]) for line in house.house.store.audit("acme")]
        assert audit == [("resolved", "unhappy"), ("fired", "unhappy")]
        assert house.house.store.deliveries() == ()


# what there is little of


def test_an_account_without_lines_owner_or_usage_has_its_place(tmp_path: Path) -> None:
    with nights(tmp_path, crm({"account_id": "acme", "nps": 3.0, "owner_id": None}), sql=True) as house:
        report = house.night()
        assert ("acme", "fired", "post", "person:") in said(report)
        (view,) = house.house.store.accounts()
        assert (view.lines, view.metrics["licence_utilization"], view.metrics["active_lines"]) == ((), None, 0)


def test_a_company_without_accounts_has_quiet_nights(tmp_path: Path) -> None:
    with nights(tmp_path, crm(), sql=True) as house:
        report = house.night()
        assert (said(report), report.analysis.accounts.num_rows, report.well) == ([], 0, True)


def test_without_sources_that_say_anything_a_night_still_ends(tmp_path: Path) -> None:
    with nights(tmp_path, Script("crm"), Script("usage"), sql=True) as house:
        report = house.night()
        assert report.well
        assert [item.state.complete_to for item in report.pulled] == [None, None]


def test_usage_without_coverage_is_read_whole_each_night(tmp_path: Path) -> None:
    source = usage(covered=False)
    with nights(tmp_path, crm({"account_id": "acme"}), source) as house:
        house.night()
        report = house.night(1)
        assert [window.since for window in source.asked] == [None, None]
        assert report.pulled[1].state.complete_to is None


def test_usage_with_coverage_is_read_from_the_month_of_a_week_before_its_end(tmp_path: Path) -> None:
    source = usage()
    with nights(tmp_path, crm({"account_id": "acme"}), source) as house:
        house.night()
        house.night(1)
        assert [window.since for window in source.asked] == [None, date(2026, 2, 1)]
