from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from bot.core.brief.brief import Basis, make_brief
from bot.core.brief.discount import Quadrant, weigh
from bot.core.brief.policy import PrepPolicy
from bot.core.brief.risks import Seen, of_episodes, of_figures
from bot.core.episodes import Outcome, Phase
from bot.core.rules import parse_rules
from bot.core.scoring.shipped import SHIPPED
from bot.core.verdicts import Evidence, Mode, Truth
from tests.core.brief.making_briefs import AS_OF, account, line
from tests.state.samples import episode

POLICY = PrepPolicy()
RULES = {
    rule.name: rule
    for rule in parse_rules(
        """\
- {name: underuse, kind: churn_risk, when: licence_utilization < 0.5, severity: high, to: [owner], template: churn_risk}
- {name: limit, kind: upsell, when: peak_utilization > 0.8, severity: low, to: [owner], template: upsell}
- {name: reminder, kind: renewal, when: days_to_deadline < 90, severity: low, to: [owner], template: renewal}
""",
        "rules.yaml",
    )
}


@pytest.mark.parametrize(
    ("discount", "utilization", "quadrant"),
    [
        (0.2, 0.69, Quadrant.CHEAP_AND_IDLE),  # what equals a threshold is high
        (0.2, 0.7, Quadrant.CHEAP_AND_USED),
        (0.19, 0.0, Quadrant.DEAR_AND_IDLE),
        (0.0, 1.4, Quadrant.DEAR_AND_USED),
        (None, 0.5, Quadrant.UNKNOWN),
        (0.5, None, Quadrant.UNKNOWN),
    ],
)
def test_discount_and_utilization_make_four_quadrants(
    discount: float | None, utilization: float | None, quadrant: Quadrant
) -> None:
    assert weigh("", discount, utilization, POLICY).quadrant is quadrant


def test_the_thresholds_are_settable() -> None:
    strict = replace(POLICY, high_discount=0.5, high_utilization=0.9)
    assert weigh("", 0.4, 0.8, strict).quadrant is Quadrant.DEAR_AND_IDLE


def test_the_whole_account_is_weighed_by_cus_and_else_by_its_licences() -> None:
    basis = Basis(POLICY, SHIPPED, {})
    lines = (line("Seats", discount=0.3), line("Calls"))
    by_cus = make_brief(account(*lines, discount=0.3, cus=80.0, licence_utilization=0.1), (None, None), [], {}, basis)
    by_seats = make_brief(account(*lines, discount=0.3, licence_utilization=0.1), (None, None), [], {}, basis)
    assert [(one.of, one.utilization) for one in by_cus.weighed] == [("", 0.8), ("Seats", 0.4)]
    assert by_seats.weighed[0].utilization == 0.1


def test_alerts_that_stand_are_risks_or_openings_whatever_people_did_about_them() -> None:
    seen = Evidence("licence_utilization < 0.5", Truth.TRUE, (("licence_utilization", 0.41),))
    alerts = [
        episode(rule="underuse", phase=phase, evidence=(seen,))
        for phase in (Phase.FIRING, Phase.CLAIMED, Phase.SNOOZED, Phase.PENDING, Phase.RESOLVED)
    ]
    found = list(of_episodes(alerts, RULES, {"licence_utilization": 0.4}, POLICY))
    assert len(found) == 3
    assert found[0].values == {"licence_utilization": 0.4}, "as it is now, not as it was when the alert fired"
    assert found[0].evidence == ("licence_utilization < 0.5",)
    assert [one.kind for one in of_episodes([episode(rule="limit")], RULES, {}, POLICY)] == ["upsell"]


def test_false_alarms_rules_on_trial_reminders_and_forgotten_rules_are_no_risks() -> None:
    closed: dict[str, Any] = {"closed_by": "U1", "closed_at": datetime(2026, 2, 1, tzinfo=UTC), "phase": Phase.CLOSED}
    alerts = [
        episode(rule="underuse", outcome=Outcome.FALSE_ALARM, **closed),
        episode(rule="reminder"),
        episode(rule="gone"),
    ]
    assert list(of_episodes(alerts, RULES, {}, POLICY)) == []
    shadow = {"underuse": replace(RULES["underuse"], mode=Mode.SHADOW)}
    assert list(of_episodes([episode(rule="underuse")], shadow, {}, POLICY)) == []
    lost = episode(rule="underuse", outcome=Outcome.LOST, **closed)
    assert len(list(of_episodes([lost], RULES, {}, POLICY))) == 1


def test_figures_are_risks_of_their_own_but_not_beside_an_alert_about_the_same() -> None:
    m: dict[str, Any] = {
        "urgent_cases": 2.0,
        "top_user_share": 0.5,
        "power_users_lost": 0.0,
        "health_band": "red",
        "health": 30.0,
    }
    assert [one.name for one in of_figures(m, [], POLICY)] == [Seen.URGENT_CASES, Seen.SINGLE_USER, Seen.RED]
    assert [one.name for one in of_figures(m, ["single-threaded", "health-drop"], POLICY)] == [Seen.URGENT_CASES]


def test_what_is_unknown_is_no_risk() -> None:
    assert list(of_figures({"urgent_cases": None, "top_user_share": None}, [], POLICY)) == []


def test_without_a_deadline_there_are_no_steps() -> None:
    brief = make_brief(account(), (None, None), [], {}, Basis(POLICY, SHIPPED, {}))
    assert (brief.deadline, brief.days_left, brief.steps) == (None, None, ())


def test_days_are_counted_from_the_day_that_the_figures_are_of() -> None:
    brief = make_brief(account(deadline=date(2026, 3, 10)), (None, None), [], {}, Basis(POLICY, SHIPPED, {}))
    assert (brief.as_of, brief.days_left) == (AS_OF, 10)
