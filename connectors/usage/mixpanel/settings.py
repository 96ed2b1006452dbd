"""What the settings say about a Mixpanel source."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import AfterValidator, BaseModel, Field

from connectors.addresses import base_path
from connectors.secrets import SecretRef
from connectors.settings import Zone
from connectors.usage.meters import STRICT, Meters, Start

HOSTS: Final = {
    "us": "https://data.mixpanel.com",
    "eu": "https://data-eu.mixpanel.com",
    "in": "https://data-in.mixpanel.com",
}
"""Where each region's raw export is."""


class Settings(BaseModel):
    """One Mixpanel project."""

    model_config = STRICT

    region: Literal["us", "eu", "in"] = Field(default="us", description="where the project's data reside")
    host: Annotated[str, AfterValidator(base_path)] | None = Field(
        default=None, description="an address instead of the region's, like that of a proxy"
    )
    project: int = Field(gt=0, description="the project's id, a number, from the project's settings")
    service_account: str | None = Field(
        default=None, min_length=1, description="username of the service account; none: the secret is the project's"
    )
    secret: SecretRef = SecretRef(env="MIXPANEL_SECRET")
    customer: str = Field(min_length=1, description="the property that names the customer, like a group key")
    user: str = Field(default="distinct_id", min_length=1, description="the property that names the user")
    meters: Meters
    timezone: Zone = Field(default="UTC", description="the time zone whose days are counted")
    clock: Literal["utc", "project"] = Field(
        default="utc", description="what the export's dates and times are in: 'project' for projects before 2023"
    )
    start: Start
    late_hours: int = Field(default=3, ge=0, le=168, description="hours after its end at which a day is complete")
    days_at_once: int = Field(default=10, ge=1, le=100, description="days asked for at a time")
    exports_per_hour: int = Field(default=60, gt=0, description="what the plan allows")

    @property
    def address(self) -> str:
        """Where the export is."""
        return self.host or HOSTS[self.region]
