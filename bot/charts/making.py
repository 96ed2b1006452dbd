"""From what a chart shows to the block of a message, under a key that only the same chart has."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final

from pydantic import TypeAdapter

from bot.charts.wording import alt, title
from bot.core.chart import Spec
from bot.messages.message import Chart
from bot.messages.speech import ENGLISH

if TYPE_CHECKING:
    from bot.messages.speech import Speech

LOOK: Final = "card-1"
"""Name and number of how charts look: whoever changes the drawing counts it up, and no old picture is taken for new."""

_SPEC: Final[TypeAdapter[Spec]] = TypeAdapter(Spec)


def chart(spec: Spec, speech: Speech = ENGLISH) -> Chart:
    """Make the block of a chart. The same figures in the same language make the same key."""
    return Chart(key_of(spec, speech.language), title(spec, speech), alt(spec, speech), spec, speech.language)


def key_of(spec: Spec, language: str) -> str:
    """Return the key under which the picture is uploaded once: a hash of all that it is made from."""
    digest = hashlib.sha256(_SPEC.dump_json(spec))
    digest.update(f"\0{LOOK}\0{language}".encode())
    return digest.hexdigest()[:32]
