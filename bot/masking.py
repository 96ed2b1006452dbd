"""Takes passwords and tokens out of what is printed and logged, wherever a library may have put them."""

from __future__ import annotations

import re
from typing import Final

_HIDDEN: Final = "***"
_SECRETS: Final = (
    # The password of an address: from its first colon up to the last @ before the host.
    re.compile(r"(?<=://)([^\s/@:'\"]*):[^\s/'\"]*(?=@)"),
    re.compile(r"([?&\s](?:ssl)?password)=[^\s&'\"]+", re.IGNORECASE),
    re.compile(r"\b(xox[a-z]|xapp|xwfp|phx|phs)[-_][\w.-]{6,}"),
)
_FORMS: Final = (rf"\1:{_HIDDEN}", rf"\1={_HIDDEN}", rf"\1-{_HIDDEN}")


def masked(text: str) -> str:
    """Return the text with `***` in place of passwords in addresses and of tokens by their known beginnings."""
    for secret, form in zip(_SECRETS, _FORMS, strict=True):
        text = secret.sub(form, text)
    return text
