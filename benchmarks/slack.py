"""How fast people in Slack are answered, beside a bare Bolt listener that does one lookup and the same template.

    python benchmarks/slack.py --accounts 100000 --seconds 60 --json

A stand-in Slack sends `/headroom <account>` so many times a second, over Socket Mode and over signed HTTP, in windows
that alternate between the two apps, each a process of its own; the state store is the same file. A request counts
from the moment at which it was due, not from when there was time to send it. `late`: not acknowledged within Slack's
three seconds. With `crm` in their names: each account's access is asked of a stand-in Salesforce first; such an answer
comes after its acknowledgement. The figures without transport come from handing requests to the app in its own process.
"""

from __future__ import annotations

import argparse
import gc
import random
import statistics
import sys
import tempfile
import threading
import time
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import structlog

from benchmarks.measuring import in_fresh_process, show
from benchmarks.slacking.apps import Place, in_process, serving_apart
from benchmarks.slacking.company import fill, name_of, org
from bot.sandbox.apart import serving_apart as served_apart
from bot.sandbox.slack import UNLIMITED, SlackUser, SlackWorld, serving_slack

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

KINDS = ("headroom", "bare")
WINDOW = 5.0
LATE_MS = 3000.0
_USERS = tuple(SlackUser(f"U{number}", f"Person {number}", f"p{number}@ours.example") for number in range(20))
_SENDERS = 64


def main() -> None:
    """Measure and print."""
    asked = _asked()
    # The collector of the one who asks would stop it for .1 to .3 s now and then, whoever is being asked.
    gc.disable()
    structlog.configure(
        processors=[structlog.processors.JSONRenderer()], logger_factory=structlog.PrintLoggerFactory(sys.stderr)
    )
    with tempfile.TemporaryDirectory() as folder:
        result = measured(Path(folder), asked.accounts, asked.seconds, asked.rate)
    show(result, as_json=asked.json)


def measured(folder: Path, accounts: int, seconds: float, rate: float) -> dict[str, Any]:
    """Return the figures of one run."""
    in_fresh_process(fill, folder / "state.db", accounts)
    drawn = random.Random(1)  # noqa: S311 - a sample, not a secret
    numbers = [drawn.randrange(accounts) for _ in range(max(50, int(rate * seconds)))]
    result: dict[str, Any] = {"accounts": accounts, "rate": rate, "requests": 0, "late": 0}
    ratios: dict[str, list[float]] = defaultdict(list)
    for mode in ("socket", "http"):
        taken = over(mode, folder, (accounts, seconds, rate))
        result["requests"] += len(taken["headroom"])
        result["late"] += sum(one > LATE_MS for one in taken["headroom"])
        for name, share in (("p50", 0.5), ("p99", 0.99)):
            figures = {kind: quantile(taken[kind], share) for kind in KINDS}
            ratios[name].append(figures["headroom"] / figures["bare"])
            result |= {f"{mode}_{name}_{kind}_ms": round(figures[kind], 2) for kind in KINDS}
            result[f"{mode}_{name}_ratio"] = round(ratios[name][-1], 2)
    result |= asking_the_crm(folder, (accounts, min(seconds, 20.0), rate))
    result |= {f"{name}_ratio": round(max(found), 2) for name, found in ratios.items()}
    result.update(without_transport(folder, numbers))
    return result


def over(mode: str, folder: Path, load: tuple[int, float, float]) -> dict[str, list[float]]:
    """Return the milliseconds of every request, by app."""
    accounts, seconds, rate = load
    taken: dict[str, list[float]] = {kind: [] for kind in KINDS}
    drawn = random.Random(2)  # noqa: S311 - as above
    with ExitStack() as stack:
        worlds = {kind: stack.enter_context(serving(kind, mode, folder)) for kind in KINDS}
        for world in worlds.values():
            for user in _USERS:  # who asks is known after the first question
                world.slash_command(user, name_of(drawn.randrange(accounts)), "#cs")
        time.sleep(1.0)
        span = min(WINDOW, seconds)
        for number in range(2 * round(seconds / span)):
            kind = KINDS[number % 2]
            taken[kind] += window(worlds[kind], [drawn.randrange(accounts) for _ in range(int(rate * span))], rate)
    return taken


