"""The stand-ins of Mixpanel, Amplitude and Pendo, asked as their vendors' documents say."""

from __future__ import annotations

import gzip
import io
import json
import zipfile
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import pytest
import requests

from bot.sandbox.amplitude import amplitude_app
from bot.sandbox.events import Event
from bot.sandbox.mixpanel import mixpanel_app
from bot.sandbox.pendo import identifier, pendo_app
from bot.sandbox.pendo.expressions import holds
from bot.sandbox.serve import serving
from bot.sandbox.vendor import RefusedError

if TYPE_CHECKING:
    from collections.abc import Iterator

NOW: Final = datetime(2026, 3, 10, 12, tzinfo=UTC)
EVENTS: Final = [
    Event("acme", "ann", "export", datetime(2026, 3, 1, 9, tzinfo=UTC), {"rows": 7}),
    Event("", "bob", "session", datetime(2026, 3, 2, 23, 30, tzinfo=UTC)),
    Event("zeta", "cy", "export", datetime(2026, 3, 3, 1, tzinfo=UTC), arrived=NOW + timedelta(days=1)),
]


@pytest.fixture(scope="module")
def urls() -> Iterator[dict[str, str]]:
    with ExitStack() as stack:
        apps = {
            "mixpanel": mixpanel_app(
                EVENTS, secret="s", project=1, service_account="robot", now=lambda: NOW, limits={1.0: 99}
            ),
            "amplitude": amplitude_app(EVENTS, api_key="k", secret_key="s", now=lambda: NOW),
            "pendo": pendo_app(EVENTS, key="k", timezone="Europe/Berlin", now=lambda: NOW),
        }
        yield {name: stack.enter_context(serving(app)) for name, app in apps.items()}


def mixpanel(urls: dict[str, str], **asked: object) -> requests.Response:
    query = {"from_date": "2026-03-01", "to_date": "2026-03-09", "project_id": 1} | asked
    auth = ("robot", "s")
    return requests.get(f"{urls['mixpanel']}/api/2.0/export", params=query, auth=auth, timeout=5)  # type: ignore[arg-type] # texts and numbers


def amplitude(urls: dict[str, str], start: str, end: str, secret: str = "s") -> requests.Response:
    asked = {"start": start, "end": end}
    return requests.get(f"{urls['amplitude']}/api/2/export", params=asked, auth=("k", secret), timeout=5)


def pendo(urls: dict[str, str], *steps: dict[str, Any], key: str = "k") -> requests.Response:
    body = {"response": {"mimeType": "application/json"}, "request": {"pipeline": list(steps)}}
    headers = {"x-pendo-integration-key": key}
    return requests.post(f"{urls['pendo']}/api/v1/aggregation", json=body, headers=headers, timeout=5)


def test_mixpanel_exports_a_line_an_event_of_the_days(urls: dict[str, str]) -> None:
    told = [json.loads(line) for line in mixpanel(urls).text.splitlines()]
    assert told[0] == {
        "event": "export",
        "properties": {
            "time": 1772355600,
            "distinct_id": "ann",
            "$insert_id": "event-000000000000",
            "mp_processing_time_ms": 1772355600000,
            "company": ["acme"],
            "rows": 7,
        },
    }
    assert [line["event"] for line in told] == ["export", "session"]  # the third one has not arrived
    assert "company" not in told[1]["properties"]


def test_mixpanel_filters_by_day_event_and_limit(urls: dict[str, str]) -> None:
    assert mixpanel(urls, to_date="2026-03-01").text.count("\n") == 1
    assert mixpanel(urls, event='["session"]').text.count("\n") == 1
    assert mixpanel(urls, limit=1).text.count("\n") == 1
    assert mixpanel(urls, from_date="2026-03-05").text == ""


@pytest.mark.parametrize(
    ("asked", "status", "words"),
    [
        ({"to_date": "2026-03-11"}, 400, "to_date cannot be later than today"),
        ({"from_date": "soon"}, 400, "from_date is missing or invalid"),
        ({"limit": 100_001}, 400, "limit must be between"),
        ({"event": "export"}, 400, "event must be a JSON array"),
        ({"where": "true"}, 400, "does not know: where"),
        ({"project_id": 2}, 403, "Unauthorized"),
    ],
)
def test_mixpanel_says_what_is_wrong(urls: dict[str, str], asked: dict[str, Any], status: int, words: str) -> None:
    answer = mixpanel(urls, **asked)
    assert (answer.status_code, words in answer.json()["error"]) == (status, True)


def test_mixpanel_allows_three_exports_a_second() -> None:
    with serving(mixpanel_app(EVENTS, secret="s", project=1, now=lambda: NOW, clock=lambda: 0.0)) as url:
        asked = {"from_date": "2026-03-01", "to_date": "2026-03-02"}
        answers = [requests.get(f"{url}/api/2.0/export", params=asked, auth=("s", ""), timeout=5) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert answers[3].headers["Retry-After"] == "1"


def test_mixpanel_packs_what_is_long() -> None:
    with serving(mixpanel_app(EVENTS[:1] * 20, secret="s", project=1, now=lambda: NOW)) as url:
        asked = {"from_date": "2026-03-01", "to_date": "2026-03-02"}
        answer = requests.get(f"{url}/api/2.0/export", params=asked, auth=("s", ""), timeout=5, stream=True)
        packed = answer.raw.read(decode_content=False)
    assert answer.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed).count(b"\n") == 20


