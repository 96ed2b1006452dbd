"""What can be made of a text: keys of names, domains of addresses, long Salesforce Ids. Pure."""

from __future__ import annotations

import unicodedata
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from connectors.addresses import host_of
from connectors.base import UnfitError

if TYPE_CHECKING:
    from collections.abc import Callable

_ID_LENGTHS: Final = (15, 18)
_BASE32: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"


class Shape(StrEnum):
    """What is made of a text before it is kept."""

    TEXT = "text"
    """As it stands, without white space around it."""
    NAME_KEY = "name_key"
    """A name as a key: small letters, single spaces, no punctuation at the end. For files without ids."""
    LOWER = "lower"
    DOMAIN = "domain"
    """The host of a web address or e-mail address, without `www.`"""
    SALESFORCE_ID = "salesforce_id"
    """A Salesforce Id in its long form: reports write 15 characters, everything else 18."""

    def of(self, text: str) -> str:
        """Return what this shape makes of a text. Raises UnfitError where it can make nothing of it."""
        return _SHAPES[self](text)


def name_key(name: str) -> str:
    """Make a key of a name: `Acme  Widgets, Inc.` and `ACME WIDGETS, INC` are the same customer."""
    folded = " ".join(name.casefold().split())
    end = len(folded)
    while end and (folded[end - 1].isspace() or _is_pointless(folded[end - 1])):
        end -= 1
    return folded[:end] or folded


def _is_pointless(character: str) -> bool:
    # A closing bracket belongs to what stands in it: "Acme (US)" is not "Acme (US".
    return unicodedata.category(character) in {"Po", "Pd", "Pc"}


def domain(text: str) -> str:
    """Return the host that a web or e-mail address names."""
    host = host_of(text)
    if host is None:
        raise UnfitError("domain-unreadable", f"{text!r} names no domain")
    return host


def salesforce_id(text: str) -> str:
    """Return the 18 characters of a Salesforce Id: the last three say which of the first 15 are capitals.

    `bot.core.spelling` reads Ids by the same rule: the core imports no more of the connectors than their schema.
    """
    if len(text) not in _ID_LENGTHS or not (text.isascii() and text.isalnum()):
        raise UnfitError("id-unreadable", f"{text!r} is no Salesforce Id of 15 or 18 characters")
    thirds = (text[start : start + 5] for start in (0, 5, 10))
    return text[:15] + "".join(_BASE32[sum(1 << i for i, c in enumerate(part) if c.isupper())] for part in thirds)


_SHAPES: Final[dict[Shape, Callable[[str], str]]] = {
    Shape.TEXT: str,
    Shape.NAME_KEY: name_key,
    Shape.LOWER: str.casefold,
    Shape.DOMAIN: domain,
    Shape.SALESFORCE_ID: salesforce_id,
}
