"""What the workflow step "Get account utilization" hands on: figures that are known, and all of them in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from bot.core.verdicts import figure
from bot.messages.escape import is_https, literal
from bot.messages.speech import msg

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.messages.speech import Speech
    from bot.state.rows import AccountView, LineView

_BY_KIND: Final = (("commit", "commit_utilization"), ("allowance", "allowance_utilization"))
_DIGITS: Final = 4
_LICENCES: Final = msg("licences")


@dataclass(frozen=True, slots=True)
class Use:
    """How much of what was bought is in use."""

    what: str
    """In words: licences, or the product of the line. Empty: nothing is measured."""
    share: float | None = None
    used: float | None = None
    contracted: float | None = None


def outputs(view: AccountView, speech: Speech) -> dict[str, str | float]:
    """Return the outputs of the step, by name. A figure that is unknown is left out: it is never 0."""
    use = use_of(view)
    figures = {
        "utilization_percent": None if use.share is None else use.share * 100,
        "used": use.used,
        "contracted": use.contracted,
        "cus": _number(view, "cus"),
        "health": _number(view, "health"),
    }
    words = {
        "account_id": view.account_id,
        "account_name": literal(view.name),
        "as_of": view.as_of.isoformat(),
        "measured": use.what,
        "health_band": str(view.metrics.get("health_band") or ""),
        "renewal_date": str(view.metrics.get("renewal_date") or ""),
        "link": view.url if view.url and is_https(view.url) else "",
        "summary": summary(view, speech),
    }
    known = {name: round(figure, _DIGITS) for name, figure in figures.items() if figure is not None}
    return {**{name: word for name, word in words.items() if word}, **known}


def summary(view: AccountView, speech: Speech) -> str:
    """Say in one line of plain text what the figures say; what is unknown is said to be."""
    use = use_of(view)
    told = speech.t(
        "{account}: {share} of {what} used ({used} of {contracted})",
        account=literal(view.name),
        share=speech.percent(use.share),
        what=_named(use, speech),
        used=speech.number(use.used),
        contracted=speech.number(use.contracted),
    )
    return f"{told}, {', '.join(_rest(view, speech))}"


def _named(use: Use, speech: Speech) -> str:
    if not use.what:
        return speech.t("what is contracted")
    return speech.t(use.what) if use.what == _LICENCES else use.what


def _rest(view: AccountView, speech: Speech) -> Iterator[str]:
    yield speech.t("CUS {score}", score=speech.number(view.metrics.get("cus")))
    yield speech.t("health {score}", score=speech.number(view.metrics.get("health")))
    yield speech.t("renewal {day}", day=speech.day(view.metrics.get("renewal_date")))
    yield speech.t("as of {day}", day=speech.day(view.as_of))


def use_of(view: AccountView) -> Use:
    """Return the use that tells most: of the licences where there are any, else of the fullest commit or allowance."""
    share = _number(view, "licence_utilization")
    seats = _number(view, "seats")
    if share is not None or seats is not None:
        return Use(_LICENCES, share, _number(view, "active_users"), seats)
    for kind, metric in _BY_KIND:
        if _number(view, metric) is not None:
            line = _fullest(view, kind)
            found = (line.product, line.used, line.contracted) if line else (kind, None, None)
            return Use(literal(found[0]), _number(view, metric), found[1], found[2])
    return Use("")


def _fullest(view: AccountView, kind: str) -> LineView | None:
    lines = [
        line
        for line in view.lines
        if line.kind == kind and line.utilization is not None and line.start <= view.as_of <= line.end
    ]
    return max(lines, key=lambda line: line.utilization or 0.0, default=None)


def _number(view: AccountView, metric: str) -> float | None:
    return figure(view.metrics.get(metric))
