"""`docs/writeback.md` says what the code does: metrics, words of a subject, codes, names of what is kept."""

from __future__ import annotations

from typing import Final

import yaml

from bot.core.metrics import ACCOUNT_METRICS, Unit
from bot.measures import MEASURES
from bot.writeback import TASKS, WRITEBACK
from connectors.salesforce.writing import comparing
from connectors.salesforce.writing.settings import SUBJECT_WORDS, TaskSettings, Writeback
from connectors.salesforce.writing.targets import KEY_LENGTH
from tests.documents.markdown import DOCS, blocks, codes, rows, section

PAGE: Final = DOCS["writeback.md"]


def test_the_fields_of_the_example_are_those_of_the_settings_and_their_metrics_exist() -> None:
    (text,) = blocks(PAGE, "yaml")
    given = Writeback.model_validate(yaml.safe_load(text)["sources"][0]["writeback"])
    fields = rows(section("writeback.md", "1. Fields of your org"))[:5]
    assert {codes(row[0])[0]: codes(row[2])[0] for row in fields} == given.account_fields
    assert set(given.account_fields.values()) <= MEASURES.keys()
    assert given.task is not None
    assert given.task.subject == TaskSettings(external_id="Id__c").subject


def test_every_unit_of_a_metric_has_a_field_that_takes_it() -> None:
    described = {
        unit for row in rows(section("writeback.md", "1. Fields of your org"))[5:] for unit in row[0].split(", ")
    }
    assert described == {str(unit) for unit in Unit}
    assert {str(metric.unit) for metric in ACCOUNT_METRICS.values()} <= described


def test_every_word_of_a_subject_is_named() -> None:
    assert {f"{{{word}}}" for word in SUBJECT_WORDS} <= set(codes(section("writeback.md", "Tasks")))


def test_every_code_of_our_own_is_described_and_so_is_where_refused_rows_are() -> None:
    text = section("writeback.md", "What is kept")
    described = {code for row in rows(text) for code in codes(row[0])}
    assert {comparing.NOT_AN_ID, comparing.NOT_FOUND, comparing.CURRENCY_DIFFERS} <= described
    assert f"source=NAME-{WRITEBACK}/" in text
    assert f"`NAME-{TASKS}`" in text


def test_an_alerts_id_fits_the_field_that_the_page_wants() -> None:
    assert f"at least {KEY_LENGTH}\ncharacters" in PAGE
