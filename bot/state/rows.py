"""What goes into and comes out of the state store: frozen values, no rows of a driver."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime

    from bot.core.episodes import Episode
    from bot.core.verdicts import Value
    from bot.messages.message import Message


class Status(StrEnum):
    """Where a notice stands on its way to Slack."""

    PENDING = "pending"
    SENDING = "sending"
    """Intent is committed, the request may be under way; leased."""
    SENT = "sent"
    FAILED = "failed"
    """Refused for good; said so to operations where there was no fallback."""
    UNCERTAIN = "uncertain"
    """Nobody knows whether it arrived: to be looked up in the channel's history, never repeated blindly."""
    SUPERSEDED = "superseded"
    """An update that a newer one of the same message made needless."""


class Act(StrEnum):
    """What a notice asks for."""

    POST = "post"
    UPDATE = "update"
    """Replace the episode's message at this destination in place."""


@dataclass(frozen=True, slots=True)
class Notice:
    """One message about an episode to one destination."""

    notice_id: str
    """Opaque; travels in the message's metadata."""
    episode_id: str
    """Or what else it is about: `digest:<destination>:<day>`."""
    transition: str
    destination: str
    """`person:<person_id>` or `#channel`; resolved when it is sent."""
    act: Act
    kind: str
    subject: str
    message: Message
    created_at: datetime
    post_id: str | None = None
    """For an update: the notice whose message it replaces. None: the newest post of the episode at the destination."""
    not_before: datetime | None = None
    """Deferred by the addressee's quiet hours; None: at once."""
    chain: tuple[str, ...] = ()
    """Destinations to turn to, in order, where the addressee cannot be reached. The fallback channel comes last."""
    broadcast: bool = False
    """An answer in a thread that everybody in the channel is to see."""


@dataclass(frozen=True, slots=True)
class Claimed:
    """A notice in the hands of one sender: valid until the lease ends, under this fencing number."""

    notice: Notice
    fence: int
    attempts: int
    channel: str | None
    """Where an earlier attempt of this notice, or the message to be updated, stands."""
    ts: str | None
    first_tried_at: datetime | None = None
    """When the first attempt began that may have reached the far end: nothing older need be searched for it."""
    meant_for: str | None = None
    """The destination that could not be reached and in whose place the message stands."""
    thread_ts: str | None = None
    """The thread that it stands in; None: in the channel itself."""
    thread_channel: str | None = None
    """The channel in which that thread is: a destination may lead to another one by now."""
    again: bool = False
    """Whether an earlier attempt had an unclear end and was not to be found."""


@dataclass(frozen=True, slots=True)
class Sent:
    """Where a message stands now."""

    channel: str
    ts: str


@dataclass(frozen=True, slots=True)
class LineView:
    """One contract line of an account, as people ask for it."""

    product: str
    kind: str | None
    contracted: float
    used: float | None
    utilization: float | None
    pace: float | None
    unit: str
    start: date
    end: date
    metrics: Mapping[str, Value | date] = field(default_factory=dict)
    """What else is known of the line, by name of `bot.core.metrics.LINE_METRICS`; what is not in it is unknown."""


@dataclass(frozen=True, slots=True)
class AccountView:
    """The latest snapshot of one account: all that a slash command answers from."""

    account_id: str
    name: str
    domain: str | None
    url: str | None
    owner_id: str | None
    csm_id: str | None
    as_of: date
    metrics: Mapping[str, Value | date]
    lines: tuple[LineView, ...]
    external_id: str | None = None
    """What the product calls this customer."""
    slack_channel: str | None = None
    """The account's own channel, as the CRM has it: `#name`, or an id."""
    before: Mapping[str, Value | date] = field(default_factory=dict)
    """Metrics that the rules name, as they were on the day `before_on`."""
    before_on: date | None = None
    opportunity: Mapping[str, Value | date] = field(default_factory=dict)
    """The open renewal opportunity of the CRM: stage, forecast, amount, currency, close, url; empty: none is known."""


