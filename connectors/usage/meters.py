"""How meters are measured from events: the same form for every product analytics that delivers events."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Annotated, Final, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

if TYPE_CHECKING:
    from collections.abc import Sequence


STRICT: Final = ConfigDict(extra="forbid", frozen=True)
"""Of every part of the settings: nothing unknown in it, nothing changed afterwards."""


class SumOf(BaseModel):
    """Adds up a numeric property of the events."""

    model_config = STRICT

    sum: str = Field(min_length=1, description="a property of the event, like 'quantity'")


class MeterQuery(BaseModel):
    """How one meter is measured from events."""

    model_config = STRICT

    meter: str = Field(min_length=1, description="the meter that this measures")
    events: tuple[Annotated[str, Field(min_length=1)], ...] = Field(
        default=(), description="names of events; none means every event"
    )
    measure: Literal["users", "count"] | SumOf = Field(
        description="users (who was active), count (how many events) or {sum: property}"
    )


def each_meter_once(meters: Sequence[MeterQuery]) -> None:
    """Raise ValueError where a meter stands twice: its days would be counted twice."""
    names = [query.meter for query in meters]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f"meter '{twice[0]}' stands twice; list all of its events in one entry")


def _once(meters: tuple[MeterQuery, ...]) -> tuple[MeterQuery, ...]:
    each_meter_once(meters)
    return meters


Meters = Annotated[
    tuple[MeterQuery, ...], AfterValidator(_once), Field(min_length=1, description="at least one meter, each once")
]
Start = Annotated[date, Field(description="the first day ever to read")]
