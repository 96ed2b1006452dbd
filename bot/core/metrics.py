"""The catalogue of metrics: name, label, unit, formula in words, what unknown means, window, and a worked example.

Words used below. *Lines in force*: start <= as-of <= end, in the latest snapshot of each CRM source up to as-of.
*Known* use: a window is known where at least 80 % of its days are covered; a sum is then scaled by days / covered
days, a covered day without rows is zero, and anything less is unknown. Windows end on the last covered day where that
is at most 3 days before as-of; those of allowances and commits also where the source is no older than its
`stale_after`. Otherwise they end on as-of, and the missing days count as uncovered. Where several sources or names of
a customer feed one meter, the least complete of them decides. Use that a source attributes to contract lines counts
for these lines alone: a commit's is then the sum of all readings of the line, as stated; a line without any reading
is unknown; and reports more than 7 days apart are complete to the last of them and tell nothing of 28 days or a month.

The names are the columns of the metrics tables that `bot.facts.engine` makes, the words that rules are written in
and the variables of templates. Tests hold the SQL, the rules and `docs/metrics.md` to this list, and the arithmetic of
the examples to what comes out of it.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from bot.core.catalogue.contracts import CONTRACTS
from bot.core.catalogue.fleet import FLEET
from bot.core.catalogue.health import HEALTH, REPORTED, STANDING
from bot.core.catalogue.line import LINES
from bot.core.catalogue.line_outlook import LINE_OUTLOOK
from bot.core.catalogue.line_use import LINE_USE
from bot.core.catalogue.metric import Metric, Unit
from bot.core.catalogue.outlook import OUTLOOK
from bot.core.catalogue.sources import SOURCES
from bot.core.catalogue.use import USE
from bot.core.catalogue.users import USERS
from bot.core.verdicts import Scope

__all__ = ["ACCOUNT_METRICS", "FLEET_METRICS", "LINE_METRICS", "METRICS", "SOURCE_METRICS", "Metric", "Unit"]


def _catalogue(*metrics: Metric) -> MappingProxyType[str, Metric]:
    return MappingProxyType({metric.name: metric for metric in metrics})


ACCOUNT_METRICS: Final = _catalogue(*CONTRACTS, *REPORTED, *USE, *USERS, *OUTLOOK, *STANDING, *HEALTH)

LINE_METRICS: Final = _catalogue(*LINES, *LINE_USE, *LINE_OUTLOOK)
"""The columns of the table of contract lines in force; rules are not written over them."""

SOURCE_METRICS: Final = _catalogue(*SOURCES)

FLEET_METRICS: Final = _catalogue(*FLEET)

METRICS: Final = MappingProxyType(
    {Scope.ACCOUNT: ACCOUNT_METRICS, Scope.SOURCE: SOURCE_METRICS, Scope.FLEET: FLEET_METRICS}
)
