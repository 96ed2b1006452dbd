"""What was, or would be, written back: as tables and as data."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from rich.console import Console
from rich.table import Table
from rich.text import Text

from bot.app import make_writeback, open_state
from bot.messages.escape import plain
from bot.out import print_json, tables
from bot.writeback import NoWritebackError, refusal_data

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.load import Loaded
    from bot.writeback import Outcome
    from connectors.writeback import RowChange, Value

_SHOWN: Final = 200
"""Lines of a table; `--json` has all of them."""
_WIDEST: Final = 40
"""Characters of an account's name in a table."""


def run_writeback(loaded: Loaded, *, apply: bool, as_json: bool) -> bool:
    """Show what would be written back, or write it; True when nothing stood in the way.

    Raises NoWritebackError where no source has `writeback`, StateError where there is no state store yet.
    """
    with open_state(loaded.settings, new=False) as store:
        writing = make_writeback(loaded, store)
        if not writing.writers:
            raise NoWritebackError
        outcomes = writing.apply(datetime.now(UTC)) if apply else writing.preview()
    if as_json:
        print_json({"applied": apply, "sources": [as_data(outcome) for outcome in outcomes]})
    else:
        for outcome in outcomes:
            show(tables(), outcome)
    complain(outcomes)
    return all(outcome.well for outcome in outcomes)


def as_data(outcome: Outcome) -> dict[str, Any]:
    """Return what one CRM came to as plain JSON values."""
    found, written = outcome.differences, outcome.written
    return {
        "name": outcome.source,
        "changes": [_change_data(row) for row in found.changes],
        "unchanged": found.unchanged,
        "written": len(written.done) if written is not None else 0,
        "left": [{"object": row.object, "key": row.key} for row in written.left] if written is not None else [],
        "refused": [refusal_data(one) for one in outcome.refused],
        "problem": outcome.problem,
        "calls": outcome.calls,
    }


def _change_data(row: RowChange) -> dict[str, Any]:
    fields = [{"field": one.field, "old": one.old, "new": one.new} for one in row.fields]
    return {
        "object": row.object,
        "key": row.key,
        "account_id": row.account_id,
        "account": row.account,
        "fields": fields,
    }


def show(console: Console, outcome: Outcome, *, changes: bool = True) -> None:
    """Print what differs (unless `changes` is off), what cannot be written, and how much of each there is."""
    if changes and outcome.differences.changes:
        console.print(_changes_table(outcome))
    if outcome.refused:
        console.print(_refused_table(outcome))
    console.print(Text(f"{outcome.source}: {'; '.join(_counts(outcome))}."))


def _counts(outcome: Outcome) -> list[str]:
    found, written = outcome.differences, outcome.written
    changed = f"{len(found.changes):,} to be written" if written is None else f"{len(written.done):,} written"
    counts = [changed, f"{found.unchanged:,} unchanged", f"{len(outcome.refused):,} refused"]
    if written is not None and written.left:
        counts.append(f"{len(written.left):,} left")
    if outcome.calls:
        counts.append(outcome.calls)
    if written is None and found.changes:
        counts.append("nothing was written, --apply does")
    return counts


def _changes_table(outcome: Outcome) -> Table:
    verb = "To be written" if outcome.written is None else "Written"
    # What was refused or left stands in the other table and in the counts.
    rows = outcome.differences.changes if outcome.written is None else outcome.written.done
    lines = [(row, change) for row in rows for change in row.fields]
    table = Table(title=f"{verb}: {outcome.source}", title_justify="left")
    table.add_column("Account", no_wrap=True, max_width=_WIDEST)
    for name in ("Object", "Field", "Old", "New"):
        table.add_column(name)
    for row, change in lines[:_SHOWN]:
        table.add_row(Text(plain(row.account)), row.object, change.field, _shown(change.old), _shown(change.new))
    more = len(lines) - _SHOWN
    table.caption = f"and {more:,} more; --json has all" if more > 0 else None
    return table


def _shown(value: Value) -> Text:
    return Text("(empty)", style="dim") if value is None else Text(plain(str(value)))


def _refused_table(outcome: Outcome) -> Table:
    table = Table(title=f"Refused: {outcome.source}", title_justify="left")
    table.add_column("Account", no_wrap=True, max_width=_WIDEST)
    for name in ("Object", "Code", "Why"):
        table.add_column(name)
    for one in outcome.refused[:_SHOWN]:
        about = f" ({', '.join(one.fields)})" if one.fields else ""
        table.add_row(Text(plain(one.account)), one.object, Text(plain(one.code)), Text(plain(f"{one.message}{about}")))
    more = len(outcome.refused) - _SHOWN
    table.caption = f"and {more:,} more; --json has all" if more > 0 else None
    return table


def complain(outcomes: Sequence[Outcome]) -> None:
    """Say on standard error what stood in the way."""
    err = Console(stderr=True, highlight=False, soft_wrap=True)
    for outcome in outcomes:
        if outcome.problem is not None:
            err.print(f"writing back into '{outcome.source}': {outcome.problem}", style="red", markup=False)
        if outcome.refused:
            err.print(
                f"writing back into '{outcome.source}': {len(outcome.refused):,} refused", style="red", markup=False
            )
