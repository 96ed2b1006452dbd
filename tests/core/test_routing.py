"""Who is told, by routes; and routes that can never match."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.dead_routes import dead_routes
from bot.core.routing import Facts, Match, Route, destinations

OWN = ("owner", "#cs-risk")
ACME = Facts("churn_risk", "high", "licence-underuse", "Enterprise", "EMEA", 120_000.0)


def told(*routes: Route, facts: Facts = ACME) -> tuple[str, ...]:
    return destinations(routes, facts, OWN)


def test_without_a_route_that_matches_the_rule_says_who_is_told() -> None:
    assert told() == OWN
    assert told(Route(Match(kind=("upsell",)), to=("csm",))) == OWN


def test_to_stands_for_the_rules_own_and_add_goes_beside_it() -> None:
    assert told(Route(to=("csm",))) == ("csm",)
    assert told(Route(add=("#vip",))) == (*OWN, "#vip")
    assert told(Route(to=("csm",), add=("#vip", "csm"))) == ("csm", "#vip")


def test_the_first_route_that_matches_counts() -> None:
    assert told(Route(Match(kind=("upsell",)), ("#a",)), Route(to=("#b",)), Route(to=("#c",))) == ("#b",)


def test_with_continue_later_ones_are_asked_too() -> None:
    assert told(Route(to=("#a",), go_on=True), Route(to=("#b",)), Route(to=("#c",))) == ("#a", "#b")
    assert told(Route(add=("#a",), go_on=True), Route(add=("#b",))) == (*OWN, "#a", "#b")
    assert told(Route(add=("#a",), go_on=True), Route(to=("csm",))) == ("csm", "#a")


def test_a_route_inside_goes_before_the_one_around_it() -> None:
    inner = Route(Match(severity=("critical",)), to=("manager",))
    tree = Route(Match(kind=("churn_risk",)), to=("csm",), add=("#emea",), routes=(inner,))
    assert told(tree) == ("csm", "#emea")
    assert told(tree, facts=replace(ACME, severity="critical")) == ("manager", "#emea")


def test_a_route_without_a_to_leaves_it_to_those_inside() -> None:
    tree = Route(Match(segment=("Enterprise",)), routes=(Route(Match(severity=("low",)), to=("#low",)),))
    assert told(tree) == OWN
    assert told(tree, facts=replace(ACME, severity="low")) == ("#low",)


@pytest.mark.parametrize(
    ("match", "expected"),
    [
        (Match(kind=("upsell", "churn_risk")), True),
        (Match(severity=("high", "critical")), True),
        (Match(severity=("critical",)), False),
        (Match(rule=("licence-*",)), True),
        (Match(rule=("*-cliff", "licence-underuse")), True),
        (Match(rule=("licence",)), False),
        (Match(segment=("ENTERPRISE",)), True),
        (Match(region=("emea*",)), True),
        (Match(region=("APAC",)), False),
        (Match(arr_from=120_000.0), True),
        (Match(arr_from=120_001.0), False),
        (Match(arr_below=120_000.0), False),
        (Match(arr_from=100_000.0, arr_below=200_000.0), True),
        (Match(kind=("churn_risk",), segment=("SMB",)), False),  # all of it must fit
    ],
)
def test_what_a_route_is_for(match: Match, expected: bool) -> None:
    assert match.fits(ACME) is expected


@pytest.mark.parametrize(
    "match", [Match(segment=("*",)), Match(region=("*",)), Match(arr_from=0.0), Match(arr_below=1e12)]
)
def test_what_nobody_knows_matches_nothing_that_asks_for_it(match: Match) -> None:
    assert not match.fits(Facts("churn_risk", "high", "licence-underuse"))
    assert Match().fits(Facts("churn_risk", "high", "licence-underuse"))


WORDS = st.lists(st.sampled_from(["a", "b", "a*", "*", "ab"]), max_size=2).map(tuple)
ARR = st.none() | st.sampled_from([0.0, 10.0, 20.0])
MATCHES = st.builds(
    Match,
    kind=st.lists(st.sampled_from(["upsell", "renewal"]), max_size=2).map(tuple),
    severity=st.lists(st.sampled_from(["low", "high"]), max_size=2).map(tuple),
    rule=WORDS,
    segment=WORDS,
    arr_from=ARR,
    arr_below=ARR,
)
LEAVES = st.builds(Route, MATCHES, go_on=st.booleans())
TREES = st.lists(
    st.builds(Route, MATCHES, go_on=st.booleans(), routes=st.lists(LEAVES, max_size=3).map(tuple)), max_size=4
)
KNOWN = st.builds(
    Facts,
    st.sampled_from(["upsell", "renewal"]),
    st.sampled_from(["low", "high"]),
    st.sampled_from(["a", "b", "ab", "ba"]),
    st.none() | st.sampled_from(["a", "b", "ab"]),
    st.none(),
    st.none() | st.sampled_from([-1.0, 0.0, 5.0, 10.0, 15.0, 20.0, 25.0]),
)


def marked(routes: list[Route]) -> list[Route]:
    """Let every route tell a channel of its own place."""
    return [
        replace(
            route,
            add=(f"#{index}",),
            routes=tuple(replace(one, add=(f"#{index}-{place}",)) for place, one in enumerate(route.routes)),
        )
        for index, route in enumerate(routes)
    ]


@settings(deadline=None)
@given(TREES, KNOWN)
def test_a_route_that_is_called_dead_never_matches(routes: list[Route], facts: Facts) -> None:
    dead = {"#" + "-".join(str(part) for part in place if part != "routes") for place, _ in dead_routes(routes)}
    assert dead.isdisjoint(destinations(marked(routes), facts, ()))


def reasons(*routes: Route) -> dict[tuple[str | int, ...], str]:
    return dict(dead_routes(routes))


CHURN, SMALL = Match(kind=("churn_risk",)), Match(arr_below=10.0)


@pytest.mark.parametrize(
    ("routes", "expected"),
    [
        ((Route(), Route(CHURN)), {(1,): "route 1 before it takes all that it would"}),
        ((Route(CHURN), Route(Match(kind=("churn_risk",), severity=("low",)))), {(1,): "route 1 before it"}),
        ((Route(Match(rule=("licence-*",))), Route(Match(rule=("licence-under*",)))), {(1,): "route 1 before it"}),
        ((Route(Match(arr_from=5.0)), Route(Match(arr_from=7.0, arr_below=9.0))), {(1,): "route 1 before it"}),
        # inside of another one
        (
            (Route(CHURN, routes=(Route(CHURN), Route(Match(severity=("low",))))),),
            {(0, "routes", 1): "route 1 before it"},
        ),
        ((Route(CHURN, routes=(Route(Match(kind=("upsell",))),)),), {(0, "routes", 0): "another kind"}),
        ((Route(SMALL, routes=(Route(Match(arr_from=10.0)),)),), {(0, "routes", 0): "no ARR is at least 10"}),
        # not certain, or not so
        ((Route(go_on=True), Route(CHURN)), {}),
        ((Route(CHURN), Route()), {}),
        ((Route(Match(segment=("*",))), Route(CHURN)), {}),  # those whose segment is unknown
        ((Route(Match(arr_from=0.0)), Route(CHURN)), {}),
        ((Route(Match(rule=("a?",))), Route(Match(rule=("a[bc]",)))), {}),
        ((Route(Match(severity=("low", "high"))), Route(Match(severity=("high", "critical")))), {}),
    ],
)
def test_a_route_that_can_never_match_is_told_where_that_is_certain(
    routes: tuple[Route, ...], expected: dict[tuple[str | int, ...], str]
) -> None:
    found = reasons(*routes)
    assert found.keys() == expected.keys()
    assert all(expected[place] in why for place, why in found.items())
