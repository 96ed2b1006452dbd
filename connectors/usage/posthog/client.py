"""PostHog over HTTP: one query in, its rows out, with patience where waiting helps and clear words where not."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, urlsplit

import requests
from requests.auth import AuthBase

from connectors.base import SourceError, SourceSettingsError
from connectors.usage.posthog.pace import Pace

if TYPE_CHECKING:
    from collections.abc import Callable

    from connectors.usage.posthog.settings import Settings

_TIMEOUT: Final = (5.0, 130.0)  # to connect, between bytes of the answer; seconds
_ATTEMPTS: Final = 6
_FIRST_PAUSE: Final = 1.0
_LONGEST_PAUSE: Final = 60.0
_LONGEST_RETRY_AFTER: Final = 3700.0  # an hour's budget that is spent comes back within the hour
_POLL_FIRST: Final = 0.25
_POLL_LONGEST: Final = 5.0
_POLL_SECONDS: Final = 600.0  # PostHog forgets an answer after ten minutes
_PER_MINUTE: Final = 240
_OK, _ACCEPTED = 200, 202
_TRY_AGAIN: Final = frozenset({408, 425, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524, 529})
_TOO_LONG: Final = 512  # PostHog's own: the estimate of a query exceeds what is allowed
_TOO_HEAVY: Final = ("max execution time", "memory limit", "execution time is too long")
_EXCERPT: Final = 300


class QueryTooHeavyError(SourceError):
    """PostHog gave up on a query for its time or memory: a shorter span may pass."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The rows of one query, by column name."""

    rows: list[dict[str, Any]]
    limit: int | None
    """The limit that PostHog applied, where it says so."""
    more: bool
    """PostHog says that it held rows back."""


@dataclass(frozen=True, slots=True)
class Clockwork:
    """What waiting is made of; tests put in their own."""

    clock: Callable[[], float] = time.monotonic
    now: Callable[[], float] = time.time
    sleep: Callable[[float], None] = time.sleep
    jitter: Callable[[], float] = random.random


class _Bearer(AuthBase):
    """An auth object of its own: a plain header would give way to a .netrc entry of the same host."""

    def __init__(self, key: str) -> None:
        self._key = key

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._key}"
        return request


