"""Who may speak for a channel: a member, where the app is one too and no other company reads along."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from bot.desk.wishes import RefusedWishError
from bot.errors import DeliveryError
from bot.messages.speech import ENGLISH, msg
from bot.slack.calls import RefusedError, call
from bot.slack.channels import SharedChannelError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from slack_sdk import WebClient

    from bot.messages.speech import Speech
    from bot.slack.channels import Channels

Json = dict[str, Any]

_ID: Final = re.compile(r"[CG][A-Z0-9]{8,}")
_PAGE: Final = 999
_INVITE: Final = msg("Invite the app there first: /invite @Headroom")
_UNSEEN: Final = frozenset({"channel_not_found", "not_in_channel"})


@dataclass(frozen=True, slots=True)
class SlackRooms:
    """Asks Slack about channels. Safe between threads."""

    client: Callable[[], WebClient]
    """Returns it when it is needed first: at the command line there may be no token at all."""
    channels: Callable[[], Channels]

    def speaks_for(self, channel: str, user: str, *, here: bool, speech: Speech = ENGLISH) -> str:
        """Return a channel, given by name or id, as a destination, like `#cs-team`.

        `user` has to be a member, unless they type in it (`here`), and so does the app; empty: whoever runs Headroom.
        Raises RefusedWishError.
        """
        shown = channel if _ID.fullmatch(channel) else f"#{channel.lower()}"
        try:
            channel_id = self.channels().resolve(shown)
            info: Json = call(self.client().conversations_info, writes=False, channel=channel_id)["channel"]
            known = bool(info.get("is_member"))
            member = known and (here or not user or user in self._members(channel_id))
        except RefusedError as error:
            raise _refused(error, shown, speech) from error
        except SharedChannelError as error:
            # That a channel is shared, and under which name, may say who is a customer.
            outside = bool(user) and not here and not self._is_in(error.channel_id, user)
            told = RefusedWishError(f"{shown}, {speech.t(error.why)}")
            raise (_nowhere(shown, speech) if outside else told) from error
        except DeliveryError as error:
            raise RefusedWishError(error.problem) from error
        if not known:
            raise _invite(speech.t("The app is not in {channel}.", channel=shown), speech)
        if not member:
            # As for a channel that is not there: who is outside of a private one is not to learn of it.
            raise _nowhere(shown, speech)
        return f"#{info['name']}" if info.get("name") else channel_id

    def _is_in(self, channel: str, user: str) -> bool:
        try:
            return user in self._members(channel)
        except DeliveryError:
            return False

    def _members(self, channel: str) -> Iterator[str]:
        cursor: str | None = ""
        while cursor is not None:
            page = call(self.client().conversations_members, writes=False, channel=channel, limit=_PAGE, cursor=cursor)
            yield from page["members"]
            cursor = (page.get("response_metadata") or {}).get("next_cursor") or None


def _refused(error: RefusedError, shown: str, speech: Speech) -> RefusedWishError:
    return _nowhere(shown, speech) if error.code in _UNSEEN else _invite(f"{error.problem}.", speech)


def _nowhere(shown: str, speech: Speech) -> RefusedWishError:
    return _invite(speech.t("There is no {channel} that both you and the app are in.", channel=shown), speech)


def _invite(why: str, speech: Speech) -> RefusedWishError:
    return RefusedWishError(f"{why} {speech.t(_INVITE)}")


class NamedRooms:
    """Takes a channel as it is named: where messages go into a directory there is nobody to ask."""

    def speaks_for(self, channel: str, user: str, *, here: bool, speech: Speech = ENGLISH) -> str:
        """Return the channel as a destination."""
        del user, here, speech
        return channel if _ID.fullmatch(channel) else f"#{channel.lower()}"
