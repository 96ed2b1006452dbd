"""The source: logs in, checks the mapping against the org, and streams its records as typed batches."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from connectors.base import Batch, SourceSettingsError, UnfitError
from connectors.salesforce.beside import merged, read_beside
from connectors.salesforce.bulk import Bulk
from connectors.salesforce.columns import TableMaker
from connectors.salesforce.describing import Describer
from connectors.salesforce.extracting import Extractor
from connectors.salesforce.failures import as_source_errors
from connectors.salesforce.keeping import Keeper
from connectors.salesforce.opening import open_client, open_session
from connectors.salesforce.plans import ID, Plan, make_plans
from connectors.salesforce.preflight import preflight
from connectors.schema import SCHEMAS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from simple_salesforce.api import Salesforce

    from connectors.base import Rejects, Remark, Window
    from connectors.http import Patience
    from connectors.salesforce.beside import Told
    from connectors.salesforce.mapping import Mapped
    from connectors.salesforce.session import SalesforceSession
    from connectors.salesforce.settings import Settings


@dataclass(slots=True)
class SalesforceSource:
    """Accounts, people and contract lines of one org, as they stand now.

    Salesforce keeps no past: every batch carries the last day of the window as the day of its snapshot.
    """

    name: str
    settings: Settings
    mapped: Mapped
    certificates: Path | None
    keep: Path
    """Folder for what saves reading again."""
    patience: Patience | None = None
    """Instead of what the settings say; for tests."""
    _session: SalesforceSession | None = field(default=None, init=False)

    def read(self, window: Window, rejects: Rejects) -> Iterator[Batch]:
        """Yield every mapped table whole, batch by batch.

        Raises SourceSettingsError where login or mapping do not fit the org, before anything is yielded, and
        SourceError where the org cannot be read to the end.
        """
        with self._open() as session, as_source_errors(self.name, "reading"):
            salesforce = open_client(session, self.settings.api_version)
            plans = make_plans(self.name, self.mapped, Describer(self.name, salesforce))
            reading = _Reading(self, session, self._extractor(session, salesforce), rejects)
            makers = [reading.maker(plan) for plan in plans]
            for maker in makers:
                yield from reading.batches(maker, window)

    def check(self) -> Iterator[Remark]:
        """Yield what is wrong between the settings and the org, and what is worth knowing; reads no records."""
        with self._open() as session, as_source_errors(self.name, "checking"):
            yield from preflight(self.name, self.mapped, open_client(session, self.settings.api_version))

    def calls(self) -> str | None:
        """Tell how many requests the last reading made, what is used of the org's calls of the day, what is left."""
        session = self._session
        if session is None:
            return None
        made = f"{session.calls:,} call{'' if session.calls == 1 else 's'}"
        if session.usage is None:
            return made
        used, allowed = session.usage
        left = max(0, int(allowed * self.settings.daily_share) - used)
        return f"{made}; {used:,} of {allowed:,} of the day used, {left:,} left for Headroom"

    def _open(self) -> SalesforceSession:
        self._session = open_session(self.name, self.settings, self.certificates, self.patience)
        return self._session

    def _extractor(self, session: SalesforceSession, salesforce: Salesforce) -> Extractor:
        settings = self.settings
        bulk = Bulk(session, self.name, settings.api_version)
        return Extractor(salesforce, bulk, self.name, settings.page_size, settings.bulk_above)


@dataclass(frozen=True, slots=True)
class _Reading:
    """One reading of an org."""

    source: SalesforceSource
    session: SalesforceSession
    extractor: Extractor
    rejects: Rejects

    def maker(self, plan: Plan) -> TableMaker:
        """Prepare a table. Raises SourceSettingsError where a constant of the mapping fits not its column."""
        try:
            return TableMaker(plan, self._links())
        except UnfitError as error:
            raise self._of_constant(plan, error) from error

    def batches(self, maker: TableMaker, window: Window) -> Iterator[Batch]:
        """Yield one table."""
        plan = maker.plan
        told = [self._told(plan, number) for number in range(len(plan.also))]
        keeper = Keeper(
            self.source.name, self.source.keep, _file_name(plan.place), self.source.settings.incremental_above
        )
        empty = True
        for answer in keeper.read(plan.query, self.extractor, self._now()):
            ids = answer.column(ID).combine_chunks()
            yield Batch(plan.table, window.until, maker.table(answer, self.rejects, merged(told, ids)))
            empty = False
        if empty:
            yield Batch(plan.table, window.until, SCHEMAS[plan.table].empty_table())

    def _told(self, plan: Plan, number: int) -> Told:
        beside = plan.also[number]
        try:
            return read_beside(beside, plan.table, self._links(), self.extractor.read(beside.query), self.rejects)
        except UnfitError as error:
            raise self._of_constant(plan, error) from error

    def _of_constant(self, plan: Plan, error: UnfitError) -> SourceSettingsError:
        return SourceSettingsError(self.source.name, f"{plan.place}: a constant or default: {error.detail}")

    def _links(self) -> str | None:
        instance = self.session.instance
        return self.source.settings.links or (instance if instance.startswith("https://") else None)

    def _now(self) -> datetime:
        """Return the time by the org's clock: its stamps go by that, not by the one of this machine."""
        return self.session.said_at or datetime.now(UTC)


def _file_name(place: str) -> str:
    return place.replace("[", "-").rstrip("]")
