"""`headroom preview`."""

# ruff: noqa: PLC0415  (the command imports what it needs when it runs: `headroom --help` answers at once)

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bot.command import FAILED, ConfigOption, JsonOption, faults_in_words, settings_file

Template = Annotated[str, typer.Argument(help="Name of a template: churn_risk, upsell, renewal, account ...")]
Account = Annotated[
    str | None, typer.Option("--account", help="Name, domain or id of an account; default: a sample that ships.")
]
Edge = Annotated[str, typer.Option("--edge", help="An awkward case, like long_names or no_data; all shows each.")]
Language = Annotated[str | None, typer.Option("--language", help="A language, like de; default: the settings'.")]
Out = Annotated[Path | None, typer.Option("--out", help="Write the cards as an HTML page.")]
Browser = Annotated[bool, typer.Option("--open", help="Open the page in the browser.")]


def preview(  # noqa: PLR0913, PLR0917 - one parameter an option
    template: Template,
    account: Account = None,
    edge: Edge = "typical",
    language: Language = None,
    out: Out = None,
    browser: Browser = False,  # noqa: FBT002 - typer declares flags so
    config: ConfigOption = None,
    as_json: JsonOption = False,  # noqa: FBT002 - as above
) -> None:
    """Show what a template makes: card, plain text and Block Kit; without settings, those that ship are shown."""
    with faults_in_words():
        from bot.load import load_all
        from bot.messages.render import Templates
        from bot.preview.show import Wanted, show_preview
        from bot.shipped import TEMPLATES

        path = settings_file(config)
        # Who only looks at templates needs no settings file; one that is named has to be there.
        loaded = load_all(path) if config is not None or path.exists() else None
        templates = loaded.templates if loaded is not None else Templates([TEMPLATES])
        wanted = Wanted(template, account, edge, language, out, browser)
        raise typer.Exit(0 if show_preview(templates, loaded, wanted, as_json=as_json) else FAILED)
