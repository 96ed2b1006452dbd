"""Mixpanel's raw export over HTTP: days in, lines of JSON out, and never half an answer taken for a whole one."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from requests.auth import HTTPBasicAuth

from connectors.usage.caller import PATIENCE, Caller, TooMuchError, Vendor
from connectors.usage.jsonlines import CutError, gunzipped, lines

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Sequence

    import requests

    from connectors.http import Patience
    from connectors.usage.days import Span
    from connectors.usage.mixpanel.settings import Settings

_TOO_MUCH: Final = frozenset({413, 504, 524})
_EARLY: Final = b"terminated early"


class MixpanelClient:
    """Exports events of one project. Opens no connection before the first export."""

    def __init__(self, name: str, settings: Settings, patience: Patience = PATIENCE) -> None:
        self._name = name
        self._settings = settings
        self.caller = Caller(name, _vendor(settings), patience)

    def export(self, days: Span, events: Sequence[str] = (), limit: int | None = None) -> Generator[bytes, None, None]:
        """Yield the lines of these days, in no order: of these events only, or of all, and at most `limit`.

        Days are Mixpanel's: of UTC, or of the project's zone. Raises BrokenOffError where the export ends before its
        end, at the latest when the last line has been taken; TooMuchError where fewer days may pass.
        """
        asked: dict[str, str | int] = {"from_date": days.first.isoformat(), "to_date": days.last.isoformat()}
        if events:
            asked["event"] = json.dumps(list(events))
        if limit is not None:
            asked["limit"] = limit
        if self._settings.service_account:
            asked["project_id"] = self._settings.project
        response = self.caller.send(
            "GET", "/api/2.0/export", params=asked, auth=self._auth(), headers={"Accept-Encoding": "gzip"}
        )
        if response.status_code in _TOO_MUCH:
            raise TooMuchError(self._name, f"{self.caller.said(response)}; {days.first} to {days.last} are too much")
        return self._lines(response)

    def _lines(self, response: requests.Response) -> Generator[bytes, None, None]:
        try:
            for line in lines(self._unpacked(response)):
                # The status was sent long before: a failure can only stand in the body.
                if _EARLY in line and not line.startswith(b"{"):
                    raise self.caller.broken(line.decode("utf-8", "replace")[:100])
                yield line
        except CutError as error:
            raise self.caller.broken(str(error)) from error

    def _unpacked(self, response: requests.Response) -> Iterable[bytes]:
        body = self.caller.body(response)
        return gunzipped(body) if response.headers.get("Content-Encoding", "").lower() == "gzip" else body

    def _auth(self) -> HTTPBasicAuth:
        account = self._settings.service_account
        meaning = "the secret of the service account" if account else "the project's API secret"
        secret = self.caller.secret(self._settings.secret, f"{meaning} in Mixpanel")
        # As bytes: requests would write text in Latin-1, and fail on anything else.
        return HTTPBasicAuth(account.encode(), secret.encode()) if account else HTTPBasicAuth(secret.encode(), b"")


def _vendor(settings: Settings) -> Vendor:
    place = settings.secret.env or settings.secret.file
    account = "a service account's secret, its username under `service_account`" if settings.service_account else ""
    held = account or "the project's API secret, or name a `service_account`"
    return Vendor(
        name="Mixpanel",
        host=settings.address,
        limits={1.0: 3, 3600.0: settings.exports_per_hour},
        secrets=(settings.secret,),
        answers=frozenset({200, *_TOO_MUCH}),
        mends={
            400: "; check `project`, `service_account`, and `timezone` and `clock` where it names a date",
            401: f"; {place} must hold {held}",
            402: "; the organization's plan does not include the raw export",
            403: f"; give the service account a role in project {settings.project} that may read its events",
            404: f"; is `region: {settings.region}` where the project's data reside?",
        },
    )
