"""The attention budget: so many alerts a person and day at most, those that matter most; the rest in one digest. Pure.

What is decided:
- Alerts are ranked by at stake x urgency. Urgency is the severity's weight (each level twice the one below) x the
  nearness of the deadline: twice as urgent on the last day, half as much again a month before it, and falling from
  there; without a deadline, once.
- Unknown at stake counts as the median of what is known among the same person's alerts, as one where nothing is.
- What is critical always passes, and takes up room like the others. Operations and what channels get do not count:
  they are not handed in here.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING, Final

from bot.core.verdicts import SEVERITIES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

_NEAR: Final = 30
"""Days before a deadline at which an alert is half as urgent again."""


@dataclass(frozen=True, slots=True)
class Alert:
    """Something that a person would be told."""

    key: str
    """Names it; unique."""
    person: str
    """Whom it is for."""
    severity: str
    at_stake: float | None = None
    days_left: float | None = None
    """Until the account's deadline."""

    @property
    def always(self) -> bool:
        """Whether it passes whatever was said before."""
        return self.severity == SEVERITIES[-1]


@dataclass(frozen=True, slots=True)
class Spread:
    """What is said by itself, and what goes into digests."""

    alone: frozenset[str]
    """Keys."""
    digests: Mapping[str, tuple[Alert, ...]]
    """By person, what matters most first; only those who have any."""


def spread(alerts: Iterable[Alert], spoken: Mapping[str, int], per_day: int) -> Spread:
    """Decide which alerts are said by themselves.

    `spoken`: how many alerts each person was told today already. Each alert is in one of the two places.
    """
    by_person: dict[str, list[Alert]] = defaultdict(list)
    for alert in alerts:
        by_person[alert.person].append(alert)
    alone: set[str] = set()
    digests: dict[str, tuple[Alert, ...]] = {}
    for person, some in by_person.items():
        always = [alert for alert in some if alert.always]
        others = ranked([alert for alert in some if not alert.always], among=some)
        room = max(per_day - spoken.get(person, 0) - len(always), 0)
        alone |= {alert.key for alert in (*always, *others[:room])}
        if others[room:]:
            digests[person] = others[room:]
    return Spread(frozenset(alone), digests)


def ranked(alerts: Sequence[Alert], among: Sequence[Alert]) -> tuple[Alert, ...]:
    """Return alerts, what matters most first; `among` are those whose median stands for what is unknown."""
    usual = median([alert.at_stake for alert in among if alert.at_stake is not None] or [1.0])
    return tuple(sorted(alerts, key=lambda alert: (-_weight(alert, usual), -_level(alert), alert.key)))


def _weight(alert: Alert, usual: float) -> float:
    stake = usual if alert.at_stake is None else alert.at_stake
    return stake * 2.0 ** _level(alert) * _nearness(alert.days_left)


def _nearness(days_left: float | None) -> float:
    return 1.0 if days_left is None else 1 + _NEAR / (_NEAR + max(days_left, 0))


def _level(alert: Alert) -> int:
    return SEVERITIES.index(alert.severity)
