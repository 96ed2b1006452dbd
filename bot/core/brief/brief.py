"""A renewal brief as values: everything that is known of an account's renewal, before anybody words it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Final, Protocol

from bot.core.brief.cadence import steps
from bot.core.brief.dates import contradictions
from bot.core.brief.discount import weigh
from bot.core.brief.risks import UPSELL, of_episodes, of_figures
from bot.core.brief.sizing import size_lines
from bot.core.scoring.health import explain
from bot.core.scoring.model import RED
from bot.core.verdicts import figure

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bot.core.brief.cadence import Step
    from bot.core.brief.dates import Contradiction
    from bot.core.brief.discount import Weighed
    from bot.core.brief.policy import PrepPolicy
    from bot.core.brief.quantity import Sizing
    from bot.core.brief.risks import Risk
    from bot.core.brief.terms import Line
    from bot.core.courses import Course
    from bot.core.episode import Episode
    from bot.core.scoring.health import FactorScore
    from bot.core.scoring.model import HealthModel
    from bot.core.verdicts import Rule, Value

_PERCENT: Final = 100.0


class Account(Protocol):
    """An account as the state store keeps it."""

    @property
    def account_id(self) -> str:
        """Return its id in the CRM."""

    @property
    def name(self) -> str:
        """Return its name in the CRM."""

    @property
    def url(self) -> str | None:
        """Return its record in the CRM."""

    @property
    def as_of(self) -> date:
        """Return the day that all of it is true of."""

    @property
    def metrics(self) -> Mapping[str, Value | date]:
        """Return its metrics by name; None is unknown."""

    @property
    def lines(self) -> Sequence[Line]:
        """Return its contract lines in force."""

    @property
    def opportunity(self) -> Mapping[str, Value | date]:
        """Return the open renewal opportunity: stage, forecast, amount, currency, close, url."""

    @property
    def before(self) -> Mapping[str, Value | date]:
        """Return metrics as they were on `before_on`."""

    @property
    def before_on(self) -> date | None:
        """Return the day of `before`."""


@dataclass(frozen=True, slots=True)
class Basis:
    """How briefs are made, for all accounts alike."""

    policy: PrepPolicy
    model: HealthModel
    rules: Mapping[str, Rule]


@dataclass(frozen=True, slots=True)
class Brief:
    """One account's renewal."""

    account: Account
    owner: str | None
    csm: str | None
    deadline: date | None
    """The earlier of the last day to give notice and the end; None: unknown."""
    factors: tuple[FactorScore, ...]
    risks: tuple[Risk, ...]
    openings: tuple[Risk, ...]
    """Alerts that speak for an expansion."""
    sizes: tuple[Sizing, ...]
    weighed: tuple[Weighed, ...]
    """The whole account first, then the lines whose discount is known."""
    steps: tuple[Step, ...]
    contradictions: tuple[Contradiction, ...]

    @property
    def m(self) -> Mapping[str, Value | date]:
        """Return the account's metrics."""
        return self.account.metrics

    @property
    def as_of(self) -> date:
        """Return the day that all of it is true of."""
        return self.account.as_of

    @property
    def days_left(self) -> int | None:
        """Return the days to the deadline."""
        return None if self.deadline is None else (self.deadline - self.as_of).days


def make_brief(
    account: Account,
    names: tuple[str | None, str | None],
    episodes: Sequence[Episode],
    courses: Mapping[str, Course],
    basis: Basis,
) -> Brief:
    """Put together what is known of an account's renewal.

    `names`: owner and CSM. `courses`: daily use by line_id; of lines that it lacks no quantity is proposed.
    """
    m, policy = account.metrics, basis.policy
    alerts = tuple(of_episodes(episodes, basis.rules, m, policy))
    risks = [one for one in alerts if one.kind != UPSELL]
    deadline = m.get("deadline")
    known = deadline if isinstance(deadline, date) else None
    red = m.get("health_band") == RED
    return Brief(
        account=account,
        owner=names[0],
        csm=names[1],
        deadline=known,
        factors=explain(m, basis.model),
        risks=(*risks, *of_figures(m, [one.name for one in risks], policy)),
        openings=tuple(one for one in alerts if one.kind == UPSELL),
        sizes=size_lines(account.lines, courses, account.as_of, policy),
        weighed=_weighed(account, policy),
        steps=() if known is None else steps(known, account.as_of, red=red, policy=policy),
        contradictions=contradictions(account.lines, account.opportunity),
    )


def _weighed(account: Account, policy: PrepPolicy) -> tuple[Weighed, ...]:
    m = account.metrics
    whole = weigh("", figure(m.get("discount")), _utilization(m), policy)
    of_lines = (
        weigh(line.product, figure(line.metrics.get("discount")), line.utilization, policy) for line in account.lines
    )
    return (whole, *(one for one in of_lines if one.discount is not None))


def _utilization(m: Mapping[str, Value | date]) -> float | None:
    """Return how much of all that is paid for is used: CUS as a share; where that is unknown, of the licences."""
    cus = figure(m.get("cus"))
    return figure(m.get("licence_utilization")) if cus is None else cus / _PERCENT
