"""The two ways to log in without a person: client credentials, and an assertion signed with a private key (JWT)."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import jwt

from connectors.addresses import base_address
from connectors.base import SourceError, SourceSettingsError
from connectors.salesforce.failures import body_of, told
from connectors.salesforce.settings import ClientCredentials, JwtBearer
from connectors.secrets import SecretRef

if TYPE_CHECKING:
    from collections.abc import Iterator

    import requests

TOKEN_PATH: Final = "/services/oauth2/token"  # noqa: S105 - an address, not a secret
_JWT_GRANT: Final = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_ASSERTION_SECONDS: Final = 180  # the longest that Salesforce accepts
_CLIENT_ERRORS: Final = range(400, 500)
_HINTS: Final = {
    "invalid_client_id": "is client_id the Consumer Key of the External Client App?",
    "invalid_client": "is client_secret the Consumer Secret of that app, and not rotated since?",
    "invalid_grant": "is the flow switched on in the app, the user pre-authorized for it, and the host the org's own?",
    "unsupported_grant_type": "switch the flow on in the app's OAuth settings",
}


@dataclass(frozen=True, slots=True)
class Token:
    """What a login yields: the right to ask, and the address of the org."""

    secret: str = field(repr=False)
    instance: str


def token_form(source: str, login: ClientCredentials | JwtBearer) -> dict[str, str]:
    """Return the form to post to the token address.

    Raises SourceSettingsError naming every secret that is missing, or a key that cannot sign.
    """
    if faults := list(_missing(login)):
        raise SourceSettingsError(source, "; ".join(faults))
    if isinstance(login, ClientCredentials):
        return {
            "grant_type": "client_credentials",
            "client_id": _plain(login.client_id),
            "client_secret": login.client_secret.get(),
        }
    return {"grant_type": _JWT_GRANT, "assertion": _assertion(source, login)}


def _missing(login: ClientCredentials | JwtBearer) -> Iterator[str]:
    for name in ("client_id", "client_secret", "private_key"):
        value = getattr(login, name, None)
        if isinstance(value, SecretRef) and (problem := value.missing()):
            yield f"login.{name}: {problem}"


def _plain(value: str | SecretRef) -> str:
    return value.get() if isinstance(value, SecretRef) else value


def _assertion(source: str, login: JwtBearer) -> str:
    claims = {
        "iss": _plain(login.client_id),
        "sub": login.username,
        "aud": login.audience,
        "exp": int(time.time()) + _ASSERTION_SECONDS,
    }
    try:
        return jwt.encode(claims, login.private_key.get(), algorithm="RS256")
    except (jwt.InvalidKeyError, ValueError, TypeError) as error:
        problem = "login.private_key: cannot sign with it; it must be an RSA private key as PEM, without a passphrase"
        raise SourceSettingsError(source, f"{problem} ({type(error).__name__})") from error


def token_from(source: str, response: requests.Response) -> Token:
    """Read the answer of the token address. Raises SourceError, or SourceSettingsError where the login is refused."""
    body = body_of(response.text)
    if not response.ok:
        code = body.get("error") if isinstance(body, dict) else None
        hint = f"; {_HINTS[code]}" if code in _HINTS else ""
        kind = SourceSettingsError if code and response.status_code in _CLIENT_ERRORS else SourceError
        raise kind(source, f"the login was refused with {response.status_code}, {told(body)}{hint}")
    if not isinstance(body, dict) or not all(isinstance(body.get(k), str) for k in ("access_token", "instance_url")):
        raise SourceError(
            source, "the login's answer holds no access_token and instance_url; is the host Salesforce's?"
        )
    try:
        return Token(body["access_token"], base_address(body["instance_url"]))
    except ValueError as error:
        raise SourceError(source, f"the login's answer names an unusable instance_url: {error}") from error
