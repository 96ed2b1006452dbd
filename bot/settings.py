"""The settings: what a CS-ops engineer writes in `headroom.yaml`, checked and typed.

Paths of things that are read (rules, templates, overrides, files of a source) are relative to the settings file;
paths of things that are written (`data`, `state`, a delivery directory) are relative to the current directory.
"""

from __future__ import annotations

from datetime import time, timedelta
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, HttpUrl, SerializeAsAny
from pydantic_settings import BaseSettings, SettingsConfigDict

from bot.core.durations import parse_duration
from connectors.schema import Kind
from connectors.secrets import SecretRef

Channel = Annotated[str, Field(pattern=r"^#[^\s#]{1,80}$", description="a channel, like '#cs-risk'")]


def _zone(value: object) -> str:
    try:
        return ZoneInfo(str(value)).key
    except (KeyError, ValueError, OSError) as error:
        raise ValueError("wanted an IANA time zone, like 'Europe/Berlin'") from error


def _duration(value: object) -> timedelta:
    return parse_duration(str(value))


Duration = Annotated[timedelta, BeforeValidator(_duration), Field(description="a duration, like '2d' or '12h'")]
Zone = Annotated[str, BeforeValidator(_zone), Field(description="an IANA time zone, like 'Europe/Berlin'")]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class SourceEntry(_Part):
    """One source: a name, a type of the registry, and the keys of that type."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,40}$", description="small letters, digits, '-' and '_'")
    type: str
    stale_after: Duration = timedelta(days=2)
    connector: SerializeAsAny[BaseModel]


class MeterEntry(_Part):
    """A named measure of usage."""

    name: str = Field(min_length=1, description="the name that sources and products use")
    unit: str = Field(min_length=1, description="what one of it is called, in the plural: users, calls")
    aggregation: Literal["sum", "unique_users", "max"] = "sum"


class ProductMatch(_Part):
    """Which products a rule is for; `*` stands for anything, capitals do not matter."""

    code: str | None = None
    family: str | None = None
    name: str | None = None


class ProductEntry(_Part):
    """What a product buys: a kind of contract line, and the meter that its use is measured by."""

    match: ProductMatch
    kind: Kind
    meter: str | None = None
    per: float = Field(default=1.0, gt=0, description="how many units of the meter one unit of quantity buys")
    period: Literal["month", "quarter", "year", "term"] | None = None


class AccountMatching(_Part):
    """Whose usage is it: the keys by which usage names customers, first match wins, and who is who by hand."""

    match: tuple[Literal["account_id", "external_id", "domain", "name"], ...] = (
        "external_id",
        "domain",
        "account_id",
    )
    overrides: Path | None = Field(default=None, description="a CSV file with the columns customer, account_id")


class SlackSettings(_Part):
    """The Slack app. Socket Mode needs no public address; HTTP mode needs the signing secret."""

    mode: Literal["socket", "http"] = "socket"
    bot_token: SecretRef = SecretRef(env="SLACK_BOT_TOKEN")
    app_token: SecretRef | None = Field(default=None, description="for Socket Mode: {env: SLACK_APP_TOKEN}")
    signing_secret: SecretRef | None = Field(default=None, description="for HTTP: {env: SLACK_SIGNING_SECRET}")
    command: str = Field(default="/headroom", pattern=r"^/[a-z0-9_-]{1,31}$", description="like '/headroom'")
    port: int = Field(default=3000, ge=0, le=65535, description="where HTTP mode listens")
    host: str = Field(default="127.0.0.1", description="the address that HTTP mode listens on")
    api_url: HttpUrl = HttpUrl("https://slack.com/api/")
    fallback: Channel = "#cs-ops"
    shared_channels: tuple[Channel, ...] = Field(
        default=(), description="channels shared with other companies that may carry customer data all the same"
    )


class DirectoryDelivery(_Part):
    """Messages go into a directory of files instead of Slack."""

    directory: Path


class Schedule(_Part):
    """When the jobs run, in the company's time zone."""

    night: time = Field(default=time(5, 0), description="when contracts and usage are read and judged, like '05:00'")


class Settings(_Part):
    """Everything that a settings file says."""

    company: str = Field(min_length=1, description="the name of your company")
    timezone: Zone = "UTC"
    data: Path = Path("data")
    state: str | SecretRef | None = Field(
        default=None, description="a database address, like 'postgresql+psycopg://…'; default: SQLite in `data`"
    )
    sources: tuple[SourceEntry, ...] = Field(min_length=1, description="at least one source")
    meters: tuple[MeterEntry, ...] = ()
    products: tuple[ProductEntry, ...] = ()
    accounts: AccountMatching = AccountMatching()
    rules: Path | None = Field(default=None, description="default: the rules that ship with Headroom")
    templates: Path | None = Field(default=None, description="a folder whose templates go before the shipped ones")
    slack: SlackSettings | None = None
    deliver: Literal["slack"] | DirectoryDelivery = "slack"
    schedule: Schedule = Schedule()

    def state_url(self) -> str:
        """Return the address of the state store; by default a SQLite file in the data folder."""
        if isinstance(self.state, SecretRef):
            return self.state.get()
        return self.state or f"sqlite:///{self.data / 'headroom.db'}"


class Environment(BaseSettings):
    """What the environment may say: which settings file, and how much is logged."""

    model_config = SettingsConfigDict(env_prefix="HEADROOM_", extra="ignore")

    config: Path = Path("headroom.yaml")
    log_level: Literal["debug", "info", "warning", "error"] = "warning"
