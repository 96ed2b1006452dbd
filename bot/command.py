"""What all commands of the command line share: options, exit codes, and faults in words."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

if TYPE_CHECKING:
    from collections.abc import Iterator

BAD_INPUT: Final = 2
FAILED: Final = 1

ConfigOption = Annotated[
    Path | None, typer.Option("--config", "-c", help="Settings file; default: $HEADROOM_CONFIG, or headroom.yaml.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="One JSON object on standard output, nothing else there.")]


def settings_file(config: Path | None) -> Path:
    """Return the settings file that is meant. Raises SettingsError where the environment cannot be used."""
    from bot.environment import read_environment  # noqa: PLC0415  # lazy: pydantic is not for `--help`

    return config or read_environment().config


@contextmanager
def faults_in_words() -> Iterator[None]:
    """Print errors that a person can mend as they are, without a traceback, and exit with 2."""
    # Lazy: none of these is for `--help`.
    from bot.errors import HeadroomError  # noqa: PLC0415  # lazy: see above
    from bot.log import set_up_log  # noqa: PLC0415  # lazy: see above
    from bot.masking import masked  # noqa: PLC0415  # lazy: see above
    from bot.turn import BusyError  # noqa: PLC0415  # lazy: see above
    from connectors.base import SourceSettingsError  # noqa: PLC0415  # lazy: see above

    try:
        set_up_log()
        yield
    except BusyError as error:
        typer.echo(masked(str(error)), err=True)
        raise typer.Exit(FAILED) from None
    except (HeadroomError, SourceSettingsError) as error:
        typer.echo(masked(str(error)), err=True)
        raise typer.Exit(BAD_INPUT) from None
