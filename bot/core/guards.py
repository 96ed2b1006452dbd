"""The guards: what keeps a finding from being said, and which of them comes first. Pure.

1. A source that is in doubt holds what rests on it (`guarding.doubts`).
2. More accounts that begin to fall at once than can be true hold each other (`guarding.falls`).
3. A churn risk inhibits upsell on the same line (`guarding.lines`): risks are judged first.

Rules about sources and about the fleet are what tells of the guards: nothing holds them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.core.guarding.rules import UPSELL, changes
from bot.core.verdicts import Scope

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from bot.core.guarding.doubts import Doubts
    from bot.core.guarding.lines import Risks
    from bot.core.guarding.surge import Surge
    from bot.core.verdicts import Hold, Rule

Key = tuple[str, str]
"""Rule and subject."""


def holds(
    keys: Iterable[Key],
    rules: Mapping[str, Rule],
    doubts: Doubts,
    surge: Surge | None = None,
    risks: Risks | None = None,
) -> dict[Key, Hold]:
    """Say which of the findings are held tonight, and by what: the first guard that has something against them.

    `surge`: the accounts that begin to fall, where they are too many; `risks`: the open churn risks.
    """
    found = ((key, _hold(rules[key[0]], key[1], doubts, surge, risks)) for key in keys)
    return {key: hold for key, hold in found if hold is not None}


def _hold(rule: Rule, subject: str, doubts: Doubts, surge: Surge | None, risks: Risks | None) -> Hold | None:
    if rule.scope is not Scope.ACCOUNT:
        return None
    held = doubts.hold(rule, subject)
    if held is None and surge is not None and changes(rule):
        held = surge.hold(rule, subject)
    if held is None and risks is not None and rule.kind == UPSELL:
        held = risks.hold(rule, subject)
    return held
