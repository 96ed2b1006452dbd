"""Ids as Salesforce makes them: three characters for the object, twelve that count, three that repeat the case."""

from __future__ import annotations

from typing import Final

SHORT: Final = 15
LONG: Final = 18
_CHECK: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
_PREFIXES: Final = {
    "Account": "001",
    "AccountTeamMember": "01M",
    "Asset": "02i",
    "Case": "500",
    "Contact": "003",
    "Contract": "800",
    "ContractLineItem": "811",
    "Entitlement": "550",
    "Opportunity": "006",
    "OpportunityLineItem": "00k",
    "Order": "801",
    "OrderItem": "802",
    "Product2": "01t",
    "ServiceContract": "810",
    "Task": "00T",
    "User": "005",
}
_CUSTOM: Final = "a0X"


def new_id(name: str, number: int) -> str:
    """Return the Id of an object's record with this number."""
    return lengthened(f"{_PREFIXES.get(name, _CUSTOM)}{number:012d}")


def lengthened(identity: str) -> str:
    """Return an Id in its form of eighteen characters; one that is not of fifteen stays as it is."""
    if len(identity) != SHORT:
        return identity
    parts = (identity[start : start + 5] for start in range(0, SHORT, 5))
    return identity + "".join(_CHECK[sum(char.isupper() << place for place, char in enumerate(part))] for part in parts)
