"""Opening the state store: for those who write into it, and for those who only ask."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy.exc import DBAPIError

from bot.state.engine import StateError
from bot.state.store import open_store

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.state.store import Store


@contextmanager
def open_at(url: str, *, new: bool) -> Iterator[Store]:
    """Open the state store at an address; it is closed when the block ends. A database that fails is told in words.

    Without `new` a SQLite file has to be there: who only asks makes none. Raises StateError.
    """
    file = Path(url.partition("///")[2].partition("?")[0]).expanduser() if url.startswith("sqlite") else None
    if file is not None and not new and not file.exists():
        raise StateError(
            f"there is no state store yet at {file.absolute()}; `headroom run --once` makes one. A relative `data` or "
            "`state` lies below the current directory: ask from where Headroom runs"
        )
    try:
        with open_store(url) as store:
            yield store
    except DBAPIError as error:
        raise StateError(f"state: the database failed: {error.orig}") from error
