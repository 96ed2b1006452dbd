"""One night: pull, analyse, judge, notify. Delivery is the sender's.

`night` reads like the sentence that describes it; each step is a few lines, and what decides is in `bot.core`.
"""

from __future__ import annotations

from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Final

import duckdb
import pyarrow as pa
import structlog

from bot.charts.illustrating import illustrated
from bot.core.guarding.policy import FLEET, Past
from bot.core.inheriting import inherit
from bot.core.replay import days_to_judge
from bot.core.rule_versions import definition
from bot.core.verdicts import Scope
from bot.days import Days, heirs_of
from bot.errors import HeadroomError
from bot.facts.courses import CourseBook
from bot.house import NIGHT, Progress
from bot.notices import Writer
from bot.notices.changes import Yesterday
from bot.notices.hearing import Wishes, muted_kinds
from bot.pulling import pull
from bot.state.rows import Judgement, RuleVersion, SourceState
from bot.views import account_views, odd_channels, people, source_metrics
from bot.watch import Held, Watch
from connectors.schema import Table

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Mapping, Sequence
    from datetime import date
    from pathlib import Path

    from bot.core.earlier import Earlier
    from bot.core.verdicts import Rule, Value
    from bot.facts.engine import Analysis
    from bot.house import House, Moment
    from bot.pulling import Pulled
    from bot.state.rows import Notice

_log = structlog.get_logger(__name__)

MANY_RUNS: Final = 100
"""Nights that are looked through for one that had accounts."""

_NIGHTS_BACK: Final = 20
"""Nights that are looked through for one of an earlier day: a day has eight at most."""


@dataclass(frozen=True, slots=True)
class NightReport:
    """What a night did."""

    moment: Moment
    pulled: tuple[Pulled, ...]
    days: tuple[date, ...]
    """Days that were judged."""
    analysis: Analysis
    episodes: int
    """Open episodes after this night."""
    notices: tuple[Notice, ...]
    """New in the outbox."""
    problems: tuple[str, ...] = ()
    """What else went wrong, and did not stop the night: a card that was written plainly, say."""
    held: tuple[Held, ...] = ()
    """What the guards keep from being said."""
    fleet: Mapping[str, Value | date] = field(default_factory=dict)
    """The metrics of all accounts together; empty where no rule asks for them."""

    @property
    def failures(self) -> tuple[SourceState, ...]:
        """Sources that could not be read."""
        return tuple(item.state for item in self.pulled if item.state.error is not None)

    @property
    def well(self) -> bool:
        """Tell whether all of it went well."""
        return not self.failures and not self.problems


class PastDayError(HeadroomError):
    """A day before the last judged one: episodes do not run backwards."""

    def __init__(self, as_of: date, last: date) -> None:
        super().__init__(
            f"{as_of} lies before {last}, the last day that was judged; episodes do not run backwards. "
            "Give another `data` folder (and `state`) to look at the past"
        )


class FactsError(HeadroomError):
    """The facts cannot be used: damaged, or written by a Headroom whose tables were others."""

    def __init__(self, folder: Path, error: Exception) -> None:
        super().__init__(
            f"the facts in {folder / 'facts'} cannot be used: {' '.join(str(error).split())[:500]}; "
            "if another version wrote them or the disk lost some, move that folder away: all is read from the sources "
            "again, but for the contracts of past days"
        )


def night(house: House, moment: Moment, progress: Progress | None = None) -> NightReport:
    """Pull, analyse, judge and enqueue for one day. Judging the same day again says nothing twice.

    Raises PastDayError, FactsError; StaleJudgementError where another night came in between; and what `progress`
    raises. Nothing is decided then.
    """
    progress = progress or Progress()
    last = _last_day(house, moment)
    days = days_to_judge(last if _ever_had_accounts(house) else None, moment.as_of, house.rules)
    with _facts_in_words(house.folder):
        pulled = pull(house, moment, progress)
    states = [item.state for item in pulled]
    with _facts_in_words(house.folder):
        heirs = heirs_of(house.facts, moment.as_of)
    moved = house.store.moved(heirs)
    watch = _watch(house, moment, heirs, again=last == moment.as_of)
    judging = Days(house.facts, house.engine, house.rules, moment.as_of, moment.on, heirs)
    analysis, earlier = _judge(house, judging, watch, states, days, progress)
    watch.conclude(analysis, moment.on(moment.as_of))
    with _facts_in_words(house.folder):
        writer = _writer(house, moment, analysis, earlier, watch)
    judgement = _judgement(house.rules, moment, writer, watch, states)
    judgement = replace(judgement, notices=_illustrated(house, judgement.notices, writer, analysis))
    committed = house.store.commit(replace(judgement, moved=moved, heirs=heirs))
    judging.keep_judged(analysis)
    CourseBook(house.facts).keep(analysis)
    _log.info("judged", as_of=str(moment.as_of), days=len(days), notices=len(committed.notices))
    problems = tuple(dict.fromkeys(writer.problems))
    return NightReport(
        moment,
        tuple(pulled),
        days,
        analysis,
        watch.open_count(),
        committed.notices,
        problems,
        watch.held(),
        watch.fleet,
    )


