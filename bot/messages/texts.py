"""Templates as text: Jinja in a sandbox, with one place of escaping and every fault named with its file and line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from jinja2 import StrictUndefined, TemplateSyntaxError, UndefinedError, nodes
from jinja2 import TemplateError as JinjaError
from jinja2.exceptions import SecurityError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from bot.core.located import Fault, Mark, did_you_mean
from bot.core.metrics import METRICS
from bot.errors import TemplateError
from bot.messages import escape
from bot.messages.filters import FILTERS, SPEECH, TELLERS, mrkdwn, plain, tellers
from bot.messages.speech import ENGLISH
from bot.messages.told import told
from bot.messages.wording import catalogue_faults

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from bot.messages.speech import Speech

PARTS: Final = ("title", "body", "fallback")
"""The texts of a template. The title is plain text; body and fallback are mrkdwn."""

VARIABLES: Final = frozenset(
    {
        "account",
        "m",
        "lines",
        "changes",
        "finding",
        "episode",
        "rule",
        "reason",
        "as_of",
        "company",
        "scope",
        "currency",
        "state",
        "lead",
        "lead_label",
        "lead_value",
        "title",
    }
)
"""What every template may name."""

_METRICS: Final = frozenset(name for metrics in METRICS.values() for name in metrics)


class _Missing(StrictUndefined):
    """A name that nobody knows: says which, with the nearest known one."""

    @property
    def _undefined_message(self) -> str:
        name = str(self._undefined_name)
        known = _METRICS if name not in VARIABLES else VARIABLES
        return f"unknown variable '{name}'{did_you_mean(name, [*known, *VARIABLES])}"


@dataclass(frozen=True, slots=True)
class _Source:
    """One file of a template."""

    path: Path
    text: str


class Texts:
    """The files of every template, read once and checked as a whole.

    `folders` are searched in order, file by file: a user's folder before the shipped one overrides single texts.
    Raises TemplateError with every fault of every template and catalogue: syntax, unknown variables, missing files.
    """

    def __init__(self, folders: Sequence[Path]) -> None:
        self._sources = dict(_read(folders))
        self._plain = _environment(plain, escape.Line)
        self._mrkdwn = _environment(mrkdwn, escape.Safe)
        self._mrkdwn.filters["link"] = escape.link
        self._mrkdwn.filters["mention"] = escape.mention
        faults = [*self._missing(), *(fault for key in self._sources for fault in self._faults(key))]
        told_of = [*map(str, faults), *catalogue_faults(folders)]
        if told_of:
            raise TemplateError("\n".join(told_of))
        self._compiled = {key: self._compile(key) for key in self._sources}

    def names(self) -> tuple[str, ...]:
        """Name every template, in order of the alphabet."""
        return tuple(sorted({name for name, _ in self._sources}))

    def text(self, name: str, part: str, variables: Mapping[str, object], speech: Speech = ENGLISH) -> str:
        """Render one text for a reader. Raises TemplateError, naming file and line, where that cannot be done."""
        if (name, part) not in self._compiled:
            raise TemplateError(f"there is no template '{name}'{did_you_mean(name, self.names())}")
        try:
            return str(self._compiled[name, part].render({**variables, SPEECH: speech})).strip()
        except (JinjaError, TypeError, ValueError, ArithmeticError, AttributeError, LookupError) as error:
            path = self._sources[name, part].path
            raise TemplateError(str(Fault(Mark(str(path), _line(error, str(path))), _problem(error)))) from error

    def _environment_of(self, part: str) -> ImmutableSandboxedEnvironment:
        return self._plain if part == "title" else self._mrkdwn

    def _compile(self, key: tuple[str, str]) -> Any:  # noqa: ANN401 - Jinja's Template, whose globals are untyped
        environment = self._environment_of(key[1])
        source = self._sources[key]
        code = environment.compile(source.text, name="/".join(key), filename=str(source.path))
        return environment.template_class.from_code(environment, code, environment.globals)

    def _missing(self) -> Iterator[Fault]:
        for name in self.names():
            for part in PARTS:
                if (name, part) not in self._sources:
                    folder = next(source.path.parent for key, source in self._sources.items() if key[0] == name)
                    yield Fault(Mark(str(folder)), f"a template has {part}.j2; add it")

    def _faults(self, key: tuple[str, str]) -> Iterator[Fault]:
        source, environment = self._sources[key], self._environment_of(key[1])
        try:
            tree = environment.parse(source.text)
            environment.compile(source.text)
        except TemplateSyntaxError as error:
            yield Fault(Mark(str(source.path), error.lineno), error.message or "not a template")
            return
        for line, name, known in _unknown(tree):
            yield Fault(Mark(str(source.path), line), f"unknown variable '{name}'{did_you_mean(name, known)}")
        for call in told(tree):
            if (problem := call.problem) is not None:
                yield Fault(Mark(str(source.path), call.line), problem)


def _environment(finalize: Callable[..., str], finished: type[str]) -> ImmutableSandboxedEnvironment:
    # Autoescape is Jinja's for HTML; mrkdwn has escapes of its own, and finalize sees every value that is printed.
    environment = ImmutableSandboxedEnvironment(
        undefined=_Missing, autoescape=False, finalize=finalize, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters.update(FILTERS)
    environment.globals.clear()
    environment.globals.update(tellers(finished))
    return environment


def _read(folders: Sequence[Path]) -> Iterator[tuple[tuple[str, str], _Source]]:
    # The first folder wins: read last.
    for folder in reversed(folders):
        for path in sorted(folder.glob("*/*.j2")):
            if path.stem in PARTS:
                yield (path.parent.name, path.stem), _Source(path, path.read_text(encoding="utf-8"))


def _unknown(tree: nodes.Template) -> Iterator[tuple[int, str, list[str]]]:
    """Find names that no template has, and metrics that are in no catalogue: line, name, and what would be right."""
    own = {node.name for node in tree.find_all(nodes.Name) if node.ctx in {"store", "param"}}
    known = VARIABLES | own | {"loop", "varargs", "kwargs", "caller", *TELLERS}
    for node in tree.find_all(nodes.Name):
        if node.ctx == "load" and node.name not in known:
            yield node.lineno, node.name, sorted(known)
    for access in tree.find_all((nodes.Getattr, nodes.Getitem)):
        name = _metric(access)
        if name is not None and name not in _METRICS:
            yield access.lineno, f"m.{name}", [f"m.{metric}" for metric in sorted(_METRICS)]


def _metric(access: nodes.Node) -> str | None:
    if not isinstance(access, (nodes.Getattr, nodes.Getitem)):
        return None
    if not isinstance(access.node, nodes.Name) or access.node.name != "m":
        return None
    if isinstance(access, nodes.Getattr):
        return access.attr if access.attr not in {"get", "keys", "items", "values"} else None
    return access.arg.value if isinstance(access.arg, nodes.Const) and isinstance(access.arg.value, str) else None


def _line(error: BaseException, path: str) -> int | None:
    """Find the template's line in the traceback, into which Jinja writes it."""
    line, trace = None, error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == path:
            line = trace.tb_lineno
        trace = trace.tb_next
    return line


def _problem(error: Exception) -> str:
    if isinstance(error, UndefinedError | SecurityError):
        return error.message or "not allowed in a template"
    return f"cannot be rendered: {error}"
