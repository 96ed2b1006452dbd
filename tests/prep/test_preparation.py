from __future__ import annotations

from dataclasses import replace
from datetime import time, timedelta
from typing import TYPE_CHECKING

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from bot.core.brief.cadence import Move, lefts, stage_due, steps
from bot.core.brief.policy import PrepPolicy
from bot.core.subscriptions import Subscription, Verb
from bot.core.working_time import CompanyHours
from bot.messages.blocks import to_blocks
from bot.messages.limits import OWN_TEXT_MOST, validate
from bot.messages.render import Templates
from bot.notices.manners import Manners
from bot.prep import job
from bot.shipped import TEMPLATES
from bot.state.rows import Act
from tests.prep.conftest import AS_OF, NOW, Office, office_on, view

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from bot.state.rows import Notice, Person
    from bot.state.store import Store

POLICY = PrepPolicy()


@pytest.mark.parametrize(
    ("left", "arr", "band", "stage"),
    [
        (121, 1e6, "green", None),
        (120, 1e6, "green", 120),
        (113, 1e6, "green", 120),  # 7 days late
        (112, 1e6, "green", None),  # too late to be said, and the next stage is to come
        (90, 1e6, None, 90),
        (30, 1e6, "yellow", 30),
        (23, 1e6, "green", 30),
        (22, 1e6, "green", None),
        (0, 1e6, "green", None),
        (-1, 1e6, "green", None),
        (None, 1e6, "red", None),
        (60, 9_999.0, "green", None),  # small accounts: 30 days alone
        (30, 9_999.0, "green", 30),
        (30, 10_000.0, "green", 30),
        (60, 10_000.0, "green", 60),
        (60, None, "green", 60),  # an unknown ARR is not a small one
        (181, 1e6, "red", None),
        (180, 1e6, "red", 180),
        (130, 1e6, "red", 180),  # turned red late: that day
        (150, 1e6, "yellow", None),
        (150, 1.0, "red", None),
    ],
)
def test_a_stage_is_due_on_its_day(left: int | None, arr: float | None, band: str | None, stage: int | None) -> None:
    assert stage_due(left, arr, band, POLICY) == stage


def test_each_step_has_its_day_and_one_is_next() -> None:
    found = steps(AS_OF + timedelta(days=75), AS_OF, red=True, policy=POLICY)
    assert [(one.move, one.due, one.now) for one in found] == [
        (Move.SAVE_PLAN, True, False),
        (Move.REVIEW, True, False),
        (Move.PROPOSAL, True, True),
        (Move.NEGOTIATE, False, False),
        (Move.SIGNATURE, False, False),
        (Move.LEGAL, False, False),
    ]
    assert found[3].by == AS_OF + timedelta(days=15)


def test_long_before_the_first_step_that_one_is_next() -> None:
    found = steps(AS_OF + timedelta(days=400), AS_OF, red=False, policy=POLICY)
    assert [(one.move, one.due) for one in found if one.now] == [(Move.REVIEW, False)]


def test_after_the_deadline_nothing_is_next() -> None:
    found = steps(AS_OF - timedelta(days=1), AS_OF, red=False, policy=POLICY)
    assert all(one.due and not one.now for one in found)


def test_the_brief_goes_to_the_csm_with_its_parts_in_the_thread(office: Office) -> None:
    office.night(view(90, owner_id="005A", csm_id="005C"))
    told = office.prepare()
    assert {one.destination for one in told} == {"person:005C"}
    assert [one.transition for one in told] == ["stage:90", "stage:90:part:1"]
    assert [one.broadcast for one in told] == [True, False]
    assert {(one.kind, one.subject, one.act, one.chain) for one in told} == {
        ("brief", "001A", Act.POST, ("person:005A", "person:005M"))
    }
    assert told[0].message.summary.startswith(
        "Acme &amp; Sons: renewal brief. The contract ends on 29 May 2026, in 90 days."
    )
    assert {kept.notice.notice_id for kept in office.store.deliveries()} == {one.notice_id for one in told}


def test_a_brief_waits_until_the_crm_lets_its_reader_see_the_account(office: Office) -> None:
    office.night(view(90, csm_id="005C"), view(90, account_id="001B", csm_id="005C"), view(90, account_id="001D"))
    asked: list[tuple[str, list[str]]] = []

    def readers(person: Person, ids: Collection[str]) -> frozenset[str]:
        asked.append((person.person_id, list(ids)))
        return frozenset({"001B"})

    blind = Office(office.store, replace(office.job, readers=readers))
    assert {one.subject for one in blind.prepare()} == {"001B"}
    assert asked == [("005C", ["001A", "001B"])], "once a person"
    assert {one.subject for one in office.prepare()} == {"001A"}


def test_every_notice_is_one_that_slack_takes(office: Office) -> None:
    office.night(view(90, csm_id="005C"))
    for one in office.prepare():
        assert validate(to_blocks(one.message), text_most=OWN_TEXT_MOST) == []


def test_without_a_csm_the_owner_is_told_in_whose_place(office: Office) -> None:
    office.night(view(90, owner_id="005A"))
    card = office.prepare()[0]
    assert card.destination == "person:005A"
    assert "Meant for " in str(to_blocks(card.message))
    assert "CSM" in str(to_blocks(card.message)[1])


