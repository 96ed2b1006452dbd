"""Accounts that are merged or created again between nights: what was said of them goes on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.core.episodes import Phase
from bot.state.rows import Act
from connectors.schema import Table
from tests.nights import crm, nights, said, told

if TYPE_CHECKING:
    from pathlib import Path


def test_the_alert_of_a_merged_account_goes_on_under_the_id_of_the_survivor(tmp_path: Path) -> None:
    source = crm({"account_id": "old", "nps": 3.0}, {"account_id": "new", "nps": 9.0})
    with nights(tmp_path, source) as house:
        house.night()
        house.deliver()
        (first,) = house.house.store.episodes_of("old")
        del source.tables[Table.ACCOUNTS][0]
        source.tables[Table.ACCOUNTS][0] |= {"former_ids": "old", "nps": 3.0}
        # The same alert, which people have heard of: nothing is said, nothing is resolved.
        assert said(house.night(1)) == []
        (moved,) = house.house.store.episodes_of("new")
        assert (moved.episode_id, moved.phase) == (first.episode_id, Phase.FIRING)
        assert house.house.store.episodes_of("old") == ()
        # Its messages are the survivor's: what comes next answers in their thread and changes them in place.
        assert {one.subject for one in told(house, "#cs-risk")} == {"new"}
        assert [line.verb for line in house.house.store.audit("new")] == ["moved", "fired"]
        source.tables[Table.ACCOUNTS][0]["nps"] = 8.0
        report = house.night(1)
        assert {(subject, act) for subject, _, act, _ in said(report)} == {("new", Act.UPDATE)}
        assert house.house.store.moved({"old": "new"}) == {}


def test_of_two_alerts_of_one_rule_one_goes_on_and_the_others_message_says_so(tmp_path: Path) -> None:
    source = crm({"account_id": "old", "nps": 3.0}, {"account_id": "new", "nps": 3.0})
    with nights(tmp_path, source) as house:
        house.night()
        del source.tables[Table.ACCOUNTS][0]
        source.tables[Table.ACCOUNTS][0]["former_ids"] = "old"
        report = house.night(1)
        # Changed in place, where nobody is called: no post.
        assert {(transition, act) for _, transition, act, _ in said(report)} == {("resolved", "update")}
        assert all("the accounts are one now" in str(one.message) for one in report.notices)
        phases = sorted(one.phase for one in house.house.store.episodes_of("new"))
        assert (phases, report.episodes) == ([Phase.FIRING, Phase.RESOLVED], 1)
        assert said(house.night(1)) == []


def test_an_account_that_was_created_again_is_no_new_one(tmp_path: Path) -> None:
    source = crm({"account_id": "old", "external_id": "x-1", "nps": 3.0}, {"account_id": "else", "nps": 9.0})
    with nights(tmp_path, source) as house:
        house.night()
        source.tables[Table.ACCOUNTS][0] |= {"account_id": "new", "name": "New"}
        assert said(house.night(1)) == []
        assert [one.phase for one in house.house.store.episodes_of("new")] == [Phase.FIRING]
        # Its values of then are those that it is compared with.
        assert house.house.store.account("new") is not None
        view = house.house.store.account("new")
        assert view is not None
        assert view.before["nps"] == 3.0


def test_the_same_night_again_moves_nothing_twice(tmp_path: Path) -> None:
    source = crm({"account_id": "old", "nps": 3.0}, {"account_id": "new", "nps": 9.0})
    with nights(tmp_path, source) as house:
        house.night()
        del source.tables[Table.ACCOUNTS][0]
        source.tables[Table.ACCOUNTS][0] |= {"former_ids": "old", "nps": 3.0}
        house.night(1)
        store = house.house.store
        before = store.deliveries(), store.open_episodes(), store.audit()
        assert said(house.night()) == []
        assert (store.deliveries(), store.open_episodes(), store.audit()) == before
