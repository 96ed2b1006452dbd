"""What makes two spellings of one thing alike: capitals and spaces, hosts of addresses, short and long record ids.

`connectors.addresses` and `connectors.files.shapes` clean what goes in by rules of their own, and cannot share these:
connectors know nothing of bot, and the core no more of them than their schema.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

_BASE32: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
_SHORT_ID: Final = re.compile(r"[A-Za-z0-9]{15}")
_LONG_ID: Final = re.compile(r"[A-Za-z0-9]{18}")


def folded(text: str) -> str:
    """Make capitals, white space and ways of writing the same letter alike."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def host_of(text: str) -> str:
    """Return the host that a domain, a web or an e-mail address names, without `www.`; empty where there is none."""
    address = re.sub(r"^[a-z][a-z0-9+.-]*://", "", folded(text))
    host = re.split(r"[/?#]", address, maxsplit=1)[0].rpartition("@")[2].partition(":")[0]
    return host.removeprefix("www.").rstrip(".")


def with_checks(short: str) -> str:
    """Append to the 15 characters of a Salesforce Id the three that let it survive systems that ignore capitals.

    Each of them stands for five characters, the first one for the lowest bit: 1 where it is a capital letter.
    """
    groups = (short[start : start + 5] for start in (0, 5, 10))
    return short + "".join(
        _BASE32[sum(letter.isupper() << place for place, letter in enumerate(group))] for group in groups
    )


def long_id(text: str) -> str | None:
    """Return the 18 characters of a Salesforce Id of 15 or 18; None where the text is none."""
    if _SHORT_ID.fullmatch(text):
        return with_checks(text)
    if _LONG_ID.fullmatch(text) and text[15:].upper() == (long := with_checks(text[:15]))[15:]:
        return long
    return None
