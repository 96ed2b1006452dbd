"""`headroom accounts`: match."""

# ruff: noqa: PLC0415  (each command imports what it needs when it runs; a test on sys.modules keeps it so)

from __future__ import annotations

from pathlib import Path  # noqa: TC003  # typer reads the annotations
from typing import Annotated

import typer

from bot.command import ConfigOption, JsonOption, faults_in_words, settings_file

accounts = typer.Typer(
    name="accounts", help="Whose usage is it: what matched, and what a person has to settle.", no_args_is_help=True
)


# With a callback a single command keeps its name.
@accounts.callback()
def _group() -> None:
    pass


@accounts.command()
def match(
    config: ConfigOption = None,
    write: Annotated[
        Path | None,
        typer.Option(help="Write what is open, with proposals, into this overrides file; what stands there is kept."),
    ] = None,
    source: Annotated[str | None, typer.Option(help="Look at this source only.", show_default=False)] = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Show which customers of the usage were found by which key, and of the others the nearest accounts."""
    with faults_in_words():
        from bot.accounts.show import show_match
        from bot.load import load_all

        show_match(load_all(settings_file(config)), source, write, as_json=as_json)
