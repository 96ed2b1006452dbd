"""Arrow schemas of the records that connectors deliver: the language between connectors and bot.

A field that may be NULL means "the source does not say": unknown, which is never zero.
All dates are calendar days. Money is in the currency named in the same row.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

import pyarrow as pa

_TEXT: Final = pa.string()
_DAY: Final = pa.date32()
_NUMBER: Final = pa.float64()


def _required(name: str, kind: pa.DataType) -> pa.Field[pa.DataType]:
    return pa.field(name, kind, nullable=False)


class Table(StrEnum):
    """The kinds of table that a source can deliver."""

    ACCOUNTS = "accounts"
    PEOPLE = "people"
    LINES = "lines"
    USAGE = "usage"
    COVERAGE = "coverage"


class Kind(StrEnum):
    """Kinds of contract line: what was bought decides how utilization is measured."""

    SEATS = "seats"
    """Licences. Utilization = active users of the last 28 days / seats."""
    ALLOWANCE = "allowance"
    """Resets every period. Utilization = used in this period / allowance."""
    COMMIT = "commit"
    """Prepaid and drawn down over the term. Utilization = used to date / commit."""
    SERVICE = "service"
    """Trainings, support hours. Utilization = delivered / bought."""


PERIODS: Final = frozenset({"month", "quarter", "year", "term"})
"""What prices and allowances are counted by."""

ACCOUNTS: Final = pa.schema(
    [
        _required("account_id", _TEXT),  # the CRM's own id
        _required("name", _TEXT),
        pa.field("external_id", _TEXT),  # what the product calls this customer
        pa.field("former_ids", _TEXT),  # ids that were merged into this one, parted by spaces
        pa.field("domain", _TEXT),
        pa.field("parent_id", _TEXT),
        pa.field("owner_id", _TEXT),  # the account executive: a person_id
        pa.field("csm_id", _TEXT),  # the customer success manager: a person_id
        pa.field("slack_channel", _TEXT),  # of this account alone, as people typed it: a name or an id
        pa.field("segment", _TEXT),
        pa.field("region", _TEXT),
        pa.field("country", _TEXT),
        pa.field("customer_since", _DAY),
        pa.field("nps", _NUMBER),
        pa.field("csat", _NUMBER),  # satisfied answers in percent, 0..100
        pa.field("open_cases", _NUMBER),  # support cases that are not closed
        pa.field("urgent_cases", _NUMBER),  # those among them of the highest priority
        pa.field("renewal_stage", _TEXT),  # of the open renewal opportunity that closes first: its stage,
        pa.field("renewal_forecast", _TEXT),  # its forecast category,
        pa.field("renewal_amount", _NUMBER),  # its amount, in the currency
        pa.field("renewal_currency", _TEXT),  # that is named here,
        pa.field("renewal_close", _DAY),  # the day on which it is to close,
        pa.field("renewal_url", _TEXT),  # and its record in the CRM, https only
        pa.field("url", _TEXT),  # the record in the CRM, https only
    ]
)

PEOPLE: Final = pa.schema(
    [
        _required("person_id", _TEXT),
        _required("name", _TEXT),
        pa.field("email", _TEXT),
        pa.field("manager_id", _TEXT),
        pa.field("active", pa.bool_()),
        pa.field("timezone", _TEXT),  # an IANA name
    ]
)

LINES: Final = pa.schema(
    [
        _required("line_id", _TEXT),
        _required("account_id", _TEXT),
        pa.field("contract_id", _TEXT),
        pa.field("contract_name", _TEXT),  # what people call the contract
        pa.field("product_code", _TEXT),
        pa.field("product_name", _TEXT),
        pa.field("product_family", _TEXT),
        pa.field("kind", _TEXT),  # a Kind, where the source states it; the settings' products decide otherwise
        pa.field("meter", _TEXT),  # likewise
        _required("quantity", _NUMBER),  # in units of the product; 0 is a contract without a quantity
        pa.field("unit_price", _NUMBER),  # price of one unit for one `price_period`
        pa.field("price_period", _TEXT),  # one of PERIODS
        pa.field("discount", _NUMBER),  # share of list price, 0..1
        pa.field("currency", _TEXT),
        pa.field("period", _TEXT),  # of an allowance's reset: one of PERIODS
        _required("start", _DAY),
        _required("end", _DAY),  # the last day on which the line is in force
        pa.field("notice_date", _DAY),  # the last day to give notice
        pa.field("auto_renew", pa.bool_()),
        pa.field("status", _TEXT),
        pa.field("url", _TEXT),
    ]
)

USAGE: Final = pa.schema(
    [
        _required("customer", _TEXT),  # as the source names the customer: id, external id or domain
        _required("meter", _TEXT),
        _required("day", _DAY),
        _required("quantity", _NUMBER),  # in the meter's unit; negative only as a correction
        pa.field("user_id", _TEXT),  # who used it, where the source tells
        pa.field("active_users", pa.int64()),  # distinct users of that day, where the source counts them itself
        pa.field("line_id", _TEXT),  # the contract line, where the source attributes use to one
    ]
)

COVERAGE: Final = pa.schema(
    [
        pa.field("meter", _TEXT),  # NULL: every meter of the source
        pa.field("customer", _TEXT),  # NULL: every customer of the source
        _required("first_day", _DAY),  # both ends included; several rows leave gaps between them:
        _required("last_day", _DAY),  # a day outside of all of them is unknown
    ]
)

SCHEMAS: Final[dict[Table, pa.Schema]] = {
    Table.ACCOUNTS: ACCOUNTS,
    Table.PEOPLE: PEOPLE,
    Table.LINES: LINES,
    Table.USAGE: USAGE,
    Table.COVERAGE: COVERAGE,
}

KEYS: Final[dict[Table, str]] = {
    Table.ACCOUNTS: "account_id",
    Table.PEOPLE: "person_id",
    Table.LINES: "line_id",
}
"""Column that names a record within one snapshot of its table."""
