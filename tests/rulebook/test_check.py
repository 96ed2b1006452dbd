"""`headroom rules check`, and what the commands load at their start."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
import yaml

from tests.rulebook.samples import FIRST, OTHER, UNHAPPY, judged
from tests.test_cli import HEAVY, SETTINGS, imported

if TYPE_CHECKING:
    from pathlib import Path

    from bot.state.store import Store
    from tests.rulebook.samples import Headroom


def test_rules_are_checked_without_settings(folder: Path, headroom: Headroom) -> None:
    code, out, err = headroom("rules", "check", "rules.yaml")
    assert (code, err) == (0, "")
    assert "rules.yaml: 1 good rule" in out
    assert all(word in out for word in ("unhappy", "churn_risk", "account", "live", "2d", "once", "low", "#cs-risk"))
    assert "there are no settings" in out
    assert not (folder / "data").exists()


def test_every_fault_of_rules_and_templates_is_told_at_once(company: Path, headroom: Headroom) -> None:
    (company / "rules.yaml").write_text(
        UNHAPPY.replace("nps", "npss") + OTHER.replace("template: upsell", "template: up-sell")
    )
    (company / "own" / "churn_risk").mkdir(parents=True)
    (company / "own" / "churn_risk" / "title.j2").write_text("{{ oh")
    (company / "headroom.yaml").write_text(yaml.safe_dump({"rules": "rules.yaml", "templates": "own"}))
    code, out, err = headroom("rules", "check")
    assert (code, out) == (2, "")
    assert "rules.yaml:3:9: unknown metric 'npss' in rule 'unhappy'; did you mean 'nps'?" in err
    assert "churn_risk/title.j2" in err


def test_a_template_that_nobody_knows_is_told_beside_other_faults(folder: Path, headroom: Headroom) -> None:
    (folder / "rules.yaml").write_text(
        UNHAPPY.replace("nps", "npss") + OTHER.replace("template: upsell", "template: up-sell")
    )
    code, _, err = headroom("rules", "check", "rules.yaml")
    assert (code, err.splitlines()) == (
        2,
        [
            "rules.yaml:3:9: unknown metric 'npss' in rule 'unhappy'; did you mean 'nps'?",
            "rules.yaml:8:77: rule 'other': unknown template 'up-sell'; did you mean 'upsell'?",
        ],
    )


def test_faults_are_data_with_json(folder: Path, headroom: Headroom) -> None:
    (folder / "rules.yaml").write_text(UNHAPPY.replace("nps", "npss"))
    code, out, err = headroom("rules", "check", "rules.yaml", "--json")
    (fault,) = json.loads(out)["faults"]
    assert (code, err, json.loads(out)["good"]) == (2, "", False)
    assert (fault["file"], fault["line"], fault["column"]) == ("rules.yaml", 3, 9)


@pytest.mark.parametrize("words", [("nowhere.yaml",), ("--config", "nowhere.yaml"), ()])
def test_a_file_that_is_not_there_is_bad_input(folder: Path, headroom: Headroom, words: tuple[str, ...]) -> None:
    code, out, err = headroom("rules", "check", *words)
    assert (code, out) == (2, "")
    assert "cannot be read: No such file or directory" in err


def test_neither_secrets_nor_the_rest_of_the_settings_are_asked_for(company: Path, headroom: Headroom) -> None:
    settings = {**SETTINGS, "state": {"env": "NO_SUCH_ADDRESS"}, "sources": "nonsense", "slack": {"mode": "pigeon"}}
    (company / "headroom.yaml").write_text(yaml.safe_dump(settings))
    code, out, err = headroom("rules", "check")
    assert (code, err) == (0, "")
    assert "Not compared with what was judged: state: the environment variable NO_SUCH_ADDRESS is not set" in out
    data = json.loads(headroom("rules", "check", "--json")[1])
    assert (data["compared"], "state" in data["rules"][0]) == (False, False)


def test_what_rules_ask_of_the_settings_has_to_be_right(company: Path, headroom: Headroom) -> None:
    (company / "headroom.yaml").write_text("rules: 3\ntemplates: [a]\nstate: nowhere\n")
    code, _, err = headroom("rules", "check")
    assert code == 2
    assert [line.split(": ")[1] for line in err.splitlines()] == ["rules", "templates", "state"]


def test_rules_are_compared_with_the_versions_that_were_judged(company: Path, store: Store, headroom: Headroom) -> None:
    judged(store, UNHAPPY + OTHER + OTHER.replace("name: other", "name: third"), FIRST)
    (company / "rules.yaml").write_text(
        UNHAPPY.replace("nps < 5", "nps < 6") + OTHER + OTHER.replace("name: other", "name: fourth")
    )
    code, out, _ = headroom("rules", "check")
    assert code == 0
    assert "unhappy: changed since 3 Mar 2026: `when` was `nps < 5`, is `nps < 6`; `clear` was" in out
    assert "other: unchanged since 3 Mar 2026" in out
    assert "fourth: new" in out
    assert "third: gone; its last version is of 3 Mar 2026" in out
    data = json.loads(headroom("rules", "check", "--json")[1])
    assert {rule["name"]: rule["state"] for rule in data["rules"]} == {
        "unhappy": "changed",
        "other": "known",
        "fourth": "new",
    }
    assert data["rules"][0]["changes"][0] == {"field": "when", "was": "nps < 5", "is": "nps < 6"}
    assert [one["name"] for one in data["gone"]] == ["third"]


def test_a_rule_that_goes_back_is_told_as_what_it_was(company: Path, store: Store, headroom: Headroom) -> None:
    judged(store, UNHAPPY, FIRST)
    judged(store, UNHAPPY.replace("for: 2d", "for: 3d"), FIRST + timedelta(days=1))
    code, out, _ = headroom("rules", "check")
    assert code == 0
    assert "unhappy: back to the version of 3 Mar 2026: `for` was `3d`, is `2d`" in out


# what each command loads at its start


@pytest.mark.parametrize("words", [("rules", "--help"), ("rules", "check", "--help")])
def test_help_imports_nothing_heavy(tmp_path: Path, words: tuple[str, ...]) -> None:
    assert imported(tmp_path, *words) <= {"pydantic"}  # typer's own, for the help of a group


def test_tests_import_neither_slack_nor_a_database(folder: Path) -> None:
    assert imported(folder, "rules", "test", "rules_test.yaml") <= {*HEAVY} - {"sqlalchemy", "slack_bolt", "slack_sdk"}
