"""A stand-in Slack on loopback: Web API, Socket Mode, response URLs, interactions, and faults on order.

world = SlackWorld([SlackUser("U1", "Ada Byron", "ada@example.com")], ["#cs-risk"])
with serving(slack_app(world)) as address:
    WebClient(token=world.bot_token, base_url=f"{address}/api/").chat_postMessage(channel="#cs-risk", text="hi")
    world.journal[-1].text  # "hi"
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from bot.sandbox.serve import serving
from bot.sandbox.slack_faults import Fault, Faults, Outcome
from bot.sandbox.slack_http import slack_app
from bot.sandbox.slack_interactions import Interaction
from bot.sandbox.slack_pace import UNLIMITED, RateLimits
from bot.sandbox.slack_state import SCOPES, Entry, SlackChannel, SlackMessage, SlackUser
from bot.sandbox.slack_world import SlackWorld

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = [
    "SCOPES",
    "UNLIMITED",
    "Entry",
    "Fault",
    "Faults",
    "Interaction",
    "Outcome",
    "RateLimits",
    "SlackChannel",
    "SlackMessage",
    "SlackUser",
    "SlackWorld",
    "serving_slack",
    "slack_app",
]


@contextmanager
def serving_slack(world: SlackWorld, port: int = 0) -> Iterator[str]:
    """Serve a workspace until the block ends; yields its address. The Web API is at `{address}/api/`."""
    with serving(slack_app(world), port) as address:
        world.address = address
        yield address
