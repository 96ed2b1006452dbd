"""`headroom rules test`: unit tests of rules."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from rich.text import Text

from bot.core.located import Fault, FaultyTextError
from bot.core.rule_tests.compare import run_cases, shown, untested
from bot.core.rule_tests.read import TestFile
from bot.load import RuleFile, read_text
from bot.out import print_json, tables
from bot.rulebook.faulty import as_data, in_order, tell

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from bot.core.rule_tests.case import Case
    from bot.core.rule_tests.compare import Failure, Result
    from bot.core.verdicts import Evidence, Rule


class Outcome(StrEnum):
    """How it went."""

    PASSED = "passed"
    FAILED = "failed"
    FAULTY = "faulty"
    """A file cannot be used: nothing was run."""


@dataclass(frozen=True, slots=True)
class _Suite:
    """A test file and the rules that it tests."""

    path: Path
    rules_path: Path
    cases: tuple[Case, ...]
    rules: tuple[Rule, ...]


def show_tests(files: Sequence[Path], *, as_json: bool) -> Outcome:
    """Run test files and print what failed. Raises SettingsError with the faults of all, unless these are data."""
    faults: list[Fault] = []
    read: dict[Path, tuple[Rule, ...] | None] = {}
    suites = [suite for path in files if (suite := _suite(path, read, faults)) is not None]
    if faults and as_json:
        print_json({"passed": False, "faults": as_data(in_order(faults)), "files": []})
        return Outcome.FAULTY
    tell(faults)
    results = [run_cases(suite.cases, suite.rules) for suite in suites]
    passed = all(result.passed for found in results for result in found)
    if as_json:
        data = [_suite_data(suite, found) for suite, found in zip(suites, results, strict=True)]
        print_json({"passed": passed, "faults": [], "files": data})
    else:
        for suite, found in zip(suites, results, strict=True):
            _show(suite, found)
    return Outcome.PASSED if passed else Outcome.FAILED


def _suite(path: Path, read: dict[Path, tuple[Rule, ...] | None], faults: list[Fault]) -> _Suite | None:
    text = read_text(path, faults, "name a file of tests")
    if text is None:
        return None
    try:
        file = TestFile(text, str(path))
        rules_path = path.parent / (file.rule_file or "")
        rules = _rules(rules_path, read, file, faults) if file.rule_file else None
        return _Suite(path, rules_path, file.cases(rules), rules or ())
    except FaultyTextError as error:
        faults += error.faults
        return None


def _rules(
    path: Path, read: dict[Path, tuple[Rule, ...] | None], file: TestFile, faults: list[Fault]
) -> tuple[Rule, ...] | None:
    """Return the rules of a file; None where there is something wrong with it: said once, however many tests it has."""
    if not path.is_file():
        file.no_rules(f"there is no file {path}")
        return None
    if path not in read:
        known = len(faults)
        rules = RuleFile.read(path, faults).rules
        read[path] = rules if len(faults) == known else None
    return read[path]


def _suite_data(suite: _Suite, results: Sequence[Result]) -> dict[str, Any]:
    return {
        "file": str(suite.path),
        "rule_file": str(suite.rules_path),
        "passed": sum(result.passed for result in results),
        "failed": sum(not result.passed for result in results),
        "untested": list(untested(suite.cases, suite.rules)),
        "tests": [_result_data(result) for result in results],
    }


def _result_data(result: Result) -> dict[str, Any]:
    return {
        "name": result.case.name,
        "line": result.case.mark.line,
        "passed": result.passed,
        "failures": [_failure_data(result.case, failure) for failure in result.failures],
    }


def _failure_data(case: Case, failure: Failure) -> dict[str, Any]:
    return {
        "line": failure.mark.line,
        "column": failure.mark.column,
        "day": failure.day,
        "date": None if failure.day is None else str(case.date(failure.day)),
        "rule": failure.rule,
        "subject": failure.subject or None,
        "expected": failure.expected,
        "came": failure.came,
        "seen": [{"comparison": one.text, "truth": str(one.truth), "values": dict(one.values)} for one in failure.seen],
    }


def _show(suite: _Suite, results: Sequence[Result]) -> None:
    console = tables()
    for result in results:
        for line in _lines(result) if not result.passed else ():
            console.print(line, soft_wrap=True)
    failed = sum(not result.passed for result in results)
    said = f"{failed} of {len(results)} tests failed" if failed else f"{_count(len(results))} passed"
    console.print(Text(f"{suite.path}: {said} ({_rules_of(suite)})", style="red" if failed else ""), soft_wrap=True)


def _count(tests: int) -> str:
    return "1 test" if tests == 1 else f"{tests} tests"


def _rules_of(suite: _Suite) -> str:
    left = untested(suite.cases, suite.rules)
    counted = f"{len(suite.rules)} rule{'' if len(suite.rules) == 1 else 's'}"
    return f"{counted}; no test expects anything of {', '.join(left)}" if left else f"{counted}, each of them tested"


def _lines(result: Result) -> list[Text]:
    case = result.case
    lines = [Text(f"FAILED {case.mark}: {case.name}", style="bold red")]
    for failure in result.failures:
        where = "" if failure.day is None else f"day {failure.day}, {case.date(failure.day)}: "
        about = f" about {failure.subject}" if failure.subject else ""
        lines += [
            Text(f"  {where}{failure.rule}{about} (line {failure.mark.line})"),
            Text(f"    expected: {failure.expected}"),
            Text(f"    came:     {failure.came}"),
            *(
                Text(f"    {'saw:' if not number else '    '}      {_seen(one)}")
                for number, one in enumerate(failure.seen)
            ),
        ]
    return lines


def _seen(one: Evidence) -> str:
    values = ", ".join(f"{name} = {shown(value)}" for name, value in one.values)
    return f"{one.text} is {one.truth}: {values}"
