"""The settings of how people are talked to: routes, working time, attention."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import time
from typing import Annotated, Final, Literal
from zoneinfo import available_timezones

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from bot.core.located import did_you_mean
from bot.core.routing import ROLES, Match, Route, is_channel
from bot.core.rule_fields import KINDS
from bot.core.trends.occasions import country_code
from bot.core.verdicts import SEVERITIES
from bot.core.working_time import WEEK, CompanyHours, fits_zone, known_zone

_HOURS: Final = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)\s*[-–]\s*(?:([01]?\d|2[0-3]):([0-5]\d)|24:00)")


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


def _one_or_several(given: object) -> object:
    return [given] if isinstance(given, str) else given


def _one_of(what: str, known: tuple[str, ...]) -> Callable[[str], str]:
    def check(word: str) -> str:
        if word not in known:
            near = did_you_mean(word, known) or f"; wanted one of {', '.join(known)}"
            raise ValueError(f"unknown {what} '{word}'{near}")
        return word

    return check


def _destination(word: str) -> str:
    if word in ROLES or is_channel(word):
        return word
    near = did_you_mean(word, ROLES) or f'; wanted {", ".join(ROLES)} or a lower-case "#channel"'
    raise ValueError(f"unknown destination '{word}'{near}")


def _some(given: tuple[str, ...]) -> tuple[str, ...]:
    if not given:
        raise ValueError('names nobody; wanted destinations like [owner, "#cs-risk"]. `mode: shadow` silences a rule')
    return given


def _some_day(given: tuple[str, ...]) -> tuple[str, ...]:
    if not given:
        raise ValueError("names no day; wanted a list of days, like [mon, tue, wed]")
    return given


def _hours(text: str) -> str:
    found = _HOURS.fullmatch(text.strip())
    if found is None or _opening(text) == _closing(text) != time(0):
        raise ValueError('no hours; wanted a beginning and an end, like "09:00-17:00" or "22:00-06:00"')
    return text


def _opening(text: str) -> time:
    found = _HOURS.fullmatch(text.strip())
    assert found is not None, "checked when the settings were read"
    return time(int(found[1]), int(found[2]))


def _closing(text: str) -> time:
    found = _HOURS.fullmatch(text.strip())
    assert found is not None, "checked when the settings were read"
    return time(int(found[3] or 0), int(found[4] or 0))


def _country(text: str) -> str:
    code = country_code(text)
    if code is None:
        raise ValueError(f"no holidays are known of '{text}'; wanted a country, like DE or US")
    return code


def _zones(pattern: str) -> str:
    zones = () if known_zone(pattern) else available_timezones()
    if zones and not any(fits_zone(pattern, zone) for zone in zones):
        raise ValueError(
            f"fits no time zone{did_you_mean(pattern, zones)}; wanted one like 'Europe/Berlin' or 'Europe/*'"
        )
    return pattern


Several = BeforeValidator(_one_or_several)
Destination = Annotated[str, AfterValidator(_destination)]
Kind = Annotated[str, AfterValidator(_one_of("kind", KINDS))]
Severity = Annotated[str, AfterValidator(_one_of("severity", SEVERITIES))]
Pattern = Annotated[str, Field(min_length=1)]
Country = Annotated[str, AfterValidator(_country)]


class MatchEntry(_Part):
    """What a route is for: all of its keys must fit."""

    kind: Annotated[tuple[Kind, ...], Several] = ()
    severity: Annotated[tuple[Severity, ...], Several] = ()
    rule: Annotated[tuple[Pattern, ...], Several] = ()
    segment: Annotated[tuple[Pattern, ...], Several] = ()
    region: Annotated[tuple[Pattern, ...], Several] = ()
    arr_from: float | None = Field(default=None, allow_inf_nan=False, description="at least so much ARR")
    arr_below: float | None = Field(default=None, allow_inf_nan=False, description="less ARR than that")

    def match(self) -> Match:
        """Return what is asked for."""
        words = (self.kind, self.severity, self.rule, self.segment, self.region)
        return Match(*words, self.arr_from, self.arr_below)


class RouteEntry(_Part):
    """A route: for which alerts it is, and who is told of them."""

    match: MatchEntry = MatchEntry()
    to: Annotated[tuple[Destination, ...], AfterValidator(_some)] | None = Field(
        default=None, description="a list of destinations, instead of the rule's"
    )
    add: tuple[Destination, ...] = Field(default=(), description="a list of destinations, besides")
    routes: tuple[RouteEntry, ...] = Field(default=(), description="a list of routes inside of this one")
    go_on: bool = Field(default=False, alias="continue", description="true: later routes are asked too")

    def route(self) -> Route:
        """Return the route and those inside of it."""
        inside = tuple(entry.route() for entry in self.routes)
        return Route(self.match.match(), self.to or (), self.add, inside, self.go_on)


class WorkingTimeSettings(_Part):
    """When people work, by their own clocks."""

    days: Annotated[tuple[Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"], ...], AfterValidator(_some_day)] = (
        Field(default=("mon", "tue", "wed", "thu", "fri"), description="a list of days, like [mon, tue, wed]")
    )
    hours: Annotated[str, AfterValidator(_hours)] = Field(
        default="09:00-17:00", description='hours of the day, like "09:00-17:00"'
    )
    country: Country | None = Field(default=None, description="whose public holidays people keep, like DE")
    countries: Mapping[Annotated[str, AfterValidator(_zones)], Country | None] = Field(
        default={}, description="whose holidays people keep by their time zone, like {Europe/*: DE}"
    )
    quiet: bool = Field(default=False, description="true: notices to people wait until they are at work")

    def company_hours(self, zone: str) -> CompanyHours:
        """Return when people work; `zone` is the company's."""
        days = frozenset(map(WEEK.index, self.days))
        places = tuple(self.countries.items())
        return CompanyHours(zone, days, _opening(self.hours), _closing(self.hours), self.country, places)


