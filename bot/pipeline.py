"""One night: pull, analyse, judge, notify. Delivery is the sender's.

`night` reads like the sentence that describes it; each step is a few lines, and what decides is in `bot.core`.
"""

from __future__ import annotations

from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Final

import duckdb
import pyarrow as pa
import structlog

from bot.core.guarding.policy import FLEET, FleetPolicy, Past
from bot.core.inheriting import inherit
from bot.core.replay import days_to_judge
from bot.core.rule_versions import definition
from bot.core.verdicts import Scope
from bot.days import Days, heirs_of
from bot.errors import HeadroomError
from bot.facts.rejects import keep_rejects
from bot.masking import masked
from bot.notices import Manners, Writer
from bot.state.rows import Judgement, RuleVersion, SourceState
from bot.views import account_views, odd_channels, people, source_metrics
from bot.watch import Held, Watch
from connectors.base import Rejects, SourceError, Window
from connectors.schema import Table

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from bot.core.earlier import Earlier
    from bot.core.verdicts import Rule, Value
    from bot.facts.engine import Analysis, Engine
    from bot.facts.store import FactStore
    from bot.messages.render import Templates
    from bot.state.rows import Notice
    from bot.state.store import Store
    from connectors.base import Batch, Source

_log = structlog.get_logger(__name__)

NIGHT: Final = "night"
"""Name of the job: its runs tell which day was judged last."""

MANY_RUNS: Final = 100
"""Nights that are looked through for one that had accounts."""

READ_AGAIN: Final = timedelta(days=7)
"""Days before the last complete one that are read once more: sources deliver late."""


@dataclass(frozen=True, slots=True)
class House:
    """Everything that a night needs, put together by `bot.app`."""

    company: str
    sources: tuple[Source, ...]
    folder: Path
    facts: FactStore
    engine: Engine
    rules: tuple[Rule, ...]
    templates: Templates
    store: Store
    fleet: FleetPolicy = field(default_factory=FleetPolicy)
    manners: Manners = field(default_factory=Manners)


@dataclass(frozen=True, slots=True)
class Moment:
    """What a night is about, and when it is."""

    as_of: date
    """The day that is judged."""
    today: date
    """The company's day on which sources are read."""
    now: datetime
    """UTC."""

    def on(self, day: date) -> datetime:
        """Return the time of day of this moment on another day: what is replayed looks as if done on time."""
        # Not the day with the time of now: in UTC it may be the day before, and what fires now would lie ahead.
        return self.now - (self.today - day)


@dataclass(frozen=True, slots=True)
class Pulled:
    """How reading one source went."""

    state: SourceState
    rejects: Rejects
    outside: int
    """Rows of usage outside of the days asked for: read, not needed, not kept."""
    calls: str | None


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


@dataclass(slots=True)
class Progress:
    """Whom to tell how far a night has come; does nothing by default. Telling may raise StoppedError."""

    say: Callable[[str, int, int], None] = field(default=lambda _what, _done, _all: None)


class StoppedError(HeadroomError):
    """The night was told to stop. It has decided nothing: what was read is kept, the rest is done by the next one."""


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
    committed = house.store.commit(replace(_judgement(house.rules, moment, writer, watch, states), moved=moved))
    judging.keep_judged(analysis)
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


def pull(house: House, moment: Moment, progress: Progress) -> list[Pulled]:
    """Read every source; one that cannot be read keeps what it had."""
    pulled = []
    for number, source in enumerate(house.sources):
        say = partial(progress.say, f"reading {source.name}", number, len(house.sources))
        say()
        pulled.append(_pull_one(house, source, moment, say))
    progress.say("reading", len(house.sources), len(house.sources))
    return pulled


def _pull_one(house: House, source: Source, moment: Moment, say: Callable[[], None]) -> Pulled:
    window = Window(_since(house.facts.last_complete_day(source.name)), moment.today)
    rejects, outside, problem = Rejects(), 0, None
    try:
        batches = _watched(source.read(window, rejects), say)
        outside = house.facts.write(source.name, batches, window).outside
    except SourceError as error:
        problem = masked(error.problem)
        _log.warning("source failed", source=source.name, problem=problem)
    except HeadroomError:
        raise
    except Exception as error:  # noqa: BLE001  # a fault in one source must not keep the others from being judged
        problem = masked(f"an unforeseen fault ({type(error).__name__}: {error}); the log tells where")
        _log.exception("source failed in an unforeseen way", source=source.name)
    problem = problem or _kept(house, source, moment, rejects)
    state = SourceState(
        source.name, moment.now, _complete_to(house.facts, source.name), problem, rejects.total, rejects.rejected
    )
    return Pulled(state, rejects, outside, source.calls())


def _watched(batches: Iterable[Batch], say: Callable[[], None]) -> Iterator[Batch]:
    """Hand batches on, and tell of each: a night that is told to stop stops between two."""
    for batch in batches:
        say()
        yield batch


def _kept(house: House, source: Source, moment: Moment, rejects: Rejects) -> str | None:
    """Keep the refused rows; return why that could not be done."""
    try:
        keep_rejects(house.folder, source.name, moment.today, rejects.rows)
    except OSError as error:
        return f"its refused rows could not be kept: {error}"
    return None


def _complete_to(facts: FactStore, source: str) -> date | None:
    """Return the last covered day; a source without usage is as complete as its last snapshot."""
    days = facts.snapshot_days(source)
    return facts.last_complete_day(source) or (days[-1] if days else None)


def _since(complete_to: date | None) -> date | None:
    return (complete_to - READ_AGAIN).replace(day=1) if complete_to else None


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
        accounts=account_views(analysis.accounts, analysis.lines, moment.as_of, earlier),
        people=people(house.facts.snapshot(Table.PEOPLE, moment.as_of)),
        sources=source_metrics(analysis.sources),
        fleet=watch.fleet,
        now=moment.now,
        told=lambda episode_id: house.store.deliveries(episode_id=episode_id),
        manners=house.manners,
        past=house.store,
    )


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
