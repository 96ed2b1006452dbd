"""The allow-list of conditions: what passes, what is refused and where, and what is made of it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.condition_sql import comparisons, engine_sql, words
from bot.core.condition_types import KIND_OF_UNIT, ValueKind
from bot.core.conditions import ConditionError, parse_condition
from bot.core.metrics import METRICS, Unit
from bot.core.verdicts import Scope

if TYPE_CHECKING:
    from bot.core.condition_types import Problem


def problems(text: str) -> list[tuple[int, str]]:
    with pytest.raises(ConditionError) as caught:
        parse_condition(text, Scope.ACCOUNT)
    return [(problem.offset, problem.text + problem.hint) for problem in caught.value.problems]


def tidy(text: str) -> str:
    return words(parse_condition(text, Scope.ACCOUNT).tree)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("licence_utilization < 0.5", ValueKind.FLAG),
        ("licence_utilization <= 5e-1", ValueKind.FLAG),
        ("arr <> 3 AND arr != 4 OR NOT nps = 1", ValueKind.FLAG),
        ("days_to_renewal BETWEEN 0 AND 180", ValueKind.FLAG),
        ("days_to_renewal NOT BETWEEN -1 AND 180", ValueKind.FLAG),
        ("segment IN ('Enterprise', 'Mid-market')", ValueKind.FLAG),
        ("nps NOT IN (-1, 2, 3)", ValueKind.FLAG),
        ("auto_renew IN (TRUE)", ValueKind.FLAG),
        ("segment LIKE 'Ent%' AND name NOT LIKE '%test%'", ValueKind.FLAG),
        ("nps IS NULL OR arr IS NOT NULL", ValueKind.FLAG),
        ("auto_renew AND NOT auto_renew = FALSE", ValueKind.FLAG),
        ("renewal_date < DATE '2026-02-28'", ValueKind.FLAG),
        ("renewal_date BETWEEN deadline AND DATE '2026-02-28'", ValueKind.FLAG),
        ("renewal_date - deadline > 30", ValueKind.FLAG),
        ("name = 'O''Brien & Söhne'", ValueKind.FLAG),
        ("arr * (1 + 0.1) - -nps / 2", ValueKind.NUMBER),
        ("ABS(usage_change_month) + ROUND(arr, -3) + ROUND(nps)", ValueKind.NUMBER),
        ("COALESCE(arr, contract_value, 0)", ValueKind.NUMBER),
        ("GREATEST(days_to_notice, 0) - LEAST(nps, 1, 2)", ValueKind.NUMBER),
        ("LOWER(UPPER(segment))", ValueKind.TEXT),
        ("CASE WHEN arr >= 100000 THEN 'high' WHEN arr < 10 THEN NULL ELSE 'medium' END", ValueKind.TEXT),
        ("CASE segment WHEN 'Enterprise' THEN 1 ELSE 0 END", ValueKind.NUMBER),
        ("deadline", ValueKind.DATE),
    ],
)
def test_what_a_rule_may_say_passes_and_its_kind_is_known(text: str, kind: ValueKind) -> None:
    assert parse_condition(text, Scope.ACCOUNT).kind is kind


@pytest.mark.parametrize(
    ("text", "offset", "said"),
    [
        ("licence_utilisation < 0.5", 0, "unknown metric 'licence_utilisation'; did you mean 'licence_utilization'?"),
        ("arr > 1 AND tenur_days > 60", 12, "did you mean 'tenure_days'?"),
        ('segment = "Enterprise"', 10, "a text stands in single quotes: 'Enterprise'"),
        ("(SELECT 1) > 0", 1, "'SELECT' is not allowed"),
        ("arr IN (SELECT 1)", 8, "'SELECT' is not allowed"),
        ("SUM(arr) OVER () > 1", 9, "'OVER' is not allowed"),
        ("COUNT(*) > 1", 0, "the function COUNT is not allowed"),
        ("read_text('/etc/passwd') = 'x'", 0, "the function READ_TEXT is not allowed"),
        ("IF(arr > 1, TRUE, FALSE)", 3, "the function IF is not allowed"),
        ("arr::INT > 1", 3, "'::' is not allowed"),
        ("renewal_date > TRY_CAST('2026-01-01' AS DATE)", 37, "'AS' is not allowed"),
        ("metrics.arr > 1", 7, "'.' is not allowed; a name stands alone"),
        ("arr > .5", 6, "a number begins with a digit: 0.5"),
        ("licence_utilization < 50%", 24, "a share is written as 0.5 for 50 %"),
        ("arr > ?", 6, "'?' is not allowed"),
        ("arr > $1", 6, "'$' is not allowed"),
        ("arr > @x", 6, "'@' is not allowed"),
        ("x -> x > 1", 2, "'->' is not allowed"),
        ("*", 0, "is not allowed"),
        ("arr > 1; DROP TABLE x", 7, "a condition is one expression without a semicolon"),
        ("arr > 1 -- really", 8, "a comment inside a condition"),
        ("arr > /* really */ 1", 6, "a comment inside a condition"),
        ("-- really\narr > 1", 0, "a comment inside a condition"),
        ("arr IS DISTINCT FROM 1", 7, "'DISTINCT' is not allowed"),
        ("arr BETWEEN SYMMETRIC 2 AND 1", 0, "in this form (symmetric)"),
        ("segment || 'x' = 'y'", 8, "'||' is not allowed"),
        ("arr % 2 = 1", 4, "'%' is not allowed"),
        ("INTERVAL '1' DAY > 3", 0, "'INTERVAL' is not allowed"),
        ("$$x$$ = segment", 0, "a text stands in single quotes"),
        ("E'\\x41' = segment", 0, "a text stands in single quotes"),
        ("segment = 'a", 10, "a quoted text that does not end"),
        ("arr >", 4, "something is missing at '>'"),
        ("arr nps", 4, "'nps' was not expected here"),
        ("(arr > 1", 7, "at '1'"),
        ("ABS(arr, nps) > 1", 12, "too many arguments"),
        ("COALESCE(arr) > 1", 0, "COALESCE needs two arguments or more"),
        ("ROUND(arr, nps) > 1", 11, "a whole number of digits"),
        ("arr IN ()", 0, "IN needs a list of values"),
        ("arr IN (1, nps)", 11, "'nps' is not a plain value"),
        ("arr IN (1, NULL)", 0, "'NULL' is not a plain value"),
        ("auto_renew IS TRUE", 0, "IS goes with NULL only"),
        ("arr = NULL", 0, "write IS NULL or IS NOT NULL"),
        ("arr > 'x'", 6, "'x' is text and meets a number"),
        ("segment > 'x'", 0, "which has no order"),
        ("segment BETWEEN 'a' AND 'b'", 0, "which has no order"),
        ("arr + segment > 1", 6, "'segment' is text, where a number is needed"),
        ("arr AND nps > 1", 0, "'arr' is a number, where true or false is needed"),
        ("NOT arr", 4, "'arr' is a number, where true or false is needed"),
        ("renewal_date < '2026-01-31'", 15, "a date is written DATE '2026-01-31'"),
        ("renewal_date < DATE '2026-02-30'", 20, "'2026-02-30' is not a date"),
        ("renewal_date < DATE 'infinity'", 20, "'infinity' is not a date"),
        ("CAST(segment AS INT) = 1", 13, "'AS' is not allowed"),
        ("segment LIKE name", 13, "LIKE takes a pattern in quotes"),
        ("segment LIKE '%a%b%c%'", 13, "more than 3 signs %"),
        ("arr > 1e999", 6, "'1e999' is not a number in range"),
        ("CASE WHEN arr > 1 THEN 'a' ELSE 2 END = 'a'", 32, "2 is a number and meets text"),
        ("", 0, "an empty condition"),
    ],
)
def test_everything_else_is_refused_with_its_place_and_what_would_be_right(text: str, offset: int, said: str) -> None:
    found = problems(text)
    assert any(offset == at and said in words_said for at, words_said in found), found


def test_all_problems_are_told_at_once_in_their_order() -> None:
    assert [offset for offset, _ in problems("arrr > 1 AND npps < 'x' AND segment > 2")] == [0, 13, 38]


def test_a_metric_of_the_other_scope_is_unknown() -> None:
    assert parse_condition("age_days > stale_after_days", Scope.SOURCE).metrics == ("age_days", "stale_after_days")
    assert "unknown metric 'age_days'" in problems("age_days > 3")[0][1]


@pytest.mark.parametrize("scope", list(Scope))
def test_every_metric_of_the_catalogue_can_be_named(scope: Scope) -> None:
    for name in METRICS[scope]:
        assert parse_condition(f"{name} IS NULL", scope).metrics == (name,)


def test_every_unit_has_a_kind() -> None:
    assert set(KIND_OF_UNIT) == set(Unit)


def test_names_are_written_as_in_the_catalogue() -> None:
    assert tidy('ARR > 1 AND "Nps" < 2') == "arr > 1 AND nps < 2"


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("not nps is null", "nps IS NOT NULL"),
        ("nps not in (1,2)", "nps NOT IN (1, 2)"),
        ("NOT nps BETWEEN 1 AND 2", "nps NOT BETWEEN 1 AND 2"),
        ("not (arr>1 or nps<2)", "NOT (arr > 1 OR nps < 2)"),
        ("deadline<date '2026-01-31'", "deadline < DATE '2026-01-31'"),
        ("name = 'it''s'", "name = 'it''s'"),
    ],
)
def test_words_are_sql_as_people_write_it(text: str, written: str) -> None:
    assert tidy(text) == written


@pytest.mark.parametrize(
    ("text", "singles"),
    [
        ("arr > 1 AND (nps < 2 OR auto_renew)", ["arr > 1", "nps < 2", "auto_renew"]),
        # a NOT is taken in, so that each comparison reads in the direction that makes the condition hold
        ("NOT (arr > 1 OR nps = 2 OR auto_renew)", ["arr <= 1", "nps <> 2", "NOT auto_renew"]),
        (
            "NOT (nps IS NULL AND nps IN (1) AND name LIKE 'x')",
            ["nps IS NOT NULL", "nps NOT IN (1)", "name NOT LIKE 'x'"],
        ),
        ("NOT NOT arr > 1", ["arr > 1"]),
        ("arr > 1 AND nps < 2 OR arr > 1", ["arr > 1", "nps < 2"]),
        ("CASE WHEN arr > 1 THEN nps ELSE 2 END > 3", ["CASE WHEN arr > 1 THEN nps ELSE 2 END > 3"]),
    ],
)
def test_a_condition_comes_apart_into_its_single_comparisons(text: str, singles: list[str]) -> None:
    assert [words(leaf) for leaf in comparisons(parse_condition(text, Scope.ACCOUNT).tree)] == singles


@pytest.mark.parametrize(
    ("sign", "opposite"), [("<", ">="), ("<=", ">"), (">", "<="), (">=", "<"), ("=", "<>"), ("<>", "=")]
)
def test_a_comparison_under_not_is_told_as_its_opposite(sign: str, opposite: str) -> None:
    (leaf,) = comparisons(parse_condition(f"NOT arr {sign} 1", Scope.ACCOUNT).tree)
    assert words(leaf) == f"arr {opposite} 1"


def test_taking_a_condition_apart_leaves_it_whole() -> None:
    condition = parse_condition("NOT (arr > 1 OR nps = 2 OR name LIKE 'x')", Scope.ACCOUNT)
    before = engine_sql(condition.tree)
    comparisons(condition.tree)
    assert engine_sql(condition.tree) == before


@pytest.mark.parametrize(
    "text",
    [
        "(" * 400 + "arr > 1" + ")" * 400,
        "NOT " * 3_000 + "auto_renew",
        "- " * 3_000 + "arr > 1",
        "ABS(" * 500 + "arr" + ")" * 500 + " > 1",
        "CASE WHEN auto_renew THEN " * 300 + "1" + " END" * 300 + " > 1",
        " AND ".join(["arr > 1"] * 2_000),
        "arr IN (" + ", ".join("1" * 5_000) + ")",
        "arr > 1" * 100_000,
        "'" * 7_999,
        "((((((((" * 900,
    ],
    ids=["parentheses", "not", "minus", "functions", "case", "and", "in", "long", "quotes", "open"],
)
def test_a_hostile_text_is_refused_at_once(text: str) -> None:
    start = time.perf_counter()
    assert problems(text)
    assert time.perf_counter() - start < 2


@pytest.mark.parametrize(
    "text",
    [
        " AND ".join(["arr > 1 AND NOT auto_renew OR nps < 2"] * 21),
        "arr" + " + arr - nps * cus / arr" * 37 + " > 1",
        "arr IN (" + ", ".join(map(str, range(490))) + ")",
        "(" * 16 + "arr" + ")" * 16 + " > 1",
        "COALESCE(" * 15 + "arr" + ", nps)" * 15 + " > 1",
    ],
    ids=["and", "arithmetic", "in", "parentheses", "functions"],
)
def test_the_largest_conditions_that_pass_can_be_written_and_taken_apart(text: str) -> None:
    tree = parse_condition(text, Scope.ACCOUNT).tree
    assert tidy(words(tree)) == words(tree)
    assert engine_sql(tree)
    assert comparisons(tree)


_WORDS = st.sampled_from(
    [
        *("arr", "nps", "segment", "auto_renew", "deadline", "name", "X"),
        *("AND", "OR", "NOT", "BETWEEN", "IN", "IS", "NULL", "LIKE", "CASE", "WHEN", "THEN", "ELSE", "END"),
        *("(", ")", ",", "=", "<>", "<", "<=", ">", ">=", "+", "-", "*", "/"),
        *("0", "1", "0.5", "'x'", "TRUE", "FALSE", "DATE", "'2026-01-31'"),
        *("ABS(", "COALESCE(", "GREATEST(", "ROUND(", "LOWER("),
        *("SELECT", "FROM", "::", ".", ";", "?", "--", "/*", "[", "]", "{", "}", "%", "||", "'y", '"'),
        *("AS", "OVER", "WITH", "INTERVAL", "EXISTS", "ANY"),
    ]
)


@settings(max_examples=400, deadline=None)
@given(st.lists(_WORDS, max_size=14).map(" ".join) | st.text(max_size=40))
def test_no_text_does_anything_but_pass_or_be_refused_in_words(text: str) -> None:
    refused: tuple[Problem, ...] = ()
    try:
        tree = parse_condition(text, Scope.ACCOUNT).tree
        assert engine_sql(parse_condition(words(tree), Scope.ACCOUNT).tree) == engine_sql(tree)
    except ConditionError as error:
        refused = error.problems
    assert all(problem.text and 0 <= problem.offset <= len(text) for problem in refused)
