"""What of an account can be written back into a CRM: every metric of accounts, and the day that they are of."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from bot.core.metrics import ACCOUNT_METRICS, Unit
from connectors.writeback import Form

AS_OF: Final = "as_of"
"""The day that the metrics are of."""

_FORMS: Final = {
    Unit.SHARE: Form.SHARE,
    Unit.CHANGE: Form.SHARE,
    Unit.RATIO: Form.SHARE,
    Unit.MONEY: Form.MONEY,
    Unit.COUNT: Form.NUMBER,
    Unit.DAYS: Form.NUMBER,
    Unit.SCORE: Form.NUMBER,
    Unit.DATE: Form.DATE,
    Unit.TEXT: Form.TEXT,
    Unit.FLAG: Form.FLAG,
}

MEASURES: Final = MappingProxyType(
    {AS_OF: Form.DATE} | {one.name: _FORMS[one.unit] for one in ACCOUNT_METRICS.values()}
)
"""What kind of value each is: decides which fields of a CRM can take it."""
