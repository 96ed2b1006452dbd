"""What a rule saw, in words: `Licence utilization 41 % (under 50 %)` for `licence_utilization < 0.5`."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from bot.core.metrics import METRICS, Unit
from bot.core.verdicts import Truth
from bot.messages import words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.core.verdicts import Evidence, Finding, Scope, Value

_WORDS: Final[dict[type[exp.Expr], str]] = {
    exp.LT: "under",
    exp.LTE: "at most",
    exp.GT: "over",
    exp.GTE: "at least",
    exp.EQ: "is",
    exp.NEQ: "is not",
}
_TURNED: Final[dict[type[exp.Expr], type[exp.Expr]]] = {
    exp.LT: exp.GT,
    exp.LTE: exp.GTE,
    exp.GT: exp.LT,
    exp.GTE: exp.LTE,
}
_MORE_THAN: Final[dict[type[exp.Expr], str]] = {
    exp.LT: "more than",
    exp.LTE: "at least",
    exp.GT: "more than",
    exp.GTE: "at least",
}
_BACKGROUND: Final = frozenset({Unit.DAYS, Unit.DATE, Unit.TEXT, Unit.FLAG})
_SETTING: Final = frozenset({"arr", "contract_value", "active_lines", "seats", "nps"})


@dataclass(frozen=True, slots=True)
class Seen:
    """One comparison in words. Plain text, not escaped."""

    label: str
    value: str
    threshold: str

    def __str__(self) -> str:
        """Write as `Licence utilization 41 % (under 50 %)`."""
        return f"{self.label} {self.value} ({self.threshold})" if self.threshold else f"{self.label} {self.value}"


def lead(finding: Finding, scope: Scope) -> str | None:
    """Name the metric that tells most of a finding: the first of what held that is no date, no size, no setting.

    None where the condition has no metric.
    """
    names = [name for evidence in _ranked(finding) for name, value in evidence.values if value is not None]
    telling = [name for name in names if _tells(name, scope)]
    return next(iter([*telling, *names]), None)


def _ranked(finding: Finding) -> list[Evidence]:
    return sorted(finding.evidence, key=lambda evidence: evidence.truth is not Truth.TRUE)


def _tells(name: str, scope: Scope) -> bool:
    metric = METRICS[scope].get(name)
    return metric is not None and metric.unit not in _BACKGROUND and name not in _SETTING


def explain(finding: Finding, scope: Scope, currency: Value, *, ended: bool = False) -> Iterator[Seen]:
    """Say what held, comparison by comparison; where the episode has ended, what every comparison sees now."""
    told: set[tuple[str, str]] = set()
    for evidence in finding.evidence:
        if not ended and evidence.truth is not Truth.TRUE:
            continue
        for seen in _seen(evidence, _Reader(scope, currency)):
            if not seen.threshold and (seen.label, seen.value) in told:
                continue  # `pace > 1 OR pace IS NULL`: the value was said
            told.add((seen.label, seen.value))
            yield replace(seen, threshold=f"alerts when {seen.threshold}") if ended and seen.threshold else seen


@dataclass(frozen=True, slots=True)
class _Reader:
    """Writes values of one kind of subject, in its currency."""

    scope: Scope
    currency: Value

    def value(self, value: Value, name: str) -> str:
        text = words.show(value, name, self.scope, self.currency)
        # The label says "Days to renewal" already.
        return _without_unit(text) if self.label(name).startswith("Days") else text

    def label(self, name: str) -> str:
        return words.label(name, self.scope)

    def unit(self, name: str) -> Unit | None:
        metric = METRICS[self.scope].get(name)
        return metric.unit if metric else None


def _seen(evidence: Evidence, reader: _Reader) -> Iterator[Seen]:
    try:
        tree = sqlglot.parse_one(evidence.text, dialect="duckdb").unnest()
    except SqlglotError:
        yield from _as_written(evidence, reader)
        return
    if len(evidence.values) == 1:
        name, value = evidence.values[0]
        threshold = "" if _says_itself(tree, name) else _comparison(tree, name, reader) or evidence.text
        yield Seen(reader.label(name), _shown(value, name, threshold, reader), threshold)
    else:
        yield from _between_metrics(tree, evidence, reader)


def _as_written(evidence: Evidence, reader: _Reader) -> Iterator[Seen]:
    """Give the values of a comparison that has no words, and the comparison itself with the last of them."""
    for place, (name, value) in enumerate(evidence.values, start=1):
        yield Seen(
            reader.label(name), reader.value(value, name), evidence.text if place == len(evidence.values) else ""
        )


def _between_metrics(tree: exp.Expr, evidence: Evidence, reader: _Reader) -> Iterator[Seen]:
    """Say `Age of the data 4 days (over stale after: 2 days)` for a comparison of two metrics."""
    values = dict(evidence.values)
    sides = [side.name for side in (tree.this, tree.expression) if isinstance(side, exp.Column)] if _word(tree) else []
    if len(sides) != 2 or not values.keys() >= set(sides):  # noqa: PLR2004 - a comparison has two sides
        yield from _as_written(evidence, reader)
        return
    one, other = sides
    limit = f"{_word(tree)} {words.running(reader.label(other))}: {reader.value(values[other], other)}"
    yield Seen(reader.label(one), reader.value(values[one], one), limit)


def _says_itself(tree: exp.Expr, name: str) -> bool:
    """Tell whether the value alone says it: `failed`, `NOT failed`, `pace IS NULL`, `pace IS NOT NULL`."""
    if isinstance(tree, exp.Not):
        tree = tree.this.unnest()
    if isinstance(tree, exp.Is) and isinstance(tree.expression, exp.Null):
        tree = tree.this
    return _is_metric(tree, name)


def _word(tree: exp.Expr) -> str | None:
    return _WORDS.get(type(tree))


def _shown(value: Value, name: str, threshold: str, reader: _Reader) -> str:
    text = reader.value(value, name)
    if reader.unit(name) is Unit.SHARE and threshold.endswith(f" {text}"):
        return words.percent(value, 1)  # 49.7 % is under 50 %, and 50 % is not
    return text


def _comparison(tree: exp.Expr, name: str, reader: _Reader) -> str | None:
    if isinstance(tree, exp.Between) and _is_metric(tree.this, name):
        low, high = (_constant(tree.args[end]) for end in ("low", "high"))
        if low is None or high is None:
            return None
        return f"{_without_unit(reader.value(low, name))} to {reader.value(high, name)}"
    if isinstance(tree, exp.In) and _is_metric(tree.this, name):
        members = [_constant(member) for member in tree.expressions]
        return f"one of {', '.join(reader.value(member, name) for member in members)}" if all(members) else None
    kind = type(tree)
    if kind not in _WORDS:
        return None
    one, other = tree.this, tree.expression
    if _is_metric(other, name):
        one, other, kind = other, one, _TURNED.get(kind, kind)
    limit = _constant(other)
    if limit is None or not _is_metric(one, name):
        return None
    return _against(kind, limit, name, reader)


def _without_unit(text: str) -> str:
    return text.removesuffix(" days").removesuffix(" day").removesuffix(" %")


def _against(kind: type[exp.Expr], limit: Value, name: str, reader: _Reader) -> str:
    if reader.unit(name) is Unit.CHANGE and isinstance(limit, (int, float)) and kind in _MORE_THAN:
        downward = kind in {exp.LT, exp.LTE}
        if limit != 0 and downward == (limit < 0):
            direction = "down" if downward else "up"
            return f"{direction} {_MORE_THAN[kind]} {words.percent(abs(limit))}"
    return f"{_WORDS[kind]} {reader.value(limit, name)}"


def _is_metric(tree: exp.Expr, name: str) -> bool:
    return isinstance(tree.unnest(), exp.Column) and tree.unnest().name == name


def _constant(tree: exp.Expr) -> Value:
    tree = tree.unnest()
    if isinstance(tree, exp.Boolean):
        return bool(tree.this)
    if isinstance(tree, exp.Neg) and isinstance(tree.this, exp.Literal) and not tree.this.is_string:
        return -float(tree.this.this)
    if isinstance(tree, exp.Literal):
        return str(tree.this) if tree.is_string else float(tree.this)
    return None
