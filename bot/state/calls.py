"""Calls of the far end's methods as rows: how many in the last minute, by all replicas together.

Slack counts calls of a method in a window that slides. Each permitted call is a slot, with the moment at which it was
last taken: a call may be made while a slot is older than the window. A burst goes at once, and no minute has too many.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from sqlalchemy import Integer, Text, bindparam, column, func, select, text

from bot.state.tables import CALLS, HOLDS
from bot.state.types import UtcDateTime
from bot.state.upsert import insert

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

WINDOW: Final = timedelta(seconds=61)
"""A minute, and a second for calls that take longer to arrive than others did."""


_KEY: Final = bindparam("key", type_=Text())
_MOST: Final = bindparam("most", type_=Integer())
_USED: Final = (
    text(
        """
SELECT (SELECT until FROM holds WHERE act = :key AND until > :now) AS held,
       (SELECT count(*) FROM calls WHERE key = :key) AS used,
       (SELECT min(at) FROM calls WHERE key = :key AND slot < :most) AS oldest
"""
    )
    .bindparams(
        bindparam("key", type_=Text()), bindparam("now", type_=UtcDateTime()), bindparam("most", type_=Integer())
    )
    .columns(column("held", UtcDateTime()), column("used", Integer), column("oldest", UtcDateTime()))
)
_OLDEST: Final = (
    text("SELECT slot FROM calls WHERE key = :key AND slot < :most ORDER BY at LIMIT 1")
    .bindparams(_KEY, _MOST)
    .columns(column("slot", Integer))
)
_COUNT: Final = select(func.count()).where(CALLS.c.key == bindparam("key"))


def wait_until(connection: Connection, key: str, most: int | None, now: datetime) -> datetime | None:
    """Return the moment before which a method must not be called; None: it may be called now. `most`: a minute."""
    used = connection.execute(_USED, {"key": key, "now": now, "most": most or 0}).one()
    # A slot that was taken in the future is a clock that was set back: it must not block until then.
    full = most is not None and used.used >= most and used.oldest <= now < used.oldest + WINDOW
    return max(filter(None, (used.held, used.oldest + WINDOW if full else None)), default=None)


def take(connection: Connection, key: str, most: int | None, now: datetime) -> None:
    """Count a call of a method; `wait_until` is to be asked before, in the same transaction and under a lock."""
    if most is None:
        return
    used = connection.scalar(_COUNT, {"key": key}) or 0
    slot = used if used < most else connection.scalar(_OLDEST, {"key": key, "most": most})
    _put(connection, key, slot or 0, now)


def _put(connection: Connection, key: str, slot: int, at: datetime) -> None:
    put = insert(connection, CALLS).values(key=key, slot=slot, at=at)
    connection.execute(put.on_conflict_do_update(index_elements=["key", "slot"], set_={"at": put.excluded.at}))


def place_key(destination: str) -> str:
    """Return the key under which the last post to a destination is kept."""
    return f"post {destination}"


def posted(connection: Connection, destination: str, at: datetime) -> None:
    """Keep when a post to a destination arrived, or may have: the next one is to come some time after it."""
    _put(connection, place_key(destination), 0, at)


def hold(connection: Connection, key: str, until: datetime) -> None:
    """Let nobody call a method before `until`; a later moment that is there already stays."""
    held = insert(connection, HOLDS).values(act=key, until=until)
    later = HOLDS.c.until < held.excluded.until
    connection.execute(
        held.on_conflict_do_update(index_elements=["act"], set_={"until": held.excluded.until}, where=later)
    )
