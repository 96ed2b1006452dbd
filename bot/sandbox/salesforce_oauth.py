"""The token address of the stand-in Salesforce: client credentials and JWT bearer, refused in OAuth's form."""

from __future__ import annotations

import hmac
import secrets
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import jwt

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_JWT_GRANT: Final = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_LONGEST_ASSERTION: Final = 300  # seconds
_AUDIENCES: Final = ("https://login.salesforce.com", "https://test.salesforce.com")
USER: Final = "005000000000001AAA"
_ORG: Final = "00D000000000001EAA"


@dataclass(frozen=True, slots=True)
class Client:
    """An app that may log in: with its secret, or with assertions signed for `username` (`public_key` is PEM)."""

    client_id: str
    secret: str | None = field(default=None, repr=False)
    public_key: str | None = None
    username: str | None = None


class OAuthError(Exception):
    """A refused login: OAuth's error code and its description."""

    def __init__(self, code: str, description: str) -> None:
        super().__init__(description)
        self.code = code
        self.description = description


def grant(form: Mapping[str, str], clients: Sequence[Client]) -> str:
    """Check a login and return a new session. Raises OAuthError."""
    kind = form.get("grant_type")
    if kind == "client_credentials":
        _check_secret(form, clients)
    elif kind == _JWT_GRANT:
        _check_assertion(form.get("assertion", ""), clients)
    else:
        raise OAuthError("unsupported_grant_type", "grant type not supported")
    return f"{_ORG[:15]}!{secrets.token_urlsafe(48)}"


def token_answer(session: str, instance: str) -> dict[str, str]:
    """Return what a login answers."""
    return {
        "access_token": session,
        "signature": secrets.token_urlsafe(32),
        "scope": "api",
        "instance_url": instance,
        "id": f"{instance}/id/{_ORG}/{USER}",
        "token_type": "Bearer",
        "issued_at": str(int(time.time() * 1000)),
    }


def _client(client_id: str | None, clients: Sequence[Client]) -> Client:
    for client in clients:
        if client.client_id == client_id:
            return client
    raise OAuthError("invalid_client_id", "client identifier invalid")


def _check_secret(form: Mapping[str, str], clients: Sequence[Client]) -> None:
    client = _client(form.get("client_id"), clients)
    if client.secret is None:
        raise OAuthError("invalid_grant", "no client credentials user enabled")
    if not hmac.compare_digest(form.get("client_secret", "").encode(), client.secret.encode()):
        raise OAuthError("invalid_client", "invalid client credentials")


def _check_assertion(assertion: str, clients: Sequence[Client]) -> None:
    try:
        unchecked = jwt.decode(assertion, options={"verify_signature": False})
    except jwt.InvalidTokenError as error:
        raise OAuthError("invalid_grant", "invalid assertion") from error
    client = _client(unchecked.get("iss"), clients)
    if client.public_key is None:
        raise OAuthError("invalid_grant", "invalid assertion")
    claims = _verified(assertion, client.public_key)
    if claims["exp"] - time.time() > _LONGEST_ASSERTION:
        raise OAuthError("invalid_grant", "assertion is not valid for so long")
    if claims["sub"] != client.username:
        raise OAuthError("invalid_grant", "user hasn't approved this consumer")


def _verified(assertion: str, public_key: str) -> dict[str, Any]:
    try:
        return jwt.decode(
            assertion,
            public_key,
            algorithms=["RS256"],
            audience=_AUDIENCES,
            options={"require": ["exp", "iss", "sub", "aud"]},
        )
    except jwt.InvalidAudienceError as error:
        raise OAuthError("invalid_grant", "audience is invalid") from error
    except jwt.ExpiredSignatureError as error:
        raise OAuthError("invalid_grant", "assertion has expired") from error
    except jwt.InvalidTokenError as error:
        raise OAuthError("invalid_grant", "invalid assertion") from error
