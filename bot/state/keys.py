"""The forms in which accounts are looked up: ids of 15 and 18 characters, domains, names as people type them."""

from __future__ import annotations

import re
import unicodedata
import uuid
from typing import Final

from bot.core.spelling import host_of, long_id

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
    """Return the bare host of a domain, web or e-mail address: `https://www.a.com/x` is `a.com`. None: it is none."""
    if not text:
        return None
    host = host_of(text)
    return host if re.fullmatch(r"[^\s@<>|]+\.[^\s@<>|]+", host) else None


def id_forms(text: str) -> tuple[str, ...]:
    """Return the spellings under which an id may be stored: Salesforce shows ids of 15 and of 18 characters."""
    long = long_id(text)
    return (text,) if long is None else tuple(dict.fromkeys((text, long[:15], long)))
