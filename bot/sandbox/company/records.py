"""The plans as Salesforce would hold them: records under API names, dates and moments in Salesforce's form."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import TYPE_CHECKING, Any, Final

from bot.sandbox.company.care import care
from bot.sandbox.company.ids import record_id
from bot.sandbox.company.model import Story, Trait
from bot.sandbox.company.roster import STAFF

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.sandbox.company.plan import Plan

Record = dict[str, Any]

_DAY: Final = timedelta(days=1)
_PRODUCTS: Final = {
    "SEAT-STD": ("Standard seat", "Seats"),
    "API-10K": ("API allowance, 10,000 calls a month", "API"),
    "CREDITS": ("Processing credits, prepaid", "Commit"),
    "TRAIN-DAY": ("Training day", "Services"),
}
_PRICES: Final = {"API-10K": 420.0, "CREDITS": 0.12, "TRAIN-DAY": 1_450.0}
_PLACES: Final = (
    ("North America", "United States"),
    ("EMEA", "Germany"),
    ("EMEA", "United Kingdom"),
    ("APAC", "Singapore"),
    ("North America", "Canada"),
    ("EMEA", "Netherlands"),
    ("LATAM", "Chile"),
)
_INDUSTRIES: Final = ("Transportation", "Manufacturing", "Retail", "Finance", "Energy", "Healthcare")


@dataclass(frozen=True, slots=True)
class _Line:
    """One product in an order."""

    code: str
    quantity: int
    price: float
    """Of one unit for a year."""
    start: date
    end: date


class _Org:
    """Collects records, and numbers them by object."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.records: dict[str, list[Record]] = {
            name: [] for name in ("Account", "User", "Contract", "Order", "OrderItem", "Product2")
        }
        self.users = {person.name: record_id("User", 300 + index) for index, person in enumerate(STAFF)}
        self.products = {code: record_id("Product2", 70 + index) for index, code in enumerate(_PRODUCTS)}
        self.random = Random(f"{seed}:records")  # noqa: S311 - sample data

    def add(self, sobject: str, **fields: Any) -> str:  # noqa: ANN401 - a record holds any value of JSON
        """Add a record; returns its id, made up where none is given."""
        rows = self.records[sobject]
        given: str | None = fields.pop("Id", None)
        row_id = given or record_id(sobject, 9_000 + len(rows))
        rows.append({"Id": row_id, **fields})
        return row_id


def records(seed: int, today: date, plans: list[Plan]) -> dict[str, list[Record]]:
    """Make all records."""
    org = _Org(seed)
    _add_people(org)
    for code, (name, family) in _PRODUCTS.items():
        org.add("Product2", Id=org.products[code], Name=name, ProductCode=code, Family=family)
    parent = next(plan.account_id for plan in plans if Trait.PARENT in plan.casting.traits)
    for plan in plans:
        _add_account(org, plan, parent, today)
        _add_contracts(org, plan)
    return org.records


def _add_people(org: _Org) -> None:
    for person in STAFF:
        org.add(
            "User",
            Id=org.users[person.name],
            Name=person.name,
            Email=person.email,
            ManagerId=org.users[person.manager] if person.manager else None,
            IsActive=person.active,
            TimeZoneSidKey=person.timezone,
        )


def _add_account(org: _Org, plan: Plan, parent: str, today: date) -> None:
    region, country = _PLACES[plan.number % len(_PLACES)]
    support = care(org.seed, plan)
    org.add(
        "Account",
        Id=plan.account_id,
        Name=plan.casting.name,
        Website=f"https://www.{plan.domain}",
        ParentId=parent if Trait.CHILD in plan.casting.traits else None,
        OwnerId=_owner(org, plan),
        Segment__c=plan.casting.segment,
        Industry=_INDUSTRIES[plan.number % len(_INDUSTRIES)],
        Region__c=region,
        BillingCountry=country,
        CSM__c=_csm(org, plan),
        NPS__c=_nps(org, plan),
        CSAT__c=support.csat,
        Open_Cases__c=support.open_cases,
        Urgent_Cases__c=support.urgent_cases,
        External_Id__c=plan.external_id,
        CreatedDate=_moment(plan.first_day - 4 * _DAY),
        SystemModstamp=_moment(today - org.random.randint(1, 40) * _DAY),
    )


