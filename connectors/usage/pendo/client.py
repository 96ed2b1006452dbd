"""Pendo's aggregation endpoint over HTTP: one pipeline in, its rows out."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from connectors.base import SourceError
from connectors.usage.caller import PATIENCE, Caller, TooMuchError, Vendor
from connectors.usage.jsonlines import CutError, gunzipped

if TYPE_CHECKING:
    import requests

    from connectors.http import Patience
    from connectors.usage.pendo.settings import Settings

Row = dict[str, Any]
_TOO_MUCH: Final = frozenset({408, 413, 504, 524})
_PER_MINUTE: Final = 240


class PendoClient:
    """Runs aggregations in one subscription, one at a time. Opens no connection before the first."""

    def __init__(self, name: str, settings: Settings, patience: Patience = PATIENCE) -> None:
        self._name = name
        self._settings = settings
        self.caller = Caller(name, _vendor(settings), patience)

    def ask(self, request: dict[str, Any]) -> list[Row]:
        """Run an aggregation and return its rows. Raises TooMuchError where fewer days may pass."""
        return self.caller.whole(lambda: self._ask(request))

    def _ask(self, request: dict[str, Any]) -> list[Row]:
        key = self.caller.secret(self._settings.integration_key, "an integration key of Pendo")
        headers = {"X-Pendo-Integration-Key": key, "Accept-Encoding": "gzip"}
        response = self.caller.send("POST", "/api/v1/aggregation", json=request, headers=headers, auth=_leave)
        if response.status_code in _TOO_MUCH:
            raise TooMuchError(self._name, f"{self.caller.said(response)}; so many days are too much")
        rows = self._json(response).get("results")
        if rows is None:
            return []  # so it answers where there is nothing
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise SourceError(self._name, "the answer holds no rows under `results`; is `host` Pendo's address?")
        return rows

    def _json(self, response: requests.Response) -> dict[str, Any]:
        kind = response.headers.get("Content-Type", "")
        body = self._body(response)
        try:
            answer = json.loads(body)
        except ValueError as error:
            if "json" in kind:
                raise self.caller.broken("its JSON ends too early") from error
            text = self.caller.clean(body[:1000].decode("utf-8", "replace"))
            raise SourceError(self._name, f"the answer is no JSON but: {text}; is `host` Pendo's address?") from error
        if not isinstance(answer, dict):
            raise SourceError(self._name, "the answer is no JSON object; is `host` Pendo's address?")
        return answer

    def _body(self, response: requests.Response) -> bytes:
        body = self.caller.body(response)
        packed = response.headers.get("Content-Encoding", "").lower() == "gzip"
        try:
            return b"".join(gunzipped(body) if packed else body)
        except CutError as error:
            raise self.caller.broken(str(error)) from error


def _leave(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Sign nothing: without it requests would send what the user's .netrc knows of the host."""
    return request


def _vendor(settings: Settings) -> Vendor:
    place = settings.integration_key.env or settings.integration_key.file
    key = f"; {place} must hold an integration key of a subscription in `region: {settings.region}`"
    return Vendor(
        name="Pendo",
        host=settings.address,
        limits={60.0: _PER_MINUTE},
        secrets=(settings.integration_key,),
        answers=frozenset({200, *_TOO_MUCH}),
        mends={
            400: "; Pendo refuses the aggregation: check `customer`, `events`, `measure` and `apps`",
            401: key,
            402: "; the subscription's plan does not include the API",
            403: f"{key}, and the plan must include the API",
            404: f"; is `region: {settings.region}` where the subscription is?",
        },
    )
