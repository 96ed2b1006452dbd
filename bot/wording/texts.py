"""Every text that people read: from the code, from the templates, and the labels of metrics."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from jinja2 import Environment

from bot.core.metrics import METRICS
from bot.messages.told import told
from bot.shipped import TEMPLATES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

_SAYS: Final = frozenset({"t", "msg"})
"""Who says or marks a text, which is the first argument ..."""
_COUNTS: Final = frozenset({"many", "msgs"})
"""... and who says or marks what differs by number: the first two."""
_SIGNS: Final = (".t(", "msg(", ".many(", "msgs(", "purpose")
"""A file without any of these says nothing."""


@dataclass(frozen=True, slots=True)
class Found:
    """One text, and where it stands."""

    source: str | tuple[str, str]
    """The English text; the one and the several where it differs by number."""
    file: str
    line: int


def texts(code: Path, folders: Sequence[Path] = (TEMPLATES,)) -> list[Found]:
    """Return every text of the code under a folder, of the templates, and of the catalogue of metrics.

    The same text is told each time it stands somewhere. `folders` hold templates, a user's before the shipped ones.
    """
    return [*_of_code(code), *_of_templates(folders), *_of_metrics()]


def _of_code(code: Path) -> Iterator[Found]:
    for path in sorted(code.rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        if not any(sign in text for sign in _SIGNS):
            continue  # to parse all of the program takes seconds
        tree = ast.parse(text)
        file = f"{code.name}/{path.relative_to(code).as_posix()}"
        for node in ast.walk(tree):
            source = _said(node)
            if source is not None:
                yield Found(source, file, getattr(node, "lineno", 0))


def _said(node: ast.AST) -> str | tuple[str, str] | None:
    """Return what a piece of code says, where it says anything: a call of `t`, `msg` or `many`, a command's purpose."""
    if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.target.id == "purpose":
        return _text(node.value)
    if not isinstance(node, ast.Call) or not node.args:
        return None
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    if name in _SAYS:
        return _text(node.args[0])
    if name in _COUNTS and len(node.args) > 1:
        one, several = _text(node.args[0]), _text(node.args[1])
        return (one, several) if one and several else None
    return None


def _text(node: ast.AST | None) -> str | None:
    value = node.value if isinstance(node, ast.Constant) else None
    return value if isinstance(value, str) and value else None


def _of_templates(folders: Sequence[Path]) -> Iterator[Found]:
    # Only the names of calls are looked at: the filters of the templates' own environment need not be known.
    environment = Environment(autoescape=False)  # noqa: S701 - nothing is rendered
    for folder in folders:
        for path in sorted(folder.glob("*/*.j2")):
            for call in told(environment.parse(path.read_text(encoding="utf-8"))):
                if call.problem is None:
                    source = call.texts[0] if call.name == "t" else (call.texts[0], call.texts[1])
                    yield Found(source, f"templates/{path.parent.name}/{path.name}", call.line)


def _of_metrics() -> Iterator[Found]:
    for scope, metrics in METRICS.items():
        for metric in metrics.values():
            yield Found(metric.label, f"metrics of each {scope}", 0)
            if metric.window != "as-of":
                yield Found(metric.window, f"metrics of each {scope}", 0)
