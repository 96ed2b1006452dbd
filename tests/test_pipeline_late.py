"""Usage that arrives after its day was judged, in whole nights with the real engine: what it undoes, and what not."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import pyarrow.parquet as pq
import pytest

from bot.core.acts import claim
from bot.core.episodes import Phase
from bot.core.verdicts import HoldBy
from bot.house import Progress, StoppedError
from connectors.schema import Table
from tests.nights import DAY, Row, Script, crm, nights, said

if TYPE_CHECKING:
    from pathlib import Path

    from bot.pipeline import NightReport
    from tests.nights import Nights

FROM = DAY - timedelta(days=49)
LOW = """\
- name: low
  kind: upsell
  when: commit_utilization < 0.5
  clear: commit_utilization >= 0.9
  to: ["#cs"]
  template: upsell
"""


def contracts(*names: str) -> Script:
    """Accounts with a commit of 100 calls each."""
    script = crm(*({"account_id": name, "nps": 9.0} for name in names))
    term = {"start": FROM, "end": DAY + timedelta(days=300), "kind": "commit", "meter": "calls", "quantity": 100.0}
    script.tables[Table.LINES] = [{"line_id": f"line-{name}", "account_id": name, **term} for name in names]
    return script


def calls(until: date, *, short: dict[str, float] | None = None, **a_day: float) -> Script:
    """So many calls a day of each customer, covered to a day; `short`: so many too few on the day before DAY."""
    rows: list[Row] = [
        {
            "customer": customer,
            "meter": "calls",
            "day": day,
            "quantity": quantity - ((short or {}).get(customer, 0.0) if day == DAY - timedelta(days=1) else 0.0),
        }
        for customer, quantity in a_day.items()
        for day in (FROM + timedelta(days=ahead) for ahead in range((until - FROM).days + 1))
    ]
    return Script("usage", {Table.USAGE: rows, Table.COVERAGE: [{"first_day": FROM, "last_day": until}]})


def words(report: NightReport) -> str:
    return " ".join(str(one.message) for one in report.notices)


def phase(house: Nights, subject: str = "acme") -> Phase:
    return house.house.store.episodes_of(subject)[0].phase


# 49 days to 1 March: of 100 calls 1.1 a day are 53.9, and 45.9 where 8 of them are still under way.
YESTERDAY = DAY - timedelta(days=1)
SHORT = {"acme": 8.0}


def test_an_alert_that_a_half_delivered_day_made_is_undone_when_the_rest_arrives(tmp_path: Path) -> None:
    usage = calls(YESTERDAY, short={**SHORT, "bolt": 0.5}, acme=1.1, bolt=0.9)
    with nights(tmp_path, contracts("acme", "bolt"), usage, rules=LOW, sql=True) as house:
        assert said(house.night()) == [("acme", "fired", "post", "#cs"), ("bolt", "fired", "post", "#cs")]
        usage.tables = calls(DAY, acme=1.1, bolt=0.9).tables
        report = house.night(1)
        # 55 of 100 is not clear of the alert, which ends at 90: but it never was one. Of Bolt the rest arrived as well,
        # and the rule holds all the same.
        assert said(report) == [("acme", "resolved", "update", "#cs")]
        assert "Resolved on 3 Mar 2026: data arrived late" in words(report)
        late = "usage arrived late: alerts that were judged once more from 2026-03-02 on: 2, undone: 1"
        assert report.analysis.notes[-1] == late
        assert (phase(house), phase(house, "bolt")) == (Phase.RESOLVED, Phase.FIRING)
        (standing,) = house.house.store.standings("acme")
        assert (standing.reason, standing.said) == ("LATE", True)
        assert house.house.store.audit("acme")[0].detail["reason"] == standing.detail
        assert said(house.night(1)) == []


def test_what_is_kept_of_a_day_is_what_is_known_of_it_now(tmp_path: Path) -> None:
    usage = calls(YESTERDAY, short=SHORT, acme=1.1)
    with nights(tmp_path, contracts("acme"), usage, rules=LOW, sql=True) as house:

        def kept() -> float:
            path = house.house.folder / "facts" / "metrics" / f"day={DAY}" / "part.parquet"
            (row,) = pq.ParquetFile(path).read().to_pylist()
            return float(row["commit_utilization"])

        house.night()
        assert kept() == pytest.approx(0.459)
        usage.tables = calls(DAY, acme=1.1).tables
        house.night(1)
        # By the data of now, as far as they went then: without 2 March.
        assert kept() == pytest.approx(0.539)


def test_a_day_that_is_judged_again_the_same_day_undoes_its_alert_as_well(tmp_path: Path) -> None:
    usage = calls(YESTERDAY, short=SHORT, acme=1.1)
    with nights(tmp_path, contracts("acme"), usage, rules=LOW, sql=True) as house:
        house.night()
        usage.tables = calls(YESTERDAY, acme=1.1).tables
        report = house.night()
        assert [transition for _, transition, _, _ in said(report)] == ["resolved"]
        assert "data arrived late" in words(report)
        assert said(house.night()) == []


def test_an_alert_of_which_nothing_arrived_late_ends_as_ever(tmp_path: Path) -> None:
    usage = calls(YESTERDAY, acme=1.0)
    with nights(tmp_path, contracts("acme"), usage, rules=LOW, sql=True) as house:
        assert [transition for _, transition, _, _ in said(house.night())] == ["fired"]
        # 49 by 1 March, 51 by the 3rd: over the threshold by use, and between it and `clear`.
        usage.tables = calls(DAY + timedelta(days=1), acme=1.0).tables
        assert said(house.night(2)) == []
        assert phase(house) is Phase.FIRING


def test_an_alert_that_somebody_has_claimed_is_undone_as_well(tmp_path: Path) -> None:
    usage = calls(YESTERDAY, short=SHORT, acme=1.1)
    with nights(tmp_path, contracts("acme"), usage, rules=LOW, sql=True) as house:
        report = house.night()
        store, now = house.house.store, report.moment.now + timedelta(hours=3)
        key = report.notices[0].episode_id
        store.act_on_episode(key, ("U1", now), lambda one: claim(one, "U1", now), lambda _, notice: notice.message)
        usage.tables = calls(DAY, acme=1.1).tables
        assert [transition for _, transition, _, _ in said(house.night(1))] == ["resolved"]
        assert phase(house) is Phase.RESOLVED


def test_a_night_that_failed_after_the_late_data_came_leaves_it_to_the_next_one(tmp_path: Path) -> None:
    usage = calls(YESTERDAY, short=SHORT, acme=1.1)
    with nights(tmp_path, contracts("acme"), usage, rules=LOW, sql=True) as house:
        house.night()
        usage.tables = calls(DAY, acme=1.1).tables

        def stop(what: str, _done: int, _all: int) -> None:
            if what == "judging":
                raise StoppedError("enough")

        with pytest.raises(StoppedError):
            house.night(1, Progress(stop))
        assert phase(house) is Phase.FIRING
        assert [transition for _, transition, _, _ in said(house.night())] == ["resolved"]


def test_what_a_source_in_doubt_says_undoes_nothing_until_it_is_believed(tmp_path: Path) -> None:
    usage = calls(YESTERDAY, short=SHORT, acme=1.1)
    with nights(tmp_path, contracts("acme"), usage, rules=LOW, sql=True) as house:
        house.night()
        usage.tables = calls(DAY, acme=1.1).tables
        # Usage of nobody, most of all: a source in doubt.
        usage.tables[Table.USAGE].append({"customer": "nobody", "meter": "calls", "day": DAY, "quantity": 900.0})
        report = house.night(1)
        assert (said(report), phase(house)) == ([], Phase.FIRING)
        assert report.held[0].by is HoldBy.SOURCE
        usage.tables = calls(DAY + timedelta(days=1), acme=1.1).tables
        assert [transition for _, transition, _, _ in said(house.night(1))] == ["resolved"]


def test_what_late_data_add_fires_now(tmp_path: Path) -> None:
    rule = LOW.replace("commit_utilization < 0.5", "commit_utilization > 0.5").replace(">= 0.9", "< 0.1")
    usage = calls(YESTERDAY, short=SHORT, acme=1.1)
    with nights(tmp_path, contracts("acme"), usage, rules=rule, sql=True) as house:
        assert said(house.night()) == []
        usage.tables = calls(DAY, acme=1.1).tables
        assert said(house.night(1)) == [("acme", "fired", "post", "#cs")]


def test_an_alert_in_shadow_mode_is_undone_unheard(tmp_path: Path) -> None:
    usage = calls(YESTERDAY, short=SHORT, acme=1.1)
    with nights(tmp_path, contracts("acme"), usage, rules=LOW + "  mode: shadow\n", sql=True) as house:
        house.night()
        usage.tables = calls(DAY, acme=1.1).tables
        assert said(house.night(1)) == []
        assert phase(house) is Phase.RESOLVED
