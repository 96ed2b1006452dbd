"""The documents, held to the code: what can be said or typed is described, and what is described is so."""

from __future__ import annotations

import ast
import json
import os
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import pytest
import typer
import yaml

from bot.cli import app
from bot.core.condition_types import ALLOWED
from bot.core.located import FaultyTextError
from bot.core.metrics import LINE_METRICS, METRICS, Unit
from bot.core.rule_fields import _OPTIONAL, _REQUIRED, KINDS
from bot.core.rule_tests.read import TestFile
from bot.core.rules import parse_rules
from bot.core.verdicts import SEVERITIES, Mode, Scope
from bot.load import load_all
from bot.messages.render import Templates
from bot.once import run_once
from bot.shipped import CONFIG, TEMPLATES
from connectors.salesforce.library import find_mapping
from connectors.salesforce.mapping import Alternative, Beside, Condition, Mapped, TableMapping
from tests.documents.markdown import DOCS, ROOT, after, blocks, code, codes, rows, section

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_END: Final = "<!-- end of metrics -->"
REWRITE: Final = os.environ.get("HEADROOM_WRITE_DOCS") == "1"


# metrics and rules


TABLES: Final = {**{str(scope): METRICS[scope] for scope in Scope}, "line": LINE_METRICS}
"""The metrics of each table of docs/metrics.md, by the word of its place."""


def metrics_table(place: str) -> str:
    cells = [
        (f"`{metric.name}`", metric.unit, metric.formula, metric.window, metric.example, metric.unknown)
        for metric in TABLES[place].values()
    ]
    assert not any("|" in cell for row in cells for cell in row), "a cell with | would break the table"
    head = ["| name | unit | formula | window | example | unknown when |", "|---|---|---|---|---|---|"]
    return "\n".join([*head, *(f"| {' | '.join(row)} |" for row in cells), ""])


def table_of(place: str) -> str:
    _, found, rest = DOCS["metrics.md"].partition(f"<!-- metrics: {place} -->\n")
    assert found, f"docs/metrics.md has no place for the metrics of '{place}'"
    return rest.partition(_END)[0]


@pytest.fixture(scope="module", autouse=REWRITE)
def _rewritten() -> None:
    for place in TABLES:
        begin = f"<!-- metrics: {place} -->\n"
        DOCS["metrics.md"] = DOCS["metrics.md"].replace(
            f"{begin}{table_of(place)}{_END}", f"{begin}{metrics_table(place)}{_END}"
        )
    (ROOT / "docs" / "metrics.md").write_text(DOCS["metrics.md"], encoding="utf-8")


@pytest.mark.parametrize("place", TABLES)
def test_the_table_of_metrics_is_the_catalogue(place: str) -> None:
    assert table_of(place) == metrics_table(place), "HEADROOM_WRITE_DOCS=1 pytest tests/test_documents.py mends it"


def test_every_unit_is_described_with_a_condition_that_can_be_read() -> None:
    units = {row[0]: code(row[2]) for row in rows(section("metrics.md", "Units"))}
    assert set(units) == set(map(str, Unit))
    rule = "- {{name: x{}, kind: upsell, when: {}, to: [owner], template: upsell}}\n"
    text = "".join(rule.format(number, json.dumps(condition)) for number, condition in enumerate(units.values()))
    for unit, parsed in zip(units, parse_rules(text, "units"), strict=True):
        assert any(metric.unit == unit for name, metric in METRICS[Scope.ACCOUNT].items() if name in parsed.when)


def test_every_key_of_a_rule_is_described_as_required_or_not() -> None:
    described = {code(row[0]): row[2] for row in rows(section("rules.md", "Keys"))}
    assert sorted(described) == sorted((*_REQUIRED, *_OPTIONAL))
    assert {key for key, default in described.items() if default == "required"} == set(_REQUIRED)


def test_every_word_that_a_rule_may_use_is_described() -> None:
    keys_section = codes(section("rules.md", "Keys"))
    for words in (KINDS, SEVERITIES, Scope, Mode, Templates([TEMPLATES]).names()):
        assert [str(word) for word in words if str(word) not in keys_section] == []
    conditions = section("rules.md", "Conditions")
    allowed = re.findall(r"[A-Z]{2,}", ALLOWED)
    assert len(allowed) > 15
    assert [word for word in allowed if word not in conditions] == []


