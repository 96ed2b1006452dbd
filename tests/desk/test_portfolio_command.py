"""`portfolio`: what the customers that somebody may see are worth, and why that has changed."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from bot.charts.making import chart
from bot.desk.asking import Asker, MustAskError
from bot.desk.portfolio import PortfolioCommand
from bot.messages.blocks import to_text
from bot.messages.message import Chart
from bot.state.store import Store, open_store
from tests.desk.shelf import Only, asked, book, in_slack, made, night, passes
from tests.facts.world import World, day

if TYPE_CHECKING:
    from collections.abc import Iterator

AS_OF = date(2026, 3, 1)


def sell(world: World, account: str, price: float, first: str, last: str) -> None:
    world.line(
        account,
        start=day(first),
        end=day(last),
        kind="commit",
        meter="units",
        unit_price=price,
        price_period="year",
        currency="USD",
    )


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """Large: a stays and grows, b leaves, c comes. Small: eight alike and one far off."""
    world = World(tmp_path_factory.mktemp("portfolio"))
    for account in ("a", "b", "c"):
        world.account(account, segment="Large")
    sell(world, "a", 100, "2025-01-01", "2025-12-31")
    sell(world, "a", 150, "2026-01-01", "2026-12-31")
    sell(world, "b", 300, "2025-01-01", "2026-01-31")
    sell(world, "c", 250, "2026-02-01", "2026-12-31")
    for number in range(9):
        world.account(f"s{number}", segment="Small")
        sell(world, f"s{number}", 10 + number / 10 if number else 10_000, "2025-01-01", "2026-12-31")
    world.write(AS_OF)
    return world


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    accounts = tuple(replace(book(f"s{n}", f"Small {n} *co*", None), as_of=AS_OF) for n in range(9))
    with open_store(made(tmp_path_factory.mktemp("state"))) as opened:
        opened.commit(night(as_of=AS_OF, accounts=accounts, episodes=()))
        yield opened


@pytest.fixture
def command(store: Store, world: World) -> PortfolioCommand:
    return PortfolioCommand(store, world.engine(), chart)


def segment(data: Any, name: str) -> Any:  # noqa: ANN401 - JSON
    return next(one for one in data["currencies"][0]["segments"] if one["name"] == name)


def test_what_customers_are_worth_is_compared_with_a_year_ago_and_says_why(command: PortfolioCommand) -> None:
    answer = command.answer(asked())
    assert (answer.data["as_of"], answer.data["compared_with"], answer.data["campaign"]) == (
        "2026-03-01", "2025-03-01", None,
    )  # fmt: skip
    large = segment(answer.data, "Large")
    # a 100 and b 300 before: 200. b left: 100. a grew: 150. c came with 250: 200.
    assert (large["customers"], large["value"]) == (2, 200.0)
    assert large["movement"]["parts"] == [["left", -100.0], ["same", 50.0], ["came", 50.0]]
    assert len(large["months"]) == 15, "from January of last year on, as of today"
    text = to_text(answer.message)
    assert "Large: USD 200 per customer on 1 Mar 2025, USD 200 now (unchanged)" in text
    assert "One came, worth USD 250. One left, worth USD 300." in text
    passes(answer.message)


def test_before_and_after_a_campaign(command: PortfolioCommand) -> None:
    answer = command.answer(asked("campaign 2026-01-15"))
    assert (answer.data["compared_with"], answer.data["campaign"]) == ("2026-01-14", "2026-01-15")
    movement = segment(answer.data, "Large")["movement"]
    assert (movement["value_before"], movement["customers_came"], movement["customers_left"]) == (225.0, 1, 1)
    assert "compared with 14 Jan 2026, the day before the campaign" in to_text(answer.message)
    passes(answer.message)


@pytest.mark.parametrize("text", ["campaign", "campaign soon", "campaign 2026-03-02", "campaign 1026-01-01", "2026"])
def test_a_date_that_cannot_be_compared_with_is_refused(command: PortfolioCommand, text: str) -> None:
    answer = command.answer(asked(text))
    assert not answer.found
    assert "portfolio [campaign YYYY-MM-DD]" in to_text(answer.message)
    passes(answer.message)


def test_a_customer_far_off_is_named_as_the_crm_names_it(command: PortfolioCommand) -> None:
    answer = command.answer(asked())
    far: Any = answer.data["outliers"]
    assert [(one["account"], one["arr"]) for one in far] == [("Small 0 *co*", 10_000.0)]
    assert "Small 0 *co*: USD 10,000 (Small: median USD 10.5)" in to_text(answer.message).replace("∗", "*")


def test_what_may_not_be_read_is_in_no_mean_and_no_sum(command: PortfolioCommand) -> None:
    answer = command.answer(asked("", in_slack(sight=Only("a", "s1", "s2"))))
    data: Any = answer.data
    assert (data["currencies"][0]["customers"], data["currencies"][0]["arr"]) == (3, pytest.approx(150 + 10.1 + 10.2))
    assert segment(data, "Large")["movement"]["customers_left"] == 0, "b was another's"
    assert data["outliers"] == []
    assert all(month["active_customers"] <= 2 for month in data["months"])
    passes(answer.message)


def test_who_may_see_nothing_gets_nothing(command: PortfolioCommand) -> None:
    answer = command.answer(asked("", in_slack(sight=Only())))
    assert (answer.data["currencies"], answer.data["months"]) == ([], [])
    assert "There is no active customer that you may see" in to_text(answer.message)
    passes(answer.message)


def test_what_takes_longer_than_an_acknowledgement_may_is_answered_after_it(command: PortfolioCommand) -> None:
    with pytest.raises(MustAskError):
        command.answer(asked("", Asker(user="U1", asks=False)))


def test_a_chart_is_drawn_in_the_terminal_and_in_slack_where_answers_carry_pictures(command: PortfolioCommand) -> None:
    def charts(one: PortfolioCommand, asker: Asker) -> list[Chart]:
        return [block for block in one.answer(asked("", asker)).message.blocks if isinstance(block, Chart)]

    (drawn,) = charts(command, Asker())
    assert "Large" in drawn.alt
    assert charts(command, in_slack()) == []
    assert len(charts(replace(command, pictures=True), in_slack())) == 1
    assert charts(replace(command, draw=None), Asker()) == []