def test_amplitude_exports_a_zip_of_packed_files_by_hour(urls: dict[str, str]) -> None:
    answer = amplitude(urls, "20260301T00", "20260302T23")
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.namelist() == ["100001/100001_2026-03-01_9#0.json.gz", "100001/100001_2026-03-02_23#0.json.gz"]
        told = json.loads(gzip.decompress(archive.read(archive.namelist()[0])))
    assert told["event_type"] == "export"
    assert told["event_time"] == told["server_upload_time"] == "2026-03-01 09:00:00.000000"
    assert (told["groups"], told["event_properties"], told["user_id"]) == ({"company": ["acme"]}, {"rows": 7}, "ann")


@pytest.mark.parametrize(
    ("start", "end", "secret", "status"),
    [
        ("20260304T00", "20260304T23", "s", 404),
        ("20260303T00", "20260303T23", "s", 404),  # it has not arrived
        ("20260301", "20260301T23", "s", 400),
        ("20260302T00", "20260301T00", "s", 400),
        ("20250101T00", "20260301T00", "s", 400),
        ("20260301T00", "20260301T23", "other", 401),
    ],
)
def test_amplitude_says_no(urls: dict[str, str], start: str, end: str, secret: str, status: int) -> None:
    assert amplitude(urls, start, end, secret).status_code == status


def test_amplitude_holds_an_hour_back_for_two_hours_after_its_end() -> None:
    clock = [datetime(2026, 3, 1, 11, 59, tzinfo=UTC)]
    with serving(amplitude_app(EVENTS, api_key="k", secret_key="s", now=lambda: clock[0])) as url:
        assert amplitude({"amplitude": url}, "20260301T09", "20260301T09").status_code == 404
        clock[0] = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
        assert amplitude({"amplitude": url}, "20260301T09", "20260301T09").status_code == 200


SERIES: Final = {"period": "dayRange", "first": "date(2026, 3, 1)", "count": 9}


def test_pendo_counts_by_day_of_the_subscription(urls: dict[str, str]) -> None:
    source = {"source": {"trackEvents": {"appId": 'expandAppIds("*")'}, "timeSeries": SERIES}}
    rows = pendo(urls, source).json()["results"]
    assert rows[0] == {
        "day": 1772319600000,  # midnight in Berlin
        "visitorId": "ann",
        "accountId": "acme",
        "numEvents": 1,
        "numMinutes": 1,
        "trackTypeId": "export",
        "properties": {"rows": 7},
    }
    assert rows[1]["day"] == 1772492400000  # the 3rd there, at 23:30 of the 2nd in UTC


def test_pendo_runs_the_steps_in_their_order(urls: dict[str, str]) -> None:
    answer = pendo(
        urls,
        {"source": {"events": None, "timeSeries": SERIES}},
        {"filter": 'visitorId != "bob" || accountId == ""'},
        {"select": {"who": "accountId", "n": "numEvents"}},
        {"group": {"group": ["who"], "fields": {"total": {"sum": "n"}}}},
        {"sort": ["who"]},
        {"limit": 1},
    )
    assert answer.json()["results"] == [{"who": "", "total": 1}]


def test_pendo_answers_null_where_there_is_nothing(urls: dict[str, str]) -> None:
    answer = pendo(urls, {"source": {"pageEvents": None, "timeSeries": SERIES}})
    assert answer.json()["results"] is None


@pytest.mark.parametrize(
    ("step", "words"),
    [
        ({"source": {"guides": None, "timeSeries": SERIES}}, "source: guides"),
        ({"source": {"events": None}}, "timeSeries"),
        ({"source": {"events": None, "timeSeries": SERIES | {"first": "yesterday"}}}, "Cannot parse expression"),
    ],
)
def test_pendo_refuses_what_it_does_not_know(urls: dict[str, str], step: dict[str, Any], words: str) -> None:
    answer = pendo(urls, step)
    assert (answer.status_code, words in answer.json()["error"]) == (400, True)


def test_pendo_wants_its_key(urls: dict[str, str]) -> None:
    assert pendo(urls, {"source": {"events": None, "timeSeries": SERIES}}, key="other").status_code == 403


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ('a == "x" && n > 1', True),
        ('a == "x" && n > 2', False),
        ('a == "y" || (n >= 2 && !(a != "x"))', True),
        ('missing >= "a" || missing < 1', False),
        ('missing != ""', True),
        ("n < 10 && o.p == 5", True),
        ('q == "\\"\\\\"', True),
    ],
)
def test_expressions_are_those_of_c(text: str, result: bool) -> None:
    assert holds(text, {"a": "x", "n": 2, "o": {"p": 5}, "q": '"\\'}) is result


@pytest.mark.parametrize("text", ["a ==", "a = 1", "(a", "a b", '"open', "&& a", "a == 'x'"])
def test_what_is_no_expression_is_refused(text: str) -> None:
    with pytest.raises(RefusedError, match="Cannot parse filter expression"):
        holds(text, {})


def test_events_are_named_by_kind_and_id() -> None:
    assert identifier("app session") == "track:app_session"
    assert identifier("page:home") == "page:home"
