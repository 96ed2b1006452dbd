"""Starts the rig as people do: a process of its own, as this one has threads and cannot be forked."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]


def rig(*arguments: str, seconds: float = 240) -> dict[str, Any]:
    """Play some runs; return what came of them."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.faults", *arguments, "--json"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )
    assert done.stdout.startswith("{"), done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    assert done.returncode == bool(answer["red"]), done.stderr
    return answer


def broken(answer: dict[str, Any]) -> dict[str, list[str]]:
    """Return what was not as promised, by run."""
    return {
        result["name"]: [f"{one['kind']}: {one['what']}" for one in result["violations"]]
        for result in answer["violations"]
    }
