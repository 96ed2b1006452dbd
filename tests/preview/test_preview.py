"""Every template in every awkward case, in every language that ships; and the command that shows them."""

from __future__ import annotations

import json
import re
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from bot.cli import app
from bot.core.verdicts import Mode, Scope
from bot.messages import wording
from bot.messages.blocks import to_blocks, to_text
from bot.messages.page import page
from bot.messages.render import Templates
from bot.messages.speech import Speech
from bot.preview.edges import EDGES, LONG, MARKUP
from bot.preview.samples import SAMPLES, sample_of
from bot.preview.subject import rule
from bot.preview.write import shown
from bot.shipped import TEMPLATES
from bot.state.store import open_store
from tests.desk.shelf import ACME, ANN, SEEN
from tests.loading import GOOD, write
from tests.state.samples import episode, judgement

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

NAMES = Templates([TEMPLATES]).names()
LANGUAGES = wording.Shelf([TEMPLATES]).languages()
OURS = re.compile(r"<@U02ADA>|<https://example\.my\.salesforce\.com/00[16]\|[^<>]*>")


@pytest.fixture(scope="module")
def templates() -> Templates:
    return Templates([TEMPLATES])


def test_every_template_that_ships_has_a_sample() -> None:
    assert set(NAMES) == set(SAMPLES)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", NAMES)
def test_every_case_of_a_template_reads_as_it_was_looked_at_and_slack_takes_it(
    name: str, language: str, templates: Templates, snapshot: Callable[[str, str], None]
) -> None:
    told = []
    for case, change in EDGES.items():
        made = shown(case, change(sample_of(name)), templates, Speech(language, "Europe/Berlin"))
        assert made.problems == ()
        for message in made.messages:
            told.append(f"=== {case}\n{message.summary}\n---\n{to_text(message)}\n")
            rest = OURS.sub("", json.dumps([to_blocks(message), message.summary], ensure_ascii=False))
            assert not re.search(r"<[!@#h]", re.sub(r'"type": "(?:plain_text|text)", "text": "[^"]*"', "", rest)), case
            assert "None" not in rest
    snapshot(f"{name}.{language}.txt", "\n".join(told))


@pytest.mark.parametrize("name", NAMES)
def test_a_name_reads_as_it_was_typed(name: str, templates: Templates) -> None:
    for case, typed in (("markup", MARKUP), ("long_names", LONG)):
        made = shown(case, EDGES[case](sample_of(name)), templates, Speech())
        text = to_text(made.messages[0]).translate(str.maketrans("\u2217\u223c\u02cb\u02cd", "*~`_"))
        if SAMPLES[name].rule.scope is not Scope.FLEET:  # it names nobody in its title
            assert typed[:30] in text, case


