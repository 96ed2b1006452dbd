"""Looking for what may have arrived: notices whose sending ended unclearly."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Final

import structlog

from bot.errors import DeliveryError
from bot.slack.calls import SlackAuthError
from bot.state.rows import Status

if TYPE_CHECKING:
    from datetime import datetime

    from bot.slack.crew import Job
    from bot.slack.policy import Policy
    from bot.slack.tally import Tally
    from bot.slack.transport import Transport
    from bot.state.rows import Claimed, Sent
    from bot.state.store import Store

_log = structlog.get_logger(__name__)

LONG_PAUSE: Final = 300.0
READ_AGAIN: Final = 30.0
_CLOCKS_DIFFER: Final = timedelta(hours=2)


class Looking:
    """Finds each such notice, or sends it anew when it is certainly not there."""

    def __init__(self, store: Store, transport: Transport, policy: Policy) -> None:
        self._store = store
        self._transport = transport
        self._policy = policy

    def claim(self, tally: Tally) -> Job | None:
        """Take a notice that is to be looked for now; returns what does so, None where there is none."""
        claimed = self._store.claim_uncertain(self._policy.lease)
        return partial(self._settle, claimed, tally) if claimed is not None else None

    def _settle(self, claimed: Claimed, tally: Tally) -> bool:
        try:
            found = self._look_for(claimed)
        except SlackAuthError as error:
            self._store.postpone_uncertain(claimed, self._store.now(), error.problem)
            raise
        except DeliveryError as error:
            pause = pause_after(error)
            self._store.postpone_uncertain(claimed, self._store.now() + timedelta(seconds=pause), error.problem)
            _log.warning("cannot look whether a message arrived", notice=claimed.notice.notice_id, problem=str(error))
            return False
        policy = self._policy
        settled = self._store.resolve_uncertain(claimed, found, policy.reads, policy.spacing, policy.sweep_in)
        if settled is Status.SENT:
            tally.sent()
        return settled is not None

    def _look_for(self, claimed: Claimed) -> tuple[Sent, ...]:
        try:
            channel = self._transport.resolve(claimed.notice.destination)
        except DeliveryError as error:
            if error.permanent:
                # Where nothing can be posted nothing was: sending it anew says why, and takes the fallback.
                return ()
            raise
        return self._transport.find(channel, claimed.notice.notice_id, earliest(claimed), claimed.thread_ts)


def earliest(claimed: Claimed) -> datetime:
    """Return the moment before which a notice cannot have been posted, by the clock of the far end."""
    return (claimed.first_tried_at or claimed.notice.created_at) - _CLOCKS_DIFFER


def pause_after(error: DeliveryError) -> float:
    """Return in how many seconds to ask again."""
    return error.retry_after or (LONG_PAUSE if error.permanent else READ_AGAIN)
