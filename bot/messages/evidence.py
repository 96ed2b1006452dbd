"""What a rule saw, in words: `Licence utilization 41 % (under 50 %)` for `licence_utilization < 0.5`."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Final

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from bot.core.metrics import METRICS, Unit
from bot.core.verdicts import Truth, figure
from bot.messages.speech import ENGLISH, msg

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.core.verdicts import Evidence, Finding, Scope, Value
    from bot.messages.speech import Speech

_WORDS: Final[dict[type[exp.Expr], str]] = {
    exp.LT: msg("under {value}"),
    exp.LTE: msg("at most {value}"),
    exp.GT: msg("over {value}"),
    exp.GTE: msg("at least {value}"),
    exp.EQ: msg("is {value}"),
    exp.NEQ: msg("is not {value}"),
}
_TURNED: Final[dict[type[exp.Expr], type[exp.Expr]]] = {
    exp.LT: exp.GT,
    exp.LTE: exp.GTE,
    exp.GT: exp.LT,
    exp.GTE: exp.LTE,
}
_MOVES: Final[dict[type[exp.Expr], str]] = {
    exp.LT: msg("down more than {share}"),
    exp.LTE: msg("down at least {share}"),
    exp.GT: msg("up more than {share}"),
    exp.GTE: msg("up at least {share}"),
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


def explain(
    finding: Finding, scope: Scope, currency: Value, *, ended: bool = False, speech: Speech = ENGLISH
) -> Iterator[Seen]:
    """Say what held, comparison by comparison; where the episode has ended, what every comparison sees now.

    What was before is said of that alone which tells something: a level, not a size, a date or a change.
    """
    told: set[tuple[str, str]] = set()
    reader = _Reader(scope, currency, speech)
    for evidence in finding.evidence:
        if not ended and evidence.truth is not Truth.TRUE:
            continue
        for seen in _seen(evidence, reader):
            if not seen.threshold and (seen.label, seen.value) in told:
                continue  # `pace > 1 OR pace IS NULL`: the value was said
            told.add((seen.label, seen.value))
            if ended:
                alerts = speech.t("alerts when {threshold}", threshold=seen.threshold) if seen.threshold else ""
                yield replace(seen, threshold=alerts, was="")
            else:
                yield seen if _moved(evidence, seen, reader) else replace(seen, was="")


def _moved(evidence: Evidence, seen: Seen, reader: _Reader) -> bool:
    """Tell whether what was before helps somebody who has five seconds."""
    name = evidence.values[0][0] if evidence.values else ""
    before = dict(evidence.before).get(name)
    same = before is not None and reader.value(before, name) == seen.value
    return _tells(name, reader.scope) and reader.unit(name) is not Unit.CHANGE and not same


def compared(evidence: Evidence, scope: Scope, currency: Value, speech: Speech = ENGLISH) -> tuple[Seen, ...]:
    """Say a comparison whether it holds or not: each value in it, what it was before, and what makes it hold."""
    reader = _Reader(scope, currency, speech, complete=evidence.truth is not Truth.TRUE)
    return tuple(_seen(evidence, reader))


@dataclass(frozen=True, slots=True)
class _Reader:
    """Writes values of one kind of subject, in its currency."""

    scope: Scope
    currency: Value
    speech: Speech
    complete: bool = False
    """Write what a flag would have to be, too: `fires when yes`. Where it is so, the value says it."""

    def value(self, value: Value, name: str) -> str:
        # The label says "Days to renewal" already.
        counted = name in METRICS[self.scope] and METRICS[self.scope][name].label.startswith("Days")
        return self.bare(value, name) if counted else self.speech.show(value, name, self.scope, self.currency)

    def bare(self, value: Value, name: str) -> str:
        """Write a value without its unit, where that stands beside it already."""
        if self.unit(name) is Unit.DAYS:
            return self.speech.number(round(value) if isinstance(value, float) else value)
        text = self.speech.show(value, name, self.scope, self.currency)
        return text.removesuffix("%").rstrip() if self.unit(name) is Unit.SHARE else text

    def was(self, evidence: Evidence, name: str) -> str:
        before, now = dict(evidence.before).get(name), dict(evidence.values).get(name)
        if before is None or self.unit(name) in _NOT_COMPARED:
            return ""
        if before == now and self.unit(name) in _BACKGROUND:
            return ""  # still the same segment: nobody expected another one
        day = self.speech.day(evidence.before_on)
        return self.speech.t("was {value} on {day}", value=self.value(before, name), day=day)

    def label(self, name: str) -> str:
        return self.speech.label(name, self.scope)

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
    return _itself(tree, reader.speech) if reader.complete else None


def _itself(tree: exp.Expr, speech: Speech) -> str:
    """Write what a flag or a NULL has to be: `yes`, `no`, `known`, `unknown`."""
    turned = isinstance(tree, exp.Not)
    inner = tree.this.unnest() if turned else tree
    if isinstance(inner, exp.Is):
        return speech.t("known") if turned else speech.unknown
    return speech.flag(not turned)


def _as_written(evidence: Evidence, reader: _Reader) -> Iterator[Seen]:
    """Give the values of a comparison that has no words, and the comparison itself with the last of them."""
    for place, (name, value) in enumerate(evidence.values, start=1):
        threshold = evidence.text if place == len(evidence.values) else ""
        yield Seen(reader.label(name), reader.value(value, name), threshold, reader.was(evidence, name))


def _between_metrics(tree: exp.Expr, evidence: Evidence, reader: _Reader) -> Iterator[Seen]:
    """Say `Age of the data 4 days (over stale after: 2 days)` for a comparison of two metrics."""
    values = dict(evidence.values)
    word = _WORDS.get(type(tree))
    sides = [side.name for side in (tree.this, tree.expression) if isinstance(side, exp.Column)] if word else []
    if word is None or len(sides) != 2 or not values.keys() >= set(sides):  # noqa: PLR2004 - a comparison has two sides
        yield from _as_written(evidence, reader)
        return
    one, other = sides
    against = f"{reader.speech.running(reader.label(other))}: {reader.value(values[other], other)}"
    limit = reader.speech.t(word, value=against)
    yield Seen(reader.label(one), reader.value(values[one], one), limit, reader.was(evidence, one))


def _says_itself(tree: exp.Expr, name: str) -> bool:
    """Tell whether the value alone says it: `failed`, `NOT failed`, `pace IS NULL`, `pace IS NOT NULL`."""
    if isinstance(tree, exp.Not):
        tree = tree.this.unnest()
    if isinstance(tree, exp.Is) and isinstance(tree.expression, exp.Null):
        tree = tree.this
    return _is_metric(tree, name)


def _shown(value: Value, name: str, threshold: str, reader: _Reader) -> str:
    text = reader.value(value, name)
    if not threshold.endswith(f" {text}"):
        return text
    # 49.7 % is under 50 %, and 50 % is not; what lies on the limit is written as the limit is.
    if reader.unit(name) is Unit.SHARE:
        known = figure(value)
        exact = known is not None and math.isclose(known * 100, round(known * 100), abs_tol=1e-9)
        return text if exact else reader.speech.percent(value, 1)
    return reader.speech.number(value) if reader.unit(name) is Unit.SCORE else text


def _comparison(tree: exp.Expr, name: str, reader: _Reader) -> str | None:
    if isinstance(tree, exp.Between) and _is_metric(tree.this, name):
        return _between(tree, name, reader)
    if isinstance(tree, exp.In) and _is_metric(tree.this, name):
        return _one_of(tree, name, reader)
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


def _between(tree: exp.Between, name: str, reader: _Reader) -> str | None:
    low, high = (_constant(tree.args[end]) for end in ("low", "high"))
    if low is None or high is None:
        return None
    return reader.speech.t("{low} to {high}", low=reader.bare(low, name), high=reader.value(high, name))


def _one_of(tree: exp.In, name: str, reader: _Reader) -> str | None:
    members = [_constant(member) for member in tree.expressions]
    if not all(members):
        return None
    return reader.speech.t("one of {values}", values=", ".join(reader.value(member, name) for member in members))


def _against(kind: type[exp.Expr], limit: Value, name: str, reader: _Reader) -> str:
    speech = reader.speech
    if reader.unit(name) is Unit.CHANGE and isinstance(limit, (int, float)) and kind in _MOVES:
        downward = kind in {exp.LT, exp.LTE}
        if limit != 0 and downward == (limit < 0):
            return speech.t(_MOVES[kind], share=speech.percent(abs(limit)))
    return speech.t(_WORDS[kind], value=reader.value(limit, name))


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
