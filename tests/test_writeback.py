"""Writing back: what is handed to the CRMs, what is kept of it, and that nothing of it stops anything else."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from bot.core.episode import Phase
from bot.core.metrics import ACCOUNT_METRICS
from bot.core.verdicts import Evidence, Truth
from bot.jobs import Job
from bot.measures import MEASURES
from bot.run import tasks_job, with_writing_back, write_back
from bot.state.rows import SlackIdentity
from bot.state.store import open_store
from bot.todos import Todos
from bot.writeback import Writeback, values_of
from connectors.base import SourceError
from connectors.writeback import AccountValues, Differences, FieldChange, Form, RowChange, RowRefusal, Wanted, Written
from tests.nights import new_state
from tests.state.samples import ACME, DANA, START, episode, judgement

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from bot.state.rows import AccountView
    from bot.state.store import Store
    from connectors.base import Remark
    from connectors.writeback import Todo, Value

NOW = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)
KIM = replace(DANA, person_id="005B", name="Kim Ito", email="kim@ours.example")
CLAIMED = episode(
    ACME.account_id,
    phase=Phase.CLAIMED,
    claimed_by="U1",
    claimed_at=START,
    evidence_on=date(2026, 3, 1),
    evidence=(
        Evidence("licence_utilization < 0.5", Truth.TRUE, (("licence_utilization", 0.41),)),
        Evidence("tenure_days > 60", Truth.UNKNOWN, (("tenure_days", None),)),
    ),
)


@dataclass
class Ledger:
    """A CRM in memory: one field, `Utilization`, and todos by their key."""

    name: str = "crm"
    wanted: Wanted = field(default_factory=lambda: Wanted({"Utilization": "licence_utilization"}, True, True))
    stands: dict[str, Value] = field(default_factory=dict)
    todos: dict[str, Todo] = field(default_factory=dict)
    refuses: set[str] = field(default_factory=set)
    down: str | None = None
    breaks_off: str | None = None

    def check(self) -> Iterator[Remark]:
        yield from ()

    def differences(self, accounts: Sequence[AccountValues], todos: Sequence[Todo]) -> Differences:
        if self.down is not None:
            raise SourceError(self.name, self.down)
        self._wanted = {todo.key: todo for todo in todos}
        rows = []
        for account in accounts:
            new = account.values["licence_utilization"]
            assert not isinstance(new, date)
            change = FieldChange("Utilization", self.stands.get(account.account_id), new)
            if change.old != change.new:
                rows.append(RowChange("Account", account.account_id, account.account_id, account.name, (change,)))
        had = tuple(one for one in todos if one.key in self.todos)
        made = [RowChange("Task", one.key, one.account_id, one.account, ()) for one in todos if one not in had]
        return Differences(self.name, (*rows, *made), len(accounts) - len(rows) + len(had), had=had)

    def write(self, differences: Differences) -> Written:
        if self.breaks_off is not None and differences.changes:
            return Written(self.name, left=differences.changes, problem=self.breaks_off)
        done = [row for row in differences.changes if row.key not in self.refuses]
        for row in done:
            if row.object == "Task":
                self.todos[row.key] = self._wanted[row.key]
            for change in row.fields:
                self.stands[row.key] = change.new
        refused = [_refused(row) for row in differences.changes if row.key in self.refuses]
        return Written(self.name, tuple(done), tuple(refused))

    def calls(self) -> str | None:
        return "1 call"


def _refused(row: RowChange) -> RowRefusal:
    return RowRefusal(row.object, row.key, row.account_id, row.account, "ENTITY_IS_DELETED", "entity is deleted")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    (tmp_path / "headroom.db").write_bytes(new_state())
    with open_store(f"sqlite:///{tmp_path / 'headroom.db'}") as opened:
        yield opened


@pytest.fixture
def begin(store: Store, tmp_path: Path) -> Callable[..., Writeback]:
    """Fill the store with Acme, its people and these episodes, and write into these ledgers."""

    def fill(*ledgers: Ledger, episodes: Sequence[object] = (), views: Sequence[AccountView] = (ACME,)) -> Writeback:
        store.commit(judgement(accounts=tuple(views), people=(DANA, KIM), episodes=tuple(episodes)))
        return Writeback(store, ledgers, tmp_path)

    return fill


def test_looking_writes_nothing(begin: Callable[..., Writeback], store: Store) -> None:
    crm = Ledger()
    (outcome,) = begin(crm).preview()
    assert [row.key for row in outcome.differences.changes] == [ACME.account_id]
    assert (outcome.written, outcome.well) == (None, True)
    assert crm.stands == {}
    assert store.runs() == ()


def test_what_differs_is_written_and_kept_as_a_run_with_one_line_in_the_audit(
    begin: Callable[..., Writeback], store: Store
) -> None:
    crm, bolt = Ledger(), replace(ACME, account_id="0015g00000KqXyZAAW", name="Bolt")
    begin(crm, views=(ACME, bolt)).apply(NOW)
    assert crm.stands == {ACME.account_id: 0.41, bolt.account_id: 0.41}
    (run,) = store.runs()
    assert (run.job, run.ok, run.summary["source"], run.summary["written"]) == ("writeback", True, "crm", 2)
    (line,) = store.audit("crm")
    assert (line.at, line.actor, line.verb, line.detail) == (NOW, "headroom", "fields-written", {"accounts": 2})


def test_writing_what_stands_already_is_no_line_in_the_audit(begin: Callable[..., Writeback], store: Store) -> None:
    writing = begin(Ledger(stands={ACME.account_id: 0.41}))
    (outcome,) = writing.apply(NOW)
    assert (outcome.differences.unchanged, outcome.written, outcome.well) == (1, Written("crm"), True)
    assert store.audit() == ()


def test_values_are_those_of_the_snapshot_and_its_day() -> None:
    known = values_of(replace(ACME, metrics={**ACME.metrics, "currency": "EUR"}))
    assert (known.account_id, known.name, known.currency) == (ACME.account_id, "Acme, Inc.", "EUR")
    assert (known.values["licence_utilization"], known.values["nps"]) == (0.41, None)
    assert known.values["as_of"] == date(2026, 3, 1)


def test_every_metric_of_accounts_can_be_written_and_the_day_beside_them() -> None:
    assert MEASURES.keys() == ACCOUNT_METRICS.keys() | {"as_of"}
    named = ("licence_utilization", "usage_change_28d", "commit_pace", "cus", "arr", "run_out_date", "auto_renew")
    assert [MEASURES[name] for name in (*named, "health_band", "as_of")] == [
        Form.SHARE,
        Form.SHARE,
        Form.SHARE,
        Form.NUMBER,
        Form.MONEY,
        Form.DATE,
        Form.FLAG,
        Form.TEXT,
        Form.DATE,
    ]


def test_a_crm_that_is_down_does_not_keep_the_others_from_being_written(
    begin: Callable[..., Writeback], store: Store
) -> None:
    down, up = Ledger("old", down="no answer in time"), Ledger("new")
    outcomes = begin(down, up).apply(NOW)
    assert [(one.source, one.problem, one.well) for one in outcomes] == [
        ("old", "no answer in time", False),
        ("new", None, True),
    ]
    assert up.stands == {ACME.account_id: 0.41}
    assert {run.summary["source"]: run.ok for run in store.runs()} == {"old": False, "new": True}


def test_what_breaks_off_is_told_with_what_is_left(begin: Callable[..., Writeback], store: Store) -> None:
    (outcome,) = begin(Ledger(breaks_off="stopped: the calls of the day are used")).apply(NOW)
    assert (outcome.problem, outcome.well) == ("stopped: the calls of the day are used", False)
    (run,) = store.runs()
    assert (run.ok, run.summary["left"], run.summary["written"]) == (False, 1, 0)
    assert store.audit() == ()


def test_a_refused_row_is_in_the_run_and_whole_in_a_file(
    begin: Callable[..., Writeback], store: Store, tmp_path: Path
) -> None:
    begin(Ledger(refuses={ACME.account_id})).apply(NOW)
    (run,) = store.runs()
    assert (run.ok, run.summary["refused"]) == (False, 1)
    kept = (tmp_path / "rejects" / "source=crm-writeback" / "2026-03-02.jsonl").read_text()
    row = json.loads(kept)
    assert (row["place"], row["reason"]) == (f"Account {ACME.account_id}", "ENTITY_IS_DELETED")


# tasks


def test_a_claimed_alert_becomes_one_todo_and_never_a_second(begin: Callable[..., Writeback], store: Store) -> None:
    crm = Ledger()
    writing = begin(crm, episodes=[CLAIMED])
    writing.apply_tasks(NOW)
    assert list(crm.todos) == [CLAIMED.episode_id]
    (line,) = store.audit(ACME.account_id)
    assert (line.verb, line.detail) == ("task-written", {"source": "crm", "episode": CLAIMED.episode_id})
    crm.todos.clear()
    writing.apply_tasks(NOW + timedelta(minutes=15))
    writing.apply(NOW + timedelta(minutes=15))
    assert crm.todos == {}


def test_a_task_that_is_found_in_the_crm_is_looked_for_no_more(begin: Callable[..., Writeback], store: Store) -> None:
    lost = Ledger(breaks_off="no answer in time")
    writing = begin(lost, episodes=[CLAIMED])
    writing.apply_tasks(NOW)
    (waiting,) = Todos(store).new("crm")
    lost.todos[waiting.key] = waiting  # it was made all the same
    lost.breaks_off = None
    (outcome,) = writing.apply_tasks(NOW + timedelta(minutes=15))
    assert (outcome.differences.unchanged, outcome.differences.changes) == (1, ())
    assert Todos(store).new("crm") == ()


def test_each_crm_gets_a_task_of_its_own(begin: Callable[..., Writeback]) -> None:
    one, other = Ledger("one"), Ledger("other")
    begin(one, other, episodes=[CLAIMED]).apply_tasks(NOW)
    assert list(one.todos) == list(other.todos) == [CLAIMED.episode_id]


def test_the_job_of_tasks_writes_no_fields(begin: Callable[..., Writeback]) -> None:
    crm = Ledger()
    begin(crm, episodes=[CLAIMED]).apply_tasks(NOW)
    assert crm.stands == {}


@pytest.mark.parametrize("phase", [Phase.PENDING, Phase.FIRING, Phase.RESOLVED])
def test_an_alert_that_nobody_has_is_no_todo(begin: Callable[..., Writeback], store: Store, phase: Phase) -> None:
    begin(Ledger(), episodes=[replace(CLAIMED, phase=phase)])
    assert Todos(store).new("crm") == ()


def test_an_alert_about_a_source_is_no_todo(begin: Callable[..., Writeback], store: Store) -> None:
    begin(Ledger(), episodes=[replace(CLAIMED, subject="posthog")])
    assert Todos(store).new("crm") == ()


def test_a_todo_says_what_was_seen_and_who_has_taken_it_on(begin: Callable[..., Writeback], store: Store) -> None:
    view = replace(ACME, metrics={**ACME.metrics, "currency": "EUR"})
    begin(Ledger(), episodes=[CLAIMED], views=[view])
    store.remember_slack("005B", SlackIdentity("U1", None, START))
    (todo,) = Todos(store).new("crm")
    assert (todo.account_id, todo.account, todo.owner_id) == (ACME.account_id, "Acme, Inc.", "005B")
    assert todo.words == {
        "account": "Acme, Inc.",
        "alert": "licence-underuse",
        "severity": "high",
        "at_stake": "EUR 120,000",
        "claimed_by": "Kim Ito",
        "as_of": "2026-03-01",
    }
    assert todo.description.splitlines() == [
        "licence-underuse (high) at Acme, Inc., as of 2026-03-01",
        "Licence utilization 41 % (under 50 %)",
        "At stake: EUR 120,000",
        "Claimed in Slack by Kim Ito on 2026-03-02 05:00 UTC",
    ]


@pytest.mark.parametrize(("csm", "owner"), [("005B", "005B"), (None, "005A")])
def test_who_is_not_known_in_the_crm_leaves_the_todo_to_the_csm_or_the_owner(
    begin: Callable[..., Writeback], store: Store, csm: str | None, owner: str
) -> None:
    begin(Ledger(), episodes=[CLAIMED], views=[replace(ACME, csm_id=csm)])
    (todo,) = Todos(store).new("crm")
    assert (todo.owner_id, todo.words["claimed_by"]) == (owner, "U1")


def test_a_quarter_of_an_hour_in_which_nothing_happens_leaves_no_trace(
    begin: Callable[..., Writeback], store: Store
) -> None:
    begin(Ledger()).apply_tasks(NOW)
    assert store.runs() == ()


def test_a_task_that_is_refused_each_time_is_kept_once_and_tried_each_time(
    begin: Callable[..., Writeback], store: Store
) -> None:
    crm = Ledger(refuses={CLAIMED.episode_id})
    writing = begin(crm, episodes=[CLAIMED])
    for quarter in range(4):
        writing.apply_tasks(NOW + timedelta(minutes=15 * quarter))
    assert [(run.job, run.ok) for run in store.runs()] == [("writeback-tasks", False)]
    crm.refuses.clear()
    writing.apply_tasks(NOW + timedelta(hours=1))
    assert list(crm.todos) == [CLAIMED.episode_id]
    assert [run.ok for run in store.runs()] == [True, False]


# the service


def test_only_where_the_settings_say_apply_is_written_after_the_night(begin: Callable[..., Writeback]) -> None:
    shows = Ledger("shows", wanted=Wanted({"Utilization": "licence_utilization"}, todos=True, applies=False))
    writes = Ledger("writes")
    assert [outcome.source for outcome in write_back(begin(shows, writes), NOW)] == ["writes"]
    assert (shows.stands, len(writes.stands)) == ({}, 1)


def test_a_night_is_done_whatever_becomes_of_what_is_written_after_it(begin: Callable[..., Writeback]) -> None:
    done = threading.Event()

    def night(_: datetime) -> bool:
        done.set()
        return True

    class Broken(Ledger):
        def differences(self, accounts: Sequence[AccountValues], todos: Sequence[Todo]) -> Differences:
            assert done.is_set()
            raise ZeroDivisionError

    nightly = Job("night", NOW.time(), "UTC", night)
    assert with_writing_back(nightly, begin(Broken())).work(NOW) is True
    assert done.is_set()


def test_the_job_of_tasks_tells_whether_all_went_well(begin: Callable[..., Writeback]) -> None:
    crm = Ledger(refuses={CLAIMED.episode_id})
    job = tasks_job(begin(crm, episodes=[CLAIMED]))
    assert (job.name, job.every) == ("writeback-tasks", timedelta(minutes=15))
    assert job.work(NOW) is False
    crm.refuses.clear()
    assert job.work(NOW) is True
