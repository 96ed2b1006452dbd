"""The Salesforce part of the settings: where to log in, what to read, how much of the org's budget to take."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Discriminator, Field, Tag, field_validator

from connectors.addresses import base_address
from connectors.salesforce.mapping import Mapped
from connectors.salesforce.writing.settings import Writeback
from connectors.secrets import SecretRef

_SHARED_HOSTS: Final = {"login.salesforce.com", "test.salesforce.com"}
_NO_SOAP: Final = (
    "login with a user's password (SOAP login()) is gone from the API since v65 and off in new orgs; make an External "
    "Client App in Setup and use OAuth: 'kind: client_credentials' with client_id and client_secret, or "
    "'kind: jwt_bearer' with client_id, private_key and username"
)

Host = Annotated[
    str, AfterValidator(base_address), Field(description="an address, like https://acme.my.salesforce.com")
]
"""Address of a server: https, or http on this machine itself."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ClientCredentials(_Strict):
    """The app logs in as itself and acts as its "run as" user."""

    kind: Literal["client_credentials"]
    host: Host
    client_id: str | SecretRef
    client_secret: SecretRef

    @field_validator("host")
    @classmethod
    def _own_host(cls, host: str) -> str:
        if urlsplit(host).hostname in _SHARED_HOSTS:
            raise ValueError("client credentials need the org's own My Domain, like https://acme.my.salesforce.com")
        return host


class JwtBearer(_Strict):
    """The app signs an assertion with its private key and acts as the named user."""

    kind: Literal["jwt_bearer"]
    host: Host
    client_id: str | SecretRef
    private_key: SecretRef
    """An RSA key as PEM, without a passphrase; its certificate is uploaded to the app."""
    username: str
    audience: str = "https://login.salesforce.com"
    """https://test.salesforce.com for a sandbox."""


_KINDS: Final = {"client_credentials": "ClientCredentials", "jwt_bearer": "JwtBearer"}


def _login_form(given: object) -> str | None:
    if isinstance(given, ClientCredentials | JwtBearer):
        return type(given).__name__
    kind = given.get("kind") if isinstance(given, Mapping) else None
    return _KINDS.get(kind) if isinstance(kind, str) else None


# The tags are names of classes: where faults are told by key, they are known as no keys of the file.
Login = Annotated[
    Annotated[ClientCredentials, Tag("ClientCredentials")] | Annotated[JwtBearer, Tag("JwtBearer")],
    Discriminator(
        _login_form,
        custom_error_type="login_kind",
        custom_error_message="'kind' must be client_credentials or jwt_bearer",
    ),
]


def _as_written(given: object) -> object:
    # YAML reads 67.0 without quotes as a number.
    return str(given) if isinstance(given, float) else given


def _mapping_form(given: object) -> str:
    return "Name" if isinstance(given, str) else "Inline"


_VERSION: Final = Field(pattern=r"^\d{2,3}\.0$", description="a version of the API, like '67.0'")
MappingChoice = Annotated[
    Annotated[str, Tag("Name")] | Annotated[Mapped, Tag("Inline")],
    Discriminator(_mapping_form),
]


class Settings(_Strict):
    """One entry of `sources` with `type: salesforce`."""

    login: Login
    api_version: Annotated[str, BeforeValidator(_as_written), _VERSION] = "67.0"
    mapping: MappingChoice = "order"
    """Name of a shipped mapping, a YAML file beside the settings, or the mapping itself."""
    links: Host | None = None
    """Where people open records, if not at the address that the login answers."""
    page_size: int = Field(default=2000, ge=200, le=2000)
    """Records asked for at a time; Salesforce may answer fewer."""
    bulk_above: int | None = Field(default=10_000, ge=0)
    """Records above which a query becomes a job of Bulk API 2.0; null: never."""
    incremental_above: int | None = Field(default=10_000, ge=0)
    """Records above which only what changed is read after the first time; null: everything is read each time."""
    timeout: float = Field(default=130.0, gt=0)
    """Seconds to wait for an answer; Salesforce gives up on a query of its own after 120."""
    attempts: int = Field(default=4, ge=1, le=10)
    """How often a request is sent in all, where the connection breaks or the server has a bad moment."""
    daily_share: float = Field(default=0.9, gt=0, le=1)
    """Share of the org's API calls of a day at which reading stops: the rest belongs to others."""
    trust_env: bool = True
    """Whether proxies and certificates named in the environment count."""
    ca_bundle: Path | None = None
    """A file of certificates of one's own, for a proxy that opens TLS."""
    writeback: Writeback | None = None
    """What is written into the org; without it, nothing ever is."""

    @field_validator("login", mode="before")
    @classmethod
    def _no_soap(cls, given: Any) -> Any:  # noqa: ANN401 - whatever stands in the file
        if isinstance(given, Mapping) and (
            given.get("kind") in ("soap", "password") or {"password", "security_token"} & given.keys()
        ):
            raise ValueError(_NO_SOAP)
        return given