def _judge(
    house: House,
    judging: Days,
    watch: Watch,
    states: Sequence[SourceState],
    days: Sequence[date],
    progress: Progress,
) -> tuple[Analysis, Earlier | None]:
    """Judge each day, then once more the alerts whose usage has changed.

    Returns the analysis of the last day, and the metrics that it is compared with.
    """
    progress.say("judging", 0, len(days))
    with closing(_analyses(house, days, states)) as analyses:
        tell = partial(progress.say, "judging")
        analysis, earlier = judging.judge(watch, analyses, lambda number: tell(number, len(days)))
    with _facts_in_words(house.folder):
        late = judging.reconsider(watch, analysis, days[0], states)
    return replace(analysis, notes=(*analysis.notes, *late, *odd_channels(analysis.accounts))), earlier


def _watch(house: House, moment: Moment, heirs: Mapping[str, str], *, again: bool) -> Watch:
    """Begin to watch; `again`: this day was judged before."""
    store = house.store
    of_fleet = {rule.name for rule in house.rules if rule.scope is Scope.FLEET}
    incidents = (one for one in store.episodes_of(FLEET) if one.rule in of_fleet)
    ended = (one.resolved_at for one in incidents if one.resolved_at is not None)
    first_judged = {one.version: one.first_seen.date() for one in store.rule_versions()}
    past = Past(max(ended, default=None), first_judged)
    others = {rule.name for rule in house.rules if rule.scope is not Scope.ACCOUNT}
    inherited = inherit(store.open_episodes(), heirs, others, moment.now)
    watch = Watch(house.rules, inherited.open, store.episode if again else None, house.fleet, past)
    watch.inherit(inherited)
    return watch


def _analyses(house: House, days: Sequence[date], states: Sequence[SourceState]) -> Generator[Analysis]:
    with _facts_in_words(house.folder):
        yield from house.engine.analyses(days, states)


def _last_day(house: House, moment: Moment) -> date | None:
    """Return the day that was judged last. Raises PastDayError where it lies after the one that is to be judged."""
    last = next((run.as_of for run in house.store.runs(NIGHT, limit=1)), None)
    if last is not None and moment.as_of < last:
        raise PastDayError(moment.as_of, last)
    return last


def _ever_had_accounts(house: House) -> bool:
    # Until the CRM has delivered, nothing was judged: what held before still has to be looked back for.
    return any(run.summary.get("accounts") for run in house.store.runs(NIGHT, limit=MANY_RUNS))


@contextmanager
def _facts_in_words(folder: Path) -> Iterator[None]:
    try:
        yield
    except (pa.ArrowException, duckdb.Error) as error:
        raise FactsError(folder, error) from error


def _writer(house: House, moment: Moment, analysis: Analysis, earlier: Earlier | None, watch: Watch) -> Writer:
    return Writer(
        templates=house.templates,
        company=house.company,
        accounts=account_views(
            analysis.accounts,
            analysis.lines,
            moment.as_of,
            earlier,
            house.facts.snapshot(Table.ACCOUNTS, moment.as_of),
        ),
        people=people(house.facts.snapshot(Table.PEOPLE, moment.as_of)),
        sources=source_metrics(analysis.sources),
        fleet=watch.fleet,
        now=moment.now,
        told=lambda episode_id: house.store.deliveries(episode_id=episode_id),
        manners=house.manners,
        past=house.store,
        wishes=_wishes(house),
        yesterday=_yesterday(house, moment.as_of),
        chosen=house.store.preferences_by_person(),
    )


def _illustrated(house: House, notices: tuple[Notice, ...], writer: Writer, analysis: Analysis) -> tuple[Notice, ...]:
    if not house.charts:
        return notices
    return illustrated(notices, writer.accounts, partial(CourseBook(house.facts).of_analysis, analysis))


def _wishes(house: House) -> Wishes:
    muted = muted_kinds(house.store.preferences_by_person())
    return Wishes((*house.store.subscriptions(), *muted), house.readers, house.store.who_in_slack())


def _yesterday(house: House, as_of: date) -> Yesterday:
    """Return how things stood after the night before; nothing where nobody is told what changed."""
    earlier = [run for run in house.store.runs(NIGHT, _NIGHTS_BACK) if run.as_of < as_of]
    if not house.manners.changes or not earlier:
        return Yesterday()
    day = earlier[0].as_of
    # Not since the last night of that day: one that was done over says nothing of what changed.
    since = min(run.finished for run in earlier if run.as_of == day)
    store = house.store
    return Yesterday(day, store.book_states(), store.acted_since(since), store.who_in_slack())


def _judgement(
    rules: Sequence[Rule], moment: Moment, writer: Writer, watch: Watch, states: Sequence[SourceState]
) -> Judgement:
    written = writer.write(watch.to_say(), watch)
    return Judgement(
        as_of=moment.as_of,
        at=moment.now,
        accounts=tuple(writer.accounts.values()),
        people=tuple(writer.people.values()),
        sources=tuple(states),
        episodes=watch.changed(),
        notices=written.notices,
        audit=(*watch.audit(moment.now), *written.audit),
        standings=watch.standings(),
        rules=tuple(RuleVersion(rule.version, rule.name, definition(rule), moment.now) for rule in rules),
    )
