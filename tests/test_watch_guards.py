"""What the guards hold over several nights: who hears of what, when, and that nothing of it is lost."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from bot.core import acts
from bot.core.episode import Outcome, Phase
from bot.core.guarding.policy import FLEET, FleetPolicy, Past
from bot.core.verdicts import HoldBy
from bot.watch import Watch
from tests.core.guarding.making import (
    DAY,
    DROP,
    FALLING,
    FULL,
    REMINDER,
    SLOWER,
    STALE,
    UNDERUSE,
    analysis,
    at,
    rules_of,
    source,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.core.episode import Episode
    from bot.core.verdicts import Rule
    from bot.facts.engine import Analysis

FALLEN: dict[str, Any] = {"trend_size": -0.4, "trend_start": DAY - timedelta(days=3), "trend_line": "Suite"}
STEADY: dict[str, Any] = {"trend_size": 0.0}
DOUBTED = source(age_days=5)


class Life:
    """Nights one after the other, each of which begins with what the one before left open."""

    def __init__(self, rules: str, policy: FleetPolicy | None = None, first_judged: date = date(2026, 1, 1)) -> None:
        self.rules: dict[str, Rule] = dict(rules_of(rules))
        self.open: dict[tuple[str, str], Episode] = {}
        self.ended: datetime | None = None
        self.policy = policy
        self.first_judged = first_judged
        self.day = DAY - timedelta(days=1)
        self.watch = self._watch()

    def _watch(self) -> Watch:
        past = Past(self.ended, {rule.version: self.first_judged for rule in self.rules.values()})
        return Watch(list(self.rules.values()), self.open, None, self.policy, past)

    def night(self, *nights: Analysis) -> list[tuple[str, str, str]]:
        """One night over as many days as there are analyses; rule, subject and transition of what is said."""
        self.watch = self._watch()
        for number, each in enumerate(nights, start=1):
            self.day += timedelta(days=1)
            self.watch.judge(each, self.day, at(self.day), sources_too=number == len(nights))
        self.watch.conclude(replace(nights[-1], as_of=self.day), at(self.day))
        for episode in self.watch.changed():
            key = (episode.rule, episode.subject)
            if episode.phase is Phase.RESOLVED:
                self.open.pop(key, None)
                self.ended = episode.resolved_at if episode.subject == FLEET else self.ended
            else:
                self.open[key] = episode
        said = [(step.episode, step.transition) for step in self.watch.to_say() if step.episode]
        return [(one.rule, one.subject, transition) for one, transition in said]

    def standing(self, rule: str, subject: str) -> tuple[bool, str, str]:
        (one,) = [one for one in self.watch.standings() if (one.rule, one.subject) == (rule, subject)]
        assert one.as_of == self.day
        return one.said, one.reason, one.detail


def fleet(fallen: int, others: int = 20, **more: Any) -> Analysis:  # noqa: ANN401  # what `analysis` takes
    """So many accounts that fall, beside others that do not."""
    accounts: dict[str, Mapping[str, Any]] = {f"down{number}": {**FALLEN, "arr": 10.0} for number in range(fallen)}
    return analysis({**accounts, **{f"even{number}": STEADY for number in range(others)}}, **more)


USED_LITTLE = {"licence_utilization": 0.3, "tenure_days": 400, "days_to_deadline": 60}
ACME = {"acme": USED_LITTLE}
OF_ACME = [("acme", "usage", "usage")]


# sources in doubt


def test_a_stale_source_holds_its_alerts_and_its_return_releases_each_once() -> None:
    life = Life(UNDERUSE + REMINDER + STALE)
    stale, good = analysis(ACME, [DOUBTED], OF_ACME), analysis(ACME, [source()])
    assert life.night(stale) == [("reminder", "acme", "fired"), ("source-stale", "usage", "fired")]
    assert life.standing("underuse", "acme") == (False, "HELD", "usage is stale: complete to 30 Mar 2026")
    assert life.night(stale) == []
    assert life.night(good) == [("underuse", "acme", "fired"), ("source-stale", "usage", "resolved")]
    assert life.night(good) == []


def test_what_is_held_is_counted_by_guard_and_reason() -> None:
    life = Life(UNDERUSE + REMINDER)
    accounts = {"acme": USED_LITTLE, "bolt": USED_LITTLE, "calm": USED_LITTLE}
    concerns = [("acme", "usage", "usage"), ("bolt", "usage", "usage")]
    life.night(analysis(accounts, [DOUBTED], concerns))
    (held,) = life.watch.held()
    assert (held.by, held.detail, held.findings) == (HoldBy.SOURCE, "usage is stale: complete to 30 Mar 2026", 2)


def test_an_alert_does_not_end_on_data_in_doubt() -> None:
    life = Life(UNDERUSE)
    assert life.night(analysis(ACME)) == [("underuse", "acme", "fired")]
    better = {"acme": {**USED_LITTLE, "licence_utilization": 0.9}}
    assert life.night(analysis(better, [DOUBTED], OF_ACME)) == []
    assert life.night(analysis(better, [source()])) == [("underuse", "acme", "resolved")]


def test_a_source_in_doubt_tonight_holds_every_day_that_is_judged_tonight() -> None:
    life = Life(UNDERUSE)
    before = [analysis(ACME, [source()])] * 3
    assert life.night(*before, analysis(ACME, [DOUBTED], OF_ACME)) == []
    assert life.night(analysis(ACME, [source()])) == [("underuse", "acme", "fired")]


def test_a_source_that_is_back_holds_none_of_the_days_that_were_missed() -> None:
    life = Life(UNDERUSE.replace("  to:", "  for: 2d\n  to:"))
    stale = analysis(ACME, [DOUBTED], OF_ACME)
    assert life.night(stale, stale, analysis(ACME, [source()])) == [("underuse", "acme", "fired")]
    assert life.standing("underuse", "acme") == (True, "FIRED", "held for 2 days")


def test_an_account_that_is_gone_from_a_list_cut_short_does_not_end() -> None:
    life = Life(UNDERUSE + STALE)
    two = {"acme": USED_LITTLE, "bolt": STEADY}
    life.night(analysis(two))
    short = analysis({"bolt": STEADY}, [source("crm", incomplete=True, accounts_gone=0.5)], [("bolt", "crm", "lines")])
    assert life.night(short) == [("source-stale", "crm", "fired")]
    assert life.standing("underuse", "acme")[1] == "HELD"
    gone = analysis({"bolt": STEADY}, [source("crm", accounts_gone=0.0)])
    assert ("underuse", "acme", "resolved") in life.night(gone)


def test_a_usage_source_in_doubt_does_not_keep_accounts_from_ending() -> None:
    life = Life(UNDERUSE)
    life.night(analysis({"acme": USED_LITTLE, "bolt": STEADY}))
    assert life.night(analysis({"bolt": STEADY}, [DOUBTED])) == [("underuse", "acme", "resolved")]


# the fleet


def test_more_falls_at_once_than_can_be_true_are_one_incident() -> None:
    life = Life(FALLING + DROP)
    assert life.night(fleet(6)) == [("fleet-drop", "fleet", "fired")]
    detail = "6 accounts began to fall on 28 Mar 2026: one incident tells of all"
    assert [(one.by, one.detail, one.findings) for one in life.watch.held()] == [(HoldBy.FLEET, detail, 6)]
    assert life.standing("falling", "down3") == (False, "HELD", detail)
    assert life.watch.fleet["falling_names"] == "Down0 · Down1 · Down2 · Down3 · Down4 · Down5"
    assert life.night(fleet(6)) == []


def test_as_many_falls_as_can_be_true_are_said_one_by_one() -> None:
    life = Life(FALLING + DROP)
    assert len(life.night(fleet(5))) == 5
    assert life.watch.held() == ()


def test_falls_that_began_far_apart_are_no_incident() -> None:
    life = Life(FALLING + DROP)
    accounts = {f"a{n}": {**FALLEN, "trend_start": DAY - timedelta(days=4 * n)} for n in range(12)}
    assert len(life.night(analysis(accounts))) == 12


def test_mended_data_release_the_incident_and_nobody_hears_of_the_falls() -> None:
    life = Life(FALLING + DROP)
    life.night(fleet(6))
    mended = fleet(0, others=20)
    accounts = {f"down{number}": STEADY for number in range(6)}
    assert life.night(analysis({**accounts, **{f"even{n}": STEADY for n in range(20)}})) == [
        ("fleet-drop", "fleet", "resolved")
    ]
    assert life.open == {}
    assert life.night(mended) == []


def test_what_still_falls_when_fewer_do_is_said() -> None:
    life = Life(FALLING + DROP)
    life.night(fleet(6))
    one_is_well = {**{f"down{n}": FALLEN for n in range(5)}, "down5": STEADY, "even": STEADY}
    assert sorted(life.night(analysis(one_is_well))) == [
        *(("falling", f"down{n}", "fired") for n in range(5)),
        ("fleet-drop", "fleet", "resolved"),
    ]
    # Two more on the same day: those that have fired are no part of what would begin to fall now.
    more = {**one_is_well, "down6": FALLEN, "down7": FALLEN}
    assert life.night(analysis(more)) == [("falling", "down6", "fired"), ("falling", "down7", "fired")]


def test_an_incident_that_has_stood_for_as_long_as_it_may_lets_the_alerts_go_once() -> None:
    life = Life(FALLING + DROP, FleetPolicy(at_most=timedelta(days=3)))
    assert life.night(fleet(6)) == [("fleet-drop", "fleet", "fired")]
    assert [life.night(fleet(6)) for _ in range(2)] == [[]] * 2
    released = life.night(fleet(6))
    assert released == [*(("falling", f"down{n}", "fired") for n in range(6)), ("fleet-drop", "fleet", "resolved")]
    assert life.watch.fleet["incident_days"] == 3
    # It does not begin anew, for all that the accounts still fall.
    assert [life.night(fleet(6)) for _ in range(4)] == [[]] * 4


def test_a_new_crowd_after_that_is_a_new_incident() -> None:
    life = Life(FALLING + DROP, FleetPolicy(at_most=timedelta(days=1)))
    for _ in range(2):
        life.night(fleet(6))
    later = {**FALLEN, "trend_start": DAY + timedelta(days=1)}
    more = {f"new{n}": later for n in range(6)}
    accounts = {**{f"down{n}": FALLEN for n in range(6)}, **more, "even": STEADY}
    assert life.night(analysis(accounts)) == [("fleet-drop", "fleet", "fired")]


def test_what_had_fired_before_is_counted_and_hears_no_repeat() -> None:
    life = Life(FALLING.replace("30d", "1d") + DROP)
    assert len(life.night(fleet(5))) == 5
    assert life.night(fleet(7)) == [("fleet-drop", "fleet", "fired")]
    assert life.watch.fleet["falling_accounts"] == 7
    assert {life.standing("falling", f"down{n}")[1] for n in range(7)} == {"HELD"}
    assert {life.open["falling", f"down{n}"].phase for n in range(5)} == {Phase.FIRING}


def test_an_incident_that_somebody_calls_a_false_alarm_lets_the_alerts_go() -> None:
    life = Life(FALLING + DROP)
    life.night(fleet(6))
    incident = life.open["fleet-drop", FLEET]
    closed = acts.close(incident, "U1", Outcome.FALSE_ALARM, None, at(life.day)).episode
    assert closed is not None
    life.open["fleet-drop", FLEET] = closed
    assert [subject for _, subject, _ in life.night(fleet(6))] == [f"down{n}" for n in range(6)]


def test_without_a_rule_that_tells_of_it_nothing_is_held() -> None:
    assert len(Life(FALLING).night(fleet(6))) == 6
    said = Life(FALLING + DROP + "  mode: shadow\n").night(fleet(6))
    assert [rule for rule, _, _ in said if rule == "falling"] == ["falling"] * 6


def test_a_limit_of_the_settings_counts_for_guard_and_incident_alike() -> None:
    life = Life(FALLING + DROP, FleetPolicy(accounts=2, share=0.0, days=1, at_most=timedelta(days=1)))
    assert life.night(fleet(3)) == [("fleet-drop", "fleet", "fired")]
    assert len(life.night(fleet(3))) == 4
    never = Life(FALLING + DROP, FleetPolicy(accounts=2, share=0.0, at_most=timedelta()))
    assert len(never.night(fleet(3))) == 3


def test_a_rule_in_shadow_mode_makes_no_incident() -> None:
    life = Life(FALLING + "  mode: shadow\n" + DROP)
    life.night(fleet(6))
    assert life.watch.fleet["falling_accounts"] == 0
    assert life.standing("falling", "down0") == (False, "FIRED", "in shadow mode: it holds")


def test_where_no_trend_says_when_it_began_the_day_counts_on_which_the_rule_began_to_hold() -> None:
    slow = {f"a{n}": {"usage_change_month": -0.5} for n in range(6)}
    even = {f"a{n}": {"usage_change_month": 0.0} for n in range(6)}
    life = Life(SLOWER + DROP)
    assert life.night(analysis(even)) == []
    assert life.night(analysis(slow)) == [("fleet-drop", "fleet", "fired")]


def test_what_a_new_rule_finds_on_its_first_night_began_before_it() -> None:
    slow = {f"a{n}": {"usage_change_month": -0.5} for n in range(6)}
    life = Life(SLOWER + DROP, first_judged=DAY)
    assert len(life.night(analysis(slow))) == 6


def test_several_days_are_judged_with_what_is_known_at_their_end() -> None:
    life = Life(FALLING + DROP)
    assert life.night(fleet(3), fleet(3), fleet(6)) == [("fleet-drop", "fleet", "fired")]
    assert {episode.phase for key, episode in life.open.items() if key[0] == "falling"} == {Phase.PENDING}


def test_an_incident_does_not_end_because_its_accounts_are_unknown() -> None:
    life = Life(FALLING + DROP + STALE)
    life.night(fleet(6))
    doubted = [(f"down{n}", "usage", "usage") for n in range(6)]
    assert life.night(fleet(6, sources=[DOUBTED], concerns=doubted)) == [("source-stale", "usage", "fired")]
    unknown: dict[str, dict[str, Any]] = {f"down{n}": {} for n in range(6)}
    assert life.night(analysis(unknown, [source()])) == [("source-stale", "usage", "resolved")]
    assert life.watch.fleet["falling_accounts"] is None
    assert ("fleet-drop", FLEET) in life.open


def test_of_a_crowd_whose_half_is_in_doubt_the_other_half_is_held_still() -> None:
    life = Life(FALLING + DROP)
    life.night(fleet(6))
    doubted = [(f"down{n}", "usage", "usage") for n in range(3)]
    assert life.night(fleet(6, sources=[DOUBTED], concerns=doubted)) == []
    assert [(one.by, one.findings) for one in life.watch.held()] == [(HoldBy.SOURCE, 3), (HoldBy.FLEET, 3)]


def test_what_a_source_holds_makes_no_incident() -> None:
    life = Life(FALLING + DROP)
    doubted = [(f"down{n}", "usage", "usage") for n in range(6)]
    assert life.night(fleet(6, sources=[DOUBTED], concerns=doubted)) == []


# a churn risk and an upsell

BOTH = {"acme": {**USED_LITTLE, "peak_utilization": 0.95, "peak_line": "Suite"}}
LINES = [("acme", "Suite", "seats"), ("acme", "Calls", "allowance")]


def test_a_risk_that_fires_tonight_inhibits_upsell_on_the_same_line_until_it_is_over() -> None:
    life = Life(FULL + UNDERUSE)
    assert life.night(analysis(BOTH, lines=LINES)) == [("underuse", "acme", "fired")]
    assert life.standing("full", "acme") == (False, "INHIBITED", "underuse is open on the same line: Suite")
    assert [one.by for one in life.watch.held()] == [HoldBy.INHIBITED]
    well = {"acme": {**BOTH["acme"], "licence_utilization": 0.9}}
    assert life.night(analysis(well, lines=LINES)) == [("full", "acme", "fired"), ("underuse", "acme", "resolved")]


def test_a_risk_on_another_line_lets_the_upsell_go() -> None:
    other = {"acme": {**BOTH["acme"], "peak_line": "Calls"}}
    life = Life(FULL + UNDERUSE)
    assert life.night(analysis(other, lines=LINES)) == [("full", "acme", "fired"), ("underuse", "acme", "fired")]


def test_a_risk_that_is_claimed_or_snoozed_inhibits_and_one_that_is_closed_does_not() -> None:
    for phase, said in ((Phase.CLAIMED, 0), (Phase.SNOOZED, 0), (Phase.CLOSED, 1)):
        life = Life(FULL + UNDERUSE)
        life.night(analysis({"acme": USED_LITTLE}, lines=LINES))
        key = ("underuse", "acme")
        life.open[key] = replace(life.open[key], phase=phase, snoozed_until=date(2027, 1, 1))
        assert len(life.night(analysis(BOTH, lines=LINES))) == said, phase


def test_a_risk_that_is_held_or_in_shadow_mode_or_still_pending_inhibits_nothing() -> None:
    held = Life(FULL + UNDERUSE.replace("tenure_days > 60", "nps < 0"))
    unhappy = {"acme": {**BOTH["acme"], "nps": -5.0}}
    doubted = analysis(unhappy, [source("crm", failed=True)], [("acme", "crm", "accounts")], LINES)
    assert held.night(doubted) == [("full", "acme", "fired")]
    shadow = Life(FULL + UNDERUSE + "  mode: shadow\n")
    assert ("full", "acme", "fired") in shadow.night(analysis(BOTH, lines=LINES))
    pending = Life(FULL + UNDERUSE + "  for: 9d\n")
    assert pending.night(analysis(BOTH, lines=LINES)) == [("full", "acme", "fired")]


def test_an_upsell_that_had_fired_stays_and_ends_as_ever() -> None:
    life = Life(FULL + UNDERUSE)
    fine = {"acme": {**BOTH["acme"], "licence_utilization": 0.9}}
    assert life.night(analysis(fine, lines=LINES)) == [("full", "acme", "fired")]
    assert life.night(analysis(BOTH, lines=LINES)) == [("underuse", "acme", "fired")]
    emptier = {"acme": {**USED_LITTLE, "peak_utilization": 0.5, "peak_line": "Suite"}}
    assert life.night(analysis(emptier, lines=LINES)) == [("full", "acme", "resolved")]


def test_of_a_crowd_within_the_limit_those_that_are_known_are_said_whatever_becomes_of_the_others() -> None:
    life = Life(FALLING + DROP)
    said = life.night(fleet(6, sources=[DOUBTED], concerns=[("down0", "usage", "usage")]))
    assert said == [("falling", f"down{n}", "fired") for n in range(1, 6)]


# standings


def test_every_finding_of_the_last_day_has_its_standing() -> None:
    life = Life(UNDERUSE + REMINDER + FULL + "  mode: shadow\n")
    life.night(analysis({"acme": {**BOTH["acme"], "licence_utilization": 0.9}, "bolt": STEADY}, lines=LINES))
    assert [(one.rule, one.subject, one.said, one.reason) for one in life.watch.standings()] == [
        ("reminder", "acme", True, "FIRED"),
        ("full", "acme", False, "FIRED"),
    ]
    assert life.standing("full", "acme")[2] == "in shadow mode: it holds"
    life.night(analysis({"acme": {**BOTH["acme"], "licence_utilization": 0.9}}, lines=LINES))
    assert life.standing("reminder", "acme") == (False, "ALREADY_SAID", "")


def test_what_is_said_tonight_of_an_earlier_day_stands_as_said() -> None:
    life = Life(UNDERUSE)
    assert life.night(*[analysis(ACME)] * 3) == [("underuse", "acme", "fired")]
    assert life.standing("underuse", "acme") == (True, "FIRED", "it holds")
