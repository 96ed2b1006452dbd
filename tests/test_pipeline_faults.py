"""What a fault may not do to a night: of a source, of the disk, of a template, of a number."""

from __future__ import annotations

import shutil
from dataclasses import replace
from typing import TYPE_CHECKING

import pyarrow.parquet as pq
import pytest

from bot.core.episodes import Phase
from bot.house import Progress, StoppedError
from bot.messages.render import Templates
from bot.pipeline import FactsError, PastDayError
from bot.shipped import TEMPLATES
from connectors.base import Reject, SourceError
from connectors.schema import Table
from tests.nights import DAY, STALE, UNHAPPY, Script, crm, nights, said, told, usage
from tests.state.samples import take_on

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from connectors.base import Batch, Rejects, Window


# sources that fail


def test_a_source_that_fails_keeps_what_it_had_and_the_others_go_on(tmp_path: Path) -> None:
    contracts, events = crm({"account_id": "acme", "nps": 3.0}), usage()
    with nights(tmp_path, contracts, events) as house:
        house.night()
        contracts.error = SourceError("crm", "the server is down")
        report = house.night(1)
        assert [(state.name, state.error) for state in report.failures] == [("crm", "the server is down")]
        assert report.failures[0].complete_to == DAY
        assert report.analysis.accounts.num_rows == 1
        assert report.episodes == 2  # unhappy goes on, source-stale is new
        assert len(events.asked) == 2
        assert not report.well


def test_a_crm_that_failed_on_the_first_night_does_not_make_people_wait_for_what_held_before(tmp_path: Path) -> None:
    contracts = crm()
    contracts.error = SourceError("crm", "the server is down")
    with nights(tmp_path, contracts, rules=UNHAPPY + "  for: 14d\n") as house:
        assert house.night().notices == ()
        contracts.tables, contracts.error = crm({"account_id": "acme", "nps": 3.0}).tables, None
        report = house.night(1)
        assert len(report.days) == 15
        assert ("acme", "fired", "post", "#cs-risk") in said(report)
        assert len(house.night(1).days) == 1


@pytest.mark.parametrize("error", [KeyError("Id"), OSError(28, "disk full")])
def test_an_unforeseen_fault_of_one_source_does_not_stop_the_night(tmp_path: Path, error: Exception) -> None:
    broken = Script("other", error=error)
    with nights(tmp_path, broken, crm({"account_id": "acme", "nps": 3.0})) as house:
        report = house.night()
        assert ("acme", "fired", "post", "#cs-risk") in said(report)
        (state,) = report.failures
        assert state.name == "other"
        assert f"an unforeseen fault ({type(error).__name__}" in str(state.error)


