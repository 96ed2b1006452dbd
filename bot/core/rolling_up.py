"""Subsidiaries: whose use counts to an account above them, as that is the one that has a contract for it. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

Use = tuple[str, str]
"""Account and meter."""


def rolled_up(used: Iterable[Use], parents: Mapping[str, str], buyers: Collection[Use]) -> Iterator[tuple[Use, str]]:
    """Yield for each use of an account that did not buy the meter the nearest account above it that did.

    `parents` maps an account to the one above it, `buyers` are accounts with a contract line for a meter. What nobody
    above has bought stays where it is, and so does what is below accounts that are each other's parents.
    """
    for account, meter in used:
        if (account, meter) in buyers:
            continue
        above = (one for one in _above(account, parents) if (one, meter) in buyers)
        if (buyer := next(above, None)) is not None:
            yield (account, meter), buyer


def _above(account: str, parents: Mapping[str, str]) -> Iterator[str]:
    """Yield the accounts above one, the nearest first; each once, also where they go in a circle."""
    seen = {account}
    while (above := parents.get(account)) is not None and above not in seen:
        yield above
        seen.add(above)
        account = above
