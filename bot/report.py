"""What a run did, for people and as data."""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import TYPE_CHECKING, Any, Final, Literal

import pyarrow.compute as pc
from rich.table import Table
from rich.text import Text

from bot.core.verdicts import HoldBy
from bot.messages.blocks import to_blocks
from bot.messages.digest import KIND as DIGEST
from bot.messages.escape import plain
from bot.messages.spans import plain_text
from bot.messages.words import number, percent
from bot.outcomes import DEFERRED
from bot.views import source_metrics

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rich.console import Console

    from bot.core.matching import Unmatched
    from bot.core.verdicts import Value
    from bot.facts.analysis import UnmatchedVolume
    from bot.facts.engine import Unattributed
    from bot.pipeline import NightReport
    from bot.pulling import Pulled
    from bot.state.rows import Notice

Record = dict[str, Any]
"""A JSON object."""

_GUARDS: Final = {HoldBy.SOURCE: "source", HoldBy.FLEET: "fleet", HoldBy.INHIBITED: "churn risk"}
_SETTLED_BY: Final = "`headroom accounts match` proposes who they are"
_TOP: Final = 10
_SHOWN: Final = 25
_LARGEST: Final = 5
_LINE_COLUMNS: Final = ("line_id", "account_id", "product", "contracted", "used", "utilization", "pace", "unit", "end")


def as_data(report: NightReport, outcomes: Mapping[str, str]) -> Record:
    """Return a run as plain JSON values; `outcomes` tells, by notice id, how far each notice came."""
    names = account_names(report)
    return {
        "as_of": str(report.moment.as_of),
        "rows": _rows(report.pulled),
        "sources": _sources(report),
        "fleet": _dates_as_text(report.fleet),
        "accounts": report.analysis.accounts.num_rows,
        "contract_lines": report.analysis.lines.num_rows,
        "episodes": report.episodes,
        "notices": [notice_data(notice, names, outcomes) for notice in report.notices],
        "tightest": _plain_values(ranked(report, "descending")),
        "least_used": _plain_values(ranked(report, "ascending")),
        "unmatched": _unmatched(report.analysis.unmatched),
        "unmatched_volume": _volume(report.analysis.volume),
        "held": [{"by": str(one.by), "detail": one.detail, "findings": one.findings} for one in report.held],
        "days_judged": len(report.days),
        "notes": list(report.analysis.notes),
        "problems": list(report.problems),
    }


def _rows(pulled: Sequence[Pulled]) -> Record:
    reasons: Counter[str] = Counter()
    for item in pulled:
        reasons.update(item.rejects.by_reason())
    return {
        "total": sum(item.rejects.total for item in pulled),
        "read": sum(item.rejects.read for item in pulled),
        "rejected": sum(item.rejects.rejected for item in pulled),
        "rejected_by_reason": dict(reasons.most_common()),
    }


def _sources(report: NightReport) -> list[Record]:
    """Return what was read of each source, with its metrics: `why` answers from them, too."""
    metrics = source_metrics(report.analysis.sources)
    return [{**_source(item), "metrics": _dates_as_text(metrics.get(item.state.name, {}))} for item in report.pulled]


def _dates_as_text(values: Mapping[str, Value | date]) -> Record:
    return {name: str(value) if isinstance(value, date) else value for name, value in values.items()}


def _source(item: Pulled) -> Record:
    complete_to = item.state.complete_to
    return {
        "name": item.state.name,
        **_rows([item]),
        "complete_to": str(complete_to) if complete_to else None,
        "error": item.state.error,
        "calls": item.calls,
    }


def _volume(volume: UnmatchedVolume) -> Record:
    """Return how much of the use of the last days is nobody's: by source and meter, and the largest customers of it."""
    by_meter = volume.by_meter.to_pylist()
    return {
        "days": volume.days,
        "share": max((row["share"] for row in by_meter), default=None),
        "customers": len(set(volume.customers.column("customer").to_pylist())),
        "by_meter": by_meter,
        "largest": _largest(volume),
    }


def _largest(volume: UnmatchedVolume) -> list[Record]:
    """Return the customers with the greatest share of a meter, each once."""
    found: dict[str, Record] = {}
    for row in volume.customers.to_pylist():
        found.setdefault(row["customer"], row)
        if len(found) == _LARGEST:
            break
    return list(found.values())