def test_a_password_in_a_fault_reaches_nobody(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one = Script("one", error=SourceError("one", "no answer from postgresql://user:hunter2@db/x"))
    two = Script("two", error=RuntimeError("no answer from https://user:hunter2@db/x"))
    with nights(tmp_path, one, two) as house:
        report = house.night()
        assert len(report.notices) == 2
        everything = [
            *(str(state.error) for state in report.failures),
            *(str(one.message) for one in report.notices),
            str(house.house.store.runs()),
            str(house.house.store.sources()),
        ]
        assert [text for text in everything if "hunter2" in text] == []
    assert "user:***@db" in everything[0]


def test_a_stale_source_is_told_once_then_each_three_days_and_its_return_is_told(tmp_path: Path) -> None:
    source = crm({"account_id": "acme"})
    with nights(tmp_path, source, rules=STALE) as house:
        assert said(house.night()) == []
        source.error = SourceError("crm", "down")
        heard = [said(house.night(1)) for _ in range(5)]
        assert [[transition for _, transition, _, _ in night] for night in heard] == [
            ["fired"],
            [],
            [],
            ["repeat-2026-03-06"],
            [],
        ]
        source.error = None
        assert {(transition, act) for _, transition, act, _ in said(house.night(1))} == {
            ("resolved", "update"),
            ("resolved:fired", "update"),
        }


def test_refused_rows_that_cannot_be_kept_are_a_problem_and_no_end(tmp_path: Path) -> None:
    class Refusing(Script):
        def read(self, window: Window, rejects: Rejects) -> Iterator[Batch]:
            rejects.add(Reject("a.csv:2", "date-unreadable", "no day", "{}"))
            yield from super().read(window, rejects)

    with nights(tmp_path, Refusing("crm", crm({"account_id": "acme", "nps": 3.0}).tables)) as house:
        (tmp_path / "data" / "rejects").write_text("a file where the folder should be")
        report = house.night()
        assert len(report.notices) == 3
        assert "refused rows could not be kept" in str(report.failures[0].error)


# nights that do not come to their end


def test_a_day_before_the_last_one_is_refused_before_anything_is_read(tmp_path: Path) -> None:
    source = crm({"account_id": "acme"})
    with nights(tmp_path, source) as house:
        house.night()
        with pytest.raises(PastDayError, match="2026-03-01 lies before 2026-03-02"):
            house.night(-1)
        assert len(source.asked) == 1


def test_a_night_that_is_told_to_stop_decides_nothing(tmp_path: Path) -> None:
    def stop(what: str, _done: int, _all: int) -> None:
        if what == "judging":
            raise StoppedError("told to stop")

    with nights(tmp_path, crm({"account_id": "acme", "nps": 3.0})) as house:
        with pytest.raises(StoppedError):
            house.night(progress=Progress(stop))
        store = house.house.store
        assert (store.deliveries(), store.open_episodes(), store.runs()) == ((), {}, ())
        assert len(house.night().notices) == 2


def test_a_night_stops_between_two_batches_of_a_source(tmp_path: Path) -> None:
    source = crm({"account_id": "acme", "nps": 3.0})
    heard: list[str] = []

    def stop(what: str, _done: int, _all: int) -> None:
        heard.append(what)
        if len(heard) > 2:  # before the source, at its first batch, at its second
            raise StoppedError("told to stop")

    with nights(tmp_path, source) as house:
        with pytest.raises(StoppedError):
            house.night(progress=Progress(stop))
        assert heard == ["reading crm"] * 3
        assert house.house.facts.sources() == ()


def test_a_claim_that_comes_while_a_night_is_judged_is_kept(tmp_path: Path) -> None:
    with nights(tmp_path, crm({"account_id": "acme", "nps": 3.0})) as house:
        first = house.night()
        store = house.house.store

        def claim(what: str, done: int, _all: int) -> None:
            if (what, done) == ("judging", 1):  # judged, and not yet stored
                take_on(store, first.notices[0].episode_id, "U1", store.now(), lambda _, notice: notice.message)

        house.night(1, Progress(claim))
        (episode,) = store.open_episodes().values()
        assert (episode.phase, episode.claimed_by) == (Phase.CLAIMED, "U1")


def test_facts_of_another_version_are_told_in_words(tmp_path: Path) -> None:
    with nights(tmp_path, crm({"account_id": "acme", "nps": 3.0}), sql=True) as house:
        house.night()
        (part,) = (tmp_path / "data" / "facts" / "accounts").rglob("part.parquet")
        old = pq.ParquetFile(part).read().drop_columns(["name"])
        for place in (part, part.parent.parent / "day=2026-03-03" / "part.parquet"):
            place.parent.mkdir(exist_ok=True)
            pq.write_table(old, place)
        house.house.sources[0].error = SourceError("crm", "down")  # type: ignore[attr-defined]  # the test's own source
        with pytest.raises(FactsError, match="move that folder away"):
            house.night(1)
        shutil.rmtree(tmp_path / "data" / "facts")
        house.house.sources[0].error = None  # type: ignore[attr-defined]  # as above
        assert house.night().well


def test_damaged_facts_are_told_in_words(tmp_path: Path) -> None:
    with nights(tmp_path, crm({"account_id": "acme"}), usage(), sql=True) as house:
        house.night()
        (part,) = (tmp_path / "data" / "facts" / "usage").rglob("month=2026-03/part.parquet")
        part.write_bytes(b"PAR1 and no more")
        for source in house.house.sources:
            source.error = SourceError(source.name, "down")  # type: ignore[attr-defined]  # as above
        with pytest.raises(FactsError):
            house.night(1)


def test_a_template_that_cannot_be_rendered_costs_its_card_and_not_the_night(tmp_path: Path) -> None:
    templates = tmp_path / "templates" / "churn_risk"
    templates.mkdir(parents=True)
    (templates / "body.j2").write_text("{{ 1 / (m.nps - 3) }}")
    from_folder = crm({"account_id": "acme", "nps": 3.0}, {"account_id": "bolt", "nps": 4.0})
    with nights(tmp_path, from_folder) as house:
        house.house = replace(house.house, templates=Templates([templates.parent, TEMPLATES]))
        report = house.night()
        assert len(report.notices) == 4
        (plain, _) = [one for one in report.notices if one.subject == "acme"]
        assert "Acme: unhappy" in plain.message.summary
        assert any("body.j2:1" in problem and problem.startswith("Acme") for problem in report.problems)
        assert len(report.problems) == 1
        assert not report.well
        assert not house.house.store.runs()[0].ok


def test_the_run_is_kept_with_its_figures(tmp_path: Path) -> None:
    with nights(tmp_path, crm({"account_id": "acme", "nps": 3.0})) as house:
        house.night()
        (run,) = house.house.store.runs()
        assert (run.job, run.as_of, run.ok, run.summary["notices"]) == ("night", DAY, True, 2)
        assert not {"tightest", "least_used"} & run.summary.keys()


def test_what_people_never_heard_of_ends_in_silence(tmp_path: Path) -> None:
    source = crm({"account_id": "acme", "nps": 3.0})
    rule = UNHAPPY.replace("  repeat", "  for: 2d\n  repeat")
    with nights(tmp_path, source, rules=rule) as house:
        source.tables[Table.ACCOUNTS][0]["nps"] = 9.0
        house.night()
        source.tables[Table.ACCOUNTS][0]["nps"] = 3.0
        assert said(house.night(1)) == []
        source.tables[Table.ACCOUNTS][0]["nps"] = 9.0
        assert said(house.night(1)) == []
        assert told(house, "#cs-risk") == []
        assert house.house.store.open_episodes() == {}


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_a_number_that_is_none_is_unknown_and_no_end_of_the_night(tmp_path: Path, number: float) -> None:
    contracts = crm({"account_id": "acme", "nps": number}, {"account_id": "bolt", "nps": 3.0})
    term = {"start": DAY.replace(month=1, day=1), "end": DAY.replace(month=12, day=31)}
    line = {"line_id": "L1", "account_id": "acme", "kind": "commit", "meter": "calls", "quantity": number, **term}
    contracts.tables[Table.LINES] = [line]
    with nights(tmp_path, contracts, usage(number), sql=True) as house:
        report = house.night()
        assert [subject for subject, *_ in said(report)] == ["bolt", "bolt"]
        acme = house.house.store.account("acme")
        assert acme is not None
        (shown,) = acme.lines
        unknown: list[object] = [acme.metrics["nps"], shown.utilization, shown.contracted]
        assert unknown == [None, None, None]
