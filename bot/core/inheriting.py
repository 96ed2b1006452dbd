"""Open alerts of accounts that live on in others: they go on under the new id. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from bot.core.episode import Phase
from bot.core.replay import end

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime

    from bot.core.episode import Episode, Step

Key = tuple[str, str]
"""Rule and subject."""

OTHER_GOES_ON: Final = "the accounts are one now, and the other alert of this rule goes on"

# What somebody works on goes before what waits for somebody, and all of it before what nobody has heard of.
_FIRST: Final = (Phase.CLAIMED, Phase.FIRING, Phase.SNOOZED, Phase.CLOSED, Phase.PENDING)


@dataclass(frozen=True, slots=True)
class Inherited:
    """The open episodes under the ids that their accounts have now."""

    open: Mapping[Key, Episode]
    moved: tuple[Episode, ...] = ()
    """Those among them that stood under another id."""
    ended: Mapping[Key, Step] = field(default_factory=lambda: MappingProxyType({}))
    """Those that end, as the survivor has one of the same rule, by the key that they had."""


def inherit(
    episodes: Mapping[Key, Episode], survivors: Mapping[str, str], others: Collection[str], now: datetime
) -> Inherited:
    """Bring open episodes under the ids of the accounts that theirs live on in.

    `survivors` maps a former id to the one of now, `others` are the rules that are not about accounts. Of two episodes
    of one rule one is kept: the one that is further along, else the older one; the other ends.
    """
    kept: dict[Key, tuple[Key, Episode]] = {}
    ended: dict[Key, Step] = {}
    for key, episode in sorted(episodes.items(), key=lambda item: _order(item[1])):
        subject = episode.subject if episode.rule in others else survivors.get(episode.subject, episode.subject)
        new, moved = (episode.rule, subject), replace(episode, subject=subject)
        if new in kept:
            ended[key if key != new else (episode.rule, f"{subject} before")] = end(moved, OTHER_GOES_ON, now)
        else:
            kept[new] = key, moved
    changed = tuple(episode for new, (key, episode) in kept.items() if key != new)
    return Inherited({new: episode for new, (_, episode) in kept.items()}, changed, ended)


def _order(episode: Episode) -> tuple[int, str, str]:
    return _FIRST.index(episode.phase), episode.opened_on.isoformat(), episode.episode_id
