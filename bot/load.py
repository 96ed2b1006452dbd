"""From files to settings, rules and templates: every fault found at once, with file, line, key and the mend."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from pydantic import BaseModel, ValidationError

from bot.core.located import Document, Fault, FaultyTextError, Mark, did_you_mean, load
from bot.core.rules import parse_rules
from bot.errors import SettingsError
from bot.messages.render import Templates
from bot.settings import Settings, SlackSettings, SourceEntry
from bot.shipped import CONFIG, TEMPLATES
from connectors.registry import SOURCES, connector
from connectors.secrets import SecretRef

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pydantic_core import ErrorDetails

    from bot.core.located import Path as Place
    from bot.core.verdicts import Rule

_ENTRY_KEYS: Final = ("name", "type", "stale_after")


class _Nothing(BaseModel):
    """Stands for the part of a source whose faults have been told already."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """Settings, rules and templates that fit each other."""

    settings: Settings
    rules: tuple[Rule, ...]
    templates: Templates
    folder: Path
    """The settings file's: what is read lies relative to it."""


def load_all(path: Path) -> Loaded:
    """Read the settings file and what it names. Raises SettingsError with every fault found."""
    faults: list[Fault] = []
    settings = _settings(path, faults)
    rules: tuple[Rule, ...] = ()
    templates = Templates([TEMPLATES])
    if settings is not None:
        rules_file = path.parent / settings.rules if settings.rules else CONFIG / "rules.yaml"
        rules = _rules(rules_file, faults)
        templates = Templates([path.parent / settings.templates, TEMPLATES] if settings.templates else [TEMPLATES])
        faults += _misfits(rules, rules_file, templates)
    if faults or settings is None:
        raise SettingsError(faults)
    return Loaded(settings, rules, templates, path.parent)


def _text(path: Path, faults: list[Fault], hint: str) -> str | None:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        faults.append(Fault(Mark(str(path)), f"cannot be read: {error.strerror}; {hint}"))
    except UnicodeDecodeError as error:
        faults.append(Fault(Mark(str(path)), f"is not UTF-8 text (byte {error.start}); save it as UTF-8"))
    return None


def _settings(path: Path, faults: list[Fault]) -> Settings | None:
    text = _text(path, faults, "write one with `headroom init --defaults --out .`, or name it with --config")
    if text is None:
        return None
    try:
        document = load(text, str(path))
    except FaultyTextError as error:
        faults.extend(error.faults)
        return None
    if not isinstance(document.data, dict):
        faults.append(Fault(Mark(str(path), 1, 1), "wanted keys and values, like `company: Acme`"))
        return None
    return _checked(document, faults)


def _checked(document: Document, faults: list[Fault]) -> Settings | None:
    before = len(faults)
    data = dict(document.data)
    if isinstance(data.get("sources"), list):
        data["sources"] = [_source(document, index, entry, faults) for index, entry in enumerate(data["sources"])]
    try:
        settings = Settings.model_validate(data)
    except ValidationError as error:
        faults += [fault for item in error.errors() if (fault := _fault(document, Settings, (), item))]
        return None
    faults += [
        Fault(document.mark(place), f"{_key(place)}: {problem}") for place, problem in _missing_secrets(settings, ())
    ]
    faults += _cross_checks(document, settings)
    return settings if len(faults) == before else None


def _source(document: Document, index: int, entry: Any, faults: list[Fault]) -> Any:  # noqa: ANN401  # YAML is anything
    """Split an entry into what all sources share and the part of its connector, checked by the connector's own model.

    A part with faults is replaced by an empty one: its faults are noted, the rest is still checked.
    """
    place: Place = ("sources", index)
    if not isinstance(entry, dict):
        return entry
    shared = {key: value for key, value in entry.items() if key in _ENTRY_KEYS}
    kind = entry.get("type")
    if kind not in SOURCES:
        known = ", ".join(SOURCES)
        if kind is not None:
            problem = (
                f"sources.{index}.type: unknown type '{kind}'{did_you_mean(str(kind), SOURCES) or f'; known: {known}'}"
            )
            faults.append(Fault(document.mark((*place, "type")), problem))
        return {**shared, "connector": _Nothing()}
    model = connector(str(kind)).Settings
    try:
        part = model.model_validate({key: value for key, value in entry.items() if key not in _ENTRY_KEYS})
    except ValidationError as error:
        faults += [fault for item in error.errors() if (fault := _fault(document, model, place, item))]
        part = _Nothing()
    return {**shared, "connector": part}


def _fault(document: Document, model: type[BaseModel], above: Place, item: ErrorDetails) -> Fault | None:
    place = (*above, *(part for part in item["loc"] if not _is_branch(part)))
    mark, key, field = document.mark(place), _key(place), _field(model, item["loc"])
    if item["type"] == "missing":
        return Fault(mark, f"{key}: this key is missing{_wanted(field)}")
    if item["type"] == "extra_forbidden":
        known = _siblings(model, item["loc"])
        near = did_you_mean(str(item["loc"][-1]), known) or f"; known here: {', '.join(known)}"
        return Fault(mark, f"{key}: unknown key{near}")
    said = item["msg"].removeprefix("Value error, ")
    return Fault(mark, f"{key}: {said[0].lower()}{said[1:]}{_wanted(field)}{_seen(item)}")


