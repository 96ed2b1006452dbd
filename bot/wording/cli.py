"""`headroom wording`."""

# ruff: noqa: PLC0415  (the command imports what it needs when it runs: `headroom --help` answers at once)

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bot.command import FAILED, JsonOption, faults_in_words

Language = Annotated[str, typer.Argument(help="A language, like de or pt_BR.")]
Folder = Annotated[Path | None, typer.Option("--templates", help="Your folder of templates; default: what ships.")]
Write = Annotated[bool, typer.Option("--write", help="Write the catalogue, or bring it up to date.")]


def wording(
    language: Language,
    folder: Folder = None,
    write: Write = False,  # noqa: FBT002 - typer declares flags so
    as_json: JsonOption = False,  # noqa: FBT002 - as above
) -> None:
    """Tell which texts a language's catalogue lacks, or write the catalogue to be translated."""
    with faults_in_words():
        from bot.wording.show import show_wording

        raise typer.Exit(0 if show_wording(language, folder, write=write, as_json=as_json) else FAILED)
