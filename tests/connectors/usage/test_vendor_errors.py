"""What goes wrong between here and any vendor: the same words for all of them."""

from __future__ import annotations

import socket
from base64 import b64encode
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import pytest
from starlette.applications import Starlette
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from connectors.base import SourceError, SourceSettingsError
from tests.connectors.usage.contract import amplitude_of, mixpanel_of, pendo_of
from tests.connectors.usage.world import KEY, KEY_PLACE, MONTH, World, event, heartbeat, reading_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.requests import Request

    from tests.connectors.usage.contract import Wired

OF: Final = {"mixpanel": mixpanel_of, "amplitude": amplitude_of, "pendo": pendo_of}
PATHS: Final = ("/api/2.0/export", "/api/2/export", "/api/v1/aggregation")


@pytest.fixture(params=OF)
def vendor(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture
def wired(vendor: str, world: World) -> Wired:
    world.events += [event("2026-03-02T09:00", "export"), *heartbeat(MONTH)]
    return OF[vendor](world)


def answering(wired: Wired, endpoint: Callable[[Request], Awaitable[Response]]) -> Wired:
    app = Starlette(routes=[Route(path, endpoint, methods=["GET", "POST"]) for path in PATHS])
    return replace(wired, app=app)


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (401, KEY_PLACE),
        (402, "plan"),
        (403, "project|keys? of|integration key"),
    ],
)
def test_a_refusal_that_asking_again_will_not_help_says_what_will(wired: Wired, status: int, words: str) -> None:
    source = wired.source()
    wired.app.state.control.fail_next = [status]
    with pytest.raises(SourceSettingsError, match=rf"{status}: scripted fault; .*({words})"):
        reading_of(source)
    assert len(wired.app.state.control.requests) == 1


@pytest.mark.parametrize("status", [500, 502, 503])
def test_a_server_in_trouble_is_asked_again_with_growing_pauses(wired: Wired, world: World, status: int) -> None:
    source = wired.source()
    wired.app.state.control.fail_next = [status] * 3
    assert len(reading_of(source).rows) == 1
    assert world.time.naps[:3] == [2.0, 4.0, 8.0]


def test_one_that_stays_down_is_given_up_and_may_be_asked_later(wired: Wired) -> None:
    source = wired.source()
    wired.app.state.control.down = True
    with pytest.raises(SourceError, match=r"503: Service unavailable; gave up after 6 attempts") as caught:
        reading_of(source)
    assert not isinstance(caught.value, SourceSettingsError)
    assert len(wired.app.state.control.requests) == 6


def test_a_wait_beyond_the_hour_is_not_waited_for(wired: Wired, world: World) -> None:
    source = wired.source()
    wired.app.state.control.fail_next, wired.app.state.control.retry_after = [429], "90000"
    with pytest.raises(SourceError, match="asks to wait 90000 seconds; read again later"):
        reading_of(source)
    assert world.time.naps == []


def test_a_limit_of_the_stand_in_is_waited_for_too(vendor: str, world: World) -> None:
    world.events += [event("2026-03-02T09:00", "export"), *heartbeat(MONTH)]
    wired = OF[vendor](world, {"limits": {60.0: 1}})
    reading_of(wired.source())
    assert len(reading_of(wired.source()).rows) == 1
    assert max(world.time.naps) > 50


def test_nobody_at_the_address_is_said_so(wired: Wired, world: World) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with pytest.raises(SourceError, match=rf"no answer from http://127.0.0.1:{port}.*try again later"):
        reading_of(wired.open(f"http://127.0.0.1:{port}"))
    assert len(world.time.naps) == 5


async def _moved(_: Request) -> Response:
    return RedirectResponse("https://elsewhere.example/", 302)


async def _echo(request: Request) -> Response:
    given = request.headers.get("authorization", request.headers.get("x-pendo-integration-key"))
    return JSONResponse({"error": f"bad {given} or {KEY}"}, 403)


async def _unknown(_: Request) -> Response:
    return PlainTextResponse("Not Found", 410)


@pytest.mark.parametrize(
    ("endpoint", "words"),
    [
        (_moved, "it points to https://elsewhere.example/: is `host` or `region` right"),
        (_echo, r"bad .*\(the secret\) or \(the secret\)"),
        (_unknown, "410: Not Found"),
    ],
)
def test_an_answer_of_somebody_else_is_refused_in_words_and_without_the_secret(
    wired: Wired, endpoint: Callable[[Request], Awaitable[Response]], words: str
) -> None:
    with pytest.raises(SourceSettingsError, match=words) as caught:
        reading_of(answering(wired, endpoint).source())
    assert KEY not in str(caught.value)
    signed = b64encode(f"headroom:{KEY}".encode()).decode()
    assert signed not in str(caught.value)


async def _page(_: Request) -> Response:
    return PlainTextResponse("<html>Welcome</html>", media_type="text/html")


def test_a_web_page_is_no_answer(wired: Wired) -> None:
    with pytest.raises(SourceError, match=r"not whole|no JSON but: <html>Welcome</html>"):
        reading_of(answering(wired, _page).source())


def test_an_answer_that_takes_too_long_is_given_up(wired: Wired, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    impatient = replace(world.patience(), read=0.05, attempts=2)
    monkeypatch.setattr(world, "patience", lambda: impatient)
    source = wired.source()
    wired.app.state.control.slow = 0.3
    with pytest.raises(SourceError, match="no answer from"):
        reading_of(source)


def test_the_user_s_netrc_signs_nothing(wired: Wired, monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:  # noqa: ANN401
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login a password b\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    seen: list[str | None] = []

    async def listening(request: Request) -> Response:
        seen.append(request.headers.get("authorization"))
        return JSONResponse({}, 401)

    with pytest.raises(SourceSettingsError):
        reading_of(answering(wired, listening).source())
    assert b64encode(b"a:b").decode() not in str(seen)
