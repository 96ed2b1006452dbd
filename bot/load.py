"""From files to settings, rules and templates: every fault found at once, with file, line, key and the mend."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from pydantic import BaseModel, ValidationError

from bot.checks import cross_checks, health_faults, unknown_rules
from bot.core.currencies import Currencies
from bot.core.located import Document, Fault, FaultyTextError, Mark, did_you_mean, load
from bot.core.rule_fields import NAME
from bot.core.rules import parse_rules
from bot.core.yaml_places import refuse_hostile
from bot.errors import SettingsError, TemplateError
from bot.faults import faults_of
from bot.messages import wording
from bot.messages.render import Templates
from bot.overrides import read_overrides
from bot.rates import read_rates
from bot.settings import Settings
from bot.shipped import CONFIG, TEMPLATES
from connectors.base import Places
from connectors.registry import SOURCES, connector

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from bot.core.located import Path as Place
    from bot.core.verdicts import Rule
    from bot.settings import CurrencySettings

_ENTRY_KEYS: Final = ("name", "type", "stale_after")
_LONGEST_FILE: Final = 4_000_000
"""Bytes: what is longer is no text that a person wrote, or has no end."""
_RULES_HINT: Final = "`rules` names the file, relative to the settings file"


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
    overrides: Mapping[str, str] = field(default_factory=dict)
    """Who is who by hand: a customer of the usage, and the id of its account."""
    currencies: Currencies | None = None
    """The currency that money is reported in, and what the others are worth; None: each contract in its own."""

    def places(self, source: str) -> Places:
        """Return the folders of a source."""
        return Places(self.folder, self.settings.data / "sources" / source)


def load_all(path: Path) -> Loaded:
    """Read the settings file and what it names. Raises SettingsError with every fault found."""
    faults: list[Fault] = []
    read = _settings(path, faults)
    if read is None:
        raise SettingsError(faults)
    document, settings = read
    folder, by_hand = path.parent, settings.accounts.overrides
    rules = RuleFile.read(folder / settings.rules if settings.rules else CONFIG / "rules.yaml", faults)
    templates = read_templates(folder / settings.templates if settings.templates else None, faults)
    overrides = read_overrides(folder / by_hand, faults) if by_hand else {}
    currencies = _currencies(settings.currencies, folder, faults)
    if templates is not None:
        faults += rules.misfits(templates)
    if rules.rules:
        faults += unknown_rules(document, settings, [rule.name for rule in rules.rules])
    if faults or templates is None:
        raise SettingsError(faults)
    return Loaded(settings, rules.rules, templates, folder, overrides, currencies)


def _currencies(settings: CurrencySettings | None, folder: Path, faults: list[Fault]) -> Currencies | None:
    if settings is None:
        return None
    return Currencies(settings.report_in, read_rates(folder / settings.rates, settings.report_in, faults))


def read_text(path: Path, faults: list[Fault], hint: str) -> str | None:
    """Read a text that a person wrote; None where it cannot be read, `faults` says why then and ends with `hint`."""
    try:
        with path.open("rb") as file:
            data = file.read(_LONGEST_FILE + 1)
        if len(data) > _LONGEST_FILE:
            faults.append(Fault(Mark(str(path)), f"has more than {_LONGEST_FILE:,} bytes; {hint}"))
            return None
        return data.decode("utf-8-sig")
    except OSError as error:
        faults.append(Fault(Mark(str(path)), f"cannot be read: {error.strerror}; {hint}"))
    except UnicodeDecodeError as error:
        faults.append(Fault(Mark(str(path)), f"is not UTF-8 text (byte {error.start}); save it as UTF-8"))
    except ValueError as error:
        faults.append(Fault(Mark(repr(str(path))), f"no name of a file: {error}"))
    return None


def _settings(path: Path, faults: list[Fault]) -> tuple[Document, Settings] | None:
    text = read_text(path, faults, "write one with `headroom init --defaults --out .`, or name it with --config")
    if text is None:
        return None
    try:
        refuse_hostile(text, str(path))
        document = load(text, str(path))
    except FaultyTextError as error:
        faults.extend(error.faults)
        return None
    if not isinstance(document.data, dict):
        faults.append(Fault(Mark(str(path), 1, 1), "wanted keys and values, like `company: Acme`"))
        return None
    found: list[Fault] = []
    settings = _checked(document, found)
    faults += sorted(found, key=lambda fault: (fault.mark.line or 0, fault.mark.column or 0))
    return None if found or settings is None else (document, settings)


def _checked(document: Document, faults: list[Fault]) -> Settings | None:
    data = dict(document.data)
    if isinstance(data.get("sources"), list):
        data["sources"] = [_source(document, index, entry, faults) for index, entry in enumerate(data["sources"])]
    faults += health_faults(document)
    try:
        settings = Settings.model_validate(data)
    except ValidationError as error:
        faults += faults_of(document, Settings, (), error)
        return None
    faults += cross_checks(document, settings)
    return settings


def _source(document: Document, index: int, entry: Any, faults: list[Fault]) -> Any:  # noqa: ANN401  # YAML is anything
    """Split an entry into what all sources share and the part of its connector, checked by the connector's own model.

    A part with faults is replaced by an empty one: its faults are noted, the rest is still checked.
    """
    place: Place = ("sources", index)
    if not isinstance(entry, dict):
        return entry
    shared = {key: value for key, value in entry.items() if key in _ENTRY_KEYS}
    kind = entry.get("type")
    if not isinstance(kind, str) or kind not in SOURCES:
        if "type" in entry:
            faults.append(_unknown_type(document, index, kind))
            shared["type"] = ""  # told already
        return {**shared, "connector": _Nothing()}
    model = connector(kind).Settings
    try:
        part = model.model_validate({key: value for key, value in entry.items() if key not in _ENTRY_KEYS})
    except ValidationError as error:
        faults += faults_of(document, model, place, error)
        part = _Nothing()
    return {**shared, "connector": part}


def _unknown_type(document: Document, index: int, kind: object) -> Fault:
    known = ", ".join(SOURCES)
    if isinstance(kind, str):
        problem = f"unknown type '{kind}'{did_you_mean(kind, SOURCES) or f'; known: {known}'}"
    else:
        problem = f"wanted one of {known}"
    return Fault(document.mark(("sources", index, "type")), f"sources.{index}.type: {problem}")


def read_templates(folder: Path | None, faults: list[Fault]) -> Templates | None:
    """Read the templates and catalogues that ship, and those of a folder before them; None where they have faults.

    From then on every reader of this process is spoken to from these catalogues.
    """
    if folder is not None and (found := list(_unreadable(folder))):
        faults += found
        return None
    folders = [TEMPLATES] if folder is None else [folder, TEMPLATES]
    try:
        templates = Templates(folders)
    except TemplateError as error:
        for line in str(error).splitlines():
            mark, _, problem = line.partition(": ")
            faults.append(Fault(Mark(mark), problem))
        return None
    wording.use(folders)
    return templates


def _unreadable(folder: Path) -> Iterator[Fault]:
    """Yield why a folder of templates cannot be read; one that is not there would be passed over in silence."""
    if not folder.is_dir():
        yield Fault(Mark(str(folder)), "no such folder; `templates` names it, relative to the settings file")
        return
    for path in sorted((*folder.glob("*/*.j2"), *wording.catalogues(folder))):
        found: list[Fault] = []
        read_text(path, found, "a template has to be a file that can be read")
        yield from found


@dataclass(frozen=True, slots=True)
class RuleFile:
    """The rules of a file, and where in it they stand."""

    rules: tuple[Rule, ...]
    """None at all where one has a fault."""
    document: Document

    @classmethod
    def read(cls, path: Path, faults: list[Fault], hint: str = _RULES_HINT) -> RuleFile:
        """Read the rules of a file; what is wrong with them is added to `faults`, with `hint` where there is none."""
        text = read_text(path, faults, hint)
        if text is None:
            return cls((), Document(str(path), None))
        rules: tuple[Rule, ...] = ()
        try:
            rules = parse_rules(text, str(path))
        except FaultyTextError as error:
            faults.extend(error.faults)
        return cls(rules, _document(text, str(path)))

    def misfits(self, templates: Templates) -> Iterator[Fault]:
        """Yield faults between the rules, be they good or not, and the rest: a template that does not exist."""
        known = templates.names()
        for index, rule in enumerate(self.document.data if isinstance(self.document.data, list) else []):
            name = rule.get("template") if isinstance(rule, dict) else None
            if isinstance(name, str) and NAME.fullmatch(name) and name not in known:
                near = did_you_mean(name, known) or f"; known: {', '.join(sorted(known))}"
                mark = self.document.mark((index, "template"))
                yield Fault(mark, f"rule '{rule.get('name')}': unknown template '{name}'{near}")


def _document(text: str, file: str) -> Document:
    try:
        refuse_hostile(text, file)
        return load(text, file)
    except FaultyTextError:
        return Document(file, None)  # why, has been told of the rules
