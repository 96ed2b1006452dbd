"""`status`: how the sources stand, how the last runs went, what waits. Needs no access: it tells of no customer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Protocol

from bot.desk.asking import Answer
from bot.messages.lists.status import Status, held, status_message, unmatched

if TYPE_CHECKING:
    from bot.desk.asking import Question
    from bot.state.rows import Backlog, Run, SourceState

_RUNS_LOOKED_AT = 200
_PATIENCE = timedelta(minutes=5)
"""A message that has to wait longer is one that is deferred: `Backlog.deferred`."""


class Records(Protocol):
    """What the state store tells of itself."""

    def sources(self) -> tuple[SourceState, ...]:
        """Return how the last reading of each source went, by name."""

    def runs(self, job: str | None = None, limit: int = 20) -> tuple[Run, ...]:
        """Return the last runs, of one job or of all, newest first."""

    def backlog(self, patience: timedelta = timedelta()) -> Backlog:
        """Count the notices that are not delivered yet; `deferred` are those that wait for longer than `patience`."""


@dataclass(frozen=True, slots=True)
class StatusCommand:
    """Tells how Headroom stands."""

    records: Records
    night: str
    """Name of the job that reads and judges."""
    native: bool = False
    """Whether Slack shows tables of its own."""
    name: str = "status"
    usage: str = "status"
    purpose: str = "how fresh the data are, the last runs, what waits"

    def answer(self, question: Question) -> Answer:
        """Tell it; whatever is typed after the word changes nothing."""
        night = next(iter(self.records.runs(self.night, 1)), None)
        last = {run.job: run for run in reversed(self.records.runs(None, _RUNS_LOOKED_AT))}
        if night is not None:
            last[self.night] = night  # jobs that run every few minutes push it out of the last runs
        runs = tuple(sorted(last.values(), key=lambda run: run.finished, reverse=True))
        found = Status(self.records.sources(), night, runs, self.records.backlog(_PATIENCE))
        speech = question.asker.speech
        return Answer(speech.write(status_message(found, speech, native=self.native)), _data(found))


def _data(found: Status) -> dict[str, object]:
    summary = found.night.summary if found.night else {}
    return {
        "as_of": str(found.night.as_of) if found.night else None,
        "sources": [_source(one) for one in found.sources],
        "runs": [_run(run) for run in found.runs],
        "backlog": {
            "waiting": found.backlog.waiting,
            "deferred": found.backlog.deferred,
            "uncertain": found.backlog.uncertain,
        },
        "unmatched": unmatched(summary),
        "held": held(summary),
        **{name: summary.get(name) for name in ("rows", "episodes", "accounts", "contract_lines")},
    }


def _source(one: SourceState) -> dict[str, object]:
    return {
        "name": one.name,
        "read_at": one.read_at.isoformat() if one.read_at else None,
        "complete_to": str(one.complete_to) if one.complete_to else None,
        "rows": one.rows_total,
        "rejected": one.rows_rejected,
        "error": one.error,
    }


def _run(run: Run) -> dict[str, object]:
    return {
        "job": run.job,
        "as_of": str(run.as_of),
        "started": run.started.isoformat(),
        "finished": run.finished.isoformat(),
        "ok": run.ok,
    }
