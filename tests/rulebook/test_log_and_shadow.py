"""`headroom rules log` and `shadow`: what was judged, and what would have been said."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import yaml

from bot.core.rules import parse_rules
from bot.rulebook.shadow import shadows
from bot.state.rows import Audit
from tests.rulebook.samples import FIRST, UNHAPPY, judged
from tests.test_cli import SETTINGS

if TYPE_CHECKING:
    from pathlib import Path

    from bot.state.store import Store
    from tests.rulebook.samples import Headroom


def test_a_night_stores_the_versions_that_it_judged(company: Path, headroom: Headroom) -> None:
    at_once = UNHAPPY.replace("  for: 2d\n", "")  # one day to judge, not three
    (company / "rules.yaml").write_text(at_once)
    assert headroom("run", "--once", "--json")[0] == 0
    (company / "rules.yaml").write_text(at_once.replace("severity: low", "severity: high"))
    assert headroom("run", "--once", "--json")[0] == 0
    code, out, _ = headroom("rules", "log", "--json")
    new, old = json.loads(out)["versions"]
    assert code == 0
    assert (new["changes"], old["changes"]) == ([{"field": "severity", "was": "'low'", "is": "'high'"}], None)
    assert old["definition"]["when"] == "nps < 5"
    code, out, err = headroom("rules", "log", "unhappy")
    assert (code, err, len(out.splitlines())) == (0, "", 2)
    assert "unhappy: `severity` was `'low'`, is `'high'`" in out.splitlines()[0]
    assert "unhappy: first judged: when nps < 5" in out.splitlines()[1]


def test_the_log_of_a_rule_that_nobody_knows_names_the_nearest_one(
    company: Path, store: Store, headroom: Headroom
) -> None:
    assert headroom("rules", "log")[2] == "no rule was judged yet; `headroom run --once` judges them\n"
    judged(store, UNHAPPY, FIRST)
    assert headroom("rules", "log", "unhapy") == (
        2,
        "",
        "no rule 'unhapy' was ever judged; did you mean 'unhappy'?\n",
    )
    code, out, _ = headroom("rules", "log", "unhapy", "--json")
    assert (code, json.loads(out)) == (2, {"rule": "unhapy", "versions": []})


def test_a_question_makes_no_store(folder: Path, headroom: Headroom) -> None:
    (folder / "headroom.yaml").write_text(yaml.safe_dump(SETTINGS))
    for command in ("log", "shadow"):
        code, out, err = headroom("rules", command)
        assert (code, out) == (2, "")
        assert "there is no state store yet" in err
    assert not (folder / "data").exists()


def test_what_a_rule_in_shadow_mode_would_have_said_is_told_and_nothing_is_sent(
    company: Path, headroom: Headroom
) -> None:
    (company / "rules.yaml").write_text(UNHAPPY.replace("for: 2d", "mode: shadow"))
    assert json.loads(headroom("run", "--once", "--json")[1])["notices"] == []
    code, out, err = headroom("rules", "shadow")
    assert (code, err) == (0, "")
    assert "unhappy" in out
    assert "Söhne & Co: fired, low severity (it holds)" in out
    data = json.loads(headroom("rules", "shadow", "--days", "7", "--json")[1])
    (rule,) = data["rules"]
    assert (data["days"], rule["alerts"], rule["accounts"], rule["live_now"]) == (7, 1, 1, False)
    assert (rule["examples"][0]["account"], rule["examples"][0]["severity"]) == ("Söhne & Co", "low")
    # switched on, what still holds is said, and what was said before does not count as shadow
    (company / "rules.yaml").write_text(UNHAPPY.replace("for: 2d", "mode: live"))
    assert len(json.loads(headroom("run", "--once", "--json")[1])["notices"]) == 1
    (rule,) = json.loads(headroom("rules", "shadow", "--json")[1])["rules"]
    assert (rule["live_now"], rule["alerts"]) == (True, 1)


def test_nothing_in_shadow_mode_is_told_in_words(company: Path, store: Store, headroom: Headroom) -> None:
    judged(store, UNHAPPY, FIRST)
    assert "No rule is in shadow mode" in headroom("rules", "shadow")[1]


def line(verb: str, episode: str, days: int, version: str, subject: str = "A1") -> Audit:
    detail: dict[str, Any] = {"rule": "unhappy", "version": version, "episode": episode, "reason": verb}
    return Audit(FIRST + timedelta(days=days), "headroom", verb, subject, detail)


def test_alerts_messages_accounts_and_ends_are_counted_by_what_the_version_was(store: Store) -> None:
    hidden = UNHAPPY + "  mode: shadow\n"
    (dark,), (bright,) = (parse_rules(text, "r") for text in (hidden, UNHAPPY))
    judged(
        store,
        hidden,
        FIRST,
        line("fired", "e0", -40, dark.version),  # before the days that are looked at
        line("fired", "e1", 1, dark.version),
        line("repeat-2026-03-10", "e1", 7, dark.version),
        line("resolved", "e1", 8, dark.version),
        line("step-60", "e2", 3, dark.version, "A2"),
        line("step-30", "e2", 9, dark.version, "A2"),
        line("resolved", "e0", 9, dark.version, "A3"),
        line("fired", "e4", 3, bright.version),  # of the live version
        replace(line("claimed", "e1", 4, dark.version), actor="U1"),
    )
    (found,) = shadows(store, FIRST - timedelta(days=1))
    assert (found.alerts, found.messages, found.subjects, found.ended, found.live) == (2, 4, 2, 1, False)
    assert [(one.at.day, one.says, one.subject) for one in found.examples] == [(6, "step-60", "A2"), (4, "fired", "A1")]
    assert found.since == FIRST


def test_the_time_in_shadow_mode_is_counted_without_a_break(store: Store) -> None:
    hidden = UNHAPPY + "  mode: shadow\n"
    days = [FIRST + timedelta(days=number) for number in range(4)]
    for text, day in zip([hidden, UNHAPPY, hidden.replace("2d", "3d"), hidden.replace("2d", "4d")], days, strict=True):
        judged(store, text, day)
    (found,) = shadows(store, FIRST)
    assert (found.since, found.alerts, found.live) == (days[2], 0, False)
