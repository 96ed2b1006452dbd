"""The writer of one org: looks what differs, and writes nothing but that."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from connectors.base import Remark, SourceError, SourceSettingsError
from connectors.salesforce.describing import Describer
from connectors.salesforce.failures import as_source_errors
from connectors.salesforce.opening import open_client, open_session
from connectors.salesforce.writing.comparing import Comparison
from connectors.salesforce.writing.sending import Sending
from connectors.salesforce.writing.targets import find_targets
from connectors.writeback import Wanted, Written

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from simple_salesforce.api import Salesforce

    from connectors.http import Patience
    from connectors.salesforce.session import SalesforceSession
    from connectors.salesforce.settings import Settings
    from connectors.salesforce.writing.settings import Writeback
    from connectors.writeback import AccountValues, Differences, Form, Todo


@dataclass(slots=True)
class SalesforceWriter:
    """Writes measures into fields of Account, and todos as Tasks. See `connectors.writeback.CrmWriter`."""

    name: str
    settings: Settings
    writeback: Writeback
    forms: Mapping[str, Form]
    """What kind of value each measure is."""
    certificates: Path | None = None
    patience: Patience | None = None
    """Instead of what the settings say; for tests."""
    _session: SalesforceSession | None = field(default=None, init=False)

    @property
    def wanted(self) -> Wanted:
        """What the settings want written."""
        settings = self.writeback
        return Wanted(settings.account_fields, settings.task is not None, settings.apply)

    def check(self) -> Iterator[Remark]:
        """Look whether the org can take what the settings want; yield every fault. Raises SourceError."""
        session = self._fresh()
        with session, as_source_errors(self.name, "looking at what can be written"):
            faults = find_targets(self._describer(session), self.writeback, self.forms)[1]
        for fault in faults:
            yield Remark(fault, wrong=True)

    def differences(self, accounts: Sequence[AccountValues], todos: Sequence[Todo]) -> Differences:
        """Read what stands in the org and return what would be written; writes nothing.

        Raises SourceSettingsError with every field that cannot take its measure, SourceError where the org cannot
        be read.
        """
        session = self._fresh()
        with session, as_source_errors(self.name, "looking at what differs"):
            describer = self._describer(session)
            targets, faults = find_targets(describer, self.writeback, self.forms)
            if faults:
                raise SourceSettingsError(self.name, "writeback does not fit the org:\n" + "\n".join(faults))
            comparison = Comparison(self.name, describer.salesforce, targets, self.writeback.clear_unknown)
            comparison.accounts(accounts)
            if self.writeback.task is not None:
                comparison.todos(todos, self.writeback.task.subject)
            return comparison.differences()

    def write(self, differences: Differences) -> Written:
        """Write what differs; never raises SourceError: what stands in the way is told."""
        if not differences.changes:
            return Written(self.name, refused=differences.refused)
        session = self._session
        if session is None or session.ended:
            session = self._fresh()
        try:
            with session, as_source_errors(self.name, "writing"):
                key = self.writeback.task.external_id if self.writeback.task else None
                salesforce = self._client(session)
                return Sending(self.name, salesforce, session.patience, key).send(differences)
        except SourceError as error:
            return Written(self.name, refused=differences.refused, left=differences.changes, problem=error.problem)

    def calls(self) -> str | None:
        """Tell how many requests were made since the last look, and what is used of the org's calls of the day."""
        return None if self._session is None else told_calls(self._session)

    def _fresh(self) -> SalesforceSession:
        self._session = open_session(self.name, self.settings, self.certificates, self.patience)
        return self._session

    def _client(self, session: SalesforceSession) -> Salesforce:
        return open_client(session, self.settings.api_version)

    def _describer(self, session: SalesforceSession) -> Describer:
        return Describer(self.name, self._client(session))


def told_calls(session: SalesforceSession) -> str:
    """Tell how many requests a session made, and what is used of the org's calls of the day."""
    made = f"{session.calls:,} call{'' if session.calls == 1 else 's'}"
    if session.usage is None:
        return made
    used, allowed = session.usage
    return f"{made}; {used:,} of {allowed:,} of the day used"
