"""The installed command as a process of its own, against stand-in servers in this one: HTTP and WebSocket between."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from html import unescape
from typing import TYPE_CHECKING

import pytest
import yaml

from bot.messages.revise import ACT, CLAIM
from tests.acceptance.driving import HEADROOM, expected_underuse, headlines, once, over_http, playing, posts, serving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from bot.sandbox.demo import Stage
    from bot.sandbox.slack import Entry, SlackWorld

pytestmark = pytest.mark.timeout(300)  # real processes, on a machine that may be busy


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Stage]:
    with playing(tmp_path) as scene:
        yield scene


@pytest.fixture
def whole(tmp_path: Path) -> Iterator[Stage]:
    with playing(tmp_path, whole=True) as scene:
        yield scene


def test_one_night_reads_judges_and_posts_and_the_next_run_says_nothing_twice(whole: Stage) -> None:
    scene = whole
    code, first, _ = once(scene)
    assert code == 0
    assert first["rows"]["read"] + first["rows"]["rejected"] == first["rows"]["total"] > 100_000
    assert first["accounts"] == 60
    assert {notice["status"] for notice in first["notices"]} <= {"sent", "fallback"}
    said = headlines(posts(scene, "cs-risk"))
    assert len(expected_underuse(scene)) >= 3
    for name in expected_underuse(scene):
        assert any(name[:40] in line for line in said), name
    before = len(scene.slack.journal)
    code, second, _ = once(scene)
    assert (code, second["notices"], len(scene.slack.journal)) == (0, [], before)


@pytest.mark.parametrize("mode", ["socket", "http"])
def test_a_person_asks_and_claims_while_the_bot_runs(scene: Stage, mode: str) -> None:
    world = scene.slack
    if mode == "http":
        over_http(scene)
    asker, other = world.users[0], world.users[1]
    with serving(scene):
        assert world.wait(lambda journal: any(entry.channel_name == "cs-risk" for entry in journal), timeout=120)
        alert = posts(scene, "cs-risk")[0]
        name = next(name for name in expected_underuse(scene) if name[:40] in headlines([alert])[0])

        answer = world.slash_command(asker.id, name, "#cs-risk")
        assert answer.acked
        assert answer.transport == mode
        # Nobody has asked before: who it is, and what Salesforce lets them see, is asked after the acknowledgement.
        assert answer.ack is None
        assert name[:40] in unescape(json.dumps(answer.wait(timeout=20), ensure_ascii=False))
        again = world.slash_command(asker.id, name, "#cs-risk")
        assert again.ack is not None
        assert name[:40] in unescape(json.dumps(again.shown, ensure_ascii=False))

        unknown = world.slash_command(asker.id, name[:6] + "xx", "#cs-risk")
        assert name[:20] in unescape(json.dumps(unknown.wait(timeout=20), ensure_ascii=False))

        why = world.slash_command(asker.id, f"why {name} licence-underuse", "#cs-risk")
        assert why.acked
        assert "licence-underuse fires" in json.dumps(why.wait(timeout=20), ensure_ascii=False)

        world.press(asker.id, "#cs-risk", alert.ts, CLAIM)
        assert world.wait(
            lambda journal: any(entry.kind == "update" and entry.ts == alert.ts for entry in journal), timeout=20
        )
        update = next(entry for entry in world.journal if entry.kind == "update" and entry.ts == alert.ts)
        assert f"<@{asker.id}>" in json.dumps(list(update.blocks))
        assert CLAIM not in {
            element.get("action_id")
            for block in update.blocks
            if block["type"] == "actions"
            for element in block["elements"]
        }
        with pytest.raises(LookupError):
            world.press(other.id, "#cs-risk", alert.ts, CLAIM)  # the button is gone

        later = next(one for one in choices(update) if "|snooze|14" in one)
        world.press(other.id, "#cs-risk", alert.ts, ACT, later)
        assert world.wait(lambda _: "Snoozed until" in json.dumps(standing(world, alert.ts)), timeout=20)
        done = next(one for one in choices(update) if one.endswith("|close|recovered"))
        world.press(other.id, "#cs-risk", alert.ts, ACT, done)
        assert world.wait(
            lambda _: f"Closed as recovered by <@{other.id}>" in json.dumps(standing(world, alert.ts)), timeout=20
        )
        assert f"Claimed by <@{asker.id}>" in json.dumps(standing(world, alert.ts))


def choices(entry: Entry) -> list[str]:
    """What the menu of a message offers."""
    elements = [one for block in entry.blocks if block["type"] == "actions" for one in block["elements"]]
    return [option["value"] for one in elements if one["type"] == "static_select" for option in one["options"]]


def standing(world: SlackWorld, ts: str) -> list[dict[str, object]]:
    """A message as it stands now."""
    return list(next(entry for entry in reversed(world.journal) if entry.ts == ts).blocks)


def test_a_source_that_cannot_be_read_is_said_and_what_was_known_is_kept(scene: Stage) -> None:
    _, first, _ = once(scene)
    settings = yaml.safe_load(scene.settings.read_text())
    settings["sources"][1]["project"] = 404  # refused at once: one that is down is waited for, for half a minute
    scene.settings.write_text(yaml.safe_dump(settings))
    code, second, complaint = once(scene)
    assert code == 1
    assert "posthog" in complaint
    assert "could not be read" in complaint
    assert second["accounts"] == first["accounts"]
    assert [notice["kind"] for notice in second["notices"]] == ["operations"]
    assert len(posts(scene, "cs-ops")) >= 1


def test_wrong_settings_end_with_two_and_every_fault(tmp_path: Path) -> None:
    path = tmp_path / "headroom.yaml"
    path.write_text("company: Acme\nsources: []\ntimezone: Nowhere\n")
    done = subprocess.run(
        [str(HEADROOM), "run", "--once", "--config", str(path)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 2
    assert done.stdout == ""
    assert "sources" in done.stderr
    assert "timezone" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_bot_stops_quietly_when_it_is_told_to(scene: Stage) -> None:
    with serving(scene) as process:
        assert scene.slack.wait(lambda journal: len(journal) > 0, timeout=120)
        started = time.monotonic()
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=30)
        assert time.monotonic() - started < 20


def test_messages_that_cannot_be_delivered_wait_and_the_run_says_so(scene: Stage) -> None:
    token = scene.settings.parent / "bot-token"
    good = token.read_text()
    token.write_text("xoxb-of-somebody-else")
    code, first, complaint = once(scene)
    assert code == 1
    assert "messages are waiting in the outbox" in complaint
    assert "xoxb-of-somebody-else" not in complaint
    assert first["delivery_problem"]
    assert {notice["status"] for notice in first["notices"]} == {"pending"}
    token.write_text(good)
    code, _, _ = once(scene)
    assert code == 0
    assert posts(scene, "cs-risk")


def test_a_check_asks_the_sources_and_lists_everything_that_is_wrong_with_the_mapping(scene: Stage) -> None:
    code, out, complaint = checked(scene)
    assert (code, complaint) == (0, "")
    assert "salesforce: can be read." in out
    assert "left of the day" in out
    settings = yaml.safe_load(scene.settings.read_text())
    people = {"object": "User", "map": {"name": "Nam", "email": "Emai"}}
    settings["sources"][0]["mapping"] = {"people": people, "accounts": {"object": "Acount", "map": {"name": "Name"}}}
    scene.settings.write_text(yaml.safe_dump(settings))
    code, _, complaint = checked(scene)
    assert code == 1
    for near in ("did you mean 'Name'?", "did you mean 'Email'?", "did you mean 'Account'?"):
        assert near in complaint
    assert checked(scene, "--offline")[0] == 0


def checked(scene: Stage, *more: str) -> tuple[int, str, str]:
    command = [str(HEADROOM), "check", "--config", str(scene.settings), *more]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    return done.returncode, done.stdout, done.stderr
