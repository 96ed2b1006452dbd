"""The composition root: the only place where the parts are put together."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from bot.core import acts
from bot.core.attribution import Aggregation, Attribution, Meter, ProductRule
from bot.core.episode import Phase
from bot.core.guarding.policy import FLEET
from bot.facts.engine import Engine, Limits
from bot.facts.store import FactStore
from bot.inquiry import Inquiry
from bot.measures import MEASURES
from bot.messages.render import not_found, revised
from bot.notices import Manners
from bot.opening import open_at
from bot.pipeline import House
from bot.slack.app import make_app
from bot.slack.channels import Channels
from bot.slack.client import SlackAccess, web_client
from bot.slack.commands import nothing_yet
from bot.slack.directory import DirectoryTransport
from bot.slack.people import People
from bot.slack.sender import Policy, Sender, SlackTransport
from bot.slack.serve import serve_http, serve_socket_mode
from bot.writeback import Writeback
from connectors.registry import connector, open_access, open_writer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime

    from bot.core.episodes import Episode, Outcome, Step
    from bot.load import Loaded
    from bot.messages.message import Message
    from bot.settings import Settings, SlackSettings, SourceGuardEntry
    from bot.slack.serve import Serving
    from bot.state.rows import AccountView, Notice
    from bot.state.store import Store
    from connectors.base import AccountAccess
    from connectors.writeback import CrmWriter


_WORKERS: Final = 8
"""Messages under way at once: enough for what Slack permits, at a third of a second each."""
_UNDELIVERABLE: Final = "#undeliverable"
"""Folder of messages whose addressee is nobody, where messages go into a directory."""


@contextmanager
def open_house(loaded: Loaded) -> Iterator[House]:
    """Put everything together that a night needs; the stores are closed when the block ends.

    Raises HeadroomError where the state store or the data folder cannot be used.
    """
    settings = loaded.settings
    facts = open_facts(settings)
    with open_state(settings) as store:
        yield House(
            company=settings.company,
            sources=tuple(
                connector(entry.type).open_source(entry.name, entry.connector, loaded.places(entry.name))
                for entry in settings.sources
            ),
            folder=settings.data,
            facts=facts,
            engine=make_engine(loaded, facts),
            rules=loaded.rules,
            templates=loaded.templates,
            store=store,
            manners=_manners(settings),
            fleet=settings.guards.fleet.policy(),
        )


def open_writers(loaded: Loaded) -> list[CrmWriter]:
    """Return who writes into each source whose settings say `writeback`; opens no connection yet."""
    opened = (
        open_writer(entry.type, entry.name, entry.connector, loaded.places(entry.name), MEASURES)
        for entry in loaded.settings.sources
    )
    return [writer for writer in opened if writer is not None]


def make_writeback(loaded: Loaded, store: Store) -> Writeback:
    """Return who writes what the state store knows into the CRMs whose settings say `writeback`."""
    return Writeback(store, open_writers(loaded), loaded.settings.data)


def account_access(loaded: Loaded) -> dict[str, AccountAccess]:
    """Return who tells which accounts a person may see, by source; sources that cannot tell are not in it."""
    opened = {
        entry.name: open_access(entry.type, entry.name, entry.connector, loaded.places(entry.name))
        for entry in loaded.settings.sources
    }
    return {name: access for name, access in opened.items() if access is not None}


def _manners(settings: Settings) -> Manners:
    slack = settings.slack if isinstance(settings.deliver, str) else None
    return Manners(
        routes=tuple(entry.route() for entry in settings.routing),
        hours=settings.working_time.company_hours(settings.timezone),
        quiet=settings.working_time.quiet,
        per_day=settings.attention.per_day,
        fallback=slack.fallback if slack else _UNDELIVERABLE,
        command=slack.command if slack else "headroom account",
    )


@contextmanager
def open_state(settings: Settings, *, new: bool = True) -> Iterator[Store]:
    """Open the state store; it is closed when the block ends. A database that fails meanwhile is told in words.

    Without `new` a SQLite file has to be there: who only asks makes none. Raises StateError.
    """
    with open_at(settings.state_url(), new=new) as store:
        yield store


def open_facts(settings: Settings) -> FactStore:
    """Open what the sources of the settings have said."""
    # A source that was taken out of the settings counts no more: nobody would bring its facts up to date.
    return FactStore(settings.data / "facts", [entry.name for entry in settings.sources])


def make_engine(loaded: Loaded, facts: FactStore) -> Engine:
    """Return who analyses the facts as the settings say."""
    settings = loaded.settings
    stale_after = {entry.name: entry.stale_after for entry in settings.sources}
    attribution, health = _attribution(loaded), settings.health.model()
    limits = _limits(settings.guards.source)
    return Engine(facts, attribution, stale_after, limits=limits, currencies=loaded.currencies, health=health)


def _limits(guard: SourceGuardEntry) -> Limits:
    return Limits(
        rejected_share=guard.rejected,
        accounts_gone=guard.accounts_gone,
        unmatched_share=guard.unmatched,
        believed_days=guard.believed_after.days,
    )


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
        roll_up=settings.accounts.roll_up != "never",
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
        policy = Policy(_UNDELIVERABLE, pace=timedelta(), a_minute={})
        return Sender(store, DirectoryTransport(deliver.directory, store.person), policy)
    assert slack is not None, "checked when the settings were loaded"
    client = web_client(access(slack))
    people = People(store, client, store)
    channels = Channels(client, store.channel_of, slack.shared_channels, meter=store)
    policy = Policy(slack.fallback, workers=_WORKERS)
    return Sender(store, SlackTransport(client, people, channels, store), policy)


@dataclass(frozen=True, slots=True)
class Desk:
    """Answers what people ask and press in Slack, from the state store alone."""

    store: Store
    loaded: Loaded

    def answer(self, view: AccountView) -> Message:
        """Say where an account stands, with its open alerts."""
        found = self.store.episodes_of(view.account_id)
        open_ones = [episode for episode in found if episode.phase not in {Phase.CLOSED, Phase.RESOLVED}]
        return self.loaded.templates.answer(view, self.store.people(), open_ones, self.loaded.settings.company)

    def not_found(self, text: str, suggestions: Sequence[tuple[str, str]]) -> Message:
        """Say that no account has this name, and which come near."""
        return not_found(text, [name for _, name in suggestions])

    def rules(self) -> Sequence[str]:
        """Return the names of all rules."""
        return [rule.name for rule in self.loaded.rules]

    def sources(self) -> Sequence[str]:
        """Return what can be asked about beside accounts: all sources, and the fleet."""
        return [*(source.name for source in self.loaded.settings.sources), FLEET]

    def inquiry(self, command: str | None = None) -> Inquiry:
        """Return who answers why; `command` is what people type, by default the slash command."""
        slack = self.loaded.settings.slack
        return Inquiry(self.store, self.loaded.rules, command or (slack.command if slack else "headroom"))

    def why(self, view: AccountView, rule: str | None) -> Message:
        """Say why the rules speak of an account, or do not."""
        return self.inquiry().account(view, rule).message()

    def why_source(self, name: str, rule: str | None) -> Message:
        """Say why the rules speak of a source, or do not."""
        found = self.inquiry().source(name, rule)
        return found.message() if found is not None else nothing_yet()

    def claim_episode(self, episode_id: str, user: str, now: datetime) -> Step:
        """Let a person take an episode on; every message of it is changed to say so."""
        return self._act(episode_id, (user, now), lambda episode: acts.claim(episode, user, now))

    def snooze_episode(self, episode_id: str, user: str, days: int, now: datetime) -> Step:
        """Silence an episode for so many days of the company, and say so in every message of it."""
        until = now.astimezone(ZoneInfo(self.loaded.settings.timezone)).date() + timedelta(days=days)
        return self._act(episode_id, (user, now), lambda episode: acts.snooze(episode, user, until, None, now))

    def close_episode(self, episode_id: str, user: str, outcome: Outcome, now: datetime) -> Step:
        """Say what became of an episode in every message of it."""
        return self._act(episode_id, (user, now), lambda episode: acts.close(episode, user, outcome, None, now))

    def _act(self, episode_id: str, actor: tuple[str, datetime], act: Callable[[Episode], Step]) -> Step:
        def render(episode: Episode, notice: Notice) -> Message:
            return revised(notice.message, episode)

        return self.store.act_on_episode(episode_id, actor, act, render)


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
