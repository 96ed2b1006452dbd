"""The HTTP session of every connector: it never hangs, repeats only what may be repeated, and counts its calls."""

from __future__ import annotations

import email.utils
import random
import re
import threading
import time
import zlib
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import requests
from requests.auth import AuthBase
from requests.exceptions import ChunkedEncodingError, ContentDecodingError, SSLError, Timeout
from requests.exceptions import ConnectionError as LostConnectionError
from urllib3.exceptions import ProtocolError, ReadTimeoutError

from connectors.addresses import is_loopback

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

_ENHANCE_YOUR_CALM: Final = 420
_TOO_MANY: Final = 429
_SERVER_ERROR: Final = 500


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait for the other side, and how often to ask again. Times in seconds.

    `sleep`, `clock` and `chance` (a number in 0..1 that spreads the waits of many clients) are there to be replaced
    in tests.
    """

    connect: float = 5.0
    read: float = 130.0
    attempts: int = 4
    first_wait: float = 0.5
    longest_wait: float = 60.0
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic
    chance: Callable[[], float] = random.random

    def wait(self, attempt: int) -> float:
        """Seconds to wait after the attempt of this number (from 1): doubling, and any share of it."""
        return self.chance() * min(self.longest_wait, self.first_wait * 2.0**attempt)


class Bearer(AuthBase):
    """Signs a request with a token.

    Given as `auth`, because a header alone is overruled by an entry in the user's .netrc.
    """

    def __init__(self, token: str | None) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Set the header, or take it away where there is no token."""
        request.headers.pop("Authorization", None)
        if self._token is not None:
            request.headers["Authorization"] = f"Bearer {self._token}"
        return request


class Session(requests.Session):
    """A `requests.Session` with default timeouts, repetition with jitter, and a count of its calls.

    Repeated are requests that `repeatable` allows, after a lost connection and after answers that are `passing`;
    `Retry-After` is obeyed up to the longest wait. What still fails after the last attempt is raised or returned as
    `requests` does. `verify` (a file of certificates) stands above REQUESTS_CA_BUNDLE; loopback never goes through
    a proxy. Safe to be used by several threads.
    """

    def __init__(
        self, patience: Patience | None = None, *, verify: Path | None = None, trust_environment: bool = True
    ) -> None:
        super().__init__()
        self.patience = patience or Patience()
        self.trust_env = trust_environment
        if verify is not None:
            self.verify = str(verify)
        self._counting = threading.Lock()
        self.calls = 0
        """Requests sent so far, repeated ones included."""

    def repeatable(self, request: requests.PreparedRequest) -> bool:
        """Tell whether sending this request twice does no harm."""
        return request.method in {"GET", "HEAD"}

    def passing(self, response: requests.Response) -> bool:
        """Tell whether the same request may be answered otherwise a moment later."""
        return response.status_code in {_ENHANCE_YOUR_CALM, _TOO_MANY} or response.status_code >= _SERVER_ERROR

    def ahead(self) -> None:
        """Do what comes before every sending, repeated ones included; for subclasses."""

    def observe(self, response: requests.Response) -> None:
        """Look at an answer, also one that will be asked for again; for subclasses."""

    def send(
        self,
        request: requests.PreparedRequest,
        **kwargs: Any,  # noqa: ANN401 - handed on as they come
    ) -> requests.Response:
        """Send one prepared request, repeating it where that is allowed."""
        kwargs["timeout"] = kwargs.get("timeout") or (self.patience.connect, self.patience.read)
        attempts = self.patience.attempts if self.repeatable(request) else 1
        for attempt in range(1, attempts):
            wait = self._attempt(request, kwargs, attempt)
            if isinstance(wait, requests.Response):
                return wait
            self.patience.sleep(wait)
        return self._once(request, kwargs)

    def _attempt(
        self, request: requests.PreparedRequest, kwargs: Mapping[str, Any], attempt: int
    ) -> requests.Response | float:
        """Return the answer, or the seconds to wait before asking again."""
        try:
            response = self._once(request, kwargs)
        except SSLError:
            raise  # a certificate does not become valid by asking again
        except (LostConnectionError, Timeout, ChunkedEncodingError, ContentDecodingError):
            return self.patience.wait(attempt)
        if not self.passing(response):
            return response
        asked = retry_after(response)
        if asked is not None and asked > self.patience.longest_wait:
            return response
        response.close()
        # A moment later than asked: others were told the same.
        return self.patience.wait(attempt) if asked is None else asked + self.patience.chance()

    def _once(self, request: requests.PreparedRequest, kwargs: Mapping[str, Any]) -> requests.Response:
        self.ahead()
        with self._counting:
            self.calls += 1
        response = super().send(request, **{**kwargs, "stream": True})
        self.observe(response)
        if not kwargs.get("stream"):
            read_whole(response)
        return response

    def merge_environment_settings(  # type: ignore[override]  # five arguments of requests' own types, handed on
        self,
        url: str,
        proxies: Any,  # noqa: ANN401 - requests' own type
        stream: Any,  # noqa: ANN401 - likewise
        verify: Any,  # noqa: ANN401 - likewise
        cert: Any,  # noqa: ANN401 - likewise
    ) -> Any:  # noqa: ANN401 - likewise
        """Merge proxies and certificates of the environment with the session's own, which win."""
        own = self.verify if verify is None else verify
        merged = super().merge_environment_settings(url, proxies, stream, own, cert)
        if is_loopback(url):
            merged["proxies"] = {}
        return merged


def read_whole(response: requests.Response) -> None:
    """Read the body of an answer, so that `content` has it. Raises what `requests` does where it breaks off.

    A gzipped body is unpacked at once: `requests` does so in thousands of small steps, and takes one that ends in its
    middle for a whole one.
    """
    raw = response.raw
    if raw is None or response.headers.get("Content-Encoding", "").strip().lower() != "gzip":
        assert response.content is not None, "a body may be empty, but is there"
        return
    try:
        packed = raw.read(decode_content=False)
    except ReadTimeoutError as error:
        raise LostConnectionError(error, request=response.request) from error
    except ProtocolError as error:
        raise ChunkedEncodingError(error, request=response.request) from error
    # What `content` would have done; there is no other way to hand it a body.
    response._content = _unpacked(packed, response)  # noqa: SLF001
    response._content_consumed = True  # type: ignore[attr-defined]  # noqa: SLF001


def _unpacked(packed: bytes, response: requests.Response) -> bytes:
    parts = []
    try:
        while packed:
            member = zlib.decompressobj(zlib.MAX_WBITS | 16)
            parts.append(member.decompress(packed))
            if not member.eof:
                raise ContentDecodingError("the gzipped body ends in its middle", request=response.request)
            packed = member.unused_data
    except zlib.error as error:
        raise ContentDecodingError(error, request=response.request) from error
    return b"".join(parts) if len(parts) != 1 else parts[0]


def retry_after(response: requests.Response) -> float | None:
    """Return the seconds that a server asks to wait; None where it does not say, or not so that it can be read."""
    text = response.headers.get("Retry-After", "").strip()
    if re.fullmatch(r"\d+(\.\d+)?", text):
        return float(text)
    try:
        moment = email.utils.parsedate_to_datetime(text)
    except ValueError:
        return None
    # A date without a zone is UTC by RFC 9110.
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0.0, (aware - datetime.now(UTC)).total_seconds())
