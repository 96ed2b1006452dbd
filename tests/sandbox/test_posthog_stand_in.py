from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest
import requests

from bot.sandbox.posthog import EVENTS, PostHogControl, posthog_app
from bot.sandbox.serve import serving

if TYPE_CHECKING:
    from collections.abc import Iterator

KEY = "phx_sandbox"
NOW = datetime(2026, 3, 3, 12, tzinfo=UTC)


def _event(moment: str, name: str, customer: str, user: str, **properties: object) -> dict[str, Any]:
    return {
        "timestamp": datetime.fromisoformat(moment).replace(tzinfo=UTC),
        "event": name,
        "distinct_id": user,
        "$group_0": customer,
        "properties": json.dumps({"$groups": {"company": customer}, **properties}),
    }


SMALL = [
    _event("2026-02-27T23:30", "session", "acme", "ann"),
    _event("2026-03-01T09:00", "session", "acme", "ann"),
    _event("2026-03-01T10:00", "session", "acme", "bob"),
    _event("2026-03-02T10:00", "api", "acme", "svc", quantity=2.5),
    _event("2026-03-02T11:00", "api", "zeta", "svc", quantity="many"),
]
MANY = [_event("2026-01-01T00:00", "tick", "bulk", f"u{number}") for number in range(150)]


class Server:
    def __init__(self, url: str, control: PostHogControl) -> None:
        self.url = f"{url}/api/projects/7/query/"
        self.control = control

    def post(self, hogql: str, key: str = KEY, **more: object) -> requests.Response:
        body = {"query": {"kind": "HogQLQuery", "query": hogql}, **more}
        return requests.post(self.url, json=body, headers={"Authorization": f"Bearer {key}"}, timeout=10)

    def rows(self, hogql: str) -> list[list[Any]]:
        answer = self.post(hogql)
        assert answer.status_code == 200, answer.text
        results: list[list[Any]] = answer.json()["results"]
        return results

    def get(self, path: str, key: str = KEY) -> requests.Response:
        return requests.get(f"{self.url}{path}", headers={"Authorization": f"Bearer {key}"}, timeout=10)


def _serve(events: list[dict[str, Any]], **options: Any) -> Iterator[Server]:  # noqa: ANN401 - whatever the app takes
    table = pa.Table.from_pylist(events, schema=EVENTS)
    app = posthog_app(table, api_key=KEY, project=7, now=lambda: NOW, **options)
    with serving(app) as url:
        yield Server(url, app.state.control)


@pytest.fixture(scope="module")
def shared() -> Iterator[Server]:
    yield from _serve(SMALL + MANY, limits={60.0: 100_000})


@pytest.fixture
def server(shared: Server) -> Server:
    """The server, without the faults of the test before."""
    fresh = PostHogControl()
    for name in PostHogControl.__dataclass_fields__:
        setattr(shared.control, name, getattr(fresh, name))
    return shared


def _refused(answer: requests.Response) -> tuple[int, str, str, str]:
    body = answer.json()
    assert body["attr"] is None
    return answer.status_code, body["type"], body["code"], body["detail"]


def test_count_is_the_number_of_events(server: Server) -> None:
    assert server.rows("SELECT event, count() FROM events GROUP BY event ORDER BY event") == [
        ["api", 2],
        ["session", 3],
        ["tick", 150],
    ]


def test_the_answer_has_posthogs_form(server: Server) -> None:
    answer = server.post(
        "select $group_0 as customer, toDate(timestamp) as day, count() from events "
        "where event = 'session' group by customer, day order by day limit 2"
    ).json()
    assert answer["results"] == [["acme", "2026-02-27", 1], ["acme", "2026-03-01", 2]]
    assert answer["columns"] == ["customer", "day", "count()"]
    assert answer["types"] == [["customer", "String"], ["day", "Date"], ["count()", "UInt64"]]
    assert answer["is_cached"] is False
    assert answer["query_status"] is None
    assert answer["error"] is None
    assert answer["hogql"].endswith("LIMIT 2")


def test_100_rows_come_without_a_limit_and_it_says_that_there_is_more(server: Server) -> None:
    answer = server.post("SELECT distinct_id FROM events").json()
    assert (len(answer["results"]), answer["limit"], answer["hasMore"]) == (100, 100, True)
    few = server.post("SELECT distinct_id FROM events WHERE event = 'api'").json()
    assert (len(few["results"]), few["hasMore"]) == (2, False)


def test_a_limit_of_ones_own_is_kept_and_nothing_said_of_more(server: Server) -> None:
    answer = server.post("SELECT distinct_id FROM events LIMIT 120").json()
    assert (len(answer["results"]), answer["hasMore"]) == (120, None)


def test_50000_rows_are_the_most() -> None:
    many = [_event("2026-01-01T00:00", "tick", "bulk", "u")] * 50_010
    for big in _serve(many):
        assert len(big.rows("SELECT event FROM events LIMIT 60000")) == 50_000


