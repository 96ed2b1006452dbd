"""Durations as people write them: `14d`, `12h`, `2w`."""

from __future__ import annotations

import re
from datetime import timedelta
from types import MappingProxyType
from typing import Final

_FORM: Final = re.compile(r"\s*(\d{1,5})\s*([mhdw])\s*")
_UNITS: Final = MappingProxyType({"m": "minutes", "h": "hours", "d": "days", "w": "weeks"})


def parse_duration(text: str) -> timedelta:
    """Read `90m`, `12h`, `14d` or `2w`. Raises ValueError with what is wanted."""
    found = _FORM.fullmatch(text)
    if found is None:
        raise ValueError(f"'{text}' is no duration; wanted a number and m, h, d or w, like '14d'")
    return timedelta(**{_UNITS[found[2]]: int(found[1])})