def test_the_rules_that_ship_are_described_and_so_are_their_channels() -> None:
    shipped = parse_rules((CONFIG / "rules.yaml").read_text(), "rules.yaml")
    assert [code(row[0]) for row in rows(section("rules.md", "The rules that ship"))] == [rule.name for rule in shipped]
    channels = {code(row[0]): codes(row[1]) for row in rows(section("slack.md", "4. Invite it")) if "#" in row[0]}
    wanted = {(to, rule.name) for rule in shipped for to in rule.to if to.startswith("#")}
    assert {channel for channel, _ in wanted} <= channels.keys()
    assert [(channel, name) for channel, name in wanted if name not in channels[channel]] == []


def test_the_faults_of_the_faulty_rules_are_those_that_are_shown() -> None:
    with pytest.raises(FaultyTextError) as caught:
        parse_rules(after("rules.md", "faulty: rules.yaml", "yaml"), "rules.yaml")
    assert f"{caught.value}\n" == after("rules.md", "faulty: rules.yaml", "text")


# commands, scopes, reasons, mappings


def commands_below(group: Any, above: str = "") -> Iterator[tuple[str, Any]]:  # noqa: ANN401  # typer's own
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands_below(command, f"{above}{name} ")
        else:
            yield f"{above}{name}", command


def test_every_command_and_option_is_described() -> None:
    commands = rows(section("install.md", "Commands"))
    for start, row in enumerate(commands):
        row[0] = row[0] or commands[start - 1][0]
    for name, command in commands_below(typer.main.get_command(app)):
        cells = " ".join(" ".join(row[:2]) for row in commands if re.match(rf"`headroom {name}[` ]", row[0]))
        said = set(re.findall(r"(?<![\w-])--?[a-z][a-z-]*", cells))
        options = {option for parameter in command.params for option in parameter.opts if option.startswith("-")}
        assert {option for option in options if option != "-c"} <= said, name
        assert said <= options, name


def test_the_scopes_are_those_of_the_manifest() -> None:
    manifest = yaml.safe_load((CONFIG / "slack_manifest.yaml").read_text())
    described = {scope for row in rows(section("slack.md", "3. Scopes, and why each")) for scope in codes(row[0])}
    assert described == {*manifest["oauth_config"]["scopes"]["bot"], "connections:write"}


def test_every_reason_to_refuse_a_row_is_described() -> None:
    described = {reason for row in rows(section("sources.md", "Refused rows")) for reason in codes(row[0])}
    constants = {
        node.value
        for path in (ROOT / "connectors").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and re.fullmatch(r"[a-z]+(-[a-z]+)+", node.value)
    }
    assert described == constants - {"last-row"}  # a word of the settings


def test_every_key_of_a_mapping_is_described() -> None:
    said = set(re.findall(r"`(\w+)`", section("salesforce.md", "4. A mapping of your own")))
    for model in (Mapped, TableMapping, Beside, Condition, Alternative):
        assert {field.alias or name for name, field in model.model_fields.items()} <= said


def test_every_field_that_the_shipped_mapping_needs_stands_among_the_permissions() -> None:
    shipped = find_mapping("crm", "order", ROOT)
    named = set(
        re.findall(r"\w+", " ".join(cell for row in rows(section("salesforce.md", "1. The user")) for cell in row))
    )
    needed = {
        path.split(".")[-1]
        for _, _, table in shipped.tables()
        for column in table.map.values()
        for alternative in column
        for path in alternative.paths
        if not alternative.optional
    }
    assert len(needed) > 20
    assert needed - named - {"OrderId"} == set()  # readable with its item


# links and snippets


def slug(heading: str) -> str:
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


LINKS: Final = [
    (path, target)
    for path in (ROOT / "README.md", *(ROOT / "docs" / name for name in DOCS))
    if path.exists()
    for target in re.findall(r"\]\(([^)\s]+)\)", path.read_text(encoding="utf-8"))
    if not re.match(r"[a-z]+:", target)
]


