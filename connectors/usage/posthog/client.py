"""PostHog over HTTP: one query in, its rows out, with patience where waiting helps and clear words where not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

import requests

from connectors.base import SourceError, SourceSettingsError
from connectors.http import Bearer, Patience, Session, retry_after
from connectors.usage.pace import Pace

if TYPE_CHECKING:
    from connectors.usage.posthog.settings import Settings

PATIENCE: Final = Patience(attempts=6, first_wait=1.0, longest_wait=3700.0)
"""An hour's budget that is spent comes back within the hour."""
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


class _Session(Session):
    """Keeps the pace; asks again whatever it asked, because a query only reads, unless that would fail again."""

    def __init__(self, patience: Patience, pace: Pace) -> None:
        super().__init__(patience)
        self._pace = pace

    def repeatable(self, request: requests.PreparedRequest) -> bool:
        return request.method in {"GET", "POST"}

    def passing(self, response: requests.Response) -> bool:
        return response.status_code in _TRY_AGAIN and not _heavy(_detail(response))

    def ahead(self) -> None:
        self._pace.wait()


class PostHogClient:
    """Runs HogQL in one project, one query at a time. Opens no connection before the first query."""

    def __init__(self, name: str, settings: Settings, patience: Patience = PATIENCE) -> None:
        self._name = name
        self._settings = settings
        self._patience = patience
        limits = {60.0: _PER_MINUTE, 3600.0: settings.queries_per_hour}
        self._session = _Session(patience, Pace(limits, clock=patience.clock, sleep=patience.sleep))
        self._url = f"{settings.host}/api/projects/{settings.project}/query/"

    @property
    def calls(self) -> int:
        """Requests made so far, polls and repetitions included."""
        return self._session.calls

    def ask(self, hogql: str) -> Answer:
        """Run a query and return its rows.

        Raises QueryTooHeavyError where a smaller query may pass, SourceSettingsError where the key, the project or
        the query is refused, SourceError for everything else, after several attempts where those can help.
        """
        # Never from PostHog's cache: it may be a day old and lack the events that came late.
        body = {"query": {"kind": "HogQLQuery", "query": hogql}, "refresh": "force_blocking"}
        answer = self._send("POST", self._url, body)
        status = answer.get("query_status")
        if isinstance(status, dict):
            answer = self._wait_for(status)
        return self._answer(answer)

    def _wait_for(self, status: dict[str, Any]) -> dict[str, Any]:
        url = f"{self._url}{quote(str(status.get('id', '')), safe='')}/"
        deadline = self._patience.clock() + _POLL_SECONDS
        pause = _POLL_FIRST
        while not status.get("complete"):
            self._raise_failed(status)
            if self._patience.clock() > deadline:
                raise QueryTooHeavyError(self._name, f"a query was not done after {_POLL_SECONDS:.0f} seconds")
            self._patience.sleep(pause)
            pause = min(2 * pause, _POLL_LONGEST)
            status = self._send("GET", url).get("query_status") or {}
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

    def _send(self, method: str, url: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        try:
            # A redirect would take the key to an address that nobody has checked.
            response = self._session.request(method, url, json=body, auth=self._auth(), allow_redirects=False)
        except (requests.ConnectionError, requests.Timeout, requests.exceptions.ChunkedEncodingError) as error:
            host = self._settings.host
            raise SourceError(self._name, f"no answer from {host}: {self._clean(error)}; try again later") from error
        except requests.RequestException as error:
            raise SourceError(self._name, f"no request to {url} is possible: {self._clean(error)}") from error
        if response.status_code not in {_OK, _ACCEPTED}:
            raise self._refusal(response)
        return self._json(response)

    def _auth(self) -> Bearer:
        try:
            return Bearer(self._settings.api_key.get())
        except LookupError as error:
            raise SourceSettingsError(
                self._name, f"{error}; it holds a PostHog API key with the scope query:read"
            ) from error

    def _refusal(self, response: requests.Response) -> SourceError:
        """Return what is wrong with an answer that is none, and the mend."""
        code, detail = response.status_code, _detail(response)
        said = f"{code}: {self._clean(detail)}"
        if code == _TOO_LONG or _heavy(detail):
            return QueryTooHeavyError(self._name, said)
        if code not in _TRY_AGAIN:
            return SourceSettingsError(self._name, f"{said}{self._mend(code, response)}")
        asked = retry_after(response)
        if asked is not None and asked > self._patience.longest_wait:
            wait = f"PostHog asks to wait {asked:.0f} seconds; read again later, or lower `queries_per_hour`"
            return SourceError(self._name, wait)
        return SourceError(self._name, f"{said}; gave up after {self._patience.attempts} attempts, try again later")

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
        return f"; it points to {self._clean(redirect)}: set `host` to that" if redirect else mends.get(code, "")

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

    def _clean(self, words: object) -> str:
        """Shorten what a server or library said, and take the key out of it."""
        text = " ".join(str(words).split())[:_EXCERPT]
        try:
            return text.replace(self._settings.api_key.get(), "(the key)")
        except LookupError:
            return text


def _heavy(detail: str) -> bool:
    return any(words in detail.lower() for words in _TOO_HEAVY)


def _detail(response: requests.Response) -> str:
    """Find PostHog's own words in an answer, or whatever it says instead."""
    try:
        answer = response.json()
    except requests.exceptions.JSONDecodeError:
        return response.text or response.reason or "no reason given"
    if not isinstance(answer, dict):
        return str(answer)
    status = answer.get("query_status")
    if isinstance(status, dict) and status.get("error_message"):
        return str(status["error_message"])
    return str(answer.get("detail") or answer)
