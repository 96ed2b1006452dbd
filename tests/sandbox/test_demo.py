"""The demo: what it shows of what arrived, and its prompt."""

from __future__ import annotations

import io
import threading
from typing import TYPE_CHECKING

import pytest
import yaml
from rich.console import Console

from bot.errors import HeadroomError
from bot.load import load_all
from bot.sandbox.company import sample_company
from bot.sandbox.console import Prompt
from bot.sandbox.demo import _write_settings, received, show_demo
from bot.sandbox.slack import RateLimits, SlackWorld, serving_slack
from bot.slack.client import SlackAccess, web_client
from tests.nights import DAY, crm, nights

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="module")
def world() -> Iterator[SlackWorld]:
    company = sample_company(3, DAY)
    world = SlackWorld(company.slack_users, company.channels, limits=RateLimits(post_burst=3))
    with serving_slack(world):
        yield world


def typed(world: SlackWorld, *lines: str) -> tuple[str, bool]:
    """Type lines at the prompt; return what it printed below its help, and whether it was told to stop."""
    out = io.StringIO()
    stop = threading.Event()
    prompt = Prompt(world, Console(file=out, width=200))
    prompt.read_until(lines, stop)
    return out.getvalue().partition("control/journal.\n")[2], stop.is_set()


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("what now", "Try /headroom help, alerts, home, a NUMBER to press, or quit."),
        ("claim 1", "There are 0 alerts to claim."),
        ("claim one", "Try /headroom help"),
        ("alert 1", "There are 0 alerts to show."),
        ("3", "what was shown last has 0 things to press"),
        ("in #nowhere", "Slack has nothing like that: channel_not_found"),
        ("as nobody", "Slack has nothing like that: 'nobody' is none of"),
        ("reason = holidays", "has no modal open"),
        ("submit", "has no modal open"),
        ("close", "has no modal open"),
        ("claim 99999999999999999999", "There are 0 alerts to claim."),
        ("alerts", "Alert"),
        # nobody listens: Slack says so, and the prompt lives on
        ("/headroom Acme [bold]", "Slack says: dispatch_failed"),
    ],
)
def test_each_line_has_its_answer(world: SlackWorld, line: str, expected: str) -> None:
    said, stopped = typed(world, line)
    assert expected in said
    assert not stopped


def test_quit_ends_it_and_the_end_of_the_input_does_not(world: SlackWorld) -> None:
    assert typed(world, "", "  quit ", "help") == ("", True)
    assert typed(world) == ("", False)


def test_a_channel_that_is_not_there_does_not_end_the_prompt(world: SlackWorld) -> None:
    out = io.StringIO()
    Prompt(world, Console(file=out, width=200), channel="#nowhere").read_until(["alerts", "what"], threading.Event())
    assert "Slack has nothing like that" in out.getvalue()
    assert out.getvalue().endswith("or quit. `help` lists everything.\n")


def test_what_arrived_is_told_with_its_account_and_nothing_else_is(tmp_path: Path, world: SlackWorld) -> None:
    with nights(tmp_path, crm({"account_id": "acme", "nps": 3.0})) as house:
        report = house.night()
        client = web_client(SlackAccess(world.bot_token, base_url=f"{world.address}/api/"))
        (card,) = [one for one in report.notices if one.destination == "#cs-risk"]
        said = {"event_type": "headroom", "event_payload": {"id": card.notice_id}}
        client.chat_postMessage(channel="cs-risk", text="Acme", metadata=said)
        client.chat_postMessage(channel="cs-risk", text="somebody else's")
        (arrived,) = received(world, house.house, report)
        assert (arrived.destination, arrived.account, arrived.message) == ("#cs-risk", "Acme", card.message)
        assert arrived.as_data() == {
            "kind": "churn_risk",
            "destination": "#cs-risk",
            "account": "Acme",
            "text": "Acme",
            "blocks": [],
        }


def test_the_settings_of_the_demo_are_good_ones_and_hold_no_secret(tmp_path: Path, world: SlackWorld) -> None:
    path = _write_settings(tmp_path, "http://127.0.0.1:1", "http://127.0.0.1:2", "http://127.0.0.1:3/api/", world, {})
    settings = yaml.safe_load(path.read_text()) | {"rules": "rules.yaml"}
    assert world.bot_token not in path.read_text()
    (tmp_path / "rules.yaml").write_text("[]")
    path.write_text(yaml.safe_dump(settings))
    assert [source.name for source in load_all(path).settings.sources] == ["salesforce", "posthog"]
    assert {file.stat().st_mode & 0o077 for file in tmp_path.glob("*token")} == {0}


def test_a_page_that_cannot_be_written_is_told_before_the_work(tmp_path: Path) -> None:
    with pytest.raises(HeadroomError, match=r"--page .*/page\.html: cannot be written"):
        show_demo(seed=1, once=True, as_json=True, page=tmp_path / "nowhere" / "page.html")
