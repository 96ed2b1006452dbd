"""The demo's prompt: type, press and fill in as somebody in Slack would, and see what they would see."""

from __future__ import annotations

import sys
import threading
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Final

from rich.table import Table
from rich.text import Text

from bot.app import make_sender
from bot.front import serve_slack
from bot.messages.choices import CLAIM
from bot.messages.spans import plain_text
from bot.out import cards
from bot.run import SenderLoop, stop_on_signals
from bot.sandbox.screen import Screen, fields
from bot.sandbox.slack_filling import close, shortcut, submit, suggestions
from bot.sandbox.slack_home import open_home, press_home
from bot.sandbox.slack_payloads import buttons
from bot.sandbox.slack_state import Json, SlackError
from bot.sandbox.slack_unfurl import paste
from bot.sandbox.watching import Seen, until
from bot.slack.shortcuts import LOOK_UP

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from rich.console import Console

    from bot.house import House
    from bot.load import Loaded
    from bot.sandbox.slack import Entry, Interaction, SlackMessage, SlackUser, SlackWorld
    from bot.sandbox.slack_views import View

LINKS: Final = "my.salesforce.example"
"""Where the sample company's records are looked at: nowhere."""
_REAL_LINKS: Final = "my.salesforce.com"
_PREVIEW_SECONDS: Final = 4.0
_SETTLE_SECONDS: Final = 0.3
"""What follows at once on the first sign of an answer is shown with it."""
_HELP: Final = """\
The stand-in Slack is up, and Headroom listens to it over Socket Mode. You are {user}, in {channel}.
  {command} ...     any command; `{command} help` lists them, `{command} NAME` tells where an account stands
  alerts            the alerts in the channel; `alert NUMBER` shows one, with what can be pressed
  home              your Home tab
  NUMBER            press what has this number in what was shown last; `claim NUMBER` presses Claim under an alert
  look up           the shortcut "Look up account"; `paste ADDRESS` posts a link
  FIELD = WORDS     fill in the modal that is open; then `submit`, or `close`
  as NAME, in #CHANNEL  be somebody else, somewhere else; people: {people}
  quit              stop
Programs may type and press, too: POST {address}/control/slash and /control/press, GET {address}/control/journal."""
_TRY: Final = "Try {command} help, alerts, home, a NUMBER to press, or quit. `help` lists everything."


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