def _owner(org: _Org, plan: Plan) -> str | None:
    if Trait.NO_OWNER in plan.casting.traits:
        return None
    if Trait.OWNER_WITHOUT_SLACK in plan.casting.traits:
        people = [person for person in STAFF if person.role == "AE" and person.active and not person.in_slack]
    elif Trait.OWNER_INACTIVE in plan.casting.traits:
        people = [person for person in STAFF if person.role == "AE" and not person.active]
    else:
        people = [person for person in STAFF if person.role == "AE" and person.active and person.in_slack]
    return org.users[people[plan.number % len(people)].name]


def _csm(org: _Org, plan: Plan) -> str:
    people = [person for person in STAFF if person.role == "CSM"]
    return org.users[people[plan.number % len(people)].name]


def _nps(org: _Org, plan: Plan) -> float | None:
    if plan.story is Story.ONBOARDING or org.random.random() < 0.3:  # noqa: PLR2004 - a share
        return None
    unhappy = plan.story in {Story.UNDERUSE, Story.FALLING, Story.SILENT}
    return float(org.random.randint(-40, 20) if unhappy else org.random.randint(10, 70))


def _add_contracts(org: _Org, plan: Plan) -> None:
    if plan.before:
        seats = max(1, round(plan.seats * 0.85))
        _add_contract(org, plan, _Line("SEAT-STD", seats, plan.seat_price, plan.before, plan.start - _DAY))
    prices = {"SEAT-STD": plan.seat_price, **_PRICES}
    bought = {
        "SEAT-STD": plan.seats,
        "API-10K": plan.api_units,
        "CREDITS": plan.credits,
        "TRAIN-DAY": plan.training_days,
    }
    lines = [_Line(code, count, prices[code], plan.start, plan.end) for code, count in bought.items() if count]
    contract = _add_contract(org, plan, *lines)
    if plan.story is Story.RENEWAL_DUE:
        # The draft of a renewal: an offer, which no contract line may come of.
        start, end = plan.end + _DAY, plan.end + 365 * _DAY
        _add_order(org, plan, contract, "Draft", [_Line("SEAT-STD", plan.seats, plan.seat_price, start, end)])


def _add_contract(org: _Org, plan: Plan, *lines: _Line) -> str:
    start, end = lines[0].start, lines[0].end
    contract = org.add(
        "Contract",
        AccountId=plan.account_id,
        ContractNumber=f"{len(org.records['Contract']) + 2101:08d}",
        StartDate=start.isoformat(),
        EndDate=end.isoformat(),
        ContractTerm=round((end - start).days / (365.25 / 12)),
        OwnerExpirationNotice=str(plan.notice_days),
        Status="Activated",
        AutoRenew__c=plan.auto_renew,
    )
    _add_order(org, plan, contract, "Activated", lines)
    return contract


def _add_order(org: _Org, plan: Plan, contract: str, status: str, lines: Sequence[_Line]) -> None:
    order = org.add(
        "Order",
        AccountId=plan.account_id,
        ContractId=contract,
        OrderNumber=f"{len(org.records['Order']) + 5101:08d}",
        EffectiveDate=lines[0].start.isoformat(),
        EndDate=lines[0].end.isoformat(),
        Status=status,
    )
    for line in lines:
        org.add(
            "OrderItem",
            OrderId=order,
            Product2Id=org.products[line.code],
            Quantity=float(line.quantity),
            UnitPrice=line.price,
            ListPrice=round(line.price * 1.1, 2),
            ServiceDate=line.start.isoformat(),
            EndDate=line.end.isoformat(),
        )


def _moment(day: date) -> str:
    return f"{day.isoformat()}T00:00:00.000+0000"
