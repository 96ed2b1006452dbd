"""Values as a field takes them: rounded to its scale, cut to its length, in percent where it counts in percent."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Final

from connectors.writeback import Form

if TYPE_CHECKING:
    from connectors.writeback import Value

NUMBERS: Final = frozenset({"double", "currency", "percent", "int", "long"})
TEXTS: Final = frozenset({"string", "textarea", "picklist", "combobox"})
DAYS: Final = frozenset({"date", "datetime"})
PERCENT: Final = "percent"
_WHOLE: Final = frozenset({"int", "long"})


@dataclass(frozen=True, slots=True)
class Target:
    """A field of the org that a measure goes into, as describe tells of it."""

    name: str
    type: str
    measure: str
    form: Form
    scale: int = 0
    """Digits after the point."""
    length: int = 0
    """Characters of a text; 0: it does not say."""
    nillable: bool = True

    def taken(self, value: str | float | bool | date | None) -> Value:  # noqa: FBT001 - a value of a field
        """Return a value as the field takes it; None: it is to be empty, or the value is unknown."""
        if value is None or (isinstance(value, float) and not math.isfinite(value)):
            return None
        if self.type in NUMBERS:
            return self._number(value)
        if self.type in DAYS:
            return self._day(value)
        if self.form is Form.FLAG:
            return bool(value)
        return self._text(value)

    def standing(self, value: object) -> Value:
        """Return what stands in the field, as the org wrote it, in the form that `taken` gives."""
        if value is None or isinstance(value, bool):
            return value
        if self.type in NUMBERS and isinstance(value, int | float):
            return _rounded(Decimal(repr(value)), self._places)
        if self.type == "datetime":
            return _moment(datetime.fromisoformat(str(value)))
        text = str(value)
        return self._text(text) if self.type in TEXTS else text

    @property
    def _places(self) -> int:
        return 0 if self.type in _WHOLE else self.scale

    def _number(self, value: object) -> float:
        assert isinstance(value, int | float), "the preflight let only numbers pass"
        number = Decimal(repr(value + 0))
        if self.form is Form.SHARE and self.type == PERCENT:
            number *= 100
        return _rounded(number, self._places)

    def _day(self, value: object) -> str:
        day = value if isinstance(value, date) else date.fromisoformat(str(value))
        if self.type == "date":
            return day.isoformat()
        return _moment(datetime(day.year, day.month, day.day, tzinfo=UTC))

    def _text(self, value: object) -> str | None:
        # Salesforce strips texts and keeps no empty ones: what it will not keep would differ again every night.
        text = str(value).strip()
        return (text[: self.length].rstrip() if self.length else text) or None


def _rounded(number: Decimal, places: int) -> float:
    rounded = number.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)
    # No minus before a nought, and no point behind a whole number.
    return (int(rounded) if places == 0 else float(rounded)) or 0


def _moment(moment: datetime) -> str:
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return aware.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
