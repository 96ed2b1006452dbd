"""Opening an org: the session as the settings want it, and simple-salesforce speaking through it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from simple_salesforce.api import Salesforce

from connectors.http import Patience
from connectors.salesforce.session import SalesforceSession

if TYPE_CHECKING:
    from pathlib import Path

    from connectors.salesforce.settings import Settings

_SIGNED_BELOW: Final = "the session signs each request"


def open_session(
    name: str, settings: Settings, certificates: Path | None, patience: Patience | None = None
) -> SalesforceSession:
    """Return a session for the org of a source; it logs in at its first request.

    `patience` stands in the place of what the settings say.
    """
    return SalesforceSession(
        name,
        settings.login,
        patience=patience or Patience(read=settings.timeout, attempts=settings.attempts),
        daily_share=settings.daily_share,
        verify=certificates,
        trust_environment=settings.trust_env,
    )


def open_client(session: SalesforceSession, version: str) -> Salesforce:
    """Return simple-salesforce in direct mode: it never logs in by itself, the session does (here, at once)."""
    return Salesforce(
        instance_url=session.instance,
        session_id=_SIGNED_BELOW,
        session=session,
        version=version,
        object_pairs_hook=None,
    )
