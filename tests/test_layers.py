"""The arrows of the design: who may import whom. The commands of `make check` hold the same by import-linter."""

from __future__ import annotations

import ast
from pathlib import Path

ROOT = Path(__file__).parent.parent

ALLOWED = {
    # room: what it may import of the house besides itself
    "connectors": set(),
    "bot.core": {"connectors.schema"},
    "bot.errors": {"bot.core"},
    "bot.shipped": set(),
    "bot.manners": {"bot.core"},
    "bot.prep_settings": {"bot.core"},
    "bot.settings": {"bot.core", "bot.manners", "bot.prep_settings", "connectors"},
    "bot.masking": set(),
    "bot.faults": {"bot.core", "bot.masking", "connectors"},
    "bot.measures": {"bot.core", "connectors"},
    "bot.checks": {"bot.core", "bot.faults", "bot.manners", "bot.measures", "bot.settings", "connectors"},
    "bot.overrides": {"bot.core"},
    "bot.rates": {"bot.core"},
    "bot.load": {
        "bot.checks",
        "bot.core",
        "bot.errors",
        "bot.faults",
        "bot.messages",
        "bot.overrides",
        "bot.rates",
        "bot.settings",
        "bot.shipped",
        "connectors",
    },
    "bot.facts": {"bot.core", "bot.state.rows", "connectors"},
    "bot.state": {"bot.core", "bot.messages.message", "bot.errors"},
    "bot.messages": {"bot.core", "bot.state.rows", "bot.errors", "bot.shipped"},
    "bot.wording": {"bot.command", "bot.core", "bot.errors", "bot.messages", "bot.out", "bot.shipped"},
    "bot.preview": {
        "bot.app",
        "bot.command",
        "bot.core",
        "bot.desk",
        "bot.errors",
        "bot.facts",
        "bot.load",
        "bot.messages",
        "bot.out",
        "bot.prep",
        "bot.shipped",
        "bot.state",
    },
    "bot.desk": {"bot.core", "bot.state", "bot.messages", "bot.errors"},
    "bot.sights": {"bot.desk", "connectors"},
    "bot.charts": {"bot.core", "bot.messages", "bot.state.rows", "bot.errors"},
    "bot.slack": {"bot.core", "bot.desk", "bot.state", "bot.messages", "bot.errors"},
    "bot.house": {"bot.core", "bot.errors", "bot.facts", "bot.messages", "bot.notices", "bot.state", "connectors"},
    "bot.pulling": {"bot.errors", "bot.facts", "bot.house", "bot.masking", "bot.state", "connectors"},
    "bot.pipeline": {
        "bot.charts.illustrating",
        "bot.core",
        "bot.errors",
        "bot.days",
        "bot.facts",
        "bot.house",
        "bot.pulling",
        "bot.masking",
        "bot.messages",
        "bot.notices",
        "bot.state",
        "bot.views",
        "bot.watch",
        "connectors",
    },
    "bot.late": {"bot.core", "bot.facts", "bot.state.rows", "bot.watch"},
    "bot.days": {"bot.core", "bot.facts", "bot.late", "bot.state.rows", "bot.watch", "connectors.schema"},
    "bot.accounts": {
        "bot.app",
        "bot.command",
        "bot.core",
        "bot.errors",
        "bot.facts",
        "bot.load",
        "bot.messages.escape",
        "bot.messages.words",
        "bot.out",
        "bot.overrides",
    },
    "bot.views": {"bot.core", "bot.state"},
    "bot.watch": {"bot.core", "bot.facts", "bot.state"},
    "bot.notices": {"bot.core", "bot.errors", "bot.messages", "bot.state", "bot.watch"},
    "bot.digests": {"bot.core", "bot.errors", "bot.messages", "bot.notices", "bot.state"},
    "bot.escalations": {"bot.core", "bot.messages", "bot.notices", "bot.state"},
    "bot.prep.briefs": {"bot.core", "bot.desk", "bot.messages", "bot.state"},
    "bot.prep.job": {"bot.core", "bot.desk", "bot.errors", "bot.messages", "bot.notices", "bot.prep", "bot.state"},
    "bot.opening": {"bot.state"},
    "bot.todos": {"bot.core", "bot.messages", "bot.state", "connectors"},
    "bot.tasking": {"bot.core", "bot.desk", "bot.state", "bot.todos", "bot.writeback"},
    "bot.writeback": {
        "bot.core",
        "bot.errors",
        "bot.facts.rejects",
        "bot.masking",
        "bot.measures",
        "bot.state",
        "bot.todos",
        "connectors",
    },
    "bot.rulebook": {
        "bot.command",
        "bot.core",
        "bot.errors",
        "bot.faults",
        "bot.load",
        "bot.messages.words",
        "bot.opening",
        "bot.out",
        "bot.settings",
        "bot.shipped",
        "bot.state",
        "connectors.secrets",
    },
    "bot.turn": {"bot.errors"},
    "bot.out": set(),
}


def _imports(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return {name for name in names if name.split(".")[0] in {"bot", "connectors"}}


def _files(room: str) -> list[Path]:
    base = ROOT.joinpath(*room.split("."))
    return sorted(base.rglob("*.py")) if base.is_dir() else [base.with_suffix(".py")]


def test_every_room_imports_only_what_the_design_allows() -> None:
    wrong = [
        f"{path.relative_to(ROOT)} imports {name}"
        for room, allowed in ALLOWED.items()
        for path in _files(room)
        for name in _imports(path)
        if not any(f"{name}.".startswith(f"{prefix}.") for prefix in {room, *allowed})
    ]
    assert wrong == []


def test_every_room_of_the_list_exists() -> None:
    assert [room for room in ALLOWED if not _files(room) or not _files(room)[0].exists()] == []


def test_only_the_top_of_the_house_knows_the_stand_ins() -> None:
    """The sandbox is for the demo and for tests: the product must run where it is not installed."""
    known = {
        str(path.relative_to(ROOT))
        for path in (ROOT / "bot").rglob("*.py")
        if any(name.startswith("bot.sandbox") for name in _imports(path)) and "sandbox" not in path.parts
    }
    assert known <= {"bot/cli.py"}


def test_no_import_hides_inside_a_function_without_a_reason() -> None:
    hidden = []
    for path in sorted([*(ROOT / "bot").rglob("*.py"), *(ROOT / "connectors").rglob("*.py")]):
        if path.name == "cli.py":  # says so at its top: each command imports what it needs
            continue
        lines = path.read_text().splitlines()
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                hidden += [
                    f"{path.relative_to(ROOT)}:{inner.lineno}"
                    for inner in ast.walk(node)
                    if isinstance(inner, ast.Import | ast.ImportFrom) and "#" not in lines[inner.lineno - 1]
                ]
    assert hidden == []