def _unmatched(left: Unattributed) -> Record:
    """Return what the settings leave open: usage that is nobody's, products and meters without each other."""
    return {
        "customers": [_customer(item) for item in left.customers],
        "ambiguous": [_customer(item) for item in left.ambiguous],
        "not_ours": [_customer(item) for item in left.not_ours],
        "unknown_overrides": [
            dict(zip(("customer", "account_id"), pair, strict=True)) for pair in left.unknown_overrides
        ],
        "products_without_meter": left.products.to_pylist(),
        "meters_without_product": list(left.meters_without_product),
    }


def _customer(item: Unmatched) -> Record:
    near = [{"account_id": one.account_id, "name": one.name, "likeness": one.likeness} for one in item.candidates]
    return {"customer": item.customer, "volume": dict(item.volume), "nearest": near}


def account_names(report: NightReport) -> dict[str, str]:
    """Return the name of every account by its id."""
    accounts = report.analysis.accounts
    return {row["subject"]: row["name"] for row in accounts.select(["subject", "name"]).to_pylist()}


def account_of(notice: Notice, names: Mapping[str, str]) -> str | None:
    """Return the name of the account, or source, that a notice is about; a digest is about several."""
    return None if notice.kind == DIGEST else names.get(notice.subject, notice.subject)


def notice_data(notice: Notice, names: Mapping[str, str], outcomes: Mapping[str, str]) -> Record:
    """Return a notice as plain JSON values."""
    return {
        "kind": notice.kind,
        "destination": notice.destination,
        "account": account_of(notice, names),
        "account_id": None if notice.kind == DIGEST else notice.subject,
        "act": str(notice.act),
        "transition": notice.transition,
        "status": (status := outcomes.get(notice.notice_id, "pending")),
        "deferred_until": notice.not_before.isoformat() if status == DEFERRED and notice.not_before else None,
        "text": notice.message.summary,
        "blocks": to_blocks(notice.message),
    }


def ranked(report: NightReport, order: Literal["ascending", "descending"]) -> list[Record]:
    """Return the ten lines with the highest (`descending`) or lowest (`ascending`) utilization.

    Lines of unknown utilization are in neither list. Of equal ones the bigger contract comes first, then the id.
    """
    lines, names = report.analysis.lines, account_names(report)
    known = lines.filter(pc.is_valid(lines["utilization"]))
    by_rank = known.sort_by([("utilization", order), ("contracted", "descending"), ("line_id", "ascending")])
    rows = by_rank.slice(0, _TOP).select(list(_LINE_COLUMNS)).to_pylist()
    return [{"account": names.get(row["account_id"], row["account_id"]), **row} for row in rows]


def _plain_values(rows: Sequence[Record]) -> list[Record]:
    return [{**row, "end": str(row["end"])} for row in rows]


def show(console: Console, report: NightReport, outcomes: Mapping[str, str], names: Mapping[str, str]) -> None:
    """Print a run as tables; `names` are those of destinations that are people."""
    console.print(_sources_table(report))
    for reject_table in _reject_tables(report):
        console.print(reject_table)
    if report.analysis.unmatched.customers or report.analysis.unmatched.ambiguous:
        console.print(_unmatched_table(report.analysis.unmatched))
    for line in _volume_lines(report.analysis.volume):
        console.print(Text(plain(line)))
    console.print(_lines_table("Tightest contracts", ranked(report, "descending")))
    console.print(_lines_table("Least used contracts", ranked(report, "ascending")))
    if report.held:
        console.print(_held_table(report))
    console.print(_notices_table(report, outcomes, names))
    for note in report.analysis.notes:
        console.print(Text(f"Note: {note}"))
    counted = report.analysis
    console.print(
        f"As of {report.moment.as_of}: {counted.accounts.num_rows:,} accounts, "
        f"{counted.lines.num_rows:,} contract lines in force, {report.episodes:,} open episodes, "
        f"{len(report.notices):,} new notices."
    )


def _sources_table(report: NightReport) -> Table:
    table = Table(title="Sources", title_justify="left")
    for name in ("Source", "Rows", "Read", "Refused", "Complete to", "Problem"):
        table.add_column(name, justify="right" if name in {"Rows", "Read", "Refused"} else "left")
    for item in report.pulled:
        table.add_row(
            item.state.name,
            f"{item.rejects.total:,}",
            f"{item.rejects.read:,}",
            f"{item.rejects.rejected:,}",
            str(item.state.complete_to or "unknown"),
            Text(item.state.error or "none", style="red" if item.state.error else ""),
        )
    return table