@pytest.mark.parametrize(
    ("hogql", "value"),
    [
        ("SELECT properties.quantity FROM events WHERE distinct_id = 'svc' AND $group_0 = 'acme'", "2.5"),
        ("SELECT properties.$groups.company FROM events WHERE event = 'api' ORDER BY timestamp", "acme"),
        ("SELECT properties.`$groups`.`company` FROM events WHERE event = 'api' ORDER BY timestamp", "acme"),
        ("SELECT group_0.key FROM events WHERE event = 'api' ORDER BY timestamp", "acme"),
        ("SELECT sum(toFloat(properties.quantity)) FROM events", 2.5),
        ("SELECT countIf(isNull(toFloat(properties.quantity))) FROM events WHERE event = 'api'", 1),
        ("SELECT uniq(distinct_id) FROM events WHERE event = 'session'", 2),
        ("SELECT count(DISTINCT person_id) FROM events WHERE event = 'session'", 2),
        ("SELECT sumIf(toFloat(properties.quantity), event = 'api') FROM events", 2.5),
        ("SELECT min(toDate(timestamp)) FROM events WHERE event != 'tick'", "2026-02-27"),
        ("SELECT ifNull(properties.nothing, 'none') FROM events", "none"),
        ("SELECT if(event = 'tick', 'yes', 'no') FROM events WHERE event = 'tick'", "yes"),
        ("SELECT count() FROM events WHERE timestamp >= toDateTime('2026-03-01 09:30:00')", 3),
        ("SELECT count() FROM events WHERE timestamp >= now() - INTERVAL 1 DAY - INTERVAL 1 HOUR", 1),
        ("SELECT min(toDate(toTimeZone(timestamp, 'Europe/Berlin'))) FROM events WHERE event = 'session'",
         "2026-02-28"),
        ("SELECT toStartOfMonth(timestamp) FROM events WHERE distinct_id = 'bob'", "2026-03-01"),
        ("SELECT count() FROM events WHERE $group_0 IN ('it\\'s', 'zeta')", 1),
        ("SELECT max(n) FROM (SELECT event AS name, count() AS n FROM events GROUP BY name)", 150),
        ("SELECT today()", "2026-03-03"),
    ],
)  # fmt: skip
def test_hogql_is_really_run(server: Server, hogql: str, value: object) -> None:
    assert server.rows(hogql)[0][0] == value


def test_pages_by_key_make_the_whole(server: Server) -> None:
    page = "SELECT distinct_id FROM events WHERE event = 'tick' GROUP BY distinct_id HAVING distinct_id > '{}' "
    found: list[str] = []
    while rows := server.rows(page.format(found[-1] if found else "") + "ORDER BY distinct_id LIMIT 40"):
        found += [row[0] for row in rows]
    assert found == sorted(f"u{number}" for number in range(150))


@pytest.mark.parametrize(
    ("hogql", "code", "words"),
    [
        ("SELEC event FROM events", "hogql_syntax_error", ""),
        ("SELECT event FROM events WHERE (", "hogql_syntax_error", ""),
        ("DROP TABLE events", "hogql_syntax_error", "one SELECT"),
        ("SELECT 1; SELECT 2", "hogql_syntax_error", "one SELECT"),
        ("SELECT 1 UNION ALL SELECT 2", "hogql_syntax_error", "one SELECT"),
        ("SELECT event FROM persons", "hogql_query_error", 'Unknown table "persons".'),
        ("SELECT nope FROM events", "hogql_query_error", "Unable to resolve field: nope"),
        ("SELECT toFlot(event) FROM events", "hogql_query_error",
         "Unsupported function call 'toFlot(...)'. Perhaps you meant 'toFloat(...)'?"),
        ("SELECT read_text('/etc/passwd') FROM events", "hogql_query_error", "Unsupported function call 'read_text"),
        ("SELECT read_csv('/etc/passwd') FROM events", "hogql_query_error", "Unsupported function call 'read_csv"),
        ("SELECT toDate() FROM events", "hogql_query_error", "expects 1 to 1 arguments, found 0"),
        ("SELECT event FROM events LIMIT 5 OFFSET 5", "hogql_query_error", "OFFSET is not supported"),
        ("SELECT event FROM events LIMIT 5, 5", "hogql_query_error", "OFFSET is not supported"),
        ("SELECT event FROM events AS a JOIN events AS b ON a.event = b.event", "hogql_query_error", "does not know"),
        ("SELECT event FROM events SETTINGS max_threads = 1", "hogql_query_error", "does not know"),
        ("SELECT event AS timestamp FROM events", "hogql_query_error", "also a field: timestamp"),
        ("SELECT event, count() FROM events", "clickhouse_error", "GROUP BY"),
    ],
)  # fmt: skip
def test_what_is_not_known_is_refused_as_posthog_does(server: Server, hogql: str, code: str, words: str) -> None:
    status, kind, found, detail = _refused(server.post(hogql))
    assert (status, kind, found) == (400, "validation_error", code)
    assert words in detail


