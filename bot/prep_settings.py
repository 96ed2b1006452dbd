"""The settings of renewal preparation: when briefs are sent, and how quantities are proposed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from bot.core.brief.policy import PrepPolicy


def _number(value: object) -> object:
    if isinstance(value, bool):
        raise ValueError("wanted a number")  # noqa: TRY004  # pydantic turns ValueError into a fault
    return value


def _falling(days: tuple[int, ...]) -> tuple[int, ...]:
    if any(day < 1 for day in days) or len(set(days)) < len(days):
        raise ValueError("wanted days before the deadline, each above 0 and only once, like [120, 90, 60, 30]")
    return tuple(sorted(days, reverse=True))


Number = Annotated[float, BeforeValidator(_number)]
Share = Annotated[Number, Field(ge=0, le=1)]
Days = Annotated[tuple[int, ...], AfterValidator(_falling)]

_DEFAULTS = PrepPolicy()


class PrepSettings(BaseModel):
    """How renewals are prepared."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    post: bool = Field(default=True, description="true or false: send the brief before each deadline")
    stages: Days = Field(default=_DEFAULTS.stages, description="days before the deadline, like [120, 90, 60, 30]")
    small_stages: Days = Field(default=_DEFAULTS.small_stages, description="the same for small accounts, like [30]")
    small_below: Number = Field(default=_DEFAULTS.small_below, ge=0, description="ARR under which an account is small")
    red_from: int = Field(default=_DEFAULTS.red_from, ge=1, description="days before, for accounts in the red")
    service_level: Number = Field(
        default=_DEFAULTS.service_level,
        gt=0,
        lt=1,
        description="how likely a proposed quantity is to be enough, like 0.9",
    )
    overage: Mapping[str, Annotated[Number, Field(gt=0)]] = Field(
        default_factory=dict, description="overage price in prices of a unit bought ahead, by product: {'API*': 1.5}"
    )
    least_days: int = Field(
        default=_DEFAULTS.least_days, ge=28, description="days of known use that a proposed quantity needs, like 180"
    )
    high_discount: Share = Field(
        default=_DEFAULTS.high_discount, description="from this on a discount is high, like 0.2"
    )
    high_utilization: Number = Field(
        default=_DEFAULTS.high_utilization, gt=0, description="from this on utilization is high, like 0.7"
    )
    plays: Mapping[str, str] = Field(
        default_factory=dict, description="what to do, by rule or kind of rule: {near-limit: Offer the next tier}"
    )

    def policy(self) -> PrepPolicy:
        """Return what briefs are made by."""
        told = {name: getattr(self, name) for name in type(self).model_fields if name != "post"}
        return PrepPolicy(**told)
