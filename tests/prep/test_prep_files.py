"""`headroom prep`: in the terminal, as data, and as a file; and the settings behind it."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from bot.app import open_house
from bot.core.brief.policy import PrepPolicy
from bot.desk.asking import Asker, Question
from bot.errors import SettingsError
from bot.front import make_commands
from bot.load import load_all
from bot.messages.speech import ENGLISH
from bot.prep.cli import show_prep
from bot.preparing import make_briefs, preparation
from bot.state.rows import Judgement
from bot.state.store import open_store
from tests.core.brief.making_briefs import course
from tests.prep.conftest import AS_OF, NOW, PEOPLE, view

if TYPE_CHECKING:
    from pathlib import Path

    from bot.load import Loaded

RULES = "- {name: unhappy, kind: churn_risk, when: nps < 5, severity: low, to: ['#cs-risk'], template: churn_risk}\n"
SETTINGS: dict[str, Any] = {
    "company": "Ours",
    "rules": "rules.yaml",
    "sources": [
        {
            "name": "crm",
            "type": "files",
            "files": [{"path": "a.csv", "tables": {"accounts": {"account_id": "Id", "name": "Name"}}}],
        }
    ],
    "deliver": {"directory": "out"},
}


def loaded_from(folder: Path, **prep: Any) -> Loaded:  # noqa: ANN401 - keys of the settings
    (folder / "rules.yaml").write_text(RULES)
    (folder / "a.csv").write_text("Id,Name\n")
    settings = SETTINGS | {"data": str(folder / "data")} | ({"prep": prep} if prep else {})
    (folder / "headroom.yaml").write_text(yaml.safe_dump(settings))
    return load_all(folder / "headroom.yaml")


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Loaded:
    """Settings, and a state store with one account."""
    made = loaded_from(tmp_path_factory.mktemp("prep"))
    with open_store(made.settings.state_url()) as store:
        acme = replace(view(90, owner_id="005A", csm_id="005C"), name="Söhne & Co")
        store.commit(Judgement(AS_OF, NOW, (acme,), PEOPLE, (), (), (), ()))
    return made


def test_the_terminal_shows_the_card_and_all_parts(loaded: Loaded, capsys: pytest.CaptureFixture[str]) -> None:
    assert show_prep(loaded, "Söhne & Co", None, as_json=False)
    said = capsys.readouterr().out
    for told in ("Söhne & Co: renewal brief", "Dates and terms", "Quantity to propose", "What is not known"):
        assert told in said


def test_as_data_it_is_one_object(loaded: Loaded, capsys: pytest.CaptureFixture[str]) -> None:
    assert show_prep(loaded, "001A", None, as_json=True)
    found = json.loads(capsys.readouterr().out)
    assert (found["account"], found["days_left"], found["csm"]) == ("Söhne & Co", 90, "Bo Diddley")
    assert found["quantities"][0]["unsized"] == "no history"


@pytest.mark.parametrize(("name", "begins"), [("brief.md", "# Söhne & Co"), ("BRIEF.HTML", "<!doctype html>")])
def test_it_can_be_written_to_a_file(loaded: Loaded, tmp_path: Path, name: str, begins: str) -> None:
    assert show_prep(loaded, "001A", tmp_path / name, as_json=False)
    assert (tmp_path / name).read_text(encoding="utf-8").startswith(begins)


def test_with_data_the_file_is_named(loaded: Loaded, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    show_prep(loaded, "001A", tmp_path / "b.md", as_json=True)
    assert json.loads(capsys.readouterr().out)["file"] == str(tmp_path / "b.md")


def test_a_file_that_is_neither_is_refused_before_anything_is_made(loaded: Loaded, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"--out.*wanted a file that ends in \.md or \.html"):
        show_prep(loaded, "001A", tmp_path / "brief.pdf", as_json=False)
    with pytest.raises(SettingsError, match="cannot be written"):
        show_prep(loaded, "001A", tmp_path / "nowhere" / "brief.md", as_json=False)


def test_an_unknown_account_gets_the_nearest(loaded: Loaded, capsys: pytest.CaptureFixture[str]) -> None:
    assert not show_prep(loaded, "Sohne", None, as_json=False)
    assert "Söhne & Co" in capsys.readouterr().out


def test_a_brief_has_the_quantity_and_the_chart_where_the_daily_use_is_known(loaded: Loaded) -> None:
    with open_store(loaded.settings.state_url()) as store:
        made = make_briefs(store, loaded)
        found = store.account("001A")
        assert found is not None
        prepared = made.made(found, [course([20.0] * 300)], ENGLISH)
    assert prepared.brief.sizes[0].recommended is not None
    chart = prepared.document.section("utilization").chart
    assert chart is not None
    assert "Söhne & Co" in chart.alt


def test_what_the_settings_say_is_what_briefs_are_made_by(tmp_path: Path) -> None:
    loaded = loaded_from(
        tmp_path, stages=[45, 100], service_level=0.95, overage={"API*": 1.5}, plays={"upsell": "Call."}
    )
    policy = loaded.settings.prep.policy()
    assert policy == PrepPolicy(stages=(100, 45), service_level=0.95, overage={"API*": 1.5}, plays={"upsell": "Call."})
    assert policy.overage_times("api calls") == 1.5
    assert policy.overage_times("Seats") is None


def test_without_settings_the_usual_thresholds_hold(loaded: Loaded) -> None:
    assert loaded.settings.prep.policy() == PrepPolicy()
    assert loaded.settings.prep.post


@pytest.mark.parametrize(
    ("prep", "fault"),
    [
        ({"service_level": 1}, "service_level"),
        ({"service_level": True}, "service_level"),
        ({"stages": [0]}, "stages"),
        ({"stages": [30, 30]}, "stages"),
        ({"least_days": 7}, "least_days"),
        ({"overage": {"x": 0}}, "overage"),
        ({"high_discount": 2}, "high_discount"),
        ({"red": 1}, "red"),
    ],
)
def test_what_makes_no_sense_is_a_fault_with_its_key(tmp_path: Path, prep: dict[str, Any], fault: str) -> None:
    with pytest.raises(SettingsError, match=fault):
        loaded_from(tmp_path, **prep)


def test_the_job_is_put_together_from_the_settings(loaded: Loaded) -> None:
    with open_house(loaded) as house:
        job = preparation(house, loaded)
        assert [(one.view.account_id, one.stage) for one in job.due(AS_OF)] == [("001A", 90)]


def test_it_is_one_of_the_words_that_can_be_typed(loaded: Loaded) -> None:
    with open_store(loaded.settings.state_url()) as store:
        answer = make_commands(store, loaded).answer(Question("prep Söhne & Co", Asker(), "headroom", NOW))
    assert answer.found
    assert answer.data["days_left"] == 90
    assert answer.message.summary.startswith("Söhne &amp; Co: renewal brief")
