"""What a row of a file holds: one model a table, with the fields of `connectors.schema` and where each comes from."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from connectors.files.fields import (
    CountField,
    DayField,
    FieldSource,
    FlagField,
    KindField,
    LinkField,
    NumberField,
    PeriodField,
    TextField,
)
from connectors.schema import Table

if TYPE_CHECKING:
    from collections.abc import Iterator


class TableMap(BaseModel):
    """What all tables share."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    table: ClassVar[Table]

    def fields(self) -> Iterator[tuple[str, FieldSource]]:
        """Yield the name and the origin of every field that the settings fill."""
        for name in type(self).model_fields:
            if isinstance(field := getattr(self, name), FieldSource):
                yield name, field


class AccountsMap(TableMap):
    """Accounts. Rows with the same `account_id` in one snapshot are one account; the last text written wins."""

    table = Table.ACCOUNTS

    account_id: TextField = Field(description="the CRM's own id of the account")
    name: TextField = Field(description="the name that people know it by")
    external_id: TextField | None = Field(default=None, description="what the product calls this customer")
    former_ids: TextField | None = Field(default=None, description="ids that were merged into this one, with spaces")
    domain: TextField | None = None
    parent_id: TextField | None = None
    owner_id: TextField | None = Field(default=None, description="the account executive: a person_id")
    csm_id: TextField | None = Field(default=None, description="the customer success manager: a person_id")
    slack_channel: TextField | None = Field(default=None, description="its own channel in Slack: a name or an id")
    segment: TextField | None = None
    region: TextField | None = None
    country: TextField | None = None
    customer_since: DayField | None = None
    nps: NumberField | None = None
    csat: NumberField | None = Field(default=None, description="satisfied answers in percent, 0 to 100")
    open_cases: NumberField | None = Field(default=None, description="support cases that are not closed")
    urgent_cases: NumberField | None = Field(default=None, description="those among them of the highest priority")
    renewal_stage: TextField | None = Field(default=None, description="of the open renewal opportunity: its stage")
    renewal_forecast: TextField | None = Field(default=None, description="its forecast category")
    renewal_amount: NumberField | None = Field(default=None, description="its amount")
    renewal_currency: TextField | None = Field(default=None, description="the currency of the amount")
    renewal_close: DayField | None = Field(default=None, description="the day on which it is to close")
    renewal_url: LinkField | None = Field(default=None, description="its record in the CRM, https only")
    url: LinkField | None = Field(default=None, description="the record in the CRM, https only")


class PeopleMap(TableMap):
    """Users of the CRM: owners and CSMs. Rows with the same `person_id` in one snapshot are one person."""

    table = Table.PEOPLE

    person_id: TextField
    name: TextField
    email: TextField | None = None
    manager_id: TextField | None = None
    active: FlagField | None = None
    timezone: TextField | None = Field(default=None, description="an IANA name")


class LinesMap(TableMap):
    """Contract lines: one purchased thing each, with its term."""

    table = Table.LINES

    line_id: TextField = Field(description="names the line; one row in a snapshot")
    account_id: TextField
    contract_id: TextField | None = None
    contract_name: TextField | None = None
    product_code: TextField | None = None
    product_name: TextField | None = None
    product_family: TextField | None = None
    kind: KindField | None = Field(default=None, description="seats, allowance, commit or service")
    meter: TextField | None = None
    quantity: NumberField = Field(description="in units of the product; 0 is a contract without a quantity")
    unit_price: NumberField | None = Field(default=None, description="price of one unit for one price_period")
    price_period: PeriodField | None = Field(default=None, description="month, quarter, year or term")
    discount: NumberField | None = Field(default=None, description="share of the list price, 0 to 1")
    currency: TextField | None = None
    period: PeriodField | None = Field(
        default=None, description="of an allowance's reset: month, quarter, year or term"
    )
    start: DayField
    end: DayField = Field(description="the last day on which the line is in force")
    notice_date: DayField | None = None
    auto_renew: FlagField | None = None
    status: TextField | None = None
    url: LinkField | None = Field(default=None, description="the record in the CRM, https only")


class UsageMap(TableMap):
    """Use of the product, or readings of a counter that only grows."""

    table = Table.USAGE

    customer: TextField = Field(description="as the file names the customer: id, external id or domain")
    meter: TextField
    day: DayField
    quantity: NumberField = Field(description="in the meter's unit; `optional: true`: a blank one is unknown, not zero")
    user_id: TextField | None = None
    active_users: CountField | None = Field(default=None, description="distinct users of that day")
    line_id: TextField | None = Field(
        default=None, description="the contract line, where the file attributes use to one"
    )
    reading: Literal["increment", "cumulative"] = Field(
        default="increment",
        description="increment: what was used on that day; cumulative: what was used in all, up to that day",
    )

    @model_validator(mode="after")
    def _counted_once(self) -> Self:
        if self.reading == "cumulative" and self.active_users is not None:
            raise ValueError(
                "distinct users of a day have no running total: leave active_users out of a cumulative reading"
            )
        return self


class Tables(BaseModel):
    """What each row of a set of files yields: one table, or several at once."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    accounts: AccountsMap | None = None
    people: PeopleMap | None = None
    lines: LinesMap | None = None
    usage: UsageMap | None = None

    @model_validator(mode="after")
    def _at_least_one(self) -> Self:
        if not any(True for _ in self.maps()):
            raise ValueError("name at least one of accounts, people, lines and usage")
        return self

    def maps(self) -> Iterator[TableMap]:
        """Yield the tables that a row yields."""
        for table in (self.accounts, self.people, self.lines, self.usage):
            if table is not None:
                yield table

    def names(self) -> list[str]:
        """Return every field that is filled, like `lines.start`."""
        return [f"{table.table}.{name}" for table in self.maps() for name, _ in table.fields()]
