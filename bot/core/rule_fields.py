"""The fields of one rule: read, checked, and put together; what is wrong is collected with its place."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final, TypeVar

from sqlglot import exp

from bot.core.condition_sql import negated, words
from bot.core.condition_types import Problem, ValueKind, offset_of, outcomes
from bot.core.conditions import ConditionError, parse_condition
from bot.core.durations import parse_duration
from bot.core.located import Fault, did_you_mean
from bot.core.metrics import METRICS, Unit
from bot.core.routing import ROLES, is_channel
from bot.core.verdicts import SEVERITIES, Mode, Rule, Scope

if TYPE_CHECKING:
    from collections.abc import Iterable
    from enum import StrEnum

    from bot.core.conditions import Condition
    from bot.core.located import Document, Mark
    from bot.core.yaml_places import Places

KINDS: Final = ("churn_risk", "upsell", "renewal", "operations")
_REQUIRED: Final = ("name", "kind", "when", "to", "template")
_OPTIONAL: Final = ("scope", "clear", "for", "repeat", "countdown", "steps", "severity", "at_stake", "escalate", "mode")
NAME: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_DAY: Final = timedelta(days=1)
_LONGEST: Final = timedelta(days=366)
"""The first night judges as many days as the longest `for`: ten years of it would never end."""
_MOST_STEPS: Final = 50
_Word = TypeVar("_Word", bound="StrEnum")


@dataclass(frozen=True, slots=True)
class Draft:
    """A rule as far as it could be read; `rule` is None where a fault was found."""

    name: str | None
    name_mark: Mark
    scope: Scope
    when: Condition | None
    clear: Condition | None
    """None where the rule says nothing of its own, too."""
    clear_mark: Mark
    rule: Rule | None


def read_rule(document: Document, places: Places, index: int, faults: list[Fault]) -> Draft:
    """Read the rule at `index` of a list of rules; every fault found is added to `faults`."""
    reader = _Reader(document, places, index)
    draft = reader.read() if reader.is_mapping() else reader.nothing()
    faults += reader.faults
    return draft


class _Reader:
    """Reads the fields of one rule; collects faults instead of stopping at the first."""

    def __init__(self, document: Document, places: Places, index: int) -> None:
        self._document = document
        self._places = places
        self._index = index
        self._data: Any = document.data[index]
        self.faults: list[Fault] = []
        self._scope = Scope.ACCOUNT

    def is_mapping(self) -> bool:
        """Whether there is anything to read."""
        if not isinstance(self._data, dict):
            self._fault((), "not a rule; a rule begins with `- name: ...`")
        return isinstance(self._data, dict)

    def nothing(self) -> Draft:
        """Return the draft of what is no rule."""
        mark = self._mark()
        return Draft(None, mark, self._scope, None, None, mark, None)

    def read(self) -> Draft:
        """Read every field, whatever is wrong with the others."""
        self._check_keys()
        self._scope = self._word("scope", Scope, Scope.ACCOUNT)
        name = self._slug("name")
        when, clear = self._condition("when", ValueKind.FLAG), self._condition("clear", ValueKind.FLAG)
        self._check_names_a_metric(when)
        parts: dict[str, Any] = {
            "name": name,
            "kind": self._kind(),
            "scope": self._scope,
            "when": when and words(when.tree),
            "clear": words(clear.tree) if clear else when and words(negated(when.tree)),
            "hold": self._duration("for") or timedelta(0),
            "repeat": self._repeat(),
            "countdown": self._countdown(),
            "steps": self._steps(),
            "severity": self._severity(),
            "at_stake": self._at_stake(),
            "escalate": self._escalate(),
            "to": self._destinations(),
            "template": self._slug("template"),
            "mode": self._word("mode", Mode, Mode.LIVE),
        }
        self._check_countdown()
        rule = None if self.faults else Rule(**parts, version=_version(parts))
        return Draft(name, self._mark("name"), self._scope, when, clear, self._mark("clear"), rule)

    # places and faults

    def _mark(self, *path: str | int) -> Mark:
        return self._document.mark((self._index, *path))

    def _fault(self, path: tuple[str | int, ...], problem: str) -> None:
        self.faults.append(Fault(self._mark(*path), problem))

    def _called(self) -> str:
        name = self._data.get("name")
        return f"rule '{name}'" if isinstance(name, str) and name else f"rule {self._index + 1}"

    # keys

    def _check_keys(self) -> None:
        known = (*_REQUIRED, *_OPTIONAL)
        for key in self._data:
            if key not in known:
                mark = self._places.key(self._mark(str(key)), str(key))
                self.faults.append(
                    Fault(mark, f"unknown key '{key}' in {self._called()}{did_you_mean(str(key), known)}")
                )
        for key in _REQUIRED:
            if key not in self._data:
                self._fault((), f"{self._called()} has no `{key}`")

    def _text(self, key: str) -> str | None:
        """Text of a field; None where it is missing or, with a fault, no text."""
        if key not in self._data:
            return None
        value = self._data[key]
        if isinstance(value, str) and value.strip():
            return value
        if value is None or isinstance(value, str):
            self._fault((key,), f"`{key}` of {self._called()} is empty")
        else:
            self._fault(
                (key,), f"`{key}` of {self._called()} is {_yaml_kind(value)}; a text is wanted (put it in quotes)"
            )
        return None

    # words

    def _slug(self, key: str) -> str | None:
        text = self._text(key)
        if text is None or NAME.fullmatch(text):
            return text
        self._fault((key,), f"'{text}' is no {key}; lower-case letters, digits, - and _ make one, like near-limit")
        return None

    def _word(self, key: str, words_known: type[_Word], default: _Word) -> _Word:
        text = self._text(key)
        if text is None:
            return default
        try:
            return words_known(text)
        except ValueError:
            self._unknown((key,), key, text, list(words_known))
            return default

    def _kind(self) -> str | None:
        text = self._text("kind")
        if text is not None and text not in KINDS:
            self._unknown(("kind",), "kind", text, KINDS)
        return text

    def _unknown(self, path: tuple[str | int, ...], what: str, word: str, known: Iterable[str]) -> None:
        known = list(known)
        near = did_you_mean(word, known) or f"; known are {', '.join(known)}"
        self._fault(path, f"unknown {what} '{word}' in {self._called()}{near}")

    # expressions

    def _condition(self, key: str, wanted: ValueKind) -> Condition | None:
        text = self._text(key)
        return None if text is None else self._expression(key, text, wanted)

    def _expression(self, key: str, text: str, wanted: ValueKind) -> Condition | None:
        try:
            condition = parse_condition(text, self._scope)
        except ConditionError as error:
            for problem in error.problems:
                self._problem(key, text, problem)
            return None
        if condition.kind is not wanted:
            self._problem(key, text, Problem(0, f"`{key}` yields {condition.kind}, where {wanted} is wanted"))
            return None
        return condition

    def _problem(self, key: str, text: str, problem: Problem) -> None:
        mark = self._places.inside(self._mark(key), text, problem.offset)
        self.faults.append(Fault(mark, f"{problem.text} in {self._called()}{problem.hint}"))

    def _check_names_a_metric(self, when: Condition | None) -> None:
        if when is not None and not when.metrics:
            self._fault(("when",), f"`when` of {self._called()} names no metric: it holds always or never")

    def _severity(self) -> str:
        text = self._text("severity")
        if text is None:
            return "'medium'"
        if text.strip() in SEVERITIES:  # a bare word is what anybody would write first
            return f"'{text.strip()}'"
        if text.strip().isalpha() and text.strip() not in METRICS[self._scope]:
            self._problem("severity", text, Problem(0, f"unknown severity '{text.strip()}'", _known(text.strip())))
            return "'medium'"
        condition = self._expression("severity", text, ValueKind.TEXT)
        if condition is None:
            return "'medium'"
        for outcome in outcomes(condition.tree):
            self._check_severity(text, outcome)
        return words(condition.tree)

    def _check_severity(self, text: str, outcome: exp.Expr) -> None:
        if isinstance(outcome, exp.Null):
            return  # judged as medium
        if isinstance(outcome, exp.Literal) and outcome.name in SEVERITIES:
            return
        found = f"unknown severity {outcome.sql('duckdb')}"
        self._problem("severity", text, Problem(offset_of(outcome), found, _known(outcome.name)))

    def _at_stake(self) -> str | None:
        value = self._data.get("at_stake")
        if isinstance(value, int | float) and not isinstance(value, bool):
            value = str(value)
        text = value if isinstance(value, str) and value.strip() else self._text("at_stake")
        condition = None if text is None else self._expression("at_stake", text, ValueKind.NUMBER)
        return None if condition is None else words(condition.tree)

    # times

    def _duration(self, key: str) -> timedelta | None:
        if key not in self._data:
            return None
        value = self._data[key]
        try:
            duration = parse_duration(str(value))
        except ValueError:
            self._fault((key,), f"`{key}: {value}` of {self._called()} is no duration; write 12h, 14d or 2w")
            return None
        if duration > _LONGEST:
            self._fault((key,), f"`{key}: {value}` of {self._called()} is over a year")
        return duration

    def _repeat(self) -> timedelta | None:
        repeat = self._duration("repeat")
        if repeat is not None and repeat < _DAY:
            self._fault(
                ("repeat",), f"`repeat` of {self._called()} is under a day; rules are judged by the day: 1d or more"
            )
        return repeat

    def _escalate(self) -> timedelta | None:
        escalate = self._duration("escalate")
        if escalate is not None and self._scope is not Scope.ACCOUNT:
            self._fault(("escalate",), f"a {self._scope} has no owner: {self._called()} cannot escalate")
        return escalate

    def _countdown(self) -> str | None:
        text = self._text("countdown")
        known = [name for name, metric in METRICS[self._scope].items() if metric.unit is Unit.DAYS]
        if text is not None and text not in known:
            self._unknown(("countdown",), "metric in days", text, known)
        return text

    def _steps(self) -> tuple[int, ...]:
        value = self._data.get("steps", [])
        if not isinstance(value, list):
            self._fault(("steps",), f"`steps` of {self._called()} is no list; write [120, 90, 60, 30, 7]")
            return ()
        wrong = [index for index, step in enumerate(value) if type(step) is not int or step < 0]
        for index in wrong:
            self._fault(("steps", index), f"step '{value[index]}' of {self._called()} is no whole number of days")
        if not wrong and (len(set(value)) != len(value) or len(value) > _MOST_STEPS):
            self._fault(("steps",), f"`steps` of {self._called()} should be at most {_MOST_STEPS} different numbers")
        return () if wrong else tuple(sorted(value, reverse=True))

    def _check_countdown(self) -> None:
        if "countdown" in self._data and not self._data.get("steps"):
            self._fault(
                ("countdown",), f"{self._called()} has a `countdown` but no `steps`; add steps: [120, 90, 60, 30, 7]"
            )
        if "steps" in self._data and "countdown" not in self._data:
            self._fault(("steps",), f"{self._called()} has `steps` but no `countdown`; add countdown: days_to_deadline")

    # destinations

    def _destinations(self) -> tuple[str, ...]:
        value = self._data.get("to", [])
        if not isinstance(value, list) or ("to" in self._data and not value):
            self._fault(("to",), f'`to` of {self._called()} is no list of destinations; write [owner, "#cs-risk"]')
            return ()
        for index, item in enumerate(value):
            self._check_destination(index, item, value[:index])
        return tuple(item for item in value if isinstance(item, str))

    def _check_destination(self, index: int, item: object, before: list[object]) -> None:
        path = ("to", index)
        if item is None:
            self._fault(path, f'an empty destination in {self._called()}; write a channel in quotes: "#cs-risk"')
        elif item in before:
            self._fault(path, f"destination '{item}' stands twice in {self._called()}")
        elif item in ROLES:
            if self._scope is not Scope.ACCOUNT:
                self._fault(path, f"a {self._scope} has no {item}: {self._called()} has to go to a #channel")
        elif not isinstance(item, str) or not is_channel(item):
            hint = did_you_mean(str(item), ROLES) or f'; write {", ".join(ROLES)} or a lower-case "#channel"'
            self._fault(path, f"unknown destination '{item}' in {self._called()}{hint}")


def _known(severity: str) -> str:
    return did_you_mean(severity, SEVERITIES) or f"; known are {', '.join(SEVERITIES)}"


def _yaml_kind(value: object) -> str:
    names = {bool: "true or false", int: "a number", float: "a number", list: "a list", dict: "a mapping"}
    return names.get(type(value), f"a {type(value).__name__}")


def _version(parts: dict[str, Any]) -> str:
    """Short hash of all that makes up a rule; the same text makes the same version on any machine."""
    text = "\n".join(f"{key}={value!r}" for key, value in sorted(parts.items()))
    return sha256(text.encode()).hexdigest()[:12]
