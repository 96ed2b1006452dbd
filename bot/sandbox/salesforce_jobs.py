"""A query job of Bulk API 2.0: how it gets on, what it tells, and what its locators mean."""

from __future__ import annotations

import base64
import binascii
import secrets
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from bot.sandbox.salesforce_faults import FaultKind
from bot.sandbox.salesforce_http import RefusedError
from bot.sandbox.salesforce_oauth import USER

if TYPE_CHECKING:
    from bot.sandbox.salesforce_csv import Sheet

_WHY_FAILED: Final = (
    "InternalServerError : Error encountered when executing query. "
    "TIMEOUT : Your query request was running for too long."
)


class State(StrEnum):
    """What has become of a job."""

    UPLOADED = "UploadComplete"
    RUNNING = "InProgress"
    COMPLETE = "JobComplete"
    FAILED = "Failed"
    ABORTED = "Aborted"


UNFINISHED: Final = frozenset({State.UPLOADED, State.RUNNING})


@dataclass(slots=True)
class Job:
    """A query job."""

    identity: str
    operation: str
    version: str
    delimiter: str
    ending: str
    sheet: Sheet
    created: str
    polls: int
    """How often it will still be found InProgress."""
    doom: FaultKind | None
    state: State = State.UPLOADED
    salt: str = field(default_factory=lambda: secrets.token_hex(2))

    def poll(self) -> None:
        """Let it get on with its work."""
        if self.state not in UNFINISHED:
            return
        if self.polls > 0 or self.doom is FaultKind.JOB_ENDLESS:
            self.polls -= 1
            self.state = State.RUNNING
        else:
            self.state = State.FAILED if self.doom is FaultKind.JOB_FAILED else State.COMPLETE

    def locator(self, start: int) -> str:
        """Return the name of the results from `start` on."""
        return self.salt + base64.urlsafe_b64encode(str(start).encode()).decode().rstrip("=")

    def start(self, locator: str | None) -> int:
        """Return where the results of a locator begin. Raises RefusedError for one of another job."""
        if locator is None:
            return 0
        try:
            code = locator.removeprefix(self.salt)
            start = int(base64.urlsafe_b64decode(code + "=" * (-len(code) % 4)))
        except (binascii.Error, ValueError):
            start = -1
        if not locator.startswith(self.salt) or not 0 <= start < max(self.sheet.total, 1):
            raise RefusedError(400, "INVALIDLOCATOR", f"Invalid locator: {locator}")
        return start

    def told(self) -> dict[str, object]:
        """Return the job as its creation shows it."""
        return {
            "id": self.identity,
            "operation": self.operation,
            "object": self.sheet.answer.source.name,
            "createdById": USER,
            "createdDate": self.created,
            "systemModstamp": self.created,
            "state": self.state,
            "concurrencyMode": "Parallel",
            "contentType": "CSV",
            "apiVersion": float(self.version),
            "lineEnding": self.ending,
            "columnDelimiter": self.delimiter,
        }

    def told_in_full(self) -> dict[str, object]:
        """Return the job as asking for it shows it."""
        done = self.sheet.total if self.state is State.COMPLETE else 0
        failed = {"errorMessage": _WHY_FAILED} if self.state is State.FAILED else {}
        counted = {"jobType": "V2Query", "numberRecordsProcessed": done, "retries": 0, "totalProcessingTime": 334}
        return {**self.told(), **counted, "isPkChunkingSupported": True, **failed}
