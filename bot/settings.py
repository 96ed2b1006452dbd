"""The settings: what a CS-ops engineer writes in `headroom.yaml`, checked and typed.

Paths of things that are read (rules, templates, overrides, files of a source) are relative to the settings file;
paths of things that are written (`data`, `state`, a delivery directory) are relative to the current directory.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import time, timedelta
from pathlib import Path
from typing import Annotated, Final, Literal

from babel import Locale, UnknownLocaleError
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    HttpUrl,
    SerializeAsAny,
    Tag,
    field_validator,
)
from pydantic_settings import BaseSettings, SettingsConfigDict

from bot.core.durations import parse_duration
from bot.core.guarding.policy import FleetPolicy
from bot.core.scoring.model import Factor, HealthModel, Input, Stage
from bot.core.scoring.shipped import SHIPPED
from bot.manners import AttentionSettings, DigestSettings, RouteEntry, WorkingTimeSettings
from bot.prep_settings import PrepSettings
from connectors.schema import Kind
from connectors.secrets import SecretRef
from connectors.settings import Zone

Channel = Annotated[str, Field(pattern=r"^#[^\s#]{1,80}$", description="a channel, like '#cs-risk'")]
_DATABASE: Final = re.compile(r"(sqlite|postgres(ql)?)(\+\w+)?://\S")
_PASSWORD: Final = re.compile(r"://[^/@]*:[^/@]*@|[?&](ssl)?password=", re.IGNORECASE)


def _duration(value: object) -> timedelta:
    return parse_duration(str(value))


def _place(path: Path) -> Path:
    text = str(path)
    # Path("") is the current directory: facts and state would lie among whatever stands there.
    if text in {"", "."} or not text.isprintable() or not text.strip():
        raise ValueError("wanted the name of a file or folder")
    try:
        return path.expanduser()
    except RuntimeError as error:
        raise ValueError(f"'{text}': nobody's home is known by that name") from error


def _written_time(value: object) -> object:
    # YAML 1.1 reads a bare 14:30 as sixty times fourteen and thirty.
    if isinstance(value, int | float):
        raise ValueError('wanted a time in quotes, like "14:30": bare, YAML takes it for a number')  # noqa: TRY004  # pydantic turns ValueError into a fault
    return value


def _wall_time(value: time) -> time:
    if value.tzinfo is not None:
        raise ValueError("wanted a time of the company's day, without an offset: `timezone` says whose day it is")
    return value


def _language(value: object) -> str:
    if isinstance(value, bool):
        raise ValueError('wanted a language in quotes, like "no": bare, YAML takes it for yes or no')  # noqa: TRY004  # as above
    try:
        return str(Locale.parse(str(value).replace("-", "_")))
    except (UnknownLocaleError, ValueError) as error:
        raise ValueError("wanted a language, like de or pt_BR") from error


def _number(value: object) -> object:
    if isinstance(value, bool):
        raise ValueError("wanted a number")  # noqa: TRY004  # as above
    return value


def _database(text: str) -> str:
    if _PASSWORD.search(text):
        raise ValueError("holds a password, which must not stand here; write {env: NAME}, where NAME is a variable")
    if not _DATABASE.match(text):
        raise ValueError("no database address; wanted one like sqlite:///data/headroom.db, or {env: HEADROOM_STATE}")
    return text


def _text_or_keys(given: object) -> str:
    return "Keys" if isinstance(given, Mapping | BaseModel) else "Text"


# The tags stand for no keys of the file. Told apart before they are read, a fault is told of one form and not of both.
Name = Annotated[str, Field(pattern=r"^\S(.*\S)?$")]
Place = Annotated[Path, AfterValidator(_place)]
Language = Annotated[str, BeforeValidator(_language), Field(description="a language, like de or pt_BR")]
Duration = Annotated[timedelta, BeforeValidator(_duration), Field(description="a duration, like '2d' or '12h'")]


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

    name: Name = Field(description="the name that sources and products use")
    unit: Name = Field(description="what one of it is called, in the plural: users, calls")
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
    per: Annotated[float, BeforeValidator(_number)] = Field(
        default=1.0, gt=0, allow_inf_nan=False, description="how many units of the meter one unit of quantity buys"
    )
    period: Literal["month", "quarter", "year", "term"] | None = None
    resets: Literal["anniversary", "calendar"] = "anniversary"


class CurrencySettings(_Part):
    """All money in one currency, at the rates of a file."""

    report_in: str = Field(pattern=r"^[A-Z]{3}$", description="a code of three capital letters, like EUR")
    rates: Place = Field(description="a CSV file with the columns currency, from_day, rate")


class AccountMatching(_Part):
    """Whose usage is it: the keys by which usage names customers, first match wins, and who is who by hand."""

    match: tuple[Literal["account_id", "external_id", "domain", "name"], ...] = (
        "external_id",
        "domain",
        "account_id",
    )
    overrides: Place | None = Field(default=None, description="a CSV file with the columns customer, account_id")
    roll_up: Literal["never", "contract"] = "contract"


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
    access: Literal["crm", "everyone"] = Field(
        default="crm", description="crm: people see the accounts that the CRM lets them see; everyone: all of them"
    )
    charts: bool = Field(default=True, description="true or false: pictures under alerts and in answers")
    newer_blocks: bool = Field(default=False, description="true or false: let Slack draw charts and tables itself")
    shared_channels: tuple[Channel, ...] = Field(
        default=(), description="channels shared with other companies that may carry customer data all the same"
    )


class DirectoryDelivery(_Part):
    """Messages go into a directory of files instead of Slack."""

    directory: Place = Field(description="a folder for messages, one file each")
    pictures: bool = Field(default=True, description="whether charts are drawn beside them")


class Schedule(_Part):
    """When the jobs run, in the company's time zone."""

    night: Annotated[time, BeforeValidator(_written_time), AfterValidator(_wall_time)] = Field(
        default=time(5, 0), description="when contracts and usage are read and judged, like '05:00'"
    )


