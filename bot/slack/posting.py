"""Saying a notice: claimed, sent once, and marked by how that ended."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Final

import structlog

from bot.errors import DeliveryError, UnclearError
from bot.slack.calls import CONTENT, NO_THREAD, RefusedError, SlackAuthError, UnknownAnswerError
from bot.slack.fallbacks import in_short, is_short, stand_ins, with_note
from bot.slack.pacing import Pacing
from bot.slack.uploading import first_taken
from bot.state.rows import Act, Sent

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.messages.message import Message
    from bot.slack.crew import Job
    from bot.slack.policy import Policy
    from bot.slack.tally import Tally
    from bot.slack.transport import Transport
    from bot.state.rows import Claimed
    from bot.state.store import Store

_log = structlog.get_logger(__name__)

_LONGEST_PAUSE: Final = 300.0
_HOPELESS_AFTER: Final = 3


class _LateError(Exception):
    """So much of the lease is gone that a request might still be under way when it ends."""


class Posting:
    """Takes notices that are due from the outbox, and says each once."""

    def __init__(
        self,
        store: Store,
        transport: Transport,
        policy: Policy,
        clock: Callable[[], float],
        sleep: Callable[[float], object],
    ) -> None:
        self._store = store
        self._transport = transport
        self._policy = policy
        self._clock = clock
        self._sleep = sleep
        self._pacing = Pacing(clock)

    def claim(self, tally: Tally) -> Job | None:
        """Take a notice that is due; returns what says it, None where nothing is due."""
        policy = self._policy
        # Half of the lease is for the request itself: what starts later might still be under way when it ends.
        # Counted from before the claim: a process may be stopped for any time right after it.
        deadline = self._clock() + policy.lease.total_seconds() / 2
        claimed = self._store.claim_notice(
            policy.lease, pace=policy.pace, a_minute=policy.a_minute, thread_life=policy.thread_life
        )
        return partial(self._deliver, claimed, deadline, tally) if claimed is not None else None

    def _deliver(self, claimed: Claimed, deadline: float, tally: Tally) -> bool:
        try:
            channel = claimed.channel if _is_update(claimed) else None
            channel = channel or self._transport.resolve(claimed.notice.destination)
        except DeliveryError as error:
            self._not_delivered(claimed, error, tally)
            return True
        if _is_elsewhere(claimed, channel):
            self._store.mark_retry(claimed, self._store.now(), "its thread is in another channel", as_root=True)
            return True
        if not _is_update(claimed):
            self._sleep_for(self._pacing.reserve(channel, self._policy.pace.total_seconds()))
        self._send(claimed, channel, deadline, tally)
        return True

    def _sleep_for(self, seconds: float) -> None:
        if seconds > 0:
            self._sleep(seconds)

    def _send(self, claimed: Claimed, channel: str, deadline: float, tally: Tally) -> None:
        try:
            sent, began = self._say(claimed, channel, deadline)
        except _LateError:
            self._store.mark_retry(claimed, self._store.now(), "the sender was too slow to start")
        except UnclearError as error:
            self._unclear(claimed, error, tally)
        except DeliveryError as error:
            if error.permanent and _code(error) not in CONTENT | NO_THREAD:
                self._transport.forget(claimed.notice.destination)
            if error.retry_after is not None:
                self._store.hold(claimed.notice.act, self._store.now() + timedelta(seconds=error.retry_after))
            self._not_delivered(claimed, error, tally)
        except Exception as error:  # noqa: BLE001  # whatever it was, the message may have left: it must not leave again
            _log.exception("sending failed in an unforeseen way", notice=claimed.notice.notice_id)
            self._unclear(claimed, UnclearError(f"{type(error).__name__}: {error}"), tally)
        else:
            self._sent(claimed, sent, self._pacing.arrived(channel, began), tally)

    def _say(self, claimed: Claimed, channel: str, deadline: float) -> tuple[Sent, float]:
        """Say it; return where it stands, and when the request began. Raises _LateError, DeliveryErrors."""
        message = with_note(claimed.notice.message, claimed.meant_for, self._store.person)

        def say(way: Message) -> tuple[Sent, float]:
            # Right before each request: a process may be stopped for any time while pictures are drawn.
            began = self._clock()
            if began > deadline:
                raise _LateError
            return self._request(claimed, channel, way), began

        return first_taken(self._transport.ways(message), say)

    def _request(self, claimed: Claimed, channel: str, message: Message) -> Sent:
        notice = claimed.notice
        if _is_update(claimed) and claimed.ts and notice.post_id:
            return self._transport.update(Sent(channel, claimed.ts), message, notice.post_id)
        return self._transport.post(channel, message, notice.notice_id, claimed.thread_ts, broadcast=notice.broadcast)

    def _sent(self, claimed: Claimed, sent: Sent, arrived: float, tally: Tally) -> None:
        ago = timedelta(seconds=max(self._clock() - arrived, 0.0))
        if self._store.mark_sent(claimed, sent, ago, self._policy.sweep_in):
            tally.sent()
        else:
            _log.warning("sent after the lease had run out: it will be found", notice=claimed.notice.notice_id)

    def _unclear(self, claimed: Claimed, error: UnclearError, tally: Tally) -> None:
        hopeless = claimed.again and claimed.attempts >= _HOPELESS_AFTER
        if isinstance(error, UnknownAnswerError) and hopeless:
            # After each of the earlier attempts the message was not there: that word is a refusal.
            self._give_up(claimed, error, tally)
            return
        look_at = self._store.now() + self._policy.settle
        _log.warning("unclear whether a message arrived", notice=claimed.notice.notice_id, problem=error.problem)
        if _is_update(claimed):
            # An update may be repeated: it replaces the same message by the same.
            self._store.mark_retry(claimed, look_at, error.problem)
        else:
            self._store.mark_uncertain(claimed, look_at, error.problem)

    def _not_delivered(self, claimed: Claimed, error: DeliveryError, tally: Tally) -> None:
        now = self._store.now()
        if isinstance(error, SlackAuthError):
            self._store.mark_retry(claimed, now, error.problem)
            raise error
        if not error.permanent:
            pause = _backoff(claimed.attempts) if error.retry_after is None else error.retry_after
            self._store.mark_retry(claimed, now + timedelta(seconds=pause), error.problem)
        elif _code(error) in NO_THREAD and claimed.thread_ts is not None:
            self._store.mark_retry(claimed, now, error.problem, as_root=True)
        elif _code(error) in CONTENT and not is_short(claimed.notice.message):
            _log.error("Slack refused a card", notice=claimed.notice.notice_id, problem=error.problem)
            self._store.mark_retry(claimed, now, error.problem, in_short(claimed.notice.message))
        else:
            self._give_up(claimed, error, tally)

    def _give_up(self, claimed: Claimed, error: DeliveryError, tally: Tally) -> None:
        # What is wrong with the message itself is wrong everywhere: that is for those who run this.
        chain = claimed.notice.chain if _code(error) not in CONTENT else ()
        instead = () if _is_update(claimed) else stand_ins(claimed, chain, self._policy.fallback, error, self._store)
        if self._store.mark_failed(claimed, error.problem, *instead):
            tally.failed()
        tell = _log.info if instead else _log.warning
        tell(
            "undeliverable",
            destination=claimed.notice.destination,
            problem=error.problem,
            instead=[one.destination for one in instead],
        )


def _is_update(claimed: Claimed) -> bool:
    return claimed.notice.act is Act.UPDATE


def _is_elsewhere(claimed: Claimed, channel: str) -> bool:
    """Tell whether the thread is in another channel than the destination leads to now: it was renamed, say."""
    # A server that knows no ids is posted to by name; the answer names the id all the same.
    named = channel.startswith("#")
    return claimed.thread_ts is not None and claimed.thread_channel != channel and not named


def _code(error: DeliveryError) -> str | None:
    return error.code if isinstance(error, RefusedError) else None


def _backoff(attempts: int) -> float:
    return float(min(2.0 ** (attempts - 1), _LONGEST_PAUSE))
