"""What is logged, and what must never be."""

from __future__ import annotations

import json
import logging

import pytest
import structlog
from slack_bolt import App
from slack_sdk import WebClient

from bot.errors import SettingsError
from bot.log import set_up_log
from bot.masking import masked


def fail(address: str) -> None:
    secret_local = address
    raise RuntimeError(f"no answer from {secret_local}")


def test_a_fault_is_logged_with_its_traceback_and_without_local_values(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_log()
    try:
        fail("postgresql://user:hunter2@db/x")
    except RuntimeError:
        structlog.get_logger("bot").exception("it failed", subject="Söhne")
    out, err = capsys.readouterr()
    line = json.loads(err)
    assert (out, line["event"], line["level"], line["subject"]) == ("", "it failed", "error", "Söhne")
    assert "hunter2" not in err
    assert "secret_local" not in err
    assert line["exception"][0]["frames"][-1]["name"] == "fail"


def test_what_libraries_log_goes_the_same_way(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_log()
    logging.getLogger("slack_sdk").warning("refused %s", "xoxb-1234-5678-abcdef")
    logging.getLogger("slack_sdk").info("not this")
    line = json.loads(capsys.readouterr().err)
    assert (line["event"], line["level"]) == ("refused xoxb-***", "warning")


@pytest.mark.parametrize("level", ["INFO", "info"])
def test_the_environment_says_how_much(
    level: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HEADROOM_LOG_LEVEL", level)
    set_up_log()
    structlog.get_logger("bot").info("said")
    structlog.get_logger("bot").debug("not said")
    assert [json.loads(line)["event"] for line in capsys.readouterr().err.splitlines()] == ["said"]


def test_a_level_that_is_none_is_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEADROOM_LOG_LEVEL", "loud")
    with pytest.raises(SettingsError) as caught:
        set_up_log()
    assert str(caught.value) == "HEADROOM_LOG_LEVEL: wanted debug, info, warning or error (here: 'loud')"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("postgresql://user:secret@host/db", "postgresql://user:***@host/db"),
        ("postgresql+psycopg://user:p%40ss:w@host:5432/db", "postgresql+psycopg://user:***@host:5432/db"),
        ("https://:secret@proxy", "https://:***@proxy"),
        ("postgresql://host/db?user=u&password=secret&x=1", "postgresql://host/db?user=u&password=***&x=1"),
        ("host=db password=secret user=u", "host=db password=*** user=u"),
        ("xoxb-12-34-abc, xapp-1-A0-abc", "xoxb-***, xapp-***"),
        ("a workflow's xwfp-12345678", "a workflow's xwfp-***"),
        ("a: b@c, https://acme.com/x:y@z", "a: b@c, https://acme.com/x:y@z"),
        ("https://user@host/a", "https://user@host/a"),
        ("headroom.yaml:3:4: no password= here", "headroom.yaml:3:4: no password= here"),
    ],
)
def test_passwords_and_tokens_are_masked_and_nothing_else(text: str, shown: str) -> None:
    assert masked(text) == shown


def test_bolt_does_not_complain_of_a_token_that_the_settings_name(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-of-the-environment")
    set_up_log()
    App(client=WebClient(token="xoxb-of-the-settings"), signing_secret="s", token_verification_enabled=False)
    logging.getLogger("slack_bolt.App").warning("something else")
    err = capsys.readouterr().err
    assert "unused" not in err
    assert "something else" in err
