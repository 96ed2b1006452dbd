"""`headroom demo`: a sample company, stand-in servers on loopback, and the product itself between them."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final

import yaml

from bot.app import open_house
from bot.core.working_time import WEEK
from bot.errors import HeadroomError
from bot.load import load_all
from bot.messages.cards import card
from bot.messages.page import page as html_page
from bot.once import complain, deliver, whole_night
from bot.out import cards, print_json
from bot.outcomes import outcomes
from bot.picturing import drawn, make_drawer
from bot.progress import progress_bars
from bot.report import account_names, account_of, as_data
from bot.run import moment_of
from bot.sandbox.company import DEMO_SETTINGS, VENDOR, sample_company
from bot.sandbox.console import LINKS, stay_up
from bot.sandbox.posthog import posthog_app
from bot.sandbox.salesforce import Client, salesforce_app
from bot.sandbox.serve import serving
from bot.sandbox.slack import RateLimits, SlackWorld, serving_slack
from bot.slack.fallbacks import with_note

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from bot.house import House
    from bot.messages.message import Message
    from bot.pipeline import NightReport
    from bot.sandbox.company import Company
    from bot.sandbox.slack import Entry

Record = dict[str, Any]
"""A JSON object."""

_PROJECT: Final = 1
_SECRET: Final = "only-for-the-stand-ins"  # noqa: S105  # of servers that live for the length of the demo
_CLIENT: Final = "headroom-demo"
_TEAM: Final = "#cs-team"


@dataclass(frozen=True, slots=True)
class Stage:
    """The sample company, its servers, and a settings file that leads to them."""

    company: Company
    slack: SlackWorld
    settings: Path


@contextmanager
def stage(
    seed: int, folder: Path, now: datetime | None = None, more: Mapping[str, object] | None = None
) -> Iterator[Stage]:
    """Start the stand-ins on free ports and write the settings into `folder`, with `more`; all end with the block."""
    company = sample_company(seed, (now or datetime.now(UTC)).date())
    # Slack allows short bursts to a channel; a demo is read by somebody who waits for it.
    world = SlackWorld(company.slack_users, company.channels, limits=RateLimits(post_burst=3))
    with ExitStack() as servers:
        salesforce = servers.enter_context(
            serving(salesforce_app(company.salesforce, clients=[Client(_CLIENT, secret=_SECRET)]))
        )
        posthog = servers.enter_context(serving(posthog_app(company.events, api_key=_SECRET, project=_PROJECT)))
        slack = servers.enter_context(serving_slack(world))
        settings = _write_settings(folder, salesforce, posthog, f"{slack}/api/", world, more or {})
        yield Stage(company, world, settings)


def _write_settings(
    folder: Path, salesforce: str, posthog: str, slack: str, world: SlackWorld, more: Mapping[str, object]
) -> Path:
    shared = yaml.safe_load(DEMO_SETTINGS)
    secret = {"file": _secret(folder, "stand-in", _SECRET)}
    settings = {
        **{key: value for key, value in shared.items() if key != "posthog"},
        "data": str(folder / "data"),
        "sources": [
            {
                "name": "salesforce",
                "type": "salesforce",
                "mapping": "order",
                "links": f"https://{VENDOR.lower()}.{LINKS}",
                "login": {
                    "kind": "client_credentials",
                    "host": salesforce,
                    "client_id": _CLIENT,
                    "client_secret": dict(secret),  # one value twice would be written as an anchor, which is refused
                },
            },
            {
                "name": "posthog",
                "type": "posthog",
                "host": posthog,
                "project": _PROJECT,
                "api_key": dict(secret),
                **shared["posthog"],
            },
        ],
        "slack": {
            "mode": "socket",
            "api_url": slack,
            "bot_token": {"file": _secret(folder, "bot-token", world.bot_token)},
            "app_token": {"file": _secret(folder, "app-token", world.app_token)},
        },
        **more,
    }
    path = folder / "headroom.yaml"
    path.write_text(yaml.safe_dump(settings, sort_keys=False), encoding="utf-8")
    return path


def _secret(folder: Path, name: str, value: str) -> str:
    path = folder / name
    path.write_text(value, encoding="utf-8")
    path.chmod(0o600)
    return str(path)


def show_demo(*, seed: int, once: bool, as_json: bool, page: Path | None) -> bool:
    """Run every job through the real clients, print what arrived in Slack, and stay up for commands unless `once`.

    True when everything was read and delivered. Raises HeadroomError where the page cannot be written.
    """
    if page is not None:
        _write_page(page, "")  # to say at once that it cannot be done, and not after the work
    now = datetime.now(UTC)
    with TemporaryDirectory(prefix="headroom-demo-") as folder, stage(seed, Path(folder), now, _shown(now)) as scene:
        loaded = load_all(scene.settings)
        with open_house(loaded) as house:
            with progress_bars() as progress:
                moment = moment_of(loaded.settings.timezone, now)
                report = whole_night(house, loaded, moment, progress)
                problem = deliver(house, loaded, report, progress)
            arrived = received(scene.slack, house, report)
            if page is not None:
                shown = [(item.destination, item.message) for item in arrived]
                _write_page(page, html_page(shown, draw=drawn(make_drawer(loaded))))
            if as_json:
                came = outcomes(house.store.deliveries())
                print_json({"messages": [item.as_data() for item in arrived], "runs": [as_data(report, came)]})
            else:
                _print(arrived, report)
            complain(report, problem)
            if not once:
                stay_up(scene.slack, loaded, house)
        return report.well and problem is None


def _shown(now: datetime) -> dict[str, object]:
    """Return settings that let everything be seen: the week's digest is due today."""
    return {"digests": {"weekly": [{"to": _TEAM, "day": WEEK[now.weekday()], "at": "00:00"}]}}


def _write_page(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise HeadroomError(f"--page {path}: cannot be written: {error.strerror}") from error


@dataclass(frozen=True, slots=True)
class Received:
    """One message as it arrived in the stand-in Slack."""

    destination: str
    """`#channel`, or the name of the person whose direct message it is."""
    account: str | None
    """None for a digest, which is about several."""
    message: Message
    entry: Entry

    def as_data(self) -> Record:
        """Return it as plain JSON values, with text and blocks as Slack has them."""
        return {
            "kind": self.message.kind,
            "destination": self.destination,
            "account": self.account,
            "text": self.entry.text,
            "blocks": list(self.entry.blocks),
        }


def received(world: SlackWorld, house: House, report: NightReport) -> list[Received]:
    """Return every message that the workspace accepted, in the order in which it did."""
    said = {item.notice.notice_id: item for item in house.store.deliveries()}
    names = account_names(report)
    found = []
    for entry in world.journal:
        delivery = said.get((entry.metadata or {}).get("event_payload", {}).get("id", ""))
        if delivery is not None:
            message = with_note(delivery.notice.message, delivery.meant_for, house.store.person)
            where = entry.channel_name if entry.user else f"#{entry.channel_name}"
            found.append(Received(where, account_of(delivery.notice, names), message, entry))
    return found


def _print(arrived: list[Received], report: NightReport) -> None:
    console = cards()
    for item in sorted(arrived, key=lambda item: (not item.destination.startswith("#"), item.destination)):
        console.print(card(item.message, item.destination))
    rows = sum(item.rejects.total for item in report.pulled)
    console.print(
        f"{VENDOR} is a synthetic sample company: {report.analysis.accounts.num_rows} customers, {rows:,} rows read, "
        f"{len(report.days)} days judged, {report.episodes} open episodes, {len(arrived)} messages delivered.",
        highlight=False,
    )
