"""Drives the installed command as a process of its own, against stand-in servers in this one."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from bot.sandbox.company import Story
from bot.sandbox.demo import Stage, stage

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from bot.sandbox.slack import Entry

HEADROOM = Path(sys.executable).parent / "headroom"
SEED = 11

# Few enough messages to be delivered in seconds at Slack's pace of one a second and channel; and three days of
# look-back instead of fifteen, each of which takes a second.
RULES = """\
- name: licence-underuse
  kind: churn_risk
  when: licence_utilization < 0.50 AND tenure_days > 60 AND days_to_renewal BETWEEN 0 AND 180
  clear: licence_utilization >= 0.60 OR active_lines = 0
  for: 2d
  severity: CASE WHEN arr >= 100000 THEN 'high' ELSE 'medium' END
  at_stake: arr
  to: [owner, "#cs-risk"]
  template: churn_risk
- name: source-stale
  kind: operations
  scope: source
  when: failed OR age_days > stale_after_days
  severity: high
  to: ["#cs-ops"]
  template: operations
"""


_SEEN_DAYS = 120
"""The rules look at 28 days of use: a year and a half of it would take its time and show nothing more."""


@contextmanager
def playing(folder: Path, *, whole: bool = False, **more: object) -> Iterator[Stage]:
    """Start the stand-ins, with settings of `more` beside those of the demo; `whole`: all of the company's past."""
    with stage(SEED, folder) as scene:
        settings = yaml.safe_load(scene.settings.read_text())
        (folder / "rules.yaml").write_text(RULES)
        if not whole:
            settings["sources"][1]["start"] = scene.company.today - timedelta(days=_SEEN_DAYS)
        scene.settings.write_text(yaml.safe_dump({**settings, "rules": "rules.yaml", **more}))
        yield scene


def over_http(scene: Stage) -> None:
    """Let the app listen for signed requests instead of opening a socket, and Slack call it there."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    secret = scene.settings.parent / "signing-secret"
    secret.write_text(scene.slack.signing_secret)
    settings = yaml.safe_load(scene.settings.read_text())
    settings["slack"] |= {"mode": "http", "port": port, "signing_secret": {"file": str(secret)}}
    scene.settings.write_text(yaml.safe_dump(settings))
    scene.slack.request_url = f"http://127.0.0.1:{port}/slack/events"


def once(scene: Stage, *more: str) -> tuple[int, dict[str, Any], str]:
    command = [str(HEADROOM), "run", "--once", "--json", "--config", str(scene.settings), *more]
    done = subprocess.run(command, capture_output=True, text=True, timeout=200, check=False, cwd=scene.settings.parent)
    return done.returncode, json.loads(done.stdout), done.stderr


@contextmanager
def serving(scene: Stage, environment: Mapping[str, str] | None = None) -> Iterator[subprocess.Popen[str]]:
    command = [str(HEADROOM), "run", "--config", str(scene.settings)]
    env = {**os.environ, **(environment or {})}
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, cwd=scene.settings.parent, env=env) as process:
        try:
            yield process
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
            _, log = process.communicate(timeout=30)
            assert process.returncode == 0, log


def posts(scene: Stage, channel: str) -> list[Entry]:
    return [entry for entry in scene.slack.journal if entry.kind == "post" and entry.channel_name == channel]


def expected_underuse(scene: Stage) -> set[str]:
    """Names of the accounts that the sample company makes use too little, whatever the product finds.

    Those whose contract ends within 160 days: the rule wants 180 days or less, and that for some days.
    """
    company = scene.company
    first, last = str(company.today), str(company.today + timedelta(days=160))
    ending = {record["AccountId"] for record in company.salesforce["Contract"] if first <= record["EndDate"] <= last}
    names = {record["Id"]: record["Name"] for record in company.salesforce["Account"]}
    return {names[key] for key, story in company.stories.items() if story == Story.UNDERUSE and key in ending}


def headlines(entries: list[Entry]) -> list[str]:
    return [str(entry.blocks[0]["text"]["text"]) for entry in entries]
