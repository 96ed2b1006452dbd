"""`headroom rules shadow`: what rules in shadow mode would have said, from the audit.

A line of the audit names the version that spoke, and the version says in which mode it was: what a rule said before
it went into shadow mode does not count here, nor what it says once it is live.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta
from itertools import takewhile
from typing import TYPE_CHECKING, Any, Final

from rich.table import Table
from rich.text import Text

from bot.core.verdicts import Mode
from bot.messages.words import day
from bot.out import print_json, tables
from bot.rulebook.versions import by_name
from bot.rulebook.where import find

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from bot.state.rows import Audit, RuleVersion
    from bot.state.store import Store

_SAID: Final = re.compile(r"fired|repeat|woke|step|worsened|resolved")
_ENDED: Final = "resolved"
_EXAMPLES: Final = 5


@dataclass(frozen=True, slots=True)
class Example:
    """One thing that would have been said."""

    at: datetime
    subject: str
    name: str
    says: str
    why: str
    severity: str | None
    at_stake: float | None


@dataclass(frozen=True, slots=True)
class Shadow:
    """What one rule in shadow mode would have said."""

    rule: str
    version: str
    since: datetime
    """When it was first judged in shadow mode, without a break up to now."""
    live: bool
    """It has been switched on since."""
    alerts: int
    """Episodes of which it would have spoken."""
    messages: int
    """Everything that would have been posted: first alerts, repeats, steps, rises."""
    subjects: int
    ended: int
    """Of these episodes, those that are over."""
    examples: tuple[Example, ...]
    """The last first alerts, newest first."""


def show_shadow(config: Path | None, days: int, *, as_json: bool) -> None:
    """Print what rules in shadow mode would have said in the last days. Raises SettingsError, StateError."""
    with find(config).store() as store:
        since = store.now() - timedelta(days=days)
        found = shadows(store, since)
    if as_json:
        print_json({"days": days, "since": since.isoformat(), "rules": [_data(one) for one in found]})
    else:
        _show(found, days)


def shadows(store: Store, since: datetime) -> tuple[Shadow, ...]:
    """Return what each rule would have said from a moment on: those in shadow mode now, or then."""
    versions = by_name(store.rule_versions())
    hidden = {one.version for known in versions.values() for one in known if _hidden(one)}
    lines: dict[str, list[Audit]] = defaultdict(list)
    for line in store.audit(limit=None, since=since):
        if line.detail.get("version") in hidden and _SAID.match(line.verb):
            lines[str(line.detail["rule"])].append(line)
    names = dict(store.names())
    return tuple(
        _shadow(store, known, lines[rule], names)
        for rule, known in sorted(versions.items())
        if lines.get(rule) or _hidden(known[0])
    )


def _hidden(version: RuleVersion) -> bool:
    return version.definition.get("mode") == Mode.SHADOW


def _shadow(store: Store, known: Sequence[RuleVersion], lines: Sequence[Audit], names: Mapping[str, str]) -> Shadow:
    live = not _hidden(known[0])
    last = next((index for index, one in enumerate(known) if _hidden(one)), 0)
    stretch = list(takewhile(_hidden, known[last:]))
    spoken = [line for line in lines if line.verb != _ENDED]
    first = {line.detail["episode"]: line for line in spoken}  # newest first: the oldest of each stays
    over = {line.detail["episode"] for line in lines if line.verb == _ENDED}
    newest = sorted(first.values(), key=lambda line: line.at, reverse=True)[:_EXAMPLES]
    return Shadow(
        rule=known[0].name,
        version=stretch[0].version,
        since=stretch[-1].first_seen,
        live=live,
        alerts=len(first),
        messages=len(spoken),
        subjects=len({line.subject for line in spoken}),
        ended=len(over & first.keys()),
        examples=tuple(_example(store, line, names) for line in newest),
    )


def _example(store: Store, line: Audit, names: Mapping[str, str]) -> Example:
    episode = store.episode(str(line.detail["episode"]))
    return Example(
        at=line.at,
        subject=line.subject,
        name=names.get(line.subject, line.subject),
        says=line.verb,
        why=str(line.detail.get("reason") or ""),
        severity=episode.severity if episode is not None else None,
        at_stake=episode.at_stake if episode is not None else None,
    )


def _data(one: Shadow) -> dict[str, Any]:
    return {
        "rule": one.rule,
        "version": one.version,
        "shadow_since": one.since.isoformat(),
        "live_now": one.live,
        "alerts": one.alerts,
        "messages": one.messages,
        "accounts": one.subjects,
        "ended": one.ended,
        "examples": [
            {
                "at": example.at.isoformat(),
                "account_id": example.subject,
                "account": example.name,
                "says": example.says,
                "why": example.why,
                "severity": example.severity,
                "at_stake": example.at_stake,
            }
            for example in one.examples
        ],
    }


def _show(found: Sequence[Shadow], days: int) -> None:
    console = tables()
    if not found:
        console.print("No rule is in shadow mode, or was judged in it. `mode: shadow` in a rule puts it there.")
        return
    table = Table(title=f"What rules in shadow mode would have said in the last {days} days", title_justify="left")
    for name in ("Rule", "In shadow mode", "Alerts", "Ended", "Messages", "Accounts"):
        table.add_column(name, justify="left" if name in {"Rule", "In shadow mode"} else "right")
    for one in found:
        when = f"since {day(one.since.date())}{', live now' if one.live else ''}"
        table.add_row(
            Text(one.rule), when, *(f"{count:,}" for count in (one.alerts, one.ended, one.messages, one.subjects))
        )
    console.print(table)
    for one in found:
        for example in one.examples:
            text = f"{one.rule}: {day(example.at.date())}, {example.name}: {example.says}, {example.severity} severity"
            console.print(Text(f"{text} ({example.why})"), soft_wrap=True)