def test_nobody_gets_in_without_the_key(server: Server) -> None:
    none = requests.post(server.url, json={}, timeout=10)
    assert _refused(none)[:3] == (401, "authentication_error", "not_authenticated")
    assert _refused(server.post("SELECT 1", key="phx_wrong"))[:3] == (
        401,
        "authentication_error",
        "authentication_failed",
    )


def test_a_key_needs_its_scope(server: Server) -> None:
    server.control.missing_scope = True
    assert _refused(server.post("SELECT 1")) == (
        403,
        "authentication_error",
        "permission_denied",
        "API key missing required scope 'query:read'",
    )


def test_another_project_is_not_found(server: Server) -> None:
    url = server.url.replace("/7/", "/8/")
    body = {"query": {"kind": "HogQLQuery", "query": "SELECT 1"}}
    answer = requests.post(url, json=body, headers={"Authorization": f"Bearer {KEY}"}, timeout=10)
    assert _refused(answer) == (404, "invalid_request", "not_found", "Project not found.")


@pytest.mark.parametrize("body", [b"{", b"[]", b"{}", b'{"query": {"kind": "TrendsQuery"}}'])
def test_a_body_that_holds_no_query_is_refused(server: Server, body: bytes) -> None:
    answer = requests.post(server.url, data=body, headers={"Authorization": f"Bearer {KEY}"}, timeout=10)
    assert _refused(answer)[:2] == (400, "validation_error")


def test_too_many_requests_are_told_when_to_come_back() -> None:
    moments = iter([100.0, 110.0, 110.0, 160.0])
    for server in _serve(SMALL, limits={60.0: 2}, clock=lambda: next(moments)):
        server.rows("SELECT 1")
        server.rows("SELECT 1")
        answer = server.post("SELECT 1")
        assert _refused(answer) == (
            429,
            "throttled_error",
            "throttled",
            "Request was throttled. Expected available in 50 seconds.",
        )
        assert answer.headers["Retry-After"] == "50"
        server.rows("SELECT 1")


def test_a_query_may_be_answered_later(server: Server) -> None:
    server.control.polls = 1
    begun = server.post("SELECT count() FROM events", refresh="force_async")
    assert begun.status_code == 202
    status = begun.json()["query_status"]
    assert (status["complete"], status["results"]) == (False, None)
    waiting, done = server.get(f"{status['id']}/"), server.get(f"{status['id']}/")
    assert (waiting.status_code, waiting.json()["query_status"]["complete"]) == (202, False)
    assert done.status_code == 200
    assert done.json()["query_status"]["results"]["results"] == [[155]]


def test_a_later_answer_may_be_an_error(server: Server) -> None:
    server.control.asynchronous, server.control.polls = True, 0
    query = server.post("SELECT nope FROM events").json()["query_status"]["id"]
    answer = server.get(query)
    assert answer.status_code == 400
    assert answer.json()["query_status"]["error_message"] == "Unable to resolve field: nope"


def test_an_unknown_query_is_not_found(server: Server) -> None:
    assert _refused(server.get("beef/"))[0] == 404


def test_faults_can_be_scripted(server: Server) -> None:
    server.control.down = True
    assert _refused(server.post("SELECT 1"))[:2] == (503, "server_error")
    server.control.down = False
    server.control.fail_next, server.control.retry_after = [429, 500], "3"
    assert server.post("SELECT 1").headers["Retry-After"] == "3"
    assert server.post("SELECT 1").status_code == 500
    server.control.heavy = lambda hogql: "events" in hogql
    assert _refused(server.post("SELECT count() FROM events"))[0] == 504
    assert server.rows("SELECT 1") == [[1]]
    assert [asked.hogql for asked in server.control.requests][-1] == "SELECT 1"


def test_slowness_can_be_scripted(server: Server) -> None:
    server.control.slow = 0.3
    with pytest.raises(requests.ReadTimeout):
        requests.post(server.url, json={}, timeout=0.1)


def test_days_are_those_of_the_projects_time_zone() -> None:
    for tokyo in _serve(SMALL, timezone="Asia/Tokyo"):
        day = "SELECT toDate(timestamp) FROM events WHERE distinct_id = 'ann' ORDER BY timestamp"
        assert tokyo.rows(day)[0] == ["2026-02-28"]
        since = "SELECT count() FROM events WHERE timestamp >= toDateTime('2026-03-02 19:30:00')"
        assert tokyo.rows(since) == [[1]]  # 10:30 in UTC
        moment = "SELECT timestamp FROM events WHERE distinct_id = 'bob'"
        assert tokyo.rows(moment) == [["2026-03-01T19:00:00+09:00"]]


def test_time_never_stands_before_the_newest_event() -> None:
    future = [_event("2999-01-01T00:00", "session", "acme", "ann")]
    for server in _serve(
        future,
    ):
        assert server.rows("SELECT count() FROM events WHERE timestamp <= now()") == [[0]]  # a clock was given
    app = posthog_app(pa.Table.from_pylist(future, schema=EVENTS), api_key=KEY, project=7)
    with serving(app) as url:
        assert Server(url, app.state.control).rows("SELECT count() FROM events WHERE timestamp <= now()") == [[1]]
