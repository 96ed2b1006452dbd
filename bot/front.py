"""The composition root of what people ask and press: in Slack, and in the terminal."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

from bot.app import access, account_access, make_writeback, writes_tasks
from bot.core.episode import Phase
from bot.core.guarding.policy import FLEET
from bot.desk.account import AccountCommand
from bot.desk.acting import Acting
from bot.desk.commands import Commands
from bot.desk.lookup import Lookup
from bot.desk.snooze import SnoozeCommand
from bot.desk.why import WhyCommand
from bot.inquiry import Inquiry
from bot.lists import list_commands
from bot.personal import company_of, personal_rooms, prefs_command, spoken_to
from bot.picturing import make_pictures
from bot.preparing import prep_command, prep_room
from bot.sights import CrmAccess
from bot.slack.acting import acting
from bot.slack.app import make_app
from bot.slack.askers import Askers
from bot.slack.channels import Channels
from bot.slack.client import web_client
from bot.slack.commanding import commanding
from bot.slack.floor import Floor
from bot.slack.serve import serve_http, serve_socket_mode
from bot.slack.shortcuts import shortcuts
from bot.slack.steps import steps
from bot.slack.unfurling import unfurling
from bot.tasking import Tasking
from bot.wishing import wish_commands

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Executor

    from slack_bolt import App
    from slack_sdk import WebClient

    from bot.load import Loaded
    from bot.messages.message import Message
    from bot.messages.speech import Speech
    from bot.slack.app import Room
    from bot.slack.serve import Serving
    from bot.state.rows import AccountView
    from bot.state.store import Store


def make_commands(store: Store, loaded: Loaded, changed: Callable[[str], None] = lambda _: None) -> Commands:
    """Return everything that can be asked: the same in Slack and in the terminal.

    `changed` is told whose preferences were changed.
    """
    lookup = Lookup(store)
    rules = [rule.name for rule in loaded.rules]
    sources = [*(source.name for source in loaded.settings.sources), FLEET]
    return Commands(
        AccountCommand(lookup, partial(_say_account, store, loaded)),
        (
            WhyCommand(lookup, partial(Inquiry, store, loaded.rules), rules, sources),
            SnoozeCommand(lookup, make_acting(store, loaded), store, rules),
            prep_command(store, loaded),
            *list_commands(store, loaded),
            *wish_commands(store, loaded),
            prefs_command(store, loaded, changed),
        ),
    )


def _say_account(store: Store, loaded: Loaded, view: AccountView, speech: Speech) -> Message:
    found = store.episodes_of(view.account_id)
    open_ones = [episode for episode in found if episode.phase not in {Phase.CLOSED, Phase.RESOLVED}]
    people = store.people([one for one in (view.owner_id, view.csm_id) if one])
    return loaded.templates.answer(view, people, open_ones, loaded.settings.company, speech)


def make_acting(store: Store, loaded: Loaded) -> Acting:
    """Return who does with episodes what people press or type, in the state store alone."""
    return Acting(store, loaded.settings.timezone, {rule.name: rule.kind for rule in loaded.rules})


def make_floor(store: Store, loaded: Loaded, wake: Callable[[], None], client: WebClient, executor: Executor) -> Floor:
    """Return what the listeners share."""
    slack = loaded.settings.slack
    assert slack is not None, "checked when the settings were loaded"
    crms = list(account_access(loaded).values())
    # Without a CRM that can tell, every member of the workspace sees every account: docs/slack.md says so.
    sight = CrmAccess(crms) if crms and slack.access == "crm" else None
    askers = Askers(client, store, sight, partial(spoken_to, store, company_of(loaded)))
    return Floor(
        command=slack.command,
        client=client,
        askers=askers,
        channels=Channels(client, store.channel_of, slack.shared_channels, meter=store),
        commands=make_commands(store, loaded, askers.forget),
        clock=lambda: datetime.now(UTC),
        wake=wake,
        executor=executor,
        pictures=make_pictures(loaded, store, web_client(access(slack))),
    )


def _acting_rooms(store: Store, loaded: Loaded) -> tuple[Room, ...]:
    act = make_acting(store, loaded)
    tasks = Tasking(store, act, partial(make_writeback, loaded, store)) if writes_tasks(loaded) else None
    say = partial(_say_account, store, loaded)
    return (acting(act, tasks), shortcuts(store), unfurling(store, say), steps)


def make_slack_app(loaded: Loaded, store: Store, wake: Callable[[], None]) -> App:
    """Return the app with all of its rooms."""
    slack = loaded.settings.slack
    assert slack is not None, "checked when the settings were loaded"
    rooms = (commanding, *_acting_rooms(store, loaded), *personal_rooms(store, loaded), prep_room(store, loaded))
    return make_app(access(slack), rooms, partial(make_floor, store, loaded, wake))


def serve_slack(loaded: Loaded, store: Store, wake: Callable[[], None]) -> Serving:
    """Serve commands and buttons, by Socket Mode or HTTP as the settings say."""
    slack = loaded.settings.slack
    assert slack is not None, "checked when the settings were loaded"
    app, how = make_slack_app(loaded, store, wake), access(slack)
    if slack.mode == "http":
        return serve_http(app, how, slack.port, slack.host)
    assert slack.app_token is not None, "checked when the settings were loaded"
    return serve_socket_mode(app, slack.app_token.get(), how.base_url)
