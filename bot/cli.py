"""The command line. Each command imports what it needs when it runs: `headroom --help` answers at once."""

# ruff: noqa: PLC0415  (see above; a test on sys.modules keeps it so)

from __future__ import annotations

import os
import signal
import sys
from io import TextIOWrapper
from pathlib import Path
from typing import Annotated, Final

import typer

from bot.accounts.cli import accounts
from bot.command import BAD_INPUT, FAILED, ConfigOption, JsonOption, faults_in_words, settings_file
from bot.lists_cli import lists
from bot.preview.cli import preview
from bot.rulebook.cli import rules
from bot.wishes_cli import wishes
from bot.wording.cli import wording

app = typer.Typer(
    name="headroom",
    help="Which customers have outgrown their contract and which are about to leave, said in Slack.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)

_STANDARD_ERROR: Final = 2

app.add_typer(rules)
app.add_typer(accounts)
app.add_typer(lists)
app.add_typer(wishes)


@app.command()
def run(
    config: ConfigOption = None,
    once: Annotated[bool, typer.Option("--once", help="Read, judge and deliver now, then stop.")] = False,
    as_of: Annotated[
        str | None, typer.Option(metavar="YYYY-MM-DD", help="With --once: judge this day instead of today.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Run the jobs, the sender and the Slack app; or one night now, with --once."""
    if not once and (as_of is not None or as_json):
        raise typer.BadParameter("--as-of and --json go with --once")
    with faults_in_words():
        from bot.load import load_all

        loaded = load_all(settings_file(config))
        if once:
            from bot.once import run_once

            raise typer.Exit(0 if run_once(loaded, as_of, as_json=as_json) else FAILED)
        from bot.app import open_house
        from bot.run import serve, stop_on_signals

        with open_house(loaded) as house:
            serve(house, loaded, stop_on_signals())


@app.command()
def check(
    config: ConfigOption = None,
    offline: Annotated[bool, typer.Option("--offline", help="Ask no source; look at the files alone.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Check settings, rules and templates, then ask each source; list every fault at once."""
    with faults_in_words():
        from bot.check_report import show_check
        from bot.load import load_all

        loaded = load_all(settings_file(config))
        raise typer.Exit(0 if show_check(loaded, offline=offline, as_json=as_json) else FAILED)


@app.command()
def init(
    out: Annotated[Path, typer.Option(help="Folder to write into.")] = Path(),
    defaults: Annotated[bool, typer.Option("--defaults", help="Write what ships with Headroom.")] = False,
) -> None:
    """Write headroom.yaml, rules.yaml, their tests and slack_manifest.yaml to begin with; overwrites nothing."""
    if not defaults:
        raise typer.BadParameter("say --defaults: the files are those that ship with Headroom, to be edited")
    with faults_in_words():
        from bot.starter import write_starter

        for path in write_starter(out):
            typer.echo(f"wrote {path}", err=True)


def _ask(text: str, config: Path | None, *, as_json: bool, email: str | None = None) -> None:
    """Answer as Slack does, and end."""
    from bot.ask import show
    from bot.load import load_all

    found = show(load_all(settings_file(config)), text, as_json=as_json, email=email)
    raise typer.Exit(0 if found else BAD_INPUT)


@app.command()
def account(
    name: Annotated[str, typer.Argument(help="Name, domain or id.")],
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show where an account stands: what `/headroom NAME` answers in Slack."""
    with faults_in_words():
        _ask(f"account {name}", config, as_json=as_json)


@app.command()
def why(
    about: Annotated[list[str], typer.Argument(help="Name, domain or id of an account, or a source; then a rule.")],
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show why each rule speaks of an account, or what keeps it silent: what `/headroom why NAME` answers in Slack."""
    with faults_in_words():
        _ask(f"why {' '.join(about)}", config, as_json=as_json)


@app.command()
def prep(
    name: Annotated[str, typer.Argument(help="Name, domain or id.")],
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write it to this file instead: .md or .html.")
    ] = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show the renewal brief of an account: dates, health, use, risks, what to propose, and what is not known."""
    with faults_in_words():
        from bot.load import load_all
        from bot.prep.cli import show_prep

        found = show_prep(load_all(settings_file(config)), name, out, as_json=as_json)
        raise typer.Exit(0 if found else BAD_INPUT)


@app.command()
def prefs(
    changes: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Change one, like quiet=18:00-08:00.")
    ] = None,
    email: Annotated[str | None, typer.Option("--as", metavar="EMAIL", help="Whose they are, by address.")] = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show what somebody chose for themselves, or change it: what `/headroom prefs` does in Slack."""
    with faults_in_words():
        _ask(" ".join(("prefs", *(changes or ()))), config, as_json=as_json, email=email)


@app.command()
def snooze(
    about: Annotated[list[str], typer.Argument(help="Account, its rule, how long (14, or until 2026-04-01), and why.")],
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Silence an alert: what `/headroom snooze NAME` does in Slack."""
    with faults_in_words():
        _ask(f"snooze {' '.join(about)}", config, as_json=as_json)


@app.command()
def writeback(
    apply: Annotated[bool, typer.Option("--apply", help="Write; without it, only the differences are shown.")] = False,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show what would be written back into the CRM, or write it: what differs, and no more."""
    with faults_in_words():
        from bot.load import load_all
        from bot.writeback_report import run_writeback

        loaded = load_all(settings_file(config))
        raise typer.Exit(0 if run_writeback(loaded, apply=apply, as_json=as_json) else FAILED)


@app.command()
def demo(
    once: Annotated[bool, typer.Option("--once", help="Stop after the messages are printed.")] = False,
    as_json: JsonOption = False,
    seed: Annotated[int, typer.Option(help="Another seed makes another sample company.")] = 7,
    page: Annotated[Path | None, typer.Option(help="Also write the messages as an HTML page.")] = None,
) -> None:
    """Show everything on a synthetic sample company, with stand-in servers on this machine."""
    with faults_in_words():
        try:
            from bot.sandbox.demo import show_demo
        except ModuleNotFoundError as error:
            typer.echo(f"the demo needs '{error.name}': pip install 'headroom[sandbox]'", err=True)
            raise typer.Exit(BAD_INPUT) from None
        raise typer.Exit(0 if show_demo(seed=seed, once=once, as_json=as_json, page=page) else FAILED)


app.command()(preview)
app.command()(wording)


def main() -> None:
    """Run the command line."""
    _open_streams()
    signal.signal(signal.SIGTERM, _ended)
    app(prog_name=Path(sys.argv[0]).name)


def _open_streams() -> None:
    """Let every character be printed, and no file be opened in the place of a stream that is closed."""
    while (lowest := os.open(os.devnull, os.O_RDWR)) <= _STANDARD_ERROR:
        pass
    os.close(lowest)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")


def _ended(*_: object) -> None:
    # As Ctrl-C does: files and servers that belong to this run are closed on the way out.
    raise SystemExit(128 + signal.SIGTERM)
