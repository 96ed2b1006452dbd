"""The sweep: of two messages with one id the later one is removed.

What was sent anew because it was nowhere to be seen may turn up after all. So it is looked for again, some minutes and
some hours later, long after anybody waits for it.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

import structlog

from bot.errors import DeliveryError
from bot.slack.calls import SlackAuthError
from bot.slack.looking import earliest, pause_after
from bot.state.rows import Sent

if TYPE_CHECKING:
    from bot.slack.crew import Job
    from bot.slack.policy import Policy
    from bot.slack.tally import Tally
    from bot.slack.transport import Transport
    from bot.state.rows import Claimed
    from bot.state.store import Store

_log = structlog.get_logger(__name__)

_WHILE_CHANGING: Final = 5.0


class Sweeping:
    """Looks for messages that may stand twice."""

    def __init__(self, store: Store, transport: Transport, policy: Policy) -> None:
        self._store = store
        self._transport = transport
        self._policy = policy
        self._told: set[str] = set()

    def claim(self, tally: Tally) -> Job | None:  # noqa: ARG002  # what is removed was counted when it was sent
        """Take a message that is to be looked for now; returns what does so, None where there is none."""
        claimed = self._store.claim_sweep(self._policy.lease)
        return partial(self._sweep, claimed) if claimed is not None else None

    def _sweep(self, claimed: Claimed) -> bool:
        try:
            settled = self._keep_the_first(claimed)
        except SlackAuthError:
            self._store.postpone_sweep(claimed, 0.0)
            raise
        except DeliveryError as error:
            if not error.permanent:
                self._store.postpone_sweep(claimed, pause_after(error))
                return False
            self._tell(error)
            settled = True
        if settled:
            self._store.finish_sweep(claimed, self._policy.sweep_after)
        else:
            self._store.postpone_sweep(claimed, _WHILE_CHANGING)
        return settled

    def _keep_the_first(self, claimed: Claimed) -> bool:
        """Keep the earliest message; False where that has to wait for a change of it that is under way."""
        here = Sent(claimed.channel or "", claimed.ts or "")
        notice_id = claimed.notice.notice_id
        first, *later = self._transport.find(here.channel, notice_id, earliest(claimed), claimed.thread_ts) or (here,)
        # The place comes before the removal: a change that is claimed in between finds the message that stays.
        if first != here and not self._store.adopt(claimed, first):
            return False
        for twin in later:
            _log.warning("a message stood there twice: the later one is removed", notice=notice_id, ts=twin.ts)
            self._transport.delete(twin)
        return True

    def _tell(self, error: DeliveryError) -> None:
        """Say once what cannot be done: the next message would say the same."""
        if error.problem not in self._told:
            self._told.add(error.problem)
            _log.warning("messages that stand there twice are left as they are", problem=error.problem)