class PostHogClient:
    """Runs HogQL in one project, one query at a time. Opens no connection before the first query."""

    def __init__(self, name: str, settings: Settings, clockwork: Clockwork | None = None) -> None:
        self._name = name
        self._settings = settings
        self._work = clockwork or Clockwork()
        limits = {60.0: _PER_MINUTE, 3600.0: settings.queries_per_hour}
        self._pace = Pace(limits, clock=self._work.clock, sleep=self._work.sleep)
        self._url = f"{settings.host}/api/projects/{settings.project}/query/"
        self._session = requests.Session()
        # A proxy of the environment is for the outside world, never for the loopback interface.
        self._session.trust_env = urlsplit(settings.host).scheme == "https"
        self.requests = 0
        """Requests made so far, polls and repetitions included."""

    def ask(self, hogql: str) -> Answer:
        """Run a query and return its rows.

        Raises QueryTooHeavyError where a smaller query may pass, SourceSettingsError where the key, the project or
        the query is refused, SourceError for everything else, after several attempts where those can help.
        """
        # Never from PostHog's cache: it may be a day old and lack the events that came late.
        body = {"query": {"kind": "HogQLQuery", "query": hogql}, "refresh": "force_blocking"}
        answer = self._json(self._send("POST", self._url, body))
        status = answer.get("query_status")
        if isinstance(status, dict):
            answer = self._wait_for(status)
        return self._answer(answer)

    def _wait_for(self, status: dict[str, Any]) -> dict[str, Any]:
        url = f"{self._url}{quote(str(status.get('id', '')), safe='')}/"
        deadline = self._work.clock() + _POLL_SECONDS
        pause = _POLL_FIRST
        while not status.get("complete"):
            self._raise_failed(status)
            if self._work.clock() > deadline:
                raise QueryTooHeavyError(self._name, f"a query was not done after {_POLL_SECONDS:.0f} seconds")
            self._work.sleep(pause)
            pause = min(2 * pause, _POLL_LONGEST)
            status = self._json(self._send("GET", url)).get("query_status") or {}
        self._raise_failed(status)
        results = status.get("results")
        return results if isinstance(results, dict) else status

    def _raise_failed(self, status: dict[str, Any]) -> None:
        if status.get("error"):
            text = self._clean(status.get("error_message") or "no reason given")
            kind = QueryTooHeavyError if _heavy(text) else SourceError
            raise kind(self._name, f"PostHog could not run a query: {text}")

    def _answer(self, answer: dict[str, Any]) -> Answer:
        rows, columns = answer.get("results"), answer.get("columns")
        if answer.get("error"):
            raise SourceError(self._name, f"PostHog could not run a query: {self._clean(answer['error'])}")
        if not isinstance(rows, list) or not isinstance(columns, list):
            raise SourceError(self._name, "the answer holds no results and columns; is `host` PostHog's address?")
        if any(not isinstance(row, list) or len(row) != len(columns) for row in rows):
            raise SourceError(self._name, "the answer holds rows that do not fit its columns")
        limit = answer.get("limit")
        return Answer(
            rows=[dict(zip(columns, row, strict=True)) for row in rows],
            limit=limit if isinstance(limit, int) else None,
            more=answer.get("hasMore") is True,
        )

    def _send(self, method: str, url: str, body: dict[str, Any] | None = None) -> requests.Response:
        auth = self._auth()
        problem, asked = "", None
        for attempt in range(_ATTEMPTS):
            if attempt:
                self._work.sleep(self._pause(attempt, asked))
            self._pace.wait()
            self.requests += 1
            try:
                response = self._session.request(
                    method, url, json=body, auth=auth, timeout=_TIMEOUT, allow_redirects=False
                )
            except (requests.ConnectionError, requests.Timeout, requests.exceptions.ChunkedEncodingError) as error:
                problem, asked = f"no answer from {self._settings.host}: {self._clean(error)}", None
                continue
            except requests.RequestException as error:
                raise SourceError(self._name, f"no request to {url} is possible: {self._clean(error)}") from error
            if response.status_code in {_OK, _ACCEPTED}:
                return response
            problem, asked = self._refused(response), self._retry_after(response)
        raise SourceError(self._name, f"{problem}; gave up after {_ATTEMPTS} attempts, try again later")

    def _auth(self) -> _Bearer:
        try:
            return _Bearer(self._settings.api_key.get())
        except LookupError as error:
            raise SourceSettingsError(
                self._name, f"{error}; it holds a PostHog API key with the scope query:read"
            ) from error

    def _refused(self, response: requests.Response) -> str:
        """Say why an answer is none, or raise where asking again does not help."""
        code, detail = response.status_code, self._detail(response)
        if code == _TOO_LONG or _heavy(detail):
            raise QueryTooHeavyError(self._name, f"{code}: {detail}")
        if code not in _TRY_AGAIN:
            raise SourceSettingsError(self._name, f"{code}: {detail}{self._mend(code, response)}")
        return f"{code}: {detail}"

    def _mend(self, code: int, response: requests.Response) -> str:
        place = self._settings.api_key.env or self._settings.api_key.file
        mends = {
            400: "; PostHog refuses the query: check `customer`, `meters` and `timezone`",
            401: f"; {place} must hold a personal or project-secret API key with the scope query:read",
            402: "; the organization's plan or budget does not allow it",
            403: f"; give the API key in {place} the scope query:read and access to project {self._settings.project}",
            404: f"; is there a project {self._settings.project} on {self._settings.host}, and is it the right region?",
        }
        redirect = response.headers.get("Location")
        # A redirect would take the key to an address that nobody has checked.
        return f"; it points to {self._clean(redirect)}: set `host` to that" if redirect else mends.get(code, "")

    def _retry_after(self, response: requests.Response) -> float | None:
        seconds = _seconds(response.headers.get("Retry-After"), self._work.now())
        if seconds is not None and seconds > _LONGEST_RETRY_AFTER:
            raise SourceError(
                self._name,
                f"PostHog asks to wait {seconds:.0f} seconds; read again later, or lower `queries_per_hour`",
            )
        return seconds

    def _pause(self, attempt: int, asked: float | None) -> float:
        backoff = min(_FIRST_PAUSE * 2 ** (attempt - 1), _LONGEST_PAUSE) * (0.5 + self._work.jitter() / 2)
        return asked + self._work.jitter() if asked is not None else backoff

    def _json(self, response: requests.Response) -> dict[str, Any]:
        try:
            answer = response.json()
        except requests.exceptions.JSONDecodeError as error:
            raise SourceError(
                self._name, f"the answer is no JSON but: {self._clean(response.text)}; is `host` PostHog's address?"
            ) from error
        if not isinstance(answer, dict):
            raise SourceError(self._name, "the answer is no JSON object; is `host` PostHog's address?")
        return answer

    def _detail(self, response: requests.Response) -> str:
        try:
            answer = response.json()
        except requests.exceptions.JSONDecodeError:
            return self._clean(response.text or response.reason or "no reason given")
        if not isinstance(answer, dict):
            return self._clean(answer)
        status = answer.get("query_status")
        if isinstance(status, dict) and status.get("error_message"):
            return self._clean(status["error_message"])
        return self._clean(answer.get("detail") or answer)

    def _clean(self, words: object) -> str:
        """Shorten what a server or library said, and take the key out of it."""
        text = " ".join(str(words).split())[:_EXCERPT]
        try:
            return text.replace(self._settings.api_key.get(), "(the key)")
        except LookupError:
            return text


def _heavy(detail: str) -> bool:
    return any(words in detail.lower() for words in _TOO_HEAVY)


def _seconds(header: str | None, now: float) -> float | None:
    """Read a Retry-After header: seconds or an HTTP date. None where there is none that can be read."""
    if header is None:
        return None
    try:
        return max(0.0, float(header))
    except ValueError:
        pass
    try:
        return max(0.0, parsedate_to_datetime(header).timestamp() - now)
    except ValueError:
        return None
