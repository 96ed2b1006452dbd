"""What `headroom check` prints: that the settings are good, and what each source has to say."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import typer

from bot.out import print_json
from bot.preflight import Look, look_at_sources

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.load import Loaded


def show_check(loaded: Loaded, *, offline: bool, as_json: bool) -> bool:
    """Print what was found; False: something keeps a source from being read."""
    names = ", ".join(source.name for source in loaded.settings.sources)
    if not as_json:
        typer.echo(f"Settings are good: {len(loaded.rules)} rules; sources: {names}.")
    looks = [] if offline else list(_told(look_at_sources(loaded), quiet=as_json))
    if as_json:
        print_json({"rules": len(loaded.rules), "sources": [_as_json(look) for look in looks]})
    return not any(look.wrong for look in looks)


def _told(looks: Iterator[Look], *, quiet: bool) -> Iterator[Look]:
    for look in looks:
        if not quiet:
            for remark in look.remarks or ():
                typer.echo(f"{look.source}: {remark.text}", err=remark.wrong)
            if look.remarks and not look.wrong:
                typer.echo(f"{look.source}: can be read.")
            sys.stdout.flush()
        yield look


def _as_json(look: Look) -> dict[str, Any]:
    remarks = [{"text": remark.text, "wrong": remark.wrong} for remark in look.remarks or ()]
    return {"name": look.source, "checked": look.remarks is not None, "good": not look.wrong, "remarks": remarks}
