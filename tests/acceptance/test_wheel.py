"""The wheel, in an empty environment elsewhere: templates, config, SQL and migrations travel with it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TOOLS = Path(sys.executable).parent


def run(*command: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    environment = {key: value for key, value in os.environ.items() if key not in {"PYTHONPATH", "VIRTUAL_ENV"}}
    done = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("dist")
    run(TOOLS / "python", "-m", "hatchling", "build", "-t", "wheel", "-d", out, cwd=ROOT)
    (found,) = out.glob("*.whl")
    return found


def test_the_wheel_carries_all_that_is_no_python(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    wanted = [
        *(
            f"bot/shipped/{path.relative_to(ROOT)}"
            for folder in ("templates", "config")
            for path in files(ROOT / folder)
        ),
        *(str(path.relative_to(ROOT)) for path in files(ROOT / "bot") if path.suffix in {".sql", ".css", ".mako"}),
    ]
    assert len(wanted) > 20
    assert [name for name in wanted if name not in names] == []


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts]


@pytest.mark.timeout(420)
def test_the_demo_runs_from_an_empty_environment_elsewhere(wheel: Path, tmp_path: Path) -> None:
    home = tmp_path / "elsewhere"
    run(sys.executable, "-m", "venv", "--without-pip", home, cwd=tmp_path)
    python = home / "bin" / "python"
    lock = ROOT / "requirements.lock"
    # The versions are those of the lock; the wheel's own requirements decide which of them are wanted.
    install = (TOOLS / "uv", "pip", "install", "--quiet", "--python", python)
    run(*install, "--constraint", lock, f"{wheel}[sandbox]", cwd=tmp_path)
    shown = run(home / "bin" / "headroom", "demo", "--once", "--json", cwd=tmp_path)
    demo = json.loads(shown.stdout)
    assert len(demo["messages"]) > 20
    assert {"kind", "destination", "account", "text", "blocks"} <= set(demo["messages"][0])
    assert demo["runs"][0]["accounts"] == 60
    run(home / "bin" / "headroom", "init", "--defaults", "--out", tmp_path / "mine", cwd=tmp_path)
    assert sorted(path.name for path in (tmp_path / "mine").iterdir()) == [
        "headroom.yaml",
        "rules.yaml",
        "rules_test.yaml",
        "slack_manifest.yaml",
    ]