def asking_the_crm(folder: Path, load: tuple[int, float, float]) -> dict[str, Any]:
    """Return the figures where each account's access has to be asked of the CRM before it is shown."""
    accounts, seconds, rate = load
    world = SlackWorld(_USERS, ("#cs",), limits=UNLIMITED)
    users = [(user.name, user.email or "") for user in _USERS]
    drawn = random.Random(3)  # noqa: S311 - as above
    numbers = [drawn.randrange(accounts) for _ in range(int(rate * seconds))]
    shown: list[float] = []
    with ExitStack() as stack:
        crm = stack.enter_context(served_apart(partial(org, accounts, users, world.bot_token)))
        stack.enter_context(serving_slack(world))
        stack.enter_context(serving_apart(place_of("headroom", "socket", folder, world, crm)))
        assert world.sockets.wait(1, timeout=10)
        taken = window(world, numbers, rate, shown)
    unanswered = len(numbers) - len(shown)
    return {
        "crm_requests": len(numbers),
        "crm_late": sum(one > LATE_MS for one in taken),
        "crm_unanswered": unanswered,
        "crm_answer_p50_ms": round(quantile(shown, 0.5), 2),
        "crm_answer_p99_ms": round(quantile(shown, 0.99), 2),
    }


def window(world: SlackWorld, numbers: Sequence[int], rate: float, shown: list[float] | None = None) -> list[float]:
    """Send questions when they are due; return the milliseconds of each from then to its acknowledgement.

    Where `shown` is given, the answers are waited for, too, and it takes how long each of them took to be there.
    """
    taken: list[float] = []
    lock = threading.Lock()
    began = time.perf_counter()

    def ask(place: int, number: int) -> None:
        due = began + place / rate
        interaction = world.slash_command(_USERS[place % len(_USERS)], name_of(number), "#cs")
        took = (time.perf_counter() - due) * 1000
        with lock:
            taken.append(took if interaction.acked and (interaction.ack or shown is not None) else LATE_MS + took)
        if shown is not None and interaction.wait(timeout=10.0):
            with lock:
                shown.append((time.perf_counter() - due) * 1000)

    with ThreadPoolExecutor(_SENDERS) as senders:
        for place, number in enumerate(numbers):
            time.sleep(max(began + place / rate - time.perf_counter(), 0))
            senders.submit(ask, place, number)
    return taken


@contextmanager
def serving(kind: str, mode: str, folder: Path) -> Iterator[SlackWorld]:
    """Serve one app and a workspace of its own until the block ends."""
    world = SlackWorld(_USERS, ("#cs",), limits=UNLIMITED)
    with serving_slack(world), serving_apart(place_of(kind, mode, folder, world)) as port:
        if mode == "http":
            world.request_url = f"http://127.0.0.1:{port}/slack/events"
        else:
            assert world.sockets.wait(1, timeout=10)
        yield world


def place_of(kind: str, mode: str, folder: Path, world: SlackWorld, crm: str = "") -> Place:
    """Return what the app's process needs to know."""
    secrets = {
        "BENCH_BOT_TOKEN": world.bot_token,
        "BENCH_APP_TOKEN": world.app_token,
        "BENCH_SIGNING_SECRET": world.signing_secret,
    }
    return Place(kind, mode, folder, f"sqlite:///{folder}/state.db", f"{world.address}/api/", secrets, crm)


def without_transport(folder: Path, numbers: Sequence[int]) -> Mapping[str, float]:
    """Return what an answer takes within the app's own process."""
    result: dict[str, float] = {}
    world = SlackWorld(_USERS, ("#cs",), limits=UNLIMITED)
    with serving_slack(world):
        for kind in KINDS:
            taken = in_fresh_process(in_process, place_of(kind, "socket", folder, world), numbers)
            result[f"in_process_p50_{kind}_ms"] = round(statistics.median(taken), 2)
    return result


def quantile(taken: Sequence[float], share: float) -> float:
    """Return the smallest figure that so large a share of all does not exceed."""
    ordered = sorted(taken)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--accounts", type=int, default=100_000)
    parser.add_argument("--seconds", type=float, default=60.0, help="of requests, for each app and way of transport")
    parser.add_argument("--rate", type=float, default=50.0, help="requests a second")
    parser.add_argument("--json", action="store_true")
    return parser.parse_args()


if __name__ == "__main__":
    main()
