"""Whose turn it is: the notices that may be sent now, and when the next ones may.

A destination's posts go in order, one at a time and some time apart; updates go as soon as their message stands. So
there is one candidate for each destination that something waits for, and one among the updates: what a claim costs
depends on the number of destinations and not on how much waits for them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sqlalchemy import BigInteger, Integer, Text, bindparam, column, func, select, text

from bot.state import calls
from bot.state.rows import Act
from bot.state.tables import NOTICES
from bot.state.types import UtcDateTime

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime, timedelta

    from sqlalchemy import Connection


@dataclass(frozen=True, slots=True)
class Terms:
    """On which terms notices are handed out."""

    pace: timedelta
    """Between two posts to one destination."""
    a_minute: Mapping[Act, int]
    """How many of each kind may go out a minute; a kind that is missing may always."""
    thread_life: timedelta
    """How old a message may be under which later ones of its subject stand; zero: no threads."""


@dataclass(frozen=True, slots=True)
class Due:
    """What is left to do."""

    at: datetime | None
    """A moment before which nothing can be sent or looked for; None: nothing is left. It may be now or before: then
    something is due, or waits for another notice."""
    looking: bool
    """Whether something is to be looked for now."""
    sweeping: bool
    """Whether something is to be swept now."""


_NOW: Final = bindparam("now", type_=UtcDateTime())

# The words of `WHERE` are those of the partial indices: parameters in their place would hide that these serve.
# `places` walks from destination to destination without reading what lies between. What is asked of each is a value of
# a query of its own: of EXISTS and JOIN the planner would make joins over all that waits.
_HEADS: Final = (
    text(
        """
WITH RECURSIVE places (destination) AS (
    SELECT min(destination) FROM notices WHERE status = 'pending' AND act = 'post'
    UNION ALL
    SELECT (SELECT min(n.destination) FROM notices AS n
             WHERE n.status = 'pending' AND n.act = 'post' AND n.destination > places.destination)
      FROM places WHERE places.destination IS NOT NULL
), heads (destination, seq) AS MATERIALIZED (
    SELECT places.destination,
           (SELECT min(n.seq) FROM notices AS n
             WHERE n.status = 'pending' AND n.act = 'post' AND n.destination = places.destination)
      FROM places
     WHERE places.destination IS NOT NULL
       AND (SELECT count(*) FROM notices AS busy
             WHERE busy.status = 'sending' AND busy.status IN ('sending', 'uncertain')
               AND busy.destination = places.destination AND busy.act = 'post') = 0
)
SELECT heads.seq AS seq,
       (SELECT CASE WHEN head.attempts = 0 AND head.not_before > :now THEN 1
                    ELSE (SELECT count(*) FROM notices AS unsure
                           WHERE unsure.status = 'uncertain' AND unsure.status IN ('sending', 'uncertain')
                             AND unsure.destination = head.destination AND unsure.subject = head.subject) END
          FROM notices AS head WHERE head.seq = heads.seq) AS steps_aside,
       (SELECT head.not_before FROM notices AS head WHERE head.seq = heads.seq) AS not_before,
       (SELECT paced.at FROM calls AS paced WHERE paced.key = 'post ' || heads.destination AND paced.slot = 0)
       AS paced_at
  FROM heads
"""
    )
    .bindparams(_NOW)
    .columns(
        column("seq", BigInteger),
        column("steps_aside", Integer),
        column("not_before", UtcDateTime()),
        column("paced_at", UtcDateTime()),
    )
)

# Behind a post that steps aside: deferred, or about a subject of which an unclear post is to be found first. It lets
# others pass, but none of its own episode. `|| ''` lets these be found by the episode, of which there are few.
_BEHIND: Final = (
    text(
        """
SELECT (SELECT n.seq FROM notices AS n
         WHERE n.status = 'pending' AND n.act = 'post' AND n.destination = place.destination AND n.seq > place.seq
           AND NOT (n.attempts = 0 AND n.not_before IS NOT NULL AND n.not_before > :now)
           AND (SELECT count(*) FROM notices AS unsure
                 WHERE unsure.status = 'uncertain' AND unsure.status IN ('sending', 'uncertain')
                   AND unsure.destination = n.destination AND unsure.subject = n.subject) = 0
           AND (SELECT count(*) FROM notices AS earlier
                 WHERE earlier.episode_id = n.episode_id AND earlier.destination || '' = n.destination
                   AND earlier.act = 'post' AND earlier.status = 'pending' AND earlier.seq < n.seq) = 0
         ORDER BY n.seq LIMIT 1) AS seq,
       place.seq AS head
  FROM notices AS place WHERE place.seq IN :heads
"""
    )
    .bindparams(_NOW, bindparam("heads", expanding=True))
    .columns(column("seq", BigInteger), column("head", BigInteger))
)

_READY: Final = (
    text(
        """
SELECT n.seq AS seq FROM notices AS n
 WHERE n.status = 'pending' AND n.act = 'update' AND n.ts IS NOT NULL
   AND (n.not_before IS NULL OR n.not_before <= :now)
   AND (SELECT count(*) FROM notices AS other
         WHERE other.post_id = n.post_id AND other.seq <> n.seq
           AND (other.status = 'sending'
                OR (other.status = 'pending' AND other.attempts > 0 AND other.not_before > :now))) = 0
 ORDER BY n.seq LIMIT 1
