from __future__ import annotations

from datetime import date
from typing import Any

import pyarrow as pa

from bot.core.metrics import ACCOUNT_METRICS, LINE_METRICS
from bot.facts.analysis import ACCOUNT_IDS
from bot.state.codec import account_from_row, account_to_row
from bot.views import account_views
from tests.prep.conftest import AS_OF

NAN = float("nan")


def one(names: Any, **known: Any) -> pa.Table:  # noqa: ANN401 - cells
    return pa.Table.from_pylist([dict.fromkeys(names) | known])


ACCOUNTS = one([*ACCOUNT_IDS, *ACCOUNT_METRICS], subject="001A", name="Acme")
LINES = one(
    LINE_METRICS,
    line_id="L1",
    account_id="001A",
    product="Seats",
    contracted=100.0,
    start=date(2025, 4, 1),
    end=date(2026, 3, 31),
    discount=0.2,
    arr=NAN,
    auto_renew=False,
    notice_date=date(2026, 1, 31),
)
RECORDS = one(
    ("account_id", "name", "renewal_stage", "renewal_amount", "renewal_close", "renewal_url"),
    account_id="001A",
    name="Acme",
    renewal_stage="Proposal",
    renewal_amount=NAN,
    renewal_close=date(2026, 4, 1),
)


def test_a_line_keeps_what_a_brief_tells_of_it_and_nothing_that_is_unknown() -> None:
    (line,) = account_views(ACCOUNTS, LINES, AS_OF)["001A"].lines
    assert line.metrics == {
        "line_id": "L1",
        "discount": 0.2,
        "auto_renew": False,
        "notice_date": date(2026, 1, 31),
    }


def test_the_open_opportunity_of_the_crm_comes_with_the_account() -> None:
    view = account_views(ACCOUNTS, LINES, AS_OF, None, RECORDS)["001A"]
    assert view.opportunity == {"stage": "Proposal", "close": date(2026, 4, 1)}
    assert account_views(ACCOUNTS, LINES, AS_OF)["001A"].opportunity == {}


def test_both_are_kept_by_the_state_store() -> None:
    view = account_views(ACCOUNTS, LINES, AS_OF, None, RECORDS)["001A"]
    row: Any = account_to_row(view)
    assert account_from_row(row) == view
