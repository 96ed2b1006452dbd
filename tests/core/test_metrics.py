from __future__ import annotations

import re

import pytest

from bot.core.metrics import ACCOUNT_METRICS, METRICS, SOURCE_METRICS, Metric
from bot.core.verdicts import Scope

ALL = [*ACCOUNT_METRICS.items(), *SOURCE_METRICS.items()]


@pytest.mark.parametrize(("name", "metric"), ALL)
def test_a_metric_is_named_and_described_in_words(name: str, metric: Metric) -> None:
    assert metric.name == name
    assert re.fullmatch(r"[a-z][a-z0-9_]*", name)
    assert metric.label and metric.formula and metric.unknown  # noqa: PT018  # one thing: nothing is left blank


def test_each_scope_has_its_catalogue() -> None:
    assert set(METRICS) == set(Scope)


def test_labels_are_told_apart() -> None:
    for catalogue in METRICS.values():
        labels = [metric.label for metric in catalogue.values()]
        assert len(labels) == len(set(labels))