def _reject_tables(report: NightReport) -> list[Table]:
    return [_reject_table(item) for item in report.pulled if item.rejects.rejected]


def _reject_table(item: Pulled) -> Table:
    table = Table(title=f"Rows refused: {item.state.name}", title_justify="left")
    table.add_column("Reason")
    table.add_column("Rows", justify="right")
    table.add_column("For example")
    for reason, count in item.rejects.by_reason().items():
        example = next(row for row in item.rejects.rows if row.reason == reason)
        table.add_row(reason, f"{count:,}", Text(plain(f"{example.place}: {example.detail}")))
    return table


def _unmatched_table(left: Unattributed) -> Table:
    table = Table(title="Usage that is no account's", title_justify="left")
    table.add_column("Customer in the usage")
    table.add_column("Volume", justify="right")
    table.add_column("Nearest accounts")
    shown = [*left.ambiguous, *left.customers][:_SHOWN]
    for item in shown:
        volume = ", ".join(f"{number(quantity)} {meter}" for meter, quantity in item.volume.items())
        near = ", ".join(one.name for one in item.candidates) or "none is near"
        table.add_row(Text(plain(item.customer)), Text(plain(volume)), Text(plain(near)))
    more = len(left.customers) + len(left.ambiguous) - len(shown)
    table.caption = f"and {more:,} more: `headroom accounts match` lists all" if more else _SETTLED_BY
    return table


def _volume_lines(volume: UnmatchedVolume) -> list[str]:
    """Say how much of each meter's recent use is nobody's, the greatest share first."""
    rows = sorted((row for row in volume.by_meter.to_pylist() if row["unmatched"]), key=lambda row: -row["share"])
    lines = [
        f"Nobody's in the last {volume.days} days: {percent(row['share'])} of {row['meter']} ({row['source']}), "
        f"{number(row['unmatched'])} of {number(row['quantity'])}; customers: {row['customers']:,}"
        for row in rows
    ]
    if lines:
        names = ", ".join(f"{row['customer']} ({percent(row['share'])} of {row['meter']})" for row in _largest(volume))
        lines.append(f"The largest of them: {names}.")
    return lines


def _lines_table(title: str, rows: Sequence[Record]) -> Table:
    table = Table(title=title, title_justify="left")
    for name in ("Account", "Contract", "Product", "Used", "Contracted", "Utilization", "Pace", "Ends"):
        table.add_column(name, justify="right" if name in {"Used", "Contracted", "Utilization", "Pace"} else "left")
    for row in rows:
        table.add_row(
            Text(plain(row["account"])),
            Text(plain(row["line_id"])),
            Text(plain(row["product"] or "")),
            number(row["used"]),
            f"{number(row['contracted'])} {row['unit'] or ''}".strip(),
            percent(row["utilization"]),
            f"{row['pace']:.2f}" if row["pace"] is not None else "unknown",
            str(row["end"]),
        )
    return table


def _held_table(report: NightReport) -> Table:
    shown = report.held[:_SHOWN]
    more = len(report.held) - len(shown)
    table = Table(title="Held back", title_justify="left", caption=f"and {more:,} more" if more else None)
    table.add_column("By")
    table.add_column("Alerts", justify="right")
    table.add_column("Because")
    for one in shown:
        table.add_row(_GUARDS[one.by], f"{one.findings:,}", Text(plain(one.detail)))
    return table


def _notices_table(report: NightReport, outcomes: Mapping[str, str], names: Mapping[str, str]) -> Table:
    shown = report.notices[:_SHOWN]
    more = len(report.notices) - len(shown)
    table = Table(title="New notices", title_justify="left", caption=f"and {more:,} more" if more else None)
    for name in ("Kind", "To", "What", "Outcome"):
        table.add_column(name)
    for notice in shown:
        table.add_row(
            notice.kind,
            Text(plain(names.get(notice.destination, notice.destination))),
            Text(plain_text(notice.message.summary)),
            outcomes.get(notice.notice_id, "pending"),
        )
    return table
