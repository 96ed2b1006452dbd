"""The App Home in Slack: opened, filtered, pressed in, refreshed; and what is shown where nothing can be."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from bot.desk.acting import Acting
from bot.desk.home import Homes
from bot.messages.home.filters import FILTER, PREFERENCES, REFRESH
from bot.messages.preferences import Company
from bot.sandbox.slack import Fault, Outcome, SlackUser
from bot.sandbox.slack_filling import close, submit
from bot.sandbox.slack_home import open_home, press_home
from bot.slack.acting import acting
from bot.slack.askers import Askers
from bot.slack.commanding import commanding
from bot.slack.home import home
from bot.slack.preferences import preferring
from tests.slack.desk import Store as Accounts
from tests.slack.desk import new_world, serving_app
from tests.state.samples import DANA, account, episode, judgement

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from slack_sdk import WebClient

    from bot.sandbox.slack import SlackWorld
    from bot.state.store import Store

ADA = replace(DANA, email="ada@example.com")
ACCOUNTS = (
    account(1, "Acme", metrics={"arr": 100.0, "currency": "EUR", "segment": "Enterprise", "cus": 41.0}),
    account(2, "Brick", metrics={"arr": 900.0, "currency": "EUR", "segment": "SMB", "deadline": date(2026, 3, 30)}),
    account(3, "Cobalt", owner_id="005B", metrics={"segment": "SMB"}),
)
ALERT = episode("001000001", at_stake=40.0)
KINDS = {"licence-underuse": "churn_risk"}


@dataclass
class Crm:
    """Lets people see all accounts but some; answers when it is let to."""

    hidden: frozenset[str] = frozenset()
    gate: threading.Event = field(default_factory=threading.Event)
    asked_for: list[frozenset[str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.gate.set()

    def kept(self, email: str, account_ids: Collection[str]) -> frozenset[str]:
        return self.asked(email, account_ids)

    def asked(self, email: str, account_ids: Collection[str]) -> frozenset[str]:
        assert self.gate.wait(5)
        self.asked_for.append(frozenset(account_ids))
        return frozenset(account_ids) - self.hidden


@pytest.fixture
def book(store: Store) -> Store:
    store.commit(judgement(accounts=ACCOUNTS, people=(ADA,), episodes=(ALERT,)))
    return store


@contextmanager
def serving(
    book: Any,  # noqa: ANN401 - the store, or one that is broken
    crm: Crm | None = None,
    mode: str = "socket",
    world: SlackWorld | None = None,
    *,
    native: bool = False,
) -> Iterator[SlackWorld]:
    world = world or new_world()
    homes = Homes(book, KINDS, "#cs-ops", native=native)
    rooms = (commanding, acting(Acting(book, kinds=KINDS)), home(homes), preferring(book, Company(("en", "de"))))

    def askers(client: WebClient) -> Askers:
        return Askers(client, book, crm or Crm())

    with serving_app(world, Accounts(), mode, askers, rooms):
        yield world


def texts(value: object) -> str:
    """Return every text of a view."""
    if isinstance(value, list):
        return "\n".join(map(texts, value))
    if isinstance(value, dict):
        own = [value["text"]] if isinstance(value.get("text"), str) else []
        return "\n".join([*own, *(texts(item) for item in value.values() if isinstance(item, dict | list))])
    return ""


def published(world: SlackWorld, count: int, user: str = "U1") -> list[str]:
    """Wait until somebody's Home was published so often; return the texts of each."""
    assert world.wait(lambda _: len([one for one in world.homes.published if one[0] == user]) >= count), (
        world.homes.published
    )
    return [texts(view["blocks"]) for one, view in list(world.homes.published) if one == user]


@pytest.mark.parametrize("mode", ["socket", "http"])
def test_the_first_opening_says_that_it_loads_and_then_shows_the_book(book: Store, mode: str) -> None:
    crm = Crm()
    crm.gate.clear()
    with serving(book, crm, mode) as world:
        assert open_home(world, "U1").acked
        (loading,) = published(world, 1)
        assert "Loading" in loading
        crm.gate.set()
        _, shown = published(world, 2)
    assert "*2 accounts* · EUR 1,000 ARR · *1 open alert*, EUR 40 at stake" in shown
    assert "Brick" in shown
    assert "Cobalt" not in shown


