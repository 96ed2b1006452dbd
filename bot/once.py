"""`headroom run --once`: one night, its delivery, and what it did, as tables or as data."""

from __future__ import annotations

import json
import sys
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from rich.console import Console

from bot.app import make_sender, open_house
from bot.core.located import Fault, Mark
from bot.errors import DeliveryError, SettingsError
from bot.progress import progress_bars
from bot.report import as_data, show, wide_console
from bot.run import moment_of, run_night

if TYPE_CHECKING:
    from bot.load import Loaded
    from bot.pipeline import House, NightReport, Progress


def run_once(loaded: Loaded, as_of: str | None, *, as_json: bool) -> bool:
    """Do one night now; True when every source could be read and everything was delivered.

    Raises SettingsError for a day that is none or lies ahead.
    """
    moment = moment_of(loaded.settings.timezone, datetime.now(UTC), _day(as_of))
    if moment.as_of > moment.today:
        raise SettingsError([Fault(Mark("--as-of"), f"{moment.as_of} lies ahead; today is {moment.today}")])
    with open_house(loaded) as house, progress_bars() as progress:
        report = run_night(house, moment, progress)
        problem = deliver(house, loaded, report, progress)
        outcomes = {item.notice.notice_id: str(item.status) for item in house.store.deliveries()}
    if as_json:
        json.dump({**as_data(report, outcomes), "delivery_problem": problem}, sys.stdout, ensure_ascii=False)
        sys.stdout.write("\n")
    else:
        show(wide_console(), report, outcomes)
    _complain(report, problem)
    return not report.failures and problem is None


def deliver(house: House, loaded: Loaded, report: NightReport, progress: Progress) -> str | None:
    """Send what is in the outbox; return the problem where the far end takes nothing at all."""
    progress.say("sending", 0, len(report.notices))
    try:
        make_sender(loaded, house.store).drain()
    except DeliveryError as error:
        return error.problem
    progress.say("sending", len(report.notices), len(report.notices))
    return None


def _complain(report: NightReport, problem: str | None) -> None:
    """Say on standard error what did not work: a source that is down is no reason to say nothing."""
    err = Console(stderr=True, highlight=False)
    for state in report.failures:
        kept = f"kept what was known up to {state.complete_to}" if state.complete_to else "nothing of it is known yet"
        err.print(f"source '{state.name}' could not be read: {state.error}; {kept}", style="red", markup=False)
    if problem is not None:
        err.print(f"messages are waiting in the outbox: {problem}", style="red", markup=False)


def _day(text: str | None) -> date | None:
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise SettingsError([Fault(Mark("--as-of"), f"'{text}' is no day; wanted YYYY-MM-DD")]) from error
