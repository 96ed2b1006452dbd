"""From roles to people: who an alert goes to, and to whom in turn where that one cannot be reached. Pure.

What is decided:
- Who stands in for whom: the CSM for the owner, then the owner's manager; the owner for the CSM, then the manager;
  for the manager of an alert the owner, then the CSM. Nobody stands in for themselves, and the fallback channel comes
  last of all. Whether somebody can be reached turns out when it is sent.
- Where the CRM names no CSM or manager, the first who stands in is told, and the message says for whom. Where it
  names no owner, the sender finds that out like any other hindrance: the destination is `person:`.
- An account without a channel of its own has none to be told: that destination falls away, and where nothing else is
  left the owner is told.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

PERSON: Final = "person:"
"""How destinations that are a person begin; the person's id follows."""
NOBODY: Final = PERSON
"""Destination of an account's owner where it has none."""

_STANDS_IN: Final = {
    "owner": ("csm", "manager"),
    "csm": ("owner", "manager"),
    "manager": ("owner", "csm"),
}
_CALLED: Final = {"csm": "CSM", "manager": "owner's manager"}
_NAME: Final = re.compile(r"#?([^\s#@<>|,;:.]{1,80})")
_ID: Final = re.compile(r"[CG][A-Z0-9]{8,}")


@dataclass(frozen=True, slots=True)
class Roles:
    """Who is who for one account: ids of people of the CRM. None: it names nobody."""

    owner: str | None = None
    csm: str | None = None
    manager: str | None = None
    """The owner's."""
    channel: str | None = None
    """The account's own channel, as a destination."""

    def person(self, role: str) -> str | None:
        """Return who has a role."""
        found: str | None = getattr(self, role)
        return found


@dataclass(frozen=True, slots=True)
class Addressee:
    """One destination of an alert."""

    destination: str
    """`person:<person_id>`, `#channel` or a channel's id."""
    chain: tuple[str, ...] = ()
    """Destinations to turn to, in order, where it cannot be reached."""
    instead_of: str | None = None
    """In whose place it stands, in words: "CSM". None: it was meant."""


def addressees(to: Sequence[str], roles: Roles) -> tuple[Addressee, ...]:
    """Return whom an alert goes to, each destination once; somebody meant goes before somebody who stands in."""
    found = [one for one in (_addressee(word, roles) for word in to) if one is not None]
    if not found:
        found = [_owner(roles)]
    by_destination: dict[str, Addressee] = {}
    for one in found:
        known = by_destination.get(one.destination)
        if known is None or (known.instead_of and not one.instead_of):
            by_destination[one.destination] = one
    return tuple(by_destination.values())


def _addressee(word: str, roles: Roles) -> Addressee | None:
    if word == "account_channel":
        return None if roles.channel is None else Addressee(roles.channel)
    if word == "owner":
        return _owner(roles)
    if word not in _STANDS_IN:
        return Addressee(word)
    if roles.person(word):
        return _of(word, roles)
    instead = next((other for other in _STANDS_IN[word] if roles.person(other)), None)
    if instead is None:
        return Addressee(NOBODY, instead_of=_CALLED[word])
    return Addressee(f"{PERSON}{roles.person(instead)}", _of(instead, roles).chain, _CALLED[word])


def _owner(roles: Roles) -> Addressee:
    return _of("owner", roles)


def _of(role: str, roles: Roles) -> Addressee:
    who = roles.person(role) or ""
    others = dict.fromkeys(person for other in _STANDS_IN[role] if (person := roles.person(other)) and person != who)
    return Addressee(f"{PERSON}{who}", tuple(f"{PERSON}{other}" for other in others))


def own_channel(text: str | None) -> str | None:
    """Return an account's channel as a destination: `#name` in small letters, or an id. None for what is neither.

    Names come with or without `#`. A word of capitals that has the form of an id is one: names have no capitals.
    """
    written = (text or "").strip()
    if _ID.fullmatch(written):
        return written
    name = _NAME.fullmatch(written)
    return f"#{name[1].lower()}" if name else None
