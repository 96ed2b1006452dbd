"""The source: logs in, checks the mapping against the org, and streams its records as typed batches."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from simple_salesforce.api import Salesforce

from connectors.base import Batch, SourceError, SourceSettingsError, UnfitError
from connectors.http import Patience
from connectors.salesforce.failures import as_source_errors
from connectors.salesforce.preflight import Describer, Plan, make_plans
from connectors.salesforce.rows import RowMaker
from connectors.salesforce.session import SalesforceSession

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from connectors.base import Rejects, Window
    from connectors.salesforce.mapping import Mapped
    from connectors.salesforce.settings import Settings

_SIGNED_BELOW: Final = "the session signs each request"


@dataclass(slots=True)
class SalesforceSource:
    """Accounts, people and contract lines of one org, as they stand now.

    Salesforce keeps no past: every batch carries the last day of the window as the day of its snapshot.
    """

    name: str
    settings: Settings
    mapped: Mapped
    certificates: Path | None = None
    patience: Patience | None = None
    """Instead of what the settings say; for tests."""
    _session: SalesforceSession | None = field(default=None, init=False)

    def read(self, window: Window, rejects: Rejects) -> Iterator[Batch]:
        """Yield every mapped table whole, in batches of at most `page_size` rows.

        Raises SourceSettingsError where login or mapping do not fit the org, before anything is yielded, and
        SourceError where the org cannot be read to the end.
        """
        session = self._session = self._open()
        with session, as_source_errors(self.name, "reading"):
            salesforce = _client(session, self.settings.api_version)
            plans = make_plans(self.name, self.mapped, Describer(self.name, salesforce))
            makers = [self._maker(plan, session) for plan in plans]
            for maker in makers:
                for records in self._pages(salesforce, maker.plan):
                    yield Batch(maker.plan.table, window.until, maker.table(records, rejects))

    def calls(self) -> str | None:
        """Tell how many requests the last reading made, and what is used of the org's calls of the day."""
        session = self._session
        if session is None:
            return None
        made = f"{session.calls:,} call{'' if session.calls == 1 else 's'}"
        if session.usage is None:
            return made
        used, allowed = session.usage
        return f"{made}; {used:,} of {allowed:,} of the day used"

    def _open(self) -> SalesforceSession:
        settings = self.settings
        return SalesforceSession(
            self.name,
            settings.login,
            patience=self.patience or Patience(read=settings.timeout, attempts=settings.attempts),
            daily_share=settings.daily_share,
            verify=self.certificates,
            trust_environment=settings.trust_env,
        )

    def _maker(self, plan: Plan, session: SalesforceSession) -> RowMaker:
        try:
            return RowMaker(plan, self.settings.links or _https_only(session.instance))
        except UnfitError as error:
            raise SourceSettingsError(self.name, f"{plan.table}: a constant or default: {error.detail}") from error

    def _pages(self, salesforce: Salesforce, plan: Plan) -> Iterator[list[dict[str, Any]]]:
        """Yield the records of a query page by page; raises SourceError where fewer arrive than were announced."""
        doing = f"reading {plan.source}"
        options = {"Sforce-Query-Options": f"batchSize={self.settings.page_size}"}
        with as_source_errors(self.name, doing):
            page = salesforce.query(plan.query, headers=options)
        received = 0
        while True:
            records = self._records(page, doing)
            received += len(records)
            yield records
            if page["done"]:
                break
            with as_source_errors(self.name, doing):
                page = salesforce.query_more(page["nextRecordsUrl"], identifier_is_url=True, headers=options)
        if received != page["totalSize"]:
            raise SourceError(self.name, f"{doing}: {received:,} of {page['totalSize']:,} records arrived; read again")

    def _records(self, page: object, doing: str) -> list[dict[str, Any]]:
        if isinstance(page, dict) and isinstance(page.get("records"), list) and isinstance(page.get("totalSize"), int):
            records: list[dict[str, Any]] = page["records"]
            following = page.get("nextRecordsUrl")
            # A page without records that names a next one could go on for ever.
            if page.get("done") is True or (isinstance(following, str) and records):
                return records
        raise SourceError(self.name, f"{doing}: the answer is no page of a query's result")


def _client(session: SalesforceSession, version: str) -> Salesforce:
    """Return simple-salesforce in direct mode: it never logs in by itself, the session does."""
    return Salesforce(
        instance_url=session.instance,
        session_id=_SIGNED_BELOW,
        session=session,
        version=version,
        object_pairs_hook=None,
    )


def _https_only(instance: str) -> str | None:
    return instance if instance.startswith("https://") else None
