"""`headroom rules`: check, test, log, shadow."""

# ruff: noqa: PLC0415  (each command imports what it needs when it runs; a test on sys.modules keeps it so)

from __future__ import annotations

from pathlib import Path  # noqa: TC003  # typer reads the annotations
from typing import Annotated

import typer

from bot.command import BAD_INPUT, FAILED, ConfigOption, JsonOption, faults_in_words

rules = typer.Typer(
    name="rules",
    help="Rules as text: check them, test them, see what changed and what they would say.",
    no_args_is_help=True,
)


@rules.command()
def check(
    file: Annotated[
        Path | None,
        typer.Argument(help="A file of rules; default: the one that the settings name.", show_default=False),
    ] = None,
    config: ConfigOption = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """List every fault of rules and templates at once; of good rules, what they are and what changed."""
    with faults_in_words():
        from bot.rulebook.check import show_check

        raise typer.Exit(0 if show_check(file, config, as_json=as_json) else BAD_INPUT)


@rules.command(name="test")
def run_tests(
    files: Annotated[list[Path], typer.Argument(help="Files of tests; each names the rules that it tests.")],
    *,
    as_json: JsonOption = False,
) -> None:
    """Run unit tests of rules: values of metrics by day in, what is said on which day out."""
    with faults_in_words():
        from bot.rulebook.tested import Outcome, show_tests

        outcome = show_tests(files, as_json=as_json)
        raise typer.Exit({Outcome.PASSED: 0, Outcome.FAILED: FAILED, Outcome.FAULTY: BAD_INPUT}[outcome])


@rules.command()
def log(
    name: Annotated[str | None, typer.Argument(help="A rule; default: all.", show_default=False)] = None,
    config: ConfigOption = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """List the versions of rules that were judged, newest first, and what changed in each."""
    with faults_in_words():
        from bot.rulebook.log import show_log

        raise typer.Exit(0 if show_log(name, config, as_json=as_json) else BAD_INPUT)


@rules.command()
def shadow(
    config: ConfigOption = None,
    days: Annotated[int, typer.Option(min=1, max=3650, help="How far to look back.")] = 30,
    *,
    as_json: JsonOption = False,
) -> None:
    """Show what rules in shadow mode would have said."""
    with faults_in_words():
        from bot.rulebook.shadow import show_shadow

        show_shadow(config, days, as_json=as_json)
