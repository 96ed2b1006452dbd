"""The session that simple-salesforce speaks through: it signs, refreshes once, counts, and knows when to stop.

simple-salesforce has no timeouts, storms the login when a session stays refused, and forgets the usage header on
errors. All of that is mended below it, so that every one of its ways to ask is mended alike.
"""

from __future__ import annotations

import email.utils
import re
import threading
from contextlib import suppress
from datetime import UTC
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from connectors.base import SourceError
from connectors.http import Bearer, Patience, Session
from connectors.salesforce.failures import LIMIT_EXCEEDED, body_of, codes, told
from connectors.salesforce.oauth import TOKEN_PATH, Token, token_form, token_from

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    import requests

    from connectors.salesforce.settings import ClientCredentials, JwtBearer

_READING_JOBS: Final = "/jobs/query"
_AT_ONCE: Final = "Concurrent"
"""Part of what REQUEST_LIMIT_EXCEEDED says where not the day's calls are spent, but too many run at once."""
_UNAUTHORIZED: Final = 401
_FORBIDDEN: Final = 403
# The same header may carry `per-app-api-usage=` as well.
_USAGE: Final = re.compile(r"(?<![\w-])api-usage=(\d+)/(\d+)")


class SalesforceSession(Session):
    """A session for one org; safe to be used by several threads.

    Logs in at the first request. A 401 makes one login, however many threads saw it, and the request is sent once
    more; a second 401 ends the session for good, as do REQUEST_LIMIT_EXCEEDED and a spent share of the day's calls:
    every later request then raises SourceError without asking.
    """

    def __init__(
        self,
        source: str,
        login: ClientCredentials | JwtBearer,
        *,
        patience: Patience | None = None,
        daily_share: float = 1.0,
        verify: Path | None = None,
        trust_environment: bool = True,
    ) -> None:
        super().__init__(patience, verify=verify, trust_environment=trust_environment)
        self._source = source
        self._login = login
        self._daily_share = daily_share
        self._lock = threading.Lock()
        self._token: Token | None = None
        self._ended: str | None = None
        self.usage: tuple[int, int] | None = None
        """Calls of the org today, used and allowed, as the last answer told."""
        self.said_at: datetime | None = None
        """The time by the org's clock, as the last answer told."""

    @property
    def instance(self) -> str:
        """Address of the org; logs in where that has not been done."""
        return self._current().instance

    def repeatable(self, request: requests.PreparedRequest) -> bool:
        """Tell whether sending this twice does no harm: reading, asking for a token, and what ends the same.

        A PATCH is an update, or an upsert by an external id; what makes a record anew is a POST. A job that reads is no
        record: of two of them one is left alone, and Salesforce drops it.
        """
        path = urlsplit(request.url or "").path
        asks = path == TOKEN_PATH or path.endswith(_READING_JOBS)
        return super().repeatable(request) or request.method in {"PATCH", "DELETE"} or asks

    def passing(self, response: requests.Response) -> bool:
        """Tell whether the same request may be answered otherwise a moment later: too many at once, for one."""
        at_once = response.status_code == _FORBIDDEN and _AT_ONCE in response.text
        return super().passing(response) or at_once

    @property
    def ended(self) -> str | None:
        """Why the session is at its end, and every later request will be refused; None while it is not."""
        return self._ended

    def observe(self, response: requests.Response) -> None:
        """Note how many calls the org has used today, and what time it is there: every answer tells, errors too."""
        self._note_time(response.headers.get("Date", ""))
        found = _USAGE.search(response.headers.get("Sforce-Limit-Info", ""))
        if found is None:
            return
        used, allowed = int(found[1]), int(found[2])
        self.usage = (used, allowed)
        if allowed and used >= allowed * self._daily_share:
            self._end(
                f"stopped: {used:,} of the org's {allowed:,} API calls of the day are used "
                f"('daily_share' leaves the rest to others)"
            )

    def _note_time(self, told: str) -> None:
        with suppress(ValueError):
            moment = email.utils.parsedate_to_datetime(told)
            self.said_at = moment if moment.tzinfo else moment.replace(tzinfo=UTC)

    def request(  # type: ignore[override]  # twenty arguments of requests' own types, handed on
        self,
        method: str,
        url: str,
        **kwargs: Any,  # noqa: ANN401 - handed on as they come
    ) -> requests.Response:
        """Send a request to the org, signed. Raises SourceError where the session is or comes to its end."""
        token = self._current()
        response = self._signed(token, method, url, kwargs)
        if response.status_code == _UNAUTHORIZED:
            response.close()
            response = self._signed(self._renewed(token), method, url, kwargs)
            if response.status_code == _UNAUTHORIZED:
                raise self._end(f"a fresh session was refused with 401, {told(body_of(response.text))}")
        if response.status_code == _FORBIDDEN and LIMIT_EXCEEDED in codes(body := body_of(response.text)):
            raise self._end(f"stopped: {told(body)}")
        return response

    def _signed(self, token: Token, method: str, url: str, kwargs: dict[str, Any]) -> requests.Response:
        self._check_open()
        ours = {"auth": Bearer(token.secret), "allow_redirects": False}
        return super().request(method, self._at_home(token, url), **{**kwargs, **ours})

    def _at_home(self, token: Token, url: str) -> str:
        """Return the address as it is to be called; simple-salesforce writes https whatever it was given."""
        asked, home = urlsplit(url), urlsplit(token.instance)
        if asked.netloc != home.netloc:
            # The token of the org goes to the org and nowhere else, whatever an answer names as its next page.
            raise SourceError(self._source, f"refused to send the session to {asked.netloc}: it is not {home.netloc}")
        return asked._replace(scheme=home.scheme).geturl()

    def _current(self) -> Token:
        with self._lock:
            if self._token is None:
                self._token = self._new_token()
            return self._token

    def _renewed(self, refused: Token) -> Token:
        with self._lock:
            if self._token is refused:  # otherwise another thread has been here
                self._token = self._new_token()
            assert self._token is not None
            return self._token

    def _new_token(self) -> Token:
        self._check_open()
        url = f"{self._login.host}{TOKEN_PATH}"
        try:
            form = token_form(self._source, self._login)
            # A redirect would carry the secret in the form to wherever it points.
            answer = super().request("POST", url, data=form, auth=Bearer(None), allow_redirects=False)
            return token_from(self._source, answer)
        except SourceError as error:
            # Salesforce locks out who keeps knocking.
            self._end(error.problem)
            raise

    def _check_open(self) -> None:
        if self._ended is not None:
            raise SourceError(self._source, self._ended)

    def _end(self, why: str) -> SourceError:
        self._ended = self._ended or why
        return SourceError(self._source, self._ended)
