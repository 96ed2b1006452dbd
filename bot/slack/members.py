"""Members of the workspace, as Slack tells of them: who belongs here, and which address is theirs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bot.slack.calls import call

if TYPE_CHECKING:
    from slack_sdk import WebClient

    from bot.slack.calls import Meter

Json = dict[str, Any]


class Workspace:
    """The workspace that the app is installed in; asked for once."""

    def __init__(self, client: WebClient, meter: Meter | None = None) -> None:
        self._client = client
        self._meter = meter
        self._home: Json | None = None

    def holds(self, user: Json) -> bool:
        """Tell whether somebody is of this company; asks Slack where that is not known. Raises DeliveryErrors."""
        if user.get("is_stranger"):
            return False
        team = user.get("team_id")
        if team is None:
            return True
        home = self._known()
        if team == home.get("team_id"):
            return True
        company = (user.get("enterprise_user") or {}).get("enterprise_id")
        return company is not None and company == home.get("enterprise_id")

    def _known(self) -> Json:
        if self._home is None:
            self._home = call(self._client.auth_test, writes=False, meter=self._meter)
        return self._home


def address_of(user: Json) -> str:
    """Return the e-mail address of a member; empty where there is none that Slack has seen confirmed."""
    if user.get("is_email_confirmed") is False:
        return ""  # whoever is invited may type anybody's
    return str((user.get("profile") or {}).get("email") or "")
