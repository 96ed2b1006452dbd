"""`headroom rules`: check, test, log and shadow, as a person, a shell and CI meet them."""

from __future__ import annotations

import json
import logging
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
import structlog
import yaml

from bot.cli import app
from bot.core.rule_versions import definition
from bot.core.rules import parse_rules
from bot.rulebook.shadow import shadows
from bot.state.rows import Audit, Judgement, RuleVersion
from bot.state.store import open_store
from tests.nights import new_state
from tests.test_cli import HEAVY, SETTINGS, imported

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from bot.state.store import Store

    Headroom = Callable[..., tuple[int, str, str]]

UNHAPPY = """\
- name: unhappy
  kind: churn_risk
  when: nps < 5
  for: 2d
  severity: low
  to: ["#cs-risk"]
  template: churn_risk
"""
OTHER = '- {name: other, kind: upsell, when: csat > 4, to: ["#cs-upsell"], template: upsell}\n'
TESTS = """\
rule_file: rules.yaml
tests:
  - name: unhappy customers
    rules: [unhappy]
    accounts: {acme: {nps: 3x4}}
    expect: [{day: 2, says: fired}]
"""
FIRST = datetime(2026, 3, 3, 5, tzinfo=UTC)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with rules and their tests and nothing else; it is the current directory."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("HEADROOM_CONFIG", raising=False)
    monkeypatch.delenv("HEADROOM_LOG_LEVEL", raising=False)
    (tmp_path / "rules.yaml").write_text(UNHAPPY)
    (tmp_path / "rules_test.yaml").write_text(TESTS)
    return tmp_path


@pytest.fixture
def company(folder: Path) -> Path:
    """The folder with settings beside, and a state store that has judged nothing yet."""
    (folder / "headroom.yaml").write_text(yaml.safe_dump(SETTINGS))
    (folder / "accounts.csv").write_text("Id,Name,NPS\nA1,Söhne & Co,3\nA2,Bolt,9\n")
    (folder / "data").mkdir()
    (folder / "data" / "headroom.db").write_bytes(new_state())
    return folder


@pytest.fixture
def store(company: Path) -> Iterator[Store]:
    with open_store("sqlite:///data/headroom.db") as opened:
        yield opened


@pytest.fixture(autouse=True)
def _log_as_before() -> Iterator[None]:
    handlers, level = logging.root.handlers[:], logging.root.level
    yield
    structlog.reset_defaults()
    logging.root.handlers[:] = handlers
    logging.root.setLevel(level)


