"""The attention budget over nights, on a real store: what is said alone, what stands in a digest, what is counted."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from bot.core.working_time import CompanyHours
from bot.messages.blocks import to_text
from bot.notices import Manners
from bot.state.rows import Status
from connectors.schema import Table
from tests.nights import PEOPLE, STALE, UNHAPPY, crm, nights, said

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from bot.state.rows import Notice
    from tests.nights import Nights

RULES = UNHAPPY.replace("  to:", "  at_stake: nps * 1000\n  to:")
OWNER = "person:P1"


def unhappy(*names: str, nps: float = 3.0, **more: object) -> list[dict[str, Any]]:
    return [{"account_id": name, "nps": nps, **more} for name in names]


@contextmanager
def budgeted(folder: Path, per_day: int, *accounts: dict[str, Any], rules: str = RULES) -> Iterator[Nights]:
    with nights(folder, crm(*accounts), rules=rules) as house:
        house.house = replace(house.house, manners=Manners(per_day=per_day))
        yield house


def deliver_again(house: Nights, *accounts: dict[str, Any]) -> None:
    """Let the CRM have other accounts from now on."""
    house.house.sources[0].tables.update(crm(*accounts).tables)  # type: ignore[attr-defined]  # a script of the tests


def told(notices: tuple[Notice, ...], destination: str = OWNER) -> list[tuple[str, str]]:
    return [(one.subject, one.transition) for one in notices if one.destination == destination]


FOUR = [*unhappy("acme", nps=4.0), *unhappy("bolt", nps=3.0), *unhappy("cove", nps=2.0), *unhappy("dune", nps=0.5)]
"""At stake 4,000, 3,000 and 2,000 of medium severity, and 500 of high."""


def test_beyond_the_budget_one_digest_has_the_rest_what_matters_most_first(tmp_path: Path) -> None:
    with budgeted(tmp_path, 2, *FOUR) as house:
        report = house.night()
    assert told(report.notices) == [("acme", "fired"), ("bolt", "fired"), (OWNER, "digest")]
    digest = report.notices[-1]
    assert (digest.episode_id, digest.kind, digest.chain) == ("digest:person:P1:2026-03-02", "digest", ())
    text = to_text(digest.message)
    assert text.splitlines()[0] == "2 more alerts for today"
    assert text.index("Cove") < text.index("Dune")
    assert "2,000 at stake" in text
    assert "At most 2 alerts a day come one by one; these are the rest." in text
    assert "/headroom NAME" in text
    # Channels have no attention to be spared.
    assert len(told(report.notices, "#cs-risk")) == 4


def test_within_the_budget_there_is_no_digest(tmp_path: Path) -> None:
    with budgeted(tmp_path, 4, *FOUR) as house:
        assert [transition for _, transition in told(house.night().notices)] == ["fired"] * 4


def test_the_same_night_again_says_nothing_again(tmp_path: Path) -> None:
    with budgeted(tmp_path, 2, *FOUR) as house:
        house.night()
        assert said(house.night()) == []


def test_what_comes_later_the_same_day_goes_into_a_second_digest_and_nothing_else_does(tmp_path: Path) -> None:
    with budgeted(tmp_path, 2, *FOUR) as house:
        house.night()
        deliver_again(house, *FOUR, *unhappy("eden", nps=4.9))
        report = house.night()
        assert told(report.notices) == [(OWNER, "digest-2")]
        assert "Eden" in to_text(report.notices[-1].message)
        assert "Cove" not in to_text(report.notices[-1].message)
        deliver_again(house, *FOUR, *unhappy("eden", "fern", nps=4.9))
        assert told(house.night().notices) == [(OWNER, "digest-3")]


def test_the_next_day_has_a_budget_of_its_own(tmp_path: Path) -> None:
    with budgeted(tmp_path, 2, *FOUR) as house:
        house.night()
        deliver_again(house, *FOUR, *unhappy("eden", nps=4.9), *unhappy("fern", nps=4.8), *unhappy("glen", nps=4.7))
        report = house.night(1)
        assert told(report.notices) == [("eden", "fired"), ("fern", "fired"), (OWNER, "digest")]
        assert report.notices[-1].episode_id == "digest:person:P1:2026-03-03"


def test_each_alert_of_a_digest_is_in_the_audit_with_its_rule_and_version(tmp_path: Path) -> None:
    with budgeted(tmp_path, 2, *FOUR) as house:
        house.night()
        store = house.house.store
        (episode,) = store.episodes_of("cove")
        (line,) = store.digested(episode.episode_id)
        assert (line.verb, line.subject, line.detail["destination"]) == ("digested", "cove", OWNER)
        assert (line.detail["rule"], line.detail["version"]) == ("unhappy", episode.rule_version)
        assert (line.detail["transition"], line.detail["digest"]) == ("fired", "digest:person:P1:2026-03-02")
        (alone,) = store.episodes_of("acme")
        assert store.digested(alone.episode_id) == ()


def test_the_end_of_what_stood_in_a_digest_changes_its_message_in_the_channel_alone(tmp_path: Path) -> None:
    with budgeted(tmp_path, 2, *FOUR) as house:
        house.night()
        house.deliver()
        deliver_again(house, *FOUR[:2], *unhappy("cove", "dune", nps=9.0))
        report = house.night(1)
        assert said(report) == [
            ("cove", "resolved", "update", "#cs-risk"),
            ("dune", "resolved", "update", "#cs-risk"),
        ]


def test_what_is_critical_is_said_by_itself_whatever_was_said_before(tmp_path: Path) -> None:
    rules = RULES.replace("THEN 'high'", "THEN 'critical'")
    with budgeted(tmp_path, 1, *FOUR, rules=rules) as house:
        assert told(house.night().notices) == [("dune", "fired"), (OWNER, "digest")]


def test_each_person_has_a_budget_of_their_own(tmp_path: Path) -> None:
    accounts = [*unhappy("acme", "bolt"), *unhappy("cove", "dune", owner_id="P2")]
    with budgeted(tmp_path, 1, *accounts) as house:
        report = house.night()
    assert [len(told(report.notices, person)) for person in (OWNER, "person:P2")] == [2, 2]


@pytest.mark.parametrize("owner", [{"owner_id": None}, {"owner_id": "P9"}, {"owner_id": "P3"}])
def test_alerts_for_nobody_who_is_there_are_not_counted_as_one_persons(tmp_path: Path, owner: dict[str, Any]) -> None:
    with budgeted(tmp_path, 1, *unhappy("acme", "bolt", "cove", **owner)) as house:
        gone = {"person_id": "P3", "name": "Lee", "active": False}
        house.house.sources[0].tables[Table.PEOPLE] = [*PEOPLE, gone]  # type: ignore[attr-defined]  # as above
        report = house.night()
    destination = f"person:{owner['owner_id'] or ''}"
    assert [transition for _, transition in told(report.notices, destination)] == ["fired"] * 3


def test_operations_take_up_nobodys_attention(tmp_path: Path) -> None:
    rules = UNHAPPY.replace("churn_risk\n  when", "operations\n  when")
    with budgeted(tmp_path, 1, *unhappy("acme", "bolt", "cove"), rules=rules + STALE) as house:
        assert [transition for _, transition in told(house.night().notices)] == ["fired"] * 3


def test_over_a_weekend_of_quiet_hours_all_counts_for_monday(tmp_path: Path) -> None:
    with budgeted(tmp_path, 2, *unhappy("acme")) as house:
        house.house = replace(house.house, manners=Manners(per_day=2, quiet=True, hours=CompanyHours("UTC")))
        friday = house.night(4)  # five in the morning: he reads it at nine
        assert told(friday.notices) == [("acme", "fired")]
        deliver_again(house, *unhappy("acme", "bolt"))
        assert told(house.night(1).notices) == [("bolt", "fired")]  # on Saturday, for Monday
        deliver_again(house, *unhappy("acme", "bolt", "cove"))
        assert told(house.night(1).notices) == [("cove", "fired")]
        deliver_again(house, *unhappy("acme", "bolt", "cove", "dune"))
        monday = house.night(1)
        assert told(monday.notices) == [(OWNER, "digest")]
        assert monday.notices[-1].episode_id == "digest:person:P1:2026-03-09"


def test_a_digest_is_delivered_like_any_other_message(tmp_path: Path) -> None:
    with budgeted(tmp_path, 1, *unhappy("acme", "bolt")) as house:
        house.night()
        house.deliver()
        assert {one.notice.kind for one in house.house.store.deliveries(Status.SENT)} == {"churn_risk", "digest"}


def test_with_more_room_the_next_day_nothing_of_a_digest_comes_again(tmp_path: Path) -> None:
    with budgeted(tmp_path, 1, *FOUR) as house:
        house.night()
        house.house = replace(house.house, manners=Manners(per_day=50))
        assert said(house.night(1)) == []


def test_the_day_of_a_digest_is_the_persons(tmp_path: Path) -> None:
    """At five in the morning UTC it is still yesterday in Los Angeles."""
    with budgeted(tmp_path, 1, *unhappy("acme", "bolt")) as house:
        people = [{**PEOPLE[0], "timezone": "America/Los_Angeles"}, PEOPLE[1]]
        house.house.sources[0].tables[Table.PEOPLE] = people  # type: ignore[attr-defined]  # as above
        report = house.night()
    assert report.notices[-1].episode_id == "digest:person:P1:2026-03-01"
