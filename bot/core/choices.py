"""Preferences as people type them, key by key: `quiet=18:00-08:00`, `days=mon-thu`. Pure.

The same words are stored, shown and taken back: `company` undoes a choice. Every key that is wrong is told at once.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from datetime import time
from functools import cache
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import available_timezones

from bot.core.located import did_you_mean
from bot.core.preferences import CHOOSABLE, NOTHING_CHOSEN, Preferences, Rhythm
from bot.core.working_time import WEEK, known_zone

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

KEYS: Final = ("quiet", "days", "digest", "digest_day", "digest_time", "language", "timezone", "kinds")
"""What somebody can choose, in the order in which it is shown."""
COMPANY: Final = "company"
"""The word that undoes a choice."""
OFF: Final = "off"
ALL: Final = "all"
NONE: Final = "none"

_TIME: Final = re.compile(r"([01]?\d|2[0-3])[:.]([0-5]\d)")
_SPAN: Final = re.compile(r"(\S+?)\s*[-–]\s*(\S+)")
_LIST: Final = re.compile(r"[,;\s]+")


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a value cannot be taken: a text with `{name}` for each of its values, to be said in any language."""

    text: str
    values: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        """Say it in English."""
        return self.text.format(**self.values)


class ChoiceError(ValueError):
    """Values that cannot be taken: every one of them, by key."""

    def __init__(self, problems: Mapping[str, Problem]) -> None:
        super().__init__("\n".join(f"{key}: {problem}" for key, problem in problems.items()))
        self.problems = problems


class _Wrong(Exception):  # noqa: N818 - carries the problem of one key to `chosen`, and no further
    def __init__(self, text: str, **values: str) -> None:
        super().__init__(text)
        self.problem = Problem(text, values)


def chosen(before: Preferences, wanted: Mapping[str, str], languages: Collection[str] | None = None) -> Preferences:
    """Return preferences with some keys changed. `languages`: those that there are; None takes any.

    Raises ChoiceError with every key that is unknown or whose value cannot be taken.
    """
    changes: dict[str, Any] = {}
    problems: dict[str, Problem] = {}
    for key, text in wanted.items():
        try:
            changes |= _changes(key, " ".join(text.split()), languages)
        except _Wrong as wrong:
            problems[key] = wrong.problem
    if problems:
        raise ChoiceError(problems)
    return replace(before, **changes)


def kept(stored: Mapping[str, object]) -> tuple[Preferences, tuple[str, ...]]:
    """Return what was stored, and the keys that mean nothing to this version: these count as not chosen."""
    preferences, dropped = NOTHING_CHOSEN, []
    for key, text in stored.items():
        try:
            preferences = chosen(preferences, {key: str(text)})
        except ChoiceError:
            dropped.append(key)
    return preferences, tuple(dropped)


def told(preferences: Preferences) -> dict[str, str]:
    """Return every key with its value, as it can be typed."""
    return {
        "quiet": _quiet_told(preferences),
        "days": _days_told(preferences.working_days),
        "digest": preferences.digest.value,
        "digest_day": WEEK[preferences.digest_day],
        "digest_time": f"{preferences.digest_time:%H:%M}" if preferences.digest_time is not None else COMPANY,
        "language": preferences.language or COMPANY,
        "timezone": preferences.timezone or COMPANY,
        "kinds": _kinds_told(preferences.kinds),
    }


def stored(preferences: Preferences) -> dict[str, str]:
    """Return the keys that differ from nothing chosen: what `kept` takes."""
    nothing = told(NOTHING_CHOSEN)
    return {key: text for key, text in told(preferences).items() if text != nothing[key]}


def _changes(key: str, text: str, languages: Collection[str] | None) -> dict[str, Any]:
    if key not in KEYS:
        raise _Wrong("there is no such preference; wanted one of {keys}", keys=", ".join(KEYS))
    if key == "language":
        return {key: _language(text, languages)}
    return _READ[key](text)


def _quiet(text: str) -> dict[str, Any]:
    word = text.lower()
    if word == COMPANY:
        return {"quiet_from": None, "quiet_to": None}
    if word in {OFF, NONE}:
        return {"quiet_from": time(), "quiet_to": time()}
    found = _SPAN.fullmatch(text)
    begins, ends = (_moment(found[1]), _moment(found[2])) if found else (None, None)
    if begins is None or ends is None:
        raise _Wrong("wanted hours like 18:00-08:00, or off, or company")
    if begins == ends:
        raise _Wrong("begins when it ends; say off for no quiet hours")
    return {"quiet_from": begins, "quiet_to": ends}


