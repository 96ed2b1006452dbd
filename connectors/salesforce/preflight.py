"""Looking at an org before anything is read: what the mapping misses, what is read whole each time, what is left."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from connectors.base import Remark, SourceError, SourceSettingsError
from connectors.salesforce.asking import ask
from connectors.salesforce.describing import Describer, MissingFieldError
from connectors.salesforce.failures import as_source_errors
from connectors.salesforce.plans import make_plans

if TYPE_CHECKING:
    from collections.abc import Iterator

    from simple_salesforce.api import Salesforce

    from connectors.salesforce.mapping import Mapped
    from connectors.salesforce.plans import Plan, Query

_ACCESS: str = (
    "SELECT RecordId, HasReadAccess FROM UserRecordAccess WHERE UserId = '{user}' AND RecordId IN ('{account}')"
)


def preflight(source: str, mapped: Mapped, salesforce: Salesforce) -> Iterator[Remark]:
    """Yield every fault of a mapping against its org, and what is worth knowing of it.

    Raises SourceError where the org cannot be asked.
    """
    describer = Describer(source, salesforce)
    try:
        plans = make_plans(source, mapped, describer)
    except SourceSettingsError as error:
        yield from (Remark(line, wrong=True) for line in error.problem.splitlines()[1:] or [error.problem])
    else:
        for plan in plans:
            yield from _read_whole(plan)
    yield from _currencies(describer)
    yield from _access(source, salesforce)
    yield _left(source, salesforce)


def _read_whole(plan: Plan) -> Iterator[Remark]:
    if not plan.query.stamps:
        yield Remark(f"{plan.place}: changes of {plan.query.source} cannot be followed; it is read whole each time")
        return
    formulas = _volatile(plan.query)
    if formulas:
        yield Remark(
            f"{plan.place}: of {plan.query.source} these may change without its stamp: {', '.join(formulas)}; "
            "they are read whole each time"
        )
    if plan.query.fickle:
        yield Remark(f"{plan.place}: 'where' rests on a formula; all Ids of {plan.query.source} are read each time")


def _volatile(query: Query) -> list[str]:
    return [asked.path for asked in query.fields if asked.volatile]


def _currencies(describer: Describer) -> Iterator[Remark]:
    try:
        describer.path("Account", "CurrencyIsoCode")
    except MissingFieldError:
        yield Remark("the org has one currency: the mapping's default for 'currency' counts for every line")
    else:
        yield Remark("the org has several currencies: lines are read in their own, see 'currencies' in the settings")


def _access(source: str, salesforce: Salesforce) -> Iterator[Remark]:
    """Ask on a sample whether it can be found out who may see which account."""
    try:
        user = ask(salesforce, source, "looking for a user", "SELECT Id FROM User WHERE IsActive = TRUE LIMIT 1")
        account = ask(salesforce, source, "looking for an account", "SELECT Id FROM Account LIMIT 1")
        if user and account:
            # Ids of Salesforce's own: letters and digits.
            query = _ACCESS.format(user=_id(user), account=_id(account))
            ask(salesforce, source, "asking who may see an account", query)
    except SourceError as error:
        yield Remark(f"who may see which account cannot be asked ({error.problem}); where it counts, nobody may")


def _id(records: list[dict[str, Any]]) -> str:
    return "".join(letter for letter in str(records[0].get("Id", "")) if letter.isalnum())


def _left(source: str, salesforce: Salesforce) -> Remark:
    with as_source_errors(source, "asking for the limits"):
        limits = salesforce.limits()
    told = [
        f"{int(limits[name]['Remaining']):,} of {int(limits[name]['Max']):,} {what}"
        for name, what in (("DailyApiRequests", "API calls"), ("DailyBulkV2QueryJobs", "Bulk query jobs"))
        if isinstance(limits, dict)
        and isinstance(limits.get(name), dict)
        and {"Max", "Remaining"} <= limits[name].keys()
    ]
    return Remark(f"left of the day: {'; '.join(told)}" if told else "the org does not say what is left of the day")
