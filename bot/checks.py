"""What is wrong between the keys of the settings: names twice, meters of nobody, secrets that are not there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from bot.core.dead_routes import dead_routes
from bot.core.located import Document, Fault, did_you_mean
from bot.core.routing import fits
from bot.core.scoring.faults import problems
from bot.faults import key
from bot.measures import MEASURES
from bot.settings import SlackSettings, SourceEntry
from connectors.salesforce.writing.settings import Writeback
from connectors.secrets import SecretRef

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bot.core.located import Path as Place
    from bot.manners import RouteEntry
    from bot.settings import Settings


def cross_checks(document: Document, settings: Settings) -> Iterator[Fault]:
    """Yield every fault that lies between keys, each at its place in the document."""
    for place, problem in _missing_secrets(settings, ()):
        yield Fault(document.mark(place), f"{key(place)}: {problem}")
    yield from _twice(document, "sources", [source.name for source in settings.sources])
    yield from _twice(document, "meters", [meter.name for meter in settings.meters])
    yield from _unknown_meters(document, settings)
    yield from _unknown_measures(document, settings)
    yield from _slack(document, settings)
    yield from _dead_routes(document, settings)


def health_faults(document: Document) -> Iterator[Fault]:
    """Yield what the `health` of a file means and cannot mean, whether or not the rest of the file has its form."""
    for place, problem in problems(document.data.get("health")):
        yield _fault(document, ("health", *place), problem)


def unknown_rules(document: Document, settings: Settings, names: Sequence[str]) -> Iterator[Fault]:
    """Yield what the routes of a file say of rules that do not exist; `names` are those that do."""
    for place, entry in _entries(settings.routing, ("routing",)):
        for index, pattern in enumerate(entry.match.rule):
            if not any(fits(pattern, name) for name in names):
                near = did_you_mean(pattern, names) or f"; known are {', '.join(names)}"
                yield _fault(document, (*place, "match", "rule", index), f"no rule is called '{pattern}'{near}")


def _entries(routes: Sequence[RouteEntry], at: Place) -> Iterator[tuple[Place, RouteEntry]]:
    for index, entry in enumerate(routes):
        yield (*at, index), entry
        yield from _entries(entry.routes, (*at, index, "routes"))


def _dead_routes(document: Document, settings: Settings) -> Iterator[Fault]:
    for place, why in dead_routes([entry.route() for entry in settings.routing]):
        yield _fault(document, ("routing", *place), why)


def _missing_secrets(value: object, place: Place) -> Iterator[tuple[Place, str]]:
    """Yield every secret named in the settings that is not where they say."""
    if isinstance(value, SecretRef):
        if problem := value.missing():
            yield place, problem
    elif isinstance(value, SourceEntry):
        yield from _missing_secrets(value.connector, place)
    elif isinstance(value, SlackSettings):
        # Of the two modes only the one that is set needs its secret.
        for name in ("bot_token", "app_token" if value.mode == "socket" else "signing_secret"):
            yield from _missing_secrets(getattr(value, name), (*place, name))
    elif isinstance(value, BaseModel):
        for name in type(value).model_fields:
            yield from _missing_secrets(getattr(value, name), (*place, name))
    elif isinstance(value, tuple | list):
        for index, item in enumerate(value):
            yield from _missing_secrets(item, (*place, index))


def _twice(document: Document, list_key: str, names: Sequence[str]) -> Iterator[Fault]:
    for index, name in enumerate(names):
        if name in names[:index]:
            yield _fault(document, (list_key, index, "name"), f"'{name}' stands twice; names are unique")


def _unknown_meters(document: Document, settings: Settings) -> Iterator[Fault]:
    meters = {meter.name for meter in settings.meters}
    for index, product in enumerate(settings.products):
        if product.meter is not None and product.meter not in meters:
            near = did_you_mean(product.meter, meters) or "; declare it under `meters`"
            yield _fault(document, ("products", index, "meter"), f"unknown meter '{product.meter}'{near}")


def _unknown_measures(document: Document, settings: Settings) -> Iterator[Fault]:
    """Yield what is to be written back and is no metric of accounts."""
    for index, source in enumerate(settings.sources):
        writeback = getattr(source.connector, "writeback", None)
        wanted = writeback.account_fields.items() if isinstance(writeback, Writeback) else ()
        for name, measure in wanted:
            if measure not in MEASURES:
                place = ("sources", index, "writeback", "account_fields", name)
                near = did_you_mean(measure, MEASURES) or "; docs/metrics.md lists those of accounts"
                yield _fault(document, place, f"unknown metric '{measure}'{near}")


def _slack(document: Document, settings: Settings) -> Iterator[Fault]:
    slack = settings.slack
    if slack is None:
        if settings.deliver == "slack":
            yield _fault(document, ("slack",), "this key is missing; or deliver to files: `deliver: {directory: out}`")
    elif slack.mode == "socket" and slack.app_token is None:
        yield _fault(document, ("slack", "app_token"), "Socket Mode wants it, like {env: SLACK_APP_TOKEN}")
    elif slack.mode == "http" and slack.signing_secret is None:
        yield _fault(document, ("slack", "signing_secret"), "HTTP wants it, like {env: SLACK_SIGNING_SECRET}")


def _fault(document: Document, place: tuple[Any, ...], problem: str) -> Fault:
    return Fault(document.mark(place), f"{key(place)}: {problem}")
