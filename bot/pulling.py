"""Reading every source into the facts: one that cannot be read keeps what it had."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Final

import structlog

from bot.errors import HeadroomError
from bot.facts.rejects import keep_rejects
from bot.masking import masked
from bot.state.rows import SourceState
from connectors.base import Rejects, SourceError, Window

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from datetime import date

    from bot.facts.store import FactStore
    from bot.house import House, Moment, Progress
    from connectors.base import Batch, Source

_log = structlog.get_logger(__name__)

READ_AGAIN: Final = timedelta(days=7)
"""Days before the last complete one that are read once more: sources deliver late."""


@dataclass(frozen=True, slots=True)
class Pulled:
    """How reading one source went."""

    state: SourceState
    rejects: Rejects
    outside: int
    """Rows of usage outside of the days asked for: read, not needed, not kept."""
    calls: str | None


def pull(house: House, moment: Moment, progress: Progress) -> list[Pulled]:
    """Read every source; one that cannot be read keeps what it had."""
    pulled = []
    for number, source in enumerate(house.sources):
        say = partial(progress.say, f"reading {source.name}", number, len(house.sources))
        say()
        pulled.append(_pull_one(house, source, moment, say))
    progress.say("reading", len(house.sources), len(house.sources))
    return pulled


def _pull_one(house: House, source: Source, moment: Moment, say: Callable[[], None]) -> Pulled:
    window = Window(_since(house.facts.last_complete_day(source.name)), moment.today)
    rejects, outside, problem = Rejects(), 0, None
    try:
        batches = _watched(source.read(window, rejects), say)
        outside = house.facts.write(source.name, batches, window).outside
    except SourceError as error:
        problem = masked(error.problem)
        _log.warning("source failed", source=source.name, problem=problem)
    except HeadroomError:
        raise
    except Exception as error:  # noqa: BLE001  # a fault in one source must not keep the others from being judged
        problem = masked(f"an unforeseen fault ({type(error).__name__}: {error}); the log tells where")
        _log.exception("source failed in an unforeseen way", source=source.name)
    problem = problem or _kept(house, source, moment, rejects)
    state = SourceState(
        source.name, moment.now, _complete_to(house.facts, source.name), problem, rejects.total, rejects.rejected
    )
    return Pulled(state, rejects, outside, source.calls())


def _watched(batches: Iterable[Batch], say: Callable[[], None]) -> Iterator[Batch]:
    """Hand batches on, and tell of each: a night that is told to stop stops between two."""
    for batch in batches:
        say()
        yield batch


def _kept(house: House, source: Source, moment: Moment, rejects: Rejects) -> str | None:
    """Keep the refused rows; return why that could not be done."""
    try:
        keep_rejects(house.folder, source.name, moment.today, rejects.rows)
    except OSError as error:
        return f"its refused rows could not be kept: {error}"
    return None


def _complete_to(facts: FactStore, source: str) -> date | None:
    """Return the last covered day; a source without usage is as complete as its last snapshot."""
    days = facts.snapshot_days(source)
    return facts.last_complete_day(source) or (days[-1] if days else None)


def _since(complete_to: date | None) -> date | None:
    return (complete_to - READ_AGAIN).replace(day=1) if complete_to else None
