"""What metrics were on the days that were judged: what people compare today's value with.

    metrics/day=<YYYY-MM-DD>/part.parquet    one row an account: `subject`, and the metrics that rules name

Written anew where a day is judged again. Nothing rests on these files but the words "was 52 % on 3 March": where they
cannot be read or written all else goes on, the log says so, and the value of then is unknown.
"""

from __future__ import annotations

import shutil
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

import pyarrow as pa
import pyarrow.parquet as pq
import structlog

from bot.core.earlier import SUBJECT, Earlier
from bot.core.judge import metrics_of
from bot.core.verdicts import Scope
from bot.facts.months import PART
from bot.facts.staging import put_in_place, staged
from connectors.base import SourceError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from bot.core.verdicts import Rule

BACK: Final = timedelta(days=28)
"""How long ago the earlier value was, where days go back so far: four whole weeks, the window of active users."""
EVERY_DAY: Final = timedelta(days=35)
"""How long every day is kept; of those before it one a week, else a year of 100,000 accounts would take gigabytes."""
KEPT: Final = timedelta(days=400)
"""How long days are kept at all: a year, and the weeks before it."""
SHOWN: Final = frozenset({"licence_utilization", "peak_utilization", "active_users", "cus", "health", "arr"})
"""Kept whether a rule names them or not: what a person asks for first."""

_log = structlog.get_logger(__name__)

_FOLDER: Final = "metrics"
# No source can be named so: names of sources begin with a letter or a digit.
_LOCK_NAME: Final = ".metrics"


class MetricsHistory:
    """The metrics of past days, in the folder `facts`. One night at a time writes."""

    def __init__(self, facts: Path, rules: Sequence[Rule]) -> None:
        self._facts = facts
        self._folder = facts / _FOLDER
        self._names = sorted(metrics_of(rules, Scope.ACCOUNT) | SHOWN)

    def keep(self, day: date, accounts: pa.Table) -> None:
        """Keep the metrics of a day, in place of what was kept of it; let go of days that are too old.

        A day without accounts is none: the CRM did not deliver.
        """
        if not accounts.num_rows:
            return
        try:
            self._write(day, accounts)
            self._prune(day)
        except (OSError, SourceError) as error:
            _log.warning("metrics of the day not kept", day=str(day), problem=str(error))

    def days(self) -> tuple[date, ...]:
        """Return the days that are kept, oldest first."""
        found = self._folder.glob(f"day=*/{PART}")
        return tuple(sorted(date.fromisoformat(path.parent.name.removeprefix("day=")) for path in found))

    def before(self, as_of: date) -> Earlier | None:
        """Return the newest day that lies four weeks or more before `as_of`, else the oldest before it. None: none."""
        past = [day for day in self.days() if day < as_of]
        if not past:
            return None
        day = max((day for day in past if day <= as_of - BACK), default=past[0])
        try:
            return Earlier(day, pq.ParquetFile(self._place(day)).read())
        except (OSError, pa.ArrowException) as error:
            _log.warning("metrics of an earlier day not read", day=str(day), problem=str(error))
            return None

    def _write(self, day: date, accounts: pa.Table) -> None:
        columns = [name for name in self._names if name in accounts.column_names]
        with staged(self._facts, _LOCK_NAME) as stage:
            ready = stage / PART
            pq.write_table(accounts.select([SUBJECT, *columns]), ready, compression="zstd")
            put_in_place([(ready, self._place(day))])

    def _place(self, day: date) -> Path:
        return self._folder / f"day={day}" / PART

    def _prune(self, today: date) -> None:
        weeks: set[tuple[int, int]] = set()
        for day in self.days():
            if day >= today - EVERY_DAY:
                continue
            week = day.isocalendar()[:2]
            if day < today - KEPT or week in weeks:
                shutil.rmtree(self._place(day).parent)
            else:
                weeks.add(week)
