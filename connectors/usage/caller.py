"""What the clients of all vendors share: pace, patience, secrets that stay out of words, errors with their mend."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, TypeVar

import requests
from urllib3.exceptions import HTTPError

from connectors.base import SourceError, SourceSettingsError
from connectors.http import Patience, Session, retry_after
from connectors.usage.pace import Pace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from connectors.secrets import SecretRef

PATIENCE: Final = Patience(read=300.0, attempts=6, first_wait=1.0, longest_wait=3700.0)
"""An hour's budget that is spent comes back within the hour; a large export takes minutes to begin."""
_TRY_AGAIN: Final = frozenset({408, 425, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524, 529})
_EXCERPT: Final = 300
_SIGNED: Final = re.compile(r"\b(Basic|Bearer)\s+[A-Za-z0-9+/=_.~-]+")
_CHUNK: Final = 1 << 16
_T = TypeVar("_T")


class BrokenOffError(SourceError):
    """An answer ended before its end: what came of it counts for nothing."""


class TooMuchError(SourceError):
    """The vendor could not answer for so much at once: a shorter span may pass."""


@dataclass(frozen=True, slots=True)
class Vendor:
    """How one vendor wants to be asked."""

    name: str
    host: str
    limits: Mapping[float, int]
    """Seconds: the most requests within so many."""
    secrets: tuple[SecretRef, ...]
    """What must never stand in a message."""
    mends: Mapping[int, str] = field(default_factory=dict)
    """HTTP status: what to do about it."""
    answers: frozenset[int] = frozenset({200})
    """HTTP statuses that are answers; every other one is an error."""


class _Session(Session):
    """Keeps the pace; asks again whatever it asked, because every request only reads."""

    def __init__(self, patience: Patience, pace: Pace, answers: frozenset[int]) -> None:
        super().__init__(patience)
        self._pace = pace
        self._answers = answers

    def repeatable(self, request: requests.PreparedRequest) -> bool:
        return request.method in {"GET", "POST"}

    def passing(self, response: requests.Response) -> bool:
        return response.status_code in _TRY_AGAIN - self._answers

    def ahead(self) -> None:
        self._pace.wait()


class Caller:
    """Sends requests to one vendor, one at a time. Opens no connection before the first."""

    def __init__(self, source: str, vendor: Vendor, patience: Patience = PATIENCE) -> None:
        self._source = source
        self._vendor = vendor
        self._patience = patience
        pace = Pace(vendor.limits, clock=patience.clock, sleep=patience.sleep)
        self._session = _Session(patience, pace, vendor.answers)

    @property
    def calls(self) -> int:
        """Requests made so far, repeated ones included."""
        return self._session.calls

    def secret(self, place: SecretRef, meaning: str) -> str:
        """Return a secret. Raises SourceSettingsError where it is missing, saying what it holds."""
        try:
            return place.get()
        except LookupError as error:
            raise SourceSettingsError(self._source, f"{error}; it holds {meaning}") from error

    def send(self, method: str, path: str, **how: Any) -> requests.Response:  # noqa: ANN401 - requests' own arguments
        """Send a request and return its answer; the body is still to be read.

        Raises SourceSettingsError where asking again will not help, SourceError for everything else.
        """
        vendor, url = self._vendor, f"{self._vendor.host}{path}"
        try:
            # A redirect would take the secret to an address that nobody has checked.
            response = self._session.request(method, url, allow_redirects=False, stream=True, **how)
        except (requests.ConnectionError, requests.Timeout, requests.exceptions.ChunkedEncodingError) as error:
            said = f"no answer from {vendor.host}: {self.clean(error)}; try again later"
            raise SourceError(self._source, said) from error
        except requests.RequestException as error:
            raise SourceError(self._source, f"no request to {url} is possible: {self.clean(error)}") from error
        if response.status_code not in vendor.answers:
            raise self.refusal(response)
        return response

    def body(self, response: requests.Response) -> Iterator[bytes]:
        """Yield the body as it comes, not unpacked. Raises BrokenOffError where the connection ends too early."""
        with response:
            try:
                yield from response.raw.stream(_CHUNK, decode_content=False)
            except (HTTPError, OSError) as error:
                raise self.broken(f"the connection broke off: {self.clean(error)}") from error

    def broken(self, what: str) -> BrokenOffError:
        """Return the error of an answer that is not whole."""
        return BrokenOffError(self._source, f"{self._vendor.name}'s answer is not whole: {what}; read again later")

    def whole(self, read: Callable[[], _T], *, again: tuple[type[SourceError], ...] = (BrokenOffError,)) -> _T:
        """Return what `read` makes of a whole answer; after an error of `again` it is asked for anew.

        `read` starts from nothing each time. What the last attempt raises is raised.
        """
        for attempt in range(1, self._patience.attempts):
            try:
                return read()
            except again:
                self._patience.sleep(self._patience.wait(attempt))
        return read()

    def refusal(self, response: requests.Response) -> SourceError:
        """Return what is wrong with an answer that is none, and the mend."""
        code, said = response.status_code, self.said(response)
        redirect = response.headers.get("Location")
        if redirect and code not in _TRY_AGAIN:
            return SourceSettingsError(
                self._source, f"{said}; it points to {self.clean(redirect)}: is `host` or `region` right?"
            )
        if code not in _TRY_AGAIN:
            return SourceSettingsError(self._source, f"{said}{self._vendor.mends.get(code, '')}")
        asked = retry_after(response)
        if asked is not None and asked > self._patience.longest_wait:
            wait = f"{self._vendor.name} asks to wait {asked:.0f} seconds; read again later"
            return SourceError(self._source, wait)
        return SourceError(self._source, f"{said}; gave up after {self._patience.attempts} attempts, try again later")

    def said(self, response: requests.Response) -> str:
        """Return the status and the vendor's words."""
        return f"{response.status_code}: {self.clean(words_of(response))}"

    def clean(self, words: object) -> str:
        """Shorten what a server or library said, and take the secrets out of it."""
        text = " ".join(str(words).split())
        for place in self._vendor.secrets:
            if not place.missing():
                text = text.replace(place.get(), "(the secret)")
        return _SIGNED.sub(r"\1 (the secret)", text)[:_EXCERPT]


def words_of(response: requests.Response) -> str:
    """Find the vendor's own words in an answer, or whatever it says instead."""
    try:
        answer = response.json()
    except (requests.exceptions.JSONDecodeError, UnicodeDecodeError):
        return response.text or response.reason or "no reason given"
    except (requests.RequestException, HTTPError):
        return response.reason or "no reason given"
    if not isinstance(answer, dict):
        return str(answer)
    error = answer.get("error") or answer.get("message") or answer.get("detail")
    inner = error.get("message") if isinstance(error, dict) else error
    return str(inner or answer)
