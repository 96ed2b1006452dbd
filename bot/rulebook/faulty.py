"""Faults of texts: in words on standard error, or as data on standard output."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bot.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bot.core.located import Fault


def in_order(faults: Iterable[Fault]) -> list[Fault]:
    """Return faults by file, line and column, each once."""
    unique = dict.fromkeys(faults)
    return sorted(unique, key=lambda one: (one.mark.file, one.mark.line or 0, one.mark.column or 0))


def as_data(faults: Iterable[Fault]) -> list[dict[str, Any]]:
    """Return faults as plain JSON values."""
    return [
        {"file": one.mark.file, "line": one.mark.line, "column": one.mark.column, "problem": one.problem}
        for one in faults
    ]


def tell(faults: Iterable[Fault]) -> None:
    """Raise SettingsError where there is any fault: the command line prints it and ends with 2."""
    found = in_order(faults)
    if found:
        raise SettingsError(found)
