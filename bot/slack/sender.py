"""Delivery: takes notices from the outbox, one after the other, and says each once.

Intent is committed before anything leaves. What certainly did not arrive is sent again or goes to the fallback
channel; what may have arrived is looked for in the channel's history and only sent again when it is not there.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Final

import structlog

from bot.errors import DeliveryError, UnclearError
from bot.slack.calls import CONTENT, RefusedError, SlackAuthError, UnknownAnswerError
from bot.slack.fallbacks import in_short, is_short, stand_in, with_note
from bot.slack.transport import SlackTransport, Transport
from bot.state.rows import Act, Sent, Status

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.state.rows import Claimed
    from bot.state.store import Store

__all__ = ["DrainResult", "Policy", "Sender", "SlackTransport", "Transport"]

_log = structlog.get_logger(__name__)

_POLL: Final = 0.1
_LONGEST_PAUSE: Final = 300.0
_READ_AGAIN: Final = 30.0
_CLOCKS_DIFFER: Final = timedelta(hours=2)
_HOPELESS_AFTER: Final = 3


@dataclass(frozen=True, slots=True)
class Policy:
    """How patiently notices are delivered."""

    fallback: str | None = None
    """Channel of what cannot be delivered where it belongs."""
    lease: timedelta = timedelta(minutes=2)
    """How long a notice is its sender's; several times what one request may take."""
    settle: timedelta = timedelta(seconds=20)
    """How long Slack may take to show in a channel's history what it answered unclearly."""
    reads: int = 3
    """In so many readings of the history a message must be absent before it is sent again ..."""
    spacing: timedelta = timedelta(seconds=10)
    """... so far apart."""
    pace: timedelta = timedelta(seconds=1)
    """Between two messages in one channel."""
    patience: timedelta = timedelta(minutes=2)
    """How long `drain` waits without getting on before it leaves the rest for the next time."""


@dataclass(frozen=True, slots=True)
class DrainResult:
    """What one `drain` did, and what it left."""

    sent: int
    """Messages posted, updated, or found to have arrived after all."""
    failed: int
    """Refused for good; where there is a fallback channel, said there instead."""
    uncertain: int
    """Left, with nobody knowing whether they arrived."""
    waiting: int
    """Left, not delivered yet."""


@dataclass(slots=True)
class _Tally:
    sent: int = 0
    failed: int = 0


@dataclass(slots=True)
class _Pace:
    """Keeps messages to one channel apart, whatever destinations led there."""

    clock: Callable[[], float]
    last: dict[str, float] = field(default_factory=dict)

    def wait(self, channel: str, pace: float) -> float:
        return max(self.last.get(channel, float("-inf")) + pace - self.clock(), 0.0)

    def went(self, channel: str) -> None:
        self.last[channel] = self.clock()


