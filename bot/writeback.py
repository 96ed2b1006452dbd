"""Writing back into the CRMs: what Headroom knows of accounts, and a task for each alert that somebody claimed.

It writes what differs and no more. What one CRM refuses stops neither the others nor the night: it is kept, and told.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import structlog

from bot.errors import HeadroomError
from bot.facts.rejects import keep_rejects
from bot.masking import masked
from bot.measures import AS_OF
from bot.state.rows import Audit, Run
from bot.todos import TASK_WRITTEN, Todos
from connectors.base import Reject, SourceError
from connectors.writeback import AccountValues, Differences, Written

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import date
    from pathlib import Path

    from bot.state.rows import AccountView
    from bot.state.store import Store
    from connectors.writeback import CrmWriter, RowRefusal, Todo

_log = structlog.get_logger(__name__)

WRITEBACK: Final = "writeback"
"""Name of the runs that write everything."""
TASKS: Final = "writeback-tasks"
"""Name of the job that writes tasks alone."""
TASK: Final = "Task"
FIELDS_WRITTEN: Final = "fields-written"
"""Verb of the audit: fields of so many accounts were written."""
_ACTOR: Final = "headroom"
_IN_SUMMARY: Final = 100
"""Refused rows in the summary of a run; all of them are in the file of refused rows."""
_LOOKED_BACK: Final = 20


class NoWritebackError(HeadroomError):
    """Nothing says that anything is to be written back."""

    def __init__(self) -> None:
        super().__init__("no source has `writeback` in the settings: nothing is ever written; see docs/writeback.md")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one CRM came to."""

    differences: Differences
    written: Written | None = None
    """None: it was only looked at."""
    problem: str | None = None
    """Why it could not be looked at, or why writing broke off."""
    calls: str | None = None

    @property
    def source(self) -> str:
        """Name of the CRM in the settings."""
        return self.differences.source

    @property
    def refused(self) -> tuple[RowRefusal, ...]:
        """What cannot be written, or was refused."""
        return self.differences.refused if self.written is None else self.written.refused

    @property
    def well(self) -> bool:
        """Tell whether everything stands, or could stand, as it ought to."""
        return self.problem is None and not self.refused


@dataclass(frozen=True, slots=True)
class Writeback:
    """Writes from the state store into whichever CRMs the settings say."""

    store: Store
    writers: Sequence[CrmWriter]
    """One for each source with `writeback` in its settings."""
    folder: Path
    """Where refused rows are kept."""

    @property
    def nightly(self) -> Writeback:
        """Those whose settings say `apply`: they are written into without being asked."""
        return replace(self, writers=[one for one in self.writers if one.wanted.applies])

    @property
    def of_tasks(self) -> Writeback:
        """Those that take tasks."""
        return replace(self, writers=[one for one in self.writers if one.wanted.todos])

    def preview(self) -> tuple[Outcome, ...]:
        """Look what would be written; writes nothing."""
        return tuple(self._look(writer) for writer in self.writers)

    def apply(self, now: datetime) -> tuple[Outcome, ...]:
        """Write what differs into every CRM, and keep how it went."""
        return tuple(self._apply(writer, now, WRITEBACK) for writer in self.writers)

    def apply_tasks(self, now: datetime) -> tuple[Outcome, ...]:
        """Write the tasks of alerts that were claimed since, and nothing else."""
        return tuple(self._apply(writer, now, TASKS) for writer in self.of_tasks.writers)

    def apply_task(self, todo: Todo, actor: str, now: datetime) -> tuple[Outcome, ...]:
        """Write one task at once, where it has not been written before; the audit says who wanted it."""
        return tuple(self._apply_task(writer, todo, actor, now) for writer in self.of_tasks.nightly.writers)

    def _apply_task(self, writer: CrmWriter, todo: Todo, actor: str, now: datetime) -> Outcome:
        looked = _looked(writer, [], [todo])
        written = writer.write(looked.differences)
        problem = masked(written.problem) if written.problem else looked.problem
        outcome = replace(looked, written=written, problem=problem)
        if lines := audit_lines(outcome, now, actor):
            self.store.note(lines)
        if not outcome.well:
            _log.warning("a task was not written", source=outcome.source, problem=outcome.problem)
        return outcome

    def _look(self, writer: CrmWriter, job: str = WRITEBACK) -> Outcome:
        accounts = [values_of(view) for view in self.store.accounts()] if job == WRITEBACK else []
        todos = Todos(self.store).new(writer.name) if writer.wanted.todos else ()
        if not accounts and not todos:
            return Outcome(Differences(writer.name))
        return _looked(writer, accounts, todos)

    def _apply(self, writer: CrmWriter, now: datetime, job: str) -> Outcome:
        started = datetime.now(UTC)
        looked = self._look(writer, job)
        written = writer.write(looked.differences)
        problem = masked(written.problem) if written.problem else looked.problem
        calls = writer.calls() if looked.calls else None
        outcome = replace(looked, written=written, problem=problem, calls=calls)
        self._keep(outcome, job, now, started)
        return outcome

    def _keep(self, outcome: Outcome, job: str, now: datetime, started: datetime) -> None:
        lines, told = audit_lines(outcome, now), summary(outcome)
        if lines:
            self.store.note(lines)
        # What changes nothing and fails as it did a quarter of an hour ago fills no table.
        if job == TASKS and not lines and (outcome.well or self._told_before(told)):
            return
        if not outcome.well:
            _log.warning("not all was written back", source=outcome.source, problem=outcome.problem)
        self._keep_refused(outcome, job, now.date())
        self.store.record_run(Run(job, now.date(), started, datetime.now(UTC), outcome.well, told))

    def _told_before(self, told: Mapping[str, object]) -> bool:
        runs = self.store.runs(TASKS, _LOOKED_BACK)
        last = next((run.summary for run in runs if run.summary.get("source") == told["source"]), {})
        return all(last.get(key) == told[key] for key in ("refused", "problem"))

    def _keep_refused(self, outcome: Outcome, job: str, day: date) -> None:
        rejects = [
            Reject(f"{one.object} {one.key}", one.code, one.message, json.dumps(asdict(one), ensure_ascii=False))
            for one in outcome.refused
        ]
        try:
            keep_rejects(self.folder, f"{outcome.source}-{job}", day, rejects)
        except OSError as error:
            _log.warning("refused rows could not be kept", source=outcome.source, problem=str(error))