@pytest.fixture
def headroom(capfd: pytest.CaptureFixture[str]) -> Headroom:
    """Run a command in this process; return its exit code, standard output and standard error."""

    def run(*words: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as ended:
            app(list(words), prog_name="headroom")
        out, err = capfd.readouterr()
        assert "Traceback" not in err
        code = ended.value.code
        return (code if isinstance(code, int) else 0), out, err

    return run


def judged(store: Store, text: str, at: datetime, *lines: Audit) -> None:
    """Store what a night stores of its rules."""
    versions = tuple(
        RuleVersion(rule.version, rule.name, definition(rule), at) for rule in parse_rules(text, "rules.yaml")
    )
    store.commit(Judgement(at.date(), at, (), (), (), (), (), lines, rules=versions))


# check


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


# test


def test_tests_that_pass_say_so(folder: Path, headroom: Headroom) -> None:
    assert headroom("rules", "test", "rules_test.yaml") == (
        0,
        "rules_test.yaml: 1 test passed (1 rule, each of them tested)\n",
        "",
    )


def test_tests_that_fail_say_what_was_expected_what_came_and_why(folder: Path, headroom: Headroom) -> None:
    (folder / "rules.yaml").write_text(UNHAPPY.replace("nps < 5", "nps < 3") + OTHER)
    code, out, err = headroom("rules", "test", "rules_test.yaml")
    assert (code, err) == (1, "")
    assert out.splitlines() == [
        "FAILED rules_test.yaml:3:5: unhappy customers",
        "  day 2, 2026-01-03: unhappy about acme (line 6)",
        "    expected: fired",
        "    came:     nothing: the condition does not hold",
        "    saw:      nps < 3 is false: nps = 3",
        "rules_test.yaml: 1 of 1 tests failed (2 rules; no test expects anything of other)",
    ]


def test_results_are_data_with_json(folder: Path, headroom: Headroom) -> None:
    (folder / "rules.yaml").write_text(UNHAPPY.replace("for: 2d", "for: 3d"))
    code, out, err = headroom("rules", "test", "rules_test.yaml", "--json")
    data = json.loads(out)
    assert (code, err, data["passed"], data["faults"]) == (1, "", False, [])
    (file,) = data["files"]
    assert (file["passed"], file["failed"], file["untested"]) == (0, 1, [])
    missing, late = file["tests"][0]["failures"]
    assert (missing["day"], missing["date"], missing["rule"], missing["subject"], missing["expected"]) == (
        2,
        "2026-01-03",
        "unhappy",
        "acme",
        "fired",
    )
    assert (late["day"], late["expected"], late["came"]) == (3, "nothing", "fired, severity low (held for 3 days)")
    assert late["seen"] == [{"comparison": "nps < 5", "truth": "true", "values": {"nps": 3.0}}]


def test_several_files_are_run_and_one_that_fails_fails_all(folder: Path, headroom: Headroom) -> None:
    (folder / "more.yaml").write_text(TESTS.replace("fired", "resolved"))
    code, out, _ = headroom("rules", "test", "rules_test.yaml", "more.yaml")
    assert code == 1
    assert "rules_test.yaml: 1 test passed" in out
    assert "more.yaml: 1 of 1 tests failed" in out


def test_the_faults_of_all_files_are_told_at_once_and_nothing_is_run(folder: Path, headroom: Headroom) -> None:
    (folder / "rules.yaml").write_text(UNHAPPY.replace("nps", "npss"))
    (folder / "rules_test.yaml").write_text(TESTS.replace("nps", "nbs"))
    (folder / "more.yaml").write_text(TESTS.replace("rules.yaml", "nowhere.yaml"))
    files = ("rules_test.yaml", "rules_test.yaml", "more.yaml", "lost.yaml")
    code, out, err = headroom("rules", "test", *files)
    assert (code, out) == (2, "")
    assert err.splitlines() == [
        "lost.yaml: cannot be read: No such file or directory; name a file of tests",
        "more.yaml:1:12: there is no file nowhere.yaml",
        "rules.yaml:3:9: unknown metric 'npss' in rule 'unhappy'; did you mean 'nps'?",
        "rules_test.yaml:5:23: unknown metric 'nbs' of an account; did you mean 'nps'?",
    ]
    code, out, err = headroom("rules", "test", *files, "--json")
    assert (code, err, len(json.loads(out)["faults"])) == (2, "", 4)


def test_the_files_to_begin_with_are_good_and_tested(folder: Path, headroom: Headroom) -> None:
    assert headroom("init", "--defaults", "--out", "new")[0] == 0
    assert headroom("rules", "check", "new/rules.yaml")[0] == 0
    code, out, _ = headroom("rules", "test", "new/rules_test.yaml")
    assert code == 0
    assert "each of them tested" in out


# log


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


# shadow


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


# what each command loads at its start


@pytest.mark.parametrize("words", [("rules", "--help"), ("rules", "check", "--help")])
def test_help_imports_nothing_heavy(tmp_path: Path, words: tuple[str, ...]) -> None:
    assert imported(tmp_path, *words) <= {"pydantic"}  # typer's own, for the help of a group


def test_tests_import_neither_slack_nor_a_database(folder: Path) -> None:
    assert imported(folder, "rules", "test", "rules_test.yaml") <= {*HEAVY} - {"sqlalchemy", "slack_bolt", "slack_sdk"}
