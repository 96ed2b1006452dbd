"""What templates print, the filters that they write figures with, and the functions that say a text: for one reader."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any, Final

from jinja2 import StrictUndefined, pass_context

from bot.messages import escape, phrases
from bot.messages.speech import Speech

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from jinja2.runtime import Context

SPEECH: Final = "speech"
"""Under this name a rendering finds who is spoken to; templates cannot name it."""


def _speech(context: Context) -> Speech:
    spoken: Speech = context[SPEECH]
    return spoken


def _printed(value: object, speech: Speech) -> str:
    if value is None:
        return speech.unknown
    if isinstance(value, bool):
        return speech.flag(value)
    if isinstance(value, (int, float)):
        return speech.number(value)
    if isinstance(value, str):
        return value  # as it is: a finished line must stay one
    return speech.day(value) if isinstance(value, date) else str(value)


@pass_context
def plain(context: Context, value: object) -> str:
    """Make what is printed one line of plain text."""
    # Undefined is left to Jinja: printing it raises the error that names it.
    if isinstance(value, StrictUndefined):
        return value  # type: ignore[return-value]  # as above
    return escape.plain(_printed(value, _speech(context)))


@pass_context
def mrkdwn(context: Context, value: object) -> str:
    """Make what is printed mrkdwn that stands for itself."""
    if isinstance(value, (StrictUndefined, escape.Safe)):
        return value  # type: ignore[return-value]  # as above
    return escape.mrkdwn(_printed(value, _speech(context)))


@pass_context
def _short(context: Context, value: object, most: int = 60) -> str:
    speech = _speech(context)
    return escape.short(escape.plain(_printed(value, speech)), most) or speech.unknown


@pass_context
def _phrase(context: Context, value: object) -> str:
    return phrases.said(str(value), _speech(context)) if isinstance(value, str) else _printed(value, _speech(context))


def _by(method: Callable[..., str]) -> Callable[..., str]:
    """Make a filter of a way in which a reader is spoken to."""

    @pass_context
    def spoken(context: Context, *args: Any, **values: Any) -> str:  # noqa: ANN401 - whatever the method takes
        return method(_speech(context), *args, **values)

    return spoken


FILTERS: Final[Mapping[str, Callable[..., str]]] = {
    "money": _by(Speech.money),
    "percent": _by(Speech.percent),
    "change": _by(Speech.change),
    "number": _by(Speech.number),
    "days": _by(Speech.days),
    "span": _by(Speech.span),
    "date": _by(Speech.day),
    "ratio": _by(Speech.ratio),
    "show": _by(Speech.show),
    "label": _by(Speech.label),
    "phrase": _phrase,
    "short": _short,
}

TELLERS: Final = ("t", "many")
"""Functions that say a text in the reader's language."""


def tellers(finished: type[str]) -> Mapping[str, Callable[..., str]]:
    """Make `t` and `many` for texts of one kind: values are escaped as they are set in, the text is taken as it is."""

    def escaped(context: Context, values: Mapping[str, object]) -> dict[str, object]:
        finalize = context.environment.finalize
        assert finalize is not None, "every environment of templates escapes"
        return {name: finalize(context, value) for name, value in values.items()}

    @pass_context
    def t(context: Context, text: str, **values: object) -> str:
        return finished(_speech(context).t(text, **escaped(context, values)))

    @pass_context
    def many(context: Context, one: str, several: str, count: int, **values: object) -> str:
        return finished(_speech(context).many(one, several, count, **escaped(context, values)))

    return {"t": t, "many": many}
