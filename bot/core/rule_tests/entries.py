"""Events and expectations of a test."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date, timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from bot.core.condition_types import KIND_OF_UNIT, ValueKind
from bot.core.conditions import parse_condition
from bot.core.episode import Outcome
from bot.core.located import did_you_mean
from bot.core.metrics import METRICS
from bot.core.rule_tests.case import Act, Expected, Holding
from bot.core.rule_tests.subjects import called
from bot.core.verdicts import SEVERITIES, HoldBy, Scope

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bot.core.rule_tests.case import Subject
    from bot.core.rule_tests.page import Part
    from bot.core.verdicts import Rule, Value

_ABOUT: Final = ("day", "rule", "account", "source")
EVENT_KEYS: Final = (*_ABOUT, "claim", "snooze", "close", "hold", "by", "because", "until")
EXPECT_KEYS: Final = (*_ABOUT, "says", "severity", "at_stake", "evidence")
EVENT_FORM: Final = "{day: 16, claim: U1}, {day: 16, snooze: 30}, {day: 16, close: recovered} or {day: 3, hold: source}"
EXPECT_FORM: Final = "{day: 14, says: fired}"

_VERBS: Final = ("claim", "snooze", "close", "hold")
_WORDS: Final = ("fired", "repeat", "woke", "resolved")
_SAYS: Final = re.compile(rf"{'|'.join(_WORDS)}|step-\d{{1,4}}|worsened-(?:{'|'.join(SEVERITIES)})")
_SAYS_FORM: Final = f"{', '.join(_WORDS)}, step-60 or worsened-high"
_SOMEBODY: Final = "somebody"


@dataclass(frozen=True, slots=True)
class Ground:
    """What the entries of a test stand on."""

    start: date
    days: int
    subjects: Sequence[Subject]
    rules: Mapping[str, Rule] | None
    """Those that the test is about; None where the rules could not be read."""
    names: Sequence[str] | None
    """What the test limits itself to."""
    seen: dict[tuple[int, str, str], str] = field(default_factory=dict)
    """What is expected so far."""

    def rule(self, part: Part) -> str | None:
        """Return the name of the rule that an entry is about."""
        name = part.text("rule", "the name of a rule")
        known = list(self.names if self.names is not None else self.rules or ())
        if name is None:
            if not part.has("rule") and len(known) == 1:
                return known[0]
            if not part.has("rule") and (self.rules is not None or known):
                part.page.fault(part.path, "which rule? Add `rule: ...`, or limit the test to one by `rules: [...]`")
            return None
        if self.rules is None or (name in known and name in self.rules):
            return name
        where = "of this test" if self.names is not None else "of the file"
        part.fault("rule", f"'{name}' is no rule {where}{did_you_mean(name, known)}")
        return None

    def scope(self, rule: str, part: Part) -> Scope:
        """Return what a rule is about; from the entry itself, where the rules could not be read."""
        if self.rules is not None and rule in self.rules:
            return self.rules[rule].scope
        return Scope.SOURCE if part.has("source") else Scope.ACCOUNT

    def subject(self, part: Part, scope: Scope) -> str | None:
        """Return the name of the account or source that an entry is about."""
        for key in ("account", "source"):
            if part.has(key) and key != scope:
                part.fault(key, f"the rule is about {called(scope)}; drop this")
        known = [one.name for one in self.subjects if one.scope is scope]
        given = part.raw(str(scope))
        if given is None and len(known) == 1:
            return known[0]
        if str(given) in known:
            return str(given)
        if given is None:
            which = f"which {scope}? Add `{scope}: ...`: {', '.join(known)}" if known else f"the test has no {scope}"
            part.page.fault(part.path, which)
        else:
            part.fault(str(scope), f"'{given}' is no {scope} of this test{did_you_mean(str(given), known)}")
        return None

    def day(self, part: Part, key: str = "day", last: int | None = None) -> int | None:
        """Return a day of the test."""
        found = part.day(key, self.start)
        most = self.days - 1 if last is None else last
        if found is not None and found > most:
            part.fault(key, f"day {found} lies after the last of the test, which is {most}")
            return None
        return found


def read_event(part: Part, ground: Ground) -> Act | Holding | None:
    """Read one event; None where it has a fault."""
    verbs = [verb for verb in _VERBS if part.has(verb)]
    day = ground.day(part) if part.needs("day", "a day of the test") else None
    if len(verbs) != 1:
        found = "nothing happens" if not verbs else f"{' and '.join(verbs)} in one event"
        part.page.fault(part.path, f"{found}; wanted one of {EVENT_FORM}")
        return None
    if part.has("until") and verbs != ["hold"]:
        part.fault("until", "`until` goes with `hold` only; write the day itself: `snooze: 30`")
    return _holding(part, ground, day) if verbs == ["hold"] else _act(part, ground, day, verbs[0])


def _holding(part: Part, ground: Ground, day: int | None) -> Holding | None:
    by = part.word("hold", HoldBy, "guard")
    until = ground.day(part, "until", ground.days) if part.has("until") else ground.days
    rule = ground.rule(part) if part.has("rule") else None
    if rule is not None and ground.rules is not None and ground.rules[rule].scope is not Scope.ACCOUNT:
        part.fault("rule", f"no guard holds '{rule}': they hold what rules say of accounts")
    if part.has("source"):
        part.fault("source", "guards hold what is said of accounts, and nothing of sources; drop this")
    subject = ground.subject(part, Scope.ACCOUNT) if part.has("account") else None
    if day is None or by is None or until is None:
        return None
    if until <= day:
        part.fault("until", "the first day on which nothing is held any more has to lie after `day`")
    because = part.text("because", "the reason") or f"held by {by} in this test"
    return Holding(range(day, until), HoldBy(by), because, rule, subject)


def _act(part: Part, ground: Ground, day: int | None, verb: str) -> Act | None:
    rule = ground.rule(part)
    subject = ground.subject(part, ground.scope(rule, part)) if rule is not None else None
    by = part.text("claim" if verb == "claim" else "by", "who does it: a name or a Slack user id")
    because = part.text("because", "the reason")
    until = _until(part, ground) if verb == "snooze" else None
    outcome = part.word("close", Outcome, "outcome") if verb == "close" else None
    missing = (verb == "snooze" and until is None) or (verb == "close" and outcome is None)
    if day is None or rule is None or subject is None or missing:
        return None
    mark = part.page.document.mark(part.path)
    return Act(mark, day, rule, subject, by or _SOMEBODY, because, until, Outcome(outcome) if outcome else None)


def _until(part: Part, ground: Ground) -> date | None:
    day = part.day("snooze", ground.start)
    return None if day is None else ground.start + timedelta(days=day)


def read_expected(part: Part, ground: Ground) -> Expected | None:
    """Read one expectation; None where it has a fault."""
    day = ground.day(part) if part.needs("day", "a day of the test") else None
    says = part.text("says", _SAYS_FORM) if part.needs("says", _SAYS_FORM) else None
    rule = ground.rule(part)
    subject = ground.subject(part, ground.scope(rule, part)) if rule is not None else None
    wanted = _wanted(part)
    if rule is None or subject is None:
        return None
    evidence = _evidence(part, ground, rule)
    _check_says(part, says, ground.rules[rule] if ground.rules and rule in ground.rules else None)
    if day is None or says is None:
        return None
    if (day, rule, subject) in ground.seen:
        first = ground.seen[day, rule, subject]
        part.page.fault(part.path, f"'{rule}' speaks once a day of a subject; '{first}' is expected already")
    ground.seen[day, rule, subject] = says
    return Expected(part.page.document.mark(part.path), day, rule, subject, says, wanted, evidence)


def _check_says(part: Part, says: str | None, rule: Rule | None) -> None:
    if says is None:
        return
    if not _SAYS.fullmatch(says):
        part.fault("says", f"nothing is called '{says}'{did_you_mean(says, _WORDS) or f'; wanted {_SAYS_FORM}'}")
    elif rule is not None and says.startswith("step-") and int(says.removeprefix("step-")) not in rule.steps:
        steps = f"its steps are {', '.join(map(str, rule.steps))}" if rule.steps else "it has no `steps`"
        part.fault("says", f"'{rule.name}' never says {says}: {steps}")
    elif rule is not None and says == "repeat" and rule.repeat is None:
        part.fault("says", f"'{rule.name}' never repeats itself: it has no `repeat`")


def _wanted(part: Part) -> Mapping[str, Value]:
    wanted: dict[str, Value] = {}
    if part.has("severity") and (severity := part.word("severity", SEVERITIES)) is not None:
        wanted["severity"] = severity
    if part.has("at_stake"):
        value = part.raw("at_stake")
        if _unknown(value) or (isinstance(value, int | float) and not isinstance(value, bool)):
            wanted["at_stake"] = None if _unknown(value) else float(value)
        else:
            part.fault("at_stake", f"`at_stake: {value}` is no number; write _ for unknown")
    return MappingProxyType(wanted)


def _evidence(part: Part, ground: Ground, rule: str) -> Mapping[str, Value]:
    given = part.mapping("evidence", "values of metrics, like {licence_utilization: 0.45}")
    if ground.rules is None or rule not in ground.rules:
        return MappingProxyType({})
    judged = ground.rules[rule]
    named = parse_condition(judged.when, judged.scope).metrics
    found: dict[str, Value] = {}
    for key, value in given.items():
        name, path = str(key), (*part.path, "evidence", str(key))
        if name not in named:
            near = did_you_mean(name, named) or f"; it names {', '.join(named)}"
            part.page.fault_of_key(path, f"`when` of '{rule}' names no metric '{name}'{near}")
            continue
        kind = KIND_OF_UNIT[METRICS[judged.scope][name].unit]
        if not _fits(value, kind):
            part.page.fault(path, f"`{name}: {value}` is not {kind}, nor _ for unknown")
            continue
        found[name] = None if _unknown(value) else str(value) if kind is ValueKind.DATE else value
    return MappingProxyType(found)


def _unknown(value: object) -> bool:
    return value is None or value == "_"


def _fits(value: Any, kind: ValueKind) -> bool:  # noqa: ANN401  # YAML is anything
    if _unknown(value):
        return True
    if isinstance(value, bool) or kind is ValueKind.FLAG:
        return isinstance(value, bool) and kind is ValueKind.FLAG
    wanted = {ValueKind.NUMBER: (int, float), ValueKind.DATE: (date,), ValueKind.TEXT: (str,)}[kind]
    return isinstance(value, wanted)
