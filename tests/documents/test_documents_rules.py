"""The page about rules, walked through: the rule, its tests, the shadow and the switch, as it says."""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING

import pytest
import structlog

from bot.cli import app
from bot.core.condition_types import ValueKind
from bot.core.episode import Outcome
from bot.core.rule_tests.entries import EVENT_KEYS, EXPECT_KEYS
from bot.core.rule_tests.read import _TEST, _TOP, TestFile
from bot.core.rule_tests.series import read_series
from bot.core.rules import parse_rules
from bot.core.verdicts import HoldBy
from tests.documents.markdown import DOCS, after, codes, rows
from tests.nights import new_state

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    Headroom = Callable[..., tuple[int, str]]

SETTINGS = """\
company: Acme
rules: rules.yaml
sources:
  - name: crm
    type: files
    files:
      - path: accounts.csv
        tables: {accounts: {account_id: Id, name: Name, nps: NPS, urgent_cases: Urgent}}
deliver: {directory: messages}
"""
ACCOUNTS = "Id,Name,NPS,Urgent\nA1,Blue Harbor,4,3\nA2,Globex,9,0\nA3,Initech,5,6\n"


@pytest.fixture
def headroom(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Iterator[Headroom]:
    """Run a command in a company's folder; return its exit code and what it printed."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("HEADROOM_CONFIG", raising=False)
    (tmp_path / "headroom.yaml").write_text(SETTINGS)
    (tmp_path / "accounts.csv").write_text(ACCOUNTS)
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "headroom.db").write_bytes(new_state())

    def run(*words: str) -> tuple[int, str]:
        with pytest.raises(SystemExit) as ended:
            app(list(words), prog_name="headroom")
        out, err = capfd.readouterr()
        assert err == ""
        return (ended.value.code if isinstance(ended.value.code, int) else 0), out

    handlers, level = logging.root.handlers[:], logging.root.level
    yield run
    structlog.reset_defaults()
    logging.root.handlers[:] = handlers
    logging.root.setLevel(level)


def shown(place: str) -> list[str]:
    return plain(after("rules.md", f"walk: {place}", "text"))


def plain(text: str) -> list[str]:
    """Lines without what differs from day to day: dates, versions, and the blanks that fill a terminal."""
    text = re.sub(r"\b\d{1,2} [A-Z][a-z]{2} \d{4}\b", "DAY", re.sub(r"\b[0-9a-f]{12}\b", "VERSION", text))
    return [re.sub(r"[━─]+|  +", " ", line).strip() for line in text.splitlines()]


def test_the_way_of_a_rule_is_as_the_page_tells_it(tmp_path: Path, headroom: Headroom) -> None:
    rule, tests = after("rules.md", "walk: rule", "yaml"), after("rules.md", "walk: tests", "yaml")
    (tmp_path / "rules.yaml").write_text(rule)
    (tmp_path / "rules_test.yaml").write_text(tests)
    code, out = headroom("rules", "check")
    assert (code, plain(out)[-1:]) == (0, shown("check"))
    code, out = headroom("rules", "test", "rules_test.yaml")
    assert (code, plain(out)[:-1]) == (1, shown("failed"))
    (tmp_path / "rules_test.yaml").write_text(tests.replace("day: 4", "day: 5"))
    assert headroom("rules", "test", "rules_test.yaml") == (0, after("rules.md", "walk: passed", "text"))
    headroom("run", "--once")
    assert not (tmp_path / "messages").exists()
    code, out = headroom("rules", "shadow", "--days", "30")
    assert (code, plain(out)) == (0, shown("shadow"))
    (tmp_path / "rules.yaml").write_text(rule.replace("  mode: shadow\n", ""))
    code, out = headroom("rules", "check")
    assert (code, plain(out)[-1:]) == (0, shown("changed"))
    headroom("run", "--once")
    assert len(list((tmp_path / "messages" / "cs-risk").glob("*.json"))) == 2
    code, out = headroom("rules", "log")
    assert (code, plain(out)) == (0, shown("log"))


def test_every_key_and_word_of_tests_is_described() -> None:
    page = DOCS["rules.md"].partition("## Tests of rules")[2].partition("\n## ")[0]
    said = set(re.findall(r"[\w-]+", " ".join(codes(page))))
    keys = {*_TOP, *_TEST, *EVENT_KEYS, *EXPECT_KEYS}
    assert keys - said == set()
    assert {str(word) for words in (Outcome, HoldBy) for word in words} - said == set()
    assert {"fired", "repeat", "woke", "resolved", "step-60", "worsened-high"} <= said


@pytest.mark.parametrize(
    "row",
    rows(DOCS["rules.md"].partition("**Values.**")[2].partition("**Events**")[0]),
    ids=lambda row: row[0],
)
def test_every_way_to_write_values_can_be_read(row: list[str]) -> None:
    kinds = {"fl": ValueKind.FLAG, "da": ValueKind.DATE, "a ": ValueKind.TEXT}
    for text in codes(row[0]):
        assert len(read_series(text, kinds.get(row[1][:2], ValueKind.NUMBER)).values(30)) == 30


@pytest.mark.parametrize(
    "row", rows(DOCS["rules.md"].partition("**Events** happen")[2].partition("**Expect")[0]), ids=lambda row: row[0]
)
def test_every_event_of_the_page_can_be_written_so(row: list[str]) -> None:
    (rule,) = parse_rules(after("rules.md", "walk: rule", "yaml"), "rules.yaml")
    test = f"- {{name: t, days: 40, accounts: {{a: {{nps: 3}}}}, expect: [], events: [{codes(row[0])[0]}]}}"
    (case,) = TestFile(f"rule_file: rules.yaml\ntests:\n  {test}\n", "t.yaml").cases([rule])
    assert len(case.acts) + len(case.holdings) == 1
