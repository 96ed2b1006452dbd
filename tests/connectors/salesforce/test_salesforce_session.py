from __future__ import annotations

import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Self

import pytest
from requests.adapters import HTTPAdapter

from bot.sandbox.salesforce_control import HTML_401, INVALID_SESSION, LIMIT_EXCEEDED, UNAVAILABLE, Answer
from connectors.base import Rejects, SourceError, SourceSettingsError, Window
from connectors.http import Patience
from connectors.salesforce.oauth import Token
from connectors.salesforce.reader import SalesforceSource

if TYPE_CHECKING:
    from pathlib import Path

    import requests

    from tests.connectors.salesforce.conftest import Org


def test_an_expired_session_makes_one_login_and_the_request_succeeds(org: Org) -> None:
    with org.session() as session:
        assert session.get(org.url("limits")).status_code == 200
        org.control.expire_sessions()
        assert session.get(org.url("limits")).status_code == 200
    assert len(org.control.seen("login")) == 2
    assert len(org.control.seen("api")) == 3


def test_a_session_that_stays_refused_stops_after_three_requests(org: Org) -> None:
    with org.session() as session:
        session.get(org.url("limits"))
        before = len(org.control.seen())
        org.control.always(INVALID_SESSION)
        with pytest.raises(
            SourceError, match=r"fresh session was refused with 401, INVALID_SESSION_ID: Session expired"
        ):
            session.get(org.url("limits"))
        assert len(org.control.seen()) - before == 3
        with pytest.raises(SourceError, match=r"fresh session was refused"):
            session.get(org.url("limits"))
        assert len(org.control.seen()) - before == 3


def test_a_source_whose_session_stays_refused_does_not_storm_the_login(org: Org, window: Window) -> None:
    org.control.always(INVALID_SESSION)
    with pytest.raises(SourceError, match=r"INVALID_SESSION_ID"):
        list(org.source().read(window, Rejects()))
    assert len(org.control.seen("api")) == 2
    assert len(org.control.seen("login")) == 2


@pytest.mark.parametrize(
    "answer",
    [
        HTML_401,
        Answer(401, '{"message": "no", "errorCode": "INVALID_SESSION_ID"}'),
        Answer(401, "[]"),
        Answer(401, "{}"),
        Answer(401, ""),
        Answer(401, '["a text"]'),
        Answer(401, "[{}]"),
        Answer(401, '"broken'),
    ],
    ids=["html", "object", "empty list", "empty object", "empty", "texts", "no code", "no json"],
)
def test_a_401_with_any_body_is_told_as_a_source_error(org: Org, window: Window, answer: Answer) -> None:
    org.control.always(answer)
    with pytest.raises(SourceError, match=r"401"):
        list(org.source().read(window, Rejects()))
    assert len(org.control.seen("api")) == 2


@pytest.mark.parametrize("answer", [HTML_401, Answer(401, "{}"), Answer(401, "")], ids=["html", "object", "empty"])
def test_a_401_with_an_odd_body_is_mended_by_one_login_all_the_same(org: Org, answer: Answer) -> None:
    with org.session() as session:
        org.control.script(answer)
        assert session.get(org.url("limits")).status_code == 200
    assert len(org.control.seen("login")) == 2


def test_eight_threads_make_one_login_at_first_and_one_when_the_session_expires(org: Org) -> None:
    with org.session() as session:
        meet = threading.Barrier(8)

        def ask(_: int) -> int:
            meet.wait()
            return session.get(org.url("limits")).status_code

        with ThreadPoolExecutor(8) as pool:
            assert list(pool.map(ask, range(8))) == [200] * 8
            assert len(org.control.seen("login")) == 1
            org.control.expire_sessions()
            assert list(pool.map(ask, range(8))) == [200] * 8
    assert len(org.control.seen("login")) == 2


