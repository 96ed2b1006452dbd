"""What the settings say about an Amplitude source."""

from __future__ import annotations

import re
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, Field

from connectors.addresses import base_path
from connectors.secrets import SecretRef
from connectors.settings import Zone
from connectors.usage.meters import STRICT, Meters, Start

HOSTS: Final = {"us": "https://amplitude.com", "eu": "https://analytics.eu.amplitude.com"}
"""Where each region's export is."""
AVAILABLE_HOURS: Final = 2
"""An hour's uploads can be exported two hours after it has ended."""
REREAD_DAYS: Final = 7
"""A month is read again until so many days after its end; what is uploaded later comes too late to be counted."""

_PATH: Final = re.compile(r"(groups|event_properties|user_properties|group_properties)\..+|user_id|device_id")


def _customer(value: object) -> str:
    path = str(value).strip()
    if not _PATH.fullmatch(path):
        raise ValueError(
            f"'{path}' is no path that names a customer; wanted one like 'groups.company', 'event_properties.account', "
            "'user_properties.company' or 'user_id'"
        )
    return path


class Settings(BaseModel):
    """One Amplitude project."""

    model_config = STRICT

    region: Literal["us", "eu"] = Field(default="us", description="where the project's data reside")
    host: Annotated[str, AfterValidator(base_path)] | None = Field(
        default=None, description="an address instead of the region's, like that of a proxy"
    )
    api_key: SecretRef = SecretRef(env="AMPLITUDE_API_KEY")
    secret_key: SecretRef = SecretRef(env="AMPLITUDE_SECRET_KEY")
    customer: Annotated[str, BeforeValidator(_customer)] = Field(
        description="what names the customer: a path like 'groups.company'"
    )
    user: Literal["amplitude_id", "user_id", "device_id"] = Field(
        default="amplitude_id", description="who counts as one user; Amplitude itself counts amplitude_id"
    )
    meters: Meters
    timezone: Zone = Field(default="UTC", description="the time zone whose days are counted")
    start: Start
    late_hours: int = Field(
        default=3, ge=AVAILABLE_HOURS, le=168, description="hours after its end at which a day is complete"
    )
    hours_at_once: int = Field(default=24, ge=1, le=8760, description="hours of uploads asked for at a time")

    @property
    def address(self) -> str:
        """Where the export is."""
        return self.host or HOSTS[self.region]
