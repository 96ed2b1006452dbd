"""How rules compare with the versions of them that were judged."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from bot.core.rule_versions import changes, definition
from bot.messages.words import day

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from bot.core.rule_versions import Change
    from bot.core.verdicts import Rule
    from bot.state.rows import RuleVersion


class State(StrEnum):
    """What a rule is to the state store."""

    NEW = "new"
    """No rule of this name was judged yet."""
    KNOWN = "known"
    """This is the version that came last."""
    CHANGED = "changed"
    """This version was not judged yet; an earlier one was."""
    EARLIER = "earlier"
    """This version was judged, and another one after it."""


@dataclass(frozen=True, slots=True)
class Standing:
    """A rule beside its versions."""

    state: State
    since: datetime | None
    """When this version, or the one that it is compared with, was first judged."""
    changes: tuple[Change, ...]
    """From the version that came last."""

    def __str__(self) -> str:
        """Write as "changed since 3 March 2026: `for` was 14d, is 21d"."""
        if self.since is None:
            return "new"
        when = day(self.since.date())
        if self.state is State.KNOWN:
            return f"unchanged since {when}"
        said = "; ".join(map(str, self.changes)) or "only how Headroom keeps it"
        return f"{'back to the version of' if self.state is State.EARLIER else 'changed since'} {when}: {said}"

    def data(self) -> dict[str, Any]:
        """Return it as plain JSON values."""
        return {
            "state": str(self.state),
            "since": None if self.since is None else self.since.isoformat(),
            "changes": changes_data(self.changes),
        }


def changes_data(found: Sequence[Change]) -> list[dict[str, Any]]:
    """Return changes as plain JSON values."""
    return [{"field": one.field, "was": one.was, "is": one.now} for one in found]


def by_name(versions: Sequence[RuleVersion]) -> dict[str, list[RuleVersion]]:
    """Sort versions, newest first, by the rule's name."""
    found: dict[str, list[RuleVersion]] = {}
    for one in versions:
        found.setdefault(one.name, []).append(one)
    return found


def standing(rule: Rule, known: Mapping[str, Sequence[RuleVersion]]) -> Standing:
    """Compare a rule with its versions, newest first, by name."""
    versions = known.get(rule.name, ())
    if not versions:
        return Standing(State.NEW, None, ())
    newest = versions[0]
    if newest.version == rule.version:
        return Standing(State.KNOWN, newest.first_seen, ())
    found = changes(newest.definition, definition(rule))
    same = next((one for one in versions if one.version == rule.version), None)
    if same is not None:
        return Standing(State.EARLIER, same.first_seen, found)
    return Standing(State.CHANGED, newest.first_seen, found)
