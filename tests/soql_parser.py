"""Queries read by a parser of SOQL that was not written here: @jetstreamapp/soql-parser-js, for Node."""

from __future__ import annotations

import json
import shutil
import subprocess
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

_PACKAGE: Final = "@jetstreamapp/soql-parser-js"
_VERSION: Final = "6.3.1"
_IMPATIENT: Final = ("--fetch-retries=0", "--fetch-timeout=15000")
_READ: Final = """
const { parseQuery } = require(%s);
const refused = {};
for (const query of JSON.parse(require("fs").readFileSync(0, "utf8"))) {
  try { parseQuery(query); } catch (error) { refused[query] = String(error.message); }
}
process.stdout.write(JSON.stringify(refused));
""" % json.dumps(_PACKAGE)  # noqa: UP031  # the script is full of braces


class NoParserError(Exception):
    """The parser cannot be had here: says why."""


def _program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise NoParserError(f"{name} is not installed")
    return found


def install(folder: Path) -> None:
    """Put the parser into a folder, by its name and version. Raises NoParserError where that is not possible."""
    npm, _ = _program("npm"), _program("node")
    folder.mkdir(parents=True, exist_ok=True)
    command = [npm, "install", "--no-save", "--no-package-lock", "--no-audit", "--no-fund", *_IMPATIENT]
    try:
        done = subprocess.run(
            [*command, f"{_PACKAGE}@{_VERSION}"], cwd=folder, capture_output=True, text=True, check=False, timeout=45
        )
    except subprocess.TimeoutExpired as error:
        raise NoParserError("npm did not answer in time") from error
    if done.returncode:
        raise NoParserError(f"npm could not install {_PACKAGE}: {done.stderr.strip()[-200:]}")


def refused(queries: Collection[str], folder: Path) -> dict[str, str]:
    """Return the queries that the parser in this folder does not understand, and why."""
    done = subprocess.run(
        [_program("node"), "-e", _READ],
        cwd=folder,
        input=json.dumps(sorted(queries)),
        capture_output=True,
        text=True,
        check=True,
        timeout=90,
    )
    found: dict[str, str] = json.loads(done.stdout)
    return found
