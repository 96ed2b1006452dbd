"""`headroom rules log`: the versions of rules that were judged, and what changed in each."""

from __future__ import annotations

from itertools import zip_longest
from typing import TYPE_CHECKING, Any

from rich.text import Text

from bot.core.located import did_you_mean
from bot.core.rule_versions import changes
from bot.errors import HeadroomError
from bot.messages.words import day
from bot.out import print_json, tables
from bot.rulebook.versions import by_name, changes_data
from bot.rulebook.where import find

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from bot.core.rule_versions import Change
    from bot.state.rows import RuleVersion

Entry = tuple["RuleVersion", "tuple[Change, ...] | None"]
"""A version and what changed from the one before; None: it was the first."""


def show_log(name: str | None, config: Path | None, *, as_json: bool) -> bool:
    """Print the versions of a rule, or of all, newest first; False where no rule of this name was ever judged.

    Raises HeadroomError: SettingsError, StateError, and where nobody knows the rule (unless that is printed as data).
    """
    with find(config).store() as store:
        versions = by_name(store.rule_versions())
    wanted = {key: known for key, known in versions.items() if name in {None, key}}
    found = sorted(_entries(wanted), key=lambda entry: entry[0].first_seen, reverse=True)
    if as_json:
        print_json({"rule": name, "versions": [_data(one, changed) for one, changed in found]})
        return bool(found) or name is None
    if not found:
        nothing = "no rule was judged yet; `headroom run --once` judges them"
        raise HeadroomError(f"no rule '{name}' was ever judged{did_you_mean(name, versions)}" if name else nothing)
    console = tables()
    for one, changed in found:
        console.print(
            Text(f"{day(one.first_seen.date())}  {one.version}  {one.name}: {_summary(one, changed)}"), soft_wrap=True
        )
    return True


def _entries(versions: dict[str, list[RuleVersion]]) -> Iterator[Entry]:
    for known in versions.values():
        for one, before in zip_longest(known, known[1:]):
            yield one, None if before is None else changes(before.definition, one.definition)


def _summary(one: RuleVersion, changed: tuple[Change, ...] | None) -> str:
    if changed is None:
        mode = "" if one.definition.get("mode") == "live" else f", in {one.definition.get('mode')} mode"
        return f"first judged{mode}: when {one.definition.get('when')}"
    return "; ".join(map(str, changed)) or "only how Headroom keeps it"


def _data(one: RuleVersion, changed: tuple[Change, ...] | None) -> dict[str, Any]:
    return {
        "rule": one.name,
        "version": one.version,
        "first_seen": one.first_seen.isoformat(),
        "changes": None if changed is None else changes_data(changed),
        "definition": dict(one.definition),
    }