def test_every_relative_link_leads_to_a_file_and_a_heading_that_exist() -> None:
    broken = []
    for path, target in LINKS:
        file, _, anchor = target.partition("#")
        place = path.parent / file if file else path
        headings = re.findall(r"^#+ (.*)$", place.read_text(), re.MULTILINE) if place.suffix == ".md" and anchor else []
        if not place.exists() or (anchor and anchor not in map(slug, headings)):
            broken.append(f"{path.name}: {target}")
    assert len(LINKS) > 10
    assert broken == []


def without(document: str) -> str:
    """A document without what is faulty on purpose, or of a source that only stands there: those have own tests."""
    for page, place in (("rules.md", "faulty: rules.yaml"), ("connectors.md", "example: settings")):
        document = document.replace(after(page, place, "yaml"), "")
    return document


SNIPPETS: Final = [
    pytest.param(text, id=f"{name}-{number}")
    for name, document in DOCS.items()
    for number, text in enumerate(blocks(without(document), "yaml"))
    if text
]
ONE_RULE: Final = "[{name: licence-full, kind: upsell, when: peak_utilization > 1, to: [owner], template: upsell}]"
BASE: Final[dict[str, Any]] = {
    "company": "Acme",
    "sources": [
        {
            "name": "crm",
            "type": "files",
            "files": [{"path": "*.csv", "tables": {"accounts": {"account_id": "Id", "name": "Name"}}}],
        }
    ],
    "deliver": {"directory": "messages"},
}


@pytest.fixture
def secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in {name for text in DOCS.values() for name in re.findall(r"\{env: (\w+)\}", text)}:
        monkeypatch.setenv(name, "x")


@pytest.mark.usefixtures("secrets")
@pytest.mark.parametrize("text", SNIPPETS)
def test_every_snippet_is_what_it_is_meant_to_be(text: str, tmp_path: Path) -> None:
    """Rules, mappings and settings are good ones; parts of settings are good in the rest of a file."""
    data = yaml.safe_load(text)
    if isinstance(data, list):
        assert parse_rules(text, "rules.yaml")
    elif "rule_file" in data:  # tests of the rule that the page writes
        rules = parse_rules(after("rules.md", "walk: rule", "yaml"), "rules.yaml")
        assert TestFile(text, "rules_test.yaml").cases(rules)
    elif any("object" in part for part in data.values()):
        assert Mapped.model_validate(data).tables()
    else:
        (tmp_path / "key").write_text("x")
        (tmp_path / "rules.yaml").write_text(ONE_RULE)  # those that ship take half a second to check
        settings = (data if "company" in data else BASE | data) | {"rules": "rules.yaml"}
        written = yaml.safe_dump(settings, default_flow_style=True)
        (tmp_path / "headroom.yaml").write_text(re.sub(r"file: /\S+?(?=\})", f"file: {tmp_path / 'key'}", written))
        assert load_all(tmp_path / "headroom.yaml").settings.company == "Acme"


def test_the_example_of_files_reads_and_answers_as_the_page_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "exports").mkdir()
    files = re.findall(r"^`(exports/[\w-]+\.csv)`:\n\n```csv\n(.*?)^```$", DOCS["sources.md"], re.DOTALL | re.MULTILINE)
    assert len(files) == 4
    for name, text in files:
        (tmp_path / name).write_text(text)
    (tmp_path / "headroom.yaml").write_text(after("sources.md", "run: 2026-03-04", "yaml"))
    # Without rules one day is judged; with those that ship it would be fifteen.
    assert run_once(replace(load_all(tmp_path / "headroom.yaml"), rules=()), "2026-03-04", as_json=True)
    found = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (found["rows"]["read"], found["rows"]["rejected_by_reason"]) == (10, {"date-unreadable": 1})
    used = {row["account"]: (row["used"], row["contracted"]) for row in found["tightest"]}
    assert used == {"Globex": (2, 250), "Initech": (1200, 12_000_000)}
    assert "`headroom run --once --as-of 2026-03-04` reads ten rows and refuses one" in DOCS["sources.md"]
