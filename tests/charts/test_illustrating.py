"""Which alerts get which chart, and where in the card it stands."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

import numpy as np

from bot.charts.illustrating import illustrated, with_chart
from bot.core.courses import Course
from bot.messages.message import Chart, Fields, Headline, Message, Meter, Meters, Note, Text
from tests.charts.specs import CALLS
from tests.state.samples import ACME, episode, notice

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from bot.state.rows import Notice

AS_OF = date(2026, 2, 28)
ACCOUNTS = {"acme": replace(ACME, account_id="acme", name="Acme, Inc."), "beta": replace(ACME, account_id="beta")}


def course(account: str, **changes: object) -> Course:
    plain = Course(
        account_id=account,
        line_id=f"{account}-1",
        product="Calls",
        kind="commit",
        meter="calls",
        unit="calls",
        aggregation="sum",
        cadence="day",
        as_of=AS_OF,
        known_to=AS_OF,
        contracted=100.0,
        used=28.0,
        utilization=0.28,
        start=AS_OF - timedelta(days=27),
        end=date(2026, 12, 31),
        counts=np.ones(28),
    )
    return replace(plain, **changes)  # type: ignore[arg-type]  # of any field


class Facts:
    """Answers from a list, and remembers who asked for what."""

    def __init__(self, *courses: Course) -> None:
        self.courses = courses
        self.asked: list[list[str]] = []

    def __call__(self, accounts: Collection[str]) -> Mapping[str, Sequence[Course]]:
        self.asked.append(sorted(accounts))
        return {
            account: [one for one in self.courses if one.account_id == account]
            for account in accounts
            if any(one.account_id == account for one in self.courses)
        }


def alert(subject: str = "acme", kind: str = "churn_risk", to: str = "#cs") -> Notice:
    made = notice(episode(subject), to)
    blocks = (Headline("It falls"), Text("Why."), Meters((Meter("Calls", 0.28, "28 of 100"),)), Fields((("a", "b"),)))
    return replace(made, kind=kind, message=Message(kind, "It falls", (*blocks, Note(("as of",)))))


def charts(notices: Sequence[Notice]) -> list[str | None]:
    found = [[block for block in one.message.blocks if isinstance(block, Chart)] for one in notices]
    return [f"{some[0].spec.form} {some[0].title}" if some else None for some in found]


def test_an_alert_has_its_chart_under_the_bars() -> None:
    (made,) = illustrated([alert()], ACCOUNTS, Facts(course("acme")))
    assert [type(block).__name__ for block in made.message.blocks] == [
        "Headline", "Text", "Meters", "Chart", "Fields", "Note",
    ]  # fmt: skip
    assert charts([made]) == ["utilization Acme, Inc.: Calls, used and contracted"]


def test_all_alerts_of_a_night_ask_once_and_only_those_that_a_chart_helps() -> None:
    facts = Facts(course("acme"), course("beta"))
    several = [alert(), alert("beta"), alert("acme", to="person:1"), alert("acme", "renewal"), alert("gone")]
    made = illustrated(several, ACCOUNTS, facts)
    assert facts.asked == [["acme", "beta"]]
    assert [chart is not None for chart in charts(made)] == [True, True, True, False, False]
    keys = {block.key for one in (made[0], made[2]) for block in one.message.blocks if isinstance(block, Chart)}
    assert len(keys) == 1  # one picture for the channel and the owner


def test_a_fall_is_drawn_by_the_week() -> None:
    falls = course("acme", direction="falling", change=AS_OF - timedelta(days=9), size=-0.5)
    assert charts(illustrated([alert()], ACCOUNTS, Facts(falls))) == ["trend Acme, Inc.: Calls by week"]


def test_an_account_of_which_no_use_is_known_has_no_chart() -> None:
    unknown = course("acme", used=None, counts=np.full(28, np.nan))
    assert charts(illustrated([alert(), alert("beta")], ACCOUNTS, Facts(unknown))) == [None, None]


def test_what_has_a_chart_already_keeps_it() -> None:
    once = illustrated([alert()], ACCOUNTS, Facts(course("acme")))
    facts = Facts(course("acme"))
    assert illustrated(once, ACCOUNTS, facts) == once
    assert facts.asked == []


def test_where_facts_fail_the_alerts_go_out_as_they_are() -> None:
    def broken(_accounts: Collection[str]) -> Mapping[str, Sequence[Course]]:
        raise ArithmeticError("no")

    assert illustrated([alert()], ACCOUNTS, broken) == (alert(),)


def test_a_message_that_slack_would_then_refuse_stays_without() -> None:
    full = Message("upsell", "x", (Headline("x"), *[Text("y" * 2_900)] * 3, Text("z" * 1_200)))
    assert with_chart(full, CALLS) == full
    assert with_chart(replace(full, blocks=full.blocks[:2]), CALLS).blocks[2:]


def test_a_plain_card_has_its_chart_under_its_first_sentence() -> None:
    plain = Message("upsell", "x", (Headline("x"), Text("y"), Note(("z",))))
    assert [type(block).__name__ for block in with_chart(plain, CALLS).blocks] == ["Headline", "Text", "Chart", "Note"]
