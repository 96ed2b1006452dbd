"""Clients of Slack: each asks once, and none goes through a proxy to this machine itself."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, TypeVar
from urllib.parse import urlsplit

from slack_sdk import WebClient
from slack_sdk.webhook import WebhookClient

API_URL: Final = "https://slack.com/api/"

_API_SECONDS: Final = 15
_ANSWER_SECONDS: Final = 10
# `connectors.addresses` knows more of them; but what speaks to Slack imports nothing of the connectors.
_LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})
_Client = TypeVar("_Client", WebClient, WebhookClient)


@dataclass(frozen=True, slots=True)
class SlackAccess:
    """How to reach Slack, and as whom. Printing it shows no secrets."""

    bot_token: str = field(repr=False)
    signing_secret: str | None = field(default=None, repr=False)
    """For HTTP mode only: Socket Mode needs none."""
    command: str = "/headroom"
    base_url: str = API_URL


def web_client(access: SlackAccess) -> WebClient:
    """Make a client that asks once: by its own retries it would post twice where Slack accepts and does not answer."""
    client = WebClient(access.bot_token, access.base_url, timeout=_API_SECONDS, retry_handlers=[])
    return _directly(client, access.base_url)


def webhook_client(response_url: str) -> WebhookClient:
    """Make a client for one response URL; with retries the person would read the same line twice."""
    return _directly(WebhookClient(response_url, timeout=_ANSWER_SECONDS, retry_handlers=[]), response_url)


def _directly(client: _Client, url: str) -> _Client:
    """Let a client reach loopback directly: slack_sdk takes HTTPS_PROXY for every address and knows no NO_PROXY."""
    if urlsplit(url).hostname in _LOOPBACK:
        client.proxy = None
    return client