@dataclass(frozen=True, slots=True)
class Person:
    """A CRM user, and who that is in Slack."""

    person_id: str
    name: str
    email: str | None
    manager_id: str | None
    active: bool
    timezone: str | None


@dataclass(frozen=True, slots=True)
class SourceState:
    """How the last reading of a source went."""

    name: str
    read_at: datetime | None
    complete_to: date | None
    error: str | None
    rows_total: int | None
    rows_rejected: int | None


@dataclass(frozen=True, slots=True)
class Audit:
    """One line of the append-only audit."""

    at: datetime
    actor: str
    """`headroom`, or a Slack user id."""
    verb: str
    subject: str
    detail: Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Standing:
    """How a rule stands with a subject after a night: what became of it, and why."""

    rule: str
    subject: str
    as_of: date
    said: bool
    reason: str
    """Name of a `bot.core.episodes.Reason`."""
    detail: str


@dataclass(frozen=True, slots=True)
class RuleVersion:
    """One version of a rule: what its text said."""

    version: str
    name: str
    definition: Mapping[str, Value]
    """The rule's fields by name, as text."""
    first_seen: datetime


@dataclass(frozen=True, slots=True)
class Judgement:
    """Everything that one night decided: stored in one transaction or not at all."""

    as_of: date
    at: datetime
    accounts: tuple[AccountView, ...]
    people: tuple[Person, ...]
    sources: tuple[SourceState, ...]
    episodes: tuple[Episode, ...]
    """Those that changed."""
    notices: tuple[Notice, ...]
    audit: tuple[Audit, ...]
    standings: tuple[Standing, ...] = ()
    """How every rule stands with every subject that it has something to say of: these replace those of last night."""
    rules: tuple[RuleVersion, ...] = ()
    """The rules that were judged."""
    moved: Mapping[str, str] = field(default_factory=dict)
    """Accounts that live on in others, and in which: what was said of them is theirs from now on."""
    heirs: Mapping[str, str] = field(default_factory=dict)
    """Every account that lives on in another one, and in which, whether anything was said of it or not."""


@dataclass(frozen=True, slots=True)
class Committed:
    """What storing a judgement changed."""

    gone: int
    """Accounts that are no longer delivered and were taken out of the snapshot."""
    notices: tuple[Notice, ...]
    """Those that are new in the outbox; the others had been enqueued before, under the same key."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """A notice and how far it came."""

    notice: Notice
    status: Status
    attempts: int
    sent: Sent | None
    sent_at: datetime | None
    error: str | None
    meant_for: str | None
    """The destination that could not be reached and in whose place this one stands."""
    spoken_by: str | None = None
    """Id of the notice that says the same elsewhere, where this one was refused for good."""


@dataclass(frozen=True, slots=True)
class Backlog:
    """Notices that are not delivered yet."""

    waiting: int
    """Pending, or in the hands of a sender."""
    uncertain: int
    deferred: int = 0
    """Pending, and not to be sent before a moment that lies far ahead: somebody's quiet hours."""


@dataclass(frozen=True, slots=True)
class Outlook:
    """What is left to do in the outbox."""

    wait: float | None
    """Seconds before which nothing can be sent or looked for; zero or less: something is due, or waits for another
    notice. None: nothing is left."""
    looking: bool
    """Whether a notice of unknown fate is to be looked for now."""
    sweeping: bool
    """Whether a delivered one is to be looked for once more now."""


@dataclass(frozen=True, slots=True)
class SlackIdentity:
    """Who a person is in Slack, as last looked up. No user id: nobody there has the person's address."""

    user_id: str | None
    channel: str | None
    """The direct message channel."""
    checked_at: datetime


@dataclass(frozen=True, slots=True)
class Tick:
    """One due moment of a job, and what became of it."""

    job: str
    scheduled_for: datetime
    worker: str
    finished_at: datetime | None
    outcome: str | None


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a job: what `headroom status` shows."""

    job: str
    as_of: date
    started: datetime
    finished: datetime
    ok: bool
    summary: Mapping[str, object]
    """Plain JSON values."""
