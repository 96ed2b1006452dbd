"""The settings of health: what they make, and every fault in them at once with its place and mend."""

from __future__ import annotations

from typing import TYPE_CHECKING

import yaml

from bot.core.scoring.health import explain
from bot.core.scoring.model import Factor, Input, Stage
from bot.core.scoring.shipped import SHIPPED
from bot.load import load_all
from bot.settings import HealthSettings
from tests.documents.markdown import after, blocks, codes, rows, section
from tests.loading import GOOD, QUICK, faults, write

if TYPE_CHECKING:
    from pathlib import Path

OWN = """\
health:
  minimum_coverage: 0.4
  factors:
    - name: usage
      weight: 3
      inputs:
        - {metric: cus, curve: [[0, 0], [100, 100]]}
    - name: said and done
      weight: 1.5
      inputs:
        - {metric: nps, curve: [[-100, 0], [0, 50], [100, 100]], weight: 2}
        - {metric: auto_renew, curve: [[0, 20], [1, 80]]}
  bands:
    - {from_day: 0, yellow_from: 30, green_from: 60}
"""
WRONG = """\
health:
  minimum_coverage: 1.5
  factors:
    - name: usage
      weight: 0
      inputs:
        - {metric: licence_utilisation, curve: [[0, 0], [0.5, 140]]}
        - {metric: peak_line, curve: [[0, 0]]}
        - {metric: health, curve: [[0, 0], [1, 100], [1, 50]]}
    - name: usage
      weight: heavy
      inputs: []
    - name: Reviews!
      weight: 1
      inputs:
        - {metric: cus, curve: [[0, 0], [1, 100]], weight: -1}
        - {metric: cus, curve: [[0, 0], [1, 100]], wait: 1}
  bands:
    - {from_day: 90, yellow_from: 70, green_from: 40}
    - {from_day: 30, yellow_from: -1, green_from: 40}
"""


def quick(folder: Path, text: str) -> Path:
    (folder / "rules.yaml").write_text("[]\n")
    return write(folder, QUICK + text)


def test_without_settings_health_is_what_ships(tmp_path: Path) -> None:
    assert load_all(write(tmp_path, GOOD)).settings.health.model() == SHIPPED


def test_factors_curves_weights_and_bands_come_from_the_settings() -> None:
    model = HealthSettings.model_validate(yaml.safe_load(OWN)["health"]).model()
    assert model.minimum_coverage == 0.4
    assert model.stages == (Stage(0, 30, 60),)
    assert model.factors == (
        Factor("usage", 3, (Input("cus", ((0, 0), (100, 100))),)),
        Factor(
            "said and done",
            1.5,
            (Input("nps", ((-100, 0), (0, 50), (100, 100)), 2), Input("auto_renew", ((0, 20), (1, 80)))),
        ),
    )


def test_what_the_settings_leave_out_is_as_it_ships() -> None:
    model = HealthSettings.model_validate({"bands": [{"from_day": 0, "yellow_from": 1, "green_from": 2}]}).model()
    assert (model.factors, model.minimum_coverage) == (SHIPPED.factors, SHIPPED.minimum_coverage)
    assert model.stages != SHIPPED.stages


