"""Addresses of servers, and the hosts that people's web and e-mail addresses name. Pure."""

from __future__ import annotations

import re
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

_HTTPS: Final = 443


def is_loopback(url: str) -> bool:
    """Tell whether an address leads to this machine itself."""
    host = urlsplit(url).hostname or ""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def base_address(text: str) -> str:
    """Check the address of a server, like `https://acme.my.salesforce.com`, and return it without a slash at its end.

    Raises ValueError where it is no such address, or would send secrets in the clear.
    """
    address = base_path(text)
    if path := urlsplit(address).path:
        raise ValueError(f"'{text}' has something after the host; write {address.removesuffix(path)}")
    return address


def base_path(text: str) -> str:
    """Do the same for a server that may stand below a path: `https://tools.example.com/posthog`."""
    try:
        parts = urlsplit(text.strip())
        port = parts.port
    except ValueError as error:
        raise ValueError(f"'{text}' is no address: {error}") from error
    if not parts.hostname or parts.scheme not in {"http", "https"} or "@" in parts.netloc:
        raise ValueError(f"'{text}' is no address of a server; write it like https://example.com")
    if parts.query or parts.fragment:
        raise ValueError(f"'{text}' has something after the host; write {parts.scheme}://{parts.netloc}")
    if parts.scheme == "http" and not is_loopback(parts.geturl()):
        raise ValueError(f"'{text}' would send secrets in the clear; write https://{parts.netloc}")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    usual = port is None or (parts.scheme == "https" and port == _HTTPS)
    return f"{parts.scheme}://{host}{'' if usual else f':{port}'}{parts.path.rstrip('/')}"


def host_of(text: str) -> str | None:
    """Return the host that a web or e-mail address names as people type it, without `www.`; None: it names none."""
    address = text.strip()
    try:
        host = urlsplit(address if "//" in address else f"//{address}").hostname or ""
    except ValueError:
        return None
    bare = host.removeprefix("www.").strip(".")
    return None if re.search(r"\s", bare) else bare or None
