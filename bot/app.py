"""The composition root: the only place where the parts are put together."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from bot.core.attribution import Aggregation, Attribution, Meter, ProductRule
from bot.facts.engine import Engine, Limits
from bot.facts.store import FactStore
from bot.house import House
from bot.measures import MEASURES
from bot.messages.speech import Speech
from bot.notices import Manners
from bot.opening import open_at
from bot.picturing import charts_wanted, make_drawer, make_pictures
from bot.readers import CrmReaders
from bot.sights import CrmAccess
from bot.slack.channels import Channels
from bot.slack.client import SlackAccess, web_client
from bot.slack.directory import DirectoryTransport
from bot.slack.people import People
from bot.slack.sender import Policy, Sender, SlackTransport
from bot.writeback import Writeback
from connectors.registry import connector, open_access, open_writer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.load import Loaded
    from bot.settings import Settings, SlackSettings, SourceGuardEntry
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
            manners=replace(_manners(settings), tasks=writes_tasks(loaded)),
            readers=readers(loaded),
            fleet=settings.guards.fleet.policy(),
            charts=charts_wanted(loaded),
        )


def open_writers(loaded: Loaded) -> list[CrmWriter]:
    """Return who writes into each source whose settings say `writeback`; opens no connection yet."""
    opened = (
        open_writer(entry.type, entry.name, entry.connector, loaded.places(entry.name), MEASURES)
        for entry in loaded.settings.sources
    )
    return [writer for writer in opened if writer is not None]


def writes_tasks(loaded: Loaded) -> bool:
    """Tell whether the settings let tasks be written into a CRM without being asked again."""
    return any(writer.wanted.todos and writer.wanted.applies for writer in open_writers(loaded))


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


def readers(loaded: Loaded) -> CrmReaders:
    """Return who tells what people may see of the accounts that they only subscribed to."""
    slack, crms = loaded.settings.slack, list(account_access(loaded).values())
    everyone = slack is not None and slack.access == "everyone"
    return CrmReaders(CrmAccess(crms) if crms and not everyone else None)


def _manners(settings: Settings) -> Manners:
    slack = settings.slack if isinstance(settings.deliver, str) else None
    return Manners(
        routes=tuple(entry.route() for entry in settings.routing),
        hours=settings.working_time.company_hours(settings.timezone),
        quiet=settings.working_time.quiet,
        per_day=settings.attention.per_day,
        fallback=slack.fallback if slack else _UNDELIVERABLE,
        command=slack.command if slack else "headroom account",
        speech=Speech(settings.language, settings.timezone),
        changes=settings.digests.changes,
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
        draw = make_drawer(loaded) if deliver.pictures else None
        return Sender(store, DirectoryTransport(deliver.directory, store.person, draw), policy)
    assert slack is not None, "checked when the settings were loaded"
    client = web_client(access(slack))
    people = People(store, client, store)
    channels = Channels(client, store.channel_of, slack.shared_channels, meter=store)
    policy = Policy(slack.fallback, workers=_WORKERS)
    pictures = make_pictures(loaded, store, web_client(access(slack)))
    return Sender(store, SlackTransport(client, people, channels, store, pictures), policy)