class Sender:
    """Delivers the outbox of a store through a transport. Several may work on one store."""

    def __init__(
        self,
        store: Store,
        transport: Transport,
        policy: Policy | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], object] | None = None,
    ) -> None:
        """`clock` and `sleep` are for tests, which have no time to lose."""
        self._store = store
        self._transport = transport
        self._policy = policy or Policy()
        self._clock = clock
        self._stopping = threading.Event()
        self._sleep = sleep or self._stopping.wait
        self._pace = _Pace(clock)
        self._tally = _Tally()

    def stop(self) -> None:
        """Let a `drain` in another thread finish the message that it is at, and return."""
        self._stopping.set()

    def drain(self, *, until_empty: bool = True, tell: Callable[[int], object] = lambda _: None) -> DrainResult:
        """Deliver what is due; with `until_empty` also wait, within patience, for what is not due yet.

        `tell` hears, after each notice, how many were sent so far.
        Raises SlackAuthError when Slack does not accept the app: everything stays in the outbox.
        """
        self._tally = _Tally()
        idle_since = self._clock()
        while not self._stopping.is_set():
            if self._deliver_next() or self._look_for_next():
                idle_since = self._clock()
                tell(self._tally.sent)
                continue
            pause = self._pause(idle_since) if until_empty else None
            if pause is None:
                break
            self._sleep(pause)
        left = self._store.backlog()
        return DrainResult(self._tally.sent, self._tally.failed, left.uncertain, left.waiting)

    def _pause(self, idle_since: float) -> float | None:
        due = self._store.next_due(self._policy.pace)
        if due is None:
            return None
        left = self._policy.patience.total_seconds() - (self._clock() - idle_since)
        wait = max((due - self._store.now()).total_seconds(), _POLL)
        return wait if wait <= left else None

    # sending

    def _deliver_next(self) -> bool:
        claimed = self._store.claim_notice(self._policy.lease, pace=self._policy.pace)
        if claimed is None:
            return False
        # Half of the lease is for the request itself: what starts later might still be under way when it ends.
        deadline = self._clock() + self._policy.lease.total_seconds() / 2
        try:
            channel = claimed.channel if _is_update(claimed) else None
            channel = channel or self._transport.resolve(claimed.notice.destination)
        except DeliveryError as error:
            self._not_delivered(claimed, error)
            return True
        self._sleep_for(self._pace.wait(channel, self._policy.pace.total_seconds()))
        if self._clock() > deadline:
            self._store.mark_retry(claimed, self._store.now(), "the sender was too slow to start")
            return True
        self._send(claimed, channel)
        return True

    def _sleep_for(self, seconds: float) -> None:
        if seconds > 0:
            self._sleep(seconds)

    def _send(self, claimed: Claimed, channel: str) -> None:
        try:
            sent = self._say(claimed, channel)
        except UnclearError as error:
            self._unclear(claimed, error)
        except DeliveryError as error:
            if error.permanent:
                self._transport.forget(claimed.notice.destination)
            if error.retry_after is not None:
                self._store.hold(claimed.notice.act, self._store.now() + timedelta(seconds=error.retry_after))
            self._not_delivered(claimed, error)
        except Exception as error:  # noqa: BLE001  # whatever it was, the message may have left: it must not leave again
            _log.exception("sending failed in an unforeseen way", notice=claimed.notice.notice_id)
            self._unclear(claimed, UnclearError(f"{type(error).__name__}: {error}"))
        else:
            self._sent(claimed, sent)
        finally:
            self._pace.went(channel)

    def _say(self, claimed: Claimed, channel: str) -> Sent:
        notice = claimed.notice
        message = with_note(notice.message, claimed.meant_for, self._store.person)
        if _is_update(claimed) and claimed.ts and notice.post_id:
            return self._transport.update(Sent(channel, claimed.ts), message, notice.post_id)
        return self._transport.post(channel, message, notice.notice_id)

    def _sent(self, claimed: Claimed, sent: Sent) -> None:
        if self._store.mark_sent(claimed, sent):
            self._tally.sent += 1
        else:
            _log.warning("sent after the lease had run out: it will be found", notice=claimed.notice.notice_id)

    def _unclear(self, claimed: Claimed, error: UnclearError) -> None:
        if isinstance(error, UnknownAnswerError) and claimed.attempts >= _HOPELESS_AFTER:
            # After each of the earlier attempts the message was not there: that word is a refusal.
            self._give_up(claimed, error)
            return
        look_at = self._store.now() + self._policy.settle
        _log.warning("unclear whether a message arrived", notice=claimed.notice.notice_id, problem=error.problem)
        if _is_update(claimed):
            # An update may be repeated: it replaces the same message by the same.
            self._store.mark_retry(claimed, look_at, error.problem)
        else:
            self._store.mark_uncertain(claimed, look_at, error.problem)

    def _not_delivered(self, claimed: Claimed, error: DeliveryError) -> None:
        now = self._store.now()
        if isinstance(error, SlackAuthError):
            self._store.mark_retry(claimed, now, error.problem)
            raise error
        if not error.permanent:
            pause = _backoff(claimed.attempts) if error.retry_after is None else error.retry_after
            self._store.mark_retry(claimed, now + timedelta(seconds=pause), error.problem)
        elif _code(error) in CONTENT and not is_short(claimed.notice.message):
            _log.error("Slack refused a card", notice=claimed.notice.notice_id, problem=error.problem)
            self._store.mark_retry(claimed, now, error.problem, in_short(claimed.notice.message))
        else:
            self._give_up(claimed, error)

    def _give_up(self, claimed: Claimed, error: DeliveryError) -> None:
        fallback = None if _is_update(claimed) else self._policy.fallback
        instead = stand_in(claimed.notice, fallback, error, self._store) if fallback else None
        if self._store.mark_failed(claimed, error.problem, instead):
            self._tally.failed += 1
        tell = _log.info if instead else _log.warning
        tell(
            "undeliverable",
            destination=claimed.notice.destination,
            problem=error.problem,
            fallback=instead.destination if instead else None,
        )

    # looking for what may have arrived

    def _look_for_next(self) -> bool:
        claimed = self._store.claim_uncertain(self._policy.lease)
        if claimed is None:
            return False
        try:
            found = self._look_for(claimed)
        except SlackAuthError as error:
            self._store.postpone_uncertain(claimed, self._store.now(), error.problem)
            raise
        except DeliveryError as error:
            pause = error.retry_after or (_LONGEST_PAUSE if error.permanent else _READ_AGAIN)
            self._store.postpone_uncertain(claimed, self._store.now() + timedelta(seconds=pause), error.problem)
            _log.warning("cannot look whether a message arrived", notice=claimed.notice.notice_id, problem=str(error))
            return False
        settled = self._store.resolve_uncertain(claimed, found, self._policy.reads, self._policy.spacing)
        if settled is Status.SENT:
            self._tally.sent += 1
        return settled is not None

    def _look_for(self, claimed: Claimed) -> Sent | None:
        since = (claimed.first_tried_at or claimed.notice.created_at) - _CLOCKS_DIFFER
        try:
            channel = self._transport.resolve(claimed.notice.destination)
        except DeliveryError as error:
            if error.permanent:
                # Where nothing can be posted nothing was: sending it anew says why, and takes the fallback.
                return None
            raise
        return self._transport.find(channel, claimed.notice.notice_id, since)


def _is_update(claimed: Claimed) -> bool:
    return claimed.notice.act is Act.UPDATE


def _code(error: DeliveryError) -> str | None:
    return error.code if isinstance(error, RefusedError) else None


def _backoff(attempts: int) -> float:
    return float(min(2.0 ** (attempts - 1), _LONGEST_PAUSE))
