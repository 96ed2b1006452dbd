"""The forms in which accounts are looked up: ids of 15 and 18 characters, domains, names as people type them."""

from __future__ import annotations

import re
import unicodedata
import uuid
from typing import Final

_CASE_INSENSITIVE: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
_SHORT, _LONG = 15, 18
_NAMESPACE: Final = uuid.UUID("5b1f6a52-6a0e-4f0b-9b52-0d6f1f3c7f11")


def notice_id(episode_id: str, transition: str, destination: str, act: str) -> str:
    """Return the opaque id of a notice: the same key always has the same id."""
    return str(uuid.uuid5(_NAMESPACE, f"{episode_id}\n{transition}\n{destination}\n{act}"))


def name_key(name: str) -> str:
    """Fold case, accents, punctuation and spaces: 'Åcme,  Inc.' and 'acme inc' are one name.

    Text of nothing but punctuation keeps its characters, so that no two such names fall together.
    """
    folded = unicodedata.normalize("NFKD", name.casefold())
    plain = "".join(letter for letter in folded if not unicodedata.combining(letter))
    return " ".join(re.findall(r"\w+", plain)) or " ".join(plain.split())


def domain_key(text: str | None) -> str | None:
    """Return the bare host of a domain or web address: `https://www.a.com/x` is `a.com`. None: it is neither."""
    if not text:
        return None
    host = re.sub(r"^[a-z][a-z0-9+.-]*://", "", text.strip().casefold()).split("/")[0].split(":")[0]
    host = host.removeprefix("www.").rstrip(".")
    return host if re.fullmatch(r"[^\s@<>|]+\.[^\s@<>|]+", host) else None


def id_forms(text: str) -> tuple[str, ...]:
    """Return the spellings under which an id may be stored: Salesforce shows ids of 15 and of 18 characters."""
    if not re.fullmatch(r"[A-Za-z0-9]+", text):
        return (text,)
    if len(text) == _SHORT:
        return (text, text + _suffix(text))
    if len(text) == _LONG and text[_SHORT:].upper() == _suffix(text[:_SHORT]):
        return (text, text[:_SHORT], text[:_SHORT] + text[_SHORT:].upper())
    return (text,)


def _suffix(short: str) -> str:
    # Each of the last three characters tells which of five characters are capitals.
    parts = (short[0:5], short[5:10], short[10:15])
    return "".join(
        _CASE_INSENSITIVE[sum(1 << place for place, letter in enumerate(part) if letter.isupper())] for part in parts
    )
