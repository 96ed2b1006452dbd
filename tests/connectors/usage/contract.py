"""What every source of usage is made of for the contract: the same neutral events, turned into a source that runs.

A new source is one `Maker` more in `MAKERS`; all assertions stand in `test_contract.py`.
"""

from __future__ import annotations

import csv
import gzip
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, Protocol

from bot.sandbox.amplitude import amplitude_app
from bot.sandbox.events import to_table
from bot.sandbox.mixpanel import mixpanel_app
from bot.sandbox.pendo import identifier, pendo_app
from bot.sandbox.posthog import posthog_app
from connectors import files
from connectors.usage import amplitude, mixpanel, pendo, posthog
from tests.connectors.usage.documented import tally_of
from tests.connectors.usage.warehouse.contracted import EventsTable
from tests.connectors.usage.world import KEY, KEY_PLACE, METERS, START, World, expected

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.applications import Starlette

    from connectors.base import Source

_PROJECT: Final = 42


class Running(Protocol):
    """A source that can be read, and its far end."""

    def source(self) -> Source:
        """Open the source anew, as the next run does; it knows the events of the world by then."""

    def break_off(self) -> None:
        """Let every answer from now on end in the middle."""

    def throttle(self) -> None:
        """Let the next request be one too many: it is to wait for three seconds."""


@dataclass(frozen=True)
class Maker:
    """How one type of source is made, and what it cannot do by its nature."""

    name: str
    make: Callable[[World], Running]
    over_the_wire: bool = True
    """It has a key, and limits."""
    sees_outages: bool = True
    """It sees events that belong to no meter, and so a day without any."""
    counts_itself: bool = True
    """It adds events up, and refuses those of no customer."""


# each of the sources


@dataclass
class Wired:
    """A source whose far end is a stand-in."""

    world: World
    app: Starlette
    open: Callable[[str], Source]
    """Takes the address."""

    def source(self) -> Source:
        self.world.board.app = self.app
        return self.open(self.world.board.url)

    def break_off(self) -> None:
        self.app.state.control.cut_next = ["connection", "body"] * 100

    def throttle(self) -> None:
        control = self.app.state.control
        control.fail_next, control.retry_after = [429], "3"


def mixpanel_of(world: World, options: dict[str, Any] | None = None, **changes: object) -> Wired:
    """Serve the world as a Mixpanel project; `options` are the stand-in's, `changes` those of the settings."""
    given: dict[str, Any] = {"secret": KEY, "project": _PROJECT, "service_account": "headroom"}
    app = mixpanel_app(world.events, **(given | (options or {})), now=lambda: world.now, clock=world.time.clock)
    asked = {
        "project": _PROJECT,
        "service_account": "headroom",
        "secret": {"env": KEY_PLACE},
        "customer": "company",
        "meters": METERS,
        "start": START,
    }

    def opened(url: str) -> Source:
        settings = mixpanel.Settings.model_validate({"host": url, **asked, **changes})
        return mixpanel.MixpanelSource("usage", settings, world.places(), world.patience(), lambda: world.now)

    return Wired(world, app, opened)


def amplitude_of(world: World, options: dict[str, Any] | None = None, **changes: object) -> Wired:
    """Serve the world as an Amplitude project."""
    given: dict[str, Any] = {"api_key": "the-project", "secret_key": KEY}
    app = amplitude_app(world.events, **(given | (options or {})), now=lambda: world.now, clock=world.time.clock)
    asked = {
        "secret_key": {"env": KEY_PLACE},
        "customer": "groups.company",
        "user": "user_id",
        "meters": METERS,
        "start": START,
        "hours_at_once": 24 * 7,
    }

    def opened(url: str) -> Source:
        key = world.folder / "api_key"
        key.write_text("the-project")
        settings = amplitude.Settings.model_validate({"host": url, "api_key": {"file": key}, **asked, **changes})
        return amplitude.AmplitudeSource("usage", settings, world.places(), world.patience(), lambda: world.now)

    return Wired(world, app, opened)


def pendo_of(world: World, options: dict[str, Any] | None = None, **changes: object) -> Wired:
    """Serve the world as a Pendo subscription."""
    app = pendo_app(world.events, **({"key": KEY} | (options or {})), now=lambda: world.now, clock=world.time.clock)
    meters = [meter | {"events": [identifier(name) for name in meter["events"]]} for meter in METERS]
    asked = {"integration_key": {"env": KEY_PLACE}, "meters": meters, "start": START}

    def opened(url: str) -> Source:
        settings = pendo.Settings.model_validate({"host": url, **asked, **changes})
        return pendo.PendoSource("usage", settings, world.places(), world.patience(), lambda: world.now)

    return Wired(world, app, opened)


class PostHogOf:
    """The stand-in of PostHog holds a table of its own: it is made anew for each reading."""

    def __init__(self, world: World, **changes: object) -> None:
        self._world = world
        self._changes = changes
        self._faults: list[Callable[[Any], None]] = []

    def source(self) -> Source:
        world = self._world
        app = posthog_app(
            to_table(world.known()), api_key=KEY, project=_PROJECT, now=lambda: world.now, clock=world.time.clock
        )
        for fault in self._faults:
            fault(app.state.control)
        world.board.app = app
        settings = posthog.Settings.model_validate(
            {
                "host": world.board.url,
                "project": _PROJECT,
                "api_key": {"env": KEY_PLACE},
                "user": "distinct_id",
                "meters": METERS,
                "start": START,
            }
            | self._changes
        )
        return posthog.PostHogSource("usage", settings, world.patience())

    def break_off(self) -> None:
        def heavy(control: Any) -> None:  # noqa: ANN401 - of the stand-in
            control.heavy = lambda hogql: "customer" in hogql

        self._faults.append(heavy)

    def throttle(self) -> None:
        def busy(control: Any) -> None:  # noqa: ANN401 - of the stand-in
            control.fail_next, control.retry_after = [429], "3"

        self._faults.append(busy)


class _Files:
    """A nightly export of what was counted up to yesterday."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._cut = False

    def source(self) -> Source:
        folder = self._world.folder
        yesterday = self._world.now.date() - timedelta(days=1)
        with gzip.open(folder / "usage.csv.gz", "wt", newline="") as written:
            out = csv.writer(written)
            out.writerow(["meter", "customer", "day", "user", "quantity"])
            out.writerows(expected(self._world.known(), START, yesterday))
        if self._cut:
            whole = (folder / "usage.csv.gz").read_bytes()
            (folder / "usage.csv.gz").write_bytes(whole[:-20])
        usage = {
            "customer": "customer",
            "meter": "meter",
            "day": "day",
            "user_id": {"column": "user", "optional": True},
            "quantity": "quantity",
        }
        settings = files.Settings.model_validate({"files": [{"path": "usage.csv.gz", "tables": {"usage": usage}}]})
        return files.open_source("usage", settings, self._world.places())

    def break_off(self) -> None:
        self._cut = True

    def throttle(self) -> None:
        raise NotImplementedError


MAKERS: Final = [
    Maker("posthog", PostHogOf),
    Maker("mixpanel", mixpanel_of),
    Maker("amplitude", amplitude_of),
    Maker("pendo", pendo_of),
    Maker("files", _Files, over_the_wire=False, sees_outages=False, counts_itself=False),
    Maker("warehouse", EventsTable, over_the_wire=False, sees_outages=False, counts_itself=False),
    Maker("tally", tally_of, sees_outages=False, counts_itself=False),
]
