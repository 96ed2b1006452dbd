"""The demo's prompt: type a slash command as somebody in Slack would, and see the answer."""

from __future__ import annotations

import sys
import threading
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from rich.table import Table
from rich.text import Text

from bot.app import make_sender, serve_slack
from bot.messages.revise import CLAIM
from bot.messages.spans import plain_text
from bot.out import cards
from bot.run import SenderLoop, stop_on_signals
from bot.sandbox.slack_payloads import buttons
from bot.sandbox.slack_state import SlackError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.console import Console

    from bot.load import Loaded
    from bot.pipeline import House
    from bot.sandbox.slack import Interaction, SlackMessage, SlackWorld

_ANSWER_SECONDS: Final = 3.0
_HELP: Final = """\
The stand-in Slack is up, and Headroom listens to it over Socket Mode. You are {user}, in {channel}.
  /headroom NAME    where an account stands, by name, domain or id
  alerts            the alerts in {channel}, with their numbers
  claim NUMBER      press Claim under an alert
  quit              stop
Programs may type and press, too: POST {address}/control/slash and /control/press, GET {address}/control/journal."""


def stay_up(world: SlackWorld, loaded: Loaded, house: House) -> None:
    """Serve the Slack app until somebody types `quit`, or stops the process."""
    stop = stop_on_signals()
    loop = SenderLoop(make_sender(loaded, house.store))
    with ExitStack() as running:
        running.callback(loop.stop)
        loop.start()
        running.callback(serve_slack(loaded, house.store, loop.wake).stop)
        prompt = Prompt(world, cards())
        threading.Thread(target=prompt.read_until, args=(sys.stdin, stop), name="prompt", daemon=True).start()
        stop.wait()


@dataclass(frozen=True, slots=True)
class Prompt:
    """Takes lines as somebody would type them, and shows what Slack would."""

    world: SlackWorld
    console: Console
    channel: str = "#cs-risk"

    def read_until(self, lines: Iterable[str] | None, stop: threading.Event) -> None:
        """Take lines until one says `quit`; their end leaves the servers up for other programs."""
        self.console.print(
            _HELP.format(user=self.world.users[0].name, channel=self.channel, address=self.world.address),
            highlight=False,
            markup=False,
        )
        for line in lines or ():
            if line.strip() in {"quit", "exit"}:
                stop.set()
                return
            if line.strip():
                self._answer(line.strip())

    def _answer(self, line: str) -> None:
        try:
            self._do(line)
        except (LookupError, SlackError) as error:
            # The channel may have changed between two lines: what was there to press is gone.
            self.console.print(f"Slack has nothing like that: {error}", highlight=False, markup=False)

    def _do(self, line: str) -> None:
        word, _, rest = line.partition(" ")
        if word == self.world.command:
            self._show(self.world.slash_command(self.world.users[0].id, rest, self.channel))
        elif word == "alerts":
            self._list()
        elif word == "claim" and rest.isdecimal():
            self._claim(int(rest))
        else:
            self.console.print(f"Try {self.world.command} NAME, alerts, claim NUMBER or quit.", highlight=False)

    def _show(self, interaction: Interaction) -> None:
        for message in interaction.wait(timeout=0.0 if interaction.error else _ANSWER_SECONDS):
            self.console.print(_as_text(message), highlight=False)
        if interaction.error:
            self.console.print(f"Slack says: {interaction.error}", style="red", highlight=False, markup=False)

    def _alerts(self) -> list[SlackMessage]:
        return [message for message in self.world.said(self.channel) if _claimable(message)]

    def _list(self) -> None:
        table = Table("", "Alert")
        for number, message in enumerate(self._alerts(), start=1):
            table.add_row(str(number), Text(plain_text(message.content.text)))
        self.console.print(table)

    def _claim(self, number: int) -> None:
        alerts = self._alerts()
        if not 1 <= number <= len(alerts):
            self.console.print(f"There are {len(alerts)} alerts to claim.", highlight=False)
            return
        message = alerts[number - 1]
        seen = len(self.world.journal)
        interaction = self.world.press(self.world.users[0].id, self.channel, message.ts, CLAIM)
        changed = self.world.wait(lambda journal: any(entry.ts == message.ts for entry in journal[seen:]))
        self._list_one(message.ts) if changed and not interaction.error else self._show(interaction)

    def _list_one(self, ts: str) -> None:
        entry = next(entry for entry in reversed(self.world.journal) if entry.ts == ts)
        self.console.print(_as_text({"text": entry.text, "blocks": list(entry.blocks)}), highlight=False)


def _claimable(message: SlackMessage) -> bool:
    return any(action["action_id"] == CLAIM for action in buttons(message))


def _as_text(message: dict[str, object]) -> Text:
    """Show a message in Slack's form as plain lines: what a reader of the channel would read."""
    lines = [plain_text(str(message["text"]))]
    lines += [line for block in message.get("blocks", []) for line in _lines(block)]  # type: ignore[attr-defined]  # JSON
    return Text("\n".join(lines))


def _lines(block: dict[str, object]) -> list[str]:
    values = [block.get(key) for key in ("text", "fields", "elements")]
    items = [item for value in values for item in (value if isinstance(value, list) else [value])]
    texts = [item.get("text") for item in items if isinstance(item, dict)]
    return [f"  {plain_text(text)}" for text in texts if isinstance(text, str)]
