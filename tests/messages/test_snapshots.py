"""Every template in every awkward situation, against its stored blocks; Slack's limits hold for all of them."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

from bot.core.episodes import Phase
from bot.core.verdicts import Evidence, Truth
from bot.messages.blocks import to_blocks
from bot.messages.limits import OWN_TEXT_MOST, validate
from bot.messages.render import not_found
from tests.messages.making import (
    CHURN,
    FLEET,
    FLEET_DROP,
    METRICS,
    OPERATIONS,
    PEOPLE,
    RENEWAL,
    SOURCE,
    UNKNOWN,
    UPSELL,
    Make,
    held,
    line,
    seats,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.core.verdicts import Value
    from bot.messages.message import Message
    from bot.messages.render import Templates

HOSTILE = "<!channel> <@U1> *bold* _it_ ~no~ `code` & <b> <https://evil.example|Northwind>"
RIGHT_TO_LEFT = "شركة الشمال للشحن \u202eتنويه"
LONG = "The Very Long Name of a Freight Forwarding and Logistics Holding Company of Northern Europe and Asia " * 3
MANY = tuple(line("allowance", f"Module {n}", 1000, n * 130.0, "units") for n in range(1, 9))
TIGHT: dict[str, Value | date] = {
    **METRICS,
    "peak_utilization": 0.92,
    "peak_pace": 1.31,
    "peak_line": "API calls",
    "licence_utilization": 0.71,
    "active_users": 71,
    "shelfware": 29.0,
    "usage_change_month": 0.08,
}
FALLING: dict[str, Value | date] = {
    "trend_direction": "falling",
    "trend_size": -0.34,
    "trend_start": date(2025, 12, 12),
    "trend_line": "Compute credits",
    "trend_words": "down 34 % since 12 December 2025, against its own weekday pattern; the fleet is flat",
}
RUN_OUT: dict[str, Value | date] = {
    "run_out_date": date(2026, 1, 24),
    "days_to_run_out": 21,
    "run_out_gap_days": 66,
    "run_out_earliest": date(2026, 1, 19),
    "run_out_latest": date(2026, 2, 2),
    "run_out_line": "API calls",
}
HUGE: dict[str, Value | date] = {
    **METRICS,
    "arr": 1.234e12,
    "seats": 2.5e9,
    "active_users": 123_456_789,
    "licence_utilization": 0.0494,
    "peak_utilization": 57.3,
}
ZERO: dict[str, Value | date] = {
    **METRICS,
    "arr": 0.0,
    "seats": 0.0,
    "active_users": 0,
    "licence_utilization": 0.0,
    "days_to_renewal": 0,
    "usage_change_month": 0.0,
    "peak_utilization": 0.0,
    "overage_value": 0.0,
}
NOTICE: dict[str, Value | date] = {
    **METRICS,
    "days_to_notice": 26,
    "days_to_deadline": 26,
    "deadline": date(2026, 1, 29),
}
TEMPLATES: dict[str, tuple[Make, dict[str, Value | date]]] = {
    "churn_risk": (CHURN, METRICS),
    "upsell": (UPSELL, TIGHT),
    "renewal": (RENEWAL, METRICS),
    "operations": (OPERATIONS, SOURCE),
}
FEWER: dict[str, Value | date] = {"falling_accounts": 3.0, "falling_share": 0.015, "incident_days": 2.0}
TOO_LITTLE: dict[str, Value | date] = {"incomplete": True, "accounts_gone": 0.3, "unmatched_share": 0.02}
NO_SOURCE: dict[str, Value | date] = {**dict.fromkeys(SOURCE), "name": "mixpanel", "stale_after_days": 2}


def _awkward(make: Make, m: dict[str, Value | date]) -> dict[str, tuple[Make, dict[str, Value | date]]]:
    nothing = NO_SOURCE if make is OPERATIONS else UNKNOWN
    return {
        "typical": (make, m),
        "unknowns": (make.but(evidence=(), at_stake=None, owner=None, url=None, lines=(seats(used=None),)), nothing),
        "long_names": (make.but(name=LONG, lines=(seats(LONG),), reason=LONG), {**m, "name": LONG, "peak_line": LONG}),
        "markup": (
            make.but(name=HOSTILE, lines=(seats(HOSTILE),), reason=HOSTILE, rule=HOSTILE, url="javascript:alert(1)"),
            {**m, "name": HOSTILE, "peak_line": HOSTILE, "error": HOSTILE},
        ),
        "right_to_left": (
            make.but(name=RIGHT_TO_LEFT, lines=(seats(RIGHT_TO_LEFT),)),
            {**m, "name": RIGHT_TO_LEFT, "peak_line": RIGHT_TO_LEFT},
        ),
        "claimed": (make.but(phase=Phase.CLAIMED, claimed_by="U02ADA"), m),
        "resolved": (make.but(phase=Phase.RESOLVED, reason="the condition no longer holds"), m),
        "zero": (make.but(at_stake=0.0, lines=(seats(contracted=0, used=0), seats(used=0))), {**m, **_like(ZERO, m)}),
        "huge": (
            make.but(at_stake=1.234e12, lines=(line("seats", "Everything", 2.5e9, 1.43e11, "seats"),)),
            {**m, **_like(HUGE, m)},
        ),
        "no_owner": (make.but(owner=None, csm=None), m),
        "many_lines": (make.but(lines=(*MANY, seats(used=None))), m),
    }


def _like(values: dict[str, Value | date], m: dict[str, Value | date]) -> dict[str, Value | date]:
    return {name: value for name, value in values.items() if name in m}


CASES = {
    f"{template}-{case}": context
    for template, (make, m) in TEMPLATES.items()
    for case, context in _awkward(make, m).items()
}
CASES |= {
    "churn_risk-falling_with_notice": (
        CHURN.but(
            rule="utilization-falling",
            evidence=(
                held("trend_size <= -0.20", trend_size=-0.34),
                held("NOT trend_provisional", trend_provisional=False),
            ),
            lines=(line("commit", "Compute credits", 500_000, 122_000, "credits", 0.46),),
        ),
        {**NOTICE, **FALLING, "seats": None, "active_users": None, "licence_utilization": None},
    ),
    "churn_risk-no_longer_falling": (
        CHURN.but(
            rule="utilization-falling",
            phase=Phase.RESOLVED,
            reason="the condition no longer holds",
            evidence=(held("trend_size <= -0.20", trend_size=0.0),),
            lines=(line("commit", "Compute credits", 500_000, 122_000, "credits", 0.46),),
        ),
        {**METRICS, "trend_direction": "flat", "trend_size": 0.0},
    ),
    "upsell-run_out": (
        UPSELL,
        {
            **TIGHT,
            **RUN_OUT,
        },
    ),
    "churn_risk-month_on_month": (
        CHURN.but(
            rule="of-the-user",
            evidence=(held("usage_change_month < -0.25", usage_change_month=-0.34),),
            lines=(line("commit", "Compute credits", 500_000, 122_000, "credits", 0.46),),
        ),
        {**NOTICE, "usage_change_month": -0.34, "seats": None, "active_users": None, "licence_utilization": None},
    ),
    "churn_risk-commit_only": (
        CHURN.but(
            rule="slow-burn",
            evidence=(held("lowest_commit_pace < 0.5", lowest_commit_pace=0.46),),
            lines=(line("commit", "Compute credits", 500_000, 122_000, "credits", 0.46),),
        ),
        {**METRICS, "lowest_commit_pace": 0.46, "seats": None, "active_users": None, "licence_utilization": None},
    ),
    "churn_risk-unknown_rule": (
        CHURN.but(rule="of-the-user", evidence=(held("nps < 0 OR cus < 30", nps=-20, cus=None),)),
        {**METRICS, "nps": -20, "currency": None},
    ),
    "upsell-overage": (
        UPSELL.but(
            rule="overage",
            evidence=(held("overage_value > 0", overage_value=12_400.0),),
            at_stake=12_400.0,
            lines=(line("allowance", "API calls", 1e6, 1.32e6, "calls", 1.6), seats(used=71)),
        ),
        {**TIGHT, "overage_value": 12_400.0, "peak_utilization": 1.32},
    ),
    "renewal-notice_first": (RENEWAL.but(countdown=26), NOTICE),
    "renewal-no_auto_renew": (RENEWAL, {**METRICS, "auto_renew": False}),
    "operations-stale": (OPERATIONS, {**SOURCE, "failed": False, "error": None}),
    "operations-silent": (
        OPERATIONS.but(evidence=(held("age_days IS NULL", age_days=None),)),
        {**SOURCE, "failed": False, "error": None, "age_days": None, "complete_to": None},
    ),
    "operations-incomplete": (
        OPERATIONS.but(evidence=(held("incomplete", incomplete=True),)),
        {**SOURCE, **TOO_LITTLE, "failed": False, "error": None, "age_days": 0},
    ),
    "fleet_drop-typical": (FLEET_DROP, FLEET),
    "fleet_drop-one_day": (FLEET_DROP, {**FLEET, "falling_until": FLEET["falling_since"]}),
    "fleet_drop-unknown": (FLEET_DROP.but(evidence=()), dict.fromkeys(FLEET)),
    "fleet_drop-markup": (FLEET_DROP, {**FLEET, "falling_names": HOSTILE}),
    "fleet_drop-claimed": (FLEET_DROP.but(phase=Phase.CLAIMED, claimed_by="U02ADA"), FLEET),
    "fleet_drop-mended": (
        FLEET_DROP.but(phase=Phase.RESOLVED),
        {**FLEET, **FEWER, "falling_names": "Blue Harbor"},
    ),
    "fleet_drop-released": (FLEET_DROP.but(phase=Phase.RESOLVED), {**FLEET, "incident_days": 7.0}),
}


@pytest.mark.parametrize("case", CASES)
def test_a_message_is_as_it_was_looked_at_and_slack_takes_it(
    case: str, templates: Templates, snapshot: Callable[[str, Message], None]
) -> None:
    make, m = CASES[case]
    message = templates.alert(make(m))
    assert validate(to_blocks(message), text_most=OWN_TEXT_MOST) == []
    snapshot(case, message)


ANSWERS: dict[str, tuple[Make, dict[str, Value | date]]] = {
    "typical": (CHURN, METRICS),
    "several_kinds": (CHURN.but(lines=(*MANY, seats())), {**TIGHT, "overage_value": 300.0}),
    "unknowns": (CHURN.but(owner=None, url=None, lines=()), UNKNOWN),
    "markup": (CHURN.but(name=HOSTILE, lines=(seats(HOSTILE),)), {**METRICS, "peak_line": HOSTILE}),
    "long_names": (CHURN.but(name=LONG, lines=(seats(LONG),)), METRICS),
    "no_contract": (CHURN.but(lines=()), {**UNKNOWN, "active_lines": 0}),
    "falling": (CHURN, {**METRICS, **FALLING, "health": 43.2, "health_band": "yellow"}),
    "running_out": (CHURN, {**TIGHT, **RUN_OUT, "trend_direction": "flat", "health": 81.0, "health_band": "green"}),
}


@pytest.mark.parametrize("case", ANSWERS)
def test_an_answer_is_as_it_was_looked_at_and_slack_takes_it(
    case: str, templates: Templates, snapshot: Callable[[str, Message], None]
) -> None:
    make, m = ANSWERS[case]
    episodes = [make.but(phase=Phase.CLAIMED, claimed_by="U02ADA")(m).episode] if case == "typical" else []
    message = templates.answer(make.view(m), PEOPLE, episodes, "Acme")
    assert validate(to_blocks(message), text_most=OWN_TEXT_MOST) == []
    snapshot(f"account-{case}", message)


@pytest.mark.parametrize(
    ("case", "text", "suggestions"),
    [
        ("near", "northwnd", ["Northwind Freight", "Northwest Dental"]),
        ("markup", HOSTILE, [HOSTILE]),
        ("nothing", " ", []),
    ],
)
def test_a_name_that_nobody_knows_is_answered(
    case: str, text: str, suggestions: list[str], snapshot: Callable[[str, Message], None]
) -> None:
    message = not_found(text, suggestions)
    assert validate(to_blocks(message)) == []
    snapshot(f"not_found-{case}", message)


def test_what_is_unknown_is_said_to_be_unknown(templates: Templates) -> None:
    make, m = CASES["churn_risk-unknowns"]
    text = str(to_blocks(templates.alert(make(m))))
    assert "use unknown, 100 seats contracted" in text
    assert "*ARR*\\nunknown" in text
    assert "None" not in text


def test_a_resolved_message_tells_what_the_rule_sees_now(templates: Templates) -> None:
    seen = Evidence("licence_utilization < 0.5", Truth.FALSE, (("licence_utilization", 0.64),))
    message = templates.alert(CHURN.but(phase=Phase.RESOLVED, evidence=(seen,))(licence_utilization=0.64))
    text = str(to_blocks(message))
    assert "✅ Northwind Freight: licence utilization now 64 %" in text
    assert "*Now:* Licence utilization 64 % (alerts when under 50 %)" in text
    assert "at stake" not in text
