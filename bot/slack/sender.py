"""Delivery: takes notices from the outbox and says each once.

Intent is committed before anything leaves. What certainly did not arrive is sent again or goes to somebody else; what
may have arrived is looked for in the channel's history and only sent again when it is not there; and what was sent
again is looked for once more, later.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from bot.slack.crew import Crew
from bot.slack.looking import Looking
from bot.slack.policy import Policy
from bot.slack.posting import Posting
from bot.slack.sweeping import Sweeping
from bot.slack.tally import Tally
from bot.slack.transport import SlackTransport, Transport

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.slack.crew import Job
    from bot.state.store import Store

__all__ = ["DrainResult", "Policy", "Sender", "SlackTransport", "Transport"]

_POLL: Final = 0.1
"""Seconds before looking again for something that is due but waits for something else."""
_LONGEST_WAIT: Final = 0.5
"""Seconds for which a stop may be overlooked while others are at work."""


@dataclass(frozen=True, slots=True)
class DrainResult:
    """What one `drain` did, and what it left."""

    sent: int
    """Messages posted, updated, or found to have arrived after all."""
    failed: int
    """Refused for good; where there is somebody else or a fallback channel, said there instead."""
    uncertain: int
    """Left, with nobody knowing whether they arrived."""
    waiting: int
    """Left, not delivered yet."""
    deferred: int = 0
    """Left on purpose: not to be delivered before a moment that lies ahead."""


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
        self._policy = policy or Policy()
        self._clock = clock
        self._stopping = threading.Event()
        self._sleep = sleep or self._stopping.wait
        self._posting = Posting(store, transport, self._policy, clock, self._sleep)
        self._looking = Looking(store, transport, self._policy)
        self._sweeping = Sweeping(store, transport, self._policy)
        self._idle_since = clock()

    def stop(self) -> None:
        """Let a `drain` in another thread finish the messages that it is at, and return."""
        self._stopping.set()

    def drain(self, *, until_empty: bool = True, tell: Callable[[int], object] = lambda _: None) -> DrainResult:
        """Deliver what is due; with `until_empty` also wait, within patience, for what is not due yet.

        `tell` hears, as it goes on, how many were sent so far.
        Raises SlackAuthError when Slack does not accept the app: everything stays in the outbox.
        """
        tally = Tally()
        self._got_on()
        with Crew(self._policy.workers, self._got_on) as crew:
            while not self._stopping.is_set() and self._goes_on(crew, tally, until_empty=until_empty):
                tell(tally.sent_count)
        crew.check()
        tell(tally.sent_count)
        left = self._store.backlog(self._policy.patience)
        return DrainResult(tally.sent_count, tally.failed_count, left.uncertain, left.waiting, left.deferred)

    def _got_on(self) -> None:
        self._idle_since = self._clock()

    def _goes_on(self, crew: Crew, tally: Tally, *, until_empty: bool) -> bool:
        """Do one thing, or wait until there may be something to do; False when there is nothing more to do."""
        crew.check()
        if crew.full():
            crew.wait(_LONGEST_WAIT)
            return True
        # Asked before the outbox is: what ends in between would look like a lease that has two minutes to run.
        busy = crew.busy()
        job, wait = self._take(tally)
        if job is not None:
            crew.give(job)
            return True
        if busy:
            # What is under way may make something due.
            crew.wait(min(wait or _LONGEST_WAIT, _LONGEST_WAIT))
            return True
        left = self._policy.patience.total_seconds() - (self._clock() - self._idle_since)
        if not until_empty or wait is None or wait > left:
            return False
        self._sleep(wait)
        return True

    def _take(self, tally: Tally) -> tuple[Job | None, float | None]:
        """Return something to do now; where there is nothing, in how many seconds to ask again, if ever."""
        if (job := self._posting.claim(tally)) is not None:
            return job, None
        outlook = self._store.outlook(self._policy.pace, self._policy.a_minute)
        if outlook.looking and (job := self._looking.claim(tally)) is not None:
            return job, None
        if outlook.sweeping and (job := self._sweeping.claim(tally)) is not None:
            return job, None
        # What is due already waits for something else.
        return None, _POLL if outlook.wait is not None and outlook.wait <= 0 else outlook.wait
