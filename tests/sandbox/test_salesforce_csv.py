from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.sandbox.salesforce_csv import Sheet
from bot.sandbox.salesforce_org import Org
from bot.sandbox.salesforce_query import run
from bot.sandbox.soql import parse
from tests.sandbox.salesforce_server import ACME, RECORDS, Stage, staged

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    with staged() as one:
        yield one


def test_values_are_written_as_bulk_writes_them(stage: Stage) -> None:
    records = {
        **RECORDS,
        "Thing__c": [
            {"Id": "a00000000000001AAA", "Name": 'Say "hi",\r\nthen\nleave', "Live__c": True, "Amount__c": 12}
            | {"Count__c": 3, "On__c": "2026-01-31", "At__c": "2026-01-31T12:00:00.000+0000", "Boss__c": ACME},
            {"Id": "a00000000000002AAA", "Name": "Ünï;cødé", "Live__c": False, "Amount__c": 12345678.5}
            | {"Count__c": None, "On__c": None, "At__c": None, "Boss__c": None},
        ],
    }
    server = stage.show(records, types={"Thing__c": {"Amount__c": "currency"}})
    job = server.job(
        "SELECT Name, Live__c, Amount__c, Count__c, On__c, At__c, boss__r.name, Boss__r.CreatedDate FROM Thing__c"
    )
    answer = server.get(f"jobs/query/{job}/results")
    assert answer.content.decode() == (
        '"Name","Live__c","Amount__c","Count__c","On__c","At__c","Boss__r.Name","Boss__r.CreatedDate"\n'
        '"Say ""hi"",\r\nthen\nleave","true","12.0","3","2026-01-31","2026-01-31T12:00:00.000Z","Acme",'
        '"2020-01-01T00:00:00.000Z"\n'
        '"Ünï;cødé","false","1.23456785E7","","","","",""\n'
    )
    job = server.job("SELECT Name, Live__c FROM Thing__c LIMIT 1", columnDelimiter="SEMICOLON", lineEnding="CRLF")
    answer = server.get(f"jobs/query/{job}/results")
    assert answer.content == b'"Name";"Live__c"\r\n"Say ""hi"",\r\nthen\nleave";"true"\r\n'


@given(
    st.lists(
        st.tuples(
            st.none() | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), min_size=1),
            st.none() | st.floats(allow_nan=False, allow_infinity=False),
        ),
        max_size=4,
    )
)
@settings(max_examples=60, deadline=None)
def test_every_text_and_number_comes_back_from_the_csv(values: list[tuple[str | None, float | None]]) -> None:
    records = [{"Id": f"001{n:012d}AAA", "Name": text, "Size": size} for n, (text, size) in enumerate(values)]
    org = Org({"Account": records}, {"Account": {"Name": "string", "Size": "double"}})
    sheet = Sheet(run(parse("SELECT Name, Size FROM Account"), org), ",", "\n")
    written = sheet.page(0, sheet.total, packed=False).decode()
    header, *rows = csv.reader(io.StringIO(written, newline=""))
    assert header == ["Name", "Size"]
    assert [(text or None, float(size) if size else None) for text, size in rows] == values


@pytest.mark.parametrize(
    ("number", "written"),
    [
        (0, "0.0"),
        (12, "12.0"),
        (0.001, "0.001"),
        (0.0005, "5.0E-4"),
        (9999999.99, "9999999.99"),
        (10000000, "1.0E7"),
        (-350000000, "-3.5E8"),
        (123456789.12, "1.2345678912E8"),
    ],
)
def test_a_number_is_written_as_java_writes_it(number: float, written: str) -> None:
    org = Org({"Account": [{"Id": ACME, "Size": number}]}, {"Account": {"Size": "double"}})
    sheet = Sheet(run(parse("SELECT Size FROM Account"), org), ",", "\n")
    assert sheet.page(0, 1, packed=False).decode() == f'"Size"\n"{written}"\n'
