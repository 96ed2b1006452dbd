"""Whom news goes to: routes, chains, channels of accounts, quiet hours."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from bot.core.routing import Match, Route
from bot.core.working_time import CompanyHours
from bot.messages.blocks import to_text
from bot.notices import Manners, Writer
from bot.state.rows import Person
from bot.watch import Watch
from tests.nights import DAY, STALE, rules_of, shipped_templates
from tests.test_notices import ACME, Outbox, to
from tests.test_watch import analysis, judged, open_after

if TYPE_CHECKING:
    from datetime import date

    from bot.core.verdicts import Rule, Value
    from bot.state.rows import AccountView, Notice

DANA = Person("P1", "Dana", None, "M1", True, "America/New_York")
KIM = Person("P2", "Kim", None, None, True, None)
STAFF = {"P1": DANA, "P2": KIM, "M1": Person("M1", "Max", None, None, True, "Europe/Berlin")}
VIEW = replace(ACME, slack_channel="#acme", metrics={**ACME.metrics, "segment": "Enterprise"})
FRIDAY_EVENING = datetime(2026, 3, 6, 23, tzinfo=UTC)  # 18:00 in New York


def news(
    rules: tuple[Rule, ...],
    view: AccountView = VIEW,
    manners: Manners | None = None,
    people: dict[str, Person] | None = None,
    now: datetime = FRIDAY_EVENING,
) -> tuple[Notice, ...]:
    watch = judged(Watch(rules, {}), analysis({"acme": 3.0}))
    staff = STAFF if people is None else people
    writer = Writer(
        shipped_templates(), "Vendor", {"acme": view}, staff, {}, now, Outbox().of, manners=manners or Manners()
    )
    return writer.notices(watch.to_say(), watch)


def test_a_notice_to_a_person_names_who_stands_in_and_one_to_a_channel_nobody() -> None:
    chains = {one.destination: one.chain for one in news(to("owner", "csm", "#cs-risk"))}
    assert chains == {"person:P1": ("person:P2", "person:M1"), "person:P2": ("person:P1", "person:M1"), "#cs-risk": ()}


def test_the_manager_is_the_owners() -> None:
    assert [one.destination for one in news(to("manager"))] == ["person:M1"]


def test_who_manages_themselves_has_no_manager() -> None:
    people = {**STAFF, "P1": replace(DANA, manager_id="P1")}
    (notice,) = news(to("manager"), people=people)
    assert (notice.destination, notice.chain) == ("person:P1", ("person:P2",))


def test_who_stands_in_for_somebody_whom_the_crm_does_not_name_is_told_so() -> None:
    (notice,) = news(to("csm"), replace(VIEW, csm_id=None))
    assert notice.destination == "person:P1"
    assert "Meant for the account's CSM, but the CRM names none" in to_text(notice.message)
    assert all("Meant for" not in to_text(one.message) for one in news(to("owner", "csm"), replace(VIEW, csm_id=None)))


def test_the_end_still_says_for_whom_a_message_was_meant() -> None:
    outbox, rules, view = Outbox(), to("csm"), replace(VIEW, csm_id=None)
    outbox.add(*news(rules, view))
    known = open_after(judged(Watch(rules, {}), analysis({"acme": 3.0})))
    watch = judged(Watch(rules, known), analysis({"acme": 9.0}), first=DAY + timedelta(days=1))
    writer = Writer(shipped_templates(), "Vendor", {"acme": view}, STAFF, {}, FRIDAY_EVENING, outbox.of)
    (ended,) = writer.notices(watch.to_say(), watch)
    assert "Meant for the account's CSM" in to_text(ended.message)
    assert "Resolved" in to_text(ended.message)


def test_the_channel_of_an_account_is_a_destination_and_falls_away_where_there_is_none() -> None:
    assert [one.destination for one in news(to("account_channel", "#cs-risk"))] == ["#acme", "#cs-risk"]
    assert [one.destination for one in news(to("account_channel"), replace(VIEW, slack_channel=None))] == ["person:P1"]


def test_a_route_says_who_is_told_by_what_the_account_is() -> None:
    enterprise = Route(Match(segment=("enterprise",), severity=("medium",)), to=("csm",), add=("account_channel",))
    manners = Manners(routes=(enterprise,))
    assert [one.destination for one in news(to("owner"), manners=manners)] == ["person:P2", "#acme"]
    assert [one.destination for one in news(to("owner"), ACME, manners)] == ["person:P1"]


def test_what_is_about_a_source_goes_to_channels_whatever_the_routes_say() -> None:
    watch = judged(Watch(rules_of(STALE), {}), analysis({}, {"crm": True}))
    for route, expected in (
        (Route(to=("owner", "#data")), ["#data"]),
        (Route(to=("owner",)), ["#cs-ops"]),
        (Route(Match(kind=("churn_risk",)), to=("#data",)), ["#cs-ops"]),
    ):
        sources: dict[str, dict[str, Value | date]] = {"crm": {"name": "crm", "failed": True}}
        manners = Manners(routes=(route,))
        writer = Writer(shipped_templates(), "Vendor", {}, STAFF, sources, FRIDAY_EVENING, Outbox().of, manners=manners)
        assert [one.destination for one in writer.notices(watch.to_say(), watch)] == expected


def test_news_is_shown_to_the_whole_channel_and_a_repeat_is_not() -> None:
    assert [one.broadcast for one in news(to("#cs-risk"))] == [True]
    rules = to("#cs-risk")
    known = open_after(judged(Watch(rules, {}), analysis({"acme": 3.0})))
    watch = judged(Watch(rules, known), analysis({"acme": 3.0}), first=DAY + timedelta(days=30))
    writer = Writer(shipped_templates(), "Vendor", {"acme": VIEW}, STAFF, {}, FRIDAY_EVENING, Outbox().of)
    assert [(one.transition, one.broadcast) for one in writer.notices(watch.to_say(), watch)] == [
        ("repeat-2026-04-01", False)
    ]


# quiet hours


QUIET = Manners(hours=CompanyHours("Europe/Berlin"), quiet=True)


def test_quiet_hours_defer_people_to_their_own_morning_and_channels_never() -> None:
    deferred = {one.destination: one.not_before for one in news(to("owner", "csm", "#cs-risk"), manners=QUIET)}
    assert deferred == {
        "person:P1": datetime(2026, 3, 9, 13, tzinfo=UTC),  # nine in New York, an hour earlier since Sunday
        "person:P2": datetime(2026, 3, 9, 8, tzinfo=UTC),  # nine in Berlin: the company's
        "#cs-risk": None,
    }


def test_who_is_at_work_is_told_at_once() -> None:
    at_noon = datetime(2026, 3, 6, 17, tzinfo=UTC)
    assert [one.not_before for one in news(to("owner"), manners=QUIET, now=at_noon)] == [None]


def test_without_quiet_hours_nobody_waits() -> None:
    assert [one.not_before for one in news(to("owner", "csm"))] == [None, None]


def test_the_hours_are_those_of_the_first_who_is_there() -> None:
    gone = {**STAFF, "P1": replace(DANA, active=False)}
    (notice,) = news(to("owner"), manners=QUIET, people=gone)
    assert notice.not_before == datetime(2026, 3, 9, 8, tzinfo=UTC)  # Kim's, who stands in
    (nobody,) = news(to("owner"), replace(VIEW, owner_id=None, csm_id=None), QUIET)
    assert (nobody.destination, nobody.not_before) == ("person:", None)
