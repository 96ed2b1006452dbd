"""From the text of a test file to cases, or to every fault in it at once."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Final

from bot.core.located import Fault, FaultyTextError, Mark, did_you_mean, load
from bot.core.rule_tests.case import Act, Case, Holding
from bot.core.rule_tests.entries import (
    EVENT_FORM,
    EVENT_KEYS,
    EXPECT_FORM,
    EXPECT_KEYS,
    Ground,
    read_event,
    read_expected,
)
from bot.core.rule_tests.page import Page, Part
from bot.core.rule_tests.series import MOST_DAYS
from bot.core.rule_tests.subjects import called, days_of, read_subjects, shared_series
from bot.core.yaml_places import Places, refuse_hostile

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bot.core.rule_tests.case import Subject
    from bot.core.rule_tests.series import Series
    from bot.core.verdicts import Rule

_START: Final = date(2026, 1, 1)
_YEARS: Final = range(1970, 2200)
_MOST_TESTS: Final = 500
_TOP: Final = ("rule_file", "every_account", "start", "tests")
_TEST: Final = ("name", "rules", "start", "days", "accounts", "sources", "fleet", "events", "expect")
_TESTS_FORM: Final = "a list of tests, each of which begins with `- name: ...`"


class TestFile:
    """A test file that is YAML: which rules it tests, and its cases once these are known."""

    __test__ = False  # pytest would take the name for a test

    def __init__(self, text: str, file: str) -> None:
        """Read a text; `file` is the name that faults are told under. Raises FaultyTextError where it is no YAML."""
        refuse_hostile(text, file)
        document = load(text, file)
        if not isinstance(document.data, dict):
            raise FaultyTextError([Fault(Mark(file, 1, 1), "wanted `rule_file: rules.yaml` and `tests:`")])
        self._page = Page(document, Places(text, file))
        self._top = Part(self._page, (), document.data, _TOP)
        self.rule_file = (
            self._top.text("rule_file", "the name of a file")
            if self._top.needs("rule_file", "the file with the rules, relative to this one: `rule_file: rules.yaml`")
            else None
        )
        """Relative to the test file; None where it is missing, which `cases` tells."""

    def no_rules(self, problem: str) -> None:
        """Note that the rule file cannot be read: told with the other faults."""
        self._top.fault("rule_file", problem)

    def cases(self, rules: Sequence[Rule] | None) -> tuple[Case, ...]:
        """Return the tests of the file, in their order.

        `rules` are those of `rule_file`; None where they have faults of their own: then what can be told without them
        is. Raises FaultyTextError with every fault, each with its line and column.
        """
        book = None if rules is None else {rule.name: rule for rule in rules}
        start = _start(self._top, _START)
        shared = shared_series(self._top)
        tests = list(self._top.parts("tests", _TEST, _TESTS_FORM)) if self._top.needs("tests", _TESTS_FORM) else []
        if self._top.has("tests") and not self._top.raw("tests"):
            self._top.fault("tests", f"no tests; wanted {_TESTS_FORM}")
        if len(tests) > _MOST_TESTS:
            self._top.fault("tests", f"{len(tests)} tests; at most {_MOST_TESTS} a file")
        cases = [_case(test, start, shared, book) for test in tests[:_MOST_TESTS]]
        self._check_names(tests)
        if self._page.faults:
            raise FaultyTextError(sorted(dict.fromkeys(self._page.faults), key=_position))
        return tuple(cases)

    def _check_names(self, tests: list[Part]) -> None:
        first: dict[object, int] = {}
        for number, test in enumerate(tests):
            name = test.raw("name")
            if isinstance(name, str) and first.setdefault(name, number) != number:
                test.fault("name", f"a test '{name}' already stands in the file; failures are told by name")


def _position(fault: Fault) -> tuple[int, int]:
    return fault.mark.line or 0, fault.mark.column or 0


def _case(test: Part, start: date, shared: Mapping[str, Series], book: Mapping[str, Rule] | None) -> Case:
    name = test.text("name", "what is tested, in words") if test.needs("name", "what is tested, in words") else None
    names = _names(test, book)
    if book is not None and not set(names or ()) <= book.keys():
        names = None  # told already: each entry need not be held against it
    first = _start(test, start)
    known = len(test.page.faults)
    subjects = read_subjects(test, shared)
    days = days_of(test, subjects) if len(test.page.faults) == known else MOST_DAYS
    about = book if book is None or names is None else {name: book[name] for name in names if name in book}
    _check_scopes(test, subjects, names or (), about)
    ground = Ground(first, days, subjects, about, names)
    events = [read_event(part, ground) for part in test.parts("events", EVENT_KEYS, EVENT_FORM)]
    test.needs("expect", f"a list like [{EXPECT_FORM}], or [] where nothing is to be said")
    expected = [read_expected(part, ground) for part in test.parts("expect", EXPECT_KEYS, EXPECT_FORM)]
    return Case(
        name=name or "",
        mark=test.page.document.mark(test.path),
        start=first,
        days=days,
        rules=names,
        subjects=subjects,
        acts=tuple(event for event in events if isinstance(event, Act)),
        holdings=tuple(event for event in events if isinstance(event, Holding)),
        expected=tuple(one for one in expected if one is not None),
    )


def _start(part: Part, usual: date) -> date:
    found = part.date("start")
    if found is not None and found.year not in _YEARS:
        part.fault("start", f"{found} lies outside of the years {_YEARS[0]} to {_YEARS[-1]}")
        return usual
    return found or usual


def _names(test: Part, book: Mapping[str, Rule] | None) -> tuple[str, ...] | None:
    given = test.raw("rules")
    if not test.has("rules"):
        return None
    if not isinstance(given, list) or not given:
        test.fault("rules", "`rules` is no list of rules; wanted one like [near-limit], or leave it out for all")
        return None
    names = [str(name) for name in given]
    for index, name in enumerate(names):
        if book is not None and name not in book:
            test.page.fault((*test.path, "rules", index), f"'{name}' is no rule of the file{did_you_mean(name, book)}")
    return tuple(dict.fromkeys(names))


def _check_scopes(
    test: Part, subjects: Sequence[Subject], names: Sequence[str], about: Mapping[str, Rule] | None
) -> None:
    there = {one.scope for one in subjects}
    for index, name in enumerate(names):
        scope = about[name].scope if about is not None and name in about else None
        if scope is not None and scope not in there:
            test.page.fault((*test.path, "rules", index), f"'{name}' is about {called(scope)}, and the test has none")
