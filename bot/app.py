"""The composition root: the only place where the parts are put together."""

from __future__ import annotations

import csv
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from bot.core.attribution import Aggregation, Attribution, Meter, ProductRule
from bot.core.located import Fault, Mark
from bot.errors import SettingsError
from bot.facts.engine import Engine
from bot.facts.store import FactStore
from bot.messages.render import claimed, not_found
from bot.pipeline import House
from bot.slack.app import SlackAccess, make_app, web_client
from bot.slack.channels import Channels
from bot.slack.directory import DirectoryTransport
from bot.slack.people import People
from bot.slack.sender import Policy, Sender, SlackTransport
from bot.slack.serve import serve_http, serve_socket_mode
from bot.state.store import open_store
from connectors.registry import connector

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from bot.core.episodes import Episode, Step
    from bot.load import Loaded
    from bot.messages.message import Message
    from bot.settings import Settings, SlackSettings
    from bot.slack.serve import Serving
    from bot.state.rows import AccountView, Notice
    from bot.state.store import Store


_UNDELIVERABLE: Final = "#undeliverable"
"""Folder of messages whose addressee is nobody, where messages go into a directory."""


@contextmanager
def open_house(loaded: Loaded) -> Iterator[House]:
    """Put everything together that a night needs; the stores are closed when the block ends."""
    settings = loaded.settings
    stale_after = {entry.name: entry.stale_after for entry in settings.sources}
    facts = FactStore(settings.data / "facts")
    engine = Engine(facts, _attribution(settings, loaded.folder), stale_after)
    with open_store(settings.state_url()) as store, closing(engine):
        yield House(
            company=settings.company,
            sources=tuple(
                connector(entry.type).open_source(entry.name, entry.connector, loaded.folder)
                for entry in settings.sources
            ),
            folder=settings.data,
            facts=facts,
            engine=engine,
            rules=loaded.rules,
            templates=loaded.templates,
            store=store,
        )


def _attribution(settings: Settings, folder: Path) -> Attribution:
    return Attribution(
        rules=tuple(
            ProductRule(
                entry.match.code, entry.match.family, entry.match.name, entry.kind, entry.meter, entry.per, entry.period
            )
            for entry in settings.products
        ),
        meters=tuple(Meter(entry.name, entry.unit, Aggregation(entry.aggregation)) for entry in settings.meters),
        order=settings.accounts.match,
        overrides=_overrides(folder / settings.accounts.overrides) if settings.accounts.overrides else {},
    )


def _overrides(path: Path) -> Mapping[str, str]:
    """Read who is who by hand: a CSV file with the columns customer and account_id."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            rows = list(csv.DictReader(lines))
    except OSError as error:
        raise SettingsError([Fault(Mark(str(path)), f"cannot be read: {error.strerror}")]) from error
    faults = [
        Fault(Mark(str(path), number), "wanted the columns customer and account_id, both filled")
        for number, row in enumerate(rows, start=2)
        if not row.get("customer") or not row.get("account_id")
    ]
    if faults:
        raise SettingsError(faults)
    return {row["customer"]: row["account_id"] for row in rows}


def access(slack: SlackSettings) -> SlackAccess:
    """Return how to reach Slack, with the secrets from where the settings say."""
    secret = slack.signing_secret if slack.mode == "http" else None
    return SlackAccess(
        slack.bot_token.get(), secret.get() if secret else None, slack.command, str(slack.api_url).rstrip("/") + "/"
    )


def make_sender(loaded: Loaded, store: Store) -> Sender:
    """Make the sender for wherever messages go: Slack, or a directory of files."""
    deliver, slack = loaded.settings.deliver, loaded.settings.slack
    if not isinstance(deliver, str):
        # A folder takes messages as fast as they come; only Slack wants them a second apart.
        return Sender(
            store, DirectoryTransport(deliver.directory, store.person), Policy(_UNDELIVERABLE, pace=timedelta())
        )
    assert slack is not None, "checked when the settings were loaded"
    client = web_client(access(slack))
    transport = SlackTransport(client, People(store, client), Channels(client, store.channel_of, slack.shared_channels))
    return Sender(store, transport, Policy(slack.fallback))


@dataclass(frozen=True, slots=True)
class Desk:
    """Answers what people ask and press in Slack, from the state store alone."""

    store: Store
    loaded: Loaded

    def answer(self, view: AccountView) -> Message:
        """Say where an account stands, with its open alerts."""
        open_ones = [episode for episode in self.store.episodes_of(view.account_id) if episode.resolved_at is None]
        return self.loaded.templates.answer(view, self.store.people(), open_ones, self.loaded.settings.company)

    def not_found(self, text: str, suggestions: Sequence[tuple[str, str]]) -> Message:
        """Say that no account has this name, and which come near."""
        return not_found(text, [name for _, name in suggestions])

    def claim_episode(self, episode_id: str, user: str, now: datetime) -> Step:
        """Let a person take an episode on; every message of it is changed to say so."""

        def render(episode: Episode, notice: Notice) -> Message:
            return claimed(notice.message, episode.claimed_by, episode.claimed_at)

        return self.store.claim_episode(episode_id, user, now, render)


def serve_slack(loaded: Loaded, store: Store, wake: Callable[[], None]) -> Serving:
    """Serve the slash command and the buttons, by Socket Mode or HTTP as the settings say."""
    slack = loaded.settings.slack
    assert slack is not None, "checked when the settings were loaded"
    desk, how = Desk(store, loaded), access(slack)
    app = make_app(how, store, desk, desk, wake=wake)
    if slack.mode == "http":
        return serve_http(app, how, slack.port, slack.host)
    assert slack.app_token is not None, "checked when the settings were loaded"
    return serve_socket_mode(app, slack.app_token.get(), how.base_url)
