"""The two apps that are compared, each in a process of its own: Headroom, and a bare Bolt listener."""

from __future__ import annotations

import json
import multiprocessing
import os
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from slack_bolt import App, BoltRequest
from sqlalchemy import create_engine, select

from benchmarks.slacking.company import name_of, settings_text
from bot.app import access, open_state
from bot.front import make_slack_app
from bot.load import load_all
from bot.messages.blocks import to_blocks
from bot.slack.client import web_client
from bot.slack.serve import serve_http, serve_socket_mode
from bot.state.codec import account_from_row, person_from_row
from bot.state.keys import name_key
from bot.state.tables import ACCOUNTS, PEOPLE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from multiprocessing.connection import Connection
    from pathlib import Path

    from slack_bolt import Ack

    from bot.load import Loaded
    from bot.slack.client import SlackAccess

_START_SECONDS = 120.0
_WARM = 200


@dataclass(frozen=True)
class Place:
    """What an app's process needs to know."""

    kind: str
    """headroom | bare"""
    mode: str
    """socket | http"""
    folder: Path
    state: str
    api_url: str
    secrets: Mapping[str, str]
    crm: str = ""
    """Address of the CRM that tells who may see what; empty: everybody sees everything."""


def load(place: Place) -> Loaded:
    """Load the settings of an app."""
    os.environ.update(place.secrets)
    folder = place.folder / f"{place.kind}-{place.mode}"
    folder.mkdir(exist_ok=True)
    path = folder / "headroom.yaml"
    path.write_text(settings_text(place.state, place.mode, 0, place.api_url, place.crm))
    return load_all(path)


def bare_app(loaded: Loaded, how: SlackAccess) -> App:
    """Return what somebody would write first: one lookup by name, the same template, the answer in the ack."""
    app = App(
        client=web_client(how),
        signing_secret=how.signing_secret or "none",
        process_before_response=True,
        token_verification_enabled=False,
    )
    engine = create_engine(loaded.settings.state_url())

    def command(ack: Ack, body: dict[str, Any]) -> None:
        with engine.connect() as connection:
            wanted = select(ACCOUNTS).where(ACCOUNTS.c.name_key == name_key(body["text"]))
            view = account_from_row(connection.execute(wanted).mappings().one())
            owner = select(PEOPLE).where(PEOPLE.c.person_id == view.owner_id)
            person = person_from_row(connection.execute(owner).mappings().one())
        message = loaded.templates.answer(view, {person.person_id: person}, (), loaded.settings.company)
        ack({"response_type": "ephemeral", "text": message.summary, "blocks": to_blocks(message)})

    app.command(how.command)(command)
    return app


@contextmanager
def serving_apart(place: Place) -> Iterator[int]:
    """Serve an app in a process of its own until the block ends; yields the port of HTTP mode, else 0."""
    spawn = multiprocessing.get_context("spawn")
    here, there = spawn.Pipe()
    process = spawn.Process(target=_serve, args=(place, there), daemon=True)
    process.start()
    there.close()
    try:
        if not here.poll(_START_SECONDS):
            raise RuntimeError(f"the app '{place.kind}' did not start")
        yield int(here.recv())
    finally:
        here.close()
        process.join(10)
        if process.is_alive():
            process.kill()


def _serve(place: Place, there: Connection) -> None:
    loaded = load(place)
    slack = loaded.settings.slack
    assert slack is not None
    how = access(slack)
    with open_state(loaded.settings) as store:
        app = make_slack_app(loaded, store, lambda: None) if place.kind == "headroom" else bare_app(loaded, how)
        if place.mode == "http":
            serving: Any = serve_http(app, how, 0)
            there.send(serving.port)
        else:
            assert slack.app_token is not None
            serving = serve_socket_mode(app, slack.app_token.get(), how.base_url)
            there.send(0)
        with suppress(EOFError, OSError):
            there.poll(None)
        serving.stop()


def in_process(place: Place, numbers: Sequence[int]) -> list[float]:
    """Return how many milliseconds the app takes for each account, handed in without any transport."""
    loaded = load(place)
    slack = loaded.settings.slack
    assert slack is not None
    with open_state(loaded.settings) as store:
        headroom = place.kind == "headroom"
        app = make_slack_app(loaded, store, lambda: None) if headroom else bare_app(loaded, access(slack))
        for number in numbers[:_WARM]:
            _ask(app, number)
        time.sleep(1.0 if headroom else 0.0)  # who asks is looked up after the first acknowledgement
        return [_ask(app, number) for number in numbers]


def _ask(app: App, number: int) -> float:
    body = {
        "command": "/headroom",
        "text": name_of(number),
        "user_id": "U1",
        "team_id": "T1",
        "channel_id": "C1",
        "response_url": "",
        "trigger_id": "1",
    }
    request = BoltRequest(body=body, mode="socket_mode")
    began = time.perf_counter()
    response = app.dispatch(request)
    took = (time.perf_counter() - began) * 1000
    assert response.status == 200, response.body  # noqa: PLR2004 - HTTP's OK
    assert not response.body or json.loads(response.body)["text"]
    return took
