"""Open alerts of accounts that were merged or created again."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pyarrow as pa

from bot.core.earlier import Earlier
from bot.core.episodes import Episode, Phase
from bot.core.inheriting import OTHER_GOES_ON, inherit
from tests.state.samples import episode

NOW = datetime(2026, 3, 2, 5, tzinfo=UTC)


def one(rule: str, subject: str, phase: Phase = Phase.FIRING, days_ago: int = 3) -> Episode:
    opened = date(2026, 3, 2) - timedelta(days=days_ago)
    return replace(
        episode(), episode_id=f"{rule}/{subject}", rule=rule, subject=subject, phase=phase, opened_on=opened,
        fired_at=None if phase is Phase.PENDING else NOW,
    )  # fmt: skip


def keyed(*episodes: Episode) -> dict[tuple[str, str], Episode]:
    return {(each.rule, each.subject): each for each in episodes}


def test_an_open_alert_goes_on_under_the_id_of_now() -> None:
    found = inherit(keyed(one("low", "old"), one("low", "else")), {"old": "new"}, (), NOW)
    assert sorted(found.open) == [("low", "else"), ("low", "new")]
    (moved,) = found.moved
    assert (moved.episode_id, moved.subject) == ("low/old", "new")
    assert found.ended == {}


def test_of_two_alerts_of_one_rule_the_one_that_is_further_along_goes_on_and_the_other_ends() -> None:
    mine, theirs = one("low", "new", Phase.FIRING, 9), one("low", "old", Phase.CLAIMED, 1)
    found = inherit(keyed(mine, theirs), {"old": "new"}, (), NOW)
    assert found.open[("low", "new")].episode_id == "low/old"
    (step,) = found.ended.values()
    assert step.episode is not None
    assert (step.episode.episode_id, step.episode.phase, step.detail) == ("low/new", Phase.RESOLVED, OTHER_GOES_ON)


def test_of_two_alike_the_older_one_goes_on_and_one_that_nobody_heard_of_ends_in_silence() -> None:
    found = inherit(keyed(one("low", "new", days_ago=1), one("low", "old", days_ago=5)), {"old": "new"}, (), NOW)
    assert found.open[("low", "new")].episode_id == "low/old"
    found = inherit(keyed(one("low", "new"), one("low", "old", Phase.PENDING)), {"old": "new"}, (), NOW)
    (step,) = found.ended.values()
    assert (step.notify, found.moved) == (False, ())


def test_rules_that_are_not_about_accounts_are_left_alone() -> None:
    found = inherit(keyed(one("source-stale", "old")), {"old": "new"}, {"source-stale"}, NOW)
    assert (list(found.open), found.moved) == ([("source-stale", "old")], ())


def earlier(**nps: float) -> Earlier:
    return Earlier(date(2026, 2, 1), pa.table({"subject": list(nps), "nps": list(nps.values())}))


def test_what_an_account_was_is_what_its_former_self_was() -> None:
    kept = earlier(old=3.0, there=4.0, gone=5.0).inherited({"old": "new", "gone": "there"})
    # Who was there already then is compared with itself.
    assert dict(zip(*kept.table.to_pydict().values(), strict=True)) == {"new": 3.0, "there": 4.0, "gone": 5.0}


def test_of_two_former_selves_nobody_can_say_what_they_were_together() -> None:
    kept = earlier(a=3.0, b=4.0).inherited({"a": "new", "b": "new"})
    assert kept.table.column("subject").to_pylist() == ["a", "b"]
