"""Where rules, templates and the state store are: what of the settings rules ask for, and nothing else of them.

So rules can be checked where no secret of the settings is, and while other parts of them have faults.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bot.command import settings_file
from bot.core.located import Fault, FaultyTextError, Mark, load
from bot.core.yaml_places import refuse_hostile
from bot.errors import SettingsError
from bot.faults import faults_of
from bot.load import read_text
from bot.opening import open_at
from bot.rulebook.faulty import in_order
from bot.settings import Address, Place
from bot.shipped import CONFIG
from bot.state.engine import StateError
from connectors.secrets import SecretRef

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.state.store import Store

_NO_SETTINGS: Final = "there are no settings, which would say where the state store is"


class _Places(BaseModel):
    """The keys of the settings that rules ask for."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    data: Place = Path("data")
    state: Address | None = Field(default=None, description="a database address, or {env: NAME} where it stands")
    rules: Place | None = Field(default=None, description="the name of a file")
    templates: Place | None = Field(default=None, description="the name of a folder")


@dataclass(frozen=True, slots=True)
class Where:
    """Where everything is."""

    rules: Path
    templates: Path | None
    """A folder whose templates go before the shipped ones."""
    state: str | None
    """Address of the state store ..."""
    why_no_state: str
    """... or why there is none."""

    @contextmanager
    def store(self) -> Iterator[Store]:
        """Open the state store, which has to be there. Raises StateError."""
        if self.state is None:
            raise StateError(self.why_no_state)
        with open_at(self.state, new=False) as store:
            yield store


def find(config: Path | None, *, without: bool = False) -> Where:
    """Look into the settings. Raises SettingsError.

    `without`: where no file is named, there need be none.
    """
    path = settings_file(config)
    if without and config is None and not path.exists():
        return Where(CONFIG / "rules.yaml", None, None, _NO_SETTINGS)
    places = _read(path)
    state, why_not = _state(places)
    rules = path.parent / places.rules if places.rules else CONFIG / "rules.yaml"
    return Where(rules, path.parent / places.templates if places.templates else None, state, why_not)


def _read(path: Path) -> _Places:
    faults: list[Fault] = []
    text = read_text(path, faults, "write one with `headroom init --defaults --out .`, or name it with --config")
    if text is None:
        raise SettingsError(faults)
    try:
        refuse_hostile(text, str(path))
        document = load(text, str(path))
    except FaultyTextError as error:
        raise SettingsError(error.faults) from error
    if not isinstance(document.data, dict):
        raise SettingsError([Fault(Mark(str(path), 1, 1), "wanted keys and values, like `company: Acme`")])
    try:
        return _Places.model_validate(document.data)
    except ValidationError as error:
        raise SettingsError(in_order(faults_of(document, _Places, (), error))) from error


def _state(places: _Places) -> tuple[str | None, str]:
    if not isinstance(places.state, SecretRef):
        return places.state or f"sqlite:///{places.data / 'headroom.db'}", ""
    problem = places.state.missing()
    return (None, f"state: {problem}") if problem else (places.state.get(), "")