Number = Annotated[float, BeforeValidator(_number)]


class InputEntry(_Part):
    """One metric of a factor of health, and how good its values are. `bot.core.scoring.faults` checks the meaning."""

    metric: str = Field(description="a metric of accounts that is a number or a flag")
    curve: tuple[tuple[Number, Number], ...] = Field(
        description="points of a value and its score of 0 to 100, like [[0, 0], [0.7, 70], [1, 100]]"
    )
    weight: Number = Field(default=1.0, description="beside the other inputs of the factor")


class FactorEntry(_Part):
    """One side of an account's health."""

    name: str = Field(
        pattern=r"^[a-z0-9]([a-z0-9 _-]{0,38}[a-z0-9])?$", description="small letters, digits, spaces, '-' and '_'"
    )
    weight: Number = Field(description="beside the other factors, like 40")
    inputs: tuple[InputEntry, ...] = Field(description="at least one metric, with its curve")


class BandEntry(_Part):
    """Red, yellow and green, from a day of a contract's age on."""

    from_day: int = Field(description="days of tenure, like 180")
    yellow_from: Number = Field(description="health under this is red")
    green_from: Number = Field(description="health from this on is green")


class HealthSettings(_Part):
    """How health is measured; what is left out is as it ships."""

    minimum_coverage: Number = 0.5
    factors: tuple[FactorEntry, ...] | None = Field(default=None, description="a list; default: those that ship")
    bands: tuple[BandEntry, ...] | None = Field(default=None, description="a list; default: those that ship")

    def model(self) -> HealthModel:
        """Return what is to be measured."""
        factors, stages = SHIPPED.factors, SHIPPED.stages
        if self.factors is not None:
            factors = tuple(
                Factor(one.name, one.weight, tuple(Input(put.metric, put.curve, put.weight) for put in one.inputs))
                for one in self.factors
            )
        if self.bands is not None:
            stages = tuple(Stage(band.from_day, band.yellow_from, band.green_from) for band in self.bands)
        return HealthModel(factors, stages, self.minimum_coverage)


Share = Annotated[Number, Field(ge=0, le=1)]