def test_what_the_crm_does_not_show_is_not_there(book: Store) -> None:
    with serving(book, Crm(hidden=frozenset({"001000001"}))) as world:
        open_home(world, "U1")
        shown = published(world, 2)[-1]
    assert "Acme" not in shown
    assert "*1 account* · EUR 900 ARR · no open alert" in shown


def test_a_filter_is_kept_when_the_home_is_opened_again_and_nothing_loads_then(book: Store) -> None:
    with serving(book) as world:
        open_home(world, "U1")
        published(world, 2)
        assert press_home(world, "U1", f"{FILTER}segment", "SMB").acked
        assert "Acme" not in published(world, 3)[-1]
        assert press_home(world, "U1", f"{FILTER}whose", "all").acked
        assert "Cobalt" in published(world, 4)[-1]
        open_home(world, "U1")
        again = published(world, 5)[-1]
    assert "Cobalt" in again
    assert "Acme" not in again


@pytest.mark.parametrize("mode", ["socket", "http"])
def test_a_claim_in_the_home_is_seen_there_at_once(book: Store, mode: str) -> None:
    with serving(book, mode=mode) as world:
        open_home(world, "U1")
        published(world, 2)
        assert press_home(world, "U1", "claim", ALERT.episode_id).acked
        shown = published(world, 3)[-1]
        assert "claimed by <@U1>" in shown
        with pytest.raises(LookupError, match="has no 'claim'"):
            press_home(world, "U1", "claim")
    claimed = book.episode(ALERT.episode_id)
    assert claimed is not None
    assert claimed.claimed_by == "U1"


def test_a_modal_that_was_filled_in_changes_the_home_too(book: Store) -> None:
    with serving(book) as world:
        open_home(world, "U1")
        published(world, 2)
        press_home(world, "U1", "act_on_episode", f"{ALERT.episode_id}|ask|false_alarm")
        published(world, 3)
        assert world.wait(lambda _: any(view.user == "U1" for view in world.views.open.values()))
        assert submit(world, "U1", {"reason": "they are on holiday"}).acked
        assert "no open alert" in published(world, 4)[-1]


def test_of_two_filters_in_a_row_the_later_one_counts(book: Store) -> None:
    crm = Crm()
    with serving(book, crm) as world:
        open_home(world, "U1")
        published(world, 2)
        crm.gate.clear()
        press_home(world, "U1", f"{FILTER}segment", "Enterprise")
        press_home(world, "U1", f"{FILTER}segment", "SMB")
        crm.gate.set()
        last = published(world, 3)[-1]
        assert len(world.homes.published) == 3, "the earlier one is not published any more"
    assert "Acme" not in last
    assert "Brick" in last


def test_a_home_that_another_replica_published_meanwhile_is_published_once_more(book: Store) -> None:
    crm = Crm()
    with serving(book, crm) as world:
        open_home(world, "U1")
        published(world, 2)
        crm.gate.clear()
        press_home(world, "U1", f"{FILTER}segment", "SMB")
        world.homes.put("U1", {"type": "home", "blocks": [{"type": "divider"}]})
        crm.gate.set()
        assert "Brick" in published(world, 4)[-1]


def test_however_many_homes_wait_for_the_crm_commands_are_answered(book: Store) -> None:
    crm = Crm()
    crm.gate.clear()
    with serving(book, crm) as world:
        for _ in range(40):
            open_home(world, "U1")
        answer = world.slash_command("U2", "help", "#cs-risk")
        assert answer.acked
        assert answer.wait()
        crm.gate.set()
        assert world.wait(lambda _: "Acme" in published(world, 1)[-1])


def test_other_tabs_publish_nothing(book: Store) -> None:
    with serving(book) as world:
        assert open_home(world, "U1", "messages").acked
        open_home(world, "U2")
        published(world, 2, "U2")
        assert {user for user, _ in world.homes.published} == {"U2"}


def test_whom_the_crm_does_not_know_is_told_so(book: Store) -> None:
    hidden = frozenset(one.account_id for one in ACCOUNTS)
    with serving(book, Crm(hidden)) as world:
        open_home(world, "U2")
        shown = published(world, 2, "U2")[-1]
    assert "No active user of the CRM has your e-mail address" in shown
    assert "in #cs-ops" in shown


def test_a_guest_is_shown_why_there_is_nothing(book: Store) -> None:
    world = new_world()
    guest = SlackUser("U3", "Gus Guest", "gus@example.com", guest=True)
    world.rooms.users["U3"] = guest
    with serving(book, world=world) as served:
        open_home(served, "U3")
        shown = published(served, 2, "U3")[-1]
        assert press_home(served, "U3", REFRESH).acked
        published(served, 3, "U3")
    assert "you are a guest of this workspace" in shown