def test_all_faults_of_meaning_and_of_form_are_told_at_once(tmp_path: Path) -> None:
    said = faults(quick(tmp_path, WRONG))
    wanted = [
        "12:21: health.minimum_coverage: wanted a share of 0 to 1, like 0.5 (here: 1.5)",
        "15:15: health.factors.0.weight: must be more than 0 (here: 0); leave out what is to weigh nothing",
        (
            "17:20: health.factors.0.inputs.0.metric: unknown metric 'licence_utilisation'; "
            "did you mean 'licence_utilization'?"
        ),
        "17:57: health.factors.0.inputs.0.curve.1: a score lies between 0 and 100 (here: 140)",
        "18:20: health.factors.0.inputs.1.metric: 'peak_line' is a text; a curve wants a number or a flag",
        "18:31: health.factors.0.inputs.1.curve: wanted at least 2 points, like [[0, 0], [1, 100]] (here: 1)",
        "19:20: health.factors.0.inputs.2.metric: 'health' comes out of health and cannot go into it",
        "19:54: health.factors.0.inputs.2.curve.2: values must rise from point to point; 1 follows 1",
        "20:13: health.factors.1.name: 'usage' stands twice; keep one of them",
        "21:15: health.factors.1.weight: wanted a number (here: 'heavy')",
        "22:7: health.factors.1.inputs: names no metric; a factor wants at least one",
        (
            "23:13: health.factors.2.name: does not have the right form; "
            "wanted: small letters, digits, spaces, '-' and '_' (here: 'Reviews!')"
        ),
        ("26:60: health.factors.2.inputs.0.weight: must be more than 0 (here: -1); leave out what is to weigh nothing"),
        "27:20: health.factors.2.inputs.1.metric: 'cus' stands twice; keep one of them",
        "27:58: health.factors.2.inputs.1.wait: unknown key; did you mean 'weight'?",
        "29:51: health.bands.0.green_from: green begins above yellow; 40 is not more than 70",
        "30:18: health.bands.1.from_day: bands go by age, the youngest first; 30 follows 90",
        "30:35: health.bands.1.yellow_from: health lies between 0 and 100 (here: -1)",
    ]
    assert [text.removeprefix("headroom.yaml:") for text in said] == wanted


def test_an_empty_list_of_factors_is_refused(tmp_path: Path) -> None:
    (said,) = faults(quick(tmp_path, "health: {factors: []}\n"))
    assert "health.factors: names no factor; leave the key out for those that ship" in said


def test_what_has_another_form_is_told_as_such_and_nothing_else(tmp_path: Path) -> None:
    for text in ("health: none\n", "health: {factors: usage}\n", "health: {bands: [{from_day: x}, 3]}\n"):
        assert all("wanted" in one or "missing" in one for one in faults(quick(tmp_path, text)))
    (said,) = faults(
        quick(tmp_path, "health: {factors: [{name: a, weight: 1, inputs: [{metric: cus, curve: [[1, 2, 3], [4]]}]}]}\n")
    )[:1]
    assert "health.factors.0.inputs.0.curve" in said


# the document


def test_the_document_shows_what_ships() -> None:
    shown = yaml.safe_load(after("health.md", "shipped", "yaml"))
    assert HealthSettings.model_validate(shown["health"]).model() == SHIPPED


def test_the_document_gives_a_reason_for_each_curve() -> None:
    reasons = [name for row in rows(section("health.md", "What ships")) for name in codes(row[0])]
    assert sorted(reasons) == sorted(put.metric for factor in SHIPPED.factors for put in factor.inputs)


def test_the_example_of_the_document_is_computed() -> None:
    metrics = {
        "cus": 60.0, "trend_size": -0.08, "licence_utilization": 0.58, "expansions": 1, "contractions": 0,
        "days_to_deadline": 75, "auto_renew": True,
    }  # fmt: skip
    said = explain(metrics, SHIPPED)
    shown = [
        [one.factor, f"{one.score:.1f}", f"{one.weight * 100:.1f} %", f"{one.contribution:.1f}"]
        if one.score is not None and one.weight is not None and one.contribution is not None
        else [one.factor, "", "", ""]
        for one in said
    ]
    total = sum(one.contribution or 0 for one in said)
    assert rows(section("health.md", "An example")) == [*shown, ["**health**", "", "100 %", f"**{total:.1f}**"]]


def test_the_faults_of_the_document_are_those_that_are_told(tmp_path: Path) -> None:
    said = faults(write(tmp_path, after("health.md", "faulty: headroom.yaml", "yml")))
    assert said == blocks(section("health.md", "Faults"), "text")[0].splitlines()
