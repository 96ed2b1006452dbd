"""The command as a person and a shell meet it: exit codes, what stands where, and what is imported for it."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import typer
import yaml

from bot.command import faults_in_words
from bot.core.acts import close
from bot.core.episodes import Outcome
from bot.state.store import open_store
from bot.turn import BusyError
from tests.nights import new_state

if TYPE_CHECKING:
    from collections.abc import Callable

    Headroom = Callable[..., tuple[int, str, str]]


HEADROOM = Path(sys.executable).parent / "headroom"
ROOT = Path(__file__).parent.parent

SETTINGS: dict[str, Any] = {
    "company": "Acme",
    "rules": "rules.yaml",
    "sources": [
        {
            "name": "crm",
            "type": "files",
            "files": [
                {"path": "accounts.csv", "tables": {"accounts": {"account_id": "Id", "name": "Name", "nps": "NPS"}}}
            ],
        }
    ],
    "deliver": {"directory": "out"},
}
RULES = """\
- {name: unhappy, kind: churn_risk, when: nps < 5, severity: low, to: ["#cs-risk"], template: churn_risk}
"""


@pytest.fixture
def company(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with settings, one rule, and two accounts in a file; it is the current directory."""
    (tmp_path / "rules.yaml").write_text(RULES)
    (tmp_path / "accounts.csv").write_text("Id,Name,NPS\nA1,Söhne & Co,3\nA2,Bolt,9\n")
    configure(tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("HEADROOM_CONFIG", raising=False)
    monkeypatch.delenv("HEADROOM_LOG_LEVEL", raising=False)
    return tmp_path


@pytest.fixture
def ready(company: Path) -> Path:
    """Do for it what would take each process of its own a second: make the state store."""
    (company / "data").mkdir()
    (company / "data" / "headroom.db").write_bytes(new_state())
    return company


def configure(folder: Path, **more: object) -> None:
    (folder / "headroom.yaml").write_text(yaml.safe_dump(SETTINGS | more))


def started(folder: Path, *words: str, **more: Any) -> subprocess.Popen[str]:  # noqa: ANN401  # Popen's own
    environment = {**os.environ, **more.pop("env", {})}
    command = [str(HEADROOM), *words]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, **more}
    return subprocess.Popen(command, cwd=folder, env=environment, **pipes)


# one night


def test_a_night_prints_one_json_object_and_the_next_says_nothing_new(company: Path, headroom: Headroom) -> None:
    code, out, err = headroom("run", "--once", "--json")
    first = json.loads(out)
    assert (code, err, first["accounts"], len(first["notices"])) == (0, "", 2, 1)
    assert (first["notices"][0]["account"], first["notices"][0]["status"]) == ("Söhne & Co", "sent")
    assert len(list((company / "out" / "cs-risk").glob("*.json"))) == 1
    code, out, _ = headroom("run", "--once", "--json")
    assert (code, json.loads(out)["notices"]) == (0, [])


def test_a_source_that_is_down_is_said_in_both_places_and_is_a_failure(company: Path, headroom: Headroom) -> None:
    headroom("run", "--once", "--json")
    (company / "accounts.csv").unlink()
    code, out, err = headroom("run", "--once", "--json")
    assert (code, json.loads(out)["accounts"]) == (1, 2)
    assert "accounts.csv" in json.loads(out)["sources"][0]["error"]
    assert "source 'crm' could not be read" in err


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("--once", "--as-of", "yesterday"), "--as-of: 'yesterday' is no day; wanted YYYY-MM-DD"),
        (("--once", "--as-of", "9999-12-31"), "--as-of: 9999-12-31 lies ahead"),
        (("--once", "--as-of", "0001-01-01"), "--as-of: 0001-01-01 lies before 1970-01-01"),
        (("--once", "--config", "nowhere.yaml"), "nowhere.yaml: cannot be read"),
        ((), "go with --once"),
        (("--once", "--what"), "No such option: --what"),
    ],
)
@pytest.mark.usefixtures("company")
def test_bad_input_ends_with_two_and_nothing_on_standard_output(
    headroom: Headroom, words: tuple[str, ...], expected: str
) -> None:
    code, out, err = headroom("run", "--json", *words)
    assert (code, out) == (2, "")
    assert expected in err


