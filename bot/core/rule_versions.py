"""What a version of a rule said, and what changed from one to the next. Pure.

A version is a short hash of all fields of a rule (`Rule.version`): a rule that goes back to what it said before is that
version again.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.core.verdicts import Rule, Value


@dataclass(frozen=True, slots=True)
class Change:
    """A field of a rule that is not as it was. None: it was not set, or is not."""

    field: str
    was: Value
    now: Value

    def __str__(self) -> str:
        """Write as "`for` was 14d, is 21d"."""
        return f"`{self.field}` was {_shown(self.was)}, is {_shown(self.now)}"


def definition(rule: Rule) -> dict[str, Value]:
    """Return what a rule says, as text, by the keys of the rules file; None where a key is not set.

    The conditions are those that are judged: regenerated from what was typed, with `clear` and `severity` written out.
    """
    return {
        "name": rule.name,
        "kind": rule.kind,
        "scope": str(rule.scope),
        "when": rule.when,
        "clear": rule.clear,
        "for": written(rule.hold) if rule.hold else None,
        "repeat": written(rule.repeat) if rule.repeat is not None else None,
        "countdown": rule.countdown,
        "steps": ", ".join(map(str, rule.steps)) or None,
        "severity": rule.severity,
        "at_stake": rule.at_stake,
        "escalate": written(rule.escalate) if rule.escalate is not None else None,
        "to": ", ".join(rule.to),
        "template": rule.template,
        "mode": str(rule.mode),
    }


def changes(old: Mapping[str, Value], new: Mapping[str, Value]) -> tuple[Change, ...]:
    """Return each field in which two definitions differ, in the order of the newer one."""
    fields = [*new, *(name for name in old if name not in new)]
    return tuple(Change(name, old.get(name), new.get(name)) for name in fields if old.get(name) != new.get(name))


def written(duration: timedelta) -> str:
    """Write a duration as the rules do: `14d`, `12h`, `90m`."""
    for unit, size in (("d", timedelta(days=1)), ("h", timedelta(hours=1))):
        if not duration % size:
            return f"{duration // size}{unit}"
    return f"{duration // timedelta(minutes=1)}m"


def _shown(value: Value) -> str:
    return "not set" if value is None else f"`{value}`"
