"""Every key of the settings is described in `docs/settings.md`, with its default and an example that it takes."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any, Final

import pytest
import yaml
from pydantic import BaseModel, TypeAdapter, ValidationError

from bot.settings import Environment, Settings
from bot.shipped import CONFIG
from connectors.files.fields import DayField, FieldSource, FlagField, NumberField, TextField
from connectors.files.shapes import Shape
from connectors.files.tables import TableMap, UsageMap
from connectors.registry import SOURCES, connector
from connectors.salesforce.mapping import Mapped
from connectors.schema import SCHEMAS, Table
from connectors.secrets import SecretRef
from tests.documents.markdown import DOCS, code, codes, rows, section

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pydantic.fields import FieldInfo

Key = tuple[str, "FieldInfo"]


def models(annotation: object) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in getattr(annotation, "__args__", ()):
        yield from models(part)


def is_described_elsewhere(model: type[BaseModel]) -> bool:
    """Secrets, columns and mappings have tables of their own; a bare BaseModel stands for a connector's part."""
    return model in {SecretRef, Mapped, BaseModel} or issubclass(model, FieldSource | TableMap)


def keys(model: type[BaseModel], prefix: str = "") -> Iterator[Key]:
    for name, field in model.model_fields.items():
        if name == "connector":  # stands for the keys of the source's type, which lie beside `type`
            continue
        path = prefix + (field.alias or name)
        yield path, field
        dot = "[]." if "tuple" in str(field.annotation) else "."
        for inner in models(field.annotation):
            if not is_described_elsewhere(inner) and inner is not model:  # routes hold routes
                yield from keys(inner, path + dot)


SECTIONS: Final[dict[str, type[BaseModel]]] = {
    "The file": Settings,
    **{f"type: {kind}": connector(kind).Settings for kind in SOURCES},
}


def value_of(text: str, field: FieldInfo) -> object:
    annotation: Any = field.annotation
    # The name in the file belongs to the model: pydantic warns of a value that has one.
    kind: Any = Annotated[(annotation, *field.metadata)] if field.metadata else annotation
    value: object = TypeAdapter(kind).validate_python(yaml.safe_load(text))
    return value


def takes(text: str, fields: Sequence[FieldInfo]) -> bool:
    for field in fields:
        try:
            value_of(text, field)
        except ValidationError:
            continue
        return True
    return False


@pytest.mark.parametrize("heading", SECTIONS)
def test_every_settings_key_is_described_and_no_other(heading: str) -> None:
    described = [code(row[0]) for row in rows(section("settings.md", heading))]
    assert sorted(described) == sorted({path for path, _ in keys(SECTIONS[heading])})


@pytest.mark.parametrize("heading", SECTIONS)
def test_the_defaults_in_the_tables_are_those_of_the_code(heading: str) -> None:
    fields = dict(keys(SECTIONS[heading]))
    wrong = [row[0] for row in rows(section("settings.md", heading)) if not shows(row[2], fields[code(row[0])])]
    assert wrong == []


def shows(cell: str, field: FieldInfo) -> bool:
    if field.is_required():
        return cell == "required"
    default = field.get_default(call_default_factory=True)
    if default is None:
        return cell == "none"
    if isinstance(default, BaseModel) and not isinstance(default, SecretRef):
        return cell == ""  # its keys have defaults of their own
    shown = value_of(code(cell), field)
    return bool(shown == default or str(shown) == str(default))


@pytest.mark.parametrize("heading", SECTIONS)
def test_every_example_of_a_settings_key_is_a_value_that_it_takes(heading: str) -> None:
    model = SECTIONS[heading]
    wrong = [
        f"{path}: {row[3]}"
        for row in rows(section("settings.md", heading))
        if row[3] and (path := code(row[0])) and not takes(code(row[3]), [f for p, f in keys(model) if p == path])
    ]
    assert wrong == []


def test_every_variable_of_the_environment_is_described() -> None:
    described = {code(row[0]): (code(row[2]), code(row[3])) for row in rows(section("settings.md", "The environment"))}
    fields = {f"HEADROOM_{name.upper()}": field for name, field in Environment.model_fields.items()}
    assert described.keys() == fields.keys()
    for name, (default, example) in described.items():
        assert value_of(default, fields[name]) == fields[name].default
        assert value_of(example, fields[name])


def test_every_key_of_a_column_and_every_shape_is_described() -> None:
    text = section("settings.md", "A column of a file")
    kinds = (TextField, DayField, NumberField, FlagField)
    known = {field.alias or name for kind in kinds for name, field in kind.model_fields.items()}
    assert sorted(code(row[0]) for row in rows(text)) == sorted(known)
    assert {str(shape) for shape in Shape} <= set(codes(text))


def test_every_column_of_every_table_is_described_as_required_or_not() -> None:
    described = {row[0]: row[1:] for row in rows(section("settings.md", "Columns"))}
    assert described.keys() == {str(table) for table in Table} - {"coverage"}
    for table, (required, optional) in described.items():
        schema = SCHEMAS[Table(table)]
        must = {field.name for field in schema if not field.nullable}
        assert must <= set(codes(required))
        assert not must & set(codes(optional)) - {"meter"}  # a contract line names a meter, too
        assert set(schema.names) - must <= set(codes(optional))
    assert set(UsageMap.model_fields) <= {name for cell in described["usage"] for name in codes(cell)}


def test_every_secret_of_the_example_is_named_where_it_is_set_up() -> None:
    names = re.findall(r"^[^#\n]*\{env: (\w+)\}", (CONFIG / "headroom.example.yaml").read_text(), re.MULTILINE)
    assert len(names) == 5
    assert [name for name in names if f"{name}=" not in section("install.md", "2. Write the settings")] == []


def test_durations_are_read_as_the_page_says() -> None:
    (field,) = (field for path, field in keys(Settings) if path == "sources[].stale_after")
    shown = [value_of(text, field) for text in ("90m", "12h", "14d", "2w")]
    assert shown == [timedelta(minutes=90), timedelta(hours=12), timedelta(days=14), timedelta(weeks=2)]
    assert "`90m`, `12h`, `14d`, `2w`" in DOCS["settings.md"]
