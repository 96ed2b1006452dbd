"""What templates are given."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from bot.core.episodes import Episode
    from bot.core.verdicts import Finding, Rule, Value
    from bot.state.rows import AccountView, LineView, Person


@dataclass(frozen=True, slots=True)
class Account:
    """An account as messages name it. The texts are the CRM's, as they were typed: they are escaped on output."""

    account_id: str
    name: str
    url: str | None
    segment: str | None
    owner_name: str | None
    csm_name: str | None

    @classmethod
    def of(cls, view: AccountView, people: Mapping[str, Person]) -> Account:
        """Make from the stored snapshot and the people of the CRM by person_id."""
        segment = view.metrics.get("segment")
        return cls(
            view.account_id,
            view.name,
            view.url,
            segment if isinstance(segment, str) else None,
            _name(view.owner_id, people),
            _name(view.csm_id, people),
        )


def _name(person_id: str | None, people: Mapping[str, Person]) -> str | None:
    person = people.get(person_id) if person_id else None
    return person.name if person else None


@dataclass(frozen=True, slots=True)
class Context:
    """Everything that an alert is written from."""

    account: Account | None
    """None for rules about sources."""
    m: Mapping[str, Value | date]
    """Metrics by name: `ACCOUNT_METRICS`, or `SOURCE_METRICS` for rules about sources. None is unknown."""
    lines: tuple[LineView, ...]
    finding: Finding
    episode: Episode
    rule: Rule
    reason: str
    """Why it speaks now, with its figures: "held for 14 days"."""
    as_of: date
    company: str
    """Whose customers these are: the user's own company."""

    @classmethod
    def of(  # noqa: PLR0913, PLR0917 - one argument for each thing that an alert is written from
        cls,
        view: AccountView,
        people: Mapping[str, Person],
        finding: Finding,
        episode: Episode,
        rule: Rule,
        reason: str,
        company: str = "",
    ) -> Context:
        """Make the context of an alert about an account from its stored snapshot."""
        account = Account.of(view, people)
        return cls(account, view.metrics, view.lines, finding, episode, rule, reason, view.as_of, company)

    @classmethod
    def of_source(
        cls,
        metrics: Mapping[str, Value | date],
        finding: Finding,
        episode: Episode,
        rule: Rule,
        reason: str,
        company: str = "",
    ) -> Context:
        """Make the context of an alert about a source from its metrics."""
        return cls(None, metrics, (), finding, episode, rule, reason, finding.as_of, company)
