"""Record ids as Salesforce makes them: 15 characters that tell capitals apart, and 3 that check them."""

from __future__ import annotations

from typing import Final

_DIGITS: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_CHECKS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
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


def with_checks(short: str) -> str:
    """Append the three characters that let an id survive systems that ignore capitals.

    Each of them stands for five characters, the first one for the lowest bit: 1 where it is a capital letter.
    """
    groups = (short[start : start + 5] for start in (0, 5, 10))
    return short + "".join(
        _CHECKS[sum(1 << place for place, letter in enumerate(group) if letter.isascii() and letter.isupper())]
        for group in groups
    )
