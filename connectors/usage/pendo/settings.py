"""What the settings say about a Pendo source. Nothing of them reaches an expression of Pendo's unchecked."""

from __future__ import annotations

import re
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, Field

from connectors.addresses import base_path
from connectors.secrets import SecretRef
from connectors.settings import Zone
from connectors.usage import meters
from connectors.usage.meters import STRICT, Start

HOSTS: Final = {
    "us": "https://app.pendo.io",
    "us1": "https://us1.app.pendo.io",
    "eu": "https://app.eu.pendo.io",
    "jp": "https://app.jpn.pendo.io",
    "au": "https://app.au.pendo.io",
}
"""Where each region's API is."""
SOURCES: Final = {
    "page": ("pageEvents", "pageId"),
    "feature": ("featureEvents", "featureId"),
    "track": ("trackEvents", "trackTypeId"),
}
"""Kind of event: Pendo's source of its events, and the field that holds its id."""

_EVENT: Final = re.compile(rf"({'|'.join(SOURCES)}):[A-Za-z0-9_-]+")
_FIELD: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*")
_OWN_NUMBERS: Final = frozenset({"numMinutes", "numEvents"})


def _event(value: object) -> str:
    text = str(value).strip()
    if not _EVENT.fullmatch(text):
        raise ValueError(
            f"'{text}' is no event of Pendo's; wanted one like 'track:<id>', 'page:<id>' or 'feature:<id>'"
        )
    return text


def _field(value: object) -> str:
    text = str(value).strip()
    if not _FIELD.fullmatch(text):
        raise ValueError(f"'{text}' is no field of Pendo's; wanted one like 'accountId'")
    return text


def _number(value: object) -> str:
    path = _field(value)
    return path if path in _OWN_NUMBERS or path.startswith("properties.") else f"properties.{path}"


class SumOf(meters.SumOf):
    """Adds up a numeric property of track events, or the minutes of any (`numMinutes`)."""

    sum: Annotated[str, BeforeValidator(_number)] = Field(description="a property, like 'quantity', or 'numMinutes'")


class MeterQuery(meters.MeterQuery):
    """How one meter is measured from events."""

    events: tuple[Annotated[str, BeforeValidator(_event)], ...] = Field(
        default=(), description="like 'track:<id>', 'page:<id>', 'feature:<id>'; none means every event"
    )
    measure: Literal["users", "count"] | SumOf = Field(
        description="users (who was active), count (how many events) or {sum: property}"
    )


def _once(queries: tuple[MeterQuery, ...]) -> tuple[MeterQuery, ...]:
    meters.each_meter_once(queries)
    return queries


class Settings(BaseModel):
    """One Pendo subscription."""

    model_config = STRICT

    region: Literal["us", "us1", "eu", "jp", "au"] = Field(default="us", description="where the subscription is")
    host: Annotated[str, AfterValidator(base_path)] | None = Field(
        default=None, description="an address instead of the region's, like that of a proxy"
    )
    integration_key: SecretRef = SecretRef(env="PENDO_INTEGRATION_KEY")
    apps: tuple[int, ...] = Field(default=(), description="ids of applications; none means all of the subscription")
    customer: Annotated[str, BeforeValidator(_field)] = Field(
        default="accountId", description="the field that names the customer"
    )
    meters: Annotated[tuple[MeterQuery, ...], AfterValidator(_once)] = Field(
        min_length=1, description="at least one meter, each once"
    )
    timezone: Zone = Field(default="UTC", description="the time zone of the subscription, whose days Pendo counts")
    start: Start
    late_hours: int = Field(default=6, ge=1, le=168, description="hours after its end at which a day is complete")
    page_rows: int = Field(default=10_000, ge=2, le=100_000, description="rows asked for at a time")

    @property
    def address(self) -> str:
        """Where the API is."""
        return self.host or HOSTS[self.region]
