"""`headroom subscribe`, `unsubscribe`, `mute`, `unmute`: the words of Slack, in the terminal."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003  # typer reads the types of options
from typing import Annotated

import typer

from bot.command import BAD_INPUT, ConfigOption, JsonOption, faults_in_words, settings_file

wishes = typer.Typer(add_completion=False)

WordsOption = Annotated[
    list[str] | None, typer.Argument(help="any, churn_risk, upsell, renewal or operations; a segment; '#channel'.")
]
AsOption = Annotated[str | None, typer.Option("--as", metavar="EMAIL", help="For whom: a user of the CRM.")]


def _ask(word: str, words: list[str] | None, config: Path | None, *, as_json: bool, email: str | None) -> None:
    """Answer as Slack does, and end."""
    with faults_in_words():
        from bot.ask import show  # noqa: PLC0415  # lazy: nothing heavy for `--help`
        from bot.load import load_all  # noqa: PLC0415  # lazy: see above

        found = show(load_all(settings_file(config)), " ".join([word, *(words or [])]), as_json=as_json, email=email)
        raise typer.Exit(0 if found else BAD_INPUT)


@wishes.command()
def subscribe(
    words: WordsOption = None,
    email: AsOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,  # noqa: FBT002  # typer declares flags so
) -> None:
    """Let a channel, or somebody, hear of more alerts; alone: list what is subscribed to and muted."""
    _ask("subscribe", words, config, as_json=as_json, email=email)


@wishes.command()
def unsubscribe(
    words: WordsOption = None,
    email: AsOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,  # noqa: FBT002  # as above
) -> None:
    """End a subscription, or with `all` every one of a channel or person."""
    _ask("unsubscribe", words, config, as_json=as_json, email=email)


@wishes.command()
def mute(
    words: WordsOption = None,
    email: AsOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,  # noqa: FBT002  # as above
) -> None:
    """Let a channel, or somebody, hear less; what nobody else would hear goes to the fallback channel."""
    _ask("mute", words, config, as_json=as_json, email=email)


@wishes.command()
def unmute(
    words: WordsOption = None,
    email: AsOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,  # noqa: FBT002  # as above
) -> None:
    """End a mute, or with `all` every one of a channel or person."""
    _ask("unmute", words, config, as_json=as_json, email=email)
