"""The composition root: the only place where the parts are put together."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sqlalchemy.exc import DBAPIError

from bot.core.attribution import Aggregation, Attribution, Meter, ProductRule
from bot.facts.engine import Engine
from bot.facts.store import FactStore
from bot.messages.render import claimed, not_found
from bot.pipeline import House
from bot.slack.app import make_app
from bot.slack.channels import Channels
from bot.slack.client import SlackAccess, web_client
from bot.slack.directory import DirectoryTransport
from bot.slack.people import People
from bot.slack.sender import Policy, Sender, SlackTransport
from bot.slack.serve import serve_http, serve_socket_mode
from bot.state.engine import StateError
from bot.state.store import open_store
from connectors.registry import connector

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime

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
    """Put everything together that a night needs; the stores are closed when the block ends.

    Raises HeadroomError where the state store or the data folder cannot be used.
    """
    settings = loaded.settings
    # A source that was taken out of the settings counts no more: nobody would bring its facts up to date.
    facts = FactStore(settings.data / "facts", [entry.name for entry in settings.sources])
    with open_state(settings) as store:
        yield House(
            company=settings.company,
            sources=tuple(
                connector(entry.type).open_source(entry.name, entry.connector, loaded.folder)
                for entry in settings.sources
            ),
            folder=settings.data,
            facts=facts,
            engine=_engine(loaded, facts),
            rules=loaded.rules,
            templates=loaded.templates,
            store=store,
        )


@contextmanager
def open_state(settings: Settings, *, new: bool = True) -> Iterator[Store]:
    """Open the state store; it is closed when the block ends. A database that fails meanwhile is told in words.

    Without `new` a SQLite file has to be there: who only asks makes none. Raises StateError.
    """
    url = settings.state_url()
    file = Path(url.partition("///")[2].partition("?")[0]).expanduser() if url.startswith("sqlite") else None
    if file is not None and not new and not file.exists():
        raise StateError(
            f"there is no state store yet at {file.absolute()}; `headroom run --once` makes one. A relative `data` or "
            "`state` lies below the current directory: ask from where Headroom runs"
        )
    try:
        with open_store(url) as store:
            yield store
    except DBAPIError as error:
        raise StateError(f"state: the database failed: {error.orig}") from error


def _engine(loaded: Loaded, facts: FactStore) -> Engine:
    settings = loaded.settings
    stale_after = {entry.name: entry.stale_after for entry in settings.sources}
    attribution, health = _attribution(loaded), settings.health.model()
    return Engine(facts, attribution, stale_after, currencies=loaded.currencies, health=health)


def _attribution(loaded: Loaded) -> Attribution:
    settings = loaded.settings
    return Attribution(
        rules=tuple(
            ProductRule(
                entry.match.code,
                entry.match.family,
                entry.match.name,
                entry.kind,
                entry.meter,
                entry.per,
                entry.period,
                resets=entry.resets,
            )
            for entry in settings.products
        ),
        meters=tuple(Meter(entry.name, entry.unit, Aggregation(entry.aggregation)) for entry in settings.meters),
        order=settings.accounts.match,
        overrides=loaded.overrides,
    )


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
