"""Runs beside the grid: drawn by a seed, late answers, databases that fail, clocks that jump and fold."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Final

from tests.faults.company import Scenario, changeable, customers_on
from tests.faults.hits import POST, UPDATE, Trouble
from tests.faults.lane import Run
from tests.faults.plan import CARD, Act, Answer, Db, Late, Point
from tests.faults.villains import (
    CrampedStore,
    crash_server,
    end_sessions,
    fill_the_disk,
    hold_the_file,
    set_the_clock,
)

if TYPE_CHECKING:
    from tests.faults.replica import Part

LATE: Final = 3.0
"""Seconds of the run: less than the sender lets things settle."""
TOO_LATE: Final = 20.0
"""More than all its looks at the history take: the message was sent anew by then."""
_HOUR: Final = timedelta(hours=1)


def random_run(seed: int) -> Run:
    """Return a run of four nights in which a seed decides what goes wrong, where, how often and to whom."""
    chance = random.Random(f"run {seed}")  # noqa: S311  # no secret is drawn here
    points = [point for point in Point if point is not Point.MIGRATING]
    hits = tuple((chance.choice(points), chance.choice(list(Act))) for _ in range(chance.randint(1, 4)))
    answers = [(POST, _answer(chance)) for _ in range(10)] + [(UPDATE, _answer(chance)) for _ in range(4)]
    if chance.random() < 0.3:
        # No more than one refusal: one in the fallback channel, too, would be nobody's to mend.
        answers[chance.randrange(10)] = (POST, f"{Answer.NO}:{CARD}")
    db, replicas = chance.choice(list(Db)), chance.choice((1, 2))
    return Run(
        f"random/{seed}",
        Trouble(hits, tuple(answers)),
        db,
        replicas,
        scenario=changeable(seed),
        apart=replicas > 1 and db is Db.POSTGRES and chance.random() < 0.5,
        late_by=LATE,
        sure=False,
    )


def _answer(chance: random.Random) -> str:
    bad = [*(answer for answer in Answer if answer not in {Answer.OK, Answer.NO}), *Late]
    return str(chance.choice(bad)) if chance.random() < 0.5 else str(Answer.OK)


def beside_the_grid() -> tuple[Run, ...]:
    """Return every run that is neither in the grid nor drawn by a seed."""
    return (*_late(), *_databases(), *_clocks(), *_folds(), *_oversleeping())


def _late() -> list[Run]:
    kinds = [("", POST, LATE), ("", UPDATE, LATE), ("too-", POST, TOO_LATE)]
    return [
        Run(f"{how}{late}/{method}/{db}/{replicas}", Trouble((), ((method, late.value),)), db, replicas, late_by=by)
        for late in Late
        for how, method, by in kinds
        for db, replicas in ((Db.SQLITE, 1), (Db.POSTGRES, 2))
    ]


def _databases() -> list[Run]:
    def cramped(part: Part) -> Part:
        return replace(part, store=CrampedStore)

    full = Run("full-disk/sqlite", Trouble(), Db.SQLITE, part=cramped, villain=fill_the_disk, harm=True)
    runs = [full, replace(full, name="full-disk/sqlite/2", replicas=2)]
    for replicas in (1, 2):
        runs += [
            Run(
                f"immediate-stop/postgres/{replicas}",
                Trouble(),
                Db.POSTGRES,
                replicas,
                villain=crash_server,
                own_server=True,
                harm=True,
            ),
            Run(
                f"ended-sessions/postgres/{replicas}", Trouble(), Db.POSTGRES, replicas, villain=end_sessions, harm=True
            ),
            Run(f"held-file/sqlite/{replicas}", Trouble(), Db.SQLITE, replicas, villain=hold_the_file, harm=True),
        ]
    return runs


def _clocks() -> list[Run]:
    runs = []
    for after, when in ((0.25, "in-the-night"), (1.0, "while-sending")):
        for name, by in (("ahead", _HOUR), ("back", -_HOUR)):
            villain = set_the_clock(by, after, mended_after=None if by > timedelta() else 2.0)
            for db, replicas in ((Db.SQLITE, 2), (Db.POSTGRES, 1)):
                runs.append(
                    Run(f"clock-{name}/{when}/{db}/{replicas}", Trouble(), db, replicas, villain=villain, harm=True)
                )
    return runs


def _oversleeping() -> list[Run]:
    """A replica on a machine of its own that sleeps in the middle of its night, and wakes when the next one is over."""
    trouble = Trouble(((Point.FETCHED, Act.STOP),))
    return [Run(f"overslept/{db}/2", trouble, db, 2, apart=True, sleeps=timedelta.max) for db in Db]


def _folds() -> list[Run]:
    """Berlin's clocks at half past two: skipped on 29 March 2026, twice on 25 October 2026."""
    spring = _fold(date(2026, 3, 28), ("28T01:31", "29T00:31", "29T01:29", "29T01:31", "29T02:31", "30T00:31"))
    autumn = _fold(date(2026, 10, 24), ("24T00:31", "25T00:31", "25T01:31", "26T01:31"))
    return [
        Run(f"fold-{name}/{db}/{replicas}", Trouble(), db, replicas, scenario=scenario)
        for name, scenario in (("spring", spring), ("autumn", autumn))
        for db, replicas in ((Db.SQLITE, 1), (Db.POSTGRES, 2))
    ]


def _fold(first: date, looks: tuple[str, ...]) -> Scenario:
    days = [first + timedelta(days=number) for number in range(3)]
    moments = [datetime.fromisoformat(f"{first:%Y-%m}-{look}").replace(tzinfo=UTC) for look in looks]
    return Scenario(
        {day: customers_on(number > 0, first) for number, day in enumerate(days)},
        at=time(2, 30),
        zone="Europe/Berlin",
        looks=tuple(moments),
        rest=timedelta(hours=9),
    )
