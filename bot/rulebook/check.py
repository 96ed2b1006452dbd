"""`headroom rules check`: every fault at once; of good rules, what they are and what changed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from rich.table import Table
from rich.text import Text

from bot.core.rule_versions import definition, written
from bot.errors import SettingsError
from bot.load import RuleFile, read_templates
from bot.messages.words import day
from bot.out import print_json, tables
from bot.rulebook.faulty import as_data, tell
from bot.rulebook.versions import by_name, standing
from bot.rulebook.where import find
from bot.state.engine import StateError

if TYPE_CHECKING:
    from pathlib import Path

    from bot.core.located import Fault
    from bot.core.verdicts import Rule
    from bot.rulebook.where import Where
    from bot.state.rows import RuleVersion


_ONE_LITERAL: Final = 2
"""Quotes of a severity that is one word and no expression."""


@dataclass(frozen=True, slots=True)
class _Known:
    """What the state store knows of rules."""

    versions: dict[str, list[RuleVersion]]
    """By name, newest first."""
    why_not: str | None
    """Why nothing could be compared."""


def show_check(file: Path | None, config: Path | None, *, as_json: bool) -> bool:
    """Check a file of rules, or the one of the settings; print the faults, or a table. False: there are faults.

    Raises SettingsError with the faults, unless they are printed as data.
    """
    try:
        where = find(config, without=file is not None)
        path = file or where.rules
        rules = _checked(path, where, given=file is not None)
    except SettingsError as error:
        if not as_json:
            raise
        print_json({"good": False, "faults": as_data(error.faults), "rules": []})
        return False
    known = _known(where)
    if as_json:
        print_json(_data(path, rules, known))
    else:
        _show(path, rules, known)
    return True


def _checked(path: Path, where: Where, *, given: bool) -> tuple[Rule, ...]:
    faults: list[Fault] = []
    hint = "name a file of rules" if given else "`rules` names the file, relative to the settings file"
    rules = RuleFile.read(path, faults, hint)
    templates = read_templates(where.templates, faults)
    if templates is not None:
        faults += rules.misfits(templates)
    tell(faults)
    return rules.rules


def _known(where: Where) -> _Known:
    try:
        with where.store() as store:
            return _Known(by_name(store.rule_versions()), None)
    except StateError as error:
        # Rules are good or not, whether or not there is something to compare them with.
        return _Known({}, str(error))


def _gone(rules: tuple[Rule, ...], known: _Known) -> list[RuleVersion]:
    names = {rule.name for rule in rules}
    return [versions[0] for name, versions in sorted(known.versions.items()) if name not in names]


def _data(path: Path, rules: tuple[Rule, ...], known: _Known) -> dict[str, Any]:
    found = []
    for rule in rules:
        own = {**definition(rule), "to": list(rule.to), "steps": list(rule.steps), "version": rule.version}
        found.append(own if known.why_not else own | standing(rule, known.versions).data())
    gone = [
        {"name": one.name, "version": one.version, "since": one.first_seen.isoformat()} for one in _gone(rules, known)
    ]
    return {
        "good": True,
        "file": str(path),
        "faults": [],
        "rules": found,
        "gone": gone,
        "compared": known.why_not is None,
        "why_not_compared": known.why_not,
    }


def _show(path: Path, rules: tuple[Rule, ...], known: _Known) -> None:
    console = tables()
    table = Table(title=f"{path}: {len(rules)} good rule{'' if len(rules) == 1 else 's'}", title_justify="left")
    for column in ("Rule", "Kind", "About", "Mode", "For", "Repeat", "Severity", "To", "Version"):
        table.add_column(column)
    for rule in rules:
        table.add_row(*map(Text, _row(rule)))
    console.print(table)
    if known.why_not is not None:
        console.print(Text(f"Not compared with what was judged: {known.why_not}"), soft_wrap=True)
        return
    for rule in rules:
        console.print(Text(f"{rule.name}: {standing(rule, known.versions)}"), soft_wrap=True)
    for one in _gone(rules, known):
        console.print(Text(f"{one.name}: gone; its last version is of {day(one.first_seen.date())}"), soft_wrap=True)


def _row(rule: Rule) -> tuple[str, ...]:
    return (
        rule.name,
        rule.kind,
        str(rule.scope),
        str(rule.mode),
        written(rule.hold) if rule.hold else "at once",
        f"steps {', '.join(map(str, rule.steps))}" if rule.steps else written(rule.repeat) if rule.repeat else "once",
        rule.severity.strip("'") if rule.severity.count("'") == _ONE_LITERAL else rule.severity,
        ", ".join(rule.to),
        rule.version,
    )
