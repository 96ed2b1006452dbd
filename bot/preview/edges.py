"""Awkward cases: what a template meets in the field, and has to stay readable in."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Final

from bot.core.episodes import Outcome, Phase
from bot.core.verdicts import Scope
from bot.preview.samples import NO_METRICS
from bot.preview.subject import NOW, line

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from bot.core.verdicts import Value
    from bot.preview.subject import Subject

LONG: Final = (
    "The Very Long Name of a Freight Forwarding and Logistics Holding Company of Northern Europe and Asia " * 3
)
MARKUP: Final = "<!channel> <@U1> *bold* _it_ ~no~ `code` & <b> <https://evil.example|Northwind>"
RIGHT_TO_LEFT: Final = "شركة الشمال للشحن \u202eתנויה"

_NAMES: Final = ("name", "peak_line", "trend_line", "run_out_line", "falling_names")
"""Metrics that people named something by."""
_HUGE: Final[Mapping[str, Value]] = {
    "arr": 1.234e12,
    "seats": 2.5e9,
    "active_users": 123_456_789,
    "shelfware": 2.4e9,
    "licence_utilization": 0.0494,
    "peak_utilization": 57.3,
    "overage_value": 9.9e14,
    "usage_change_month": 41.5,
    "days_to_renewal": 36_500,
    "rows_total": 9_876_543_210,
    "rows_rejected": 123_456_789,
    "age_days": 4_000,
    "falling_accounts": 1_234_567.0,
    "falling_arr": 8.8e13,
}
_ZERO: Final = (
    *("arr", "seats", "active_users", "shelfware", "licence_utilization", "peak_utilization", "peak_pace", "cus"),
    *("usage_change_month", "days_to_renewal", "days_to_deadline", "overage_value", "rows_total", "rows_rejected"),
    *("age_days", "falling_accounts", "falling_share", "falling_arr", "health", "trend_size"),
)


def _named(name: str) -> Callable[[Subject], Subject]:
    def call(one: Subject) -> Subject:
        names = {key: name for key in _NAMES if one.m.get(key) is not None}
        people = {
            role: person if person is None else _renamed(person, name)
            for role, person in (("owner", one.owner), ("csm", one.csm))
        }
        lines = tuple(_like(product, name) for product in one.lines)
        others = tuple(name for _ in one.others)
        told = {**one.told}
        if deal := told.get("opportunity"):
            told["opportunity"] = deal | {"stage": name, "forecast": name}
        return one.but(name=name, m=one.m | names, lines=lines, others=others, told=told, **people)

    return call


def _renamed(person: Any, name: str) -> Any:  # noqa: ANN401 - a Person, as a Person
    return type(person)(person.person_id, name, person.email, person.manager_id, person.active, person.timezone)


def _like(product: Any, name: str) -> Any:  # noqa: ANN401 - a LineView, as a LineView
    return replace(product, product=name)


def _no_data(one: Subject) -> Subject:
    # What the rule is about has its name all the same, and so has the deadline of a guard.
    kept = {key: one.m.get(key) for key in ("name", "stale_after_days", "at_most_days", "incident_days")}
    known = {key: value for key, value in kept.items() if key in one.m and one.rule.scope is not Scope.ACCOUNT}
    lines = tuple(line(each.product, each.kind or "seats", each.contracted, None, each.unit) for each in one.lines)
    nothing: dict[str, Any] = {"evidence": (), "owner": None, "csm": None, "url": None, "courses": (), "told": {}}
    return one.but(m={**NO_METRICS[one.rule.scope], **known}, at_stake=None, lines=lines, **nothing)


def _zero(one: Subject) -> Subject:
    known = {name: 0.0 for name in _ZERO if one.m.get(name) is not None}
    lines = tuple(line(each.product, each.kind or "seats", 0, 0, each.unit) for each in one.lines)
    stake = None if one.at_stake is None else 0.0
    return one.but(m=one.m | known, lines=lines, at_stake=stake)


def _huge(one: Subject) -> Subject:
    known = {name: value for name, value in _HUGE.items() if one.m.get(name) is not None}
    lines = tuple(line(each.product, each.kind or "seats", 2.5e9, 1.43e11, each.unit) for each in one.lines)
    stake = None if one.at_stake is None else 1.234e12
    return one.but(m=one.m | known, lines=lines, at_stake=stake)


def _many_lines(one: Subject) -> Subject:
    if one.rule.scope is not Scope.ACCOUNT:
        names = " · ".join(f"Company number {number}" for number in range(1, 41))
        return one.but(m=one.m | ({"falling_names": names} if one.rule.scope is Scope.FLEET else {}))
    lines = tuple(line(f"Module {n}", "allowance", 1000, n * 30.0, "units") for n in range(1, 41))
    others = tuple(f"Company number {number}" for number in range(2, 61)) if one.others else ()
    return one.but(lines=lines, others=others)


def _notice_first(one: Subject) -> Subject:
    if one.rule.scope is not Scope.ACCOUNT:
        return one
    soon = {"days_to_notice": 26, "days_to_deadline": 26, "deadline": one.as_of + timedelta(days=26)}
    return one.but(m=one.m | soon)


def _state(phase: Phase, **fields: Any) -> Callable[[Subject], Subject]:  # noqa: ANN401 - fields of an episode
    return lambda one: one.but(phase=phase, state=fields)


TYPICAL: Final = "typical"
EDGES: Final[Mapping[str, Callable[[Subject], Subject]]] = {
    TYPICAL: lambda one: one,
    "no_data": _no_data,
    "long_names": _named(LONG),
    "markup": lambda one: _named(MARKUP)(one).but(reason=MARKUP, url="javascript:alert(1)"),
    "right_to_left": _named(RIGHT_TO_LEFT),
    "zero": _zero,
    "huge": _huge,
    "no_owner": lambda one: one.but(owner=None, csm=None),
    "many_lines": _many_lines,
    "notice_first": _notice_first,
    "claimed": _state(Phase.CLAIMED, claimed_by="U02ADA", claimed_at=NOW),
    "snoozed": _state(
        Phase.SNOOZED, snoozed_until=date(2026, 1, 20), snoozed_by="U02ADA", snooze_reason="budget talks"
    ),
    "closed": _state(Phase.CLOSED, outcome=Outcome.FALSE_ALARM, closed_by="U02ADA", closed_at=NOW),
    "resolved": lambda one: one.but(
        phase=Phase.RESOLVED, state={"resolved_at": NOW + timedelta(days=9)}, reason="after 23 days"
    ),
}
"""By name: what becomes of a subject."""
