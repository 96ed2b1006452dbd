"""What a rule saw, in words: `Licence utilization 41 % (under 50 %)` for `licence_utilization < 0.5`."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
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
_NOT_COMPARED: Final = frozenset({Unit.DAYS})
"""Days run by themselves: how many they were four weeks ago tells nothing."""
_SETTING: Final = frozenset({"arr", "contract_value", "active_lines", "seats", "nps"})


@dataclass(frozen=True, slots=True)
class Seen:
    """One comparison in words. Plain text, not escaped."""

    label: str
    value: str
    threshold: str
    was: str = ""
    """The value of an earlier day, with the day: `was 52 % on 3 Mar 2026`."""

    def __str__(self) -> str:
        """Write as `Licence utilization 41 % (under 50 %; was 52 % on 3 Mar 2026)`."""
        beside = "; ".join(filter(None, (self.threshold, self.was)))
        return f"{self.label} {self.value} ({beside})" if beside else f"{self.label} {self.value}"


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
    """Say what held, comparison by comparison; where the episode has ended, what every comparison sees now.

    What was before is said of that alone which tells something: a level, not a size, a date or a change.
    """
    told: set[tuple[str, str]] = set()
    reader = _Reader(scope, currency)
    for evidence in finding.evidence:
        if not ended and evidence.truth is not Truth.TRUE:
            continue
        for seen in _seen(evidence, reader):
            if not seen.threshold and (seen.label, seen.value) in told:
                continue  # `pace > 1 OR pace IS NULL`: the value was said
            told.add((seen.label, seen.value))
            if ended:
                yield replace(seen, threshold=f"alerts when {seen.threshold}" if seen.threshold else "", was="")
            else:
                yield seen if _moved(evidence, seen, scope) else replace(seen, was="")


def _moved(evidence: Evidence, seen: Seen, scope: Scope) -> bool:
    """Tell whether what was before helps somebody who has five seconds."""
    name = evidence.values[0][0] if evidence.values else ""
    metric = METRICS[scope].get(name)
    changes = metric is not None and metric.unit is Unit.CHANGE
    return _tells(name, scope) and not changes and f"was {seen.value} on" not in seen.was


def compared(evidence: Evidence, scope: Scope, currency: Value) -> tuple[Seen, ...]:
    """Say a comparison whether it holds or not: each value in it, what it was before, and what makes it hold."""
    reader = _Reader(scope, currency, complete=evidence.truth is not Truth.TRUE)
    return tuple(_seen(evidence, reader))


@dataclass(frozen=True, slots=True)
class _Reader:
    """Writes values of one kind of subject, in its currency."""

    scope: Scope
    currency: Value
    complete: bool = False
    """Write what a flag would have to be, too: `fires when yes`. Where it is so, the value says it."""

    def value(self, value: Value, name: str) -> str:
        text = words.show(value, name, self.scope, self.currency)
        # The label says "Days to renewal" already.
        return _without_unit(text) if self.label(name).startswith("Days") else text

    def was(self, evidence: Evidence, name: str) -> str:
        before, now = dict(evidence.before).get(name), dict(evidence.values).get(name)
        if before is None or self.unit(name) in _NOT_COMPARED:
            return ""
        if before == now and self.unit(name) in _BACKGROUND:
            return ""  # still the same segment: nobody expected another one
        return f"was {self.value(before, name)} on {words.day(evidence.before_on)}"

    def label(self, name: str) -> str:
        return words.label(name, self.scope)

    def unit(self, name: str) -> Unit | None:
        metric = METRICS[self.scope].get(name)
        return metric.unit if metric else None


def _seen(evidence: Evidence, reader: _Reader) -> Iterator[Seen]:
    tree = _tree(evidence.text)
    if tree is None:
        yield from _as_written(evidence, reader)
    elif len(evidence.values) == 1:
        name, value = evidence.values[0]
        threshold = _threshold(tree, name, reader) or ("" if _says_itself(tree, name) else evidence.text)
        yield Seen(reader.label(name), _shown(value, name, threshold, reader), threshold, reader.was(evidence, name))
    else:
        yield from _between_metrics(tree, evidence, reader)


@lru_cache(maxsize=1024)
def _tree(text: str) -> exp.Expr | None:
    """Parse a comparison once; None for what is no SQL. Nobody changes the tree."""
    try:
        return sqlglot.parse_one(text, dialect="duckdb").unnest()
    except SqlglotError:
        return None


def _threshold(tree: exp.Expr, name: str, reader: _Reader) -> str | None:
    if not _says_itself(tree, name):
        return _comparison(tree, name, reader)
    return _itself(tree) if reader.complete else None


def _itself(tree: exp.Expr) -> str:
    """Write what a flag or a NULL has to be: `yes`, `no`, `known`, `unknown`."""
    turned = isinstance(tree, exp.Not)
    inner = tree.this.unnest() if turned else tree
    holds, fails = ("unknown", "known") if isinstance(inner, exp.Is) else ("yes", "no")
    return fails if turned else holds


def _as_written(evidence: Evidence, reader: _Reader) -> Iterator[Seen]:
    """Give the values of a comparison that has no words, and the comparison itself with the last of them."""
    for place, (name, value) in enumerate(evidence.values, start=1):
        threshold = evidence.text if place == len(evidence.values) else ""
        yield Seen(reader.label(name), reader.value(value, name), threshold, reader.was(evidence, name))


def _between_metrics(tree: exp.Expr, evidence: Evidence, reader: _Reader) -> Iterator[Seen]:
    """Say `Age of the data 4 days (over stale after: 2 days)` for a comparison of two metrics."""
    values = dict(evidence.values)
    sides = [side.name for side in (tree.this, tree.expression) if isinstance(side, exp.Column)] if _word(tree) else []
    if len(sides) != 2 or not values.keys() >= set(sides):  # noqa: PLR2004 - a comparison has two sides
        yield from _as_written(evidence, reader)
        return
    one, other = sides
    limit = f"{_word(tree)} {words.running(reader.label(other))}: {reader.value(values[other], other)}"
    yield Seen(reader.label(one), reader.value(values[one], one), limit, reader.was(evidence, one))


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