def _is_branch(part: int | str) -> bool:
    """Tell pydantic's names of a union's branches from keys: they stand for no place in the file."""
    return isinstance(part, str) and (part[:1].isupper() or "[" in part or part in {"str", "literal"})


def _wanted(description: str | None) -> str:
    return f"; wanted: {description}" if description else ""


def _seen(item: ErrorDetails) -> str:
    value = item["input"]
    return f" (here: {value!r})" if isinstance(value, str | int | float | bool) else ""


def _key(place: Place) -> str:
    return ".".join(map(str, place)) or "(the whole file)"


def _models(model: type[BaseModel], location: tuple[int | str, ...]) -> Iterator[type[BaseModel]]:
    """Yield the model of each step on the way to a location, as far as the way is plain."""
    yield model
    for part in location:
        field = model.model_fields.get(str(part))
        inner = _inner(field.annotation) if field else None
        if inner is not None:
            model = inner
            yield model


def _inner(annotation: Any) -> type[BaseModel] | None:  # noqa: ANN401  # annotations have no common type
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    found = (_inner(part) for part in getattr(annotation, "__args__", ()))
    return next((part for part in found if part is not None), None)


def _siblings(model: type[BaseModel], location: tuple[int | str, ...]) -> list[str]:
    *_, last = _models(model, location[:-1])
    return list(last.model_fields)


def _field(model: type[BaseModel], location: tuple[int | str, ...]) -> str | None:
    names = [part for part in location if isinstance(part, str)]
    for owner in reversed(list(_models(model, location))):
        if names and names[-1] in owner.model_fields:
            return owner.model_fields[names[-1]].description
    return None


def _missing_secrets(value: object, place: Place) -> Iterator[tuple[Place, str]]:
    """Yield every secret named in the settings that is not where they say."""
    if isinstance(value, SecretRef):
        if problem := value.missing():
            yield place, problem
    elif isinstance(value, SourceEntry):
        yield from _missing_secrets(value.connector, place)
    elif isinstance(value, SlackSettings):
        wanted = ("bot_token", "app_token" if value.mode == "socket" else "signing_secret")
        for name in wanted:
            yield from _missing_secrets(getattr(value, name), (*place, name))
    elif isinstance(value, BaseModel):
        for name in type(value).model_fields:
            yield from _missing_secrets(getattr(value, name), (*place, name))
    elif isinstance(value, tuple | list):
        for index, item in enumerate(value):
            yield from _missing_secrets(item, (*place, index))


def _cross_checks(document: Document, settings: Settings) -> Iterator[Fault]:
    """Yield faults that lie between keys: names that stand twice, meters that nobody declares, Slack half set up."""
    yield from _twice(document, "sources", [source.name for source in settings.sources])
    yield from _twice(document, "meters", [meter.name for meter in settings.meters])
    meters = {meter.name for meter in settings.meters}
    for index, product in enumerate(settings.products):
        place = ("products", index, "meter")
        if product.meter is not None and product.meter not in meters:
            near = did_you_mean(product.meter, meters) or "; declare it under `meters`"
            yield Fault(document.mark(place), f"{_key(place)}: unknown meter '{product.meter}'{near}")
    yield from _slack_checks(document, settings)


def _slack_checks(document: Document, settings: Settings) -> Iterator[Fault]:
    slack = settings.slack
    if slack is None:
        if settings.deliver == "slack":
            yield Fault(
                document.mark(()), "slack: this key is missing; or deliver to files: `deliver: {directory: out}`"
            )
    elif slack.mode == "socket" and slack.app_token is None:
        yield Fault(document.mark(("slack",)), "slack.app_token: Socket Mode wants it, like {env: SLACK_APP_TOKEN}")
    elif slack.mode == "http" and slack.signing_secret is None:
        yield Fault(document.mark(("slack",)), "slack.signing_secret: HTTP wants it, like {env: SLACK_SIGNING_SECRET}")


def _twice(document: Document, key: str, names: list[str]) -> Iterator[Fault]:
    for index, name in enumerate(names):
        if name in names[:index]:
            yield Fault(document.mark((key, index)), f"{key}.{index}.name: '{name}' stands twice; names are unique")


def _rules(path: Path, faults: list[Fault]) -> tuple[Rule, ...]:
    text = _text(path, faults, "`rules` names the file, relative to the settings file")
    try:
        return parse_rules(text, str(path)) if text is not None else ()
    except FaultyTextError as error:
        faults.extend(error.faults)
        return ()


def _misfits(rules: tuple[Rule, ...], file: Path, templates: Templates) -> Iterator[Fault]:
    """Yield faults between the rules and the rest: a template that does not exist."""
    known = templates.names()
    for rule in rules:
        if rule.template not in known:
            near = did_you_mean(rule.template, known) or f"; known: {', '.join(sorted(known))}"
            yield Fault(Mark(str(file)), f"rule '{rule.name}': unknown template '{rule.template}'{near}")
