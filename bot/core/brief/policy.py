"""How renewals are prepared: the thresholds that people settle on, with the trade's usual ones as defaults."""

from __future__ import annotations

from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class PrepPolicy:
    """When a renewal is prepared, and by which measure."""

    stages: tuple[int, ...] = (120, 90, 60, 30)
    """Days before the deadline on which the brief goes to the account's people."""
    small_stages: tuple[int, ...] = (30,)
    """The same for small accounts ..."""
    small_below: float = 10_000.0
    """... whose ARR is under this. An account whose ARR is unknown is not small."""
    red_from: int = 180
    """Accounts whose health is red are prepared from so many days before on."""
    late: int = 7
    """Days by which a stage may be missed and still be said: a first night is not to tell of all that ever were."""
    service_level: float = 0.9
    """Probability with which the proposed quantity is to be enough, where prices do not decide."""
    overage: Mapping[str, float] = field(default_factory=dict)
    """Price of a unit beyond the contract / price of one bought ahead, by product; `*` stands for anything."""
    least_days: int = 180
    """Known days of use that a proposed quantity rests on at least."""
    high_discount: float = 0.2
    high_utilization: float = 0.7
    plays: Mapping[str, str] = field(default_factory=dict)
    """What to do about a risk, by name of a rule, else by kind of rule: goes before what ships."""

    def overage_times(self, product: str) -> float | None:
        """Return the overage price of a product in prices of a unit bought ahead; the first name that fits counts."""
        named = product.casefold()
        return next((times for name, times in self.overage.items() if fnmatchcase(named, name.casefold())), None)
