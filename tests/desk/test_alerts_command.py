"""`risks` and `upsell`: what is open, what matters most first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from bot.desk.alerts import risks, upsell
from bot.desk.asking import Asker
from bot.messages.blocks import to_blocks, to_text
from bot.state.rows import SlackIdentity
from bot.state.store import Store, open_store
from tests.desk.shelf import ANN, AS_OF, CY, LEAD, NOW, Only, alert, asked, book, in_slack, made, night, passes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.desk.alerts import AlertsCommand

RISKS = ("licence-underuse", "utilization-falling")


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with open_store(made(tmp_path_factory.mktemp("alerts"))) as opened:
        opened.commit(night())
        opened.remember_slack("P3", SlackIdentity("U9", None, NOW))
        yield opened


def rows(command: AlertsCommand, text: str = "", asker: Asker | None = None) -> list[Any]:
    data: Any = command.answer(asked(text, asker)).data
    return [(row["account"], row["rule"]) for row in data["rows"]]


def test_alerts_come_by_what_is_at_stake_and_how_urgent_it_is(store: Store) -> None:
    # One of dollars is known to be worth 100,000, one of euros 50,000: each is the median of its currency. The unknown
    # one counts as usual. Then severity and the deadline decide: 12 March, 14 March, 30 May.
    assert rows(risks(store, RISKS)) == [
        ("Beta", "licence-underuse"),
        ("Acme & Sons", "licence-underuse"),
        ("Ceta", "licence-underuse"),
        ("Acme & Sons", "utilization-falling"),
    ]


def test_each_kind_has_its_own_rules(store: Store) -> None:
    assert rows(upsell(store, ("near-limit", "overage"))) == [("Acme & Sons", "near-limit")]
    assert rows(upsell(store, ())) == []
    passes(upsell(store, ()).answer(asked()).message)


def test_an_account_with_two_alerts_counts_once_in_the_sum(store: Store) -> None:
    data = risks(store, RISKS).answer(asked()).data
    assert (data["total"], data["accounts"], data["unclaimed"]) == (4, 3, 3)
    assert data["at_stake"] == {
        "amounts": [{"currency": "EUR", "amount": 50_000.0}, {"currency": "USD", "amount": 100_000.0}],
        "unknown": 1,
    }


def test_what_is_snoozed_stands_apart_and_in_no_sum(store: Store) -> None:
    answer = risks(store, RISKS).answer(asked("", in_slack()))
    assert answer.data["snoozed_total"] == 1
    text = str(to_blocks(answer.message))
    assert "One is snoozed, and in no sum:" in text
    assert "Delta>: until 20 Mar 2026, by somebody (∗holiday∗)" in text, "the reason changes no letters"


def test_a_row_says_why_since_when_and_who_has_taken_it_on(store: Store) -> None:
    answer = risks(store, RISKS).answer(asked())
    text = to_text(answer.message)
    beta = next(line for line in text.splitlines() if line.startswith("Beta"))
    assert "Licence utilization 41 %" in beta
    assert "Cy Csm on 1 Mar 2026" in beta
    assert "15 Feb 2026" in beta
    found: Any = answer.data["rows"]
    assert (found[0]["claimed_by"], found[0]["why"]) == ("Cy Csm", "Licence utilization 41 %")
    assert found[3]["why"] == "utilization-falling", "nothing is kept of what it saw"
    passes(answer.message)


def test_whose_accounts_are_meant_is_as_for_renewals(store: Store) -> None:
    command = risks(store, RISKS)
    assert rows(command, "", Asker(person=CY)) == [("Beta", "licence-underuse"), ("Ceta", "licence-underuse")]
    assert len(rows(command, "", Asker(person=ANN))) == 2
    assert len(rows(command, "team", Asker(person=LEAD))) == 3
    assert len(rows(command, "all", Asker(person=ANN))) == 4
    assert not command.answer(asked("mine")).found
    assert not command.answer(asked("90")).found, "days are for renewals"


def test_what_may_not_be_read_is_neither_shown_nor_counted_nor_summed(store: Store) -> None:
    answer = risks(store, RISKS).answer(asked("", in_slack(sight=Only("A2"))))
    assert (answer.data["total"], answer.data["accounts"], answer.data["snoozed_total"]) == (1, 1, 0)
    assert answer.data["at_stake"] == {"amounts": [], "unknown": 1}
    text = to_text(answer.message)
    assert "At stake: unknown." in text
    assert not [word for word in ("Acme", "Ceta", "Delta", "100,000", "snoozed") if word in text]
    passes(answer.message)


def test_a_long_list_goes_on_where_it_was_left(tmp_path_factory: pytest.TempPathFactory) -> None:
    many = tuple(book(f"B{n:03d}", f"Account {n:03d}", AS_OF) for n in range(45))
    found = tuple(alert(one.account_id, at_stake=float(1000 - n)) for n, one in enumerate(many))
    with open_store(made(tmp_path_factory.mktemp("many"))) as store:
        store.commit(night(accounts=many, episodes=found))
        command = risks(store, RISKS, native=True)
        told, start = [], 1
        while start <= 45:
            answer = command.answer(asked(f"from {start}", in_slack()))
            passes(answer.message)
            told += [row["account"] for row in answer.data["rows"]]  # type: ignore[attr-defined]  # JSON
            start = len(told) + 1
        assert told == [one.name for one in many]
        assert answer.data["at_stake"] == {"amounts": [{"currency": "USD", "amount": 44_010.0}], "unknown": 0}


def test_the_accounts_that_are_shown_can_be_looked_at(store: Store) -> None:
    blocks = to_blocks(risks(store, RISKS).answer(asked("", in_slack())).message)
    menus = [element for block in blocks for element in block.get("elements", []) if element["type"] == "static_select"]
    assert [option["value"] for option in menus[0]["options"]] == ["account A2", "account A1", "account A3"]
    assert [option["value"] for option in menus[1]["options"]] == ["risks mine", "risks team"]
    assert not [block for block in to_blocks(risks(store, RISKS).answer(asked()).message) if block["type"] == "actions"]
