"""YAML that remembers where each value stood, so that a fault can name file, line and column."""

from __future__ import annotations

from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from collections.abc import Iterable

Path = tuple[str | int, ...]
"""Keys and indexes from the top of the document to a value."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A place in a file; line and column count from 1."""

    file: str
    line: int | None = None
    column: int | None = None

    def __str__(self) -> str:
        """Write as file:line:column, as editors and compilers do."""
        return ":".join(str(part) for part in (self.file, self.line, self.column) if part is not None)


@dataclass(frozen=True, slots=True)
class Fault:
    """Something wrong in a file that a person wrote: where, what, and what would be right."""

    mark: Mark
    problem: str

    def __str__(self) -> str:
        """Write as `file:line:column: problem`."""
        return f"{self.mark}: {self.problem}"


class FaultyTextError(Exception):
    """A text that cannot be used as a whole; carries every fault found."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(map(str, self.faults)))


@dataclass(frozen=True, slots=True)
class Document:
    """A YAML document as plain data, with the mark of every key and item."""

    file: str
    data: Any
    marks: dict[Path, Mark] = field(default_factory=dict)

    def mark(self, path: Path) -> Mark:
        """Return the mark of a value, or of the nearest parent that has one (a missing key has none)."""
        while path and path not in self.marks:
            path = path[:-1]
        return self.marks.get(path, Mark(self.file))


class _Loader(yaml.SafeLoader):
    """Names the place of a value that YAML takes for a day or a number and that is none, like 2026-02-30."""

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:  # noqa: ANN401, FBT001, FBT002  # PyYAML's
        try:
            return super().construct_object(node, deep)
        except ValueError as error:
            problem = f"{error}; write it in quotes if it is text"
            raise yaml.constructor.ConstructorError(problem=problem, problem_mark=node.start_mark) from error


def load(text: str, file: str) -> Document:
    """Read one YAML document. Raises FaultyTextError where the text is no YAML or a key stands twice."""
    try:
        node, data = _read(text)
    except yaml.MarkedYAMLError as error:
        where = error.problem_mark
        mark = Mark(file, where.line + 1, where.column + 1) if where else Mark(file)
        raise FaultyTextError([Fault(mark, f"not valid YAML: {error.problem or error}")]) from error
    except yaml.YAMLError as error:
        raise FaultyTextError([Fault(Mark(file), f"not valid YAML: {error}")]) from error
    except RecursionError as error:
        raise FaultyTextError([Fault(Mark(file), "not valid YAML: nested too deep to be read")]) from error
    marks: dict[Path, Mark] = {}
    faults: list[Fault] = []
    if node is not None:
        _walk(node, (), file, marks, faults)
    if faults:
        raise FaultyTextError(faults)
    return Document(file, data, marks)


def _read(text: str) -> tuple[yaml.Node | None, Any]:
    loader = _Loader(text)
    try:
        node = loader.get_single_node()
        return node, None if node is None else loader.construct_document(node)
    finally:
        loader.dispose()


def _walk(node: yaml.Node, path: Path, file: str, marks: dict[Path, Mark], faults: list[Fault]) -> None:
    marks.setdefault(path, _mark(node, file))
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            below = (*path, str(key.value))
            if below in marks:
                # PyYAML keeps the last of two equal keys in silence: half of the settings would vanish.
                faults.append(Fault(_mark(key, file), f"key '{key.value}' stands twice; remove one of them"))
            marks[below] = _mark(value if isinstance(value, yaml.ScalarNode) else key, file)
            _walk(value, below, file, marks, faults)
    elif isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            _walk(item, (*path, index), file, marks, faults)


def _mark(node: yaml.Node, file: str) -> Mark:
    return Mark(file, node.start_mark.line + 1, node.start_mark.column + 1)


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return `; did you mean 'x'?` for the nearest known word, or nothing where none is near."""
    near = get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f"; did you mean '{near[0]}'?" if near else ""
