"""What the variables of the environment say, or why it cannot be used."""

from __future__ import annotations

from pydantic import ValidationError

from bot.core.located import Fault, Mark
from bot.errors import SettingsError
from bot.settings import Environment


def read_environment() -> Environment:
    """Read the variables that begin with HEADROOM_. Raises SettingsError naming each that cannot be used."""
    try:
        return Environment()
    except ValidationError as error:
        raise SettingsError([_fault(str(item["loc"][0]), item["input"]) for item in error.errors()]) from error


def _fault(name: str, value: object) -> Fault:
    wanted = Environment.model_fields[name].description
    return Fault(Mark(f"HEADROOM_{name.upper()}"), f"wanted {wanted} (here: {value!r})")
