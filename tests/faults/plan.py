"""What is tried: where a process is hit, how, what Slack does meanwhile, on which database, by how many replicas."""

from __future__ import annotations

import random
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator


class Point(StrEnum):
    """Where a process is hit."""

    TICK = "tick"
    """The tick is claimed, nothing has been read."""
    FETCHED = "fetched"
    """All sources were read, nothing is decided."""
    TRANSACTION = "transaction"
    """Episodes are written, notices are not, nothing is committed."""
    COMMITTED = "committed"
    """The judgement is stored, the tick is not done."""
    SENDING = "sending"
    """The intent is committed, nothing has left."""
    LEFT = "left"
    """The bytes of the request have left, no answer was read."""
    ANSWERED = "answered"
    """The answer was read, nothing is noted."""
    SENT = "sent"
    """What became of the notice is noted."""
    RECONCILING = "reconciling"
    """The history was read, what it says is not noted."""
    UPDATING = "updating"
    """The bytes of an update have left."""
    MIGRATING = "migrating"
    """Some tables are made, others are not."""


class Act(StrEnum):
    """How it is hit."""

    KILL = "kill"
    """SIGKILL."""
    STOP = "stop"
    """SIGSTOP, and SIGCONT once every lease has run out and others had the time to take over."""
    RAISE = "raise"
    """An exception that nothing expects."""


class Answer(StrEnum):
    """What Slack does with the call that is singled out."""

    OK = "ok"
    RATE_LIMITED = "429"
    UNAVAILABLE = "503"
    """Refused by a server in front of Slack."""
    NO = "no"
    """`ok: false` with a word that is definite."""
    TIMEOUT = "timeout"
    """From here on the message was accepted, and its sender is not told."""
    CLOSE = "close"
    RESET = "reset"
    ERROR_500 = "500"
    FATAL = "fatal_error"
    GARBAGE = "garbage"


class Late(StrEnum):
    """What Slack does late: beside the grid."""

    APPLY = "late-apply"
    """The connection breaks at once; the message is accepted some time later."""
    HISTORY = "late-history"
    """The message is accepted, the connection breaks, and the history shows it some time later."""


class Db(StrEnum):
    """Where the state lies."""

    SQLITE = "sqlite"
    POSTGRES = "postgres"


ACCEPTED: Final = frozenset(
    {Answer.TIMEOUT, Answer.CLOSE, Answer.RESET, Answer.ERROR_500, Answer.FATAL, Answer.GARBAGE}
)
"""Answers that leave the sender in the dark, with the message in the channel."""

REPLICAS: Final = (1, 2)

LOCKED: Final = "edit_window_closed"
"""Slack's word for a message that may not be changed any more."""
ARCHIVED: Final = "is_archived"
"""Slack's word for a channel that takes nothing: the message goes to the fallback."""
CARD: Final = "invalid_blocks"
"""Slack's word for a card that it does not like: the message is said in short."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One run: two nights on a small company with one thing going wrong at each end."""

    point: Point
    answer: Answer
    db: Db
    replicas: int

    @property
    def act(self) -> Act:
        """How the process is hit: each of the three ways in turn, so that every point meets all of them."""
        acts, places = list(Act), (list(Point), list(Answer), list(Db))
        turn = places[0].index(self.point) + places[1].index(self.answer) + places[2].index(self.db)
        return acts[(turn + self.replicas) % len(acts)]

    @property
    def apart(self) -> bool:
        """Whether the replicas have data folders of their own, as on several machines; on one they share it."""
        return self.replicas > 1 and self.db is Db.POSTGRES and list(Answer).index(self.answer) % 2 == 1

    @property
    def refusal(self) -> str:
        """Slack's word where it says no: one that sends the message elsewhere, or one that shortens it."""
        elsewhere = (list(Point).index(self.point) + self.replicas) % 2 == 0
        if self.point is Point.UPDATING:
            return LOCKED if elsewhere else CARD
        return ARCHIVED if elsewhere else CARD

    def __str__(self) -> str:
        """Name the cell as `--cell` takes it."""
        return f"{self.point}/{self.answer}/{self.db}/{self.replicas}"

    @classmethod
    def parse(cls, text: str) -> Cell:
        """Read a cell's name. Raises ValueError."""
        point, answer, db, replicas = text.split("/")
        if int(replicas) not in REPLICAS:
            raise ValueError(f"'{text}': wanted 1 or 2 replicas")
        return cls(Point(point), Answer(answer), Db(db), int(replicas))


def all_cells() -> tuple[Cell, ...]:
    """Return the whole grid: 11 x 10 x 2 x 2 = 440."""
    return tuple(
        Cell(point, answer, db, replicas) for point in Point for answer in Answer for db in Db for replicas in REPLICAS
    )


def subset(count: int = 22) -> tuple[Cell, ...]:
    """Return a part of the grid in which every point, answer, database and number of replicas occurs."""
    return tuple(_diagonal(count))


def _diagonal(count: int) -> Iterator[Cell]:
    points, answers, dbs = list(Point), list(Answer), list(Db)
    for number in range(count):
        round_ = number // len(points)
        yield Cell(
            points[number % len(points)],
            answers[(number + 3 * round_) % len(answers)],
            dbs[(number + round_) % len(dbs)],
            REPLICAS[(number // 2 + round_) % len(REPLICAS)],
        )


def some(count: int, seed: int) -> tuple[Cell, ...]:
    """Return so many cells of the grid, drawn by a seed."""
    return tuple(random.Random(seed).sample(all_cells(), count))  # noqa: S311  # no secret is drawn here
