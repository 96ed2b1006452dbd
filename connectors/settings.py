"""What the settings of several rooms share: kinds of value, and the word that was probably meant."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

from pydantic import BeforeValidator, Field

if TYPE_CHECKING:
    from collections.abc import Iterable


def _zone(value: object) -> str:
    try:
        return ZoneInfo(str(value)).key
    except (KeyError, ValueError, OSError) as error:
        raise ValueError("wanted an IANA time zone, like 'Europe/Berlin'") from error


Zone = Annotated[str, BeforeValidator(_zone), Field(description="an IANA time zone, like 'Europe/Berlin'")]


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return `; did you mean 'x'?` for the nearest known word, whatever its case, or nothing."""
    spelled = {name.casefold(): name for name in known}
    near = get_close_matches(word.casefold(), spelled, n=1, cutoff=0.6)
    return f"; did you mean '{spelled[near[0]]}'?" if near else ""
