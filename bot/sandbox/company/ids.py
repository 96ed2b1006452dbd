"""Record ids as Salesforce makes them: 15 characters that tell capitals apart, and 3 that check them."""

from __future__ import annotations

from typing import Final

from bot.core.spelling import with_checks

_DIGITS: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_ORG: Final = "Hr0000"
_SERIAL_LENGTH: Final = 6
_PREFIXES: Final = {
    "Account": "001",
    "User": "005",
    "Contract": "800",
    "Order": "801",
    "OrderItem": "802",
    "Product2": "01t",
}


def record_id(sobject: str, number: int) -> str:
    """Make the id of the record of this object with this number, 18 characters."""
    serial = ""
    for _ in range(_SERIAL_LENGTH):
        number, digit = divmod(number, len(_DIGITS))
        serial = _DIGITS[digit] + serial
    return with_checks(_PREFIXES[sobject] + _ORG + serial)
