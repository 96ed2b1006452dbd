"""News as it is first written, with what decides whether it is said by itself or in a digest."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from bot.core.addressing import NOBODY, PERSON, Roles
from bot.core.attention import Alert
from bot.core.routing import ROLES, Facts
from bot.core.verdicts import Scope
from bot.state.keys import notice_id

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bot.core.episodes import Episode
    from bot.core.verdicts import Finding, Rule
    from bot.messages.message import Message
    from bot.state.rows import AccountView, Notice, Person

_UNCOUNTED: Final = "operations"
"""Kind of what is said whatever was said before: it is about Headroom itself."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A notice of news, and what it rests on."""

    notice: Notice
    episode: Episode
    finding: Finding
    view: AccountView | None
    """None for what is about no account."""
    thread: tuple[Notice, ...] = ()
    """What did not fit into one message: it follows in its thread, or is left out with it."""

    @property
    def notices(self) -> tuple[Notice, ...]:
        """The notice and its thread."""
        return (self.notice, *self.thread)

    def counts(self, people: Mapping[str, Person]) -> bool:
        """Tell whether it takes up somebody's attention.

        Not what is about Headroom itself or goes to a channel, and not what is for nobody who is there: those who
        stand in are told by themselves.
        """
        person = people.get(self.person_id)
        return self.notice.kind != _UNCOUNTED and self.notice.destination != NOBODY and bool(person and person.active)

    @property
    def person_id(self) -> str:
        """Whom it is for; empty for a channel."""
        destination = self.notice.destination
        return destination.removeprefix(PERSON) if destination.startswith(PERSON) else ""

    def alert(self) -> Alert:
        """Return what its rank is computed from."""
        return Alert(
            self.notice.notice_id,
            self.notice.destination,
            self.episode.severity,
            self.episode.at_stake,
            self._days_left(),
        )

    def _days_left(self) -> float | None:
        if self.finding.countdown is not None:
            return self.finding.countdown
        left = self.view.metrics.get("days_to_deadline") if self.view is not None else None
        return float(left) if isinstance(left, int | float) else None


def facts_of(rule: Rule, episode: Episode, view: AccountView | None) -> Facts:
    """Return what routes may ask for."""
    metrics = view.metrics if view is not None else {}
    words = {name: value if isinstance(value := metrics.get(name), str) else None for name in ("segment", "region")}
    arr = metrics.get("arr")
    return Facts(
        rule.kind, episode.severity, rule.name, **words, arr=float(arr) if isinstance(arr, int | float) else None
    )


def roles_of(view: AccountView | None, people: Mapping[str, Person]) -> Roles:
    """Return who is who for an account."""
    if view is None:
        return Roles()
    owner = people.get(view.owner_id) if view.owner_id else None
    manager = owner.manager_id if owner is not None and owner.manager_id != view.owner_id else None
    return Roles(view.owner_id, view.csm_id, manager, view.slack_channel)


def without_roles(destinations: Sequence[str], rule: Rule) -> tuple[str, ...]:
    """Return what a rule's destinations are after routing: what is about no account has no owner to tell."""
    if rule.scope is Scope.ACCOUNT:
        return tuple(destinations)
    return tuple(one for one in destinations if one not in ROLES) or rule.to


def thread_of(notice: Notice, messages: Sequence[Message]) -> tuple[Notice, ...]:
    """Return the answers in a notice's thread that say what did not fit into it.

    They are about the thread and not about the episode: what becomes of that is said in its message alone.
    """
    about = f"thread:{notice.episode_id}"
    return tuple(
        replace(
            notice,
            notice_id=notice_id(about, transition, notice.destination, notice.act),
            episode_id=about,
            transition=transition,
            message=message,
            broadcast=False,
        )
        for number, message in enumerate(messages, 1)
        for transition in [f"{notice.transition}-thread-{number}"]
    )
