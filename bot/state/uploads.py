"""What was uploaded to Slack, by its content: the same picture is uploaded once."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from sqlalchemy import delete, select

from bot.state.tables import UPLOADS
from bot.state.upsert import insert

if TYPE_CHECKING:
    from collections.abc import Collection
    from contextlib import AbstractContextManager
    from datetime import datetime

    from sqlalchemy import Connection


class UploadStore(ABC):
    """Every method is one transaction."""

    @abstractmethod
    def _reading(self) -> AbstractContextManager[Connection]: ...

    @abstractmethod
    def _writing(self) -> AbstractContextManager[Connection]: ...

    @abstractmethod
    def _now(self, connection: Connection) -> datetime: ...

    def uploads(self, keys: Collection[str]) -> dict[str, str]:
        """Return the file ids of those keys that were uploaded."""
        wanted = select(UPLOADS.c.key, UPLOADS.c.file_id).where(UPLOADS.c.key.in_(sorted(set(keys))))
        with self._reading() as connection:
            return {row.key: row.file_id for row in connection.execute(wanted)}

    def remember_upload(self, key: str, kind: str, file_id: str) -> None:
        """Keep where something lies; of two that were uploaded at once, the later one. `kind`: chart or canvas."""
        with self._writing() as connection:
            put = insert(connection, UPLOADS).values(key=key, kind=kind, file_id=file_id, at=self._now(connection))
            later = {"kind": put.excluded.kind, "file_id": put.excluded.file_id, "at": put.excluded.at}
            connection.execute(put.on_conflict_do_update(index_elements=["key"], set_=later))

    def forget_uploads(self, keys: Collection[str]) -> None:
        """Forget files that Slack does not have any more."""
        with self._writing() as connection:
            connection.execute(delete(UPLOADS).where(UPLOADS.c.key.in_(sorted(set(keys)))))