def test_a_log_level_that_is_none_is_a_fault(
    company: Path, headroom: Headroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEADROOM_LOG_LEVEL", "loud")
    assert headroom("check") == (2, "", "HEADROOM_LOG_LEVEL: wanted debug, info, warning or error (here: 'loud')\n")


@pytest.mark.parametrize(
    "address", ["postgresql://u:hunter2@127.0.0.1:1/x", "postgresql://127.0.0.1:1/x?password=hunter2"]
)
def test_a_password_is_in_no_error(
    company: Path, headroom: Headroom, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    configure(company, state={"env": "WHERE"})
    monkeypatch.setenv("WHERE", address)
    code, out, err = headroom("run", "--once", "--json")
    assert (code, out) == (2, "")
    assert "***" in err
    assert "hunter2" not in err


@pytest.mark.parametrize("state", ["sqlite:///{}/elsewhere.db", None])
def test_a_data_folder_that_cannot_be_written_to_is_told_in_words(
    company: Path, headroom: Headroom, state: str | None
) -> None:
    (company / "data").write_text("a file where the folder should be")
    configure(company, **({"state": state.format(company)} if state else {}))
    code, out, err = headroom("run", "--once", "--json")
    assert (code, out) == (2, "")
    assert str(Path("data")) in err


def test_another_run_at_work_is_a_failure_and_no_bad_input(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(typer.Exit) as ended, faults_in_words():
        raise BusyError("another run is at work")
    assert ended.value.exit_code == 1
    assert capsys.readouterr().err == "another run is at work\n"


# other commands


def test_check_names_rules_and_sources(company: Path, headroom: Headroom) -> None:
    assert headroom("check") == (0, "Settings are good: 1 rules; sources: crm.\n", "")


def test_a_question_makes_no_store(company: Path, headroom: Headroom) -> None:
    code, out, err = headroom("account", "Bolt", "--json")
    assert (code, out) == (2, "")
    assert f"there is no state store yet at {company}/data/headroom.db" in err
    assert not (company / "data").exists()


def test_why_is_answered_of_what_fires_and_of_what_does_not(company: Path, headroom: Headroom) -> None:
    headroom("run", "--once", "--json")
    code, out, err = headroom("why", "söhne", "&", "co", "--json")
    answer = json.loads(out)
    assert (code, err, answer["account"], answer["account_id"]) == (0, "", "Söhne & Co", "A1")
    (rule,) = answer["rules"]
    assert (rule["rule"], rule["mode"], rule["state"], rule["held_by"]) == ("unhappy", "live", "firing", None)
    assert [item["how"] for item in rule["said"]] == ["sent"]

    code, out, _ = headroom("why", "Bolt unhappy", "--json")
    (rule,) = json.loads(out)["rules"]
    assert (code, rule["state"]) == (0, "quiet")
    assert rule["held_by"] == {"what": "condition", "detail": "NPS 9; fires when under 5", "until": None}
    (seen,) = rule["evidence"]
    assert (seen["metric"], seen["value"], seen["threshold"], seen["truth"]) == ("nps", 9.0, "under 5", "false")


def test_why_is_printed_as_a_card(company: Path, headroom: Headroom) -> None:
    headroom("run", "--once", "--json")
    code, out, err = headroom("why", "Bolt")
    assert (code, err) == (0, "")
    assert "NPS 9; fires when under 5" in out
    code, out, _ = headroom("why", "crm")
    assert (code, "No rule is about this." in out) == (0, True)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (["Blot"], "There is no one account like “Blot”"),
        (["Bolt", "unhapy"], "There is no rule “unhapy”"),
    ],
)
def test_why_of_nobody_or_by_no_rule_is_bad_input(
    company: Path, headroom: Headroom, asked: list[str], said: str
) -> None:
    headroom("run", "--once", "--json")
    code, out, _ = headroom("why", *asked, "--json")
    answer = json.loads(out)
    assert (code, answer["account"], answer["rules"]) == (2, None, [])
    assert said in answer["text"]


def test_an_account_is_answered_and_an_unknown_one_is_bad_input(company: Path, headroom: Headroom) -> None:
    headroom("run", "--once", "--json")
    code, out, _ = headroom("account", "söhne & co", "--json")
    answer = json.loads(out)
    assert (code, answer["account"], answer["account_id"]) == (0, "Söhne & Co", "A1")
    assert {"as_of", "text", "blocks"} <= answer.keys()
    code, out, _ = headroom("account", "Blot", "--json")
    assert (code, json.loads(out)["account"]) == (2, None)
    assert "Bolt" in out


def test_the_files_to_begin_with_overwrite_nothing(tmp_path: Path, headroom: Headroom) -> None:
    code, out, err = headroom("init", "--defaults", "--out", str(tmp_path / "new"))
    assert (code, out, err.count("wrote")) == (0, "", 4)
    (tmp_path / "new" / "rules.yaml").unlink()
    code, _, err = headroom("init", "--defaults", "--out", str(tmp_path / "new"))
    assert (code, (tmp_path / "new" / "rules.yaml").exists()) == (2, False)
    assert "already holds headroom.yaml, rules_test.yaml, slack_manifest.yaml; nothing was written" in err


@pytest.mark.parametrize("name", ["file", "file/below"])
def test_a_place_where_nothing_can_be_written_is_told_in_words(tmp_path: Path, headroom: Headroom, name: str) -> None:
    (tmp_path / "file").write_text("")
    code, _, err = headroom("init", "--defaults", "--out", str(tmp_path / name))
    assert code == 2
    assert "cannot be written" in err


# processes of their own


HEAVY = (
    "duckdb",
    "pyarrow",
    "sqlalchemy",
    "alembic",
    "slack_bolt",
    "slack_sdk",
    "simple_salesforce",
    "matplotlib",
    "apscheduler",
    "uvicorn",
    "pydantic",
    "structlog",
    "jinja2",
)
NEEDED_FOR_CHECK = {"duckdb", "pyarrow", "pydantic", "structlog", "jinja2"}
"""Rules are checked by the engine that will judge them: whether `clear` contradicts `when` is asked of DuckDB."""


def imported(folder: Path, *words: str) -> set[str]:
    code = (
        "import sys\nfrom bot.cli import app\n"
        "try:\n    app(sys.argv[1:], prog_name='headroom')\nexcept SystemExit:\n    pass\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *words], cwd=folder, capture_output=True, text=True, check=True, timeout=60
    )
    return set(json.loads(done.stderr.splitlines()[-1].replace("'", '"')))


def test_help_imports_nothing_heavy(tmp_path: Path) -> None:
    assert imported(tmp_path, "--help") == set()


def test_a_check_imports_no_more_than_it_takes(company: Path) -> None:
    assert imported(company, "check") <= NEEDED_FOR_CHECK


@pytest.mark.parametrize(
    "code",
    [
        "from bot.out import print_json; [print_json({'a': 'b' * 999}) for _ in range(99)]",
        "from bot.out import cards; c = cards(); [c.print('a line of a table') for _ in range(99)]",
    ],
)
def test_the_work_goes_on_when_nobody_reads_any_more(code: str) -> None:
    command = [sys.executable, "-c", f"{code}; raise SystemExit(7)"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert (process.stderr.read(), process.wait(30)) == ("", 7)


def test_no_file_takes_the_place_of_a_standard_output_that_is_closed(tmp_path: Path) -> None:
    code = (
        "from bot.cli import _open_streams; from bot.out import cards, print_json; _open_streams();"
        f"f = open({str(tmp_path / 'state')!r}, 'w'); print_json({{}}); cards().print('x'); print('y'); f.close()"
    )
    command = ["/bin/sh", "-c", 'exec "$0" -c "$1" >&-', sys.executable, code]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stderr, (tmp_path / "state").read_text()) == (0, "", "")


def test_a_poor_terminal_gets_what_it_can_show(ready: Path) -> None:
    env = {"PYTHONIOENCODING": "ascii", "COLUMNS": "20", "NO_COLOR": "1", "TERM": "dumb"}
    out, err = started(ready, "run", "--once", env=env).communicate(timeout=60)
    assert err == ""
    assert "S?hne" in out
    assert "\x1b" not in out


def test_two_nights_at_once_on_one_folder_follow_each_other(ready: Path) -> None:
    both = [started(ready, "run", "--once", "--json") for _ in range(2)]
    answers = [process.communicate(timeout=90) for process in both]
    assert [process.returncode for process in both] == [0, 0], answers
    said = sorted(len(json.loads(out)["notices"]) for out, _ in answers)
    assert said == [0, 1]
    assert len(list((ready / "out" / "cs-risk").glob("*.json"))) == 1


def test_a_night_that_is_told_to_end_ends_and_leaves_nothing_half_done(ready: Path, headroom: Headroom) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:  # it takes requests and never answers
        events = {
            "name": "events",
            "type": "posthog",
            "host": f"http://127.0.0.1:{silent.getsockname()[1]}",
            "project": 1,
            "api_key": {"env": "HOME"},
            "meters": [{"meter": "calls", "measure": "count"}],
        }
        configure(ready, sources=[*SETTINGS["sources"], events])
        process = started(ready, "run", "--once", "--json")
        silent.settimeout(60)
        connection, _ = silent.accept()
        with connection:
            begun = time.monotonic()
            process.send_signal(signal.SIGTERM)
            out, err = process.communicate(timeout=30)
    assert (process.returncode, out, err) == (128 + signal.SIGTERM, "", "")
    assert time.monotonic() - begun < 10
    configure(ready)
    _, out, _ = headroom("run", "--once", "--json")
    assert len(json.loads(out)["notices"]) == 1


def test_an_alert_that_somebody_closed_is_no_longer_among_the_open_ones(ready: Path, headroom: Headroom) -> None:
    headroom("run", "--once", "--json")
    _, before, _ = headroom("account", "A1")
    with open_store(f"sqlite:///{ready}/data/headroom.db") as store:
        (episode,) = store.open_episodes().values()
        now = store.now()
        store.act_on_episode(
            episode.episode_id,
            ("U1", now),
            lambda seen: close(seen, "U1", Outcome.FALSE_ALARM, None, now),
            lambda _, notice: notice.message,
        )
    _, after, _ = headroom("account", "A1")
    assert "Open alerts" in before
    assert "Open alerts" not in after
