"""Why, asked of the state store: gathers what is known of an account or a source, and words the answer."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bot.core.addressing import PERSON
from bot.core.episode import Phase, Reason
from bot.core.guarding.policy import FLEET
from bot.core.verdicts import Scope
from bot.core.why.asking import why
from bot.core.why.case import Case, How, Stood, Told
from bot.house import NIGHT
from bot.messages import words
from bot.messages.speech import ENGLISH
from bot.messages.why.card import Asked, misfit, rule_card, why_card
from bot.state.rows import Act, Status

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import date, datetime

    from bot.core.episode import Episode
    from bot.core.verdicts import Rule
    from bot.core.why.case import Answer
    from bot.messages.message import Message
    from bot.messages.speech import Speech
    from bot.state.rows import AccountView, Audit, Delivery, Run
    from bot.state.store import Store

_LINES_MOST: Final = 500
"""Lines of a subject's audit that are looked through."""
_DIGESTED: Final = "digested"
_WAYS: Final = {
    Status.SENT: How.SENT,
    Status.PENDING: How.WAITING,
    Status.SENDING: How.WAITING,
    Status.UNCERTAIN: How.UNCERTAIN,
    Status.FAILED: How.FAILED,
}


@dataclass(frozen=True, slots=True)
class Reply:
    """Why, answered."""

    asked: Asked
    subject: str
    answers: tuple[Answer, ...]
    only: Rule | None
    """The rule that was asked for."""

    def message(self, speech: Speech = ENGLISH) -> Message:
        """Word it for whoever asks."""
        asked = replace(self.asked, speech=speech)
        if self.only is None:
            return why_card(self.answers, asked)
        return rule_card(self.answers[0], asked) if self.answers else misfit(self.only, asked)


@dataclass(frozen=True, slots=True)
class Inquiry:
    """Answers why from the state store alone."""

    store: Store
    rules: Sequence[Rule]
    command: str
    """What people type: `/headroom`, `headroom`."""

    def account(self, view: AccountView, only: str | None) -> Reply:
        """Answer for an account: every rule about accounts, or the one of this name."""
        before = (view.before_on, view.before) if view.before_on is not None else None
        case = self._case((view.account_id, Scope.ACCOUNT), view.as_of, view.metrics, only, before)
        return self._reply(case, view.name, only, view.metrics.get("currency"))

    def source(self, name: str, only: str | None) -> Reply | None:
        """Answer for a source as it was read last, or for the fleet; None where no night has seen one of this name."""
        run = next(iter(self.store.runs(NIGHT, limit=1)), None)
        if run is None:
            return None
        scope, metrics = _of_night(run, name)
        if not metrics:
            return None
        return self._reply(self._case((name, scope), run.as_of, metrics, only), name, only, None)

    def _reply(self, case: Case, name: str, only: str | None, currency: object) -> Reply:
        asked = Asked(
            name=name,
            as_of=case.as_of,
            before_on=case.before[0] if case.before else None,
            currency=currency if isinstance(currency, str) else None,
            command=f"{self.command} why {name}",
        )
        rule = next((rule for rule in self.rules if rule.name == only), None)
        return Reply(asked, case.subject, why(case, self.rules, only), rule)

    def _case(
        self,
        subject: tuple[str, Scope],
        as_of: date,
        row: Mapping[str, Any],
        only: str | None,
        before: tuple[date, Mapping[str, Any]] | None = None,
    ) -> Case:
        name, scope = subject
        episodes = [one for one in self.store.episodes_of(name) if only in {None, one.rule}]
        told = _Telling(self.store, self.store.audit(name, _LINES_MOST), self.store.now())
        return Case(
            subject=name,
            scope=scope,
            as_of=as_of,
            row=row,
            before=before,
            episodes=tuple(episodes),
            stood={one.rule: Stood(_reason(one.reason), one.detail) for one in self.store.standings(name)},
            told={one.episode_id: tuple(told.of(one)) for one in _spoken_of(episodes)},
        )


def _of_night(run: Run, name: str) -> tuple[Scope, Mapping[str, Any]]:
    """Return the metrics that a night kept of a source, or of all accounts together."""
    found = run.summary.get("sources")
    sources: list[Any] = found if isinstance(found, list) else []
    named = next((one for one in sources if one.get("name") == name), None)
    if named is not None:
        return Scope.SOURCE, named.get("metrics") or {}
    fleet = run.summary.get("fleet")
    return Scope.FLEET, fleet if name == FLEET and isinstance(fleet, dict) else {}


