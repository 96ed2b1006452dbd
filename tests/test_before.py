"""What a metric was before, from night to night: in the facts, in the evidence, in the snapshot and in the words."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from bot.core.verdicts import Evidence, Truth
from bot.inquiry import Inquiry
from bot.messages.blocks import to_text
from tests.nights import DAY, crm, nights

if TYPE_CHECKING:
    from pathlib import Path

    from tests.nights import Nights

RULES = """\
- {name: unhappy, kind: churn_risk, when: csat < 50, for: FOR, repeat: 30d, to: ["#cs-risk"], template: churn_risk}
"""


def rules(wait: str = "0d") -> str:
    return RULES.replace("FOR", wait)


def evidence(house: Nights) -> tuple[Evidence, ...]:
    (episode,) = house.house.store.open_episodes().values()
    return episode.evidence


def scored(csat: float | None) -> Any:  # noqa: ANN401  # a source of the tests
    return crm({"account_id": "acme", "csat": csat})


def test_an_alert_says_what_was_four_weeks_before(tmp_path: Path) -> None:
    source = scored(60.0)
    with nights(tmp_path, source, rules=rules()) as house:
        house.night()
        source.tables.update(scored(70.0).tables)
        house.night(14)
        source.tables.update(scored(40.0).tables)
        report = house.night(14)
        was = Evidence("csat < 50", Truth.TRUE, (("csat", 40.0),), (("csat", 60.0),), DAY)
        assert evidence(house) == (was,)
        assert "CSAT 40 (under 50; was 60 on 2 Mar 2026)" in to_text(report.notices[0].message)


def test_the_snapshot_answers_what_was_before(tmp_path: Path) -> None:
    source = scored(60.0)
    with nights(tmp_path, source, rules=rules()) as house:
        house.night()
        source.tables.update(scored(55.0).tables)
        house.night(28)
        view = house.house.store.find_account("acme")
        assert view is not None
        assert (view.before_on, view.before["csat"]) == (DAY, 60.0)
        reply = Inquiry(house.house.store, house.house.rules, "/headroom").account(view, None)
        assert "CSAT 55; fires when under 50; was 60 on 2 Mar 2026" in to_text(reply.message())


def test_on_the_first_night_the_days_that_are_looked_back_at_serve(tmp_path: Path) -> None:
    with nights(tmp_path, scored(40.0), rules=rules("14d")) as house:
        house.night()
        (item,) = evidence(house)
        assert item.before_on == DAY - timedelta(days=14)
    (tmp_path / "other").mkdir()
    with nights(tmp_path / "other", scored(40.0), rules=rules("0d")) as house:
        house.night()
        assert evidence(house)[0].before_on is None


def test_a_day_judged_again_is_compared_with_the_same_day(tmp_path: Path) -> None:
    source = scored(60.0)
    with nights(tmp_path, source, rules=rules()) as house:
        house.night()
        source.tables.update(scored(40.0).tables)
        house.night(28)
        first = evidence(house)
        house.night()
        assert evidence(house) == first


def test_what_was_unknown_before_is_not_said(tmp_path: Path) -> None:
    source = scored(None)
    with nights(tmp_path, source, rules=rules()) as house:
        house.night()
        source.tables.update(scored(40.0).tables)
        report = house.night(28)
        assert evidence(house)[0].before == ()
        assert "CSAT 40 (under 50)" in to_text(report.notices[0].message)
