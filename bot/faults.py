"""From pydantic's errors to faults: file, line, key, and what would be right, in words for people."""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING, Any, Final, get_args

from pydantic import BaseModel

from bot.core.located import Fault, did_you_mean
from bot.masking import masked
from connectors.secrets import SecretRef

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pydantic import ValidationError
    from pydantic.fields import FieldInfo
    from pydantic_core import ErrorDetails

    from bot.core.located import Document
    from bot.core.located import Path as Place

_Part = str | int
_Models = tuple[type[BaseModel], ...]

_SECRET_KEY: Final = re.compile(r"secret|token|passw|api_key|private_key", re.IGNORECASE)
_QUOTED: Final = re.compile(r"'([^']*)'")
_LONG: Final = re.compile(r"'([^']{60})[^']+'")
_MENDS: Final = re.compile(r"\b(wanted|write|did you mean)\b")
_SHOULD: Final = "Input should be "
_WANTED: Final = {
    "string": "text",
    "int": "a whole number",
    "float": "a number",
    "finite": "a finite number",
    "bool": "true or false",
    "date": "a day, like 2026-03-31",
    "tuple": "a list",
    "list": "a list",
    "set": "a list",
    "frozen": "a list",
    "model": "keys and values",
    "dict": "keys and values",
    "mapping": "keys and values",
    "path": "the name of a file or folder",
    "url": "a web address",
}
"""What is wanted where an error's type begins so."""


def faults_of(document: Document, model: type[BaseModel], above: Place, error: ValidationError) -> list[Fault]:
    """Return a fault for each thing that pydantic found in the part of a document that lies at `above`."""
    told = [_fault(document, model, above, item) for item in error.errors(include_url=False)]
    return list(dict.fromkeys(told))


def key(place: Place) -> str:
    """Write a place as people do: `sources.0.name`."""
    # A key may be any text: a line break in it would break the line that tells of it.
    return ".".join(part if part.isprintable() else repr(part) for part in map(str, place)) or "(the whole file)"


def _fault(document: Document, model: type[BaseModel], above: Place, item: ErrorDetails) -> Fault:
    place = _place(document, above, item)
    return Fault(document.mark(place), f"{key(place)}: {_problem(model, item)}")


def _place(document: Document, above: Place, item: ErrorDetails) -> Place:
    """Return where it is in the file: pydantic's location without the names of a union's branches."""
    place, last = above, len(item["loc"]) - 1
    for number, part in enumerate(item["loc"]):
        below = (*place, part)
        if below in document.marks or (number == last and item["type"] in {"missing", "extra_forbidden"}):
            place = below
    return place


def _problem(model: type[BaseModel], item: ErrorDetails) -> str:
    field = _field(model, item["loc"])
    wanted = f"; wanted: {field.description}" if field and field.description else ""
    if item["type"] == "missing":
        return f"this key is missing{wanted}"
    if item["type"] == "extra_forbidden":
        return f"unknown key{_near(str(item['loc'][-1]), _known(model, item['loc'][:-1]))}"
    said = _short(masked(_said(item)))
    seen = _seen(field, item)
    return f"{said}{'' if _MENDS.search(said) else wanted}{'' if seen in said else f' (here: {seen})'}{_quotes(item)}"


def _said(item: ErrorDetails) -> str:
    kind, message = item["type"], item["msg"].removeprefix("Value error, ")
    if kind in {"literal_error", "enum"}:
        expected = str(item.get("ctx", {}).get("expected", ""))
        return f"wanted {expected}{did_you_mean(str(item['input']), _QUOTED.findall(expected))}"
    if kind == "invalid_key":
        return "a key that is no text; write it in quotes"
    if kind in {"string_too_short", "too_short"} or item["input"] == "":
        return "must not be empty"
    if kind == "string_pattern_mismatch":
        return "does not have the right form"
    if kind.endswith(("_type", "_parsing", "_parsing_size", "_from_float", "_number")):
        wanted = _WANTED.get(kind.split("_")[0])
        return f"wanted {wanted}" if wanted else _plainly(message)
    return _plainly(message)


def _plainly(message: str) -> str:
    if message.startswith(_SHOULD):
        return f"must be {message.removeprefix(_SHOULD)}"
    return message if message[1:2].isupper() else message[:1].lower() + message[1:]


def _seen(field: FieldInfo | None, item: ErrorDetails) -> str:
    """Show what stands there, unless it may be a secret that somebody wrote into the file itself."""
    value = item["input"]
    if not isinstance(value, str | int | float | bool) or _may_be_secret(field, item["loc"]):
        return ""
    return _short(masked(repr(value)))


def _short(text: str) -> str:
    """Write on one line, with what somebody quoted cut to a length that can be read."""
    return _LONG.sub(r"'\1…'", " ".join(text.split()))


def _may_be_secret(field: FieldInfo | None, location: Sequence[_Part]) -> bool:
    inside = field is not None and SecretRef in _models(field.annotation)
    return inside or any(isinstance(part, str) and _SECRET_KEY.search(part) for part in location)


def _quotes(item: ErrorDetails) -> str:
    bare = isinstance(item["input"], bool | int | float | date)
    return "; write it in quotes" if item["type"] == "string_type" and bare else ""


def _near(word: str, known: Sequence[str]) -> str:
    return did_you_mean(word, known) or f"; known here: {', '.join(known)}"


# the way through the models


def _steps(model: type[BaseModel], location: Sequence[_Part]) -> Iterator[tuple[_Models, FieldInfo | None]]:
    """Yield, before the first and after each part of a location, the models that may stand there and their field."""
    models: _Models = (model,)
    field = None
    yield models, field
    for part in location:
        # Pydantic names the branch of a union by its class.
        branch = tuple(one for one in models if one.__name__ == part)
        found = next((one for owner in models if (one := _fields(owner).get(str(part)))), None)
        if branch:
            models = branch
        elif found is not None:
            field, models = found, _models(found.annotation)
        yield models, field


def _field(model: type[BaseModel], location: Sequence[_Part]) -> FieldInfo | None:
    *_, (_, field) = _steps(model, location)
    return field


def _known(model: type[BaseModel], location: Sequence[_Part]) -> list[str]:
    *_, (models, _) = _steps(model, location)
    return list(dict.fromkeys(name for one in models for name in _fields(one)))


def _fields(model: type[BaseModel]) -> Mapping[str, FieldInfo]:
    return {field.alias or name: field for name, field in model.model_fields.items()}


def _models(annotation: Any) -> _Models:  # noqa: ANN401  # annotations have no common type
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return (annotation,)
    return tuple(model for part in get_args(annotation) for model in _models(part))
