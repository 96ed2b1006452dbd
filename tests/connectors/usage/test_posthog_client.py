from __future__ import annotations

import socket
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING

import pytest
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response

from connectors.base import SourceError, SourceSettingsError
from connectors.usage.pace import Pace
from connectors.usage.posthog.client import PostHogClient, QueryTooHeavyError
from connectors.usage.posthog.settings import Settings
from tests.connectors.usage.making import KEY, USERS, PostHog, Switchboard, Time, event

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from starlette.requests import Request

QUERY = "SELECT count() AS n FROM events LIMIT 1"
EVENTS = (event("2026-03-01T10:00", "session"), event("2026-03-02T10:00", "session"))


@pytest.fixture
def posthog(serve: Callable[..., PostHog]) -> PostHog:
    return serve(*EVENTS)


def _client(posthog: PostHog, **changes: object) -> PostHogClient:
    return PostHogClient("usage", posthog.settings(USERS, **changes), posthog.time.patience())


def _client_of(url: str, time: Time) -> PostHogClient:
    given = {"host": url, "project": 1, "api_key": {"env": "POSTHOG_TEST_KEY"}, "meters": [USERS]}
    return PostHogClient("usage", Settings.model_validate(given), time.patience())


def test_rows_come_back_by_column_name(posthog: PostHog) -> None:
    client = _client(posthog)
    assert client.ask(QUERY).rows == [{"n": 2}]
    assert client.calls == 1
    assert posthog.control.requests[0].refresh == "force_blocking"


def test_an_answer_that_is_not_ready_is_polled_for(posthog: PostHog) -> None:
    posthog.control.asynchronous, posthog.control.polls = True, 3
    client = _client(posthog)
    assert client.ask(QUERY).rows == [{"n": 2}]
    assert [asked.method for asked in posthog.control.requests] == ["POST", "GET", "GET", "GET", "GET"]
    assert posthog.time.naps == [0.25, 0.5, 1.0, 2.0]


def test_a_query_that_fails_while_polled_says_why(posthog: PostHog) -> None:
    posthog.control.asynchronous = True
    with pytest.raises(SourceError, match="Unable to resolve field: nope"):
        _client(posthog).ask("SELECT nope FROM events LIMIT 1")


def test_polling_ends_when_posthog_has_forgotten_the_answer(posthog: PostHog) -> None:
    posthog.control.asynchronous, posthog.control.polls = True, 10_000
    with pytest.raises(QueryTooHeavyError, match="not done after 600 seconds"):
        _client(posthog).ask(QUERY)


def test_retry_after_is_waited_for(posthog: PostHog) -> None:
    posthog.control.fail_next, posthog.control.retry_after = [429], "17"
    client = _client(posthog)
    assert client.ask(QUERY).rows == [{"n": 2}]
    assert posthog.time.naps == [18.0]  # and a second of jitter
    assert client.calls == 2


def test_retry_after_may_be_a_date(posthog: PostHog) -> None:
    moment = format_datetime(datetime.now(UTC) + timedelta(seconds=40), usegmt=True)
    posthog.control.fail_next, posthog.control.retry_after = [429], moment
    _client(posthog).ask(QUERY)
    assert posthog.time.naps == [pytest.approx(41, abs=3)]


def test_a_wait_beyond_the_hour_is_not_waited_for(posthog: PostHog) -> None:
    posthog.control.fail_next, posthog.control.retry_after = [429], "90000"
    with pytest.raises(SourceError, match="asks to wait 90000 seconds; read again later"):
        _client(posthog).ask(QUERY)
    assert posthog.time.naps == []


def test_a_server_in_trouble_is_asked_again_with_growing_pauses(posthog: PostHog) -> None:
    posthog.control.fail_next = [500, 502, 503]
    assert _client(posthog).ask(QUERY).rows == [{"n": 2}]
    assert posthog.time.naps == [2.0, 4.0, 8.0]


def test_a_server_that_stays_down_is_given_up_with_its_own_words(posthog: PostHog) -> None:
    posthog.control.down = True
    with pytest.raises(SourceError, match=r"503: Queries are a little too busy.*gave up after 6 attempts") as caught:
        _client(posthog).ask(QUERY)
    assert not isinstance(caught.value, SourceSettingsError)
    assert len(posthog.control.requests) == 6


def test_nobody_at_the_address_is_said_so() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    time = Time()
    with pytest.raises(SourceError, match=rf"no answer from http://127.0.0.1:{port}.*try again later"):
        _client_of(f"http://127.0.0.1:{port}", time).ask(QUERY)
    assert len(time.naps) == 5