def _reason(name: str) -> Reason | None:
    return Reason[name] if name in Reason.__members__ else None


def _spoken_of(episodes: Iterable[Episode]) -> list[Episode]:
    """Return the episodes that an answer is about: of each rule the open one, else the last that fired."""
    chosen: dict[str, Episode] = {}
    for episode in episodes:  # newest first
        kept = chosen.get(episode.rule)
        if episode.fired_at is not None and (kept is None or episode.phase is not Phase.RESOLVED):
            chosen[episode.rule] = episode
    return list(chosen.values())


@dataclass(frozen=True, slots=True)
class _Telling:
    """What was said of the episodes of one subject."""

    store: Store
    audit: Sequence[Audit]
    now: datetime
    names: dict[str, tuple[str, str | None]] = field(default_factory=dict)
    """Of destinations that were looked up: name and time zone."""

    def of(self, episode: Episode) -> list[Told]:
        """Return the messages of an episode, oldest first."""
        lines = [line for line in self.audit if line.detail.get("episode") == episode.episode_id]
        versions = {line.verb: str(line.detail.get("version")) for line in lines if line.detail.get("version")}
        found = [*self._sent(episode, versions), *self._digested(lines)]
        return sorted(found, key=lambda one: one.at)

    def _sent(self, episode: Episode, versions: Mapping[str, str]) -> Iterator[Told]:
        deliveries = self.store.deliveries(episode_id=episode.episode_id)
        by_id = {item.notice.notice_id: item for item in deliveries}
        spoken = {item.spoken_by for item in deliveries}
        for item in deliveries:
            notice = item.notice
            # What stands in another's place is told with the one that it stands for.
            if notice.act is not Act.POST or (item.meant_for and notice.notice_id in spoken):
                continue
            how, detail = self._way(item, by_id)
            version = versions.get(notice.transition)
            yield Told(
                notice.transition,
                self._name(notice.destination)[0],
                how,
                item.sent_at or notice.created_at,
                detail,
                version,
            )

    def _digested(self, lines: Iterable[Audit]) -> Iterator[Told]:
        for line in lines:
            if line.verb == _DIGESTED:
                detail = line.detail
                to, _ = self._name(str(detail.get("destination")))
                transition, version = str(detail.get("transition") or "fired"), str(detail.get("version"))
                yield Told(transition, to, How.DIGESTED, line.at, str(detail.get("reason") or ""), version)

    def _way(self, item: Delivery, by_id: Mapping[str, Delivery]) -> tuple[How, str]:
        notice, instead = item.notice, by_id.get(item.spoken_by or "")
        while instead is not None and (further := by_id.get(instead.spoken_by or "")) is not None:
            instead = further
        if instead is not None:
            arrived = "" if instead.status is Status.SENT else f" ({instead.status})"
            return How.ELSEWHERE, f"{self._name(instead.notice.destination)[0]}{arrived}"
        if item.status is Status.PENDING and not item.attempts and notice.not_before and notice.not_before > self.now:
            return How.DEFERRED, f"until {self._moment(notice.not_before, notice.destination)}"
        way = _WAYS.get(item.status, How.FAILED)
        return way, item.error or "" if way in {How.FAILED, How.UNCERTAIN} else ""

    def _name(self, destination: str) -> tuple[str, str | None]:
        """Return how people call a destination, and its time zone where it has one."""
        if not destination.startswith(PERSON):
            return destination, None
        if destination not in self.names:
            person = self.store.person(destination.removeprefix(PERSON))
            self.names[destination] = (person.name, person.timezone) if person else ("nobody", None)
        return self.names[destination]

    def _moment(self, moment: datetime, destination: str) -> str:
        """Write a moment by the clock of whom it is for."""
        try:
            zone = ZoneInfo(self._name(destination)[1] or "UTC")
        except (ZoneInfoNotFoundError, ValueError):  # the CRM's people may write anything there
            zone = ZoneInfo("UTC")
        local = moment.astimezone(zone)
        return f"{words.day(local)}, {local:%H:%M} {zone.key}"