def test_an_account_without_anybody_has_nobody_to_prepare_it(office: Office) -> None:
    office.night(view(90))
    assert office.prepare() == ()


def test_a_night_done_over_says_nothing_twice(office: Office) -> None:
    office.night(view(90, csm_id="005C"))
    assert office.prepare()
    assert office.prepare() == ()
    office.night(view(89, as_of=AS_OF + timedelta(days=1), csm_id="005C"), as_of=AS_OF + timedelta(days=1))
    assert office.prepare(1) == ()


def test_another_csm_hears_of_the_next_stage_alone(office: Office) -> None:
    office.night(view(90, csm_id="005C"))
    office.prepare()
    office.night(view(90, csm_id="005A"))
    assert office.prepare() == ()


def test_each_stage_is_said_once(office: Office) -> None:
    stages: list[tuple[int, str]] = []
    for day in (0, 1, 2, 15, 16, 30, 31, 32, 60, 61, 62, 91, 95, 121, 124):
        left = 121 - day
        office.night(view(left, AS_OF + timedelta(days=day), csm_id="005C"), as_of=AS_OF + timedelta(days=day))
        stages += [(left, one.transition) for one in office.prepare(day) if ":part" not in one.transition]
    assert stages == [(120, "stage:120"), (90, "stage:90"), (60, "stage:60"), (30, "stage:30")]


def test_a_deadline_that_moves_counts_anew(office: Office) -> None:
    office.night(view(90, csm_id="005C"))
    office.prepare()
    office.night(view(88, csm_id="005C"))
    assert [one.episode_id for one in office.prepare()[:1]] == ["prep:001A:2026-05-27"]


def test_what_has_no_deadline_or_a_past_one_is_left_alone(office: Office) -> None:
    office.night(view(None, account_id="001N"), view(-3, account_id="001P"), view(200, account_id="001F"))
    assert office.prepare() == ()


def test_figures_of_some_days_ago_do_not_speak_of_deadlines_that_are_past(office: Office) -> None:
    office.night(view(25, csm_id="005C"))
    assert office.prepare(days=26) == ()


def test_who_muted_renewals_hears_nothing(office: Office) -> None:
    office.store.wish(Subscription("person:005C", Verb.MUTE, "renewal"), NOW)
    office.night(view(90, csm_id="005C"))
    assert office.prepare() == ()


def test_quiet_hours_defer_the_brief(store: Store) -> None:
    office = office_on(store)
    hours = CompanyHours(days=frozenset(range(7)), opens=time(15), closes=time(18))
    by_hours = replace(office.job, manners=Manners(hours=hours, quiet=True))
    office.night(view(90, csm_id="005C"))
    told = by_hours.prepare(NOW, AS_OF)
    assert {one.not_before for one in told} == {NOW.replace(hour=15)}


def test_a_template_that_fails_does_not_silence_a_deadline(store: Store, tmp_path: Path) -> None:
    (tmp_path / "brief").mkdir()
    (tmp_path / "brief" / "title.j2").write_text("{{ account.nam }}", encoding="utf-8")
    office = office_on(store)
    object.__setattr__(office.job.briefs, "templates", Templates([tmp_path, TEMPLATES]))
    office.night(view(90, csm_id="005C"))
    assert office.prepare()[0].message.summary.startswith("Acme &amp; Sons: renewal brief")


def test_several_accounts_are_told_in_the_order_of_their_deadlines(office: Office) -> None:
    found = {"001B": 60, "001C": 30, "001D": 119}
    office.night(*(view(left, account_id=name, csm_id="005C") for name, left in found.items()))
    cards: list[Notice] = [one for one in office.prepare() if ":part" not in one.transition]
    assert [(one.subject, one.transition) for one in cards] == [
        ("001C", "stage:30"),
        ("001B", "stage:60"),
        ("001D", "stage:120"),
    ]


def test_one_account_whose_brief_cannot_be_made_does_not_keep_the_others_from_theirs(office: Office) -> None:
    broken = view(30, account_id="001B", csm_id="005C", health="no number")
    office.night(broken, view(60, account_id="001C", csm_id="005C"))
    # A logger that was used before keeps its processors: capturing needs a new one.
    job._log = structlog.get_logger("bot.prep.job")
    with capture_logs() as logs:
        assert {one.subject for one in office.prepare()} == {"001C"}
    assert [one["subject"] for one in logs if one["log_level"] == "error"] == ["001B"]


def test_a_brief_takes_no_place_of_an_alert(office: Office) -> None:
    office.night(view(90, csm_id="005C"))
    told = office.prepare()
    said = office.store.said_to_people(NOW - timedelta(days=1))
    assert len(said) == len(told)
    assert not any(one.counts for one in said)


@given(st.integers(-5, 400), st.sampled_from([None, 1.0, 1e6]), st.sampled_from(["red", "green", None]))
def test_whatever_is_due_lies_where_it_is_looked_for(left: int, arr: float | None, band: str | None) -> None:
    if stage_due(left, arr, band, POLICY) is not None:
        looked_for = any(fewest <= left <= most for fewest, most in lefts(POLICY))
        assert looked_for or (band == "red" and 0 <= left <= POLICY.red_from)
