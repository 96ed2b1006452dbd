"""`headroom run --once`: one night, its delivery, and what it did, as tables or as data."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Final

from rich.console import Console

from bot.app import make_sender, make_writeback, open_house
from bot.core.addressing import PERSON
from bot.core.located import Fault, Mark
from bot.errors import DeliveryError, SettingsError
from bot.masking import masked
from bot.out import print_json, tables
from bot.outcomes import outcomes
from bot.preparing import preparation
from bot.progress import progress_bars
from bot.report import as_data, show
from bot.run import escalations, moment_of, run_night, write_back
from bot.state.rows import Status
from bot.weekly import weekly_digests
from bot.writeback import summary
from bot.writeback_report import complain as complain_of_writing
from bot.writeback_report import show as show_writing

if TYPE_CHECKING:
    from bot.house import House, Moment, Progress
    from bot.load import Loaded
    from bot.pipeline import NightReport
    from bot.slack.sender import DrainResult

_FIRST: Final = date(1970, 1, 1)
"""Before it nothing was contracted or used that anybody has on record; far before it days cannot be counted."""


def run_once(loaded: Loaded, as_of: str | None, *, as_json: bool) -> bool:
    """Do one night now; True when every source could be read and everything was delivered.

    Raises SettingsError for a day that is none or lies ahead.
    """
    moment = moment_of(loaded.settings.timezone, datetime.now(UTC), _day(as_of))
    if not _FIRST <= moment.as_of <= moment.today:
        lies = f"lies ahead; today is {moment.today}" if moment.as_of > moment.today else f"lies before {_FIRST}"
        raise SettingsError([Fault(Mark("--as-of"), f"{moment.as_of} {lies}")])
    with open_house(loaded) as house, progress_bars() as progress:
        report = whole_night(house, loaded, moment, progress)
        problem = deliver(house, loaded, report, progress)
        came = outcomes(house.store.deliveries())
        names = {f"{PERSON}{key}": person.name for key, person in house.store.people().items()}
        wrote = write_back(make_writeback(loaded, house.store), moment.now)
    if as_json:
        print_json({**as_data(report, came), "delivery_problem": problem, "writeback": [summary(one) for one in wrote]})
    else:
        show(tables(), report, came, names)
        for outcome in wrote:
            show_writing(tables(), outcome, changes=False)
    complain(report, problem)
    complain_of_writing(wrote)
    return report.well and problem is None and all(outcome.well for outcome in wrote)


def whole_night(house: House, loaded: Loaded, moment: Moment, progress: Progress) -> NightReport:
    """Do one night, and what other jobs would do after it; return it with all that is new in the outbox."""
    report = run_night(house, moment, progress)
    prepared = preparation(house, loaded).prepare(moment.now, moment.as_of) if loaded.settings.prep.post else ()
    weeks = weekly_digests(house, loaded).send(moment.now) if moment.as_of == moment.today else ()
    escalated = escalations(house).escalate(moment.now)
    return replace(report, notices=(*report.notices, *escalated, *prepared, *weeks))


def deliver(house: House, loaded: Loaded, report: NightReport, progress: Progress) -> str | None:
    """Send what is in the outbox; return what stands in the way of that which is left there, if anything is."""
    progress.say("sending", 0, len(report.notices))
    try:
        done = make_sender(loaded, house.store).drain(
            tell=lambda sent: progress.say("sending", sent, len(report.notices))
        )
    except DeliveryError as error:
        return masked(error.problem)
    progress.say("sending", len(report.notices), len(report.notices))
    return _left(house, done) if done.waiting or done.uncertain else None


def _left(house: House, done: DrainResult) -> str:
    """Say how much is left, and the last thing that went wrong with any of it."""
    open_ones = [*house.store.deliveries(Status.PENDING), *house.store.deliveries(Status.UNCERTAIN)]
    errors = [item.error for item in open_ones if item.error]
    why = f": {masked(errors[-1])}" if errors else ""
    return f"{done.waiting} not delivered yet, {done.uncertain} of which nobody knows whether they arrived{why}"


def complain(report: NightReport, problem: str | None) -> None:
    """Say on standard error what did not work: a source that is down is no reason to say nothing."""
    err = Console(stderr=True, highlight=False, soft_wrap=True)
    for state in report.failures:
        kept = f"kept what was known up to {state.complete_to}" if state.complete_to else "nothing of it is known yet"
        err.print(f"source '{state.name}' could not be read: {state.error}; {kept}", style="red", markup=False)
    for line in report.problems:
        err.print(line, style="red", markup=False)
    if problem is not None:
        err.print(f"messages are waiting in the outbox: {problem}", style="red", markup=False)


def _day(text: str | None) -> date | None:
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise SettingsError([Fault(Mark("--as-of"), f"'{text}' is no day; wanted YYYY-MM-DD")]) from error
