"""`status`: how fresh the data are, the last runs, what waits."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from bot.desk.asking import Asker, Question
from bot.desk.status import StatusCommand
from bot.messages.blocks import to_text
from bot.messages.speech import Speech
from bot.state.rows import Run, SourceState
from bot.state.store import Store, open_store
from tests.desk.shelf import Only, alert, asked, made, night, passes
from tests.state.samples import notice

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NOW = datetime(2026, 3, 1, 5, tzinfo=UTC)
DAY = date(2026, 3, 1)
SOURCES = (
    SourceState("crm", NOW, DAY, None, 1_000, 3),
    SourceState("events", NOW, date(2026, 2, 25), "login failed", None, None),
)
SUMMARY: dict[str, object] = {
    "accounts": 5,
    "rows": {"total": 1_000, "read": 997, "rejected": 3, "rejected_by_reason": {"date-unreadable": 3}},
    "held": [{"by": "source", "detail": "events is stale: complete to 25 Feb", "findings": 4}],
    "unmatched_volume": {
        "days": 28,
        "share": 0.12,
        "customers": 2,
        "by_meter": [{"source": "events", "meter": "api_calls", "share": 0.12, "unmatched": 12.0, "quantity": 100.0}],
        "largest": [{"customer": "somebody.example"}],
    },
    "notes": ["account A9 is gone from the CRM"],
}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store(made(tmp_path), lambda: NOW) as opened:
        yield opened


def test_everything_that_somebody_who_runs_it_has_to_know_is_told(store: Store) -> None:
    firing = alert("A1")
    store.commit(night(sources=SOURCES, episodes=(firing,), notices=(notice(firing),)))
    store.record_run(Run("night", DAY, NOW, NOW + timedelta(seconds=90), ok=False, summary=SUMMARY))
    answer = StatusCommand(store, "night").answer(asked())
    text = to_text(answer.message)
    assert text.splitlines()[0] == "One source could not be read"
    assert "crm" in text
    assert "25 Feb 2026" in text
    assert "login failed" in text
    assert "Usage of the last 28 days that is no account's: 12 % of api_calls; 2 customers." in text
    assert "4 alerts are held back by a source in doubt: events is stale: complete to 25 Feb." in text
    assert "1 wait to be sent" in text
    assert "night of 1 Mar 2026: went wrong, finished 1 Mar 2026, 05:01 UTC after 90 s" in text
    data: Any = answer.data
    assert [(one["name"], one["rows"], one["rejected"]) for one in data["sources"]] == [
        ("crm", 1_000, 3), ("events", None, None),
    ]  # fmt: skip
    assert data["backlog"] == {"waiting": 1, "deferred": 0, "uncertain": 0}
    assert data["rows"] == SUMMARY["rows"]
    passes(answer.message)


def test_it_needs_no_access_as_it_tells_of_no_customer(store: Store) -> None:
    store.commit(night(sources=SOURCES))
    store.record_run(Run("night", DAY, NOW, NOW, ok=True, summary=SUMMARY))
    asker = Asker(sight=Only(), user="U1", speech=Speech(zone="Europe/Berlin"))
    answer = StatusCommand(store, "night", native=True).answer(Question("", asker, "/headroom", NOW))
    told = to_text(answer.message) + str(answer.data)
    assert not [word for word in ("somebody.example", "A9", "Acme", "Beta") if word in told]
    assert "06:00 Europe/Berlin" in told
    passes(answer.message)


def test_the_last_run_of_each_job_is_told_however_often_others_run(store: Store) -> None:
    store.record_run(Run("night", DAY, NOW, NOW, ok=True, summary={}))
    for minute in range(1, 230):
        later = NOW + timedelta(minutes=minute)
        store.record_run(Run("escalations", DAY, later, later, ok=minute % 2 == 0, summary={}))
    data: Any = StatusCommand(store, "night").answer(asked()).data
    assert [(run["job"], run["ok"]) for run in data["runs"]] == [("escalations", False), ("night", True)]
    assert data["as_of"] == "2026-03-01"


def test_before_the_first_night_it_says_so(store: Store) -> None:
    answer = StatusCommand(store, "night").answer(asked())
    assert answer.found
    assert to_text(answer.message).splitlines()[0] == "No night has been judged yet"
    assert (answer.data["as_of"], answer.data["sources"]) == (None, [])
    passes(answer.message)
