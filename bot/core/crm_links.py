"""Addresses of accounts in Salesforce, in the shapes that people copy them in. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote, urlsplit

_ACCOUNT: Final = r"001[A-Za-z0-9]{12}(?:[A-Za-z0-9]{3})?"
_PATHS: Final = (
    # Lightning, with and without the object's name; what follows (`/view`, `/related/...`) is of no account.
    re.compile(rf"/lightning/r/(?:Account/)?({_ACCOUNT})(?:/.*)?"),
    re.compile(rf"/({_ACCOUNT})"),
)
_FRAGMENT: Final = re.compile(rf"/sObject/({_ACCOUNT})(?:/.*)?")
_MY_DOMAIN: Final = re.compile(
    r"(?P<org>[a-z0-9-]+)"
    r"(?:\.(?:sandbox|develop|scratch|demo|patch|trailblaze|free|stm|stmfa|stmfb))?"
    r"\.(?:lightning\.force|my\.salesforce)\.(?:com|mil)"
)
_ELSEWHERE: Final = re.compile(r"(?:[a-z0-9-]+\.)*(?:salesforce|force)\.(?:com|mil)")
_BARE: Final = re.compile(rf"(?<![A-Za-z0-9]){_ACCOUNT}(?![A-Za-z0-9])")


@dataclass(frozen=True, slots=True)
class AccountLink:
    """An address that leads to an account."""

    account_id: str
    """Of 15 or 18 characters, as it stands in the address."""
    org: str | None
    """Name of the org, with that of the sandbox: `acme--uat`. None: the address does not tell."""


def account_link(url: str) -> AccountLink | None:
    """Read an address; None where it leads to no account of a Salesforce org."""
    try:
        parts = urlsplit(url.strip())
        host = (parts.hostname or "").lower()
    except ValueError:
        return None
    if parts.scheme not in {"http", "https"} or not _ELSEWHERE.fullmatch(host):
        return None
    found = next((match for path in _PATHS if (match := path.fullmatch(unquote(parts.path).rstrip("/")))), None)
    found = found or _FRAGMENT.fullmatch(unquote(parts.fragment).rstrip("/"))
    return AccountLink(found[1], org_of(host)) if found else None


def org_of(host: str) -> str | None:
    """Return the org that a host of Salesforce's belongs to: its pages have several hosts each. None: it is none."""
    found = _MY_DOMAIN.fullmatch(host.lower())
    return found["org"] if found else None


def same_org(link: AccountLink, url: str | None) -> bool:
    """Tell whether a link can lead to the record whose address is `url`; where either does not tell, it can."""
    theirs = org_of(urlsplit(url).hostname or "") if url else None
    return link.org is None or theirs is None or link.org == theirs


def account_ids(text: str) -> tuple[str, ...]:
    """Return the ids of accounts that stand in a text by themselves, in order."""
    return tuple(dict.fromkeys(_BARE.findall(text)))
