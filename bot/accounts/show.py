"""`headroom accounts match`: as tables, as data, and into the overrides file."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

import typer
from rich.table import Table
from rich.text import Text

from bot.accounts.match import PROPOSED_FOR, match_of
from bot.accounts.proposals import write_proposals
from bot.app import make_engine, open_facts
from bot.core.located import Fault, Mark, did_you_mean
from bot.errors import HeadroomError, SettingsError
from bot.messages.escape import plain
from bot.messages.words import number, percent
from bot.out import print_json, tables

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from rich.console import Console

    from bot.accounts.match import Left, Match, Part
    from bot.load import Loaded

Record = dict[str, Any]
"""A JSON object."""

_SHOWN: Final = 25


def show_match(loaded: Loaded, source: str | None, write: Path | None, *, as_json: bool) -> None:
    """Print whose usage is whose, from what was read last; nothing is read anew.

    Raises SettingsError for a source that is none and a file that cannot be written, HeadroomError where nothing has
    been read yet.
    """
    match = _matched(loaded, source)
    left = None if write is None else write_proposals(write, match, loaded.overrides)
    if as_json:
        print_json(as_data(match))
    else:
        _show(tables(), match)
    if write is not None and left is not None:
        typer.echo(_written(write, left), err=True)


def _matched(loaded: Loaded, source: str | None) -> Match:
    settings = loaded.settings
    names = [entry.name for entry in settings.sources]
    if source is not None and source not in names:
        near = did_you_mean(source, names) or f"; known: {', '.join(names)}"
        raise SettingsError([Fault(Mark("--source"), f"no source is called '{source}'{near}")])
    facts = open_facts(settings)
    if not facts.sources():
        raise HeadroomError(
            f"nothing has been read yet into {facts.folder}: `headroom run --once` reads the sources. A relative "
            "`data` lies below the current directory: ask from where Headroom runs"
        )
    today = datetime.now(ZoneInfo(settings.timezone)).date()
    return match_of(make_engine(loaded, facts).matching(today), source)


def _written(path: Path, left: int) -> str:
    if not left:
        return f"{path}: nothing is open."
    return (
        f"{path}: {left:,} to be decided. Copy the proposed_account_id into account_id where it is right, write "
        "another account's id, or - for what is no customer. `accounts.overrides` in the settings names the file."
    )


def as_data(match: Match) -> Record:
    """Return whose usage is whose as plain JSON values."""
    return {
        "as_of": str(match.as_of),
        "parts": [
            {"source": one.source, "key": one.key, "customers": one.customers, "volume": one.volume, "share": one.share}
            for one in match.parts
        ],
        "unmatched": [_left(one) for one in match.unmatched],
        "ambiguous": [_left(one) for one in match.ambiguous],
        "not_ours": [_left(one) for one in match.not_ours],
        "unknown_overrides": [{"customer": one, "account_id": account} for one, account in match.unknown_overrides],
        "former": [{"account_id": one.account_id, "now": one.survivor, "how": str(one.how)} for one in match.former],
        "rolled_up": [{"account_id": one, "meter": meter, "to": to} for one, meter, to in match.rolled_up],
    }


def _left(one: Left) -> Record:
    return {
        "customer": one.customer,
        "sources": list(one.sources),
        "volume": dict(one.volume),
        "total": sum(one.volume.values()),
        "share": one.share,
        "first_day": str(one.first_day) if one.first_day else None,
        "last_day": str(one.last_day) if one.last_day else None,
        "used_28_days": dict(one.used),
        "key": one.key,
        "nearest": [
            {
                "account_id": near.account_id,
                "name": near.name,
                "domain": near.domain,
                "likeness": near.likeness,
                "text": near.text,
                "size": near.size,
            }
            for near in one.nearest
        ],
    }


def _show(console: Console, match: Match) -> None:
    console.print(_parts_table(match.parts))
    for title, some in (
        ("Customers that fit several accounts", match.ambiguous),
        ("Customers that are no account", match.unmatched),
        ("Customers that are none of yours, by `accounts.overrides`", match.not_ours),
    ):
        if some:
            console.print(_left_table(title, some))
    for customer, account in match.unknown_overrides:
        console.print(
            Text(f"The override of '{plain(customer)}' is not used: no account has the id '{plain(account)}'.")
        )
    for line in _sums(match):
        console.print(Text(line))


def _sums(match: Match) -> list[str]:
    lines = []
    if len(match.unmatched) > PROPOSED_FOR:
        lines.append(f"The nearest accounts are looked for of the {PROPOSED_FOR:,} largest customers only.")
    if match.former:
        lines.append(f"Accounts that live on in others, as they were merged or created again: {len(match.former):,}.")
    if match.rolled_up:
        below = len({account for account, _, _ in match.rolled_up})
        lines.append(f"Subsidiaries whose use counts to an account above that has the contract: {below:,}.")
    lines.append(f"As of {match.as_of}. Customers that are an account: {len(match.matched):,}.")
    return lines


def _parts_table(parts: Sequence[Part]) -> Table:
    table = Table(title="Whose usage is it", title_justify="left")
    for name in ("Source", "Found by", "Customers", "Volume", "Share"):
        table.add_column(name, justify="right" if name == "Customers" else "left")
    for one in parts:
        shares = ", ".join(f"{percent(share)} of {meter}" for meter, share in one.share.items())
        table.add_row(one.source, one.key, f"{one.customers:,}", Text(plain(_amounts(one.volume))), Text(plain(shares)))
    return table


def _left_table(title: str, some: Sequence[Left]) -> Table:
    more = len(some) - _SHOWN
    table = Table(title=title, title_justify="left", caption=f"and {more:,} more" if more > 0 else None)
    for name in ("Customer in the usage", "Volume", "Days of use", "Nearest accounts"):
        table.add_column(name)
    for one in some[:_SHOWN]:
        near = "\n".join(plain(f"{near.likeness:.0f} {near.name} ({near.account_id})") for near in one.nearest)
        days = f"{one.first_day} to {one.last_day}" if one.first_day else "none"
        table.add_row(
            Text(plain(one.customer)),
            Text(plain(_amounts(one.volume))),
            days,
            Text(near or "none is near"),
        )
    return table


def _amounts(volume: Mapping[str, float]) -> str:
    return ", ".join(f"{number(quantity)} {meter}" for meter, quantity in volume.items())
