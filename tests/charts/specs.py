"""Charts by hand: a test says what they show."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from bot.core.chart import Ahead, Group, Outlier, Point, Portfolio, Trend, Utilization

WEEK = timedelta(weeks=1)
AS_OF = date(2026, 9, 30)
FIRST = date(2026, 1, 7)

USED: tuple[float | None, ...] = (0.0, 10_000.0, 20_000.0, None, 40_000.0, 54_600.0)
CALLS = Utilization(
    account="Acme",
    product="API calls",
    unit="calls",
    kind="commit",
    as_of=AS_OF,
    start=date(2026, 1, 1),
    end=date(2026, 12, 31),
    contracted=60_000.0,
    used=tuple(Point(AS_OF - 5 * 7 * WEEK + 7 * at * WEEK, value) for at, value in enumerate(USED)),
    ahead=(
        Ahead(AS_OF, 54_600.0, 54_600.0, 54_600.0),
        Ahead(date(2026, 11, 15), 61_000.0, 63_000.0, 66_000.0),
        Ahead(date(2026, 12, 31), 68_000.0, 73_000.0, 80_000.0),
    ),
    run_out=date(2026, 10, 27),
    earliest=date(2026, 10, 20),
    latest=date(2026, 11, 5),
)
SEATS = Utilization(
    account="Acme",
    product="Standard seat",
    unit="seats",
    kind="seats",
    as_of=AS_OF,
    start=AS_OF - 3 * WEEK,
    end=None,
    contracted=1_000.0,
    used=(
        Point(AS_OF - 3 * WEEK, 820.0),
        Point(AS_OF - 2 * WEEK, 615.0),
        Point(AS_OF - WEEK, 500.0),
        Point(AS_OF, 410.0),
    ),
)
FALL = Trend(
    account="Acme",
    product="Standard seat",
    unit="users",
    measure="mean",
    grain="week",
    as_of=AS_OF,
    points=tuple(
        Point(AS_OF - (9 - at) * WEEK, value)
        for at, value in enumerate((400.0, 410.0, None, 405.0, 395.0, 400.0, 262.0, 260.0, 258.0, 264.0))
    ),
    change=AS_OF - 3 * WEEK,
    direction="falling",
    size=-0.34,
)
MONTHS = (date(2026, 7, 31), date(2026, 8, 31), AS_OF)
WORTH = Portfolio(
    as_of=AS_OF,
    currency="USD",
    days=MONTHS,
    groups=(
        Group("Enterprise", (150_000.0, 160_000.0, 180_000.0)),
        Group("Mid-market", (None, 52_000.0, 52_000.0)),
        Group("Small", (None, None, None)),
    ),
    outliers=(
        Outlier(MONTHS[1], "Mid-market", "Globex", 120_000.0),
        Outlier(MONTHS[2], "Enterprise", "Initech", 900_000.0),
    ),
    more=2,
)
ALL = (CALLS, SEATS, FALL, WORTH)

HOSTILE = "$x_{1}^2$ <!channel> *שלום* 会社 \u202egnp.exe\u2069 \x07 " * 8
"""A formula, a ping, right-to-left letters, letters that no font here has, a turned line, a bell: too long besides."""


def hostile() -> tuple[Utilization, Trend, Portfolio]:
    """Every text of a chart from somebody who means no good."""
    return (
        replace(CALLS, account=HOSTILE, product=HOSTILE, unit=HOSTILE),
        replace(FALL, account=HOSTILE, product=HOSTILE, unit=HOSTILE),
        replace(
            WORTH,
            currency=HOSTILE,
            groups=tuple(replace(group, name=f"{number}{HOSTILE}") for number, group in enumerate(WORTH.groups)),
            outliers=(Outlier(MONTHS[0], HOSTILE, HOSTILE, 1.0),),
        ),
    )
