"""Holds what was said against what was expected."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from bot.core.conditions import parse_condition
from bot.core.episodes import Reason
from bot.core.rule_tests.judging import in_play, judge_cases
from bot.core.rule_tests.life import live
from bot.core.verdicts import Truth

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from bot.core.episodes import Step
    from bot.core.located import Mark
    from bot.core.rule_tests.case import Case, Expected
    from bot.core.rule_tests.judging import Found
    from bot.core.rule_tests.life import Key, Life
    from bot.core.verdicts import Evidence, Rule, Value

_DATED: Final = re.compile(r"-\d{4}-\d\d-\d\d$")
_NOTHING: Final = "nothing"


@dataclass(frozen=True, slots=True)
class Failure:
    """Something that came otherwise than expected."""

    mark: Mark
    """Of the expectation, or of the test where nothing was expected."""
    day: int | None
    """None: it is about the test as a whole."""
    rule: str
    subject: str
    expected: str
    came: str
    seen: tuple[Evidence, ...]
    """Each comparison of the rule with its values on that day."""


@dataclass(frozen=True, slots=True)
class Result:
    """A test and all that failed in it."""

    case: Case
    failures: tuple[Failure, ...]

    @property
    def passed(self) -> bool:
        """Tell whether everything came as expected."""
        return not self.failures


def run_cases(cases: Sequence[Case], rules: Sequence[Rule]) -> tuple[Result, ...]:
    """Run tests, which have been read against these rules; in the order given."""
    book = {rule.name: rule for rule in rules}
    found = judge_cases(cases, rules)
    return tuple(_result(case, one, book) for case, one in zip(cases, found, strict=True))


def untested(cases: Sequence[Case], rules: Sequence[Rule]) -> tuple[str, ...]:
    """Name the rules of which no test expects anything."""
    spoken = {one.rule for case in cases for one in case.expected}
    return tuple(rule.name for rule in rules if rule.name not in spoken)


def _result(case: Case, found: Found, book: Mapping[str, Rule]) -> Result:
    life = live(case, found, book)
    failures = [*_refused(life), *_compared(case, found, life), *_unjudged(case, found, book)]
    return Result(case, tuple(sorted(failures, key=lambda one: (one.day is None, one.day or 0))))


def _refused(life: Life) -> Iterator[Failure]:
    for act, why in life.refused:
        what = "claim" if act.outcome is None else f"close as {act.outcome}"
        what = what if act.snooze_until is None else f"snooze until {act.snooze_until}"
        yield Failure(act.mark, act.day, act.rule, act.subject, f"{what} by {act.by}", f"refused: {why}", ())


def _compared(case: Case, found: Found, life: Life) -> Iterator[Failure]:
    expected: dict[Key, Expected] = {(one.day, one.rule, one.subject): one for one in case.expected}
    for key in sorted({*expected, *life.said}):
        want, step = expected.get(key), life.said.get(key)
        seen = found[key].evidence if key in found else ()
        wanted = _NOTHING if want is None else _wanted(want)
        came = _silence(found, life, key) if step is None else _told(step, want, seen)
        if want is None or step is None or not _agree(want, step, seen):
            yield Failure(case.mark if want is None else want.mark, *key, wanted, came, seen)


def _agree(want: Expected, step: Step, seen: tuple[Evidence, ...]) -> bool:
    values = _values(seen)
    return (
        _says(step) == want.says
        and all(_same(value, _of(step, name)) for name, value in want.wanted.items())
        and all(_same(value, values.get(name)) for name, value in want.evidence.items())
    )


def _same(wanted: Value, came: Value) -> bool:
    numbers = [isinstance(one, int | float) and not isinstance(one, bool) for one in (wanted, came)]
    if all(numbers):
        assert isinstance(wanted, int | float)
        assert isinstance(came, int | float)
        return math.isclose(wanted, came, rel_tol=1e-9, abs_tol=1e-9)
    return wanted == came


def _says(step: Step) -> str:
    """Name what is said without its day, which the test names already."""
    return _DATED.sub("", step.transition)


def _of(step: Step, name: str) -> Value:
    assert step.episode is not None
    return step.episode.severity if name == "severity" else step.episode.at_stake


def _values(seen: tuple[Evidence, ...]) -> dict[str, Value]:
    return {name: value for one in seen for name, value in one.values}


def _wanted(want: Expected) -> str:
    return ", ".join([want.says, *_figures({**want.wanted, **want.evidence})])


def _told(step: Step, want: Expected | None, seen: tuple[Evidence, ...]) -> str:
    asked = {"severity": None} if want is None else want.wanted
    values = _values(seen)
    figures = {name: _of(step, name) for name in asked}
    figures |= {name: values.get(name) for name in (want.evidence if want is not None else ())}
    return f"{', '.join([_says(step), *_figures(figures)])} ({step.detail})"


def _figures(values: Mapping[str, Value]) -> Iterator[str]:
    return (
        f"{name.replace('_', ' ') if name == 'at_stake' else name} {shown(value)}" for name, value in values.items()
    )


def _silence(found: Found, life: Life, key: Key) -> str:
    step = life.silent.get(key)
    if step is not None:
        return f"{_NOTHING}: {step.reason}{f' ({step.detail})' if step.detail else ''}"
    finding = found.get(key)
    unknown = finding is None or finding.holds is Truth.UNKNOWN
    return f"{_NOTHING}: {Reason.UNKNOWN if unknown else Reason.NOT_HOLDING}"


def _unjudged(case: Case, found: Found, book: Mapping[str, Rule]) -> Iterator[Failure]:
    """Find rules of which silence is expected and proves nothing: what they ask for was never given."""
    spoken = {one.rule for one in case.expected}
    for rule in in_play(case, book.values()) if case.rules is not None else ():
        if rule.name in spoken or any(
            one.holds is not Truth.UNKNOWN for (_, name, _), one in found.items() if name == rule.name
        ):
            continue
        given = {name for subject in case.subjects if subject.scope is rule.scope for name in subject.series}
        missing = [name for name in parse_condition(rule.when, rule.scope).metrics if name not in given]
        if missing:
            came = f"it was unknown on every day: no values for {', '.join(missing)}; write _ where that is meant"
            yield Failure(case.mark, None, rule.name, "", "that it can be judged", came, ())


def shown(value: Value) -> str:
    """Write a value as tests do."""
    if value is None:
        return "unknown"
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:.10g}" if isinstance(value, int | float) else value