class Broken:
    """A store that cannot be read."""

    def __init__(self, book: Store) -> None:
        self._book = book

    def holdings(self, *_: object) -> Sequence[object]:
        raise RuntimeError("the disk is gone")

    def __getattr__(self, name: str) -> object:
        return getattr(self._book, name)


def test_a_home_that_cannot_be_made_says_where_the_reason_stands(book: Store) -> None:
    with serving(Broken(book)) as world:
        open_home(world, "U1")
        shown = published(world, 2)[-1]
    assert "Your accounts could not be loaded" in shown
    assert "in its log under `" in shown


def test_where_slack_does_not_take_a_home_the_next_opening_tries_again(book: Store) -> None:
    with serving(book) as world:
        world.faults.next(Fault(Outcome.ERROR, error="internal_error"), times=2, method="views.publish")
        assert open_home(world, "U1").acked
        while world.faults.pending:
            world.wait(lambda _: False, 0.02)
        open_home(world, "U1")
        assert "Acme" in published(world, 2)[-1]


def test_where_slack_does_not_know_tables_the_accounts_are_written_as_lines(book: Store) -> None:
    with serving(book, native=True) as world:
        open_home(world, "U1")
        published(world, 2)
        world.faults.next(Fault(Outcome.ERROR, error="invalid_blocks"), times=1, method="views.publish")
        press_home(world, "U1", REFRESH)
        assert "Acme" in published(world, 3)[-1]
    kinds = [{block["type"] for block in view["blocks"]} for _, view in world.homes.published[1:]]
    assert ["table" in one for one in kinds] == [True, False]


# preferences


@pytest.mark.parametrize("mode", ["socket", "http"])
def test_preferences_are_asked_in_a_modal_and_kept(book: Store, mode: str) -> None:
    with serving(book, mode=mode) as world:
        open_home(world, "U1")
        published(world, 2)
        press_home(world, "U1", PREFERENCES)
        assert world.wait(lambda _: world.views.open)
        filled = {
            "quiet": "own", "quiet_from": "18:00", "quiet_to": "08:00", "days": "mon tue", "digest": "weekly",
            "digest_day": "fri", "digest_time": "08:30", "kinds": "upsell", "language": "de", "timezone": "asia/tokyo",
        }  # fmt: skip
        assert submit(world, "U1", filled).acked
        assert not world.views.open
        published(world, 3)
        press_home(world, "U1", PREFERENCES)
        assert world.wait(lambda _: world.views.open)
        (view,) = world.views.open.values()
        initial = [block["element"].get("initial_time") for block in view.content["blocks"]]
        assert [one for one in initial if one] == ["18:00", "08:00", "08:30"]
        close(world, "U1")
    assert list(book.preferences_by_person()) == [ADA.person_id]
    chosen = book.preferences("U1")
    assert (f"{chosen.quiet_from:%H:%M}", f"{chosen.quiet_to:%H:%M}") == ("18:00", "08:00")
    assert (chosen.working_days, chosen.digest, chosen.digest_day) == (frozenset({0, 1}), "weekly", 4)
    assert (chosen.kinds, chosen.language, chosen.timezone) == (frozenset({"upsell"}), "de", "Asia/Tokyo")


@pytest.mark.parametrize(
    ("filled", "field_name"),
    [
        ({"timezone": "Mars"}, "timezone"),
        ({"quiet": "own"}, "quiet_from"),
        ({"quiet": "own", "quiet_from": "18:00"}, "quiet_to"),
        ({"quiet": "own", "quiet_from": "18:00", "quiet_to": "18:00"}, "quiet_to"),
    ],
)
def test_what_cannot_be_taken_is_told_at_its_field_and_keeps_the_modal_open(
    book: Store, filled: dict[str, str | None], field_name: str
) -> None:
    with serving(book) as world:
        open_home(world, "U1")
        published(world, 2)
        press_home(world, "U1", PREFERENCES)
        assert world.wait(lambda _: world.views.open)
        told = submit(world, "U1", filled)
        assert told.error is None
        assert told.ack is not None
        assert list(told.ack["errors"]) == [field_name]
        assert world.views.open
    assert book.preferences_by_person() == {}
