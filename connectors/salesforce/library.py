"""Finding a mapping by its name: beside the settings first, then among those that are shipped."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import yaml
from pydantic import ValidationError

from connectors.base import SourceSettingsError
from connectors.salesforce.mapping import Mapped
from connectors.settings import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterator

_TOP: Final = Path(__file__).resolve().parents[2]
# A wheel carries config inside of `bot`, a checkout at its top.
_SHIPPED: Final = (_TOP / "bot" / "shipped" / "config" / "salesforce", _TOP / "config" / "salesforce")


def find_mapping(source: str, chosen: str | Mapped, folder: Path) -> Mapped:
    """Return the mapping that the settings chose: the mapping itself, a file, or the name of a shipped one.

    What it includes is found in the same way. Raises SourceSettingsError where there is none of that name, where it has
    faults, all of them at once, or where it includes itself.
    """
    return _found(source, chosen, folder, ())


def _found(source: str, chosen: str | Mapped, folder: Path, within: tuple[str, ...]) -> Mapped:
    if isinstance(chosen, Mapped):
        return _whole(source, chosen, folder, within)
    if chosen in within:
        raise SourceSettingsError(source, f"the mapping '{chosen}' includes itself: {' > '.join([*within, chosen])}")
    for path in _places(chosen, folder):
        if path.is_file():
            return _whole(source, _load(source, path), folder, (*within, chosen))
    names = sorted(shipped_names())
    raise SourceSettingsError(
        source,
        f"there is no mapping '{chosen}', neither as a file in {folder} nor among those shipped "
        f"({', '.join(names)}){did_you_mean(chosen, names)}",
    )


def _whole(source: str, mapped: Mapped, folder: Path, within: tuple[str, ...]) -> Mapped:
    return mapped if mapped.include is None else mapped.over(_found(source, mapped.include, folder, within))


def shipped_names() -> set[str]:
    """Names of the mappings that are shipped."""
    return {path.stem for folder in _SHIPPED for path in folder.glob("*.yaml")}


def _places(chosen: str, folder: Path) -> Iterator[Path]:
    yield folder / chosen
    yield folder / f"{chosen}.yaml"
    if chosen in shipped_names():
        for shipped in _SHIPPED:
            yield shipped / f"{chosen}.yaml"


def _load(source: str, path: Path) -> Mapped:
    try:
        data = yaml.load(path.read_text(encoding="utf-8"), Loader=_UniqueKeys)  # noqa: S506 - a SafeLoader by descent
        return Mapped.model_validate(data)
    except (OSError, UnicodeDecodeError) as error:
        raise SourceSettingsError(source, f"{path} cannot be read: {error}") from error
    except yaml.YAMLError as error:
        raise SourceSettingsError(source, f"{path} is no valid YAML: {error}") from error
    except ValidationError as error:
        raise SourceSettingsError(source, _told(path, error)) from error


def _told(path: Path, error: ValidationError) -> str:
    faults = [
        f"{path}: {'.'.join(map(str, fault['loc'])) or 'the file'}: {fault['msg'].removeprefix('Value error, ')}"
        for fault in error.errors()
    ]
    return "\n".join(faults)


class _UniqueKeys(yaml.SafeLoader):
    """Refuses a key that stands twice: YAML would keep the last in silence, and a column would be lost."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:  # noqa: FBT001, FBT002 - PyYAML's signature
        seen: set[str] = set()
        for key, _ in node.value:
            if key.value in seen:
                problem = f"key '{key.value}' stands twice; remove one of them"
                raise yaml.constructor.ConstructorError(None, None, problem, key.start_mark)
            seen.add(key.value)
        return super().construct_mapping(node, deep)