class AttentionSettings(_Part):
    """How much one person is told on one day."""

    per_day: int = Field(default=10, ge=1, le=1000, description="alerts a person and day; the rest is in a digest")


def _clock(value: object) -> object:
    if isinstance(value, time):
        return value
    # YAML 1.1 reads a bare 14:30 as sixty times fourteen and thirty.
    if not isinstance(value, str) or not _TIME.fullmatch(value.strip()):
        raise ValueError('wanted a time of the day in quotes, like "08:30"')
    hours, minutes = value.strip().split(":")
    return time(int(hours), int(minutes))


def _weekday(value: object) -> object:
    return next((day for day in WEEK if isinstance(value, str) and value.lower() in {day, _WHOLE[day]}), value)


def _reader(word: str) -> str:
    if word == MANAGERS or is_channel(word) or _ADDRESS.fullmatch(word):
        return word
    raise ValueError(f"nobody to tell: '{word}'; wanted a lower-case \"#channel\", {MANAGERS}, or somebody's address")


MANAGERS: Final = "managers"
"""Stands for each manager of people who have accounts."""
_TIME: Final = re.compile(r"([01]?\d|2[0-3]):[0-5]\d")
_ADDRESS: Final = re.compile(r"[^\s@<>]+@[^\s@<>]+\.[^\s@<>]+")
_WHOLE: Final = dict(
    zip(WEEK, ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"), strict=True)
)


class WeeklyEntry(_Part):
    """A weekly digest: who reads it, when, and of which accounts."""

    to: Annotated[str, AfterValidator(_reader)] = Field(description='"#channel", managers, or an address')
    day: Annotated[Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"], BeforeValidator(_weekday)] = Field(
        default="mon", description="a day of the week, like monday"
    )
    at: Annotated[time, BeforeValidator(_clock)] = Field(default=time(8, 30), description='a time, like "08:30"')
    segment: Annotated[tuple[Pattern, ...], Several] = Field(default=(), description="segments, like [Enterprise]")
    team: str | None = Field(
        default=None,
        pattern=_ADDRESS.pattern,
        description="address of a manager: the accounts of everybody below them",
    )


class DigestSettings(_Part):
    """What is told together: a person's day, a team's week."""

    changes: bool = Field(default=True, description="false: a daily digest has what was held back, and nothing else")
    weekly: tuple[WeeklyEntry, ...] = Field(default=(), description="a list of weekly digests")
