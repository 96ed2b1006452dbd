"""Links that people paste in the stand-in Slack, and what the app shows under them."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from bot.messages.limits import as_slack_says, validate
from bot.sandbox.slack_state import APP_ID, TEAM_ID, Json, SlackError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bot.sandbox.slack_args import Arguments
    from bot.sandbox.slack_interactions import Interaction
    from bot.sandbox.slack_world import SlackWorld

COMPOSER: Final = "composer"
POSTED: Final = "conversations_history"
_TOKEN: Final = "sandbox-verification-token"  # noqa: S105 - Slack's deprecated field, checked by nobody


@dataclass(frozen=True, slots=True)
class Pasted:
    """Links that somebody pasted."""

    unfurl_id: str
    source: str
    channel: str
    ts: str
    urls: tuple[str, ...]


@dataclass(slots=True)
class Unfurls:
    """What was pasted, and what is shown under it."""

    domains: Sequence[str] = ("lightning.force.com", "my.salesforce.com")
    """Which links the app is told of: these domains, and what lies below them."""
    shown: dict[str, Json] = field(default_factory=dict)
    """By `unfurl_id`: the unfurl of each address, as the app wrote it last."""
    calls: int = 0
    """How often chat.unfurl was accepted."""
    _pasted: list[Pasted] = field(default_factory=list)
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def told(self, urls: Sequence[str]) -> tuple[str, ...]:
        """Return those of some addresses that the app is told of."""
        return tuple(url for url in urls if any(_below(urlsplit(url).hostname or "", one) for one in self.domains))

    def paste(self, source: str, channel: str, ts: str, urls: tuple[str, ...]) -> Pasted:
        """Note links that somebody pasted."""
        pasted = Pasted(f"{channel}.{next(self._numbers)}.unfurl", source, channel, ts, urls)
        if source == COMPOSER:
            # As Slack does, for apps that know channel and ts only.
            pasted = Pasted(pasted.unfurl_id, source, "COMPOSER", pasted.unfurl_id, urls)
        self._pasted.append(pasted)
        return pasted

    def find(self, arguments: Arguments) -> Pasted:
        """Return the links that a call is about. Raises SlackError in Slack's words."""
        by_id = arguments.get("unfurl_id") or arguments.get("source")
        first, second = ("unfurl_id", "source") if by_id else ("channel", "ts")
        wanted = (arguments.required(first, f"missing_{first}"), arguments.required(second, f"missing_{second}"))
        for pasted in self._pasted:
            if wanted == ((pasted.unfurl_id, pasted.source) if by_id else (pasted.channel, pasted.ts)):
                return pasted
        raise SlackError("cannot_unfurl_message" if by_id else "cannot_find_message")


def chat_unfurl(world: SlackWorld, arguments: Arguments) -> Json:
    """Run chat.unfurl."""
    pasted = world.unfurls.find(arguments)
    unfurls = arguments.structure("unfurls", "invalid_unfurls_format")
    if not unfurls:
        raise SlackError("missing_unfurls")
    if not isinstance(unfurls, dict):
        raise SlackError("invalid_unfurls_format")
    for url, unfurl in unfurls.items():
        if url not in pasted.urls:
            raise SlackError("cannot_unfurl_url")
        if found := validate(unfurl.get("blocks", []), at=f"/unfurls/{url}/blocks"):
            raise SlackError("invalid_blocks", response_metadata={"messages": as_slack_says(found)})
    world.unfurls.shown.setdefault(pasted.unfurl_id, {}).update(unfurls)
    world.unfurls.calls += 1
    return {}


def paste(
    world: SlackWorld,
    user: str,
    channel: str,
    *urls: str,
    source: str = POSTED,
    event_id: str | None = None,
) -> tuple[Pasted, Interaction]:
    """Paste links as a person, posted or still in the composer; returns when the app has acknowledged.

    `event_id`: one that was sent before, as Slack does where an event was not acknowledged.
    """
    with world.lock:
        person, room = world.place(user, channel)
        told = world.unfurls.told(urls)
        pasted = world.unfurls.paste(source, room.id, f"{world.now():.6f}", told)
        interaction = world.interaction(person)
        body = {
            "token": _TOKEN,
            "team_id": TEAM_ID,
            "api_app_id": APP_ID,
            "event": {
                "type": "link_shared",
                "channel": pasted.channel,
                "is_bot_user_member": room.has_bot and source == POSTED,
                "user": person.id,
                "message_ts": pasted.ts,
                "unfurl_id": pasted.unfurl_id,
                "source": source,
                "links": [{"domain": urlsplit(url).hostname, "url": url} for url in told],
                "event_ts": f"{world.now():.6f}",
            },
            "type": "event_callback",
            "event_id": event_id or f"Ev{interaction.id[:8].upper()}",
            "event_time": int(world.now()),
            "is_ext_shared_channel": room.is_ext_shared and source == POSTED,
        }
    world.deliver(interaction, "events_api", body)
    return pasted, interaction


def _below(host: str, domain: str) -> bool:
    return host == domain or host.endswith(f".{domain}")
