"""What a metric was on an earlier day, beside what it is now."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import TYPE_CHECKING

import pyarrow as pa

from bot.core.earlier import Earlier
from bot.core.judge import explain, judge, judge_one, metrics_of
from bot.core.rules import parse_rules
from bot.core.verdicts import Evidence, Finding, Scope, Truth

if TYPE_CHECKING:
    from bot.core.verdicts import Value

DAY, BEFORE = date(2026, 3, 31), date(2026, 3, 3)
RULES = parse_rules(
    """\
- name: idle
  kind: churn_risk
  when: licence_utilization < 0.5 AND deadline < DATE '2027-01-01' AND active_users < seats
  severity: CASE WHEN arr > 1000 THEN 'high' ELSE 'low' END
  at_stake: contract_value
  to: [owner]
  template: churn_risk
- name: stale
  kind: operations
  scope: source
  when: failed
  to: ["#cs-ops"]
  template: operations
""",
    "rules.yaml",
)
TABLE = pa.table(
    {
        "subject": ["a", "b", "c"],
        "licence_utilization": [0.41, 0.3, 0.2],
        "deadline": pa.array([date(2026, 5, 1)] * 3),
        "active_users": [41, 30, 20],
        "seats": [100.0, 100.0, 100.0],
        "arr": [5000.0, 1.0, 1.0],
        "contract_value": [1.0, 1.0, 1.0],
    }
)
# Other accounts, in another order; `seats` was not kept then.
EARLIER = Earlier(
    BEFORE,
    pa.table(
        {
            "subject": ["gone", "c", "a"],
            "licence_utilization": [0.9, float("nan"), 0.52],
            "deadline": pa.array([None, None, date(2026, 6, 1)], pa.date32()),
            "active_users": [9, 22, 52],
        }
    ),
)


def judged(earlier: Earlier | None = EARLIER) -> list[Finding]:
    return judge(RULES, Scope.ACCOUNT, TABLE, DAY, {}, earlier=earlier)


def test_each_comparison_has_the_values_of_the_earlier_day() -> None:
    assert judged()[0].evidence == (
        Evidence("licence_utilization < 0.5", Truth.TRUE, (("licence_utilization", 0.41),),
                 (("licence_utilization", 0.52),), BEFORE),
        Evidence("deadline < DATE '2027-01-01'", Truth.TRUE, (("deadline", "2026-05-01"),),
                 (("deadline", "2026-06-01"),), BEFORE),
        Evidence("active_users < seats", Truth.TRUE, (("active_users", 41), ("seats", 100.0)),
                 (("active_users", 52),), BEFORE),
    )  # fmt: skip


def test_an_account_that_was_not_there_has_no_earlier_values() -> None:
    new = judged()[1]
    assert new.subject == "b"
    assert {(item.before, item.before_on) for item in new.evidence} == {((), None)}


def test_what_was_unknown_then_is_left_out() -> None:
    assert [item.before for item in judged()[2].evidence] == [(), (), (("active_users", 22),)]


def test_earlier_values_decide_nothing() -> None:
    def without(found: Finding) -> list[tuple[object, ...]]:
        return [(item.text, item.truth, item.values) for item in found.evidence]

    for one, other in zip(judged(), judged(None), strict=True):
        assert (one.holds, one.clears, one.severity, without(one)) == (
            other.holds, other.clears, other.severity, without(other),
        )  # fmt: skip


def test_one_row_is_judged_as_the_table_is() -> None:
    then: dict[str, Value | date] = {"licence_utilization": 0.52, "deadline": date(2026, 6, 1), "active_users": 52}
    row = next(one for one in TABLE.to_pylist() if one["subject"] == "a")
    assert judge_one(RULES, Scope.ACCOUNT, "a", row, DAY, before=(BEFORE, then)) == judged()[:1]


def test_one_row_is_judged_whether_a_rule_holds_or_not() -> None:
    (found,) = judge_one(RULES, Scope.ACCOUNT, "a", {"licence_utilization": 0.6}, DAY)
    assert (found.rule, found.subject, found.holds) == ("idle", "a", Truth.FALSE)
    assert judge_one(RULES[:1], Scope.SOURCE, "crm", {}, DAY) == []


def test_several_people_may_ask_at_a_time() -> None:
    rows = [{"licence_utilization": number / 100, "deadline": "2026-05-01"} for number in range(60)]
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda row: explain(RULES[0], row)[0], rows))
    assert [dict(item.values)["licence_utilization"] for item in found] == [row["licence_utilization"] for row in rows]
    assert [item.truth is Truth.TRUE for item in found] == [number < 50 for number in range(60)]


def test_all_that_a_rule_looks_at_is_named() -> None:
    assert metrics_of(RULES, Scope.ACCOUNT) == set(TABLE.column_names) - {"subject"}
    assert metrics_of(RULES, Scope.SOURCE) == {"failed"}