def _looked(writer: CrmWriter, accounts: Sequence[AccountValues], todos: Sequence[Todo]) -> Outcome:
    try:
        return Outcome(writer.differences(accounts, todos), calls=writer.calls())
    except SourceError as error:
        return Outcome(Differences(writer.name), problem=masked(error.problem), calls=writer.calls())


def values_of(view: AccountView) -> AccountValues:
    """Return what is known of an account."""
    currency = view.metrics.get("currency")
    values = {**view.metrics, AS_OF: view.as_of}
    return AccountValues(view.account_id, view.name, values, currency if isinstance(currency, str) else None)


def audit_lines(outcome: Outcome, now: datetime, actor: str = _ACTOR) -> list[Audit]:
    """Return what the audit keeps: a line for each task, and one for all fields of accounts together.

    Fields of every account change nightly: a line for each would drown what people did.
    """
    return list(_audit_lines(outcome, now, actor))


def _audit_lines(outcome: Outcome, now: datetime, actor: str) -> Iterator[Audit]:
    if outcome.written is None:
        return
    made = [(row.account_id, row.key) for row in outcome.written.done if row.object == TASK]
    # A task whose making was never answered is found the next time; after this line it is looked for no more.
    for account, episode in (*made, *((todo.account_id, todo.key) for todo in outcome.differences.had)):
        yield Audit(now, actor, TASK_WRITTEN, account, {"source": outcome.source, "episode": episode})
    accounts = len(outcome.written.done) - len(made)
    if accounts:
        yield Audit(now, actor, FIELDS_WRITTEN, outcome.source, {"accounts": accounts})


def summary(outcome: Outcome) -> dict[str, Any]:
    """Return how it went as plain JSON values, with the first of the refused rows."""
    written = outcome.written or Written(outcome.source)
    return {
        "source": outcome.source,
        "written": len(written.done),
        "unchanged": outcome.differences.unchanged,
        "left": len(written.left),
        "refused": len(outcome.refused),
        "refusals": [refusal_data(one) for one in outcome.refused[:_IN_SUMMARY]],
        "problem": outcome.problem,
        "calls": outcome.calls,
    }


def refusal_data(refusal: RowRefusal) -> dict[str, Any]:
    """Return a refused row as plain JSON values."""
    return {**asdict(refusal), "fields": list(refusal.fields)}