def _moment(text: str) -> time | None:
    found = _TIME.fullmatch(text)
    if found is None:
        return time() if text in {"24:00", "24.00"} else None
    return time(int(found[1]), int(found[2]))


def _days(text: str) -> dict[str, Any]:
    if text.lower() == COMPANY:
        return {"working_days": None}
    found = frozenset(day for part in _parts(re.sub(r"\s*[-–]\s*", "-", text)) for day in _days_of(part))
    if not found:
        raise _Wrong("wanted at least one day, like mon-fri")
    return {"working_days": found}


def _days_of(part: str) -> Iterator[int]:
    begins, dash, ends = part.partition("-")
    first, last = _day(begins), _day(ends if dash else begins)
    while True:
        yield first
        if first == last:
            return
        first = (first + 1) % len(WEEK)


def _day(text: str) -> int:
    # "Monday" and "Mon." are what people type.
    word = text.lower().rstrip(".")
    for number, name in enumerate(_NAMES):
        if word == WEEK[number] or (len(word) > len(WEEK[number]) and name.startswith(word)):
            return number
    raise _Wrong("no day is called “{word}”; wanted mon, tue, wed, thu, fri, sat or sun", word=text[:_LONGEST])


_LONGEST: Final = 40
_NAMES: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def _rhythm(text: str) -> dict[str, Any]:
    word = text.lower()
    if word == COMPANY:
        return {"digest": NOTHING_CHOSEN.digest}
    if word not in set(Rhythm):
        raise _Wrong("wanted daily, weekly or never")
    return {"digest": Rhythm(word)}


def _digest_day(text: str) -> dict[str, Any]:
    return {"digest_day": NOTHING_CHOSEN.digest_day if text.lower() == COMPANY else _day(text)}


def _digest_time(text: str) -> dict[str, Any]:
    if text.lower() == COMPANY:
        return {"digest_time": None}
    moment = _moment(text)
    if moment is None:
        raise _Wrong("wanted a time like 08:30, or company")
    return {"digest_time": moment}


def _language(text: str, languages: Collection[str] | None) -> str | None:
    if text.lower() == COMPANY:
        return None
    if languages is None:
        return text
    known = {language.lower().replace("-", "_"): language for language in languages}
    found = known.get(text.lower().replace("-", "_"))
    if found is None:
        raise _Wrong("there is no such language here; wanted one of {languages}", languages=_listed(languages))
    return found


def _zone(text: str) -> dict[str, Any]:
    if text.lower() == COMPANY:
        return {"timezone": None}
    found = _zone_called(text)
    if found is None:
        near = did_you_mean(text, _zones())
        raise _Wrong("wanted a time zone like Europe/Berlin{near}", near=near)
    return {"timezone": found}


@cache
def _zones() -> frozenset[str]:
    # Looked together from hundreds of files each time.
    return frozenset(available_timezones())


def _zone_called(text: str) -> str | None:
    """Return the IANA name that is meant, whatever its capitals."""
    if (zone := known_zone(text)) is not None and zone.key in _zones():
        return zone.key
    wanted = text.lower().replace(" ", "_")
    return next((name for name in _zones() if name.lower() == wanted), None)


def _kinds(text: str) -> dict[str, Any]:
    word = text.lower()
    if word in {ALL, COMPANY}:
        return {"kinds": None}
    if word in {NONE, OFF}:
        return {"kinds": frozenset()}
    found = frozenset(_parts(word))
    if not found or not found <= set(CHOOSABLE):
        raise _Wrong("wanted all, none, or some of {kinds}", kinds=", ".join(CHOOSABLE))
    return {"kinds": None if found == set(CHOOSABLE) else found}


def _parts(text: str) -> Iterator[str]:
    return (part for part in _LIST.split(text) if part)


def _listed(words: Iterable[str]) -> str:
    return ", ".join(sorted(words))


def _quiet_told(preferences: Preferences) -> str:
    own = preferences.has_quiet_hours
    if own is None:
        return COMPANY
    return f"{preferences.quiet_from:%H:%M}-{preferences.quiet_to:%H:%M}" if own else OFF


def _days_told(days: frozenset[int] | None) -> str:
    return COMPANY if days is None else ",".join(WEEK[day] for day in sorted(days))


def _kinds_told(kinds: frozenset[str] | None) -> str:
    if kinds is None:
        return ALL
    return ",".join(kind for kind in CHOOSABLE if kind in kinds) or NONE


_READ: Final[Mapping[str, Callable[[str], dict[str, Any]]]] = {
    "quiet": _quiet,
    "days": _days,
    "digest": _rhythm,
    "digest_day": _digest_day,
    "digest_time": _digest_time,
    "timezone": _zone,
    "kinds": _kinds,
}
