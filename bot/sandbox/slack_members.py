"""Who is in a channel: `conversations.members` of the stand-in Slack."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.sandbox.slack_state import BOT_USER, SlackError

if TYPE_CHECKING:
    from bot.sandbox.slack_args import Arguments
    from bot.sandbox.slack_state import SlackChannel
    from bot.sandbox.slack_world import SlackWorld


def members(world: SlackWorld, arguments: Arguments) -> list[str]:
    """Return the ids of a channel's members. Raises SlackError as Slack refuses, a missing scope aside.

    A private channel is none to those outside of it; who is in a public one everybody may ask.
    """
    channel = world.rooms.by_id(arguments.required("channel", "channel_not_found"))
    if channel.is_private and not channel.has_bot:
        raise SlackError("channel_not_found")
    return _of(world, channel)


def _of(world: SlackWorld, channel: SlackChannel) -> list[str]:
    if channel.user is not None:
        return [channel.user, BOT_USER]
    everybody = [user.id for user in world.rooms.users.values() if not user.deleted]
    people = everybody if channel.members is None else list(channel.members)
    return [*people, BOT_USER] if channel.has_bot else people