def test_a_template_of_the_users_own_is_shown_on_what_its_rule_is_about(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    for part, text in (("title", "{{ m.name }}"), ("body", "Text."), ("fallback", "{{ title }}")):
        (tmp_path / "mine" / f"{part}.j2").write_text(text, encoding="utf-8")
    about = rule("mine", "operations", "mine", Scope.SOURCE)
    made = shown("typical", sample_of("mine", (about,)), Templates([tmp_path, TEMPLATES]), Speech())
    assert to_text(made.messages[0]).startswith("posthog\n")
    assert about.mode is Mode.LIVE


def headroom(*args: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, ["preview", *args])
    return result.exit_code, result.stdout, result.stderr


@contextmanager
def nowhere(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.chdir(folder)
    monkeypatch.delenv("HEADROOM_CONFIG", raising=False)
    yield
    wording.use([TEMPLATES])


def test_the_command_shows_card_plain_text_and_block_kit_without_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with nowhere(tmp_path, monkeypatch):
        code, out, _ = headroom("churn_risk", "--edge", "no_owner")
    assert code == 0
    assert "Northwind Freight uses 41 % of its licences; renewal in 87 days" in out
    assert "plain text" in out
    assert '"type": "header"' in out


def test_the_command_gives_data_and_a_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with nowhere(tmp_path, monkeypatch):
        code, out, _ = headroom("upsell", "--edge", "all", "--language", "de", "--out", "p.html", "--json")
    data = json.loads(out)
    assert code == 0
    assert (data["template"], data["language"]) == ("upsell", "de")
    assert [case["case"] for case in data["cases"]] == list(EDGES)
    written = (tmp_path / "p.html").read_text(encoding="utf-8")
    assert written.count('<article class="upsell" lang="de">') == len(EDGES)


@pytest.mark.parametrize(
    ("args", "problem"),
    [
        (("churn_risc",), "there is no template 'churn_risc'; did you mean 'churn_risk'?"),
        (("upsell", "--edge", "long"), "--edge long: no such case; known: typical, "),
        (("upsell", "--language", "klingon"), "--language klingon: no such language"),
        (("upsell", "--account", "Acme"), "--account asks the state store that a settings file names"),
        (("upsell", "--config", "none.yaml"), "none.yaml: cannot be read"),
    ],
)
def test_what_cannot_be_shown_is_told(
    args: tuple[str, ...], problem: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with nowhere(tmp_path, monkeypatch):
        code, _, err = headroom(*args)
    assert code == 2
    assert problem in err


def test_all_faults_of_all_templates_are_told_with_file_and_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = tmp_path / "mine" / "upsell"
    mine.mkdir(parents=True)
    (mine / "title.j2").write_text("{{ nobody }}", encoding="utf-8")
    (mine / "body.j2").write_text("\n{% if %}", encoding="utf-8")
    write(tmp_path, f"{GOOD}templates: mine\n")
    with nowhere(tmp_path, monkeypatch):
        code, _, err = headroom("upsell")
    assert code == 2
    assert re.search(r"title\.j2:1: unknown variable 'nobody'", err)
    assert re.search(r"body\.j2:2: Expected an expression", err)


def test_a_template_that_breaks_in_one_case_is_told_and_the_others_are_shown(tmp_path: Path) -> None:
    (tmp_path / "upsell").mkdir()
    (tmp_path / "upsell" / "title.j2").write_text("One.\n{{ account.owner_name.upper() }}", encoding="utf-8")
    broken = Templates([tmp_path, TEMPLATES])
    good, bad = (shown(case, EDGES[case](sample_of("upsell")), broken, Speech()) for case in ("typical", "no_owner"))
    assert good.problems == ()
    assert bad.messages == ()
    assert re.search(r"title\.j2:2: ", bad.problems[0])


def test_the_page_of_all_cases_is_whole(templates: Templates) -> None:
    made = [shown(case, change(sample_of("renewal")), templates, Speech()) for case, change in EDGES.items()]
    written = page([(one.case, message) for one in made for message in one.messages])
    assert "<b>" not in re.sub(r"<b dir=\"auto\">", "", written)
    assert "evil.example|" not in written.replace("https://evil.example|Northwind", "")


def test_an_account_of_the_state_store_is_shown_with_its_open_alert(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path, GOOD + f"state: sqlite:///{tmp_path / 'state.db'}\n")
    firing = episode(ACME.account_id, "licence-underuse", evidence=(SEEN,), at_stake=100_000.0)
    with open_store(f"sqlite:///{tmp_path / 'state.db'}") as store:
        store.commit(judgement(accounts=(ACME,), people=(ANN,), episodes=(firing,)))
    with nowhere(tmp_path, monkeypatch):
        code, out, _ = headroom("churn_risk", "--account", "Acme & Sons", "--config", str(path), "--json")
        missing, _, err = headroom("churn_risk", "--account", "Akme", "--config", str(path))
        wrong, _, about = headroom("operations", "--account", "Acme & Sons", "--config", str(path))
    assert code == 0
    (message,) = json.loads(out)["cases"][0]["messages"]
    assert message["text"].startswith("Acme &amp; Sons uses ")
    assert "Ann Owner" in message["plain"]
    assert "rule licence-underuse" in message["plain"].lower()
    assert (missing, wrong) == (2, 2)
    assert "--account Akme: no such account; near it: Acme & Sons" in err
    assert "--account: template 'operations' is about each source" in about
