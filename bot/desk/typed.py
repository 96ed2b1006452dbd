"""What people type, as they meant it."""

from __future__ import annotations

import re
from typing import Final

_LINK: Final = re.compile(r"<(?:(?:https?://|mailto:)([^|>]+)|[#@!]?([^|>]+))(?:\|([^>]*))?>")
_CHANNEL: Final = re.compile(r"<#([CG][A-Z0-9]+)(?:\|([^>]*))?>")
_QUOTES: Final = "\"'`“”„‘’«»"
_LONGEST: Final = 200


def typed(text: str) -> str:
    """Return the words as they were typed.

    Slack hands on `acme.com` as `<http://acme.com|acme.com>`, `#cs-team` as `<#C024BE91L|cs-team>` (without its name
    where it is private) and `R&D` as `R&amp;D`; keyboards curl quotes.
    """
    text = _CHANNEL.sub(lambda found: f"#{found[2] or found[1]}", text)
    text = _LINK.sub(lambda found: found[3] or (found[1] or found[2]).rstrip("/"), text)
    for entity, character in (("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&")):
        text = text.replace(entity, character)
    return unquoted(" ".join(text.split()))[:_LONGEST]


def unquoted(text: str) -> str:
    """Return a text without the quotes around it."""
    return text.strip(_QUOTES + " ")


def first_word(text: str) -> tuple[str, str]:
    """Return the first word in small letters, and the rest without the quotes around it."""
    word, _, rest = text.partition(" ")
    return word.lower(), unquoted(rest)
