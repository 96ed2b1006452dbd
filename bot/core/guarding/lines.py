"""Which contract lines a rule speaks of, for an account: a churn risk inhibits upsell on the same line. Pure.

Lines are told apart by their product, as the metrics do (`peak_line`, `trend_line` ...). What rests on no usage, like
ARR or the days to renewal, is the setting of a rule and not what it is about. Everything else that names no line
(health, CUS, users) is about the whole account.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from bot.core.guarding.falls import rows_of
from bot.core.guarding.rules import named
from bot.core.metrics import ACCOUNT_METRICS
from bot.core.verdicts import Hold, HoldBy
from connectors.schema import Kind, Table

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    import pyarrow as pa

    from bot.core.verdicts import Rule

Lines = frozenset[str] | None
"""Products; None: the whole account."""

LINE_OF: Final = {
    **dict.fromkeys(("peak_utilization", "peak_pace", "peak_line", "headroom", "overage"), "peak_line"),
    **dict.fromkeys((name for name in ACCOUNT_METRICS if name.startswith("trend_")), "trend_line"),
    **dict.fromkeys((name for name in ACCOUNT_METRICS if name.startswith("run_out_")), "run_out_line"),
    "days_to_run_out": "run_out_line",
    **dict.fromkeys((name for name in ACCOUNT_METRICS if name.startswith("end_")), "end_line"),
}
"""The metric that names the line which another metric is of."""

KIND_OF: Final = {
    **dict.fromkeys(
        (
            "active_users", "licence_utilization", "licence_headroom", "licence_utilization_percentile",
            "shelfware", "shelfware_value",
        ),
        Kind.SEATS,
    ),
    **dict.fromkeys(("allowance_utilization", "allowance_pace"), Kind.ALLOWANCE),
    **dict.fromkeys(("commit_utilization", "commit_pace", "lowest_commit_pace"), Kind.COMMIT),
    "service_utilization": Kind.SERVICE,
}  # fmt: skip
"""The kind of the lines that a metric is of, where it is of all lines of a kind."""

SETTING: Final = frozenset({"usage_as_of", "usage_age_days"})
"""Metrics of usage that say nothing of how much."""

_COLUMNS: Final = ("subject", *sorted(set(LINE_OF.values())))


@dataclass(frozen=True, slots=True)
class Risk:
    """An open churn risk."""

    rule: Rule
    subject: str


class Risks:
    """The open churn risks, by account and line."""

    def __init__(self, risks: Iterable[Risk], subjects: Collection[str], accounts: pa.Table, lines: pa.Table) -> None:
        """`subjects`: the accounts of which something else might be said."""
        by_account: defaultdict[str, list[Risk]] = defaultdict(list)
        for risk in risks:
            if risk.subject in subjects:
                by_account[risk.subject].append(risk)
        self._risks = by_account
        self._rows = {row["subject"]: row for row in _rows(accounts, by_account)}
        self._products = _products(lines, by_account)

    def hold(self, rule: Rule, subject: str) -> Hold | None:
        """Hold what a rule says of a line that is at risk."""
        for risk in self._risks.get(subject, ()):
            theirs, own = self._lines(risk.rule, subject), self._lines(rule, subject)
            if theirs is None or own is None:
                return Hold(HoldBy.INHIBITED, f"{risk.rule.name} is open for the account")
            if both := sorted(theirs & own):
                return Hold(HoldBy.INHIBITED, f"{risk.rule.name} is open on the same line: {', '.join(both)}")
        return None

    def _lines(self, rule: Rule, subject: str) -> Lines:
        return lines_of(rule, self._rows.get(subject, {}), self._products.get(subject, {}))


def lines_of(rule: Rule, row: Mapping[str, Any], products: Mapping[str, frozenset[str]]) -> Lines:
    """Name the products of the lines that a rule speaks of.

    `row`: the account's metrics; `products`: its products by kind of line.
    """
    found: set[str] = set()
    for name in _telling(rule):
        those = _named_line(name, row) if name in LINE_OF else products.get(KIND_OF.get(name, ""), frozenset())
        if not those:
            return None
        found |= those
    return frozenset(found) or None


def _named_line(name: str, row: Mapping[str, Any]) -> frozenset[str]:
    product = row.get(LINE_OF[name])
    return frozenset() if product is None else frozenset({str(product)})


def _telling(rule: Rule) -> Iterator[str]:
    for name in named(rule):
        if Table.USAGE in ACCOUNT_METRICS[name].rests_on and name not in SETTING:
            yield name


def _rows(accounts: pa.Table, subjects: Collection[str]) -> list[Any]:
    return rows_of(accounts, subjects, _COLUMNS) if subjects else []


def _products(lines: pa.Table, subjects: Collection[str]) -> dict[str, dict[str, frozenset[str]]]:
    if not subjects or "account_id" not in lines.column_names:
        return {}
    found: defaultdict[str, defaultdict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for row in rows_of(lines, subjects, ("account_id", "product", "kind"), key="account_id"):
        if row["kind"] is not None and row["product"] is not None:
            found[row["account_id"]][row["kind"]].add(row["product"])
    return {
        account: {kind: frozenset(products) for kind, products in kinds.items()} for account, kinds in found.items()
    }
