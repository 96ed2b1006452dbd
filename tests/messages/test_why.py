"""Why, as a card and as data: each state of a rule against its stored blocks; Slack's limits hold for all of them."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest

from bot.core.verdicts import Evidence, Scope, Truth
from bot.core.why.case import How
from bot.messages import evidence
from bot.messages.blocks import to_blocks, to_text
from bot.messages.evidence import compared
from bot.messages.limits import OWN_TEXT_MOST, validate
from bot.messages.why.card import misfit, rule_card, why_card
from bot.messages.why.data import rule_data
from bot.out import finite
from tests.messages.making import CHURN, METRICS, UNDERUSE
from tests.messages.whys import (
    ASKED,
    CLAIMED,
    CLOSED,
    ENDED,
    FINE,
    FIRING,
    GUARD,
    SAID,
    SHIPPED,
    SNOOZED,
    WAYS,
    answers,
    episode,
    one,
    rule,
    told,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.core.verdicts import Value
    from bot.core.why.case import Answer
    from bot.messages.message import Message
    from bot.messages.render import Templates

HOSTILE = "<!channel> *bold* `code` & <https://evil.example|Acme>"

ALL = {
    "firing": answers(FIRING, said=SAID),
    "quiet": answers(row=FINE),
    "unknown": answers(row={}),
    "held_back": answers(episode("licence-underuse", days=4, said=False)),
    "ways": answers(FIRING, said=WAYS),
}
ONE = {
    "firing": one(FIRING, said=SAID),
    "claimed": one(CLAIMED, said=SAID),
    "snoozed": one(SNOOZED),
    "closed": one(CLOSED),
    "waiting": one(episode("licence-underuse", days=4, said=False)),
    "guarded": one(episode("licence-underuse", days=14, said=False), stood=GUARD),
    "ended": one(ENDED, row=FINE),
    "between": one(FIRING, row={**METRICS, "licence_utilization": 0.55}),
    "budget": one(
        FIRING, said=(told(How.DIGESTED, detail="more than 10 alerts on 2026-01-03: it stands in the digest"),)
    ),
    "quiet_hours": one(FIRING, said=(told(How.DEFERRED, detail="until 5 Jan 2026, 09:00 Europe/Berlin"),)),
    "ways": one(FIRING, said=WAYS),
    "unknown": one(row={}, only="near-limit"),
}


@pytest.mark.parametrize("case", ALL)
def test_all_rules_are_answered_as_was_looked_at(case: str, snapshot: Callable[[str, Message], None]) -> None:
    message = why_card(ALL[case], ASKED)
    assert validate(to_blocks(message), text_most=OWN_TEXT_MOST) == []
    snapshot(f"why-{case}", message)


@pytest.mark.parametrize("case", ONE)
def test_one_rule_is_answered_as_was_looked_at(case: str, snapshot: Callable[[str, Message], None]) -> None:
    message = rule_card(ONE[case], ASKED)
    assert validate(to_blocks(message), text_most=OWN_TEXT_MOST) == []
    snapshot(f"why_rule-{case}", message)


def lines(message: Message) -> list[str]:
    return to_text(message).splitlines()


def test_somebody_sees_what_is_near() -> None:
    text = lines(why_card(answers(row=FINE), ASKED))
    assert text[0] == f"Northwind Freight: no alerts open, {len(answers())} of {len(answers())} rules quiet"
    assert "○ near-limit: Highest utilization 88 %; fires when 90 to 100 %; was 52 % on 6 Dec 2025" in text
    order = [line.split(":")[0] for line in text if line[0] in "○?"]
    assert order[:2] == ["○ near-limit", "○ renewal-reminder"]
    assert order[-1] == "? utilization-falling"


def test_an_alert_that_waits_says_on_which_day_it_may_fire() -> None:
    text = "\n".join(lines(rule_card(ONE["waiting"], ASKED)))
    assert "Held by: it has to hold longer: day 4 of 14, 13 Jan 2026 at the earliest" in text


def test_what_was_said_is_told_with_where_it_stands() -> None:
    text = "\n".join(lines(rule_card(ONE["ways"], ASKED)))
    assert (
        "fired on 4 Jan 2026 (rule version 3f2a91c0): Ada Okafor, Tomás Ruiz (could not be reached, it stands" in text
    )
    assert "Kim ∗Ito∗ (waits for working time: until 5 Jan 2026, 09:00 Europe/Berlin)" in text
    assert "repeat on 4 Jan 2026" in text
    assert "worsened high on 4 Jan 2026" in text


def test_what_it_saw_then_is_told_beside_what_it_sees_now() -> None:
    text = "\n".join(lines(rule_card(ONE["between"], ASKED)))
    assert "✗ Licence utilization 55 % (under 50 %; was 52 % on 6 Dec 2025), 28 days" in text
    assert "Seen when it last spoke, as of 19 Dec 2025: Licence utilization 41 %" in text
    assert "it no longer holds, and is not clear of it yet" in text


def test_a_rule_that_has_changed_since_says_so() -> None:
    text = "\n".join(lines(rule_card(one(replace(FIRING, rule_version="old")), ASKED)))
    assert "Held by rule version old; the rule has changed since" in text


def test_many_rules_fit_into_one_message() -> None:
    texts = [replace(rule("near-limit"), name=f"rule-{number}", version=str(number)) for number in range(60)]
    message = why_card(
        answers(rules=tuple(texts)), replace(ASKED, name="N" * 400, command="/headroom why " + "N" * 400)
    )
    assert validate(to_blocks(message), text_most=OWN_TEXT_MOST) == []
    assert "and 45 more: rule-15, rule-16" in to_text(message)


def test_the_longest_rules_fit_too() -> None:
    every = " AND ".join(f"arr + {number} > nps" for number in range(40))
    long = replace(rule("near-limit"), when=every, clear=every, hold=timedelta(0))
    many = tuple(replace(long, name=f"rule-{number}-{'x' * 55}", version=str(number)) for number in range(40))
    row: dict[str, Value | date] = {**METRICS, "arr": 1e6, "nps": 1.0, "segment": "S" * 900}
    for message in (
        why_card(answers(row=row, rules=many), ASKED),
        rule_card(replace(answers(FIRING, row=row, rules=many)[0], clear=FIRING.evidence * 40, told=WAYS * 20), ASKED),
    ):
        assert validate(to_blocks(message), text_most=OWN_TEXT_MOST) == []


def test_names_and_reasons_can_neither_ping_nor_link() -> None:
    asked = replace(ASKED, name=HOSTILE, command=HOSTILE)
    for message in (
        why_card(answers(FIRING, said=(told(to=HOSTILE, detail=HOSTILE),)), asked),
        rule_card(
            one(replace(SNOOZED, snooze_reason=HOSTILE), said=(told(How.FAILED, HOSTILE, detail=HOSTILE),)), asked
        ),
        misfit(rule("source-stale"), asked),
    ):
        text = json.dumps(to_blocks(message), ensure_ascii=False)
        assert "<!channel>" not in text.replace('"type": "plain_text", "text": "<!channel>', "")
        assert "<https://evil" not in "".join(
            json.dumps(block) for block in to_blocks(message) if block["type"] != "header"
        )


def test_a_question_about_another_scope_is_no_silence() -> None:
    assert "source-stale is about each source" in to_text(misfit(rule("source-stale"), ASKED))


def test_the_data_says_what_the_card_says() -> None:
    found = rule_data(ONE["firing"], "USD")
    assert (found["rule"], found["state"], found["mode"]) == ("licence-underuse", "firing", "live")
    assert found["held_by"] == {
        "what": "repeat",
        "detail": "it was said; again after 30 days, 19 Jan 2026 at the earliest",
        "until": "2026-01-19",
    }
    assert found["evidence"][0] == {
        "comparison": "licence_utilization < 0.50",
        "truth": "true",
        "metric": "licence_utilization",
        "label": "Licence utilization",
        "value": 0.41,
        "window": "28 days",
        "previous": 0.52,
        "previous_on": "2025-12-06",
        "threshold": "under 50 %",
        "words": "Licence utilization 41 % (under 50 %; was 52 % on 6 Dec 2025)",
    }
    assert found["evidence"][1]["previous_on"] is None
    assert found["clear"][0]["comparison"] == "licence_utilization >= 0.60"
    assert found["episode"]["evidence"][0]["value"] == 0.41
    assert found["said"][0] == {
        "what": "fired", "to": "Ada Okafor", "how": "sent", "at": "2026-01-04T06:00:00+00:00", "detail": "",
        "version": "3f2a91c0",
    }  # fmt: skip


@pytest.mark.parametrize("answer", [*ONE.values(), *answers(row={})], ids=lambda answer: str(answer.state))
def test_all_data_is_plain_json(answer: Answer) -> None:
    found = rule_data(answer, None)
    assert json.loads(json.dumps(finite(found), allow_nan=False))["state"] == str(answer.state)
    assert (found["held_by"] is None) == (answer.held_by is None)


def test_of_a_condition_the_data_names_the_comparison() -> None:
    near = next(found for found in answers(row=FINE) if found.rule.name == "near-limit")
    held = rule_data(near, "USD")["held_by"]
    assert held == {
        "what": "condition",
        "detail": "Highest utilization 88 %; fires when 90 to 100 %; was 52 % on 6 Dec 2025",
        "until": None,
    }


# A comparison, its truth, what it sees, what was before, and how people read it.
COMPARED = [
    ("arr < 5", Truth.FALSE, {"arr": 9.0}, {"arr": 4.0}, "ARR USD 9 (under USD 5; was USD 4 on 6 Dec 2025)"),
    ("NOT auto_renew", Truth.FALSE, {"auto_renew": True}, {"auto_renew": False},
     "Auto-renew yes (no; was no on 6 Dec 2025)"),
    ("auto_renew", Truth.TRUE, {"auto_renew": True}, {"auto_renew": True}, "Auto-renew yes"),
    ("peak_pace IS NULL", Truth.FALSE, {"peak_pace": 1.2}, {}, "Pace of that line 1.2 (unknown)"),
    ("nps IS NOT NULL", Truth.FALSE, {"nps": None}, {"nps": 7}, "NPS unknown (known; was 7 on 6 Dec 2025)"),
    ("tenure_days > 60", Truth.FALSE, {"tenure_days": 40}, {"tenure_days": 12}, "Tenure 40 days (over 60 days)"),
    ("segment = 'SMB'", Truth.FALSE, {"segment": "Mid"}, {"segment": "SMB"},
     "Segment Mid (is SMB; was SMB on 6 Dec 2025)"),
    ("active_users < seats", Truth.FALSE, {"active_users": 9, "seats": 5.0}, {"active_users": 4},
     "Active users 9 (under licences: 5; was 4 on 6 Dec 2025)"),
    ("cus + nps < 10", Truth.UNKNOWN, {"cus": 5.0, "nps": None}, {"cus": 6.0, "nps": 1},
     "CUS 5 (was 6 on 6 Dec 2025) · NPS unknown (cus + nps < 10; was 1 on 6 Dec 2025)"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "truth", "values", "before", "words"), COMPARED)
def test_a_comparison_is_told_whether_it_holds_or_not(
    text: str, truth: Truth, values: dict[str, Value], before: dict[str, Value], words: str
) -> None:
    item = Evidence(text, truth, tuple(values.items()), tuple(before.items()), date(2025, 12, 6))
    assert " · ".join(map(str, compared(item, Scope.ACCOUNT, "USD"))) == words


def test_an_alert_says_what_was_before_where_that_tells_something() -> None:
    found = replace(ONE["firing"].finding, evidence=tuple(_moved()))
    assert [str(seen) for seen in evidence.explain(found, Scope.ACCOUNT, "USD")] == [
        "Licence utilization 41 % (under 50 %; was 52 % on 6 Dec 2025)",
        "CUS 41 (under 50)",  # it was the same
        "ARR USD 9 (over USD 5)",  # a size, not a level
        "Usage trend down 30 % (down at least 20 %)",  # a change tells what was before by itself
    ]
    ended = [str(seen) for seen in evidence.explain(found, Scope.ACCOUNT, "USD", ended=True)]
    assert ended[0] == "Licence utilization 41 % (alerts when under 50 %)"


def test_a_card_says_what_was_before(templates: Templates, snapshot: Callable[[str, Message], None]) -> None:
    then = {"licence_utilization": 0.52, "tenure_days": 614, "days_to_renewal": 115}
    was = tuple(
        replace(item, before=tuple((name, then[name]) for name, _ in item.values), before_on=date(2025, 12, 6))
        for item in UNDERUSE
    )
    message = templates.alert(CHURN.but(evidence=was)(METRICS))
    snapshot("churn_risk-before", message)
    why = next(line for line in to_text(message).splitlines() if line.startswith("Why: "))
    assert why == (
        "Why: Licence utilization 41 % (under 50 %; was 52 % on 6 Dec 2025) · Tenure 642 days (over 60 days) · "
        "Days to renewal 87 (0 to 180)"
    )


def _moved() -> list[Evidence]:
    seen = [
        ("licence_utilization < 0.5", "licence_utilization", 0.41, 0.52),
        ("cus < 50", "cus", 41.0, 41.0),
        ("arr > 5", "arr", 9.0, 4.0),
        ("trend_size <= -0.2", "trend_size", -0.3, -0.1),
    ]
    day = date(2025, 12, 6)
    return [Evidence(text, Truth.TRUE, ((name, now),), ((name, then),), day) for text, name, now, then in seen]


def test_the_shipped_rules_are_all_answered() -> None:
    assert {found.rule.name for found in ALL["firing"]} == {one.name for one in SHIPPED if one.scope is Scope.ACCOUNT}