class SourceGuardEntry(_Part):
    """When a source is incomplete, so that the alerts that rest on it are held."""

    rejected: Share = Field(default=0.5, description="share of its rows that may be refused, like 0.1")
    accounts_gone: Share = Field(default=0.5, description="share of its accounts that may be gone, like 0.2")
    unmatched: Share = Field(default=0.5, description="share of its usage that may be no account's; 1: any")
    believed_after: Duration = Field(
        default=timedelta(days=7), description="a list of accounts that stays short for so long is believed, like '7d'"
    )


class FleetGuardEntry(_Part):
    """How many accounts may begin to fall at once; alerts of more are held, and one incident tells of all."""

    accounts: int = Field(default=5, ge=0, description="so many may, however few accounts there are")
    share: Share = Field(default=0.15, description="share of the watched accounts that may; the larger of both counts")
    days: int = Field(default=3, ge=1, le=31, description="falls that begin within so many days count together")
    at_most: Duration = Field(default=timedelta(days=7), description="nothing is held for longer, like '7d'")

    def policy(self) -> FleetPolicy:
        """Return what the guard goes by."""
        return FleetPolicy(self.accounts, self.share, self.days, self.at_most)


class GuardSettings(_Part):
    """What holds alerts back."""

    source: SourceGuardEntry = SourceGuardEntry()
    fleet: FleetGuardEntry = FleetGuardEntry()


Address = Annotated[
    Annotated[str, AfterValidator(_database), Tag("Text")] | Annotated[SecretRef, Tag("Keys")],
    Discriminator(_text_or_keys),
]
Delivery = Annotated[
    Annotated[Literal["slack"], Tag("Text")] | Annotated[DirectoryDelivery, Tag("Keys")],
    Discriminator(_text_or_keys),
]


class Settings(_Part):
    """Everything that a settings file says."""

    company: Name = Field(description="the name of your company")
    timezone: Zone = "UTC"
    language: Language = "en"
    data: Place = Path("data")
    state: Address | None = Field(
        default=None, description="a database address, or {env: NAME} where it stands; default: SQLite in `data`"
    )
    sources: tuple[SourceEntry, ...] = Field(description="at least one source")
    meters: tuple[MeterEntry, ...] = ()
    products: tuple[ProductEntry, ...] = ()
    accounts: AccountMatching = AccountMatching()
    currencies: CurrencySettings | None = Field(
        default=None, description="all money in one currency: {report_in: EUR, rates: rates.csv}"
    )
    health: HealthSettings = HealthSettings()
    rules: Place | None = Field(default=None, description="default: the rules that ship with Headroom")
    routing: tuple[RouteEntry, ...] = Field(default=(), description="a list of routes, the first that fits counts")
    working_time: WorkingTimeSettings = WorkingTimeSettings()
    attention: AttentionSettings = AttentionSettings()
    digests: DigestSettings = DigestSettings()
    guards: GuardSettings = GuardSettings()
    prep: PrepSettings = PrepSettings()
    templates: Place | None = Field(default=None, description="a folder whose templates go before the shipped ones")
    slack: SlackSettings | None = None
    deliver: Delivery = Field(default="slack", description="slack, or {directory: messages}")
    schedule: Schedule = Schedule()

    # Not `min_length`: that would count an entry with a fault in it as missing, and say so beside the fault.
    @field_validator("sources")
    @classmethod
    def _some(cls, sources: tuple[SourceEntry, ...]) -> tuple[SourceEntry, ...]:
        if not sources:
            raise ValueError("names no source")
        return sources

    def state_url(self) -> str:
        """Return the address of the state store; by default a SQLite file in the data folder."""
        if isinstance(self.state, SecretRef):
            return self.state.get()
        return self.state or f"sqlite:///{self.data / 'headroom.db'}"


def _small_letters(value: object) -> object:
    return value.lower() if isinstance(value, str) else value


class Environment(BaseSettings):
    """What the environment may say: which settings file, and how much is logged."""

    model_config = SettingsConfigDict(env_prefix="HEADROOM_", env_ignore_empty=True, extra="ignore")

    config: Path = Field(default=Path("headroom.yaml"), description="the settings file")
    log_level: Annotated[Literal["debug", "info", "warning", "error"], BeforeValidator(_small_letters)] = Field(
        default="warning", description="debug, info, warning or error"
    )
