"""The catalogues that ship, and how they are brought up to date."""

from __future__ import annotations

import ast
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

import bot
from bot.cli import app
from bot.core.metrics import METRICS
from bot.core.verdicts import Scope
from bot.errors import TemplateError
from bot.messages.phrases import SENTENCES, WORDS
from bot.shipped import TEMPLATES
from bot.wording.catalogue import state_of, write_catalogue
from bot.wording.texts import Found, texts

CODE = Path(bot.__file__).parent
SHIPPED = sorted((TEMPLATES / "wording").glob("*.po"))
FOUND = (
    Found("{name} left", "bot/a.py", 1),
    Found(("{count} alert", "{count} alerts"), "templates/x/title.j2", 2),
    Found("unknown", "bot/b.py", 3),
)


@pytest.fixture(scope="module")
def found() -> list[Found]:
    return texts(CODE)


def test_texts_of_code_templates_and_metrics_are_found(found: list[Found]) -> None:
    sources = {one.source for one in found}
    assert {*SENTENCES, *WORDS} <= sources
    assert {metric.label for metric in METRICS[Scope.ACCOUNT].values()} <= sources
    assert "{name} uses {share} of its licences" in sources
    assert ("{count} more alert for today", "{count} more alerts for today") in sources
    assert "why each rule speaks of it, or what keeps it silent" in sources, "what help says of a command"


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_a_shipped_catalogue_says_everything_and_nothing_else(path: Path, found: list[Found]) -> None:
    state = state_of(path, found)
    assert (state.lacking, state.idle) == ((), ()), f"headroom wording {path.stem} --write, then translate"


def test_a_catalogue_is_written_brought_up_to_date_and_tells_what_it_lacks(tmp_path: Path) -> None:
    path = write_catalogue(tmp_path, "de", FOUND)
    assert state_of(path, FOUND).lacking == ("{name} left", "{count} alert", "unknown")
    text = path.read_text(encoding="utf-8").replace('msgid "unknown"\nmsgstr ""', 'msgid "unknown"\nmsgstr "unbekannt"')
    path.write_text(text, encoding="utf-8")
    again = write_catalogue(tmp_path, "de", [*FOUND[:1], FOUND[2], Found("new", "bot/c.py", 9)])
    state = state_of(again, [FOUND[0], FOUND[2]])
    assert state.lacking == ("{name} left",)
    assert state.idle == ("new",)
    assert "nplurals=2" in path.read_text(encoding="utf-8")


def test_a_single_text_is_no_translation_of_a_pair(tmp_path: Path) -> None:
    path = write_catalogue(tmp_path, "de", [Found("{count} alert", "bot/a.py", 1)])
    text = path.read_text(encoding="utf-8").replace('msgstr ""', 'msgstr "{count} Alarm"')
    path.write_text(text.replace('msgstr "{count} Alarm"', 'msgstr ""', 1), encoding="utf-8")
    assert state_of(path, [Found("{count} alert", "bot/a.py", 1)]).lacking == ()
    assert state_of(path, FOUND[1:2]).lacking == ("{count} alert",)


def test_what_is_no_language_gets_no_catalogue(tmp_path: Path) -> None:
    with pytest.raises(TemplateError, match="'klingon' is no language; write it like de or pt_BR"):
        write_catalogue(tmp_path, "klingon", FOUND)


def test_the_command_tells_what_a_catalogue_lacks(tmp_path: Path) -> None:
    command = ["wording", "fr", "--templates", str(tmp_path)]
    written = CliRunner().invoke(app, [*command, "--write"])
    assert (written.exit_code, len(written.stdout.splitlines())) == (0, 1), "its texts stand in the file"
    result = CliRunner().invoke(app, [*command, "--json"])
    data = json.loads(result.stdout)
    assert result.exit_code == 1
    assert data["language"] == "fr"
    assert data["texts"] == len(data["lacking"]) > 500
    assert (tmp_path / "wording" / "fr.po").is_file()


def test_what_differs_by_number_is_marked_as_a_pair_where_it_is_not_said_at_once() -> None:
    loose = []
    for path in sorted(CODE.rglob("*.py")):
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr == "many":
                pair = isinstance(call.args[0], ast.Starred)
                if not pair and not all(isinstance(one, ast.Constant) for one in call.args[:2]):
                    loose.append(f"{path.relative_to(CODE)}:{call.lineno}")
    # Templates give their own texts, which are found in them.
    assert [place for place in loose if not place.startswith("messages/filters.py")] == [], "use msgs(one, several)"