def test_a_query_out_of_time_is_told_apart(posthog: PostHog) -> None:
    posthog.control.heavy = lambda _: True
    with pytest.raises(QueryTooHeavyError, match="504"):
        _client(posthog).ask(QUERY)
    assert len(posthog.control.requests) == 1


def test_a_wrong_key_names_the_scope_and_the_place(posthog: PostHog, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POSTHOG_TEST_KEY", "phx_other")
    with pytest.raises(SourceSettingsError, match=r"401.*POSTHOG_TEST_KEY.*query:read") as caught:
        _client(posthog).ask(QUERY)
    assert "phx_other" not in str(caught.value)
    assert len(posthog.control.requests) == 1


def test_a_missing_key_makes_no_request(posthog: PostHog, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("POSTHOG_TEST_KEY")
    with pytest.raises(SourceSettingsError, match=r"POSTHOG_TEST_KEY is not set; .* scope query:read"):
        _client(posthog).ask(QUERY)
    assert posthog.control.requests == []


def test_a_key_without_the_scope_says_which(posthog: PostHog) -> None:
    posthog.control.missing_scope = True
    with pytest.raises(SourceSettingsError, match=r"403.*query:read"):
        _client(posthog).ask(QUERY)


def test_an_unknown_project_points_to_the_region(posthog: PostHog) -> None:
    with pytest.raises(SourceSettingsError, match=r"404: Project not found.*project 999.*region"):
        _client(posthog, project=999).ask(QUERY)


def test_a_refused_query_carries_posthogs_reason(posthog: PostHog) -> None:
    with pytest.raises(SourceSettingsError, match="400: Unable to resolve field: nope"):
        _client(posthog).ask("SELECT nope FROM events LIMIT 1")


async def _moved(_: Request) -> Response:
    return RedirectResponse("https://elsewhere.example/", 302)


async def _page(_: Request) -> Response:
    return PlainTextResponse("<html>Welcome</html>")


async def _list(_: Request) -> Response:
    return JSONResponse([1])


async def _ragged(_: Request) -> Response:
    return JSONResponse({"results": [[1, 2]], "columns": ["a"]})


async def _other(_: Request) -> Response:
    return JSONResponse({"hello": "world"})


async def _echo(request: Request) -> Response:
    return JSONResponse({"detail": f"bad {request.headers['authorization']}"}, 400)


@pytest.mark.parametrize(
    ("endpoint", "words"),
    [
        (_moved, "points to https://elsewhere.example/: set `host` to that"),
        (_page, "no JSON but: <html>Welcome</html>; is `host` PostHog's address"),
        (_list, "no JSON object"),
        (_ragged, "rows that do not fit its columns"),
        (_other, "no results and columns"),
        (_echo, r"bad Bearer \(the key\)"),
    ],
)
def test_an_answer_that_is_not_posthogs_is_refused_in_words(
    switchboard: Switchboard, endpoint: Callable[[Request], Awaitable[Response]], words: str
) -> None:
    with pytest.raises(SourceError, match=words) as caught:
        _client_of(switchboard.answers(endpoint), Time()).ask(QUERY)
    assert KEY not in str(caught.value)


def test_the_key_is_sent_even_where_a_netrc_knows_the_host(
    posthog: PostHog, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login a password b\n")
    monkeypatch.setenv("NETRC", str(netrc))
    assert _client(posthog).ask(QUERY).rows == [{"n": 2}]


def test_the_limits_are_kept_ahead_of_time(serve: Callable[..., PostHog]) -> None:
    time = Time()
    posthog = serve(*EVENTS, limits={60.0: 240, 3600.0: 30}, clock=time.clock)
    posthog.time = time
    client = _client(posthog, queries_per_hour=30)
    for _ in range(61):
        client.ask(QUERY)
    assert len(posthog.control.requests) == 61  # none was refused, or it would have been repeated
    assert time.naps == [3601.0, 3601.0]


def test_240_requests_a_minute_pass_and_no_more(posthog: PostHog) -> None:
    client = _client(posthog)
    for _ in range(241):
        client._session.ahead()
    assert posthog.time.naps == [61.0]


def test_a_pace_lets_pass_what_is_within_its_limits() -> None:
    time = Time()
    pace = Pace({10.0: 2}, clock=time.clock, sleep=time.sleep)
    for _ in range(5):
        pace.wait()
    assert time.naps == [11.0, 11.0]
    assert time.seconds == 22.0
