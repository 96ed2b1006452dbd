"""Long text in parts that fit, cut where a reader would: never inside an entity or `<...>`."""

from __future__ import annotations

import re
from typing import Final

from bot.messages.escape import ELLIPSIS

_UNIT: Final = re.compile(r"&(?:amp|lt|gt);|<[^<>]*>|.", re.DOTALL)
"""What may not be cut: an entity, a link or mention, a character."""
_SEAMS: Final = ("\n\n", "\n", ". ", " ")


def parts(text: str, most: int) -> list[str]:
    """Split escaped mrkdwn into parts of at most `most` characters: at paragraphs, else lines, sentences, words."""
    found: list[str] = []
    rest = text.strip()
    while len(rest) > most:
        at = _seam(rest, most)
        found.append(rest[:at].rstrip())
        rest = rest[at:].lstrip()
    return [*found, rest] if rest else found


def cut(text: str, most: int) -> str:
    """Cut escaped mrkdwn to at most `most` characters, with an ellipsis where something was left out."""
    if len(text) <= most:
        return text
    return text[: _seam(text, most - len(ELLIPSIS))].rstrip() + ELLIPSIS


def _seam(text: str, most: int) -> int:
    """Place of the best cut: at most `most` characters before it, and at least one."""
    hard = _whole(text, most) or most  # a single link that is longer has to be cut after all
    for seam in _SEAMS:
        at = text.rfind(seam, 0, hard)
        # A cut far in front would leave a stump: rather a lesser seam further on.
        end = at + len(seam.rstrip(" "))
        if at > hard // 3 and _whole(text, end) == end:
            return end
    return hard


def _whole(text: str, most: int) -> int:
    """End of the last unit that ends within `most` characters; 0 where the first is longer."""
    end = 0
    for unit in _UNIT.finditer(text):
        if unit.end() > most:
            break
        end = unit.end()
    return end
