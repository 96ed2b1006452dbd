"""Whose accounts a list is about, what amounts add up to, and which alert comes first."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bot.core.book import Stake, Sums, at_stake, most_urgent_first, sums, team_of

#         boss
#        /    \
#     lead    other
#     /  \
#   ann  bob
MANAGERS: dict[str, str | None] = {"boss": None, "lead": "boss", "other": "boss", "ann": "lead", "bob": "lead"}


def test_a_team_is_everybody_below() -> None:
    assert team_of("boss", MANAGERS) == {"boss", "lead", "other", "ann", "bob"}
    assert team_of("lead", MANAGERS) == {"lead", "ann", "bob"}


def test_who_leads_nobody_is_in_the_team_of_their_manager() -> None:
    assert team_of("ann", MANAGERS) == {"ann", "bob"}
    assert team_of("other", MANAGERS) == {"lead", "other"}


def test_who_has_neither_manager_nor_reports_is_a_team_of_one() -> None:
    assert team_of("new", MANAGERS) == {"new"}
    assert team_of("alone", {"alone": None}) == {"alone"}
    assert team_of("odd", {"odd": "odd"}) == {"odd"}


@given(st.dictionaries(st.sampled_from("abcdef"), st.one_of(st.none(), st.sampled_from("abcdef")), min_size=1))
def test_a_team_has_its_own_in_it_and_ends_even_where_chains_go_in_a_circle(managers: dict[str, str | None]) -> None:
    for person in managers:
        assert person in team_of(person, managers)


def test_amounts_of_different_currencies_are_never_added() -> None:
    found = sums([("USD", 100.0), ("EUR", 5.0), ("USD", 20.0), ("USD", None), (None, 7.0), (None, None)])
    assert found == Sums((("USD", 120.0), ("EUR", 5.0), (None, 7.0)), unknown=2)
    assert sums([]) == Sums((), 0)


def stake(key: str, amount: float | None, severity: str = "high", currency: str = "USD", days: float = 60) -> Stake:
    return Stake(key, key[0], severity, amount, currency, days)


def test_alerts_are_ranked_by_at_stake_times_urgency() -> None:
    # high counts twice medium; 30 days left: 1.5, on the day: 2
    found = most_urgent_first(
        [stake("a", 100.0), stake("b", 150.0, "medium"), stake("c", 100.0, days=0), stake("d", 60.0, "critical")]
    )
    assert found == ("c", "d", "a", "b")


def test_several_currencies_are_each_measured_by_their_own_median() -> None:
    # yen: median 1,000,000; dollars: median 1,000. 3,000 dollars are three times theirs, 2,000,000 yen twice.
    yen = [stake(f"y{n}", amount, currency="JPY") for n, amount in enumerate((2e6, 1e6, 5e5))]
    dollars = [stake(f"d{n}", amount) for n, amount in enumerate((3e3, 1e3, 1e2))]
    assert most_urgent_first([*yen, *dollars]) == ("d0", "y0", "d1", "y1", "y2", "d2")


def test_an_unknown_amount_counts_as_the_usual_one() -> None:
    assert most_urgent_first([stake("a", 10.0), stake("b", None), stake("c", 30.0), stake("d", 20.0)]) == (
        "c", "b", "d", "a",
    )  # fmt: skip


def test_an_account_with_several_alerts_is_at_stake_once() -> None:
    found = at_stake([stake("a1", 100.0), stake("a2", 120.0), stake("a3", None), stake("b1", None), stake("c1", 5.0)])
    assert found == Sums((("USD", 125.0),), unknown=1)
