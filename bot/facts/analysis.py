"""What an analysis is told and what it answers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import pyarrow as pa

from bot.core.guarding.doubts import CONCERNS
from bot.core.scoring.appraisal import CONTRIBUTIONS

if TYPE_CHECKING:
    from datetime import date

    from bot.core.matching import Unmatched
    from bot.core.succession import Former

_BITS: Final = 63
"""Days that one number holds as bits: see `user_bits`."""

ACCOUNT_IDS: Final = (
    "subject", "owner_id", "csm_id", "slack_channel", "parent_id", "external_id", "domain", "country", "url",
)  # fmt: skip
"""Columns of `Analysis.accounts` beside the metrics; `subject` is the account_id."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Figures of the formulas that a person may want to move."""

    window_days: int = 28
    """Length of the window for active users and CUS: four whole weeks."""
    late_days: int = 3
    """Windows end on the last covered day where that is at most so long ago; else missing days are uncovered."""
    covered_share: float = 0.8
    """A window with a smaller share of covered days is unknown."""
    cap: float = 1.5
    """Utilization of a line above this counts as this in CUS."""
    evergreen_days: int = 18_262
    """A line with a term of fifty years or more has no end."""
    purchase_days: int = 365
    """Expansions and contractions are those of so many days."""
    one_change_days: int = 28
    """More and less of one thing closer together than this are one change of what was bought."""
    report_days: int = 7
    """Use that a source attributes to lines in reports further apart than this tells nothing of 28 days or a month."""
    medium_days: int = 4
    """Users active on so many days of the window are medium users, those on fewer light ones: weekly."""
    power_days: int = 12
    """Users active on so many days of the window are power users: three days a week."""
    series_days: int = 400
    """Days of use that the trend looks at."""
    forecast_days: int = 756
    """Days of use that the forecast looks at: two years and four weeks, which show the season of the year."""
    series_months: int = 36
    """Months of it, where a source tells of months only."""
    least_cohort: int = 8
    """In a smaller cohort an account's place is withheld."""
    rejected_share: float = 0.5
    """A source of whose rows more are refused is incomplete;"""
    accounts_gone: float = 0.5
    """likewise one of whose accounts more are gone,"""
    unmatched_share: float = 0.5
    """and one of whose usage more is no account's."""
    believed_days: int = 7
    """What a list of accounts has lacked for so many days is taken for gone."""

    def __post_init__(self) -> None:
        """Raise ValueError for windows that the users' days, kept as bits, cannot hold."""
        if self.window_days * 2 + self.late_days > _BITS:
            raise ValueError(f"window_days={self.window_days}: two windows and late_days take more than {_BITS} days")


@dataclass(frozen=True, slots=True)
class Unattributed:
    """What the settings leave open, for a person to settle."""

    customers: tuple[Unmatched, ...]
    """Customers of usage sources that are no account, most usage first."""
    ambiguous: tuple[Unmatched, ...]
    """Customers that are several accounts by one key; the use of those accounts is unknown."""
    unknown_overrides: tuple[tuple[str, str], ...]
    products: pa.Table
    """Products in force without a kind, or without a meter: columns of PRODUCT_KEY, kind, lines_in_force."""
    meters_without_product: tuple[str, ...]
    """Meters that are measured, but that no contract line in force buys."""
    not_ours: tuple[Unmatched, ...] = ()
    """Customers that a person has said are no accounts."""


_BY_METER: Final[dict[str, pa.DataType]] = {
    "source": pa.string(),
    "meter": pa.string(),
    "quantity": pa.float64(),
    "unmatched": pa.float64(),
    "share": pa.float64(),
    "customers": pa.int64(),
    "bought": pa.bool_(),
}
_NOBODYS: Final[dict[str, pa.DataType]] = {
    "source": pa.string(),
    "customer": pa.string(),
    "meter": pa.string(),
    "quantity": pa.float64(),
    "share": pa.float64(),
}
_ATTRIBUTED: Final[dict[str, pa.DataType]] = dict.fromkeys(("source", "customer", "account_id"), pa.string())


@dataclass(frozen=True, slots=True)
class UnmatchedVolume:
    """How much of the use of the last days is nobody's, or one of several accounts'."""

    days: int = 28
    by_meter: pa.Table = field(default_factory=pa.schema(_BY_METER).empty_table)
    """One row a source and meter with use: quantity, how much of it is unmatched, the share and the number of customers
    of that, and whether any contract line in force buys the meter. What a person has said is no customer's is left
    out."""
    customers: pa.Table = field(default_factory=pa.schema(_NOBODYS).empty_table)
    """Source, customer, meter, quantity and share of the meter: the greatest share first."""


_FEEDS: Final[dict[str, pa.DataType]] = {
    "account_id": pa.string(),
    "line_id": pa.string(),
    "meter": pa.string(),
    "by_line": pa.bool_(),
    "aggregation": pa.string(),
    "cadence": pa.string(),
    "complete_to": pa.date32(),
    "source": pa.string(),
    "customer": pa.string(),
    "covered_customer": pa.string(),
    "share": pa.float64(),
}


@dataclass(frozen=True, slots=True)
class Analysis:
    """All metrics of one day, as they were known on it."""

    as_of: date
    accounts: pa.Table
    """One row an account: ACCOUNT_IDS and every metric of ACCOUNT_METRICS; sorted by subject."""
    lines: pa.Table
    """One row a contract line in force; sorted by account_id, line_id."""
    sources: pa.Table
    """One row a source: `subject` and every metric of SOURCE_METRICS."""
    unmatched: Unattributed
    notes: tuple[str, ...]
    """What a reader of these figures should know, in words."""
    health: pa.Table = field(default_factory=CONTRIBUTIONS.empty_table)
    """One row an account and factor of its health: `subject`, `factor`, `score`, `weight`, `contribution`; the
    contributions of an account add up to its health."""
    concerns: pa.Table = field(default_factory=CONCERNS.empty_table)
    """Of each source in doubt, which kinds of table it delivers for which accounts."""
    former: tuple[Former, ...] = ()
    """Accounts that live on in others: merged or created again."""
    volume: UnmatchedVolume = field(default_factory=UnmatchedVolume)
    attributed: pa.Table = field(default_factory=pa.schema(_ATTRIBUTED).empty_table)
    """Which accounts rest on which customers of which sources: source, customer (NULL: on what a source says of
    everybody), account_id."""
    feeds: pa.Table = field(default_factory=pa.schema(_FEEDS).empty_table)
    """Which rows of usage tell of which contract line, for `bot.facts.courses`."""
