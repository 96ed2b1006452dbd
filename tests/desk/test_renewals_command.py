"""`renewals`: whose, by when, and what it comes to."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from bot.desk.asking import Asker
from bot.desk.renewals import RenewalsCommand
from bot.messages.blocks import to_blocks, to_text
from bot.state.store import Store, open_store
from tests.desk.shelf import ACME, ANN, AS_OF, CY, LEAD, PEOPLE, Only, asked, book, in_slack, made, night, passes

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with open_store(made(tmp_path_factory.mktemp("renewals"))) as opened:
        opened.commit(night())
        yield opened


def names(data: Any) -> list[str]:  # noqa: ANN401 - JSON
    return [row["account"] for row in data["rows"]]


def test_without_a_word_it_is_the_next_ninety_days_of_all_that_the_asker_may_see(store: Store) -> None:
    answer = RenewalsCommand(store).answer(asked())
    assert names(answer.data) == ["Beta", "Acme & Sons", "Ceta"]
    assert (answer.data["days"], answer.data["whose"], answer.data["total"]) == (90, "all", 3)
    assert answer.data["as_of"] == "2026-03-01"
    assert answer.data["arr"] == {
        "amounts": [{"currency": "EUR", "amount": 50_000.0}, {"currency": "USD", "amount": 100_000.0}],
        "unknown": 1,
    }
    assert [(week["monday"], week["renewals"]) for week in answer.data["weeks"]] == [  # type: ignore[attr-defined]  # JSON
        ("2026-03-09", 2),
        ("2026-05-25", 1),
    ]
    passes(answer.message)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("30", ["Beta", "Acme & Sons"]),
        ("120", ["Beta", "Acme & Sons", "Ceta", "Delta"]),
        ("ALL 30", ["Beta", "Acme & Sons"]),
    ],
)
def test_the_days_ahead_are_counted_from_the_as_of_day(store: Store, text: str, found: list[str]) -> None:
    assert names(RenewalsCommand(store).answer(asked(text)).data) == found


def test_who_has_accounts_gets_their_own_unless_they_say_otherwise(store: Store) -> None:
    command = RenewalsCommand(store)
    assert names(command.answer(asked("120", Asker(person=ANN))).data) == ["Acme & Sons", "Delta"]
    assert names(command.answer(asked("120", Asker(person=CY))).data) == ["Beta", "Ceta"], "as CSM, and as owner"
    assert names(command.answer(asked("120 team", Asker(person=ANN))).data) == ["Beta", "Acme & Sons", "Delta"]
    assert names(command.answer(asked("120 team", Asker(person=LEAD))).data) == ["Beta", "Acme & Sons", "Delta"]
    assert command.answer(asked("120", Asker(person=LEAD))).data["whose"] == "all", "no account is Lea's"
    assert command.answer(asked("120 mine", Asker(person=LEAD))).data["total"] == 0


def test_mine_of_somebody_whom_nobody_knows_is_said_to_be_unknown(store: Store) -> None:
    answer = RenewalsCommand(store).answer(asked("mine"))
    assert not answer.found
    assert "--as EMAIL" in to_text(answer.message)
    answer = RenewalsCommand(store).answer(asked("team", in_slack()))
    assert "Your address in Slack" in to_text(answer.message)
    passes(answer.message)


def test_what_may_not_be_read_is_neither_shown_nor_counted_nor_summed(store: Store) -> None:
    answer = RenewalsCommand(store).answer(asked("120", in_slack(sight=Only("A1", "A5"))))
    text = to_text(answer.message)
    assert (answer.data["total"], names(answer.data)) == (1, ["Acme & Sons"])
    assert "One renewal in the next 120 days" in text
    assert "USD 100,000" in text
    assert not [word for word in ("Beta", "Ceta", "Delta", "EUR", "unknown;") if word in text]
    assert answer.data["weeks"] == [
        {"monday": "2026-03-09", "renewals": 1, "arr": {"amounts": [{"currency": "USD", "amount": 1e5}], "unknown": 0}}
    ]
    nothing = RenewalsCommand(store).answer(asked("120", in_slack(sight=Only())))
    assert (nothing.data["total"], nothing.data["rows"], nothing.data["weeks"]) == (0, [], [])
    passes(nothing.message)


def test_each_row_tells_what_somebody_has_to_know(store: Store) -> None:
    answer = RenewalsCommand(store).answer(asked("30"))
    row: Any = answer.data["rows"][1]  # type: ignore[index]  # JSON
    assert (row["deadline"], row["days_to_deadline"], row["deadline_is"]) == ("2026-03-14", 13, "end")
    assert (row["utilization"], row["health_band"], row["auto_renew"], row["owner"]) == (0.41, "red", True, "Ann Owner")
    assert row["opportunity"]["stage"] == "Negotiation"
    assert row["contradictions"] == [{"what": "closes_after_end", "day": "2026-04-01", "other": "2026-03-14"}]
    line = next(line for line in to_blocks(answer.message)[2]["text"]["text"].splitlines() if "Acme" in line)
    assert line == (
        "• *<https://crm.example/A1|Acme &amp; Sons>* · by 14 Mar 2026, in 13 days (end) · ARR USD 100,000 · "
        "used: 41 % · health red · auto-renewal: yes · opportunity: Negotiation, USD 110,000 · owner Ann Owner · "
        "⚠ opportunity closes on 1 Apr 2026, after the end on 14 Mar 2026"
    )


def test_a_deadline_before_the_end_is_that_of_the_notice(store: Store, tmp_path: Any) -> None:  # noqa: ANN401 - a path
    noticed = replace(ACME, metrics={**ACME.metrics, "deadline": date(2026, 3, 5)})
    with open_store(made(tmp_path)) as other:
        other.commit(night(accounts=(noticed,), episodes=()))
        answer = RenewalsCommand(other).answer(asked("30"))
    row: Any = answer.data["rows"][0]  # type: ignore[index]  # JSON
    assert (row["deadline_is"], row["days_to_deadline"]) == ("notice", 4)
    assert "5 Mar 2026, in 4 days (notice)" in to_text(answer.message)


def test_a_word_that_is_none_is_told_with_the_nearest(store: Store) -> None:
    for text in ("45", "mien", "from", "from x", "from -1", "from ٣"):
        answer = RenewalsCommand(store).answer(asked(text))
        assert not answer.found
        passes(answer.message)
    assert "Did you mean 'mine'" in to_text(RenewalsCommand(store).answer(asked("mien")).message)


@pytest.fixture(scope="module")
def crowded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    many = tuple(book(f"B{n:03d}", f"Account {n:03d} {'x' * 140}", AS_OF + timedelta(days=n % 60)) for n in range(57))
    with open_store(made(tmp_path_factory.mktemp("crowded"))) as opened:
        opened.commit(night(accounts=many, episodes=(), people=PEOPLE))
        yield opened


def test_a_long_list_is_shown_in_parts_and_summed_up_whole(crowded: Store) -> None:
    command = RenewalsCommand(crowded)
    first = command.answer(asked("60", in_slack()))
    assert (first.data["total"], first.data["first"]) == (57, 1)
    shown = int(str(first.data["shown"]))
    assert 0 < shown <= 20
    assert first.data["arr"] == {"amounts": [{"currency": "USD", "amount": 5_700_000.0}], "unknown": 0}
    (pressed,) = [
        element["value"]
        for block in to_blocks(first.message)
        for element in block.get("elements", [])
        if element["type"] == "button"
    ]
    assert pressed == f"renewals 60 all from {shown + 1}"
    told: list[str] = names(first.data)
    start = shown + 1
    while start <= 57:
        part = command.answer(asked(f"60 all from {start}", in_slack()))
        assert part.data["arr"] == first.data["arr"]
        passes(part.message)
        told += names(part.data)
        start += int(str(part.data["shown"]))
    assert len(told) == len(set(told)) == 57


def test_in_the_terminal_every_row_can_be_had(crowded: Store) -> None:
    part = to_text(RenewalsCommand(crowded).answer(asked("60")).message)
    assert "`" not in part
    assert "headroom renewals 60 all from" in part
    whole = RenewalsCommand(crowded).answer(asked("60 full"))
    assert (whole.data["shown"], len(names(whole.data))) == (57, 57)
    assert "Account 056" in to_text(whole.message)
    assert RenewalsCommand(crowded).answer(asked("60 full", in_slack())).data["shown"] != 57, "no message takes them"


def test_a_list_that_has_become_shorter_begins_anew(store: Store) -> None:
    assert RenewalsCommand(store).answer(asked("90 from 500")).data["first"] == 1


def test_before_the_first_night_there_is_nothing_to_list(tmp_path: Any) -> None:  # noqa: ANN401 - a path
    with open_store(made(tmp_path)) as empty:
        answer = RenewalsCommand(empty).answer(asked())
    assert not answer.found
    assert "No accounts have been read yet" in to_text(answer.message)


def test_as_a_table_of_slacks_own_it_passes_too(store: Store, crowded: Store) -> None:
    for some in (store, crowded):
        answer = RenewalsCommand(some, native=True).answer(asked("90", in_slack()))
        passes(answer.message)
        assert [block["type"] for block in to_blocks(answer.message)].count("table") == 1
