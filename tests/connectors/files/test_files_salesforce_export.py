"""Salesforce without credentials: what the Data Loader writes, one file an object."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Final

import pytest
import yaml

if TYPE_CHECKING:
    from pathlib import Path

    from tests.connectors.files.reading import Read, Reading

SETTINGS: Final = """
- path: Account.csv
  tables:
    accounts:
      account_id: {column: Id, as: salesforce_id}
      name: Name
      domain: {column: Website, as: domain}
      owner_id: {column: OwnerId, as: salesforce_id}
      segment: Segment__c
      customer_since: {column: Customer_Since__c, formats: [iso]}
      nps: NPS_Score__c
      url: {column: Id, prefix: "https://acme.my.salesforce.com/"}
- path: User.csv
  tables:
    people:
      person_id: {column: Id, as: salesforce_id}
      name: Name
      email: Email
      active: IsActive
      timezone: TimeZoneSidKey
- path: OrderItem.csv
  blank: ["#N/A"]
  tables:
    lines:
      line_id: {column: Id, as: salesforce_id}
      account_id: {column: Order.AccountId, as: salesforce_id}
      contract_id: Order.ContractId
      product_code: Product2.ProductCode
      quantity: Quantity
      unit_price: UnitPrice
      price_period: {value: year}
      discount: {column: Discount__c, scale: 0.01}
      currency: CurrencyIsoCode
      start: {column: ServiceDate, formats: [iso]}
      end: {column: EndDate, formats: [iso]}
      auto_renew: Auto_Renew__c
"""

ACCOUNTS: Final = """"ID","NAME","WEBSITE","OWNERID","SEGMENT__C","CUSTOMER_SINCE__C","NPS_SCORE__C"
"001A0000006Vm9rIAC","Globex ""North"", Inc.","https://www.globex.com/","005A0000000AaaAIAS","Enterprise","2019-05-01T00:00:00.000Z","42.0"
"001A0000006Vm9sIAC","Initech","","005A0000000AaaAIAS","","",""
"""
USERS: Final = """"ID","NAME","EMAIL","ISACTIVE","TIMEZONESIDKEY"
"005A0000000AaaAIAS","Jo Rep","jo@acme.com","true","America/Los_Angeles"
"""
ITEM_HEADERS: Final = (
    '"ID","ORDER.ACCOUNTID","ORDER.CONTRACTID","PRODUCT2.PRODUCTCODE","QUANTITY","UNITPRICE","DISCOUNT__C",'
    '"CURRENCYISOCODE","SERVICEDATE","ENDDATE","AUTO_RENEW__C"'
)
ITEMS: Final = f"""{ITEM_HEADERS}
"802A0000000AbcdIAC","001A0000006Vm9r","800A0000000XyzIAA","SEAT-PRO","250.0","1200.0","15","USD","2026-01-01","2026-12-31","true"
"802A0000000AbceIAC","001A0000006Vm9sIAC","#N/A","API","12.0","99.5","","USD","2026-01-01T00:00:00.000+0000","2026-12-31","0"
"802A0000000AbcfIAC","001A0000006Vm9sIAC","","API","12.0","99.5","","USD","","2026-12-31","false"
"""


@pytest.fixture
def reading(read: Read, tmp_path: Path) -> Reading:
    for name, text in {"Account": ACCOUNTS, "User": USERS, "OrderItem": ITEMS}.items():
        (tmp_path / f"{name}.csv").write_text(text)
    return read(*yaml.safe_load(SETTINGS))


def test_accounts_come_with_domain_owner_and_link(reading: Reading) -> None:
    assert reading.rows("accounts") == [
        {
            "account_id": "001A0000006Vm9rIAC",
            "name": 'Globex "North", Inc.',
            "domain": "globex.com",
            "owner_id": "005A0000000AaaAIAS",
            "segment": "Enterprise",
            "customer_since": date(2019, 5, 1),
            "nps": 42.0,
            "url": "https://acme.my.salesforce.com/001A0000006Vm9rIAC",
        },
        {
            "account_id": "001A0000006Vm9sIAC",
            "name": "Initech",
            "owner_id": "005A0000000AaaAIAS",
            "url": "https://acme.my.salesforce.com/001A0000006Vm9sIAC",
        },
    ]


def test_owners_come_as_people(reading: Reading) -> None:
    person = {"person_id": "005A0000000AaaAIAS", "name": "Jo Rep", "email": "jo@acme.com"}
    assert reading.rows("people") == [{**person, "active": True, "timezone": "America/Los_Angeles"}]


def test_order_items_find_their_account_by_the_short_id_too(reading: Reading) -> None:
    first, second = reading.rows("lines")
    assert first == {
        "line_id": "802A0000000AbcdIAC",
        "account_id": "001A0000006Vm9rIAC",
        "contract_id": "800A0000000XyzIAA",
        "product_code": "SEAT-PRO",
        "quantity": 250.0,
        "unit_price": 1200.0,
        "price_period": "year",
        "discount": 0.15,
        "currency": "USD",
        "start": date(2026, 1, 1),
        "end": date(2026, 12, 31),
        "auto_renew": True,
    }
    assert "contract_id" not in second
    assert "discount" not in second


def test_a_line_without_a_start_is_rejected_and_everything_is_counted(reading: Reading) -> None:
    assert (reading.rejects.total, reading.reasons) == (6, {"missing-value": 1})
    assert reading.rejects.rows[0].place == "OrderItem.csv:4"
