"""Rules and what judging them says: the values that pass between judging, episodes, messages and the state store."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from datetime import date, timedelta

Value = bool | int | float | str | None
"""A metric's value; None is unknown."""


def figure(value: Value | date) -> float | None:
    """Return a value as a figure; None for what is unknown, or no figure: text, yes and no, a date."""
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


SEVERITIES: Final = ("low", "medium", "high", "critical")
"""From the least to the most severe."""


class Scope(StrEnum):
    """What a rule is about: one row of the metrics table each."""

    ACCOUNT = "account"
    SOURCE = "source"
    FLEET = "fleet"
    """All accounts together: one row."""


class Mode(StrEnum):
    """Whether a rule speaks."""

    LIVE = "live"
    SHADOW = "shadow"
    """Recorded, not sent."""


class Truth(StrEnum):
    """SQL's three values. Unknown neither fires nor resolves."""

    TRUE = "true"
    FALSE = "false"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of `config/rules.yaml`, checked and ready to be judged.

    `when`, `clear`, `severity` and `at_stake` are SQL expressions in DuckDB's dialect, regenerated from the
    checked tree: nothing of the user's text reaches the engine as it was typed.
    """

    name: str
    kind: str  # churn_risk | upsell | renewal | operations
    scope: Scope
    when: str
    clear: str  # NOT (when), unless the rule says otherwise
    hold: timedelta  # `for`: how long `when` must hold before the rule fires
    repeat: timedelta | None  # say it again after so long while it still holds; None: once
    countdown: str | None  # a metric counted in days to a date ...
    steps: tuple[int, ...]  # ... and the values at which the rule speaks, highest first: 120, 90, 60, 30, 7
    severity: str  # yields one of SEVERITIES; unknown is medium
    at_stake: str | None
    to: tuple[str, ...]  # owner, csm, manager, account_channel or #channel
    template: str
    mode: Mode
    version: str  # short hash of everything else here: the audit tells which version spoke
    escalate: timedelta | None = None  # to the owner's manager after so much working time in which nobody claimed it


@dataclass(frozen=True, slots=True)
class Evidence:
    """One comparison of a rule's condition with the values it saw: `licence_utilization < 0.5`, seen 0.41."""

    text: str
    """The comparison as SQL."""
    truth: Truth
    values: tuple[tuple[str, Value], ...]
    """Each metric in it and its value."""
    before: tuple[tuple[str, Value], ...] = ()
    """Each metric in it and the value that it had on the day `before_on`, where that is known."""
    before_on: date | None = None


class HoldBy(StrEnum):
    """What keeps a finding from being said."""

    SOURCE = "source"
    """Data that it rests on is stale or incomplete."""
    FLEET = "fleet"
    """More accounts than can be true fell at once."""
    INHIBITED = "inhibited"
    """Something that matters more is open on the same line."""


@dataclass(frozen=True, slots=True)
class Hold:
    """Why a finding is not to be said now."""

    by: HoldBy
    detail: str
    """In words: "salesforce is stale: complete to 3 May"."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What one rule says of one subject on one day."""

    rule: str
    subject: str
    as_of: date
    holds: Truth
    clears: Truth
    severity: str
    at_stake: float | None
    countdown: int | None
    """Days left, for rules with steps."""
    evidence: tuple[Evidence, ...]
