"""What must hold of users whatever the usage: checked on many accounts at once, each in several guises."""

from __future__ import annotations

import random
from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from bot.core.catalogue.users import USERS
from bot.facts.engine import Limits
from tests.facts.world import World, by, covered, day

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.facts.world import Row

AS_OF = date(2026, 3, 31)
Use = list[tuple[int, int, int, int]]
"""Days before as-of, quantity in tenths, number of a user, number of a meter."""

USES = st.lists(
    st.tuples(st.integers(0, 60) | st.integers(0, 500), st.integers(1, 50), st.integers(1, 6), st.integers(0, 1)),
    max_size=40,
)
METERS = ("logins", "taps")
NAMES = tuple(metric.name for metric in USERS)
OF_COHORT = {"adoption_cohort_quartile", "adoption_cohort_size"}
"""What other accounts have a say in."""
NEVER_LESS = (
    "mau", "wau", "dau", "adoption_day_1", "adoption_day_30", "adoption_day_90", "adoption_day_180",
)  # fmt: skip


def rows(customer: str, use: Use) -> list[Row]:
    return [
        {
            "customer": customer,
            "meter": METERS[meter],
            "day": AS_OF - timedelta(days=ago),
            "quantity": tenths / 10,
            "user_id": f"u{user}",
        }
        for ago, tenths, user, meter in use
    ]


def customer(world: World, name: str, usage: Iterable[Row], span: str = "2024-01-01..03-31") -> None:
    world.account(name)
    for meter in METERS:
        world.line(name, f"{name}-{meter}", kind="seats", meter=meter, quantity=20.0, start=day("2025-01-01"))
    world.use(usage)
    world.cover(covered(span, customer=name))


def metrics(account: Row) -> Row:
    return {name: account[name] for name in NAMES if name not in OF_COHORT}


@settings(
    max_examples=4,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # shrinking a world of fifty accounts takes minutes
)
@given(st.lists(st.tuples(USES, USES), min_size=10, max_size=10), st.randoms(use_true_random=False))
def test_what_must_hold_for_any_users(
    tmp_path_factory: pytest.TempPathFactory, cases: list[tuple[Use, Use]], chance: random.Random
) -> None:
    world = World(tmp_path_factory.mktemp("facts"))
    for number, (use, more) in enumerate(cases):
        customer(world, f"{number}-plain", rows(f"{number}-plain", use))
        customer(world, f"{number}-more", rows(f"{number}-more", use + more))
        halves = [row | {"quantity": row["quantity"] / 2} for row in rows(f"{number}-split", use) for _ in "ab"]
        customer(world, f"{number}-split", chance.sample(halves, len(halves)))
        # Use on as-of or before the start is proof by itself; all other use on days that are not covered tells nothing.
        dark = [(1 + ago % 400, tenths, user, meter) for ago, tenths, user, meter in use]
        customer(world, f"{number}-dark", rows(f"{number}-dark", dark), span="2024-01-01..2024-01-02")
        later = [(-1 - ago, tenths, user, meter) for ago, tenths, user, meter in more]
        customer(world, f"{number}-later", rows(f"{number}-later", [*use, *later]), "2024-01-01..2027-12-31")
    # A source measures the meters that it delivered at least once: somebody has used them all.
    world.use(rows("somebody", [(0, 1, 1, 0), (0, 1, 1, 1)]))
    world.account("somebody")
    accounts = by(world.analyse(AS_OF).accounts, "subject")
    for number in range(len(cases)):
        of = {guise: accounts[f"{number}-{guise}"] for guise in ("plain", "more", "split", "dark", "later")}
        assert metrics(of["split"]) == metrics(of["plain"])
        assert metrics(of["later"]) == metrics(of["plain"])
        assert all(of["more"][name] >= of["plain"][name] for name in NEVER_LESS if of["plain"][name] is not None)
        assert {**metrics(of["dark"]), "users_source": None} == dict.fromkeys(metrics(of["dark"]))
        for account in (of["plain"], of["more"]):
            _must_hold(account)


def _must_hold(account: Row) -> None:
    assert 0 <= account["dau"] <= account["mau"]
    assert account["wau"] <= account["mau"]
    assert account["light_users"] + account["medium_users"] + account["power_users"] == account["mau"]
    assert account["power_users_lost"] <= account["users_lost"]
    assert account["new_users"] <= account["mau"] <= account["active_users"]
    assert (account["stickiness"] is None) == (account["mau"] == 0)
    if account["mau"]:
        assert 1 / 28 <= account["stickiness"] <= 1
        assert 0 < account["active_user_share"] <= 1
        assert 1 / account["mau"] - 1e-9 <= account["top_user_share"] <= 1
    if account["mau"] > 1:
        assert 0 <= account["usage_gini"] <= 1 - 1 / account["mau"] + 1e-9


def test_the_order_of_the_rows_changes_no_digit(tmp_path_factory: pytest.TempPathFactory) -> None:
    chance = random.Random(7)  # noqa: S311  # no secret: any order will do, the same one each time
    use = [
        (chance.randrange(100), chance.randrange(1, 99), chance.randrange(30), chance.randrange(2)) for _ in range(900)
    ]
    found = []
    for turn in range(3):
        world = World(tmp_path_factory.mktemp(f"order{turn}"))
        customer(world, "acme", chance.sample(rows("acme", use), len(use)))
        (acme,) = world.analyse(AS_OF).accounts.to_pylist()
        found.append(metrics(acme))
    assert found[0] == found[1] == found[2]
    assert found[0]["mau"] == len({user for ago, _, user, _ in use if ago < 28})


def test_windows_that_do_not_fit_into_the_bits_are_refused() -> None:
    assert Limits(window_days=30).window_days == 30
    with pytest.raises(ValueError, match="window_days"):
        Limits(window_days=31)
