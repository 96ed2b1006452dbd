"""From tables of the engine to the values that the state store keeps and people ask for."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final

from bot.core.addressing import own_channel
from bot.core.metrics import ACCOUNT_METRICS, SOURCE_METRICS
from bot.state.rows import AccountView, LineView, Person

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    import pyarrow as pa

    from bot.core.earlier import Earlier
    from bot.core.verdicts import Value

_LINE_COLUMNS: Final = (
    "account_id", "line_id", "product", "kind", "contracted", "used", "utilization", "pace", "unit", "start", "end",
)  # fmt: skip
_LINE_METRICS: Final = (
    "line_id", "contract_id", "contract_name", "meter", "quantity", "url", "status", "period", "period_end", "runs_to",
    "evergreen", "notice_date", "auto_renew", "currency", "discount", "arr", "overage", "overage_value", "shelfware",
    "shelfware_value", "usage_as_of", "trend_words", "run_out_date", "run_out_earliest", "run_out_latest", "end_used",
    "end_utilization", "end_utilization_low", "end_utilization_high", "probability_over", "overage_expected_value",
)  # fmt: skip
"""What a renewal brief tells of a line, and a card does not."""
_OPPORTUNITY: Final = "renewal_"
"""How the columns of accounts begin that tell of the open renewal opportunity."""


def account_views(
    accounts: pa.Table,
    lines: pa.Table,
    as_of: date,
    earlier: Earlier | None = None,
    records: pa.Table | None = None,
) -> dict[str, AccountView]:
    """Return the snapshot of every account by its id, each with its lines in force and what was `earlier`.

    `records`: the accounts as the CRM has them, which tell of the open renewal opportunity; None: nothing does.
    """
    by_account, before, opportunities = _lines_by_account(lines), _before(earlier), _opportunities(records)
    views = (
        _account(row, by_account.get(row["subject"], ()), as_of, before.get(row["subject"]))
        for row in accounts.to_pylist()
    )
    return {view.account_id: replace(view, opportunity=opportunities.get(view.account_id, {})) for view in views}


def _opportunities(records: pa.Table | None) -> dict[str, dict[str, Value | date]]:
    if records is None:
        return {}
    names = [name for name in records.column_names if name.startswith(_OPPORTUNITY)]
    found = {
        row["account_id"]: {
            name.removeprefix(_OPPORTUNITY): row[name] for name in names if _known(row[name]) is not None
        }
        for row in records.select(["account_id", *names]).to_pylist()
    }
    return {account_id: told for account_id, told in found.items() if told}


@dataclass(frozen=True, slots=True)
class _Before:
    """What an account was on an earlier day."""

    day: date
    metrics: Mapping[str, Value | date]


def _before(earlier: Earlier | None) -> dict[str, _Before]:
    if earlier is None:
        return {}
    names = [name for name in earlier.table.column_names if name in ACCOUNT_METRICS]
    return {
        row["subject"]: _Before(earlier.day, {name: row[name] for name in names if _known(row[name]) is not None})
        for row in earlier.table.to_pylist()
    }


def _account(row: Mapping[str, Any], lines: Sequence[LineView], as_of: date, before: _Before | None) -> AccountView:
    return AccountView(
        account_id=row["subject"],
        name=row["name"],
        external_id=row["external_id"],
        domain=row["domain"],
        url=row["url"],
        owner_id=row["owner_id"],
        csm_id=row["csm_id"],
        as_of=as_of,
        metrics={name: _known(row[name]) for name in ACCOUNT_METRICS},
        lines=tuple(lines),
        slack_channel=own_channel(row["slack_channel"]),
        before=before.metrics if before else {},
        before_on=before.day if before else None,
    )


def odd_channels(accounts: pa.Table) -> tuple[str, ...]:
    """Say how many accounts name a Slack channel that is none; they count as having none."""
    named = [text for text in accounts.column("slack_channel").to_pylist() if text and text.strip()]
    odd = [text for text in named if own_channel(text) is None]
    if not odd:
        return ()
    found = "1 account names" if len(odd) == 1 else f"{len(odd):,} accounts name"
    return (
        f"{found} a Slack channel that is neither a name nor an id, like '{' '.join(odd[0].split())[:40]}'; left out",
    )


def _lines_by_account(lines: pa.Table) -> dict[str, tuple[LineView, ...]]:
    columns = dict.fromkeys((*_LINE_COLUMNS, *_LINE_METRICS))
    by_account = lines.select(list(columns)).sort_by([("account_id", "ascending"), ("line_id", "ascending")])
    rows = groupby(by_account.to_pylist(), key=itemgetter("account_id"))
    return {account: tuple(map(_line, group)) for account, group in rows}


def _line(row: Mapping[str, Any]) -> LineView:
    return LineView(
        product=row["product"] or "unnamed product",
        kind=row["kind"],
        contracted=_known(row["contracted"]),
        used=_known(row["used"]),
        utilization=_known(row["utilization"]),
        pace=_known(row["pace"]),
        unit=row["unit"] or "units",
        start=row["start"],
        end=row["end"],
        metrics={name: row[name] for name in _LINE_METRICS if _known(row[name]) is not None},
    )


def _known(value: Any) -> Any:  # noqa: ANN401  # a cell of a table
    """Return a value as it is, but a number that is none as unknown: one of them must not stop the others."""
    return None if isinstance(value, float) and not math.isfinite(value) else value


def people(rows: pa.Table) -> dict[str, Person]:
    """Return the CRM's people by id; somebody whom the CRM does not call inactive is active."""
    return {row["person_id"]: _person(row) for row in rows.to_pylist()}


def _person(row: Mapping[str, Any]) -> Person:
    return Person(
        person_id=row["person_id"],
        name=row["name"],
        email=row["email"],
        manager_id=row["manager_id"],
        active=row["active"] is not False,
        timezone=row["timezone"],
    )


def source_metrics(sources: pa.Table) -> dict[str, dict[str, Value | date]]:
    """Return the metrics of every source by its name."""
    return {row["subject"]: {name: _known(row[name]) for name in SOURCE_METRICS} for row in sources.to_pylist()}
