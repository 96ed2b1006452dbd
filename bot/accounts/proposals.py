"""What is open, written into the overrides file: proposals that decide nothing until a person takes them over."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.core.likeness import ALIKE
from bot.core.located import Fault, Mark
from bot.errors import SettingsError
from bot.messages.words import number
from bot.overrides import ACCOUNT, CUSTOMER, read_rows, write_rows

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from bot.accounts.match import Left, Match
    from bot.overrides import Row

COLUMNS: Final = (CUSTOMER, ACCOUNT, "proposed_account_id", "proposed_name", "likeness", "volume")


def write_proposals(path: Path, match: Match, decided: Mapping[str, str]) -> int:
    """Write every open customer with its nearest account into an overrides file; return how many are open.

    An account that is not alike is not proposed; of one that is ambiguous all that it fits are.
    What is decided stays as it stands, in the file and in the settings' (`decided`); what is open is brought up to
    date, and a customer that is an account by now is taken out. Raises SettingsError where the file that is there
    cannot be read: it is left alone then.
    """
    faults: list[Fault] = []
    there = read_rows(path, faults) if path.exists() else []
    if faults:
        raise SettingsError(faults)
    kept = [row for row in there if row[ACCOUNT]]
    known = {row[CUSTOMER] for row in kept}
    kept += [{CUSTOMER: customer, ACCOUNT: account} for customer, account in decided.items() if customer not in known]
    known |= decided.keys()
    notes = {row[CUSTOMER]: row for row in there}
    still_open = [one for one in (*match.ambiguous, *match.unmatched) if one.customer not in known]
    rows = [notes.get(one.customer, {}) | _proposal(one) for one in still_open]
    told = known | {one.customer for one in still_open} | match.matched
    # Customers of a source that was not looked at, say.
    rows += [row for row in there if row[CUSTOMER] not in told]
    try:
        write_rows(path, [*kept, *rows], COLUMNS)
    except OSError as error:
        raise SettingsError([Fault(Mark(str(path)), f"cannot be written: {error.strerror}")]) from error
    return len(rows)


def _proposal(one: Left) -> Row:
    volume = ", ".join(f"{number(quantity)} {meter}" for meter, quantity in one.volume.items())
    fits = one.nearest if one.key is not None else [near for near in one.nearest[:1] if near.text >= ALIKE]
    return {
        CUSTOMER: one.customer,
        ACCOUNT: "",
        "proposed_account_id": " or ".join(near.account_id for near in fits),
        "proposed_name": " or ".join(near.name for near in fits),
        "likeness": " or ".join(f"{near.likeness:g}" for near in fits),
        "volume": volume,
    }
