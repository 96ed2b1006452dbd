"""What somebody looks at in their Home: whose accounts, which of them, which page. Kept in the view itself."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Final

from bot.core.book import Whose
from bot.core.preferences import CHOOSABLE

BANDS: Final = ("red", "yellow", "green")
ANY: Final = "*"
"""The value of a choice that filters nothing."""


@dataclass(frozen=True, slots=True)
class Looking:
    """What is looked at; empty filters leave nothing out."""

    whose: Whose | None = None
    """None: nobody has chosen yet; then their own, where they have any."""
    segment: str = ""
    kind: str = ""
    band: str = ""
    page: int = 0

    def as_text(self) -> str:
        """Write it as the view keeps it."""
        chosen = {"whose": self.whose, "segment": self.segment, "kind": self.kind, "band": self.band, "page": self.page}
        return json.dumps({name: value for name, value in chosen.items() if value}, ensure_ascii=False)

    def turned(self, choice: str, value: str) -> Looking:
        """Return what is looked at after a choice: a filter begins with the first page. Unknown ones change nothing."""
        value = "" if value == ANY else value
        if choice == "page":
            return replace(self, page=int(value)) if value.isascii() and value.isdigit() else self
        if choice == "whose":
            return replace(self, whose=Whose(value), page=0) if value in set(Whose) else self
        known = {"kind": CHOOSABLE, "band": BANDS}
        if choice not in {"segment", *known} or (value and choice in known and value not in known[choice]):
            return self
        return replace(self, **{choice: value, "page": 0})  # type: ignore[arg-type]  # each of them is a text


def looking_of(text: str) -> Looking:
    """Read what a view kept; what cannot be read is as if nobody had chosen."""
    try:
        kept = json.loads(text or "{}")
    except ValueError:
        return Looking()
    found = Looking()
    if isinstance(kept, dict):
        for choice in ("whose", "segment", "kind", "band", "page"):
            if choice in kept:
                found = found.turned(choice, str(kept[choice]))
    return found
