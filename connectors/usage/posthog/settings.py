"""What the settings say about a PostHog source. Nothing of them reaches HogQL unchecked or unquoted."""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, Field, model_validator

from connectors.addresses import base_path
from connectors.secrets import SecretRef
from connectors.settings import Zone
from connectors.usage import meters

MOST_ROWS = 50_000
"""The most rows that PostHog answers one query with; without a LIMIT it is 100, in silence."""

_STEP = r"[A-Za-z0-9_$][A-Za-z0-9_$ -]*"
_PROPERTY = re.compile(rf"properties(\.{_STEP})+")
_CUSTOMER = re.compile(
    rf"\$group_[0-4]|distinct_id|group_[0-4]\.(key|properties(\.{_STEP})+)|(person\.)?properties(\.{_STEP})+"
)


def _customer(value: object) -> str:
    path = str(value).strip()
    if not _CUSTOMER.fullmatch(path):
        raise ValueError(
            f"'{path}' is no path that names a customer; wanted one like '$group_0', 'properties.$groups.company', "
            "'properties.account_id' or 'person.properties.company'"
        )
    return path


def _property(value: object) -> str:
    path = str(value).strip()
    if re.fullmatch(_STEP, path):
        path = f"properties.{path}"
    if not _PROPERTY.fullmatch(path):
        raise ValueError(f"'{path}' is no property of an event; wanted one like 'quantity' or 'properties.usage.bytes'")
    return path


class SumOf(meters.SumOf):
    """Adds up a numeric property of the events."""

    sum: Annotated[str, BeforeValidator(_property)] = Field(description="a property of the event, like 'quantity'")


class MeterQuery(meters.MeterQuery):
    """How one meter is measured from events."""

    measure: Literal["users", "count"] | SumOf = Field(
        description="users (who was active), count (how many events) or {sum: property}"
    )


class Settings(BaseModel):
    """One PostHog project."""

    model_config = meters.STRICT

    host: Annotated[str, AfterValidator(base_path)] = Field(description="like 'https://eu.posthog.com'")
    project: int = Field(gt=0, description="the project's id, a number, from the project's settings")
    api_key: SecretRef = SecretRef(env="POSTHOG_API_KEY")
    customer: Annotated[str, BeforeValidator(_customer)] = Field(
        default="$group_0", description="what names the customer: '$group_0' or a property path"
    )
    user: Literal["person_id", "distinct_id"] = Field(
        default="person_id", description="who counts as one user; a person may have several distinct ids"
    )
    meters: tuple[MeterQuery, ...] = Field(min_length=1, description="at least one meter")
    timezone: Zone | None = Field(
        default=None, description="the time zone whose days are counted; default: the project's own"
    )
    start: date | None = Field(default=None, description="the first day ever to read; default: the first event's")
    queries_per_hour: int = Field(default=2400, gt=0, description="what the plan allows; some allow 120")
    page_rows: int = Field(default=MOST_ROWS, ge=1, le=MOST_ROWS, description="rows asked for at a time")

    @model_validator(mode="after")
    def _each_meter_once(self) -> Self:
        meters.each_meter_once(self.meters)
        return self
