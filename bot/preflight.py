"""Looking at the sources before anything is read from them: what `headroom check` tells beside the settings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.masking import masked
from bot.measures import MEASURES
from connectors.base import Checkable, Remark, SourceError
from connectors.registry import connector, open_writer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.load import Loaded
    from bot.settings import SourceEntry


@dataclass(frozen=True, slots=True)
class Look:
    """What looking at one source has shown; `remarks` is None where there is nothing to look at before reading."""

    source: str
    remarks: tuple[Remark, ...] | None

    @property
    def wrong(self) -> bool:
        """Whether something keeps the source from being read, or written to."""
        return any(remark.wrong for remark in self.remarks or ())


def look_at_sources(loaded: Loaded) -> Iterator[Look]:
    """Look at every source in turn; one that cannot be asked does not keep the others from being looked at."""
    for entry in loaded.settings.sources:
        yield _look(loaded, entry)


def _look(loaded: Loaded, entry: SourceEntry) -> Look:
    places = loaded.places(entry.name)
    found: list[Remark] = []
    try:
        source = connector(entry.type).open_source(entry.name, entry.connector, places)
        writer = open_writer(entry.type, entry.name, entry.connector, places, MEASURES)
        if not isinstance(source, Checkable):
            return Look(entry.name, None)
        found += source.check()
        found += writer.check() if writer else ()
    except SourceError as error:
        found.append(Remark(masked(error.problem), wrong=True))
    return Look(entry.name, tuple(found))
