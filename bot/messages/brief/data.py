"""A brief as plain JSON values: what `headroom prep --json` prints."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, is_dataclass
from datetime import date
from enum import Enum
from math import isfinite
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bot.core.brief.brief import Brief
    from bot.core.brief.quantity import Sizing
    from bot.messages.brief.document import Document

Json = dict[str, object]


def data(brief: Brief, document: Document) -> Json:
    """Return a brief's values with what people read of them. Unknown is null; dates are ISO 8601."""
    account = brief.account
    return {
        "account": account.name,
        "account_id": account.account_id,
        "url": account.url,
        "as_of": str(brief.as_of),
        "deadline": _plain(brief.deadline),
        "days_left": brief.days_left,
        "owner": brief.owner,
        "csm": brief.csm,
        "verdict": document.verdict,
        "opportunity": _plain(account.opportunity),
        "metrics": _plain(brief.m),
        "lines": [_line(one) for one in account.lines],
        "health": [_plain(asdict(one)) for one in brief.factors],
        "risks": [_plain(asdict(one)) for one in brief.risks],
        "expansion": [_plain(asdict(one)) for one in brief.openings],
        "quantities": [_quantity(one) for one in brief.sizes],
        "discount": [_plain(asdict(one)) for one in brief.weighed],
        "steps": [_plain(asdict(one)) for one in brief.steps],
        "contradictions": [_plain(asdict(one)) for one in brief.contradictions],
        "sections": [_plain(asdict(one) | {"chart": None}) for one in document.sections],
        "unknown": list(document.gaps),
    }


def _line(line: object) -> object:
    return _plain(asdict(line)) if is_dataclass(line) and not isinstance(line, type) else None


def _quantity(one: Sizing) -> Json:
    demand = one.demand
    told = {name: value for name, value in asdict(one).items() if name != "demand"}
    quantiles = None if demand is None else {str(share): demand.quantile(share) for share in (0.1, 0.5, 0.9)}
    found = _plain(told | {"change": one.change, "change_arr": one.change_arr, "demand": quantiles})
    assert isinstance(found, dict), "of a mapping comes a mapping"
    return found


def _plain(value: object) -> object:
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, float):
        return value if isfinite(value) else None
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return _mapped(value)
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return value if isinstance(value, str | int | type(None)) else str(value)


def _mapped(values: Mapping[Any, object]) -> Json:
    return {str(name): _plain(one) for name, one in values.items()}