@dataclass(slots=True)
class Prompt:
    """Takes lines as somebody would type them, and shows what Slack would."""

    world: SlackWorld
    console: Console
    channel: str = "#cs-risk"
    user: SlackUser = field(init=False)
    _screen: Screen = field(default_factory=Screen, init=False)
    press: Callable[[str, str | None], Interaction] | None = field(default=None, init=False)
    """Presses what the screen shows; None: nothing of it can be pressed."""
    _at_home: bool = field(default=False, init=False)
    _ts: str = field(default="", init=False)
    """Of the message that was shown last."""
    _filled: dict[str, str] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        self.user = self.world.users[0]

    def read_until(self, lines: Iterable[str] | None, stop: threading.Event) -> None:
        """Take lines until one says `quit`; their end leaves the servers up for other programs."""
        self._help()
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
            # What was there to press may have changed between two lines.
            self._say(f"Slack has nothing like that: {error.args[0] if error.args else error}")

    def _do(self, line: str) -> None:
        word, _, rest = line.partition(" ")
        if word == self.world.command:
            self._ask(rest)
        elif line.isdecimal():
            self._press_number(int(line))
        elif word in {"claim", "alert"} and rest.isdecimal():
            self._alert(int(rest), claim=word == "claim")
        elif word == "as":
            self._become(rest)
        elif word == "in":
            self._enter(rest)
        elif word == "paste":
            self._paste(rest)
        elif "=" in line:
            self._fill(line)
        else:
            self._plainly(line)

    def _plainly(self, line: str) -> None:
        words: Mapping[str, Callable[[], None]] = {
            "alerts": self._list,
            "home": self._home,
            "look up": self._look_up,
            "submit": self._submit,
            "close": self._close,
            "help": self._help,
        }
        words.get(line, self._lost)()

    # who and where

    def _help(self) -> None:
        people = ", ".join(user.name for user in self.world.users)
        where = {"user": self.user.name, "channel": self.channel, "people": people}
        self._say(_HELP.format(**where, command=self.world.command, address=self.world.address))

    def _lost(self) -> None:
        self._say(_TRY.format(command=self.world.command))

    def _become(self, name: str) -> None:
        found = [user for user in self.world.users if user.name.lower().startswith(name.strip().lower())]
        if len(found) != 1:
            raise LookupError(
                f"'{name}' is {len(found) or 'none'} of {', '.join(user.name for user in self.world.users)}"
            )
        self.user = found[0]
        self._say(f"You are {self.user.name}.")

    def _enter(self, channel: str) -> None:
        self.world.place(self.user, channel)
        self.channel = channel
        self._say(f"You are in {channel}.")

    # what is typed and pressed

    def _ask(self, text: str) -> None:
        self._after(partial(self.world.slash_command, self.user.id, text, self.channel))

    def _alerts(self) -> list[SlackMessage]:
        return [message for message in self.world.said(self.channel) if _claimable(message)]

    def _list(self) -> None:
        table = Table("", "Alert")
        for number, message in enumerate(self._alerts(), start=1):
            table.add_row(str(number), Text(plain_text(message.content.text)))
        self.console.print(table)

    def _alert(self, number: int, *, claim: bool) -> None:
        alerts = self._alerts()
        if not 1 <= number <= len(alerts):
            self._say(f"There are {len(alerts)} alerts to {'claim' if claim else 'show'}.")
            return
        self._standing(alerts[number - 1].channel, alerts[number - 1].as_json(), show=not claim)
        if claim:
            self._after(partial(self._pressed, CLAIM, None))

    def _home(self) -> None:
        self._at_home = True
        self._after(partial(open_home, self.world, self.user.id))

    def _look_up(self) -> None:
        self._after(partial(shortcut, self.world, self.user.id, LOOK_UP))

    def _paste(self, address: str) -> None:
        # Slack tells the app of Salesforce's own domains alone.
        pasted, _ = paste(self.world, self.user.id, self.channel, address.strip().replace(LINKS, _REAL_LINKS))
        shown = self.world.unfurls.shown
        if not until(lambda: pasted.unfurl_id in shown, _PREVIEW_SECONDS):
            self._say("Nothing is shown under it.")
            return
        for unfurl in shown[pasted.unfurl_id].values():
            self._show(unfurl)

    def _press_number(self, number: int) -> None:
        if self.press is None or not 1 <= number <= len(self._screen.targets):
            raise LookupError(f"what was shown last has {len(self._screen.targets)} things to press")
        target = self._screen.targets[number - 1]
        self._after(partial(self._pressed, target.action_id, target.value))

    def _pressed(self, action_id: str, value: str | None) -> Interaction:
        if self.press is None:
            raise LookupError("nothing is shown that could be pressed")
        return self.press(action_id, value)

    # modals

    def _modal(self) -> View | None:
        with self.world.lock:
            open_ones = [view for view in self.world.views.open.values() if view.user == self.user.id]
        return open_ones[-1] if open_ones else None

    def _fill(self, line: str) -> None:
        name, _, value = (part.strip() for part in line.partition("="))
        view = self.world.views.of(self.user.id)
        element = next((one["element"] for one in view.content["blocks"] if one.get("block_id") == name), None)
        if element is not None and element["type"] == "external_select":
            self._look_for(name, element["action_id"], value)
            return
        self._filled[name] = value

    def _look_for(self, name: str, action_id: str, typed: str) -> None:
        """Choose what is offered while somebody types, as soon as only one of it has what was typed."""
        offered = suggestions(self.world, self.user.id, action_id, typed)
        meant = [(label, value) for label, value in offered if typed.lower() in label.lower()]
        if len(meant) == 1:
            self._filled[name] = meant[0][1]
            self._say(f"  {meant[0][0]}")
        else:
            near = "\n".join(f"  {label}" for label, _ in meant or offered) or "  nothing"
            self._say(f"Type more of one of these:\n{near}")

    def _submit(self) -> None:
        interaction = submit(self.world, self.user.id, self._filled)
        answer = interaction.ack or {}
        if errors := answer.get("errors"):
            self._say("\n".join(f"  {name}: {said}" for name, said in errors.items()))
            return
        self._filled = {}
        if interaction.error:
            self._refused(interaction)
        elif (view := self._modal()) is not None:
            self._show_modal(view)
        else:
            self._say("Done.")

    def _close(self) -> None:
        close(self.world, self.user.id)
        self._filled = {}

    # what is seen

    def _after(self, act: Callable[[], Interaction]) -> None:
        """Do something, and show whatever comes of it: an answer, a modal, a Home, a message that changed."""
        before = self._seen()
        interaction = act()
        if not interaction.error:
            until(lambda: interaction.shown or before != self._seen())
            time.sleep(_SETTLE_SECONDS)
        if not self._show_news(before, interaction):
            self._refused(interaction)

    def _seen(self) -> Seen:
        # What is done under a message changes the Home, too; who looks at the message does not see that.
        return Seen.of(self.world, self._modal(), at_home=self._at_home)

    def _refused(self, interaction: Interaction) -> None:
        said = f"Slack says: {interaction.error}" if interaction.error else "Nothing new is shown."
        self.console.print(said, style="red" if interaction.error else "", highlight=False, markup=False)

    def _show_news(self, before: Seen, interaction: Interaction) -> bool:
        view = self._modal()
        home = self.world.homes.by_user.get(self.user.id)
        changed = self._changed(before)
        if view is not None and (view.id, view.hash) != before.modal:
            self._show_modal(view)
        elif interaction.shown:
            for message in interaction.shown:
                self._standing(interaction.channel, message)
        elif home is not None and self._at_home and before.homes < len(self.world.homes.published):
            self._show(home.content, partial(press_home, self.world, self.user.id))
        elif changed is not None:
            self._standing(changed.channel, {"text": changed.text, "blocks": changed.blocks, "ts": changed.ts})
        else:
            return False
        return True

    def _changed(self, before: Seen) -> Entry | None:
        """Return how the message that was shown reads now, or else another one that changed."""
        changed = [entry for entry in self.world.journal[before.entries :] if entry.kind == "update"]
        return next((entry for entry in changed if entry.ts == self._ts), changed[0] if changed else None)

    def _standing(self, channel: str, message: Json, *, show: bool = True) -> None:
        """Take a message for what is seen now."""
        self._at_home = False
        self._ts = str(message["ts"])
        self._show(message, partial(self.world.press, self.user.id, channel, str(message["ts"])), show=show)

    def _show(
        self, shown: Json, press: Callable[[str, str | None], Interaction] | None = None, *, show: bool = True
    ) -> None:
        self._screen, self.press = Screen(self._names()), press
        self._screen.message(shown)
        if show:
            self._say("\n".join(self._screen.lines))

    def _show_modal(self, view: View) -> None:
        content = view.content
        self._screen, self.press, self._filled = Screen(self._names()), None, {}
        self._screen.lines.append(f"── {content['title']['text']} ──")
        self._screen.blocks(content["blocks"])
        self._screen.lines += fields(content["blocks"])
        self._screen.lines.append(f"  ({'`submit` or ' if content.get('submit') else ''}`close`)")
        self._say("\n".join(self._screen.lines))

    def _names(self) -> dict[str, str]:
        return {user.id: user.name for user in self.world.users}

    def _say(self, text: str) -> None:
        self.console.print(Text(text))


def _claimable(message: SlackMessage) -> bool:
    return any(action["action_id"] == CLAIM for action in buttons(message))
