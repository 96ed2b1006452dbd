"""The text of a test file: its parts, and every fault in them with its place."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any, Final

from bot.core.located import Fault, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from bot.core.located import Document, Path
    from bot.core.yaml_places import Places


_LAST: Final = 9_999
"""Days that a snooze, say, may lie ahead."""


class Page:
    """A document and what is wrong in it."""

    def __init__(self, document: Document, places: Places) -> None:
        self.document = document
        self._places = places
        self.faults: list[Fault] = []

    def fault(self, path: Path, problem: str) -> None:
        """Note what is wrong with the value at a path."""
        self.faults.append(Fault(self.document.mark(path), problem))

    def fault_inside(self, path: Path, text: str, offset: int, problem: str) -> None:
        """Note what is wrong with one character of the text at a path."""
        self.faults.append(Fault(self._places.inside(self.document.mark(path), text, offset), problem))

    def fault_of_key(self, path: Path, problem: str) -> None:
        """Note what is wrong with the key, not with the value, at a path."""
        self.faults.append(Fault(self._places.key(self.document.mark(path), str(path[-1])), problem))


class Part:
    """Keys and values at one place of a page. What is not of the form asked for is noted, and read as if missing."""

    def __init__(self, page: Page, path: Path, data: dict[Any, Any], known: Sequence[str]) -> None:
        self.page = page
        self.path = path
        self._data = data
        for key in data:
            if key not in known:
                near = did_you_mean(str(key), known) or f"; known here: {', '.join(known)}"
                page.fault_of_key((*path, str(key)), f"unknown key '{key}'{near}")

    def has(self, key: str) -> bool:
        """Tell whether the key is there."""
        return key in self._data

    def raw(self, key: str) -> Any:  # noqa: ANN401  # YAML is anything
        """Return what stands there; None where nothing does."""
        return self._data.get(key)

    def fault(self, key: str, problem: str) -> None:
        """Note what is wrong with the value of a key."""
        self.page.fault((*self.path, key), problem)

    def needs(self, key: str, wanted: str) -> bool:
        """Tell whether the key is there; a fault where it is not."""
        if key not in self._data:
            self.page.fault(self.path, f"`{key}` is missing; wanted {wanted}")
        return key in self._data

    def text(self, key: str, wanted: str) -> str | None:
        """Return a text that is not empty; None where there is none."""
        value = self.raw(key)
        if key not in self._data:
            return None
        if isinstance(value, str) and value.strip():
            return value
        quotes = "; write it in quotes" if isinstance(value, bool | int | float | dt.date) else ""
        self.fault(key, f"`{key}: {value}` is no text; wanted {wanted}{quotes}")
        return None

    def word(self, key: str, known: Iterable[str], called: str | None = None) -> str | None:
        """Return one of some words; None where it is missing or none of them."""
        known = [str(one) for one in known]
        text = self.text(key, f"one of {', '.join(known)}")
        if text is None or text in known:
            return text
        near = did_you_mean(text, known) or f"; known are {', '.join(known)}"
        self.fault(key, f"unknown {called or key} '{text}'{near}")
        return None

    def date(self, key: str) -> dt.date | None:
        """Return a day of the calendar; None where there is none."""
        value = self.raw(key)
        if key not in self._data:
            return None
        if isinstance(value, dt.date) and not isinstance(value, dt.datetime):
            return value
        self.fault(key, f"`{key}: {value}` is no day; wanted one like 2026-03-31")
        return None

    def day(self, key: str, start: dt.date) -> int | None:
        """Return a day of the test, written as its number or its date; None where there is none."""
        value = self.raw(key)
        if key not in self._data:
            return None
        if type(value) is int and 0 <= value <= _LAST:
            return value
        if isinstance(value, dt.date) and not isinstance(value, dt.datetime) and 0 <= (value - start).days <= _LAST:
            return (value - start).days
        self.fault(key, f"`{key}: {value}` is no day of the test; wanted a number from 0 on, or a date from {start} on")
        return None

    def parts(self, key: str, known: Sequence[str], wanted: str) -> Iterator[Part]:
        """Yield the parts of a list of keys and values."""
        items = self.raw(key)
        if key in self._data and not isinstance(items, list):
            self.fault(key, f"`{key}` is no list; wanted {wanted}")
            return
        for index, item in enumerate(items or []):
            path = (*self.path, key, index)
            if isinstance(item, dict):
                yield Part(self.page, path, item, known)
            else:
                self.page.fault(path, f"'{item}' is no entry of `{key}`; wanted {wanted}")

    def mapping(self, key: str, wanted: str) -> dict[Any, Any]:
        """Return keys and values; empty where there are none."""
        value = self.raw(key)
        if key in self._data and not isinstance(value, dict):
            self.fault(key, f"`{key}` holds no keys and values; wanted {wanted}")
        return value if isinstance(value, dict) else {}