"""
    )
    .bindparams(_NOW)
    .columns(column("seq", BigInteger))
)

_SETTLING: Final = (
    text(
        """
SELECT min(CASE WHEN status = 'sending' THEN lease_until ELSE coalesce(not_before, :now) END) AS due,
       min(CASE WHEN status = 'uncertain' THEN coalesce(not_before, :now) END) AS look,
       (SELECT min(swept.sweep_at) FROM notices AS swept
         WHERE swept.sweep_at IS NOT NULL AND swept.sweep_at <= :now AND swept.status = 'sent') AS sweep
  FROM notices WHERE status IN ('sending', 'uncertain')
"""
    )
    .bindparams(_NOW)
    .columns(column("due", UtcDateTime()), column("look", UtcDateTime()), column("sweep", UtcDateTime()))
)

_LATER: Final = (
    text("SELECT min(not_before) AS due FROM notices WHERE status = 'pending' AND act = :act AND not_before > :now")
    .bindparams(_NOW, bindparam("act", type_=Text()))
    .columns(column("due", UtcDateTime()))
)


def key_of(act: Act) -> str:
    """Return the key under which calls of an act are counted and held."""
    return act.value


def next_seq(connection: Connection, now: datetime, terms: Terms) -> int | None:
    """Return the number of the oldest notice that may be sent now."""
    found: list[int] = []
    if _gate(connection, Act.POST, now, terms) is None:
        found += [seq for seq, due in _heads(connection, now, terms.pace) if due <= now]
    if _gate(connection, Act.UPDATE, now, terms) is None and (ready := _ready(connection, now)) is not None:
        found.append(ready)
    return min(found, default=None)


def due(connection: Connection, now: datetime, terms: Terms) -> Due:
    """Return what is to be done besides sending, and when there is something to send or to look for next."""
    settling = connection.execute(_SETTLING, {"now": now}).one()
    moments = [*filter(None, [settling.due]), *_moments(connection, now, terms)]
    looking = settling.look is not None and settling.look <= now
    return Due(min(moments, default=None), looking=looking, sweeping=settling.sweep is not None)


def _moments(connection: Connection, now: datetime, terms: Terms) -> Iterator[datetime]:
    first = {
        Act.POST: min((due for _, due in _heads(connection, now, terms.pace)), default=None),
        Act.UPDATE: now if _ready(connection, now) is not None else None,
    }
    for act, moment in first.items():
        later: datetime | None = connection.scalar(_LATER, {"now": now, "act": act.value})
        soonest = min(filter(None, (moment, later)), default=None)
        if soonest is not None:
            yield max(soonest, _gate(connection, act, now, terms) or soonest)


def _gate(connection: Connection, act: Act, now: datetime, terms: Terms) -> datetime | None:
    """Return the moment before which Slack takes nothing of this kind; None: it does now."""
    return calls.wait_until(connection, key_of(act), terms.a_minute.get(act), now)


def _heads(connection: Connection, now: datetime, pace: timedelta) -> list[tuple[int, datetime]]:
    """Return the first post of each destination that is free, and when it may go."""
    rows = connection.execute(_HEADS, {"now": now}).all()
    first = [(row.seq, _due(row.not_before, row.paced_at, now, pace)) for row in rows if not row.steps_aside]
    rested = {row.seq: _due(None, row.paced_at, now, pace) for row in rows if row.steps_aside}
    if not rested:
        return first
    behind = connection.execute(_BEHIND, {"now": now, "heads": list(rested)}).all()
    waits = dict(_not_before(connection, [row.seq for row in behind if row.seq is not None]))
    return first + [(row.seq, max(rested[row.head], waits[row.seq] or now)) for row in behind if row.seq is not None]


def _not_before(connection: Connection, seqs: list[int]) -> list[tuple[int, datetime | None]]:
    wanted = select(NOTICES.c.seq, NOTICES.c.not_before).where(NOTICES.c.seq.in_(seqs))
    return [(row.seq, row.not_before) for row in connection.execute(wanted)]


def _due(not_before: datetime | None, paced_at: datetime | None, now: datetime, pace: timedelta) -> datetime:
    # A moment a little later than now was noted by another worker after `now` was asked for. One far in the future is
    # a clock that was set back: it must not block the destination until then.
    rested = paced_at + pace if paced_at is not None and paced_at <= now + pace else now
    return max(not_before or now, rested)


def _ready(connection: Connection, now: datetime) -> int | None:
    seq: int | None = connection.scalar(_READY, {"now": now})
    return seq


def deferred(connection: Connection, after: datetime) -> int:
    """Count the notices that are to wait until after a moment and have not been tried, and the updates of such."""
    post, n = NOTICES.alias("post"), NOTICES.alias("n")
    waits = [(one.c.status == "pending") & (one.c.attempts == 0) & (one.c.not_before > after) for one in (n, post)]
    own = select(n.c.seq).where(waits[0])
    of_post = select(n.c.seq).join(post, post.c.notice_id == n.c.post_id).where(waits[1], n.c.status == "pending")
    either = own.union(of_post).subquery()
    return connection.scalar(select(func.count()).select_from(either)) or 0
