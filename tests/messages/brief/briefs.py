"""Briefs of one ordinary account and of every kind that goes to the edge."""

from __future__ import annotations

from datetime import date
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from bot.core.brief.brief import Basis, Brief, make_brief
from bot.core.brief.policy import PrepPolicy
from bot.core.rules import parse_rules
from bot.core.scoring.shipped import SHIPPED
from tests.core.brief.making_briefs import account, course, line
from tests.state.samples import episode

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.core.courses import Course
    from bot.state.rows import AccountView, LineView

END = date(2026, 5, 31)
METRICS: dict[str, Any] = {
    "name": "Acme & Sons",
    "currency": "USD",
    "arr": 120_000.0,
    "deadline": date(2026, 4, 14),
    "days_to_notice": 45,
    "days_to_renewal": 92,
    "days_to_deadline": 45,
    "renewal_date": END,
    "auto_renew": True,
    "tenure_days": 800,
    "licence_utilization": 0.41,
    "shelfware": 588.0,
    "cus": 61.0,
    "health": 38.4,
    "health_band": "red",
    "usage_as_of": date(2026, 2, 27),
    "active_users": 412.0,
    "open_cases": 4.0,
    "urgent_cases": 1.0,
    "mau": 412.0,
    "top_user_share": 0.62,
    "discount": 0.3,
    "csat": 88.0,
    "trend_words": "Down 30 % since 3 Jan 2026",
}
OPPORTUNITY = {
    "stage": "Proposal",
    "forecast": "Best Case",
    "amount": 130_000.0,
    "currency": "USD",
    "close": date(2026, 6, 15),
    "url": "https://crm.example/O1",
}
RULES = """\
- name: licence-underuse
  kind: churn_risk
  when: licence_utilization < 0.50
  clear: licence_utilization >= 0.60
  severity: high
  to: [owner]
  template: churn_risk
- name: near-limit
  kind: upsell
  when: peak_utilization > 0.8
  clear: peak_utilization < 0.7
  severity: medium
  to: [owner]
  template: upsell
"""


def lines() -> tuple[LineView, ...]:
    """Return seats half of which lie idle, a commit that is outgrown, and trainings nobody measures."""
    common: dict[str, Any] = {"currency": "USD", "auto_renew": True, "start": date(2025, 6, 1), "end": END}
    seats = line(
        "Platform seats",
        contracted=1_000.0,
        used=412.0,
        utilization=0.412,
        quantity=1_000.0,
        arr=96_000.0,
        discount=0.3,
        line_id="L1",
        url="https://crm.example/L1",
        notice_date=date(2026, 4, 14),
        shelfware=588.0,
        overage=0.0,
        **common,
    )
    calls = line(
        "API calls",
        "commit",
        contracted=5e6,
        used=3.1e6,
        utilization=0.62,
        quantity=5_000.0,
        meter="calls",
        unit="calls",
        arr=24_000.0,
        line_id="L2",
        url="https://crm.example/L2",
        end_utilization=0.9,
        end_utilization_low=0.8,
        end_utilization_high=1.1,
        run_out_date=date(2026, 6, 10),
        run_out_earliest=date(2026, 5, 10),
        run_out_latest=date(2026, 8, 10),
        **common,
    )
    trainings = line(
        "Training days",
        "service",
        contracted=10.0,
        used=None,
        utilization=None,
        unit="days",
        meter=None,
        arr=None,
        line_id="L3",
        start=date(2025, 6, 1),
        end=END,
    )
    return seats, calls, trainings


@cache
def _courses() -> dict[str, Course]:
    noise = np.random.default_rng(3)
    seats = 150 * np.exp(noise.normal(0, 0.1, 500))
    calls = 11_000 * 1.001 ** np.arange(500.0) * np.exp(noise.normal(0, 0.2, 500))
    return {"L1": course(seats.tolist(), line_id="L1"), "L2": course(calls.tolist(), "commit", line_id="L2")}


def made(view: AccountView, **policy: Any) -> Brief:  # noqa: ANN401 - fields of the policy
    """Make the brief of an account whose licences are underused, with an alert that says so."""
    rules = {rule.name: rule for rule in parse_rules(RULES, "rules.yaml")}
    alerts = [episode(rule="licence-underuse", subject=view.account_id)]
    names = ("Ada Byron", "Bo Diddley")
    return make_brief(view, names, alerts, _courses(), Basis(PrepPolicy(**policy), SHIPPED, rules))


def typical() -> Brief:
    """Make the brief of an ordinary account."""
    before = {"licence_utilization": 0.52, "health": 55.0}
    view = account(*lines(), **METRICS, opportunity=OPPORTUNITY, before=before, before_on=date(2026, 1, 31))
    return made(view, overage={"api*": 1.5})


def _nothing() -> Brief:
    view = account(name="Empty Ltd")
    return make_brief(view, (None, None), [], {}, Basis(PrepPolicy(), SHIPPED, {}))


def _markup() -> Brief:
    name = "<!channel> *Bold* _it_ `x` [click](https://evil.example) <https://evil.example|Acme> & | # 1. 2"
    seats = line(name, line_id="L1", contracted=10.0)
    told = {"stage": name, "forecast": name}
    return made(account(seats, **METRICS | {"name": name, "trend_words": name}, opportunity=told))


def _long() -> Brief:
    name = "Wholesale " * 15
    return made(account(line(name), **METRICS | {"name": name}))


def _many() -> Brief:
    seats = [line(f"Product {number}", line_id=f"M{number}", discount=0.1) for number in range(200)]
    return made(account(*seats, **METRICS))


def _numbers() -> Brief:
    huge = line("Huge", "commit", contracted=9e15, used=1e16, utilization=1.1, arr=1e13, meter="calls", line_id="L9")
    none = line("None", contracted=0.0, used=0.0, utilization=None, arr=0.0)
    zeros = dict.fromkeys(("arr", "shelfware", "cus", "licence_utilization", "health", "discount"), 0.0)
    return made(account(huge, none, **METRICS | zeros))


def _contradicting() -> Brief:
    late = line("Late", notice_date=date(2026, 6, 30), end=date(2026, 3, 31), auto_renew=True, line_id="A")
    odd = line("Odd", start=date(2026, 4, 1), end=date(2026, 3, 31), auto_renew=False, line_id="B")
    far = line("Far", end=date(2027, 3, 31), line_id="C")
    return made(account(late, odd, far, **METRICS, opportunity=OPPORTUNITY))


def _rtl() -> Brief:
    name = "شركة نخلة الوادي للشحن"
    return made(account(line(name), **METRICS | {"name": name}))


BRIEFS: dict[str, Callable[[], Brief]] = {
    "typical": typical,
    "nothing": _nothing,
    "markup": _markup,
    "long names": _long,
    "many lines": _many,
    "numbers": _numbers,
    "contradicting": _contradicting,
    "right to left": _rtl,
}
