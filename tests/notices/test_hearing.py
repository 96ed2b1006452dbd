"""Over nights: who subscribed hears what they may see, who muted does not, and nothing is silenced for everybody."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.core.preferences import Preferences
from bot.core.subscriptions import Subscription, Verb
from bot.messages.blocks import to_text
from bot.notices import Manners
from tests.digests.week import MONDAY, at, company, fine, risk

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from bot.state.rows import Notice, Person
    from tests.digests.week import Week


def wish(week: Week, target: str, verb: Verb = Verb.SUBSCRIBE, kind: str = "", segment: str = "", by: str = "") -> None:
    week.store.wish(Subscription(target, verb, kind, segment, by), at(MONDAY))


def told(notices: list[Notice]) -> list[tuple[str, str]]:
    return sorted((one.subject, one.destination) for one in notices)


def test_whoever_subscribed_hears_beside_the_owner_what_the_crm_lets_them_see(tmp_path: Path) -> None:
    asked: list[tuple[str, list[str]]] = []

    def readable(person: Person, account_ids: Collection[str]) -> frozenset[str]:
        asked.append((person.person_id, list(account_ids)))
        return frozenset({"acme"})

    accounts = {"acme": risk(1.0), "bolt": risk(2.0), "cove": fine(1.0), "dune": {"nps": 9.0}}
    with company(tmp_path, **accounts) as week:
        week.readable = readable
        wish(week, "person:P2", kind="churn_risk")
        assert told(week.night(MONDAY)) == [
            ("acme", "person:P1"),
            ("acme", "person:P2"),
            ("bolt", "person:P1"),
            ("dune", "person:P1"),
        ]
        # once a person, of what they could hear of
        assert asked == [("P2", ["acme", "bolt"])]


def test_a_channel_hears_what_whoever_asked_for_it_may_see(tmp_path: Path) -> None:
    with company(tmp_path, acme=risk(1.0), bolt=risk(2.0)) as week:
        week.readable = lambda person, ids: frozenset(ids) & ({"bolt"} if person.person_id == "P2" else set())
        week.night(MONDAY.replace(day=1))
        week.is_in_slack("P2", "U2")
        wish(week, "#mine", by="U2")
        wish(week, "#unknown", by="U9")
        wish(week, "#of-whoever-runs-it")
        week.change("cove", **risk(1.0))
        week.change("bolt", nps=7.0)
        week.readable = lambda person, ids: frozenset(ids) & ({"cove"} if person.person_id == "P2" else set())
        found = [one for one in week.night(MONDAY) if one.subject == "cove"]
        assert told(found) == [("cove", "#mine"), ("cove", "#of-whoever-runs-it"), ("cove", "person:P1")]


def test_where_the_crm_cannot_tell_nothing_is_shown(tmp_path: Path) -> None:
    with company(tmp_path, acme=risk(1.0)) as week:
        week.readable = lambda _person, _ids: frozenset()
        wish(week, "person:P2")
        assert told(week.night(MONDAY)) == [("acme", "person:P1")]


def test_the_same_night_again_says_nothing_again(tmp_path: Path) -> None:
    with company(tmp_path, acme=risk(1.0)) as week:
        wish(week, "person:P2")
        assert len(week.night(MONDAY)) == 2
        assert week.night(MONDAY) == []


def test_an_owner_who_muted_it_hears_nothing_and_the_fallback_channel_reads_why(tmp_path: Path) -> None:
    with company(tmp_path, Manners(fallback="#cs-ops"), acme=risk(1.0), bolt=risk(1.0, segment="SMB")) as week:
        wish(week, "person:P1", Verb.MUTE, "churn_risk", "SMB")
        notices = week.night(MONDAY)
        assert told(notices) == [("acme", "person:P1"), ("bolt", "#cs-ops")]
        (instead,) = (one for one in notices if one.destination == "#cs-ops")
        assert "Meant for Dana Reyes, who muted this; nobody else would hear it" in to_text(instead.message)


def test_where_a_subscriber_hears_it_nobody_stands_in(tmp_path: Path) -> None:
    with company(tmp_path, acme=risk(1.0)) as week:
        wish(week, "person:P1", Verb.MUTE)
        wish(week, "person:P2")
        assert told(week.night(MONDAY)) == [("acme", "person:P2")]


def test_kinds_that_somebody_left_out_of_their_messages_are_muted(tmp_path: Path) -> None:
    with company(tmp_path, Manners(fallback="#cs-ops"), acme=fine(1.0)) as week:
        week.night(MONDAY.replace(day=1))
        week.is_in_slack("P1", "U1")
        week.store.choose("U1", lambda _: Preferences(kinds=frozenset({"upsell"})), at(MONDAY))
        week.change("acme", nps=3.0)
        week.change("bolt", nps=9.0)
        assert told(week.night(MONDAY)) == [("acme", "#cs-ops"), ("bolt", "person:P1")]


def test_a_subscriber_has_an_attention_budget_too(tmp_path: Path) -> None:
    with company(tmp_path, Manners(per_day=1), acme=risk(2.0), bolt=risk(1.0)) as week:
        wish(week, "person:P2")
        kinds = [(one.destination, one.kind) for one in week.night(MONDAY)]
        assert sorted(kinds) == [
            ("person:P1", "churn_risk"),
            ("person:P1", "digest"),
            ("person:P2", "churn_risk"),
            ("person:P2", "digest"),
        ]


def test_the_end_is_told_where_the_subscriber_was_told(tmp_path: Path) -> None:
    with company(tmp_path, acme=risk(1.0)) as week:
        wish(week, "person:P2")
        week.night(MONDAY)
        week.nights.deliver()
        week.change("acme", nps=7.0)
        ends = week.night(MONDAY.replace(day=3))
        assert {(one.destination, one.transition) for one in ends} == {
            ("person:P1", "resolved"),
            ("person:P2", "resolved"),
        }
