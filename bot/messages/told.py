"""What a template says by `t` and `many`: texts that a catalogue may hold, and what is wrong with them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from jinja2 import nodes

from bot.messages.wording import placeholders

if TYPE_CHECKING:
    from collections.abc import Iterator

_TEXTS: Final = {"t": 1, "many": 2}
"""How many texts each of the functions takes."""


@dataclass(frozen=True, slots=True)
class Told:
    """One call in a template."""

    name: str
    line: int
    texts: tuple[str, ...]
    """One for `t`; the one and the several for `many`; fewer where an argument is no text in quotes."""
    values: frozenset[str]
    """Names of the values that are set in."""

    @property
    def problem(self) -> str | None:
        """Say what is wrong; None: nothing."""
        if len(self.texts) < _TEXTS[self.name]:
            return f"{self.name}() takes a text in quotes: a catalogue can hold nothing else"
        named = [placeholders(text) for text in self.texts]
        if None in named:
            return f"a text of {self.name}() may hold names in braces, and no other braces"
        wanted = frozenset[str]().union(*(one for one in named if one)) - ({"count"} if self.name == "many" else set())
        if wanted != self.values:
            names = ", ".join(sorted(wanted ^ self.values))
            return f"{self.name}() has to be given what its text names in braces, and nothing else: {names}"
        return None


def told(tree: nodes.Template) -> Iterator[Told]:
    """Find every call of `t` and `many`."""
    for call in tree.find_all(nodes.Call):
        if isinstance(call.node, nodes.Name) and call.node.name in _TEXTS:
            texts = (one.value for one in call.args[: _TEXTS[call.node.name]] if isinstance(one, nodes.Const))
            values = frozenset(one.key for one in call.kwargs)
            yield Told(call.node.name, call.lineno, tuple(one for one in texts if isinstance(one, str)), values)
