"""`headroom renewals`, `risks`, `upsell`, `portfolio`, `status`: the lists of Slack, in the terminal."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003  # typer reads the types of options
from typing import Annotated

import typer

from bot.command import BAD_INPUT, ConfigOption, JsonOption, faults_in_words, settings_file

lists = typer.Typer(add_completion=False)

AsOption = Annotated[
    str | None, typer.Option("--as", metavar="EMAIL", help="Who asks: the address of a user of the CRM.")
]
FullOption = Annotated[bool, typer.Option("--full", help="Every row, however many.")]


def _ask(words: list[str], config: Path | None, *, as_json: bool, email: str | None = None) -> None:
    """Answer as Slack does, and end."""
    with faults_in_words():
        from bot.ask import show  # noqa: PLC0415  # lazy: nothing heavy for `--help`
        from bot.load import load_all  # noqa: PLC0415  # lazy: see above

        found = show(load_all(settings_file(config)), " ".join(words), as_json=as_json, email=email)
        raise typer.Exit(0 if found else BAD_INPUT)


def _full(full: bool) -> list[str]:  # noqa: FBT001  # a flag as typer hands it on
    return ["full"] if full else []


@lists.command()
def renewals(
    words: Annotated[list[str] | None, typer.Argument(help="30, 60, 90 or 120 days; mine, team or all.")] = None,
    email: AsOption = None,
    full: FullOption = False,  # noqa: FBT002  # typer declares flags so
    config: ConfigOption = None,
    as_json: JsonOption = False,  # noqa: FBT002  # likewise
) -> None:
    """List what has to be renewed, week by week: what `/headroom renewals` answers in Slack."""
    _ask(["renewals", *(words or []), *_full(full)], config, as_json=as_json, email=email)


@lists.command()
def risks(
    words: Annotated[list[str] | None, typer.Argument(help="mine, team or all.")] = None,
    email: AsOption = None,
    full: FullOption = False,  # noqa: FBT002  # typer declares flags so
    config: ConfigOption = None,
    as_json: JsonOption = False,  # noqa: FBT002  # likewise
) -> None:
    """List open churn risks, what matters most first: what `/headroom risks` answers in Slack."""
    _ask(["risks", *(words or []), *_full(full)], config, as_json=as_json, email=email)


@lists.command()
def upsell(
    words: Annotated[list[str] | None, typer.Argument(help="mine, team or all.")] = None,
    email: AsOption = None,
    full: FullOption = False,  # noqa: FBT002  # typer declares flags so
    config: ConfigOption = None,
    as_json: JsonOption = False,  # noqa: FBT002  # likewise
) -> None:
    """List who has outgrown their contract, what matters most first: what `/headroom upsell` answers in Slack."""
    _ask(["upsell", *(words or []), *_full(full)], config, as_json=as_json, email=email)


@lists.command()
def portfolio(
    words: Annotated[list[str] | None, typer.Argument(help="campaign YYYY-MM-DD.")] = None,
    campaign: Annotated[
        str | None,
        typer.Option(metavar="YYYY-MM-DD", help="Compare with the day before this one, instead of a year ago."),
    ] = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,  # noqa: FBT002  # typer declares flags so
) -> None:
    """Show what customers are worth by segment and month, and why that has changed."""
    _ask(["portfolio", *(words or []), *(["campaign", campaign] if campaign else [])], config, as_json=as_json)


@lists.command()
def status(
    config: ConfigOption = None,
    as_json: JsonOption = False,  # noqa: FBT002  # typer declares flags so
) -> None:
    """Show how fresh the data are, how the last runs went, what waits and what is held back."""
    _ask(["status"], config, as_json=as_json)
