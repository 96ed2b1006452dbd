"""The small tables that the SQL reads beside the facts themselves."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from bot.core.matching import CustomerMap
    from bot.core.rolling_up import Use
    from bot.facts.store import FactStore
    from bot.state.rows import SourceState

DEFAULT_STALE_AFTER: Final = timedelta(days=2)
"""For sources whose settings do not say."""

_DAY: Final = timedelta(days=1)


def _schema(**columns: pa.DataType) -> pa.Schema:
    return pa.schema(list(columns.items()))


_DOUBTFUL: Final = _schema(account_id=pa.string(), meter=pa.string())
_FORMER: Final = _schema(former_id=pa.string(), account_id=pa.string())
_ROLLED_UP: Final = _schema(account_id=pa.string(), meter=pa.string(), to_account=pa.string())
_SNAPSHOT_DAYS: Final = _schema(source=pa.string(), day=pa.date32())
_SOURCE_ROWS: Final = _schema(
    name=pa.string(),
    stale_after_days=pa.float64(),
    failed=pa.bool_(),
    error=pa.string(),
    rows_total=pa.int64(),
    rows_rejected=pa.int64(),
)


def doubtful_rows(
    customers: CustomerMap, account_ids: Iterable[str], rolled_up: Mapping[Use, str] | None = None
) -> pa.Table:
    """Accounts whose use of a meter may stand under another name: columns account_id, meter.

    An ambiguous customer may be any account that it fits. A customer that fits none may be any account that usage has
    never named: while there is one, such an account's nothing is no zero. With `rolled_up`, an account's doubts are
    those of the account above that its use counts to, and this one is named by what counts to it.
    """
    above = rolled_up or {}
    named = {account for account, _ in customers.matched.values()}
    nobodys = {meter for customer in customers.unmatched for meter in customer.volume}
    pairs = {
        (account.account_id, meter)
        for customer in customers.ambiguous
        for account in customer.candidates
        for meter in customer.volume
    }
    pairs |= {(above[pair], pair[1]) for pair in pairs if pair in above}
    told = {(account, meter) for (_, meter), account in above.items()}
    unnamed = {(account, meter) for account in account_ids if account not in named for meter in nobodys}
    rows = [{"account_id": account, "meter": meter} for account, meter in sorted(pairs | (unnamed - told))]
    return pa.Table.from_pylist(rows, schema=_DOUBTFUL)


def former_rows(survivors: Mapping[str, str]) -> pa.Table:
    """Who each former account is now: columns former_id, account_id."""
    rows = [{"former_id": former, "account_id": account} for former, account in sorted(survivors.items())]
    return pa.Table.from_pylist(rows, schema=_FORMER)


def rolled_up_rows(found: Mapping[Use, str]) -> pa.Table:
    """Use that counts to an account above: columns account_id, meter, to_account."""
    rows = [{"account_id": one, "meter": meter, "to_account": to} for (one, meter), to in sorted(found.items())]
    return pa.Table.from_pylist(rows, schema=_ROLLED_UP)


def snapshot_day_rows(store: FactStore) -> pa.Table:
    """Days on which each source was looked at."""
    rows = [{"source": source, "day": day} for source in store.sources() for day in store.snapshot_days(source)]
    return pa.Table.from_pylist(rows, schema=_SNAPSHOT_DAYS)


def source_rows(stored: Iterable[str], stale_after: Mapping[str, timedelta], states: Iterable[SourceState]) -> pa.Table:
    """One row for each source that the store, the settings or the state of the last readings know."""
    told = {state.name: _told(state) for state in states}
    rows = [
        {
            "name": name,
            "stale_after_days": stale_after.get(name, DEFAULT_STALE_AFTER) / _DAY,
            **told.get(name, {"failed": False}),
        }
        for name in sorted({*stored, *stale_after, *told})
    ]
    return pa.Table.from_pylist(rows, schema=_SOURCE_ROWS)


def _told(state: SourceState) -> dict[str, Any]:
    return {
        "failed": state.error is not None,
        "error": state.error,
        "rows_total": state.rows_total,
        "rows_rejected": state.rows_rejected,
    }