def test_a_refused_login_is_not_tried_again(org: Org, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SF_SECRET", "wrong")
    with org.session() as session:
        for _ in range(3):
            with pytest.raises(SourceError, match=r"invalid_client: invalid client credentials"):
                session.get(org.url("limits"))
    assert len(org.control.seen("login")) == 1


def test_the_usage_header_is_read_from_errors_too(org: Org) -> None:
    with org.session() as session:
        assert session.usage is None
        org.control.used = 14_999
        assert session.get(org.url("sobjects/Nothing/describe")).status_code == 404
        assert session.usage == (15_000, 100_000)


def test_the_usage_of_one_app_is_not_taken_for_the_orgs(org: Org) -> None:
    header = "per-app-api-usage=17/250(appName=sample-connected-app); api-usage=25/5000"
    org.control.script(Answer(200, "{}", headers={"Sforce-Limit-Info": header}))
    with org.session() as session:
        session.get(org.url("limits"))
        assert session.usage == (25, 5000)


def test_reading_stops_at_its_share_of_the_days_calls(org: Org, window: Window) -> None:
    org.control.used = 89_998
    with pytest.raises(SourceError, match=r"90,000 of the org's 100,000 API calls of the day"):
        list(org.source(daily_share=0.9).read(window, Rejects()))
    assert len(org.control.seen("api")) == 2


def test_an_exceeded_limit_stops_at_once(org: Org, window: Window) -> None:
    org.control.always(LIMIT_EXCEEDED)
    with pytest.raises(SourceError, match=r"REQUEST_LIMIT_EXCEEDED: TotalRequests Limit exceeded"):
        list(org.source().read(window, Rejects()))
    assert len(org.control.seen("api")) == 1
    assert org.slept == []


def test_a_bad_moment_of_the_server_is_waited_out(org: Org) -> None:
    org.control.script(UNAVAILABLE, times=2)
    with org.session() as session:
        assert session.get(org.url("limits")).status_code == 200
    assert org.slept == [1.0, 2.0]  # chance is 1: 0.5 doubled, and doubled again


def test_a_server_that_stays_down_is_told_after_the_last_attempt(org: Org, window: Window) -> None:
    org.control.always(UNAVAILABLE)
    with pytest.raises(SourceError, match=r"Salesforce answers 503, .* Service Unavailable"):
        list(org.source().read(window, Rejects()))
    assert len(org.control.seen("api")) == 3


def test_the_server_says_how_long_to_wait(org: Org) -> None:
    org.control.script(Answer(429, "", headers={"Retry-After": "7"}))
    with org.session() as session:
        assert session.get(org.url("limits")).status_code == 200
    assert org.slept == [8.0]  # and chance, so that not all come back at once


def test_a_wait_beyond_patience_is_not_begun(org: Org) -> None:
    org.control.script(Answer(429, "", headers={"Retry-After": "3600"}))
    with org.session() as session:
        assert session.get(org.url("limits")).status_code == 429
    assert org.slept == []


def test_what_writes_is_never_repeated(org: Org) -> None:
    org.control.always(UNAVAILABLE)
    with org.session() as session:
        assert session.post(org.url("sobjects/Task"), json={}).status_code == 503
    assert len(org.control.seen("api")) == 1


def test_a_login_is_repeated_because_it_changes_nothing(org: Org) -> None:
    org.control.script(UNAVAILABLE, part="login")
    with org.session() as session:
        assert session.get(org.url("limits")).status_code == 200
    assert len(org.control.seen("login")) == 2


class _Listening(HTTPAdapter):
    """Notes the timeouts that it is handed."""

    def __init__(self) -> None:
        super().__init__()
        self.timeouts: list[object] = []

    def send(
        self,
        request: requests.PreparedRequest,
        *args: Any,  # noqa: ANN401 - requests' own types, handed on
        **kwargs: Any,  # noqa: ANN401 - likewise
    ) -> requests.Response:
        self.timeouts.append(kwargs["timeout"])
        return super().send(request, *args, **kwargs)


def test_every_request_has_a_timeout(org: Org) -> None:
    listening = _Listening()
    with org.session() as session:
        session.mount("http://", listening)
        session.get(org.url("limits"))
        session.get(org.url("limits"), timeout=1)
    assert listening.timeouts == [(2, 5), (2, 5), 1]


def test_a_server_that_never_answers_is_left(org: Org, window: Window) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        source = org.source(login=org.login(host=f"http://127.0.0.1:{silent.getsockname()[1]}"))
        source.patience = Patience(connect=0.2, read=0.2, attempts=2, sleep=org.slept.append)
        with pytest.raises(SourceError, match=r"no answer in time"):
            list(source.read(window, Rejects()))


def test_a_connection_that_breaks_is_made_again(org: Org) -> None:
    with org.session() as session, _HangsUpOnce() as gate:
        # The session signs for its own org only: the gate stands in its place.
        session._token = Token(session._current().secret, gate.address)
        assert session.get(f"{gate.address}/services/data/v67.0/limits").json() == {"answer": 1}
    assert org.slept == [1.0]


class _HangsUpOnce:
    """Closes the first connection without a word, and answers the second."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.address = f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._thread.join(5)
        self._listener.close()

    def _run(self) -> None:
        self._listener.accept()[0].close()
        connection, _ = self._listener.accept()
        with connection:
            connection.recv(65536)
            connection.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 13\r\n\r\n{"answer": 1}')


def test_the_session_goes_to_its_own_org_and_nowhere_else(org: Org) -> None:
    with org.session() as session, pytest.raises(SourceError, match=r"refused to send the session to evil\.example"):
        session.get("https://evil.example/services/data/v67.0/limits")
    assert org.control.seen("api") == []


def test_a_redirect_is_not_followed_with_a_session(org: Org) -> None:
    org.control.script(Answer(302, headers={"Location": "http://127.0.0.1:9/elsewhere"}))
    with org.session() as session:
        assert session.get(org.url("limits")).status_code == 302


def test_a_netrc_entry_does_not_replace_the_session(org: Org, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password else\n")
    monkeypatch.setenv("NETRC", str(netrc))
    with org.session() as session:
        assert session.get(org.url("limits")).status_code == 200


def test_loopback_goes_through_no_proxy(org: Org, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    with org.session() as session:
        assert session.get(org.url("limits")).status_code == 200


def test_https_addresses_of_simple_salesforce_reach_a_stand_in_on_loopback(org: Org) -> None:
    with org.session() as session:
        assert session.get(org.url("limits").replace("http://", "https://")).status_code == 200


def test_a_file_of_certificates_of_ones_own_stands_above_the_environments(
    org: Org, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nowhere/environment.pem")
    session = org.session()
    assert session.merge_environment_settings("https://a.example", {}, None, None, None)["verify"] == (
        "/nowhere/environment.pem"
    )
    session.verify = "/own.pem"
    assert session.merge_environment_settings("https://a.example", {}, None, None, None)["verify"] == "/own.pem"


def test_a_server_that_is_not_there_is_told(org: Org, window: Window) -> None:
    with socket.create_server(("127.0.0.1", 0)) as once:
        port = once.getsockname()[1]
    source = org.source(login=org.login(host=f"http://127.0.0.1:{port}"))
    assert isinstance(source, SalesforceSource)
    with pytest.raises(SourceError, match=r"cannot reach the server") as caught:
        list(source.read(window, Rejects()))
    assert not isinstance(caught.value, SourceSettingsError)
